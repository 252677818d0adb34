"""The text: bounded, wrapped at words, with a table of several configurations."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.report.formats.text import MAX_IN_SHORT
from nginx_memlint.report.screen import Page, columns, cut
from nginx_memlint.report.views.section import MAX_OF_RULE
from nginx_memlint.sizes import human
from tests.helpers import LUA, http, memlint_here, write

SITE = "server { lua_ssl_trusted_certificate ca.pem; location / { access_by_lua_file a; } }\n"
LOADED = f"lua_ssl_trusted_certificate ca.pem; {SITE * 3}"
CHECK = ("check", "--target", "debian-12", "--unit-cost", "32MiB")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def page(monkeypatch: pytest.MonkeyPatch, file: io.StringIO) -> Page:
    """A terminal of 40 columns without colours."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    return Page(file)


@pytest.mark.parametrize("count", [3, 150])
def test_many_configurations_are_a_table(count: int, tmp_path: Path) -> None:
    confs = [
        write(tmp_path / f"web{number:03}", {"nginx.conf": http(LOADED)}) for number in range(count)
    ]
    run = memlint_here(*CHECK, "--max-memory", "1GiB", *confs)
    assert run.code == 1
    lines = run.out.splitlines()
    rows = [line for line in lines if line.startswith("OVER BUDGET ")]
    assert len(rows) == count
    assert len(lines) <= count + 3 * MAX_IN_SHORT + 5
    assert lines[-1].startswith(f"{count} configurations: {count} over budget. {count} errors, ")
    assert len(memlint_here(*CHECK, "-q", *confs).out.splitlines()) == count + 3


def test_the_worst_configuration_is_the_first(tmp_path: Path) -> None:
    confs = {
        "fits": http("server { }"),
        "little": http(LOADED),
        "much": http(LOADED + SITE * 5),
        "torn": http("server {"),
    }
    paths = [write(tmp_path / name, {"nginx.conf": text}) for name, text in confs.items()]
    rows = memlint_here(*CHECK, "--max-memory", "100MiB", "-q", *paths).out.splitlines()[1:5]
    order = [Path(row.split()[-1]).parent.name for row in rows]
    assert order == ["torn", "much", "little", "fits"]
    assert "≥ " in rows[0]


def test_findings_of_one_rule_are_counted_from_the_sixth_on(tmp_path: Path) -> None:
    servers = "".join(SITE.replace("ca.pem", f"{number}.pem") * 2 for number in range(20))
    conf = write(tmp_path, {"nginx.conf": http(servers)})
    run = memlint_here(*CHECK, conf)
    assert run.out.count(" ML101: ") == MAX_OF_RULE
    assert f"and {20 - MAX_OF_RULE} more of ML101 (--format json)" in run.out
    assert memlint_here(*CHECK, "--verbose", conf).out.count(" ML101: ") == 20


def test_a_limit_has_its_reasons(tmp_path: Path) -> None:
    zone = "limit_req_zone $uri zone=all:64m rate=1r/s;"
    conf = write(tmp_path, {"nginx.conf": http(zone + SITE)})
    size = check(conf, target="debian-12", unit_cost="32MiB").memory.total
    out = memlint_here(*CHECK, "--verbose", conf).out
    _, rest = out.split(f"why a limit is not below {human(size.limit_bytes)}\n")
    reasons = [line.strip() for line in rest.split("\n\n")[0].splitlines()]
    assert reasons[0] == f"{human(size.start_bytes)}  nginx and its configuration, at a start"
    assert "63.6 MiB  zones, once they are full" in reasons


def test_a_mark_is_below_the_directive(tmp_path: Path) -> None:
    line = "\t  server { }   lua_ssl_trusted_certificate ca.pem; # Zürich"
    inside = f"{line}\n{SITE.replace('lua_ssl_trusted_certificate ca.pem;', '') * 4}"
    conf = write(tmp_path, {"nginx.conf": http(inside)})
    lines = memlint_here(*CHECK, conf).out.splitlines()
    at = next(number for number, line in enumerate(lines) if "nginx.conf:5:" in line)
    assert lines[at + 1].strip() == line.strip()
    mark = lines[at + 2]
    assert lines[at + 1][mark.index("^") : len(mark)] == "lua_ssl_trusted_certificate"


def test_lines_wrap_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    file = _Terminal()
    page(monkeypatch, file).line(
        "  a few ", ("words", "bold"), " and /a/path/that/is/", "longer/than/a/line/is, and more"
    )
    assert file.getvalue().splitlines() == [
        "  a few words and",
        "    /a/path/that/is/longer/than/a/line/is,",
        "    and more",
    ]


def test_columns_of_wide_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (columns("日本"), columns("e\u0301"), columns("ab")) == (4, 1, 2)
    assert cut("日本語", 5) == "日本…"
    assert cut("日本語", 6) == "日本語"
    file = _Terminal()
    page(monkeypatch, file).table([("日本", "x"), ("a", "y")])
    assert file.getvalue().splitlines() == ["日本  x", "a     y"]


def test_nothing_is_priced_in_silence_of_several(tmp_path: Path) -> None:
    """A configuration that is only a row is followed by what was not priced of it."""
    with_heap = LUA + "worker_processes 1; worker_shutdown_timeout 1m; events {}\n"
    text = with_heap + "http { init_by_lua_block { x = 1 } server { } }"
    paths = [write(tmp_path / name, {"nginx.conf": text}) for name in ("one", "two")]
    out = memlint_here(*CHECK, *paths).out
    assert out.count("not counted: Lua heaps") == 2
