"""A unified diff of files as bytes, for ``patch -p1`` and ``git apply``."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from typing import Literal, TextIO, TypeAlias

from nginx_memlint.files.paths import decode, encode
from nginx_memlint.fix.apply import Edit, Plan, patch_base
from nginx_memlint.printable import printable

CONTEXT = 3
"""Unchanged lines that a patch shows around a change."""

_NO_NEWLINE = b"\n\\ No newline at end of file\n"
_TO_QUOTE = re.compile(rb'[\x00-\x1f\x7f"\\]')


def write(plans: Sequence[Plan], stream: TextIO) -> None:
    """Print the plans as one patch: exact bytes, or on a terminal escaped text.

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
    old, new = _lines(edit.before), _lines(edit.after)
    old_name = b"/dev/null" if edit.like else _header(b"a/" + name)
    parts = [b"--- %b\n+++ %b\n" % (old_name, _header(b"b/" + name))]
    for group in _Matcher(edit).get_grouped_opcodes(CONTEXT):
        (_, from_start, _, to_start, _), (_, _, from_end, _, to_end) = group[0], group[-1]
        spans = _span(from_start, from_end), _span(to_start, to_end)
        parts.append(b"@@ -%b +%b @@\n" % spans)
        for kind, i, j, k, m in group:
            if kind == "equal":
                parts += [b" " + line for line in old[i:j]]
            else:
                parts += [b"-" + line for line in old[i:j]]
                parts += [b"+" + line for line in new[k:m]]
    return b"".join(part if part.endswith(b"\n") else part + _NO_NEWLINE for part in parts)


_Opcode: TypeAlias = tuple[Literal["replace", "delete", "insert", "equal"], int, int, int, int]


class _Matcher(difflib.SequenceMatcher[bytes]):
    """Matches lines where files are known to be equal; difflib alone may take minutes."""

    def __init__(self, edit: Edit) -> None:
        super().__init__(None, (), ())
        self._codes: list[_Opcode] = []
        done = i = k = 0

        def equal(text: bytes) -> None:
            nonlocal i, k
            if count := len(_lines(text)):
                self._add(("equal", i, i + count, k, k + count))
                i, k = i + count, k + count

        for splice in edit.splices:
            equal(edit.before[done : splice.start])
            gone, come = _lines(edit.before[splice.start : splice.end]), _lines(splice.text)
            matcher = difflib.SequenceMatcher(None, gone, come, False)
            for kind, first, last, first_new, last_new in matcher.get_opcodes():
                self._add((kind, i + first, i + last, k + first_new, k + last_new))
            i, k, done = i + len(gone), k + len(come), splice.end
        equal(edit.before[done:])

    def _add(self, code: _Opcode) -> None:
        kind, start, end, new_start, new_end = code
        if kind == "equal" and self._codes and self._codes[-1][0] == kind:
            _, start, _, new_start, _ = self._codes.pop()
        self._codes.append((kind, start, end, new_start, new_end))

    def get_opcodes(self) -> list[_Opcode]:
        """The operations from which get_grouped_opcodes() makes hunks."""
        return self._codes


def _span(start: int, end: int) -> bytes:
    """The lines of a hunk in its header; an empty range is named by the line before it."""
    return b"%d,%d" % (start + (end > start), end - start)


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
