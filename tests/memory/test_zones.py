"""Shared memory zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.zones import parse_size
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
    assert [finding.rule for finding in report.findings] == ["ML201"]
    assert check_http(tmp_path, inside, main="", max_memory=110 << 20).findings == []


def test_a_zone_in_a_map_is_a_key(tmp_path: Path) -> None:
    assert check_http(tmp_path, "map $a $b { zone 2m; }", main="").zones == []


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("lua_shared_dict a 1g;", 'invalid zone size "1g"'),
        ("lua_shared_dict a 1m; limit_conn_zone $x zone=a:2m;", "declared for a different use"),
        (
            "limit_conn_zone $y zone=a:1m; limit_conn_zone $x zone=a:2m;",
            "conflicts with already declared",
        ),
    ],
)
def test_what_nginx_rejects(tmp_path: Path, inside: str, message: str) -> None:
    report = check(write(tmp_path, {"nginx.conf": http(inside)}))
    assert not report.complete
    assert message in report.problems[0].message
