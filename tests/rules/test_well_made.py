"""Plain, well-made configurations of many kinds: no rule fires on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.rules.bundles import write_bundles

CONFIGURATIONS = sorted((Path(__file__).parent / "well_made").glob("*.conf"))
OLD = {("ingress", "debian-11"): 'unknown directive "ssl_reject_handshake"'}
"""Configurations that are newer than a target → the message of nginx."""

TARGETS = ("debian-11", "debian-12", "debian-13", "debian-sid", "openresty-1.21.4.4")


def test_there_are_a_dozen() -> None:
    assert len(CONFIGURATIONS) >= 12


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.stem)
def test_nothing_is_found(path: Path, target: str, tmp_path: Path) -> None:
    write_bundles(tmp_path)
    conf = tmp_path / "nginx.conf"
    conf.write_text(path.read_text())
    report = check(conf, target=target)
    old = OLD.get((path.stem, target))
    assert [problem.nginx for problem in report.problems] == ([old] if old else [])
    assert report.complete == (old is None)
    assert report.findings == []
    assert report.blocks.server or report.blocks.stream_server or path.stem == "mail"


def test_they_use_bundles() -> None:
    """Else it would be no wonder that nothing is found."""
    texts = {path.stem: path.read_text() for path in CONFIGURATIONS}
    using = {name for name, text in texts.items() if "ca.pem" in text}
    assert len(using) >= 7
    assert {"openresty", "mutual_tls", "verified_upstreams", "njs"} <= using
