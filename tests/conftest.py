"""Fixtures and hooks of all tests."""

from __future__ import annotations

import signal
from compileall import compile_dir
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from nginx_memlint.syntax.directives import ParsedFile, parse
from nginx_memlint.tree import build as builder

PACKAGE = Path(__file__).parent.parent / "nginx_memlint"

# how long one example takes is the machine's affair, which may be busy
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")


@pytest.fixture(autouse=True, scope="session")
def _compiled() -> None:
    """Compile the program, as it is where it is installed.

    Else each process does that, and one with little room for files leaves half of it behind.
    """
    compile_dir(PACKAGE, quiet=1)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a script
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:  # as below nohup
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def split(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The files that are parsed in this process."""
    parsed: list[bytes] = []

    def counting(data: bytes, *names: str, **options: Any) -> ParsedFile:
        parsed.append(data)
        return parse(data, *names, **options)

    monkeypatch.setattr(builder, "parse", counting)
    return parsed
