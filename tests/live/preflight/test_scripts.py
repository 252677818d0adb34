"""Scripts whose memory nobody has stated, on machines made of files."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint.live.preflight import files
from nginx_memlint.live.preflight.verdict import Fit, Preflight, preflight
from nginx_memlint.options.record import read_keywords
from nginx_memlint.sizes import MIB
from tests.helpers import LUA, http, write
from tests.live.preflight.machine import MASTER, UPTIME, Machine

JS = "load_module modules/ngx_http_js_module.so;\n"
OPTIONS = read_keywords({"target": "debian-12"})

WORKERS = 100.0
"""Seconds from boot to the start of the workers."""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine whose workers were started after all files were written, but for those touched."""
    made = Machine(tmp_path / "machine")
    made.nginx(2, anonymous=15 * MIB, reloads=1)
    monkeypatch.setattr(files, "_changed", lambda place: os.lstat(place).st_mtime)
    return made


def started(root: Path) -> float:
    """Make all files older than the workers; return a time that is not."""
    workers = time.time() - UPTIME + WORKERS
    for place in [root, *root.rglob("*")]:
        os.utime(place, (workers - 50, workers - 50), follow_symlinks=False)
    return workers + 50


def ask(machine: Machine, root: Path, lua_heap: int | None = None) -> Preflight:
    options = replace(OPTIONS, prefix=str(root), lua_heap=lua_heap)
    return preflight(str(root / "nginx.conf"), options, pid=str(MASTER), root=machine.root)


SITE: dict[str, str | bytes] = {
    "nginx.conf": http("include lua.conf; include sites/*;", main=LUA),
    "lua.conf": 'lua_package_path "$prefix/lua/?.lua;;"; init_by_lua_file lua/init.lua;',
    "sites/a": "server { }",
    "lua/init.lua": "data = require 'data'",
    "lua/data.lua": "return {}",
    "lua/unused.txt": "",
}


@pytest.mark.parametrize(
    ("touched", "fits"),
    [
        ("sites/a", True),
        ("lua/unused.txt", False),
        ("nginx.conf", False),
        ("lua.conf", False),
        ("lua/init.lua", False),
        ("lua/data.lua", False),
        ("lua", False),
    ],
)
def test_a_script_that_may_be_another(
    machine: Machine, tmp_path: Path, touched: str, *, fits: bool
) -> None:
    """Nobody knows what a new one keeps before it has run: a reload may need any memory."""
    root = write(tmp_path / "site", SITE).parent
    later = started(root)
    assert ask(machine, root).verdict is Fit.FITS
    os.utime(root / touched, (later, later))
    result = ask(machine, root)
    assert result.verdict is (Fit.FITS if fits else Fit.MAY_NOT)
    told = "nothing tells what scripts of init_by_lua_file will keep, changed since"
    assert (result.reason == f"{told}: state it with --lua-heap") is not fits
    assert ask(machine, root, lua_heap=MIB).verdict is Fit.FITS


@pytest.mark.parametrize("link", ["lua", "lua/data.lua"])
def test_a_link_that_leads_elsewhere(machine: Machine, tmp_path: Path, link: str) -> None:
    """A link to the current release may lead to an older one, all files of which are old."""
    root = write(tmp_path / "site", SITE).parent
    kept = tmp_path / "kept"
    (root / link).rename(kept)
    (root / link).symlink_to(kept)
    later = started(root)
    started(tmp_path)
    assert ask(machine, root).verdict is Fit.FITS
    os.utime(root / link, (later, later), follow_symlinks=False)
    assert ask(machine, root).verdict is Fit.MAY_NOT


def test_objects_of_njs(machine: Machine, tmp_path: Path) -> None:
    text = http("js_preload_object o.json; include sites/*;", main=JS)
    root = write(
        tmp_path / "site", {"nginx.conf": text, "o.json": "{}", "sites/a": "server { }"}
    ).parent
    later = started(root)
    assert ask(machine, root).verdict is Fit.FITS
    os.utime(root / "o.json", (later, later))
    result = ask(machine, root, lua_heap=MIB)
    assert result.verdict is Fit.MAY_NOT
    assert "scripts of js_preload_object will keep" in result.reason


def test_what_scripts_keep_in_each_worker(machine: Machine, tmp_path: Path) -> None:
    """A new worker keeps as much as one of now."""
    root = write(
        tmp_path / "site",
        {"nginx.conf": http("init_worker_by_lua_block { kept = {} }\nserver { }", main=LUA)},
    ).parent
    started(root)
    before = ask(machine, root).need.most_bytes
    machine.process(
        MASTER + 1, "nginx: worker process", parent=MASTER, started=WORKERS, anonymous=25 * MIB
    )
    assert ask(machine, root).need.most_bytes == before + 2 * 10 * MIB
