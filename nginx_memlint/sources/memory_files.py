"""Files in memory as a source: those that ``nginx -T`` printed."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, Bounds, Meter
from nginx_memlint.sources.source import trim

NOT_IN_DUMP = "not in the dump"
"""The reason why a file of a dump cannot be read: nginx has read it, but did not print it."""


class MemoryFiles:
    """Files in memory, with the paths that nginx names: those of an ``nginx -T`` dump."""

    restricted = True

    def __init__(self, files: Mapping[str, bytes], bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self.bounds = bounds
        self.meter = Meter(bounds)
        self.files = dict(files)
        self._directories: dict[str, set[str]] = {}
        for path in self.files:
            ancestor = path
            while ancestor not in ("/", ""):
                parent, _, name = ancestor.rpartition("/")
                ancestor = parent or "/"
                self._directories.setdefault(ancestor, set()).update([name] if name else [])

    def read(self, path: str) -> bytes:
        """All bytes of a file of the dump."""
        try:
            data = self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None
        self.meter.read(data)
        return data

    def names(self, path: str) -> list[str]:
        """The names directly below a directory, derived from the paths of the files."""
        try:
            names = sorted(self._directories[trim(path)])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None
        self.meter.list(len(names))
        return names

    def exists(self, path: str) -> bool:
        """Whether a path is one of the files or a directory above one."""
        return path in self.files or trim(path) in self._directories

    def is_dir(self, path: str) -> bool:
        """Whether a path is a directory above one of the files."""
        return trim(path) in self._directories

    def shown(self, path: str) -> str:
        """The path itself, since these files have no other name."""
        return path
