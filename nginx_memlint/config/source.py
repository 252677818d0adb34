"""Where configuration bytes come from: the file system, a copy of one, or files handed over.

Paths are absolute and as nginx sees them; as text they are UTF-8 with surrogate escapes, so every
byte survives. ``Source.shown`` gives the name a user can open.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Mapping
from typing import Protocol

MAX_FILE_BYTES = 256 << 20
"""Bytes of the largest file that is read; nginx itself has no such limit."""

MAX_SYMLINKS = 40
"""Symbolic links followed for one path, as in Linux."""

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Errors of a path that leads to nothing; with others, what is there is unknown."""


class OutsideError(OSError):
    """A path that leads out of the places that may be read: whether it exists is unknown."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "outside of the given sysroot and path maps")


def encode(text: str) -> bytes:
    """The bytes of a name."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """The text of a name, reversible by encode()."""
    return data.decode("utf-8", "surrogateescape")


class Source(Protocol):
    """What the configuration reader asks of a place that holds files.

    All methods take absolute paths as nginx sees them and raise OSError with errno and strerror
    set as the system call in nginx would.
    """

    restricted: bool
    """Whether it stands for another place than this machine's root directory."""

    def read(self, path: str) -> bytes:
        """All bytes of a file; empty for a device, whose size nginx takes for 0."""
        ...

    def names(self, path: str) -> list[str]:
        """The entries of a directory."""
        ...

    def exists(self, path: str) -> bool:
        """Whether a path exists, symbolic links not followed (as glob(3) asks)."""
        ...

    def is_dir(self, path: str) -> bool:
        """Whether a path is a directory, symbolic links followed."""
        ...

    def shown(self, path: str) -> str:
        """The name of a file for people and editors."""
        ...


class Disk:
    """The files of this machine by their names here; raises OSError as the system calls do."""

    def mode(self, name: str, *, follow: bool) -> int:
        """The ``st_mode`` of a file; of a symbolic link itself unless ``follow``."""
        return os.stat(encode(name), follow_symlinks=follow).st_mode

    def readlink(self, name: str) -> str:
        """Where a symbolic link leads to."""
        return decode(os.readlink(encode(name)))

    def names(self, name: str) -> list[str]:
        """The entries of a directory."""
        return [decode(entry) for entry in os.listdir(encode(name))]

    def read(self, name: str, *, follow: bool) -> bytes:
        """All bytes of a file; empty for a device. Not of a symbolic link unless ``follow``."""
        path = encode(name)
        if not _is_regular(os.stat(path).st_mode):
            return b""
        # should something else have taken its place: no FIFO to wait for, no link out
        extra = os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
        with open(path, "rb", opener=lambda path, flags: os.open(path, flags | extra)) as file:
            info = os.fstat(file.fileno())
            if not _is_regular(info.st_mode):
                return b""
            check_size(info.st_size)
            return file.read(info.st_size)


MACHINE = Disk()


