"""A repository with two roots, a baseline and an ignore, across changes: every word said."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import Run, memlint_here, write

MAIN = """\
load_module modules/ndk_http_module.so; load_module modules/ngx_http_lua_module.so;
worker_processes 2; worker_shutdown_timeout 1m;
events {}
http {
    lua_ssl_trusted_certificate ca.pem;
    include sites/*.conf;
}
"""
SITE = """\
server {
    location /a { access_by_lua_file a.lua; }
    location /b { access_by_lua_file b.lua; }
}
"""
IGNORED = MAIN.replace("ca.pem;", "ca.pem; # memlint: ignore[ML101] until it runs on Debian 13")
CHECK = ("check", "--target", "debian-12", "--unit-cost", "32MiB", "--baseline", "baseline.json")

OK_API = (
    "ok api: 3 TLS contexts, 3 CA loads; 98.9 MiB at start, at most 967.5 MiB while reloading "
    "(2 workers, debian-12)\n"
)
BY_IGNORE = "1 finding accepted: 1 by an ignore (--show-suppressed)\n"
BY_BASELINE = "1 finding accepted: 1 by the baseline (--show-suppressed)\n"
BOTH = f"""\
        start  one reload   in a row  configuration
ok  130.9 MiB   552.8 MiB    1.3 GiB  shop
ok   98.9 MiB   418.3 MiB  967.5 MiB  api
for debian-12 (nginx 1.22.1, lua 0.10.23); 2 workers
api: {BY_IGNORE}shop: {BY_BASELINE}2 configurations: 2 ok
"""


def without_decisions(*arguments: str | Path) -> Run:
    """Run the command; what decided its output is told in test_lowered.py.

    Nor is it about what makes most of the memory.
    """
    run = memlint_here(*arguments)
    out = re.sub(r"decided by settings, comments and baselines\n(?:  \S.*\n)+", "", run.out)
    return replace(run, out=re.sub(r"  most of it: .*\n", "", out))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two roots: api accepts its finding with a comment, shop with the baseline."""
    write(tmp_path / "api", {"nginx.conf": IGNORED, "sites/a.conf": SITE})
    shop = SITE.replace("}\n}", "}\n    location /c { access_by_lua_file c.lua; }\n}")
    write(tmp_path / "shop", {"nginx.conf": MAIN, "sites/a.conf": shop})
    monkeypatch.chdir(tmp_path)
    run = without_decisions(*CHECK, "--write-baseline", "api", "shop")
    assert run == Run(
        0,
        BOTH,
        "memlint: baseline.json written: it accepts 1 finding\n",
    )
    return tmp_path


def run_checks(*more: str) -> Run:
    """Check both roots; nothing is written."""
    before = Path("baseline.json").read_bytes()
    run = without_decisions(*CHECK, *more, "api", "shop")
    assert Path("baseline.json").read_bytes() == before
    return run


def brief(run: Run) -> list[str]:
    """The verdicts, findings and what is said of acceptance; not the phases and remedies."""
    assert run.err == ""
    wanted = re.compile(r"(ok|WARNING|NOT ALL READ|baseline) |.*\d+ finding|\w+/\S+:\d+:\d+: ")
    lines = [line for line in run.out.splitlines() if wanted.match(line)]
    return [re.sub("(?<=\\S)  +", "  ", line) for line in lines]


@pytest.mark.usefixtures("repository")
def test_nothing_has_changed() -> None:
    assert run_checks() == Run(0, BOTH, "")
    assert run_checks("--fail-on", "warning", "--show-suppressed") == Run(
        0,
        f"""\
{BOTH}
accepted in api
  api/nginx.conf:5: warning ML101: lua_ssl_trusted_certificate makes nginx read and \
keep ca.pem 3 times (96.1 MiB): once for each block that sees it
      by an ignore at api/nginx.conf:5: until it runs on Debian 13

accepted in shop
  shop/nginx.conf:5: warning ML101: lua_ssl_trusted_certificate makes nginx read and \
keep ca.pem 4 times (128.1 MiB): once for each block that sees it
      by the baseline
""",
        "",
    )


def test_a_location_is_added(repository: Path) -> None:
    for root in ("api", "shop"):
        write(repository / root, {"sites/b.conf": "server { location /new { } }\n"})
    assert brief(run_checks()) == [
        "WARNING shop: 194.9 MiB at start, up to 1.8 GiB while reloading",
        "shop/nginx.conf:5:5: warning ML101: lua_ssl_trusted_certificate makes nginx read and keep "
        "ca.pem 6 times (192.1 MiB): once for each block that sees it; its cost grew from 96.0 MiB "
        "to 160.0 MiB (+64.0 MiB), its count from 4 to 6",
        "WARNING  194.9 MiB  821.8 MiB  1.8 GiB  shop",
        "ok  162.9 MiB  687.3 MiB  1.5 GiB  api",
        f"api: {BY_IGNORE[:-1]}",
    ]
    assert run_checks().code == 0
    assert run_checks("--fail-on", "warning").code == 1
    assert without_decisions(*CHECK, "--write-baseline", "shop").code == 0
    run = run_checks("--fail-on", "warning")
    assert (run.code, brief(run)[-1]) == (0, f"shop: {BY_BASELINE[:-1]}")


def test_a_cost_of_another_kind_is_new(repository: Path) -> None:
    server = (
        "server { lua_ssl_trusted_certificate own.pem; location /1 { access_by_lua_file 1; } "
        "location /2 { access_by_lua_file 2; } }\n"
    )
    write(repository / "shop", {"sites/own.conf": server})
    run = run_checks("--fail-on", "warning")
    assert run.code == 1
    assert brief(run)[:3] == [
        "WARNING shop: 227.0 MiB at start, up to 2.0 GiB while reloading",
        "shop/sites/own.conf:1:10: warning ML101: lua_ssl_trusted_certificate makes nginx read and "
        "keep own.pem 3 times (96.0 MiB): once for each block that sees it",
        f"  {BY_BASELINE[:-1]}",
    ]


def test_a_line_is_moved(repository: Path) -> None:
    before = run_checks().out
    moved = MAIN.replace("events {}\n", "events {}\n\n# what we serve\n").replace(
        "    lua_ssl_trusted_certificate ca.pem;\n    include sites/*.conf;\n",
        "    include sites/*.conf;\n\n\n    lua_ssl_trusted_certificate    ca.pem;\n",
    )
    write(repository / "shop", {"nginx.conf": moved})
    write(repository / "api", {"nginx.conf": "\n\n" + IGNORED})
    assert run_checks("--fail-on", "warning") == Run(0, before, "")


def test_a_directive_is_removed_and_the_ignore_is_stale(repository: Path) -> None:
    write(repository / "shop", {"nginx.conf": MAIN.replace("    lua_ssl", "    # lua_ssl")})
    write(repository / "api", {"nginx.conf": IGNORED.replace("ca.pem;", '"";')})
    run = run_checks()
    assert run.code == 0
    assert brief(run) == [
        "WARNING api: 2.8 MiB at start, up to 6.9 MiB while reloading",
        "api/nginx.conf:5:55: warning ML902: ML101 is accepted here, but not reported: delete it "
        "from the comment",
        "WARNING  2.8 MiB  5.3 MiB  6.9 MiB  api",
        "ok  2.8 MiB  5.4 MiB  7.1 MiB  shop",
        "baseline baseline.json: 1 entry is gone: write it anew with --write-baseline",
    ]
    assert run_checks("--fail-on", "warning").code == 1
    write(repository / "api", {"nginx.conf": MAIN.replace("ca.pem;", '"";')})
    run = without_decisions(*CHECK, "--write-baseline", "api", "shop")
    assert (run.code, run.err) == (0, "memlint: baseline.json written: it accepts 0 findings\n")
    assert [line[:2] for line in brief(run_checks("--fail-on", "warning"))] == ["ok", "ok"]


def test_a_root_is_deleted(repository: Path) -> None:
    (repository / "shop" / "nginx.conf").rename(repository / "moved.conf")
    gone = (
        "baseline baseline.json: 1 entry is gone (there is no shop/nginx.conf any more): write it "
        "anew with --write-baseline"
    )
    run = run_checks()
    assert run.code == 3
    assert brief(run) == [
        "NOT ALL READ shop: it could not be read",
        "NOT ALL READ  –  –  –  shop",
        "ok  98.9 MiB  418.3 MiB  967.5 MiB  api",
        f"api: {BY_IGNORE[:-1]}",
        gone,
    ]
    alone = without_decisions(*CHECK, "api")
    assert (alone.code, alone.out, alone.err) == (0, f"{OK_API}  {BY_IGNORE}{gone}\n", "")
    written = without_decisions(*CHECK, "--write-baseline", "api")
    assert (written.code, written.out) == (0, f"{OK_API}  {BY_IGNORE}")
    assert '"roots": {}' in (repository / "baseline.json").read_text()


@pytest.mark.usefixtures("repository")
def test_a_root_that_is_not_checked_is_not_gone() -> None:
    assert without_decisions(*CHECK, "api").out == f"{OK_API}  {BY_IGNORE}"
    before = Path("baseline.json").read_text()
    assert without_decisions(*CHECK, "--write-baseline", "api").code == 0
    assert Path("baseline.json").read_text() == before


def test_an_ignore_in_a_file_of_both_roots(repository: Path) -> None:
    write(repository, {"ca.conf": f"{IGNORED.splitlines()[4]}\n"})
    for root in ("api", "shop"):
        main = MAIN.replace("    lua_ssl_trusted_certificate ca.pem;", "    include ../ca.conf;")
        write(repository / root, {"nginx.conf": main})
    write(repository / "api", {"sites/a.conf": ""})
    assert brief(run_checks("--fail-on", "warning"))[:3] == [
        "ok  130.9 MiB  552.8 MiB  1.3 GiB  shop",
        "ok  2.5 MiB  4.5 MiB  5.1 MiB  api",
        f"shop: {BY_IGNORE[:-1]}",
    ]
    alone = without_decisions(*CHECK, "--fail-on", "warning", "api")
    assert alone.code == 1
    assert brief(alone)[1].startswith("api/../ca.conf:1:59: warning ML902: ML101 is accepted")


def test_a_repository_is_moved(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run_checks()
    moved = repository.rename(repository.with_name("elsewhere"))
    monkeypatch.chdir(moved)
    assert run_checks() == before
    monkeypatch.chdir("/")
    paths = (moved / "api", moved / "shop")
    far = without_decisions(*CHECK[:-1], moved / "baseline.json", *paths)
    assert (far.code, far.out.replace(f"{moved}/", "")) == (0, before.out)
