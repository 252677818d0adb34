"""Sources of a configuration's bytes: the file system, a copy of one, or files handed over.

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
from nginx_memlint.files.paths import decode, encode, is_below, os_error
from nginx_memlint.files.reading import (
    NotRegularError,
    open_directory,
    open_regular,
    read_bytes,
)

MAX_SYMLINKS = 40
"""Symbolic links followed for one path, as in Linux."""

MOST_DIRECTORIES = 1000
"""Directories that are remembered to be no symbolic links."""

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""errno values that say nothing is at a path; with any other, what is there is unknown."""


class OutsideError(OSError):
    """A path that leads out of the places that may be read: whether it exists is unknown."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "outside of the sysroot, path maps or --confine given")


class Source(Protocol):
    """A place that holds files, with what the configuration reader asks of it.

    All methods take absolute paths as nginx sees them and raise OSError with errno and strerror set
    as the system call in nginx would, or BoundError.
    """

    restricted: bool
    """Whether the source stands for another place than this machine's root directory."""

    bounds: Bounds
    """Bounds on how much is read of it."""

    meter: Meter
    """Counts the bytes and directory entries read so far; raises BoundError past the bounds."""

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
    """This machine's files by their names here; methods raise OSError as the system calls do.

    With a ``root``, a directory that the name begins with, no symbolic link below it is followed,
    even if a directory is replaced by one meanwhile.
    """

    def mode(self, name: str, root: str | None, *, follow: bool) -> int:
        """The ``st_mode`` of a file; of a symbolic link itself unless ``follow``."""
        with _opened(name, root) as (path, parent):
            follow = follow and parent is None
            return os.stat(path, dir_fd=parent, follow_symlinks=follow).st_mode

    def readlink(self, name: str, root: str | None) -> str:
        """The target of a symbolic link, as it is written in it."""
        with _opened(name, root) as (path, parent):
            return decode(os.readlink(path, dir_fd=parent))

    def names(self, name: str, root: str | None) -> list[str]:
        """The names of the entries of a directory."""
        if root is None:
            return [decode(entry) for entry in os.listdir(encode(name))]
        with _opened(name, root) as (path, parent):
            directory = open_directory(path, directory=parent, follow=False)
        try:
            return [decode(os.fsencode(entry)) for entry in os.listdir(directory)]
        finally:
            os.close(directory)

    def read(self, name: str, root: str | None, most: int) -> bytes:
        """All bytes of a file; none for a device. Raises OSError for more than ``most``."""
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
    """A name and a directory descriptor for a system call; None if links may be followed."""
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

    ``mounts`` maps directories as nginx sees them to directories here; the longest match wins. If
    ``restricted``, nothing outside the mounts is ever read: ``..`` and symbolic links are resolved
    as they would be on the machine the copy is of. ``given`` holds contents that are used instead
    of the files'. ``disk`` reads the files of this machine. Reading past the ``bounds`` raises
    BoundError.
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
            for point in self._mount_points
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
                resolved, is_plain = self._resolve(path, follow_last=True)
            except OSError:
                is_plain = True
            if not is_plain and (outside := self._outside(resolved)):
                return outside
        return self._outside(path) or path

    def real_path(self, path: str) -> str:
        """The path of the file itself on this machine, all links resolved; raises OSError."""
        return decode(os.path.realpath(encode(self._locate(path)[0])))

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
        for inside, outside in self._mounts:
            if is_below(path, inside):
                rest = path[len(inside) :].lstrip("/")
                return os.path.join(outside, rest) if rest else outside or ".", outside
        return None

    def _outside(self, path: str) -> str | None:
        place = self._place(path)
        return None if place is None else place[0]

    def _resolve(self, path: str, follow_last: bool) -> tuple[str, bool]:
        """The path with ``..`` and links resolved inside the mounts, and whether it is a plain one.

        It is plain if the path as given leads to the same file here: no link on the way was
        absolute, and no ``..`` left a mount.
        """
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
                    is_plain = is_plain and reached not in self._mount_points
                    del done[-1:]
                continue
            done.append(part)
            reached = "/" + "/".join(done)
            if reached in self._no_links:
                continue
            place = None if reached in self._mount_points else self._place(reached)
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
            names = sorted(self._directories[_trim(path)])
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, NOT_IN_DUMP) from None
        self.meter.list(len(names))
        return names

    def exists(self, path: str) -> bool:
        """Whether a path is one of the files or a directory above one."""
        return path in self.files or _trim(path) in self._directories

    def is_dir(self, path: str) -> bool:
        """Whether a path is a directory above one of the files."""
        return _trim(path) in self._directories

    def shown(self, path: str) -> str:
        """The path itself, since these files have no other name."""
        return path


def relative(path: str, directory: str) -> str:
    """A path as seen from a directory; unchanged unless more than the root is above both.

    For files inside a copied directory, it is the same wherever the copy is.
    """
    path = posixpath.normpath(path)
    if not (path.startswith("/") and directory.startswith("/")):
        return path
    if posixpath.commonpath([path, posixpath.normpath(directory)]) == "/":
        return path
    return posixpath.relpath(path, directory)


def _no_content(error: NotRegularError) -> bytes:
    """The content nginx sees of a device, whose size it takes for 0: none.

    Raises OSError for anything else that is no regular file.
    """
    if stat.S_ISCHR(error.mode) or stat.S_ISBLK(error.mode):
        return b""
    assert error.errno is not None
    text = os.strerror(error.errno)
    if stat.S_ISFIFO(error.mode):
        text = f"{error.strerror}: nginx would wait for its writer"
    raise OSError(error.errno, text) from None


def _trim(path: str) -> str:
    return path.rstrip("/") or "/"
