"""File names that a terminal opens when they are clicked (OSC 8, as ``ls --hyperlink`` does)."""

from __future__ import annotations

import os
import socket
from urllib.parse import quote

from rich.console import Console
from rich.style import Style

from nginx_memlint.result import ConfigReport


class Links:
    """Styles for the places of one report.

    Rich writes no link where the output is no terminal, or one that cannot show them. A file that
    is not here is not linked: a dump names another machine's, and an escaped name is not its own.
    """

    def __init__(self, config: ConfigReport, console: Console) -> None:
        self._enabled = console.is_terminal and not config.from_dump
        self._known: dict[str, str | None] = {}

    def style(self, file: str, style: str = "bold") -> Style:
        """A style for text that names the file."""
        if file not in self._known:
            self._known[file] = self._uri(file) if self._enabled else None
        return Style.parse(style) + Style(link=self._known[file])

    @staticmethod
    def _uri(file: str) -> str | None:
        if not os.path.isfile(file):
            return None
        return f"file://{quote(socket.gethostname())}{quote(os.path.abspath(file))}"
