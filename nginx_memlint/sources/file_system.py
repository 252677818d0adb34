"""The files of this machine as a source, or those of a copy of another machine's files in it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, Bounds, Meter
from nginx_memlint.files.paths import PATH_MAX, decode, encode, os_error, resolved
from nginx_memlint.sources.disk import MACHINE, Disk
from nginx_memlint.sources.source import ABSENT, OutsideError, trim

MAX_SYMLINKS = 40
"""Symbolic links followed for one path, as in Linux."""

MOST_DIRECTORIES = 1000
"""Directories that are remembered to be no symbolic links."""


class FileSystem:
    """Files of this machine, or of a copy of another machine's files.

    ``mounts`` maps directories as nginx sees them to directories here; the longest match wins. If
    ``restricted``, nothing outside the mounts is ever read: ``..`` and symbolic links are resolved
    as they would be on the machine the copy is of. ``given`` holds contents that are used instead
    of the files'. ``disk`` reads the files of this machine. Reading past the ``bounds`` raises
    BoundError.
    """

    is_partial = False

    def __init__(
        self,
        mounts: Mapping[str, str],
        *,
        restricted: bool,
        disk: Disk = MACHINE,
        bounds: Bounds = DEFAULT_BOUNDS,
    ) -> None:
        self.restricted = restricted
        self.bounds = bounds
        self.meter = Meter(bounds)
        self._read: set[str] = set()
        self._disk = disk
        self.given: dict[str, bytes] = {}
        self._mounts = {
            trim(inside): "" if outside == "." else outside for inside, outside in mounts.items()
        }
        self._no_links: set[str] = set()

    def give(self, path: str, data: bytes) -> None:
        """Let a path have this content instead of the disk's."""
        self.meter.read(data)
        self.given[path] = data

    def read(self, path: str) -> bytes:
        """All bytes of a file in the mounts, or those that were given for it."""
        if path in self.given:
            return self.given[path]
        name, root = self._locate(path)
        data = self._disk.read(name, root, self.bounds.file_bytes)
        if path not in self._read:
            self._read.add(path)
            self.meter.read(data)
        return data

    def names(self, path: str) -> list[str]:
        """The entries of a directory, those that are mount points included."""
        below = path.rstrip("/") + "/"
        names = {
            point[len(below) :].partition("/")[0]
            for point in self._mounts
            if self.restricted and point.startswith(below) and point != below
        }
        self.meter.list(1)
        try:
            names.update(self._disk.names(*self._locate(path)))
        except FileNotFoundError:
            if not names:
                raise
        self.meter.list(len(names))
        return list(names)

    def exists(self, path: str) -> bool:
        """Whether the mounts hold a path; a symbolic link itself counts."""
        return self._mode(path, follow=False) is not None

    def is_dir(self, path: str) -> bool:
        """Whether a path in the mounts is a directory, symbolic links followed."""
        mode = self._mode(path, follow=True)
        return mode is not None and stat.S_ISDIR(mode)

    def shown(self, path: str) -> str:
        """The name of a file on this machine, for people and editors.

        Where a link is absolute or leads out of its mount, it is the name of what the link leads
        to.
        """
        if self.restricted:
            try:
                real, is_plain = self._resolve(path, follow_last=True)
            except OSError:
                is_plain = True
            if not is_plain and (outside := self._outside(real)):
                return outside
        return self._outside(path) or path

    def real_path(self, path: str) -> str:
        """The path of the file itself on this machine, all links resolved; raises OSError."""
        return decode(resolved(encode(self._locate(path)[0])))

    def _mode(self, path: str, *, follow: bool) -> int | None:
        """The ``st_mode`` of a path, None if nothing is there."""
        try:
            return self._disk.mode(*self._locate(path, follow_last=follow), follow=follow)
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise

    def _locate(self, path: str, *, follow_last: bool = True) -> tuple[str, str | None]:
        """The name of a file here, and the directory below which no link may be followed."""
        if "\0" in path:
            raise os_error(errno.ENOENT)
        if not self.restricted:
            return self._outside(path) or path, None
        place = self._place(self._resolve(path, follow_last)[0])
        if place is None:
            raise OutsideError
        return place

    def _place(self, path: str) -> tuple[str, str] | None:
        """The name of a path here and its mount's directory; None if no mount holds it."""
        if not path.startswith("/"):
            return None
        inside = path  # then each directory that it is in, as there may be very many mounts
        while inside not in self._mounts:
            if inside == "/":
                return None
            inside = inside.rpartition("/")[0] or "/"
        outside = self._mounts[inside]
        rest = path[len(inside) :].lstrip("/")
        return os.path.join(outside, rest) if rest else outside or ".", outside

    def _outside(self, path: str) -> str | None:
        place = self._place(path)
        return None if place is None else place[0]

    def _resolve(self, path: str, follow_last: bool) -> tuple[str, bool]:
        """The path with ``..`` and links resolved inside the mounts, and whether it is a plain one.

        It is plain if the path as given leads to the same file here: no link on the way was
        absolute, and no ``..`` left a mount.
        """
        if len(encode(path)) >= PATH_MAX:
            raise os_error(errno.ENAMETOOLONG)
        pending = path.split("/")[::-1]
        done: list[str] = []
        is_plain = True
        links = 0
        while pending:
            part = pending.pop()
            reached = "/" + "/".join(done)
            if part in ("", ".", ".."):
                place = self._place(reached)
                if done and place is not None and not self._is_dir_here(*place):
                    raise os_error(errno.ENOTDIR)
                if part == "..":
                    is_plain = is_plain and reached not in self._mounts
                    del done[-1:]
                continue
            done.append(part)
            reached = "/" + "/".join(done)
            if reached in self._no_links:
                continue
            place = None if reached in self._mounts else self._place(reached)
            is_last = not any(pending)
            if place is None or (is_last and not follow_last):
                continue
            try:
                target = self._disk.readlink(*place)
            except OSError:
                if not is_last and len(self._no_links) < MOST_DIRECTORIES:
                    # should it become a link meanwhile, the disk does not follow it
                    self._no_links.add(reached)
                continue
            links += 1
            if links > MAX_SYMLINKS:
                raise os_error(errno.ELOOP)
            if target.startswith("/"):
                done, is_plain = [], False
            else:
                done.pop()
            pending += target.split("/")[::-1]
        return "/" + "/".join(done), is_plain

    def _is_dir_here(self, name: str, root: str) -> bool:
        try:
            return stat.S_ISDIR(self._disk.mode(name, root, follow=False))
        except OSError as error:
            if error.errno in ABSENT or error.errno == errno.EACCES:
                return False
            raise
