"""ARCHITECTURE.md: its example is what happens, and its walk is the way of a check."""

from __future__ import annotations

import ast
import doctest
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents.pages import PROJECT, page
from tests.helpers import copy_sample

PAGE = page("ARCHITECTURE.md")
PACKAGE = PROJECT / "nginx_memlint"

TRACED = """
import json, os, sys

top, out, *words = sys.argv[1:]
called = []

def watch(frame, event, _):
    if event == "call" and frame.f_code.co_name != "<module>":
        name = frame.f_code.co_filename
        if name.startswith(top) and name not in known and not is_imported(frame.f_back):
            known.add(name)
            called.append(name)

def is_imported(frame):
    while frame is not None:
        code = frame.f_code
        if code.co_name == "<module>" and code.co_filename.startswith(top):
            return True
        frame = frame.f_back
    return False

def end(status):
    sys.setprofile(None)
    names = [module.__file__ for module in [*sys.modules.values()] if hasattr(module, "__file__")]
    imported = [name for name in names if name and name.startswith(top)]
    with open(out, "w") as file:
        json.dump({"called": called, "imported": imported, "status": status}, file)
    leave(status)

known = set()
leave, os._exit = os._exit, end
sys.argv = ["memlint", *words]
from nginx_memlint.__main__ import main
sys.setprofile(watch)
main()
"""
"""A program that runs the command, and notes the files of functions in the order of their first
calls: not of those that run while a module is imported, as decorators do."""


@dataclass(frozen=True)
class Trace:
    """The modules that ran in a check, by their paths in the package."""

    called: list[str]
    """Those of which a function was called, in the order of the first calls."""
    imported: set[str]


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    directory = tmp_path_factory.mktemp("walk")
    copy_sample("incident", directory / "incident")
    (directory / "memlint.toml").write_text('target = "debian-12"\n')
    top, out = f"{PACKAGE}{os.sep}", directory / "trace.json"
    subprocess.run(
        [sys.executable, "-c", TRACED, top, str(out), "check", "incident"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    traced = json.loads(out.read_text())
    assert traced["status"] == 1, "the incident has errors"
    called, imported = (
        [name.removeprefix(top) for name in traced[key]] for key in ("called", "imported")
    )
    return Trace(called, {name for name in imported if has_code(PACKAGE / name)})


def has_code(path: Path) -> bool:
    """Whether there is more in a module than its docstring."""
    return len(ast.parse(path.read_text("utf-8")).body) > 1


def walk() -> list[list[str]]:
    """The modules that the page names, by step."""
    _, _, rest = PAGE.text.partition("\n## The way of `memlint check`\n")
    text, _, _ = rest.partition("\n## ")
    _, *steps = re.split(r"^### ", text, flags=re.MULTILINE)
    return [re.findall(r"^\| `([\w/]+\.py)` \|", step, re.MULTILINE) for step in steps]


def test_the_walk_names_each_module_once(trace: Trace) -> None:
    named = [name for step in walk() for name in step]
    assert len(named) == len({*named})
    assert {*named} == trace.imported
    assert {*trace.called} <= trace.imported


def test_the_walk_is_in_order(trace: Trace) -> None:
    """Steps follow each other as first calls do; what is never called stands beside its user."""
    step_of = {name: number for number, step in enumerate(walk(), 1) for name in step}
    steps = [step_of[name] for name in trace.called]
    assert steps == sorted(steps), list(zip(steps, trace.called, strict=True))
    assert {*steps} == {*step_of.values()}


def test_within_a_step_calls_are_in_order(trace: Trace) -> None:
    for step in walk():
        called = [name for name in trace.called if name in step]
        assert [name for name in step if name in called] == called


def test_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    blocks = [block.text for block in PAGE.blocks if block.language == "pycon"]
    assert len(blocks) >= 10
    test = doctest.DocTestParser().get_doctest("".join(blocks), {}, PAGE.name, PAGE.name, 0)
    said: list[str] = []
    results = doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    assert results.failed == 0, "".join(said)
    assert results.attempted > 30


def test_the_line_is_one_of_the_sample() -> None:
    lines = (PROJECT / "sample_confs" / "incident" / "nginx.conf").read_text().splitlines()
    assert f"b'{lines[15]}'" in PAGE.text
