from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.helpers import http, memlint_here, write


def test_a_change_is_checked(tmp_path: Path) -> None:
    """Of a file, of what a pattern finds, and of settings; broken ones end nothing."""
    main = write(tmp_path, {"nginx.conf": http("include sites/*;"), "sites/a": "server { }"})
    write(tmp_path, {".git/x": "", "memlint.toml": ""})
    command = [sys.executable, "-m", "nginx_memlint", "check", "--watch", "--format", "line"]
    with subprocess.Popen(
        [*command, "--target", "debian-12", main],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        guard = threading.Timer(100, process.kill)
        guard.start()
        assert process.stdout is not None
        try:
            write(tmp_path, {"sites/b": "}"})
            _until(process, 'sites/b:1:1: error ML000 unexpected "}"')
            write(tmp_path, {"memlint.toml": "nonsense = 1"})
            _until(process, "memlint.toml:1: ")
            write(tmp_path, {"memlint.toml": "", "sites/b": "server {"})
            _until(process, "unexpected end of file")
            process.send_signal(signal.SIGINT)
            assert "memlint: interrupted" in process.stdout.read()
            assert process.wait() == 130
        finally:
            guard.cancel()
            process.kill()


def _until(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(text)


@pytest.mark.parametrize("more", [["--fix"], ["-"], ["--stdin-filename", "nginx.conf"]])
def test_what_does_not_go_with_it(more: list[str]) -> None:
    done = memlint_here("check", "--watch", *more)
    assert done.code == 2
    assert "--watch" in done.err


def test_a_first_check_that_cannot_be_is_told() -> None:
    done = memlint_here("check", "--watch", "--target", "nosuch", "nginx.conf")
    assert done.code == 2
