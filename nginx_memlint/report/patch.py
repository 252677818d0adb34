"""A unified diff of files as bytes, for ``patch -p1`` and ``git apply``."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from typing import TextIO

from nginx_memlint.config.source import decode, encode
from nginx_memlint.fix import Edit, Plan, patch_base
from nginx_memlint.printable import printable

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_TO_QUOTE = re.compile(rb'[\x00-\x1f\x7f"\\]')


def write(plans: Sequence[Plan], stream: TextIO) -> None:
    """Print the plans as one patch: exact bytes, or on a terminal what is safe to show.

    The lines before the first file say what it does; patch and git skip them.
    """
    data = patch(plans)
    if stream.isatty():
        text = decode(data)
        stream.write("".join(_safe(line) for line in text.split("\n"))[:-1])
    else:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()


def patch(plans: Sequence[Plan]) -> bytes:
    """The plans as one patch, empty if there is nothing to do."""
    edits = [edit for plan in plans for edit in plan.edits]
    if not edits:
        return b""
    base = patch_base(edits)
    said = [*(line for plan in plans for line in plan.said)]
    if base == "/":
        said.append("apply with patch -p1 -d /")
    head = "".join(f"# {line}\n" for line in said)
    return encode(head) + b"".join(_diff(edit, base) for edit in edits)


def _diff(edit: Edit, base: str) -> bytes:
    name = encode(os.path.relpath(edit.path, base) if edit.path.startswith("/") else edit.path)
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        _lines(edit.before),
        _lines(edit.after),
        _header(b"a/" + name),
        _header(b"b/" + name),
    )
    return b"".join(line if line.endswith(b"\n") else line + _NO_NEWLINE for line in lines)


def _lines(data: bytes) -> list[bytes]:
    """Split at line feeds only, as patch does: a CR is part of its line."""
    return [line for line in re.split(rb"(?<=\n)", data) if line]


def _header(name: bytes) -> bytes:
    """A file name as GNU diff and git write it."""
    if _TO_QUOTE.search(name):
        return b'"%b"' % _TO_QUOTE.sub(lambda match: b"\\%03o" % match[0][0], name)
    return name + b"\t" if b" " in name else name


def _safe(line: str) -> str:
    return "\t".join(printable(part) for part in line.split("\t")) + "\n"
