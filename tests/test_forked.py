"""A command run by forked.py does what it does in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forked
from tests.helpers import http, write


@pytest.mark.parametrize(
    ("arguments", "stdin", "more"),
    [
        (["check", "nginx.conf"], b"", {}),
        (["check", "-"], http("sever { }").encode(), {}),
        (["check", "--format", "json:out", "--jobs", "2", "nginx.conf", "nginx.conf"], b"", {}),
        (["check", "--nonsense"], b"", {"COLUMNS": "50"}),
        (["tree"], b"", {"COLUMNS": "150"}),
        (["config"], b"", {"HOME": "/nonexistent"}),
        (["--version"], b"", {}),
    ],
)
def test_the_same_as_a_process_of_its_own(
    arguments: list[str], stdin: bytes, more: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    environment = os.environ | more
    out = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "nginx_memlint", *arguments],
        cwd=tmp_path,
        env=environment,
        input=stdin,
        capture_output=True,
        timeout=60,
        check=False,
    )
    written = out.read_bytes() if out.exists() else b""
    expected = (done.returncode, done.stdout, done.stderr)
    assert forked.run(arguments, stdin, str(tmp_path), environment) == expected
    assert (out.read_bytes() if out.exists() else b"") == written


@pytest.mark.parametrize("name", ["PYTHONUTF8", "LC_ALL", "LANG"])
def test_what_python_reads_as_it_starts(name: str) -> None:
    assert forked.starts_otherwise(os.environ | {name: "x"})
    assert not forked.starts_otherwise(os.environ | {"TERM": "x"})
