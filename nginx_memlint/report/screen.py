"""Text on a terminal, drawn by rich, or on any other stream, written plainly.

One description serves both: lines of styled words, and tables of them. rich is imported for a
terminal alone: it takes longer than most checks.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

Words = str | tuple[str, str]
"""A text, or a text and its style as rich names it."""

STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}
"""Severity → style."""

NO_WRAP = 1_000_000
"""Columns of a stream that is no terminal, so that no path is broken."""


class Plain:
    """A file or a pipe: a line stays a line, however long, and styles are left out."""

    is_terminal = False

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def line(self, *words: Words) -> None:
        """Write one line of words, or several lines in one text."""
        text = "".join(word if isinstance(word, str) else word[0] for word in words)
        self.file.write(text + "\n")

    def quote(self, text: str, style: str) -> None:
        """Write a line that a terminal may cut at its edge."""
        self.line((text, style))

    def table(self, styles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write columns; ``>`` in front of a column's style aligns it to the right."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (
                cell.rjust(width) if style.startswith(">") else cell.ljust(width)
                for cell, width, style in zip(row, widths, styles, strict=True)
            )
            self.line("  ".join(cells))


class Terminal(Plain):
    """A terminal, with colours and lines no wider than it is."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(file)
        self._console = console_for(file)
        self.is_terminal = self._console.is_terminal

    def line(self, *words: Words) -> None:
        """Write one line of words in their styles, wrapped by the terminal itself."""
        from rich.text import Text  # noqa: PLC0415

        self._console.print(Text.assemble(*words), soft_wrap=True)

    def quote(self, text: str, style: str) -> None:
        """Write a line in a style, cut at the terminal's edge."""
        from rich.text import Text  # noqa: PLC0415

        self._console.print(Text(text, style), no_wrap=True, overflow="ellipsis")

    def table(self, styles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write columns, the last of which wraps; ``>`` before a style aligns one to the right."""
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(box=None, pad_edge=False, show_header=False)
        for number, style in enumerate(styles):
            table.add_column(
                justify="right" if style.startswith(">") else "left",
                style=style.removeprefix(">"),
                no_wrap=number < len(styles) - 1,
                overflow="fold",
            )
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)


def screen_for(file: TextIO) -> Plain:
    """A Terminal or a Plain for a file; rich decides what counts as a terminal."""
    forced = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE") == "1"
    return Terminal(file) if forced or file.isatty() else Plain(file)


def console_for(file: TextIO) -> Console:
    """rich's console on a stream; names from a configuration are never taken for markup.

    Only a terminal has a width: in a file or a pipe a line stays a line.
    """
    from rich.console import Console  # noqa: PLC0415  takes long

    width = None if file.isatty() else NO_WRAP
    return Console(file=file, highlight=False, emoji=False, markup=False, width=width)
