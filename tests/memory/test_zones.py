"""Shared memory zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.syntax.values import parse_size
from tests.helpers import check_http, http, write


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("8192", 8192),
        ("10k", 10240),
        ("10K", 10240),
        ("3m", 3 << 20),
        ("1M", 1 << 20),
        ("1g", None),
        ("", None),
        ("9223372036854775807", (1 << 63) - 1),
        ("9" * 4000, None),
        ("9223372036854775807k", None),
        ("m", None),
        ("-1m", None),
        ("1.5m", None),
        ("1mb", None),
        ("٣m", None),
    ],
)
def test_sizes_as_nginx_reads_them(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        ("lua_shared_dict a 2m;", "a"),
        ("limit_req_zone $binary_remote_addr zone=a:2m rate=1r/s;", "a"),
        ("limit_conn_zone $binary_remote_addr zone=a:2m;", "a"),
        ("proxy_cache_path /x levels=1:2 keys_zone=a:2m max_size=1g;", "a"),
        ("fastcgi_cache_path /x keys_zone=a:2m;", "a"),
        ("uwsgi_cache_path /x keys_zone=a:2m;", "a"),
        ("scgi_cache_path /x keys_zone=a:2m;", "a"),
        ("upstream u { zone a 2m; server 127.0.0.1; }", "a"),
        ("ssl_session_cache builtin shared:a:2m;", "a"),
        ("ssl_ocsp_cache shared:a:2m;", "a"),
        ("js_shared_dict_zone zone=a:2m timeout=60s;", "a"),
        ("keyval_zone zone=a:2m;", "a"),
        ("check_shm_size 2m;", "check_upstream"),
        (
            "server { ssl_session_cache shared:a:2m; } server { ssl_session_cache shared:a:2m; }",
            "a",
        ),
    ],
)
def test_what_declares_a_zone(tmp_path: Path, inside: str, name: str) -> None:
    report = check_http(tmp_path, inside, main="")
    assert [(zone.name, zone.bytes) for zone in report.zones] == [(name, 2 << 20)]
    assert report.memory.zones_bytes == 2 << 20
    assert report.memory.worst_total_bytes == report.memory.reload_peak_worst_bytes + (2 << 20)


def test_zones_count_against_the_budget_once(tmp_path: Path) -> None:
    inside = "lua_shared_dict a 100m; server { }"
    report = check_http(tmp_path, inside, main="", max_memory=90 << 20)
    assert [finding.rule for finding in report.findings] == ["ML204"]
    assert check_http(tmp_path, inside, main="", max_memory=110 << 20).findings == []


def test_a_zone_in_a_map_is_a_key(tmp_path: Path) -> None:
    assert check_http(tmp_path, "map $a $b { zone 2m; }", main="").zones == []


REQ = "limit_req_zone $uri zone={} rate=1r/s;"
CONN = "limit_conn_zone $uri zone={};"
CACHE = "proxy_cache_path c keys_zone={};"
DICT = "lua_shared_dict {};"
SESSIONS = "ssl_session_cache {};"
UPSTREAM = "upstream u {{ zone {}; server 127.0.0.1; }}"

REJECTED = {
    "a dict twice": (2 * DICT.format("a 1m"), 'lua_shared_dict "a" is already defined as "a"'),
    "a dict's size": (DICT.format("a 1g"), 'invalid lua shared dict size "1g"'),
    "a small dict": (DICT.format("a 8191"), 'invalid lua shared dict size "8191"'),
    "a dict's name": (DICT.format('"" 1m'), 'invalid lua shared dict name ""'),
    "a zone for two keys": (
        REQ.format("a:1m") + "limit_req_zone $host zone=a:1m rate=1r/s;",
        'limit_req_zone "a" is already bound to key "$uri"',
    ),
    "a zone for one key, twice": (
        2 * CONN.format("a:1m"),
        'limit_conn_zone "a" is already bound to key "$uri"',
    ),
    "two uses": (
        REQ.format("a:1m") + CONN.format("a:1m"),
        'the shared memory zone "a" is already declared for a different use',
    ),
    "two modules": (
        SESSIONS.format("shared:a:1m") + UPSTREAM.format("a 1m"),
        'the shared memory zone "a" is already declared for a different use',
    ),
    "two sizes": (
        CONN.format("a:1m") + CONN.format("a:2m"),
        'the size 2097152 of shared memory zone "a" conflicts with already declared size 1048576',
    ),
    "two sizes, the first in an include": (
        "include zone.conf;" + CONN.format("a:1m"),
        'the size 1048576 of shared memory zone "a" conflicts with already declared size 2097152',
    ),
    "no size": (REQ.format("a"), 'invalid zone size "zone=a"'),
    "another size": (CONN.format("a:1m:x"), 'invalid zone size "zone=a:1m:x"'),
    "a small zone": (CONN.format("a:31k"), 'zone "zone=a:31k" is too small'),
    "no name": (CONN.format(":1m"), '"limit_conn_zone" must have "zone" parameter'),
    "a cache twice": (
        CACHE.format("a:1m") + "proxy_cache_path d keys_zone=a:1m;",
        'duplicate zone "a"',
    ),
    "a cache's size": (CACHE.format("a:1g"), 'invalid keys zone size "keys_zone=a:1g"'),
    "a cache without a size": (CACHE.format("a"), 'invalid keys zone size "keys_zone=a"'),
    "a small cache": (CACHE.format("a:8191"), 'keys zone "keys_zone=a:8191" is too small'),
    "a cache's name": (CACHE.format(":1m"), '"proxy_cache_path" must have "keys_zone" parameter'),
    "sessions without a size": (SESSIONS.format("shared:S"), 'invalid session cache "shared:S"'),
    "sessions of no size": (SESSIONS.format("shared:S:"), 'invalid session cache "shared:S:"'),
    "sessions without a name": (
        SESSIONS.format("shared::1m"),
        'invalid session cache "shared::1m"',
    ),
    "few sessions": (SESSIONS.format("shared:S:31k"), 'session cache "shared:S:31k" is too small'),
    "other sessions": (SESSIONS.format("share:S:1m"), 'invalid session cache "share:S:1m"'),
    "built-in sessions": (SESSIONS.format("builtin:x"), 'invalid session cache "builtin:x"'),
    "an upstream's size": (UPSTREAM.format("a 1g"), 'invalid zone size "1g"'),
    "an upstream's small zone": (UPSTREAM.format("a 31k"), 'zone "a" is too small'),
    "an upstream's name": (UPSTREAM.format('"" 1m'), 'invalid zone name ""'),
}
"""The inside of http, and what nginx says of it."""

ACCEPTED = {
    "an upstream's zone twice": "upstream u { zone a 64k; zone a 64k; server 127.0.0.1; }",
    "upstreams with one zone": "upstream v { zone a; server 127.0.0.1; } "
    + UPSTREAM.format("a 1m"),
    "sessions twice": SESSIONS.format("shared:S:1m") + SESSIONS.format("builtin:100 shared:T:1m"),
    "no sessions": SESSIONS.format("off") + "server { ssl_session_cache none; }",
    "small ones": CONN.format("a:32k") + CACHE.format("b:16k") + DICT.format("c 16384"),
    "capitals": DICT.format("a 1m") + DICT.format("A 1M"),
}
"""The inside of http that nginx accepts."""

ZONE = "limit_conn_zone $uri zone=a:2m;\n"
"""The text of zone.conf."""


@pytest.mark.parametrize(("inside", "message"), REJECTED.values(), ids=REJECTED)
def test_what_nginx_rejects(tmp_path: Path, inside: str, message: str) -> None:
    write(tmp_path, {"zone.conf": ZONE})
    report = check(write(tmp_path, {"nginx.conf": http(f"{inside} server {{ }}")}))
    assert not report.complete
    assert [problem.nginx for problem in report.problems] == [message]


@pytest.mark.parametrize("inside", ACCEPTED.values(), ids=ACCEPTED)
def test_what_nginx_accepts(tmp_path: Path, inside: str) -> None:
    assert check(write(tmp_path, {"nginx.conf": http(f"{inside} server {{ }}")})).problems == []


def test_of_two_names_in_a_directive_the_last_counts(tmp_path: Path) -> None:
    report = check_http(tmp_path, "proxy_cache_path c keys_zone=a:1m keys_zone=b:2m;", main="")
    assert [(zone.name, zone.bytes) for zone in report.zones] == [("b", 2 << 20)]


def test_a_zone_by_default(tmp_path: Path) -> None:
    report = check_http(tmp_path, "vhost_traffic_status_zone;", main="")
    assert [(z.name, z.bytes) for z in report.zones] == [("ngx_http_vhost_traffic_status", 1048575)]
