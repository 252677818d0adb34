"""memlint preflight, where no nginx is asked for: usage, and what it cannot tell."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers import memlint


def test_a_process_that_is_no_nginx() -> None:
    run = memlint("preflight", "--pid", str(os.getpid()))
    assert run.code == 3
    assert "is no nginx master" in run.err
    assert run.out == ""


def test_a_pid_file_that_is_not_there(tmp_path: Path) -> None:
    """Nginx that ends deletes it."""
    run = memlint("preflight", "--pid", tmp_path / "absent.pid")
    assert run.code == 3
    assert "absent.pid: No such file or directory" in run.err


def test_a_stale_pid_file(tmp_path: Path) -> None:
    (tmp_path / "nginx.pid").write_text(f"{os.getpid()}\n")
    run = memlint("preflight", "--pid", tmp_path / "nginx.pid", "--", "true")
    assert run.code == 3
    assert "its pid file is stale" in run.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--"], "name the command to run"),
        (["--", "no-such-program-as-this"], "is not a program"),
        (["--wait", "soon"], '"soon" is no time'),
        (["--wait", "5 parsecs"], "is no time"),
        (["--wait", "0s"], "not a positive number"),
        (["--format", "html"], "html"),
        (["--max-contexts", "5"], "No such option"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    run = memlint("preflight", *arguments)
    assert run.code == 2
    assert message in " ".join(run.err.split())


def test_a_command_has_flags_of_its_own() -> None:
    """All words after -- are the command's, also another --."""
    run = memlint("preflight", "--pid", str(os.getpid()), "--", "true", "--format", "x", "--")
    assert run.code == 3


def test_a_program_of_the_working_directory_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap-of-memlint"
    trap.write_text("#!/bin/sh\n")
    trap.chmod(0o755)
    run = memlint("preflight", "--", "trap-of-memlint", cwd=tmp_path)
    assert run.code == 2
    assert "is not a program" in run.err
