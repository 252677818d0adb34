"""File names that a terminal opens when they are clicked (OSC 8, as ``ls --hyperlink`` writes)."""

from __future__ import annotations

import os

from nginx_memlint.result import ConfigReport


class Links:
    """Styles, as rich names them, for the file names of one report.

    Links are written to a terminal only, and by rich only where it can show them. A file that is
    not on this machine is not linked: a dump names another machine's files, and an escaped name is
    not the file's own.
    """

    def __init__(self, config: ConfigReport, *, is_terminal: bool) -> None:
        self._enabled = is_terminal and not config.from_dump
        self._uris: dict[str, str | None] = {}

    def style(self, file: str, style: str = "bold") -> str:
        """The style for text that names the file, with a link to it where possible."""
        if file not in self._uris:
            self._uris[file] = self._uri(file) if self._enabled else None
        uri = self._uris[file]
        return style if uri is None else f"{style} link {uri}"

    @staticmethod
    def _uri(file: str) -> str | None:
        if not os.path.isfile(file):
            return None
        import socket  # noqa: PLC0415  for terminals only
        from urllib.parse import quote  # noqa: PLC0415

        return f"file://{quote(socket.gethostname())}{quote(os.path.abspath(file))}"
