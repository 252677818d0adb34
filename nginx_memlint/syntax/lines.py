"""The lines of a file: which one an offset is in, and where one begins."""

from __future__ import annotations

from array import array
from bisect import bisect_left

STRIDE = 4096
"""Bytes after which the line feeds before are noted: few ask, and a file may consist of them."""


class Lines:
    """Lines count from 1, offsets are bytes and count from 0."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._before: array[int] | None = None

    def of(self, offset: int) -> int:
        """The line of an offset; a line feed is the last byte of its line."""
        stride = offset // STRIDE
        before = self._feeds()[stride]
        return before + self._data.count(b"\n", stride * STRIDE, offset) + 1

    def start(self, line: int) -> int | None:
        """The offset at which a line begins, None if there are not so many."""
        if line == 1:
            return 0
        before = self._feeds()
        stride = bisect_left(before, line - 1) - 1
        feeds = line - 1 - before[stride]
        part = self._data[stride * STRIDE : (stride + 1) * STRIDE]
        *lines, rest = part.split(b"\n", feeds)
        if len(lines) < feeds:
            return None
        return stride * STRIDE + len(part) - len(rest)

    def _feeds(self) -> array[int]:
        """The line feeds before each multiple of STRIDE."""
        if self._before is None:
            self._before = before = array("I")
            feeds = 0
            for start in range(0, len(self._data) + 1, STRIDE):
                before.append(feeds)
                feeds += self._data.count(b"\n", start, start + STRIDE)
        return self._before
