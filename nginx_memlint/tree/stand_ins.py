"""Texts that are read in the place of files that the server has, and that are not here.

Repositories seldom hold what nginx and certbot ship. Where the configuration is on its own server,
and in a dump, which has all that nginx read, nothing is: nginx would not start without the file.
"""

from __future__ import annotations

from collections.abc import Callable

from nginx_memlint.files.paths import is_below
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.sources.source import Source
from nginx_memlint.tree.stock_table import STOCK_FILES

INSTALLED = ("/etc", "/usr/local", "/usr/share")
"""Directories of an installed nginx: a main file below them is where it is used."""


def never(_path: str) -> bool:
    """Allow no file to be missing."""
    return False


class StandIns:
    """The files that were not there, and what was read instead.

    ``stock`` are those for which there is what is shipped, ``empty`` those that may be missing.
    ``is_allowed`` tells of a path, or of an include's pattern, whether it may.
    """

    def __init__(self, source: Source, directory: str, is_allowed: Callable[[str], bool]) -> None:
        self._is_whole = isinstance(source, MemoryFiles)
        self._is_home = is_at_home(source, directory)
        self.is_allowed = is_allowed
        self.stock: dict[str, None] = {}
        self.empty: dict[str, None] = {}

    def __contains__(self, path: object) -> bool:
        return path in self.stock or path in self.empty

    def content(self, path: str) -> bytes | None:
        """The bytes to read for a path at which nothing is; None if nothing stands in for it."""
        if self._is_whole:
            return None
        parts = path.split("/")
        for length in (1, 2):
            shipped = STOCK_FILES.get("/".join(parts[-length:]))
            if shipped is not None and not self._is_home:
                self.stock[path] = None
                return shipped.encode()
        if self.is_allowed(path):
            self.empty[path] = None
            return b""
        return None


def is_at_home(source: Source, directory: str) -> bool:
    """Whether a main file in a directory is where an installed nginx has it, on this machine."""
    return not source.restricted and any(is_below(directory, place) for place in INSTALLED)