class FileSystem:
    """Files of this machine, or of a copy of another machine's files.

    ``mounts`` maps directories as nginx sees them to directories here; the longest match wins.
    If ``restricted``, nothing outside the mounts is ever read: ``..`` and symbolic links are
    resolved as they would be on the machine the copy is of. ``given`` holds what is known of
    files already: they are not read again. ``disk`` is where the files of this machine are read.
    """

    def __init__(
        self, mounts: Mapping[str, str], *, restricted: bool, disk: Disk = MACHINE
    ) -> None:
        self.restricted = restricted
        self._disk = disk
        self.given: dict[str, bytes] = {}
        self._mounts = sorted(
            (
                (_trim(inside), "" if outside == "." else outside)
                for inside, outside in mounts.items()
            ),
            key=lambda mount: len(mount[0]),
            reverse=True,
        )
        self._mount_points = {inside for inside, _ in self._mounts}

    def read(self, path: str) -> bytes:
        """See Source."""
        if path in self.given:
            return self.given[path]
        return self._disk.read(self._locate(path), follow=not self.restricted)

    def names(self, path: str) -> list[str]:
        """See Source."""
        below = path.rstrip("/") + "/"
        found = {
            point[len(below) :].partition("/")[0]
            for point in self._mount_points
            if self.restricted and point.startswith(below) and point != below
        }
        try:
            found.update(self._disk.names(self._locate(path)))
        except FileNotFoundError:
            if not found:
                raise
        return list(found)

    def exists(self, path: str) -> bool:
        """See Source."""
        return self._mode(path, follow=False) is not None

    def is_dir(self, path: str) -> bool:
        """See Source."""
        mode = self._mode(path, follow=True)
        return mode is not None and stat.S_ISDIR(mode)

    def shown(self, path: str) -> str:
        """See Source.

        Where a link is absolute or leads out of its mount, the name of what it leads to.
        """
        if self.restricted:
            try:
                resolved, is_plain = self._resolve(path, follow_last=True)
            except OSError:
                is_plain = True
            if not is_plain and (outside := self._outside(resolved)):
                return outside
        return self._outside(path) or path

    def real_path(self, path: str) -> str:
        """Where the file itself is on this machine, all links followed; raises OSError."""
        return decode(os.path.realpath(encode(self._locate(path))))

    def _mode(self, path: str, *, follow: bool) -> int | None:
        """None if there is nothing at the path."""
        try:
            return self._disk.mode(self._locate(path, follow_last=follow), follow=follow)
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise

    def _locate(self, path: str, *, follow_last: bool = True) -> str:
        if "\0" in path:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        resolved = self._resolve(path, follow_last)[0] if self.restricted else path
        outside = self._outside(resolved)
        if outside is None:
            raise OutsideError
        return outside

    def _outside(self, path: str) -> str | None:
        for inside, outside in self._mounts:
            if is_below(path, inside):
                rest = path[len(inside) :].lstrip("/")
                return os.path.join(outside, rest) if rest else outside or "."
        return None

    def _resolve(self, path: str, follow_last: bool) -> tuple[str, bool]:
        """The path with ``..`` and links resolved inside the mounts.

        Also whether the path as it is leads to the same file here: no link on the way was
        absolute, and no ``..`` left a mount.
        """
        pending = path.split("/")[::-1]
        done: list[str] = []
        is_plain = True
        links = 0
        while pending:
            part = pending.pop()
            here = "/" + "/".join(done)
            if part in ("", ".", ".."):
                outside = self._outside(here)
                if done and outside is not None and not self._is_dir_here(outside):
                    raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                if part == "..":
                    is_plain = is_plain and here not in self._mount_points
                    del done[-1:]
                continue
            done.append(part)
            here = "/" + "/".join(done)
            outside = None if here in self._mount_points else self._outside(here)
            if outside is None or not (any(pending) or follow_last):
                continue
            try:
                target = self._disk.readlink(outside)
            except OSError:
                continue
            links += 1
            if links > MAX_SYMLINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if target.startswith("/"):
                done, is_plain = [], False
            else:
                done.pop()
            pending += target.split("/")[::-1]
        return "/" + "/".join(done), is_plain

    def _is_dir_here(self, name: str) -> bool:
        try:
            return stat.S_ISDIR(self._disk.mode(name, follow=True))
        except OSError as error:
            if error.errno in ABSENT or error.errno == errno.EACCES:
                return False
            raise


NOT_IN_DUMP = "not in the dump"
"""Why a file of a dump cannot be read: nginx has read it, but did not print it."""


class MemoryFiles:
    """Files that were handed over whole: an ``nginx -T`` dump. Touches no file system."""

    restricted = True

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = dict(files)
        self._directories: dict[str, set[str]] = {}
        for path in self.files:
            here = path
            while here not in ("/", ""):
                parent, _, name = here.rpartition("/")
                here = parent or "/"
                self._directories.setdefault(here, set()).update([name] if name else [])

    def read(self, path: str) -> bytes:
        """See Source."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None

    def names(self, path: str) -> list[str]:
        """See Source."""
        try:
            return sorted(self._directories[_trim(path)])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None

    def exists(self, path: str) -> bool:
        """See Source."""
        return path in self.files or _trim(path) in self._directories

    def is_dir(self, path: str) -> bool:
        """See Source."""
        return _trim(path) in self._directories

    def shown(self, path: str) -> str:
        """See Source."""
        return path


def relative(path: str, directory: str) -> str:
    """A path as seen from a directory; as it is unless more than the root is above both.

    The same wherever a copy of the files is, for files that are in it.
    """
    path = posixpath.normpath(path)
    if not (path.startswith("/") and directory.startswith("/")):
        return path
    if posixpath.commonpath([path, posixpath.normpath(directory)]) == "/":
        return path
    return posixpath.relpath(path, directory)


def is_below(path: str, directory: str) -> bool:
    """Whether a path is a directory or in it, by their names."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def check_size(size: int) -> None:
    """Raise OSError for a file of more bytes than are read."""
    if size > MAX_FILE_BYTES:
        raise OSError(errno.EFBIG, f"larger than {MAX_FILE_BYTES >> 20} MiB")


def _is_regular(mode: int) -> bool:
    """Whether it is a plain file, not a device; raises OSError for what has no content."""
    if stat.S_ISFIFO(mode):
        raise OSError(errno.ESPIPE, "is a FIFO: nginx would wait for its writer")
    if stat.S_ISDIR(mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    if stat.S_ISSOCK(mode):
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
    return stat.S_ISREG(mode)


def _trim(path: str) -> str:
    return path.rstrip("/") or "/"
