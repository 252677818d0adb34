"""Completions of shells, by the installed command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint import rules
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.report import FORMATS
from nginx_memlint.targets.targets import target_names


def completed(*words: str) -> list[str]:
    """The words that bash is offered for the last one."""
    env = os.environ | {
        "_MEMLINT_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("memlint", *words)),
        "COMP_CWORD": str(len(words)),
    }
    command = [Path(sys.executable).parent / "memlint"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (
            ("check", "--target", "debian-1"),
            [n for n in target_names() if n.startswith("debian-1")],
        ),
        (("diff", "--target", "ho"), ["host"]),
        (("targets", "kon"), ["kong", *(n for n in target_names() if n.startswith("kong"))]),
        (("explain", "ML10"), [code for code in rules.codes() if code.startswith("ML10")]),
        (("check", "--select", "ML3"), [code for code in rules.codes() if code.startswith("ML3")]),
        (("check", "--fail-on", "n"), [str(one) for one in FailOn if one.startswith("n")]),
        (("check", "--format", "s"), [name for name in FORMATS if name.startswith("s")]),
        (("check", "--work"), ["--workers"]),
    ],
)
def test_what_is_completed(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered
