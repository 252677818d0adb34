"""A thing whose memory is in no figure is listed, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.not_priced import MOST, OTHER_DIRECTIVE, OTHER_MODULE, UNKNOWN
from nginx_memlint.report import FORMATS
from nginx_memlint.result import Report
from tests.helpers import http, memlint_here, write
from tests.report.render import render

LUA_HEAP = "init_by_lua_block { cache = {} }"


def listed(directory: Path, inside: str, main: str = "") -> list[tuple[str, str, int]]:
    report = check(write(directory, {"nginx.conf": http(inside, main)}))
    return [(item.what, item.name, item.line) for item in report.not_priced]


def test_each_thing_once_where_it_stands_first(tmp_path: Path) -> None:
    inside = f"{LUA_HEAP}\ninit_worker_by_lua_file a;\nserver {{ echo a; }}\nserver {{ echo b; }}"
    assert listed(tmp_path, inside) == [
        ("Lua heaps", "init_by_lua_block", 4),
        ("Lua heaps", "init_worker_by_lua_file", 5),
        (OTHER_DIRECTIVE, "echo", 6),
    ]


@pytest.mark.parametrize("row", UNKNOWN, ids=[row.what for row in UNKNOWN])
def test_every_row_is_found(row: object, tmp_path: Path) -> None:
    [row] = [unknown for unknown in UNKNOWN if unknown is row]
    name = row.causes[0].replace("*", "_x")
    name = {"init_by_lua_x": "init_by_lua", "zone_sync_x": "zone_sync"}.get(name, name)
    names = {what for what, _, _ in listed(tmp_path, f"{name} a;", main=f"{name} a;\n")}
    assert row.what in names


def test_modules_are_listed(tmp_path: Path) -> None:
    main = "load_module m/ngx_http_perl_module.so;\nload_module m/own.so;\n"
    main += "load_module m/ngx_http_lua_module.so;\n"
    assert listed(tmp_path, "server { }", main) == [
        ("Perl's interpreter", "ngx_http_perl_module.so", 1),
        (OTHER_MODULE, "own.so", 2),
    ]


def test_keys_of_a_map_and_what_nginx_has_are_not(tmp_path: Path) -> None:
    inside = "map $host $m { init_by_lua 1; echo 2; }\nserver { listen 80; return 204; }"
    assert listed(tmp_path, inside) == []


def test_no_more_than_a_hundred_are_listed(tmp_path: Path) -> None:
    inside = "\n".join(f"own_{number} a;" for number in range(MOST + 20))
    assert len(listed(tmp_path, inside)) == MOST


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_it(name: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(f"{LUA_HEAP} server {{ }}")})
    report = check(conf, breakdown=True)
    assert not report.findings
    assert "init_by_lua_block" in render(name, Report(configs=[report]))


def test_the_line_that_says_ok_is_followed_by_it(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(f"{LUA_HEAP}\nserver {{ echo a; more b; }}")})
    ok, line, *_ = memlint_here("check", conf).out.splitlines()
    assert ok.startswith("ok ")
    assert line == (
        f"  not counted: Lua heaps (init_by_lua_block at {conf}:5), "
        f"{OTHER_DIRECTIVE} (echo at {conf}:6), and 1 more directive (--format json)"
    )
