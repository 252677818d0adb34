"""From what the user names to a source and the path of the main file in it.

As nginx: a relative ``include`` and a relative certificate are taken from the directory of the
main file; with a prefix (``nginx -p``), a relative main file is taken from the prefix.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.config.source import STDIN_NAME, FileSystem, MemoryFiles, Source, read_dump

MAIN_FILE = "nginx.conf"


class EntryError(OSError):
    """There is no main file to be had from what the user named."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.ENOENT, message)


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are looked up.

    ``prefix`` as ``nginx -p``. ``sysroot``: absolute paths are below this directory. ``path_map``
    pairs a directory as nginx sees it with a directory here.
    """

    prefix: str | None = None
    sysroot: str | None = None
    path_map: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A source and the absolute path of the main file in it."""

    source: Source
    path: str


def open_entry(name: str, place: Place, data: bytes | None = None) -> Entry:
    """Find the main file.

    ``data`` is standard input for the name ``-``. An ``nginx -T`` dump is recognised, from a file
    too. Raises OSError.
    """
    if name == "-":
        return _from_bytes(data or b"")
    if place.prefix and not os.path.isabs(name):
        name = os.path.join(place.prefix, name)
    if place.sysroot or place.path_map:
        return _mapped(name, place)
    if os.path.isdir(name):
        name = _in_directory(name)
    directory, base = os.path.split(name)
    inside = os.path.abspath(directory)
    source = FileSystem({"/": "/", inside: directory}, restricted=False)
    path = inside.rstrip("/") + "/" + base
    if (files := read_dump(_beginning(source, path))) is not None:
        files = read_dump(source.read(path)) or files
        return _dump(files)
    return Entry(source, path)


def _beginning(source: FileSystem, path: str) -> bytes:
    """The file, if it begins like a dump; else nothing."""
    data = source.read(path)
    return data if b"# configuration file " in data[: 1 << 16] else b""


def _from_bytes(data: bytes) -> Entry:
    if (files := read_dump(data)) is not None:
        return _dump(files)
    source = _Stdin({"/": "/", os.getcwd(): ""}, restricted=False)
    source.data = data
    return Entry(source, f"{os.getcwd().rstrip('/')}/{STDIN_NAME}")


class _Stdin(FileSystem):
    """The file system, with standard input as the main file in the working directory."""

    data = b""

    def read(self, path: str) -> bytes:
        return self.data if path.endswith(f"/{STDIN_NAME}") else super().read(path)


def _dump(files: dict[str, bytes]) -> Entry:
    return Entry(MemoryFiles(files), next(iter(files)))


def _mapped(name: str, place: Place) -> Entry:
    """A main file in a copy of another machine's files, named as it is here or as it is there."""
    mounts = dict(place.path_map)
    if place.sysroot:
        mounts.setdefault("/", place.sysroot)
    here = os.path.abspath(name)
    if os.path.isdir(here):
        here = _in_directory(here)
    by_length = sorted(mounts.items(), key=lambda mount: len(os.path.abspath(mount[1])))
    for inside, outside in reversed(by_length):
        outside_path = os.path.abspath(outside)
        if here.startswith(outside_path.rstrip("/") + "/"):
            rest = here[len(outside_path) :].lstrip("/")
            path = inside.rstrip("/") + "/" + rest
            break
    else:
        path = name
        if not (place.sysroot and os.path.isabs(name)):
            # the file is outside the maps: its own directory is readable beside them
            directory = os.path.split(name)[0]
            mounts.setdefault(os.path.dirname(here), directory)
            path = here
    source = FileSystem(mounts, restricted=True)
    if source.is_dir(path):
        path = path.rstrip("/") + "/" + MAIN_FILE
    return Entry(source, path)


def _in_directory(directory: str) -> str:
    """The main file in a directory; raises EntryError that names what it might be instead."""
    path = os.path.join(directory, MAIN_FILE)
    if os.path.isfile(path):
        return path
    found = _candidates(Path(directory))
    message = f"{directory} is a directory without {MAIN_FILE}"
    if found:
        message += "; did you mean " + " or ".join(found) + "?"
    raise EntryError(message)


def _candidates(directory: Path) -> list[str]:
    """Files in or just below a directory that may be a main file, at most five."""
    patterns: Iterable[str] = (f"*/{MAIN_FILE}", f"*/*/{MAIN_FILE}", "*.conf")
    found: list[str] = []
    for pattern in patterns:
        for path in sorted(directory.glob(pattern)):
            if path.is_file() and str(path) not in found:
                found.append(str(path))
            if len(found) >= 5:
                return found
    return found
