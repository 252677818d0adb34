"""Helpers of many tests: a configuration from a few strings, and the command's output."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nginx_memlint import ConfigReport, check
from nginx_memlint.analysis import job
from nginx_memlint.cli import running
from nginx_memlint.cli.app import app
from nginx_memlint.files.bounds import DEFAULT_BOUNDS, UNBOUNDED, Bounds
from tests import forked

LUA = "load_module modules/ndk_http_module.so; load_module modules/ngx_http_lua_module.so;\n"
SAMPLES = Path(__file__).parent.parent / "sample_confs"
BUNDLE = SAMPLES / "ca-bundle.pem"
"""A bundle as large as Mozilla's list: the samples name it, and no test needs this machine's."""
MEASURED = """\
nginx = "1.22.1"
openssl = "3.0.15"
measured = "here"
location = 7454
server = 14227
context = 14328
certificate = 5600
der = 2.0
key_pair = 7400
client_ca_name = 815
cpu_context = 0.0001
cpu_certificate = 0.0001
"""
"""A target file, as memlint calibrate writes it."""


def copy_sample(name: str, to: Path) -> None:
    """Copy a sample, and the bundle that it names beside its directory."""
    shutil.copytree(SAMPLES / name, to)
    shutil.copy(BUNDLE, to.parent)


def children() -> set[int]:
    """The processes that are this one's children, zombies too (Linux)."""
    processes = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it may have ended; glob() itself would raise that of its stat
            stat = (process / "stat").read_text("utf-8", "replace")
            if int(stat.rpartition(")")[2].split()[1]) == os.getpid():
                processes.add(int(process.name))
    return processes


def write(directory: Path, files: dict[str, str | bytes]) -> Path:
    """Write files below a directory and return the path of its nginx.conf."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory / "nginx.conf"


def http(inside: str, main: str = LUA) -> str:
    """A whole configuration around the inside of ``http``."""
    workers = "worker_processes 2; worker_shutdown_timeout 1m;"
    return f"{main}{workers}\nevents {{}}\nhttp {{\n{inside}\n}}\n"


def check_http(directory: Path, inside: str, main: str = LUA, **options: Any) -> ConfigReport:
    """Check a configuration made from the inside of its ``http``."""
    report = check(write(directory, {"nginx.conf": http(inside, main)}), **options)
    assert [p for p in report.problems if not p.message.startswith("nothing to count")] == []
    return report


@dataclass(frozen=True)
class Run:
    """The exit status and the output of one run of the command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, which must be one JSON object."""
        return json.loads(self.out)


def memlint(
    *args: str | Path,
    stdin: bytes = b"",
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
) -> Run:
    """Run ``python -m nginx_memlint`` as a process."""
    environment = os.environ if env is None else env
    words = list(map(str, args))
    if forked.starts_otherwise(environment):
        command = [sys.executable, "-m", "nginx_memlint", *words]
        options: dict[str, Any] = {"cwd": cwd, "env": env, "timeout": forked.TIMEOUT}
        done = subprocess.run(command, input=stdin, capture_output=True, check=False, **options)
        code, out, err = done.returncode, done.stdout, done.stderr
    else:
        code, out, err = forked.run(words, stdin, str(cwd or os.getcwd()), environment)
    run = Run(code, out.decode(), err.decode())
    assert "Traceback" not in run.err
    return run


def on_a_terminal(
    *args: str | Path,
    env: dict[str, str] | None = None,
    module: str = "nginx_memlint",
    cwd: Path | None = None,
    with_errors: bool = True,
    typed: str = "",
) -> str:
    """The text that the command writes to a terminal of 200 columns, on both streams or on one."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "COLUMNS": "200"} | (env or {}))
        if cwd is not None:
            os.chdir(cwd)
        if not with_errors:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execv(sys.executable, [sys.executable, "-m", module, *map(str, args)])
    out = b""
    os.write(terminal, typed.encode())
    try:
        while data := os.read(terminal, 65536):
            out += data
    except OSError:  # how Linux ends a terminal whose other side is closed
        pass
    finally:
        os.close(terminal)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code >= 0, f"ended by signal {-code} after {out!r}"
    return out.decode().replace("\r\n", "\n")


def memlint_here(*args: str | Path, stdin: bytes = b"") -> Run:
    """Run the command in this process, which is faster; for what is not about the process."""
    env = {"COLUMNS": "300"}
    done = CliRunner().invoke(app, list(map(str, args)), input=stdin, env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Run(done.exit_code, done.stdout, done.stderr)


def with_bounds(monkeypatch: pytest.MonkeyPatch, **values: int) -> None:
    """Let bounds be others in this process, for what is not trusted."""
    bounds = DEFAULT_BOUNDS._replace(**values)

    def bounds_for(*, trusted: bool) -> Bounds:
        return UNBOUNDED if trusted else bounds

    for module in (job, running):
        monkeypatch.setattr(module, "bounds_for", bounds_for)
