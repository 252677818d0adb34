"""Names of files: their bytes, the directories they are below, and errors of the system."""

from __future__ import annotations

import os
import posixpath
from contextlib import suppress
from typing import AnyStr

from nginx_memlint.errors import MemlintError
from nginx_memlint.printable import printable

PATH_MAX = 4096
"""Bytes of the longest path that Linux takes, with the NUL at its end."""


def encode(text: str) -> bytes:
    """The bytes of a file name."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """The text of a file name, which encode() turns back into the same bytes."""
    return data.decode("utf-8", "surrogateescape")


def is_below(path: str, directory: str) -> bool:
    """Whether a path is a directory or inside it, by their names alone."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def checkout(directory: str) -> str | None:
    """The top of the git checkout that a directory is in, as it is written; None if in none.

    A link on the way is no top: what it leads to may be another checkout.
    """
    while os.path.islink(directory) or not os.path.lexists(os.path.join(directory, ".git")):
        above = os.path.dirname(directory)
        if above == directory:
            return None
        directory = above
    return directory


def real_top(top: str) -> str:
    """The real path of what checkout() has told: its last name is no link, nor does it count as one
    if it has become one since.
    """
    above, name = os.path.split(top)
    return os.path.join(resolved(above), name)


_TRIES = 3


def resolved(path: AnyStr) -> AnyStr:
    """The real path of a file, all links on the way resolved.

    Before Python 3.13, os.path.realpath() fails where a link becomes something else while it is
    looked at. Raises MemlintError if it does so again and again, and OSError if the working
    directory is gone.
    """
    for _ in range(_TRIES):
        with suppress(OSError):
            return os.path.realpath(path)
    os.getcwd()
    name = printable(os.fsdecode(path))
    raise MemlintError(f"{name}: a link on the way changes while it is followed")


def os_error(number: int) -> OSError:
    """The OSError with a number of errno, and the system's message."""
    return OSError(number, os.strerror(number))


def is_git_own(path: str) -> bool:
    """Whether a path is in git's own directory, where hooks and settings have git run programs."""
    return ".git" in path.split("/")


def relative(path: str, directory: str) -> str:
    """A path as seen from a directory; unchanged unless more than the root is above both.

    For files inside a copied directory, it is the same wherever the copy is.
    """
    path = posixpath.normpath(path)
    if not (path.startswith("/") and directory.startswith("/")):
        return path
    if posixpath.commonpath([path, posixpath.normpath(directory)]) == "/":
        return path
    return posixpath.relpath(path, directory)
