"""memlint verify runs programs that are not the system's only if asked to, and none for ever."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nginx_memlint.live.binary import load_lines
from nginx_memlint.live.consent import foreign_module
from tests.helpers import memlint, write

FAKE = """#!/bin/sh
case "$*" in
*-V*) echo 'nginx version: nginx/1.22.1' >&2
      echo 'built with OpenSSL 3.0.15' >&2
      echo 'configure arguments: --prefix={prefix} --modules-path={prefix}/modules' >&2 ;;
*) echo "$@" >> {ran}; {do} ;;
esac
"""
CONF = "{} events {{ }}\nhttp {{ server {{ listen 127.0.0.1:1; {} }} }}\n"

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


class FakeNginx:
    """A configuration, and an nginx that notes when it is run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ran = directory / "ran"
        self.nginx = directory / "nginx"
        (directory / "modules").mkdir()
        self.does("true")

    def does(self, command: str) -> None:
        self.nginx.write_text(FAKE.format(prefix=self.directory, ran=self.ran, do=command))
        self.nginx.chmod(0o755)

    def conf(self, main: str = "", server: str = "") -> Path:
        return write(self.directory, {"nginx.conf": CONF.format(main, server)})

    def arguments(self, *more: str) -> list[str]:
        return [
            "verify",
            "--nginx-binary",
            str(self.nginx),
            *more,
            str(self.directory / "nginx.conf"),
        ]


@pytest.fixture
def fake(tmp_path: Path) -> FakeNginx:
    return FakeNginx(tmp_path)


FOREIGN = {
    "load_module evil.so;": "evil.so: not in {}/modules, where this nginx has its modules",
    'load_module "modules/../evil.so";': "evil.so: not in {}/modules, where",
    "load_module modules/link.so;": "link.so: not in {}/modules, where",
    "load_module modules/mine.so;": "mine.so: {}/modules/mine.so ",
    "ssl_engine evil;": "ssl_engine: runs an engine of OpenSSL",
}


@needs_linux
@pytest.mark.parametrize("main", FOREIGN)
def test_what_is_not_the_systems_own_is_not_run(fake: FakeNginx, main: str) -> None:
    (fake.directory / "evil.so").touch()
    (fake.directory / "modules/link.so").symlink_to("../evil.so")
    (fake.directory / "modules/mine.so").touch(mode=0o666)
    (fake.directory / "modules/mine.so").chmod(0o666)
    fake.conf(main)
    run = memlint(*fake.arguments())
    assert (run.code, run.out) == (2, "")
    assert f"{fake.directory}/nginx.conf:1: " in run.err
    assert FOREIGN[main].format(fake.directory) in run.err
    assert "nothing was run; --yes allows it" in run.err
    assert not fake.ran.exists()
    run = memlint(*fake.arguments("--yes"))
    assert fake.ran.exists()
    assert "nothing was run" not in run.err


@needs_linux
@pytest.mark.parametrize(
    "server",
    [
        "location / { perl 'sub { }'; }",
        "ssl_certificate_key engine:evil:key;",
        "location / { proxy_ssl_certificate_key engine:evil:key; }",
    ],
)
def test_code_in_blocks(fake: FakeNginx, server: str) -> None:
    fake.conf("", server)
    run = memlint(*fake.arguments())
    assert run.code == 2
    assert "nothing was run" in run.err
    assert not fake.ran.exists()


@needs_linux
def test_a_configuration_that_loads_nothing_is_asked_for_nothing(fake: FakeNginx) -> None:
    fake.conf()
    memlint(*fake.arguments())
    assert fake.ran.exists()


@needs_linux
@pytest.mark.parametrize(("answer", "runs"), [("y", True), ("n", False), ("", False)])
def test_a_terminal_is_asked(fake: FakeNginx, answer: str, runs: bool) -> None:
    (fake.directory / "evil.so").touch()
    fake.conf("load_module evil.so;")
    command = [sys.executable, "-m", "nginx_memlint", *fake.arguments()]
    parent, child = pty.openpty()
    with subprocess.Popen(command, stdin=child, stdout=subprocess.PIPE, stderr=child) as process:
        os.close(child)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(parent, 10_000)
        os.write(parent, f"{answer}\n".encode())
        process.communicate(timeout=60)
    os.close(parent)
    assert b"evil.so: not in" in shown
    assert fake.ran.exists() == runs


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_module_is_the_systems_own_if_only_root_can_have_put_it_there() -> None:
    """Below a directory of root's own: tests run in one that others may write to."""
    directory = Path("/usr/lib/memlint-test-modules")
    directory.mkdir()
    try:
        path = directory / "x.so"
        path.touch(mode=0o644)
        assert foreign_module(str(path), [str(directory)]) is None
        assert foreign_module(str(path), ["/usr/lib"]) is None
        assert foreign_module(str(path), ["/usr/lib/x"]) is not None
        path.chmod(0o664)
        assert "may be written by others" in (foreign_module(str(path), [str(directory)]) or "")
        path.chmod(0o644)
        os.chown(path, 1234, 0)
        assert "does not belong to root" in (foreign_module(str(path), [str(directory)]) or "")
        os.chown(path, 0, 0)
        directory.chmod(0o777)
        assert "may be written by others" in (foreign_module(str(path), [str(directory)]) or "")
    finally:
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()


@needs_linux
def test_a_module_that_is_a_fifo_is_not_waited_for(fake: FakeNginx) -> None:
    os.mkfifo(fake.directory / "modules/ngx_http_lua_module.so")
    fake.conf("load_module modules/ngx_http_lua_module.so;")
    run = memlint(*fake.arguments("--yes"))
    assert run.code == 2
    assert "ngx_http_lua_module.so: is a FIFO" in run.err
    assert not fake.ran.exists()


@needs_linux
def test_what_does_not_end_is_ended(fake: FakeNginx) -> None:
    fake.does("exec sleep 60")
    fake.conf()
    started = time.monotonic()
    run = memlint(*fake.arguments("--timeout", "1"))
    assert run.code == 2
    assert "does not end; it was killed" in run.err
    assert time.monotonic() - started < 30
    run = memlint(*fake.arguments("--timeout", "0"))
    assert run.code == 2


def test_names_of_modules_are_quoted() -> None:
    line = load_lines(['a b;c"d\\e.so'])
    assert line == 'load_module "a b;c\\"d\\\\e.so";\n'
