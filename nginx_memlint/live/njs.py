"""The version of njs in a module, or in an nginx that has it in itself: read, and not run.

njs keeps its version for scripts, as a text and as a number (``njs.version`` and
``njs.version_number``, src/njs_builtin.c); neither ``nginx -V`` nor a start shows it.
"""

from __future__ import annotations

import re
import struct

from nginx_memlint.files.reading import read_file

OBJECTS = ("ngx_http_js_module.so", "ngx_stream_js_module.so")
"""Names of the files of njs's modules."""

MOST_BYTES = 64 << 20
"""Bytes of a file that is read: a static nginx with njs and OpenSSL has 13 MiB."""

_VERSION = re.compile(rb"(?<![\d.])(\d)\.(\d{1,2})\.(\d{1,2})(?![\d.])")


def njs_version(path: str) -> str | None:
    """The version of njs that a file holds; None if it tells none, or cannot be read.

    Texts of other versions are there as well: njs's own is that of which there is the number, too.
    """
    try:
        data = read_file(path, MOST_BYTES)
    except OSError:
        return None
    versions = {tuple(map(int, match.groups())) for match in _VERSION.finditer(data)}
    numbered = [version for version in versions if _number(version) in data]
    if len(numbered) != 1:
        return None
    return ".".join(map(str, numbered[0]))


def _number(version: tuple[int, ...]) -> bytes:
    """``NJS_VERSION_NUMBER`` as a number of JavaScript: a byte for each part of the version."""
    major, minor, patch = version
    return struct.pack("d", major << 16 | minor << 8 | patch)
