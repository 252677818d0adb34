"""Text for people on any stream: styled words, on a terminal wrapped between words.

In a file or a pipe a line stays a line, however long. A path is never broken: a word that is longer
than a line has one to itself.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Words = str | tuple[str, str]
"""A text, or a text and its style: names of _CODES, and ``link URI`` at the end."""

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
"""Severity → style."""

LEAST_WIDTH = 40
"""Columns below which nothing is laid out more narrowly."""

NO_WRAP = 1_000_000
"""Columns of a console of rich on a stream that has no edge."""

_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36}
"""Name of a style → its code (ECMA-48, Select Graphic Rendition)."""

_WIDE = frozenset("WF")
"""East Asian widths of characters that take two columns (Unicode TR 11)."""

_Piece = tuple[str, str]


def columns(text: str) -> int:
    """The columns that a printable text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in _WIDE)
        for c in text
    )


def cut(text: str, width: int) -> str:
    """A text that takes no more columns than a width: the end of a longer one is ``…``."""
    if columns(text) <= width:
        return text
    taken = 0
    for index, character in enumerate(text):
        taken += columns(character)
        if taken > width - 1:
            return text[:index] + "…"
    return text


class Page:
    """A stream that people read.

    ``width`` is None where lines have no edge. ``has_colors`` and ``has_links``: whether styles are
    written, and links (OSC 8), which only a terminal follows.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        is_terminal = file.isatty()
        self.has_links = is_terminal and os.environ.get("TERM") != "dumb"
        self.has_colors = _colors(is_terminal=self.has_links)
        self.width = _width(file, is_terminal=is_terminal)
        self.can_draw = (getattr(file, "encoding", None) or "utf-8").lower().startswith("utf")

    def line(self, *words: Words, hang: int = 2) -> None:
        """Write one line; what does not fit goes on ``hang`` columns further in than it begins."""
        pieces = [(word, "") if isinstance(word, str) else word for word in words]
        for wrapped in _wrapped(pieces, self.width, hang):
            self._file.write(self._painted(wrapped).rstrip(" ") + "\n")

    def whole(self, text: str, style: str = "", room: int = 0) -> str:
        """Write a line that is cut at the edge, ``room`` columns before it; return what was."""
        shown = text if self.width is None else cut(text, self.width - room)
        self._file.write(self._painted([(shown, style)]) + "\n")
        return shown

    def table(self, rows: Sequence[Sequence[Words]], right: Iterable[int] = ()) -> None:
        """Write columns; those of ``right`` are aligned to the right, and the last one wraps."""
        pieces = [[(c, "") if isinstance(c, str) else c for c in row] for row in rows]
        widths = [max(columns(text) for text, _ in column) for column in zip(*pieces, strict=True)]
        sides = frozenset(right)
        for row in pieces:
            line: list[Words] = []
            for number, (text, style) in enumerate(row[:-1]):
                pad = " " * (widths[number] - columns(text))
                line += [pad, (text, style)] if number in sides else [(text, style), pad]
                line.append("  ")
            last, style = row[-1]
            pad = " " * (widths[-1] - columns(last)) if len(row) - 1 in sides else ""
            self.line(*line, pad, (last, style), hang=max(sum(widths[:-1]) + 2 * len(row) - 2, 2))

    def _painted(self, pieces: Iterable[_Piece]) -> str:
        text = ""
        for style, run in groupby(pieces, lambda piece: piece[1]):
            joined = "".join(piece[0] for piece in run)
            names, _, uri = style.partition("link ")
            codes = ";".join(str(_CODES[name]) for name in names.split())
            if self.has_colors and codes:
                joined = f"\x1b[{codes}m{joined}\x1b[0m"
            if self.has_links and uri:
                joined = f"\x1b]8;;{uri}\x1b\\{joined}\x1b]8;;\x1b\\"
            text += joined
        return text


class Color(StrEnum):
    """When colours are written."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


_SAYS = {Color.ALWAYS: "FORCE_COLOR", Color.NEVER: "NO_COLOR"}
"""Answer → the variable that gives it, to rich as well."""


@contextmanager
def colored(when: Color) -> Iterator[None]:
    """Let colours be written as asked for, whatever the environment says."""
    if when is Color.AUTO:
        yield
        return
    before = {name: os.environ.pop(name, None) for name in _SAYS.values()}
    os.environ[_SAYS[when]] = "1"
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _colors(*, is_terminal: bool) -> bool:
    """Whether to write styles: FORCE_COLOR and NO_COLOR decide it, as for other programs."""
    if os.environ.get("NO_COLOR"):
        return False
    return is_terminal or bool(os.environ.get("FORCE_COLOR"))


def _width(file: TextIO, *, is_terminal: bool) -> int | None:
    """The columns of a terminal, which ``COLUMNS`` may state; None for another stream."""
    if not is_terminal:
        return None
    stated = os.environ.get("COLUMNS", "")
    if stated.isascii() and stated.isdecimal() and 0 < len(stated) < 6:
        return max(int(stated), LEAST_WIDTH)
    try:
        width = os.get_terminal_size(file.fileno()).columns
    except OSError:
        width = 0
    return max(width or 80, LEAST_WIDTH)


def _wrapped(pieces: Sequence[_Piece], width: int | None, hang: int) -> Iterator[list[_Piece]]:
    """Lines of pieces, none wider than ``width`` where words allow it."""
    text = "".join(piece for piece, _ in pieces)
    if width is None or columns(text) <= width:
        yield list(pieces)
        return
    begin = len(text) - len(text.lstrip(" "))
    after: list[_Piece] = [(" " * min(begin + hang if begin + hang < width // 2 else 4, 40), "")]
    if hang > begin:
        after = [(" " * (hang if hang < width * 2 // 3 else 4), "")]
    line: list[_Piece] = [(" " * begin, "")]
    taken, is_empty = begin, True
    for gap, word in _atoms(pieces):
        size = sum(columns(part) for part, _ in word)
        if not is_empty and taken + gap + size > width:
            yield line
            line, taken, is_empty = [*after], len(after[0][0]), True
        if not is_empty and gap:
            style = word[0][1] if word[0][1] == line[-1][1] else ""
            line.append((" " * gap, style))
            taken += gap
        line += word
        taken, is_empty = taken + size, False
    yield line


def _atoms(pieces: Iterable[_Piece]) -> Iterator[tuple[int, list[_Piece]]]:
    """Words, each with the spaces before it: a word's parts may differ in style."""
    word: list[_Piece] = []
    gap = 0
    for text, style in pieces:
        for part in re.split("( +)", text):
            if part.startswith(" "):
                if word:
                    yield gap, word
                    word, gap = [], 0
                gap += len(part)
            elif part:
                word.append((part, style))
    if word:
        yield gap, word


def console_for(file: TextIO) -> Console:
    """rich's console on a stream; names from a configuration are never taken for markup.

    Only a terminal has a width: in a file or a pipe a line stays a line.
    """
    from rich.console import Console  # noqa: PLC0415  takes long

    width = None if file.isatty() else NO_WRAP
    return Console(file=file, highlight=False, emoji=False, markup=False, width=width)
