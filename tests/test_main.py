"""The start of the command: what is public, and an interrupt while it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import nginx_memlint
from nginx_memlint import api, errors, result
from nginx_memlint.comparison import difference
from tests.helpers import http, write

READY = """
import sys
before = set(sys.modules)
import nginx_memlint.__main__
print(*set(sys.modules) - before)
"""


def test_little_is_imported_before_an_interrupt_is_awaited() -> None:
    command = [sys.executable, "-c", READY]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    imported = set(done.stdout.split())
    assert not imported & {"typing", "re", "dataclasses", "inspect"}
    of_package = {name for name in imported if name.startswith("nginx_memlint")}
    assert of_package == {
        "nginx_memlint",
        "nginx_memlint.__main__",
        "nginx_memlint.cli",
        "nginx_memlint.cli.process",
    }


INTERRUPTED = """
import os, signal, sys
from nginx_memlint.__main__ import main
step = int(sys.argv.pop(1))
moment = 1
while True:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        imports = 0
        def interrupt(event, _):
            global imports
            imports += event == "import"
            if event == "import" and imports == moment:
                os.kill(os.getpid(), signal.SIGINT)
        sys.addaudithook(interrupt)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        main()
    os.close(writing)
    said = open(reading, "rb").read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(moment, status, said)
    if status == 0:
        break
    moment += step
"""
"""Each child is interrupted by what it imports, at another moment."""


def test_interrupted_while_it_starts(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    command = [sys.executable, "-c", INTERRUPTED, "4", "check", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    *interrupted, whole = (line.split(maxsplit=1)[1] for line in done.stdout.splitlines())
    assert len(interrupted) > 10
    assert set(interrupted) == {r"130 b'memlint: interrupted\n'"}
    assert whole.startswith("0 b'ok ")
    assert done.stderr == ""


def test_interrupted_while_it_says_so() -> None:
    script = (
        "import nginx_memlint.cli.process as own\n"
        "def interrupt(*_): raise KeyboardInterrupt\n"
        "own.tell = interrupt\n"
        "with own.standalone(): interrupt()\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_what_is_public() -> None:
    """Functions, errors, and every record that one of the results holds."""
    public = {name: getattr(nginx_memlint, name) for name in nginx_memlint.__all__}
    records = {
        name: kind
        for module in (result, difference)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, result.Model)
    }
    functions = (api.check, api.check_many, api.diff, api.to_json)
    assert public == {
        **records,
        **{function.__name__: function for function in functions},
        "MemlintError": errors.MemlintError,
        "__version__": nginx_memlint.__version__,
    }
    with pytest.raises(AttributeError, match="'nginx_memlint' has no attribute 'chek'"):
        _ = nginx_memlint.chek  # type: ignore[attr-defined]


@pytest.mark.parametrize("package", ["typer", "crossplane", "pydantic", "pydantic_core"])
def test_a_package_that_is_missing_is_named(package: str, tmp_path: Path) -> None:
    settings = tmp_path / "memlint.toml"
    settings.write_text("workers = 2\n")
    done = without(package, "check", "--config", str(settings), "nginx.conf")
    assert done.stderr == (
        f"memlint: the Python package {package} is missing: install memlint again, "
        "with pip or pipx\n"
    )
    assert done.returncode == 2


def test_a_module_that_is_missing_is_named() -> None:
    """An installation of which a part is gone says so, too: it is no error of the program."""
    done = without("nginx_memlint.rules.engine", "check", "nginx.conf")
    assert done.stderr == (
        "memlint: its module nginx_memlint.rules.engine is missing: install memlint again, "
        "with pip or pipx\n"
    )
    assert done.returncode == 2


def without(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where a module cannot be imported."""
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "from nginx_memlint.__main__ import main\n"
        "sys.argv[0] = 'memlint'; main()"
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
