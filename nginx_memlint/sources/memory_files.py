"""Files in memory as a source: those that ``nginx -T`` printed."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import TypeAlias

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, Bounds, Meter
from nginx_memlint.sources.source import trim

NOT_IN_DUMP = "not in the dump"
"""The reason why a file of a dump cannot be read: nginx has read it, but did not print it."""


_DirectoryTree: TypeAlias = "dict[str, _DirectoryTree]"
"""The names in a directory, each with what is in it: nothing in a file."""


class MemoryFiles:
    """Files in memory, with the paths that nginx names: those of an ``nginx -T`` dump.

    Raises BoundError if their paths have more names than are read.
    """

    restricted = True
    is_partial = True

    def __init__(self, files: Mapping[str, bytes], bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self.bounds = bounds
        self.meter = Meter(bounds)
        self.files = dict(files)
        # by name, not by path: a thousand names are in a thousand paths
        self._top: _DirectoryTree = {}
        for path in self.files:
            names = self._top
            for part in path.split("/"):
                if part not in names:
                    self.meter.list(1, "the paths of the files have")
                names = names.setdefault(part, {})

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
        directory = self._directory(path)
        if not directory:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP)
        names = sorted(filter(None, directory))
        self.meter.list(len(names))
        return names

    def exists(self, path: str) -> bool:
        """Whether a path is one of the files or a directory above one."""
        return path in self.files or self.is_dir(path)

    def is_dir(self, path: str) -> bool:
        """Whether a path is a directory above one of the files."""
        return bool(self._directory(path))

    def _directory(self, path: str) -> _DirectoryTree:
        """The names in a directory; none of what is no directory."""
        names = self._top
        for part in trim(path).removesuffix("/").split("/"):
            names = names.get(part, {})
        return names

    def shown(self, path: str) -> str:
        """The path itself, since these files have no other name."""
        return path
