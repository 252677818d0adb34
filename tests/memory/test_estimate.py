"""Prices of contexts: shares of places add up, and a cache of certificates is parsed into once."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.memory.estimate import by_block, by_place
from nginx_memlint.options.record import read_keywords
from nginx_memlint.remedies.situation import Situation
from tests.helpers import BUNDLE, http, write

SERVERS = 3
LOAD_BYTES = attrgetter("load_bytes")


def situation(directory: Path, target: str) -> Situation:
    server = "server { ssl_certificate a; ssl_certificate_key a; ssl_trusted_certificate ca.pem; }"
    files: dict[str, str | bytes] = {
        "ca.pem": BUNDLE.read_bytes(),
        "nginx.conf": http(SERVERS * server, main=""),
    }
    conf = write(directory, files)
    examined = examine(Job(str(conf), read_keywords({"target": target}))).situation
    assert examined is not None
    return examined


@pytest.mark.parametrize("target", ["debian-12", "debian-sid"])
def test_shares_add_up(target: str, tmp_path: Path) -> None:
    """The first load of all takes more than the others, where OpenSSL 3 or a cache is set up."""
    examined = situation(tmp_path, target)
    shares = by_place(examined.priced, examined.tree.servers.of, LOAD_BYTES)
    assert sum(size for _, size in shares.values()) == examined.totals.load_bytes
    first, *others = (size for _, size in by_block(examined.priced, LOAD_BYTES).values())
    assert first > others[0] == others[1]
    assert first + sum(others) == examined.totals.load_bytes


@pytest.mark.parametrize(("target", "times"), [("debian-12", SERVERS), ("debian-sid", 1)])
def test_a_cache_parses_a_file_once(target: str, times: int, tmp_path: Path) -> None:
    """ngx_ssl_cache_fetch(), from nginx 1.27.2 on: 150 certificates take their time once."""
    examined = situation(tmp_path, target)
    costs = examined.target.costs
    assert examined.totals.cpu_seconds == pytest.approx(
        SERVERS * costs.cpu_context + times * 150 * costs.cpu_certificate
    )
