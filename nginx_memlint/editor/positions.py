"""Places in a file as editors count them: lines from 0, and units of an encoding in a line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from nginx_memlint.files.paths import decode, encode
from nginx_memlint.syntax.lines import Lines

_ENDS = re.compile(rb"\r\n|\n|\r")
"""Ends of lines in the protocol: a CR alone is one, which to nginx it is not."""

_BOM = b"\xef\xbb\xbf"
"""A mark that editors do not count as a part of the text."""

UNITS: dict[str, Callable[[str], int]] = {
    "utf-8": lambda text: len(encode(text)),
    "utf-16": lambda text: len(text.encode("utf-16-le", "surrogatepass")) // 2,
    "utf-32": len,
}
"""Name of an encoding in the protocol → the units that a text has in it."""


class Place(NamedTuple):
    """A 0-based line and the units before a place in it."""

    line: int
    character: int


class Positions:
    """The places in one file's bytes."""

    def __init__(self, data: bytes, encoding: str) -> None:
        self._data = data
        self._units = UNITS[encoding]
        self._lines = Lines(data)

    @cached_property
    def _starts(self) -> list[int]:
        first = len(_BOM) if self._data.startswith(_BOM) else 0
        return [first, *(match.end() for match in _ENDS.finditer(self._data))]

    def of_offset(self, offset: int) -> Place:
        """The place of a byte offset."""
        line = max(0, bisect_right(self._starts, offset) - 1)
        return Place(line, self._units(decode(self._data[self._starts[line] : offset])))

    def of(self, line: int, column: int) -> Place:
        """The place of a line and a column as memlint counts them: line feeds, and characters."""
        start = self._lines.start(line)
        if start is None:
            return self.of_offset(len(self._data))
        # a character has four bytes at most
        text = decode(self._data[start : start + 4 * column].partition(b"\n")[0])
        return self.of_offset(start + len(encode(text[: column - 1])))

    def end_of_line(self, line: int) -> Place:
        """The place behind the last word of a line as memlint counts them."""
        start = self._lines.start(line) or 0
        end = self._data.find(b"\n", start)
        text = self._data[start : len(self._data) if end < 0 else end]
        return self.of_offset(start + len(text.rstrip(b" \t\r")))

    def line_of(self, line: int) -> int:
        """The line as memlint counts them, from 1, in which an editor's line begins."""
        return self._lines.of(self._starts[min(line, len(self._starts) - 1)])
