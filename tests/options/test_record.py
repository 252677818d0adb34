"""One record of what can be asked: an option that is added to it is everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint import removed
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.kinds import read_target
from nginx_memlint.options.record import OPTIONS, OptionPlace, options_in
from nginx_memlint.report import schemas
from tests.helpers import http, memlint, write

ADDED = """
import json, sys
import nginx_memlint.options.record as options
from dataclasses import dataclass, fields

@dataclass(frozen=True, kw_only=True)
class Options(options.Options):
    more_care: int | None = options._option(options.kinds.WORKERS, "How careful to be.")

one = next(field for field in fields(Options) if field.name == "more_care")
options.OPTIONS["more_care"] = options.Option(name=one.name, default=one.default, **one.metadata)
options.Options = Options
"""
"""A program in which the record has one field more."""

COMMAND = ADDED + "from nginx_memlint.__main__ import main\nmain()\n"
LIBRARY = ADDED + (
    "from nginx_memlint import check\n"
    "import inspect\n"
    "assert 'more_care' in inspect.signature(check).parameters\n"
    "from nginx_memlint.options.record import read_keywords\n"
    "print(read_keywords({'more_care': 3}).more_care)\n"
    "from nginx_memlint.report import schemas\n"
    "print(schemas.schema('memlint')['properties']['more-care']['maximum'])\n"
)


def run(program: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


def rows(shown: subprocess.CompletedProcess[str]) -> list[list[str]]:
    return [line.split() for line in shown.stdout.splitlines()]


def test_a_new_field_is_a_flag_a_setting_and_a_keyword(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http("server { }"), "memlint.toml": "more-care = 3\n"})
    shown = run(COMMAND, "config", "nginx.conf", cwd=tmp_path)
    assert ["more-care", "3", "memlint.toml:1"] in rows(shown), shown
    shown = run(COMMAND, "config", "nginx.conf", "--more-care", "4", cwd=tmp_path)
    assert ["more-care", "4", "--more-care"] in rows(shown), shown
    wrong = run(COMMAND, "check", "nginx.conf", "--more-care", "many", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "Invalid value for --more-care" in wrong.stderr
    asked = run(LIBRARY, cwd=tmp_path)
    assert asked.stdout.split() == ["3", "4096"], asked.stderr


@pytest.mark.parametrize("option", removed.OPTIONS)
def test_what_is_gone_says_what_to_do(option: str) -> None:
    done = memlint("check", option, "x", "nginx.conf")
    assert (done.code, done.out) == (2, "")
    assert removed.OPTIONS[option] in " ".join(done.err.split())


@pytest.mark.parametrize("name", removed.COMMANDS)
def test_commands_that_are_gone_say_what_to_do(name: str) -> None:
    done = memlint(name)
    assert (done.code, done.out) == (2, "")
    assert removed.COMMANDS[name] in " ".join(done.err.split())


@pytest.mark.parametrize("name", removed.TARGETS)
def test_targets_that_are_gone_say_what_to_do(name: str) -> None:
    with pytest.raises(MemlintError, match=removed.TARGETS[name]):
        read_target(name)


def test_nothing_that_is_gone_is_there() -> None:
    flags = {option.flag for option in options_in(OptionPlace.FLAG)}
    assert not flags & set(removed.OPTIONS)
    assert not {option.key for option in OPTIONS.values()} & set(removed.SETTINGS)
    assert not schemas.schema("memlint")["properties"].keys() & removed.SETTINGS.keys()
