"""Names of files that a shell, or a command line, could take for something else."""

from __future__ import annotations

from pathlib import Path

from tests.helpers import http

WHOLE = http("server { listen 80; }")

OPTIONS = (
    "--nginx-binary=evil",
    "--output=written",
    "--config=written",
    "--format=json:written",
    "--sysroot=evil",
    "-owritten",
    "--fix",
    "--help",
    "--",
    "-",
)
"""Directories: what is an option, with the rest of the path as its value."""

WORDS = (
    "a b",
    " a",
    "a'b",
    'a"b',
    "a\\b",
    "$(touch pwned)",
    "`touch pwned`",
    "$HOME",
    ";touch pwned",
    "&touch pwned",
    "*",
    "?",
    "[!z]*",
    "{a,b}",
    "~",
    "#a",
    "%s",
    "!a",
    "EOF",
    "--unit-cost 1GiB",
    "ünï",
)
"""Directories: what a shell expands, splits or runs."""

LINES = ("a\nb", "a\n--nginx-binary=evil", "\n$(touch pwned)", "a\r\nEOF\ntouch pwned\n", "a\n\n")
"""Directories: what is several lines."""

MARKS = ("pwned", "written")
"""Files that are there if a name was run, or taken for an option."""


def hostile_tree(directory: Path, *, lines: bool = True) -> list[str]:
    """Configurations of such names below a directory, and the traps; the names, in their order."""
    for name in (*OPTIONS, *WORDS, *(LINES if lines else ())):
        path = directory / name / "nginx.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WHOLE)
    trap = directory / "evil" / "nginx.conf"
    trap.parent.mkdir()
    trap.write_text(f"#!/bin/sh\ntouch {directory}/pwned\n")
    trap.chmod(0o755)
    (directory / "written").mkdir()
    (directory / "pip").mkdir()
    modules = ("pip/__init__", "pip/__main__", "venv", "sitecustomize", "nginx_memlint")
    for name in (f"{module}.py" for module in modules):
        (directory / name).write_text(f"open({str(directory / 'pwned')!r}, 'w')\n")
    names = [path.relative_to(directory).as_posix() for path in directory.rglob("nginx.conf")]
    return sorted(name for name in names if not name.startswith("evil/"))


def traps_sprung(directory: Path) -> list[str]:
    """The names of traps that were run, or written, below the directory of hostile_tree()."""
    names = [path.name for path in directory.rglob("pwned")]
    return names + [path.name for path in (directory / "written").iterdir()]
