"""Directives that may stand in a block once, and the words before Lua code."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import http, write

SAID = '"{}" directive is duplicate'


@pytest.mark.parametrize(
    "setting",
    [
        "root /a",
        "keepalive_timeout 5",
        "proxy_cache_key $uri",
        "proxy_bind off",
        "resolver 127.0.0.1",
        "expires off",
        "lua_package_path a",
    ],
)
def test_twice(setting: str) -> None:
    name = setting.partition(" ")[0]
    [problem] = check("-", data=http(f"{setting};\n{setting}; server {{ }}").encode()).problems
    assert problem.nginx == SAID.format(name)
    assert check("-", data=http(f"{setting}; server {{ }}").encode()).problems == []


def test_once_in_each_block() -> None:
    text = http("root /a; server { root /b; location / { root /c; if ($a) { root /d; } } }")
    assert check("-", data=text.encode()).problems == []


@pytest.mark.parametrize(
    ("block", "accepted"),
    [
        ("access_by_lua_block { }", True),
        ("access_by_lua_block a { }", False),
        ("set_by_lua_block $a { return 1 }", True),
        ("set_by_lua_block { return 1 }", False),
    ],
)
def test_words_before_lua(block: str, accepted: bool) -> None:
    """The code is one argument; in a ``_by_lua_block`` it follows the words."""
    name = block.partition(" ")[0]
    problems = check("-", data=http(f"server {{ {block} }}").encode()).problems
    said = [] if accepted else [f'invalid number of arguments in "{name}" directive']
    assert [problem.nginx for problem in problems] == said


def test_twice_by_an_include(tmp_path: Path) -> None:
    main = http("root /a; include a.conf; server { }")
    [problem] = check(write(tmp_path, {"nginx.conf": main, "a.conf": "\nroot /b;"})).problems
    assert (problem.nginx, problem.line) == (SAID.format("root"), 2)
    assert str(problem.file).endswith("a.conf")


@pytest.mark.parametrize(
    ("values", "line"), [("0 0", None), ("0 5 0", 3), ("5 0", 2), ("-1 -1 -1", 2)]
)
def test_a_priority_that_is_none(values: str, line: int | None) -> None:
    settings = "".join(f"worker_priority {value};\n" for value in values.split())
    report = check("-", data=f"{settings}events {{ }}\nhttp {{ server {{ }} }}\n".encode())
    assert [problem.line for problem in report.problems] == ([line] if line else [])


@pytest.mark.parametrize(
    "setting", ["limit_conn {} 1", "mirror /a", "error_page 404 /a", "http2_push_preload on"]
)
def test_several_are_taken(setting: str) -> None:
    """Some of these are rejected for what they name, or by some releases only."""
    zones = "limit_conn_zone $a zone=a:1m; limit_conn_zone $a zone=b:1m;"
    text = http(f"{zones} {setting.format('a')}; {setting.format('b')}; server {{ }}")
    said = [problem.nginx for problem in check("-", data=text.encode()).problems]
    assert SAID.format(setting.partition(" ")[0]) not in said
