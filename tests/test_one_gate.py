"""Files are opened in one place: a lint check of the package's own source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nginx_memlint

PACKAGE = Path(nginx_memlint.__file__).parent

ALLOWED = {
    "files/reading.py": {"os.open"},
    "files/writing.py": {
        *("os.open", "open", "os.replace", "os.rename", "os.unlink", "os.mkdir"),
    },
    "files/toml.py": {"tomllib"},
    "files/json.py": {".validate_json"},
    # which fails where links change
    "files/paths.py": {"os.path.realpath"},
    "files/yaml.py": {"yaml"},
    # the pipes of its own processes
    # what its own processes send it, and no stream of a reader that has gone
    "analysis/children.py": {"os.open", "pickle"},
    "files/archive.py": {"tarfile", ".open"},
    # the three streams of the process, by their numbers
    "cli/process.py": {"os.open", "open", "io.FileIO"},
    # the kernel's file of its own process
    "cli/oom.py": {"open"},
    # the kernel's files of a control group of its own
    "live/limit.py": {".write_text"},
    # an answer of a host
    "forge/forges.py": {".open"},
    # a socket of its own, in the directory of the next
    "live/connections.py": {"os.unlink"},
    # a directory of its own, under /tmp
    "live/site.py": {"tempfile"},
}
"""Modules that do what others leave to them, below the package."""

MODULES = frozenset(
    {
        *("tomllib", "yaml", "pickle", "marshal", "shelve", "dbm", "sqlite3", "configparser"),
        *("plistlib", "zipfile", "tarfile", "bz2", "lzma", "mmap", "linecache", "fileinput"),
        *("tempfile", "codecs", "runpy", "pathlib2", "aiofiles"),
    }
)
"""Modules that open files, or read a format without bounds."""

METHODS = frozenset(
    {
        *("read_text", "read_bytes", "write_text", "write_bytes", "touch", "symlink_to"),
        *("hardlink_to", "validate_json", "model_validate_json", "parse_raw", "parse_file"),
    }
)
"""Methods of paths and of models."""

FUNCTIONS = {
    "os": {
        *("open", "fdopen", "replace", "rename", "renames", "link", "symlink", "unlink", "remove"),
        *("truncate", "mkfifo", "mknod", "sendfile", "copy_file_range", "splice", "openpty"),
        *("mkdir", "makedirs", "rmdir", "removedirs", "chmod", "chown", "lchown", "utime"),
    },
    "io": {"open", "FileIO", "open_code"},
    "json": {"load", "loads", "JSONDecoder"},
    "gzip": {"open", "GzipFile"},
    "tokenize": {"open"},
    "shutil": {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "move", "rmtree"},
}


def opened(source: str) -> Iterator[str]:
    """Functions and modules that a module uses, of those that open, parse, write or move files."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from _imported(module, names)
            case ast.Name(id="open" | "__import__" as name, ctx=ast.Load()):
                yield name
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in FUNCTIONS:
                yield from ([f"{module}.{name}"] if name in FUNCTIONS[module] else [])
            case ast.Attribute(value=ast.Attribute(attr="path"), attr="realpath"):
                yield "os.path.realpath"
            case ast.Attribute(attr=name) if name in METHODS:
                yield f".{name}"
            case ast.Call(func=ast.Attribute(attr="open", value=value)):
                # others than os.open, which is told above, and methods of the package's classes
                if not (isinstance(value, ast.Name) and value.id in ("self", *FUNCTIONS)):
                    yield ".open"


def _imported(module: str, names: list[ast.alias]) -> Iterator[str]:
    if module.split(".", maxsplit=1)[0] in MODULES:
        yield module
    yield from (f"{module}.{each.name}" for each in names if each.name in FUNCTIONS.get(module, ()))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_files_are_opened_in_one_place(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    used = set(opened(path.read_text("utf-8")))
    assert used <= ALLOWED.get(name, set()), (
        "read with files/reading.py, toml.py or json.py, write with files/writing.py"
    )


@pytest.mark.parametrize(
    "source",
    [
        "open('x')",
        "f = open",
        "import os; os.open('x', 0)",
        "from os import open as o",
        "from io import FileIO",
        "from pathlib import Path; Path('x').open()",
        "Path('x').read_text()",
        "(a / b).write_bytes(b'')",
        "import tomllib",
        "from tomllib import loads",
        "import json; json.loads('1')",
        "from json import load",
        "import shutil; shutil.copy('a', 'b')",
        "import os; os.replace('a', 'b')",
        "import os; os.path.realpath('a')",
        "import tempfile",
        "def f():\n    import yaml",
        "model.validate_json(data)",
    ],
)
def test_the_check_sees_it(source: str) -> None:
    assert list(opened(source))


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_no_permission_is_left_over(name: str) -> None:
    path = PACKAGE / name
    if path.exists():
        assert set(opened(path.read_text("utf-8"))) == ALLOWED[name]
