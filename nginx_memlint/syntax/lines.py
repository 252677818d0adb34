"""The lines of a file: the line of a byte offset, and the offset at which a line begins."""

from __future__ import annotations

from array import array
from bisect import bisect_left

STRIDE = 4096
"""The line feeds up to each multiple of this many bytes are counted once: an index of every line
would be as large as a file of line feeds."""


class Lines:
    """The lines of one file: lines count from 1, byte offsets from 0."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._before: array[int] | None = None

    def of(self, offset: int) -> int:
        """The line of a byte offset; a line feed belongs to the line that it ends."""
        stride = offset // STRIDE
        before = self._feeds()[stride]
        return before + self._data.count(b"\n", stride * STRIDE, offset) + 1

    def start(self, line: int) -> int | None:
        """The byte offset at which a line begins; None if the file has fewer lines."""
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
        """How many line feeds are before each multiple of STRIDE bytes."""
        if self._before is None:
            self._before = before = array("I")
            feeds = 0
            for start in range(0, len(self._data) + 1, STRIDE):
                before.append(feeds)
                feeds += self._data.count(b"\n", start, start + STRIDE)
        return self._before
