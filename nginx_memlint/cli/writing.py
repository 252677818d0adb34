"""Functions that commands share which write a target file."""

from __future__ import annotations

import os

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.writing import destination, write_anything


def check_writable(path: str) -> None:
    """Raise MemlintError for a file that cannot be written, before any work is done."""
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else directory, os.W_OK):
        raise MemlintError(f"cannot write {path}", "--output")
    try:
        destination(path)
    except OSError as error:
        raise MemlintError(f"cannot write {path}: {error.strerror}", "--output") from None


def write(path: str, text: str) -> None:
    """Write a file in one step, or a stream. Raises MemlintError."""
    try:
        write_anything(path, text.encode())
    except OSError as error:
        raise MemlintError(f"cannot write {path}: {error.strerror}", "--output") from None
