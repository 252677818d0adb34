"""Keys that look like directives, and arguments with NUL bytes: no setting, or a C string."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.syntax.values import number
from tests.helpers import LUA, check_http, http, memlint, write

KEYS = "js_error 1; lua_page 2; lua_shared_dict 3; lua_ssl_trusted_certificate ca.pem;"


@pytest.mark.parametrize(
    "inside",
    [
        f"map $a $b {{ {KEYS} }}",
        f"oidc_provider x {{ {KEYS} }}",
        f"otel_exporter {{ {KEYS} }}",
        f"geoip2 x.mmdb {{ {KEYS} }}",
        f"match x {{ {KEYS} }}",
        "map $a $b { include keys.conf; }",
    ],
)
def test_keys_say_nothing_of_modules(inside: str, tmp_path: Path) -> None:
    conf = http(f"{inside} server {{ location / {{ }} }}").replace(LUA, "")
    report = check(write(tmp_path, {"nginx.conf": conf, "keys.conf": KEYS}))
    assert report.problems == []
    assert (report.ssl_contexts, report.ca_loads, report.zones) == (0, 0, [])
    assert report.findings == []


def test_keys_of_a_map_are_not_what_blocks_see(tmp_path: Path) -> None:
    inside = "map $uri $b { lua_ssl_trusted_certificate ca.pem; proxy_ssl_verify on; } server { }"
    report = check_http(tmp_path, inside, target="debian-12")
    assert (report.ssl_contexts, report.ca_loads, report.findings) == (1, 0, [])


def test_zones_are_compared_as_nginx_does(tmp_path: Path) -> None:
    one = "ssl_session_cache shared:a\0b:1m; server { ssl_session_cache shared:a\0c:1m; }"
    assert len(check_http(tmp_path, one).zones) == 1
    two = "ssl_session_cache shared:a\0b:1m; server { ssl_session_cache shared:a\0cd:1m; }"
    assert len(check_http(tmp_path, two).zones) == 2
    wrong = "ssl_session_cache shared:a\0b:1m; server { ssl_session_cache shared:a\0c:2m; }"
    assert not check(write(tmp_path, {"nginx.conf": http(wrong)})).complete


@pytest.mark.parametrize(
    "inside",
    [
        "include /etc/x\0y/*.conf;",
        "include x*\0.conf;",
        "include \0;",
        "lua_ssl_trusted_certificate \0; server { }",
        "lua_ssl_trusted_certificate /etc/\0x; server { }",
        "server { ssl_certificate a\0b; ssl_certificate_key a\0b; listen 1 ssl\0; }",
    ],
)
def test_nul_is_no_internal_error(inside: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(inside)})
    for command in (["check"], ["check", "--show-fix"], ["tree"]):
        done = memlint(*command, conf)
        assert done.code in (0, 1, 3)
        assert "internal error" not in done.err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0" * 400 + "12", 12),
        ("9223372036854775807", (1 << 63) - 1),
        ("9223372036854775808", None),
        ("1" * 4000, None),
        ("", None),
        ("4k", None),
        ("-1", None),
        ("\u0663", None),
    ],
)
def test_numbers_are_those_of_nginx(text: str, value: int | None) -> None:
    assert number(text) == value
