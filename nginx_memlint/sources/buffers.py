"""The files of this machine as an editor has them: texts that are not saved count."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from nginx_memlint.files.bounds import check_size
from nginx_memlint.files.paths import decode, encode, resolved
from nginx_memlint.sources.disk import Disk
from nginx_memlint.sources.source import ABSENT


class Buffers(Disk):
    """This machine's files, with other bytes for some of them, which need not exist yet.

    ``texts`` are by real path. ``asked`` are the real paths of all files that were read, or looked
    for in vain, and of directories that were listed: a configuration depends on no others.
    ``listed`` has the entries of the latter.
    """

    def __init__(self, texts: Mapping[str, bytes]) -> None:
        self._texts = texts
        self._directories: dict[str, str] = {}
        self._new: dict[str, list[str]] = {}
        for path in texts:
            if not os.path.lexists(encode(path)):
                self._new.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
        self.asked: set[str] = set()
        self.listed: dict[str, frozenset[str]] = {}

    def ask(self, path: str) -> None:
        """Note down a file that is read in another way."""
        self.asked.add(real_path(path))

    def has_read_texts(self) -> bool:
        """Whether any of the texts was read."""
        return not self.asked.isdisjoint(self._texts)

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """The bytes of a text that is not saved, else those of the file."""
        path = self._real(name, root)
        self.asked.add(path)
        if path not in self._texts:
            return super().read(name, root, most)
        data = self._texts[path]
        check_size(len(data), most)
        return data

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` of a file; a text that was never saved is a regular one."""
        try:
            return super().mode(name, root, follow=follow)
        except OSError as error:
            if error.errno in ABSENT and self._real(name, root) in self._texts:
                return stat.S_IFREG | 0o644
            raise

    def names(self, name: str, root: str | None) -> list[str]:
        """The names of the entries of a directory, those of new texts with them."""
        directory = self._real(name, root)
        self.asked.add(directory)
        names = super().names(name, root)
        self.listed[directory] = frozenset(names)
        new = self._new.get(directory, ())
        return [*names, *(entry for entry in new if entry not in names)]

    def _real(self, name: str, root: str | None) -> str:
        """The path of a file with all links resolved; below a ``root``, none is followed."""
        if root is not None:
            below = name[len(root) :].strip("/")
            top = self._real(root, None)
            return os.path.join(top, below) if below else top
        directory, base = os.path.split(name)
        if base in ("", ".", ".."):
            return real_path(name)
        if directory not in self._directories:
            self._directories[directory] = real_path(directory)
        path = os.path.join(self._directories[directory], base)
        return real_path(path) if os.path.islink(encode(path)) else path


def real_path(path: str) -> str:
    """The absolute path of a file with all links resolved."""
    return decode(resolved(encode(path)))
