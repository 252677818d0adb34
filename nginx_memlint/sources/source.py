"""Where configuration bytes come from: the file system, a copy of one, or files handed over.

Paths are absolute and as nginx sees them; as text they are UTF-8 with surrogate escapes, so every
byte survives. ``Source.shown`` gives the name a user can open.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, Bounds, Meter, check_size
from nginx_memlint.files.reading import (
    NotRegularError,
    open_directory,
    open_regular,
    read_bytes,
)

MAX_SYMLINKS = 40
"""Symbolic links followed for one path, as in Linux."""

MOST_DIRECTORIES = 1000
"""Directories that are known to be no symbolic links."""

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""Errors of a path that leads to nothing; with others, what is there is unknown."""


class OutsideError(OSError):
    """A path that leads out of the places that may be read: whether it exists is unknown."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "outside of the sysroot, path maps or --confine given")


def encode(text: str) -> bytes:
    """The bytes of a name."""
    return text.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """The text of a name, reversible by encode()."""
    return data.decode("utf-8", "surrogateescape")


class Source(Protocol):
    """What the configuration reader asks of a place that holds files.

    All methods take absolute paths as nginx sees them and raise OSError with errno and strerror
    set as the system call in nginx would, or BoundError.
    """

    restricted: bool
    """Whether it stands for another place than this machine's root directory."""

    bounds: Bounds
    """How much of it is read."""

    meter: Meter
    """What has been read of it."""

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
    """The files of this machine by their names here; raises OSError as the system calls do.

    With a ``root``, a directory that the name begins with, no symbolic link below it is followed,
    whatever is put in the place of a directory meanwhile.
    """

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` of a file; of a symbolic link itself unless ``follow``."""
        with _opened(name, root) as (path, parent):
            follow = follow and parent is None
            return os.stat(path, dir_fd=parent, follow_symlinks=follow).st_mode

    def readlink(self, name: str, root: str | None) -> str:
        """Where a symbolic link leads to."""
        with _opened(name, root) as (path, parent):
            return decode(os.readlink(path, dir_fd=parent))

    def names(self, name: str, root: str | None) -> list[str]:
        """The entries of a directory."""
        if root is None:
            return [decode(entry) for entry in os.listdir(encode(name))]
        with _opened(name, root) as (path, parent):
            directory = open_directory(path, directory=parent, follow=False)
        try:
            return [decode(os.fsencode(entry)) for entry in os.listdir(directory)]
        finally:
            os.close(directory)

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """All bytes of a file; empty for a device. Raises OSError if they are more than most."""
        with _opened(name, root) as (path, parent):
            try:
                descriptor, info = open_regular(path, directory=parent, follow=root is None)
            except NotRegularError as error:
                return _no_content(error)
        try:
            check_size(info.st_size, most)
            # as many bytes as it had when it was opened, as nginx reads it
            return read_bytes(descriptor, info.st_size)
        finally:
            os.close(descriptor)


@contextmanager
def _opened(name: str, root: str | None) -> Iterator[tuple[bytes, int | None]]:
    """A name for system calls, and the directory it is in: None if links may be followed."""
    if root is None:
        yield encode(name), None
        return
    *directories, last = encode(name[len(root) :]).strip(b"/").split(b"/")
    parent = open_directory(encode(root) or b".", listed=False)
    try:
        for directory in directories:
            inner = open_directory(directory, directory=parent, follow=False, listed=False)
            os.close(parent)
            parent = inner
        yield last or b".", parent
    finally:
        os.close(parent)


MACHINE = Disk()


class FileSystem:
    """Files of this machine, or of a copy of another machine's files.

    ``mounts`` maps directories as nginx sees them to directories here; the longest match wins.
    If ``restricted``, nothing outside the mounts is ever read: ``..`` and symbolic links are
    resolved as they would be on the machine the copy is of. ``given`` holds what is known of
    files already: they are not read again. ``disk`` is where the files of this machine are read.
    What is beyond the ``bounds`` raises BoundError.
    """

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
        self._mounts = sorted(
            (
                (_trim(inside), "" if outside == "." else outside)
                for inside, outside in mounts.items()
            ),
            key=lambda mount: len(mount[0]),
            reverse=True,
        )
        self._no_links: set[str] = set()
        self._mount_points = {inside for inside, _ in self._mounts}

    def give(self, path: str, data: bytes) -> None:
        """Let a path have this content, which is not on the disk."""
        self.meter.read(data)
        self.given[path] = data

    def read(self, path: str) -> bytes:
        """See Source."""
        if path in self.given:
            return self.given[path]
        name, root = self._locate(path)
        data = self._disk.read(name, root, self.bounds.file_bytes)
        if path not in self._read:
            self._read.add(path)
            self.meter.read(data)
        return data

    def names(self, path: str) -> list[str]:
        """See Source."""
        below = path.rstrip("/") + "/"
        found = {
            point[len(below) :].partition("/")[0]
            for point in self._mount_points
            if self.restricted and point.startswith(below) and point != below
        }
        self.meter.list(1)
        try:
            found.update(self._disk.names(*self._locate(path)))
        except FileNotFoundError:
            if not found:
                raise
        self.meter.list(len(found))
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
        return decode(os.path.realpath(encode(self._locate(path)[0])))

    def _mode(self, path: str, *, follow: bool) -> int | None:
        """None if there is nothing at the path."""
        try:
            return self._disk.mode(*self._locate(path, follow_last=follow), follow=follow)
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise

    def _locate(self, path: str, *, follow_last: bool = True) -> tuple[str, str | None]:
        """The name of a file here, and of the directory below which no link may be followed."""
        if "\0" in path:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        if not self.restricted:
            return self._outside(path) or path, None
        place = self._place(self._resolve(path, follow_last)[0])
        if place is None:
            raise OutsideError
        return place

    def _place(self, path: str) -> tuple[str, str] | None:
        """Where a path is here, and its mount."""
        for inside, outside in self._mounts:
            if is_below(path, inside):
                rest = path[len(inside) :].lstrip("/")
                return os.path.join(outside, rest) if rest else outside or ".", outside
        return None

    def _outside(self, path: str) -> str | None:
        place = self._place(path)
        return None if place is None else place[0]

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
                place = self._place(here)
                if done and place is not None and not self._is_dir_here(*place):
                    raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                if part == "..":
                    is_plain = is_plain and here not in self._mount_points
                    del done[-1:]
                continue
            done.append(part)
            here = "/" + "/".join(done)
            if here in self._no_links:
                continue
            place = None if here in self._mount_points else self._place(here)
            is_last = not any(pending)
            if place is None or (is_last and not follow_last):
                continue
            try:
                target = self._disk.readlink(*place)
            except OSError:
                if not is_last and len(self._no_links) < MOST_DIRECTORIES:
                    # should it become a link meanwhile, the disk does not follow it
                    self._no_links.add(here)
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

    def _is_dir_here(self, name: str, root: str) -> bool:
        try:
            return stat.S_ISDIR(self._disk.mode(name, root, follow=False))
        except OSError as error:
            if error.errno in ABSENT or error.errno == errno.EACCES:
                return False
            raise


NOT_IN_DUMP = "not in the dump"
"""Why a file of a dump cannot be read: nginx has read it, but did not print it."""


class MemoryFiles:
    """Files that were handed over whole: an ``nginx -T`` dump. Touches no file system."""

    restricted = True

    def __init__(self, files: Mapping[str, bytes], bounds: Bounds = DEFAULT_BOUNDS) -> None:
        self.bounds = bounds
        self.meter = Meter(bounds)
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
            data = self.files[path]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None
        self.meter.read(data)
        return data

    def names(self, path: str) -> list[str]:
        """See Source."""
        try:
            found = sorted(self._directories[_trim(path)])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None
        self.meter.list(len(found))
        return found

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


def _no_content(error: NotRegularError) -> bytes:
    """What nginx reads from a device, whose size it takes for 0; raises OSError for others."""
    if stat.S_ISCHR(error.mode) or stat.S_ISBLK(error.mode):
        return b""
    assert error.errno is not None
    text = os.strerror(error.errno)
    if stat.S_ISFIFO(error.mode):
        text = f"{error.strerror}: nginx would wait for its writer"
    raise OSError(error.errno, text) from None


def _trim(path: str) -> str:
    return path.rstrip("/") or "/"
