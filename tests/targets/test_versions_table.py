"""A target with single versions replaced costs the same whichever way it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.targets.targets import (
    find_target,
    installed_target,
    target_names,
    with_replaced,
)


@pytest.mark.parametrize("versions", [{"nginx": "1.27.2"}, {"nginx": "1.23.1"}, {"lua": "0.10.26"}])
@pytest.mark.parametrize("name", target_names())
def test_as_if_given_as_options(name: str, versions: dict[str, str]) -> None:
    one = find_target(name, versions)
    other = with_replaced(find_target(name), versions)
    assert one.costs is other.costs
    assert one.nginx == other.nginx
    assert one.lua == other.lua


def test_measured_costs_stay_until_another_stack_is_nearer() -> None:
    measured = installed_target("here", {"nginx": "1.22.1", "openssl": "3.0.22"}, (), None)
    assert with_replaced(measured, {"nginx": "1.23.1"}).costs is measured.costs
    cached = with_replaced(measured, {"nginx": "1.27.2"})
    assert cached.costs.caches_certificates
    assert any("costs as measured on debian-sid" in line for line in cached.assumed)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("BoringSSL", (3, 0)),
        ("libressl 3.9.2", (3, 0)),
        ("AWS-LC/1.48.0", (3, 0)),
        ("quictls-3.1.7", (3, 1, 7)),
        ("quictls", (3, 0)),
    ],
)
def test_other_tls_libraries_are_priced_as_one_that_was_measured(
    text: str, taken: tuple[int, ...]
) -> None:
    targets = [
        find_target("debian-13", {"openssl": text}),
        with_replaced(find_target("debian-13"), {"openssl": text}),
        installed_target("here", {"nginx": "1.26.3", "openssl": text}, (), None),
    ]
    for target in targets:
        assert target.openssl == taken
        assert target.texts["openssl"] == text
        assert any("was not measured: it is priced as OpenSSL 3." in it for it in target.assumed)


def test_what_is_no_tls_library() -> None:
    for text in ("GnuTLS", "BoringSSL x", "boringssl3"):
        with pytest.raises(ValueError, match="is not a version like"):
            find_target("debian-13", {"openssl": text})


@pytest.mark.parametrize(
    ("njs", "built", "contexts"),
    [
        ("0.8.7", {"stream_js with ssl"}, 3),
        ("0.8.8", {"stream_js with ssl"}, 1),
        ("0.8.8", {"stream_js without ssl"}, 3),
        ("0.9.1", set(), 3),
        ("0.9.2", set(), 1),
    ],
)
def test_njs_in_stream_shares_by_how_it_is_built(
    tmp_path: Path, njs: str, built: set[str], contexts: int
) -> None:
    """Read in njs's nginx/ngx_stream_js_module.c; measured on 0.8.9 without, and 0.9.9 with ssl."""
    target = installed_target(
        "here", {"nginx": "1.28.0", "njs": njs, "openssl": "3.0.15"}, ("js", "stream_js"), None
    )._replace(built=frozenset(built))
    conf = tmp_path / "nginx.conf"
    conf.write_text("events {} stream { " + "server { } " * 3 + "}")
    report = check(str(conf), target=target)
    assert report.families["stream_js_fetch"].ssl_contexts == contexts
