"""The libc and the allocator of a program: from what its process has mapped, and from its file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress

from nginx_memlint.files.reading import open_regular, read_bytes

_LIBRARIES = {
    "jemalloc": ("allocator", re.compile(r"libjemalloc\.so")),
    "mimalloc": ("allocator", re.compile(r"libmimalloc(-\w+)?\.so")),
    "tcmalloc": ("allocator", re.compile(r"libtcmalloc(_minimal)?\.so")),
    "musl": ("libc", re.compile(r"ld-musl-")),
}
"""An allocator or a libc → what of the target it is, and the beginning of its library's name."""

_TEXTS = {
    "jemalloc": b"<jemalloc>: ",
    "mimalloc": b"mimalloc: ",
    "tcmalloc": b"tcmalloc: ",
    "musl": b"No error information\0",
}
"""Name as in _LIBRARIES → what stands in a program that has it linked in: beginnings of messages
(malloc_message(), _mi_fprintf(), Log()), and what musl's strerror(0) says."""

_MUSL_LOADER = b"/ld-musl-"
_HEAD = 4096
"""Bytes of a program in which the name of its loader stands (PT_INTERP)."""

_PROGRAM_MOST = 64 << 20
"""Bytes of a program that are looked through."""


def platform_of(mapped: Iterable[str]) -> dict[str, str]:
    """Libc and allocator by the files that a process has mapped, where they are not glibc's."""
    names = [os.path.basename(path) for path in mapped]
    return {
        key: value
        for value, (key, library) in _LIBRARIES.items()
        if any(library.match(name) for name in names)
    }


def platform_of_program(path: str) -> dict[str, str]:
    """Libc and allocator of a program's file: its loader, and what is linked in."""
    data = _read(path, _PROGRAM_MOST)
    linked = {_LIBRARIES[name][0]: name for name, text in _TEXTS.items() if text in data}
    return {"libc": "musl", **linked} if _MUSL_LOADER in data[:_HEAD] else linked


def _read(path: str, most: int) -> bytes:
    with suppress(OSError):
        descriptor, _ = open_regular(path)
        try:
            return read_bytes(descriptor, most)
        finally:
            os.close(descriptor)
    return b""
