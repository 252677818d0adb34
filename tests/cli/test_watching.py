from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nginx_memlint.cli.watching import PAUSE
from tests.helpers import http, memlint_here, write


@contextmanager
def watching(*arguments: str | Path, out: int, err: int) -> Iterator[subprocess.Popen[str]]:
    """``memlint check --watch`` as a process, which is killed in the end, or after 100 seconds."""
    command = [sys.executable, "-m", "nginx_memlint", "check", "--watch", "--target", "debian-12"]
    with subprocess.Popen([*command, *arguments], stdout=out, stderr=err, text=True) as process:
        guard = threading.Timer(100, process.kill)
        guard.start()
        try:
            yield process
        finally:
            guard.cancel()
            process.kill()


def test_a_change_is_checked(tmp_path: Path) -> None:
    """Of a file, of what a pattern finds, and of settings; broken ones end nothing."""
    main = write(tmp_path, {"nginx.conf": http("include sites/*;"), "sites/a": "server { }"})
    write(tmp_path, {".git/x": "", "memlint.toml": ""})
    piped = {"out": subprocess.PIPE, "err": subprocess.STDOUT}
    with watching("--format", "line", main, **piped) as process:
        assert process.stdout is not None
        write(tmp_path, {"sites/b": "}"})
        _until(process, 'sites/b:1:1: error ML000 unexpected "}"')
        write(tmp_path, {"memlint.toml": "nonsense = 1"})
        _until(process, "memlint.toml:1: ")
        write(tmp_path, {"memlint.toml": "", "sites/b": "server {"})
        _until(process, "unexpected end of file")
        process.send_signal(signal.SIGINT)
        assert "memlint: interrupted" in process.stdout.read()
        assert process.wait() == 130


def test_an_output_beside_the_files_is_no_change(tmp_path: Path) -> None:
    """The directory is listed for the pattern, and each output changes it."""
    main = write(tmp_path, {"nginx.conf": http("server { } include ./sites*;")})
    piped = {"out": subprocess.DEVNULL, "err": subprocess.PIPE}
    with watching("--format", f"json:{tmp_path}/out.json", main, **piped) as process:
        assert process.stderr is not None
        assert f"{tmp_path} has changed" in process.stderr.readline()  # the output is new
        time.sleep(5 * PAUSE)
        write(tmp_path, {"sites-new": "server { }"})
        assert "has changed" in process.stderr.readline()
        time.sleep(5 * PAUSE)
        process.send_signal(signal.SIGINT)
        # it may have been read while it was written
        assert process.stderr.read().count("has changed") <= 1


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
