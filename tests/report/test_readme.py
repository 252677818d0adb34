"""The README's table of formats is the program's, and its examples run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nginx_memlint.cli import app
from nginx_memlint.report import FORMATS

from ..helpers import http, write

README = Path(__file__).parent.parent.parent / "README.md"

ROWS = dict(re.findall(r"^\| `(\w+)` \|.*\| `memlint (check .*)` \|$", README.read_text(), re.M))


def test_every_format_is_in_the_table() -> None:
    assert set(ROWS) == set(FORMATS)


@pytest.mark.parametrize("name", ROWS)
def test_examples_run(name: str, repository: Path) -> None:
    body = "lua_ssl_trusted_certificate /no.pem; server { location / { } }"
    write(repository / "conf", {"nginx.conf": http(body)})
    args = shlex.split(ROWS[name])
    run = CliRunner().invoke(app, [*args, "--unit-cost", "4GiB"])
    assert run.exit_code == 1
    written = [path for path in repository.iterdir() if path.is_file()]
    assert "".join(path.read_text() for path in written) + run.stdout
    assert len(written) == (1 if f"{name}:" in ROWS[name] or "--output" in args else 0)
