"""The one exception: what ends a command, or a call from Python, without a result."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

import nginx_memlint
from nginx_memlint import MemlintError, check
from nginx_memlint.exit_codes import Exit
from tests.helpers import http, memlint_here, write

PACKAGE = Path(nginx_memlint.__file__).parent


def test_it_names_the_argument_and_the_exit_status() -> None:
    with pytest.raises(ValueError, match="workers: ") as raised:
        check("nginx.conf", workers=0)
    assert isinstance(raised.value, MemlintError)
    assert (raised.value.option, raised.value.status) == ("workers", Exit.USAGE)


def test_it_can_be_sent_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(MemlintError("why", "--format", 4)))
    assert (str(sent), sent.option, sent.status) == ("why", "--format", 4)


def test_each_mistake_is_a_line(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }"), "memlint.toml": "a = 1\nb = 2\n"})
    done = memlint_here("check", str(conf))
    assert done.code == Exit.USAGE
    lines = done.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("memlint: ") and "unknown key" in line for line in lines)


def test_standard_error_is_written_in_one_place() -> None:
    """Screens of rich beside it: progress and the report of calibrate."""
    writers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if "file=sys.stderr" in path.read_text("utf-8")
    }
    assert writers == {"cli/process.py"}
