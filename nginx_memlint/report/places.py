"""Names of files in reports that leave the machine: relative to the repository where possible."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property

from nginx_memlint.files.paths import checkout, encode, is_below
from nginx_memlint.printable import printable, unescaped
from nginx_memlint.sources.main_file import STDIN_NAME


@dataclass(frozen=True)
class Base:
    """The directory that names are relative to, and the working directory; both absolute."""

    directory: str
    working: str

    def relative(self, name: str) -> str:
        """The name of a file relative to the directory; absolute if it is outside of it."""
        return printable(self._inside(name) or self._absolute(name))

    def uri(self, name: str) -> tuple[str, bool]:
        """The name of a file as a URI, and whether that is a relative one."""
        inside = self._inside(name)
        if inside is not None:
            return _quoted(inside), True
        return f"file://{_quoted(self._absolute(name))}", False

    def shortened(self, text: str) -> str:
        """A sentence of a report without the directory, whose name differs between machines."""
        return self._prefix.sub("", text)

    @cached_property
    def _prefix(self) -> re.Pattern[str]:
        """Matches the directory where a path begins, and not in the middle of one."""
        prefix = re.escape(printable(self.directory.rstrip("/") + "/"))
        return re.compile(rf"(?<![^\s\"'(=:,]){prefix}(?!/)" if prefix != "/" else "(?!)")

    def _inside(self, name: str) -> str | None:
        if name == STDIN_NAME:
            return name
        path = self._absolute(name)
        if not is_below(path, self.directory):
            return None
        return os.path.relpath(path, self.directory)

    def _absolute(self, name: str) -> str:
        return os.path.normpath(os.path.join(self.working, unescaped(name)))


def base() -> Base:
    """The repository around the working directory, or that directory."""
    working = os.getcwd()
    return Base(checkout(working) or working, working)


def directory_uri(directory: str) -> str:
    """The URI of an absolute directory, ending in a slash."""
    return f"file://{_quoted(directory.rstrip('/') + '/')}"


def _quoted(path: str) -> str:
    from urllib.parse import quote  # noqa: PLC0415  takes long

    return quote(encode(path), safe="/")
