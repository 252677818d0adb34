"""memlint tree: what each block costs, the costliest first; what only a terminal gets."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import LUA, SAMPLES, http, memlint, on_a_terminal, write

INCIDENT = SAMPLES / "incident"
LINK = re.compile(r"\x1b\]8;[^;]*;([^\x1b]*)\x1b\\")


def shape(text: str) -> list[str]:
    """The lines without header, figures and places."""
    return [
        re.sub(r"^.{10} +[\d,]+ +[\d,]+  |  \S+:\d+$", "", line) for line in text.splitlines()[1:]
    ]


def test_the_incident() -> None:
    run = memlint("tree", INCIDENT, "--target", "debian-12", "--top", "2", "--depth", "3")
    assert run.code == 0
    assert shape(run.out) == [
        str(INCIDENT),
        "  http",
        "    server tenant-00.example.com",
        "      location /app-00/",
        "      location /app-01/",
        "      48 more: 40.8 MiB",
        "    server tenant-01.example.com",
        "      location /app-00/",
        "      location /app-01/",
        "      48 more: 40.8 MiB",
        "    78 more: 3.3 GiB",
    ]
    assert re.search(r"^ +3\.4 GiB +4,080 +4,080  ", run.out, re.MULTILINE)


def test_everything_has_a_line() -> None:
    run = memlint("tree", INCIDENT, "--top", "0", "--depth", "0")
    assert len(run.out.splitlines()) == 1 + 2 + 4080
    assert " more: " not in run.out


def test_sorted_by_cost(tmp_path: Path) -> None:
    inside = (
        "server { server_name small; location / { } }"
        "server { server_name large; location /a { } location /b { location /b/c { } } }"
    )
    run = memlint("tree", write(tmp_path, {"nginx.conf": http(inside)}), "--depth", "0")
    assert shape(run.out)[2:] == [
        "    server large",
        "      location /b",
        "        location /b/c",
        "      location /a",
        "    server small",
        "      location /",
    ]
    run = memlint("tree", tmp_path, "--depth", "1")
    assert len(shape(run.out)) == 2


def test_the_parts_of_a_level_are_its_whole() -> None:
    def memory(text: str) -> int:
        number, unit = text.split()
        return round(float(number) * {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}[unit])

    out = memlint("tree", SAMPLES / "crowdsec", "--top", "4", "--depth", "2").out
    _, whole, *parts = (memory(line[:10].strip()) for line in out.splitlines()[1:])
    assert sum(parts) == pytest.approx(whole, rel=0.01)
    assert len(parts) == 5


def test_incomplete() -> None:
    run = memlint("tree", SAMPLES / "broken")
    assert run.code == 3
    assert run.out.startswith("NOT ALL READ ")
    assert "missing.conf" in run.out
    assert "server 127.0.0.1:8081" in run.out


def test_nothing_to_read(tmp_path: Path) -> None:
    run = memlint("tree", tmp_path / "none.conf")
    assert run.code == 3
    assert "No such file" in run.out
    assert memlint("tree").code == 2
    assert memlint("tree", "--depth", "-1", INCIDENT).code == 2


def test_a_guess_is_said(tmp_path: Path) -> None:
    inside = "lua_ssl_trusted_certificate none.pem; server { }"
    run = memlint("tree", write(tmp_path, {"nginx.conf": http(inside)}))
    assert "could not be read" in run.out


def test_deep_nesting(tmp_path: Path) -> None:
    depth = 1500  # more than Python recurses
    text = http("server {" + "location / {" * depth + "}" * depth + "}")
    run = memlint("tree", write(tmp_path, {"nginx.conf": text}), "--depth", "0")
    assert run.code == 0
    assert len(run.out.splitlines()) == 1 + 3 + depth
    assert max(map(len, run.out.splitlines())) < 250 + len(str(tmp_path))


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    inside = 'server { server_name "\x1b]8;;http://evil\x1b\\x[bold]"; }'
    conf = write(tmp_path, {"nginx.conf": http(inside, main=LUA)})
    out = memlint("tree", conf).out
    assert "\x1b" not in out
    assert "\\x1b]8;;http://evil" in out
    terminal = on_a_terminal("tree", conf)
    assert {link for link in LINK.findall(terminal) if link} == {uri(conf)}
    assert "[bold]" in terminal


def uri(path: Path) -> str:
    return f"file://{socket.gethostname()}{path}"


@pytest.mark.parametrize("command", ["check", "tree"])
def test_links_on_a_terminal(command: str, tmp_path: Path) -> None:
    inside = 'lua_ssl_trusted_certificate none.pem; include "odd name*";'
    files: dict[str, str | bytes] = {
        "nginx.conf": http(inside),
        "odd name%41;?#.conf": "server { " + "location / { } " * 300 + "}",
    }
    conf = write(tmp_path, files)
    links = set(LINK.findall(on_a_terminal(command, conf))) - {""}
    assert uri(conf) in links
    if command == "tree":
        assert f"{uri(tmp_path)}/odd%20name%2541%3B%3F%23.conf" in links


@pytest.mark.parametrize(
    ("env", "linked"), [({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, True), ({}, True)]
)
def test_links_where_they_are_understood(env: dict[str, str], linked: bool) -> None:
    for command in (["check"], ["tree", "--depth", "2"]):
        out = on_a_terminal(*command, INCIDENT, env=env)
        assert ("\x1b]8;" in out) is linked


def test_no_links_in_a_pipe() -> None:
    for command in ("check", "tree"):
        run = memlint(command, INCIDENT, env=os.environ | {"TERM": "xterm-256color"})
        assert "\x1b" not in run.out + run.err


def test_another_machines_files_are_not_linked(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    dump = tmp_path / "dump.txt"
    dump.write_text(f"# configuration file {conf}:\n{conf.read_text()}\n")
    out = on_a_terminal("tree", "--dump", dump)
    assert str(conf) in out
    assert "\x1b]8;" not in out


WAIT = """
import sys, time
from nginx_memlint.cli import waiting
waiting.DELAY = float(sys.argv[1])
with waiting.waiting("reading [bold]nginx.conf"):
    time.sleep(float(sys.argv[2]))
print("done")
"""


@pytest.fixture
def wait(tmp_path: Path) -> Callable[[float, float], str]:
    (tmp_path / "wait.py").write_text(WAIT)

    def run(delay: float, seconds: float) -> str:
        env = {"PYTHONPATH": str(tmp_path)}
        return on_a_terminal(str(delay), str(seconds), env=env, module="wait")

    return run


def test_a_long_wait_shows_a_sign_of_life(wait: Callable[[float, float], str]) -> None:
    out = wait(0.05, 1.0)
    assert "reading [bold]nginx.conf" in out
    assert out.count("\x1b[?25h") == out.count("\x1b[?25l") == 1  # the cursor is back
    assert out.rindex("\x1b[2K") > out.rindex("reading")  # the line is wiped
    assert out.endswith("done\n")


def test_a_short_wait_shows_nothing(wait: Callable[[float, float], str]) -> None:
    assert wait(60, 0) == "done\n"
