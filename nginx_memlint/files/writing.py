"""Write files whole or not at all, where they were meant to be, and leave nothing beside them.

A file is written under another name in its directory and takes the place of the old one in one
step. The directory is reached without following a link, since the place was judged by its real
path, and is held open: whatever is put in its way meanwhile changes nothing. It is also locked
(``flock``, shared by all who write there). The system ends a lock with its process: a temporary
file in a directory that nobody has locked was left by a process that was killed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import MappingProxyType

from nginx_memlint.files.paths import checkout, encode, is_below, is_git_own, real_top, resolved
from nginx_memlint.files.reading import (
    NotRegularError,
    open_directory,
    open_regular,
    open_way,
)

PREFIX = ".memlint-"
"""Beginning of the names of temporary files: no ``*`` of an include matches them."""

KEPT = ".memlint-old-"
"""Beginning of the names of files with content that could not be put back: they are never
removed."""

_TEMPORARY = re.compile(rb"\.memlint-[0-9a-f]{16}")

LOCK_SECONDS = 1.0
"""Seconds to wait for a process that removes old temporary files; nobody else has a reason to lock
a directory."""

READER_SECONDS = 10.0
"""Seconds to wait for a reader of a FIFO."""

_NO_XATTR = frozenset({errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EINVAL, errno.EACCES})

NO_ATTRIBUTES: Mapping[str, bytes] = MappingProxyType({})
"""No extended attributes."""

_STREAMS = re.compile(r"/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|\d+)/fd/\d+")
"""Names that the system has for open files: they lead to streams."""


class LeadsOutError(OSError):
    """A link leads a path out of the tree it is in, or into git's own directory there."""

    def __init__(self, where: str) -> None:
        super().__init__(errno.EXDEV, f"a link leads {where}; name the place it leads to")


class WayChangedError(OSError):
    """A name on the way to a directory, which led to it when it was judged, is a link now."""

    def __init__(self) -> None:
        super().__init__(errno.ELOOP, "a directory on the way to it has become a link")


class Directory:
    """A directory in which files are replaced. All methods raise OSError.

    Files that a killed process left there are removed when it is opened: ``removed`` says how many.
    """

    def __init__(self, path: str | bytes) -> None:
        """``path`` is the real one, from the root: no link on it is followed."""
        self.descriptor = _open_real(os.fsencode(path))
        self.removed = 0
        self._temporary: set[bytes] = set()
        try:
            if _lock(self.descriptor, fcntl.LOCK_EX, 0):
                self.removed = self._sweep()
            _lock(self.descriptor, fcntl.LOCK_SH, LOCK_SECONDS)
        except BaseException:
            os.close(self.descriptor)
            raise
        _OPEN.add(self)

    def create(
        self,
        data: bytes,
        *,
        mode: int | None = None,
        owner: tuple[int, int] | None = None,
        attributes: Mapping[str, bytes] = NO_ATTRIBUTES,
    ) -> bytes:
        """Write a temporary file, synced to the disk, and return its name.

        ``mode`` is its permissions, those of a new file by default; ``owner`` the numbers of its
        user and group; ``attributes`` its extended attributes, as read_attributes() gives them.
        """
        name = PREFIX.encode() + os.urandom(8).hex().encode()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._temporary.add(name)  # before there is one: whatever comes between, it is removed
        descriptor = os.open(name, flags, 0o666 if mode is None else 0o600, dir_fd=self.descriptor)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if owner is not None:
                mine = os.fstat(descriptor)
                if (mine.st_uid, mine.st_gid) != owner:
                    os.fchown(descriptor, *owner)
            if mode is not None:
                os.fchmod(descriptor, mode & 0o777)
            _set_attributes(descriptor, attributes)
            os.fsync(descriptor)
        return name

    def replace(self, name: bytes, by: bytes) -> None:
        """Rename a temporary file, in the place of a file, of a link, or of nothing."""
        os.replace(by, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        self._temporary.discard(by)
        with suppress(OSError):  # not every file system can
            os.fsync(self.descriptor)

    def remove(self, name: bytes) -> None:
        """Remove a file that replace() has put where nothing was."""
        with suppress(FileNotFoundError):  # put back a second time, after an interrupt
            os.unlink(name, dir_fd=self.descriptor)

    def keep(self, temporary: bytes) -> bytes:
        """Rename a temporary file so that it is never removed; return its new name."""
        self._temporary.discard(temporary)
        name = KEPT.encode() + temporary.removeprefix(PREFIX.encode())
        try:
            os.rename(temporary, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
        except OSError:
            return temporary
        return name

    def close(self) -> None:
        """Remove temporary files, and close and unlock the directory."""
        for name in self._temporary:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=self.descriptor)
        _OPEN.discard(self)
        os.close(self.descriptor)

    def _sweep(self) -> int:
        """Remove this user's temporary files, since nobody writes; return how many there were."""
        removed = 0
        me = os.geteuid()
        for entry in map(os.fsencode, os.listdir(self.descriptor)):
            if not _TEMPORARY.fullmatch(entry):
                continue
            with suppress(OSError):
                info = os.stat(entry, dir_fd=self.descriptor, follow_symlinks=False)
                if stat.S_ISREG(info.st_mode) and me in (0, info.st_uid):
                    os.unlink(entry, dir_fd=self.descriptor)
                    removed += 1
        return removed


def _open_real(path: bytes) -> int:
    """A descriptor of the directory at a real path; raises WayChangedError and other OSErrors."""
    try:
        reached = open_way(b"/", [name for name in path.split(b"/") if name])
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise WayChangedError from None
        raise
    try:
        listed = os.open(b".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=reached)
    except PermissionError:  # it may be written all the same, but neither listed nor locked
        return reached
    except BaseException:
        os.close(reached)
        raise
    os.close(reached)
    return listed


_OPEN: set[Directory] = set()
"""Directories that are not closed yet."""


def leave_nothing() -> None:
    """Remove all temporary files: the last act of a process that is interrupted.

    An interrupt may come at any moment, even on the way into a ``finally``.
    """
    for directory in [*_OPEN]:
        with suppress(OSError):
            directory.close()


def _lock(descriptor: int, kind: int, seconds: float) -> bool:
    """Whether a file could be locked within so many seconds."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        except OSError:  # not every file system can
            return False
        else:
            return True


class Staged:
    """The next version of a file, beside it until commit() puts it in its place.

    A link at the place is replaced, never followed. All methods raise OSError.
    """

    def __init__(self, path: str, trees: Iterable[str] = ()) -> None:
        """``trees`` are directories, beside the working directory, that no link may lead out of."""
        self._place, name = destination(path, trees)
        self._name = os.fsencode(name)
        self._directory: Directory | None = None
        self._fresh = b""

    def write(self, data: bytes) -> None:
        """Write all bytes and sync them to the disk, so that a full disk is noticed here."""
        self._directory = Directory(self._place)
        old: os.stat_result | None = None
        with suppress(FileNotFoundError):
            old = os.stat(self._name, dir_fd=self._directory.descriptor, follow_symlinks=False)
        if old is None or not stat.S_ISREG(old.st_mode):
            self._fresh = self._directory.create(data)
            return
        # only root may give a file away; who else may replace it owns what it becomes
        owner = (old.st_uid, old.st_gid) if os.geteuid() == 0 else None
        attributes = _attributes_of(self._name, self._directory.descriptor)
        self._fresh = self._directory.create(
            data, mode=old.st_mode, owner=owner, attributes=attributes
        )

    def commit(self) -> None:
        """Replace the file, or create it, in one step."""
        assert self._directory is not None
        self._directory.replace(self._name, self._fresh)

    def discard(self) -> None:
        """Remove the version that is beside the file."""
        directory, self._directory = self._directory, None
        if directory is not None:
            directory.close()


def write_atomically(path: str, data: bytes, trees: Iterable[str] = ()) -> None:
    """Replace a file or a link, or create a file, in one step.

    ``trees`` are those of Staged. Raises OSError, and then leaves everything as it was.
    """
    staged = Staged(path, trees)
    try:
        staged.write(data)
        staged.commit()
    finally:
        staged.discard()


def write_anything(path: str, data: bytes) -> None:
    """Write to a stream, or replace or create a file in one step; raises OSError."""
    (write_stream if is_stream(path) else write_atomically)(path, data)


def create(path: str, data: bytes, top: str) -> None:
    """Write a new file below a directory, with the directories to it; raises OSError.

    No link leads out of the directory, and what is there already is not replaced.
    """
    above = os.path.dirname(path) or "."
    there = above
    while not os.path.lexists(there):
        there = os.path.dirname(there) or "."
    real = resolved(there)
    if not is_below(real, resolved(top)):
        raise LeadsOutError(f"out of {top}")
    missing = os.path.relpath(above, there).split("/") if above != there else []
    _make_directories(os.fsencode(real), map(os.fsencode, missing))
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    write_atomically(path, data, [top])


def _make_directories(real: bytes, names: Iterable[bytes]) -> None:
    """Make directories below one, each in the one before; raises OSError."""
    reached = _open_real(real)
    try:
        for name in names:
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=reached)
            inner = open_directory(name, directory=reached, follow=False, listed=False)
            os.close(reached)
            reached = inner
    finally:
        os.close(reached)


def write_own(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file in a temporary directory of memlint, where nobody else writes."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o666), "wb") as file:
        file.write(data)


def write_stream(path: str, data: bytes, trees: Iterable[str] = ()) -> None:
    """Write to a device, an open file or a FIFO, which somebody must be reading.

    ``trees`` are those of Staged. Raises OSError.
    """
    deadline = time.monotonic() + READER_SECONDS
    while True:
        try:
            descriptor = _open_stream(path, trees)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or time.monotonic() >= deadline or not _is_fifo(path):
                raise
        time.sleep(0.05)
    os.set_blocking(descriptor, True)
    with open(descriptor, "wb") as file:
        file.write(data)


def _open_stream(path: str, trees: Iterable[str]) -> int:
    flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    if _is_open_file(path):  # it may be a regular one, which the shell has opened
        return os.open(path, flags | os.O_TRUNC)
    place, name = destination(path, trees)
    directory = _open_real(encode(place))
    try:
        descriptor = os.open(name, flags | os.O_NOFOLLOW, dir_fd=directory)
    finally:
        os.close(directory)
    if not _has_no_end(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EEXIST, "it has become a file meanwhile")
    return descriptor


def _is_open_file(path: str) -> bool:
    return _STREAMS.fullmatch(path) is not None and os.path.exists(path)


def is_stream(path: str) -> bool:
    """Whether a path leads to a device, a FIFO or the like, which is written to, not replaced."""
    if _STREAMS.fullmatch(path):
        return _is_open_file(path)
    try:
        return _has_no_end(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _has_no_end(mode: int) -> bool:
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def _is_fifo(path: str) -> bool:
    return stat.S_ISFIFO(os.stat(path).st_mode)


def destination(path: str, trees: Iterable[str] = ()) -> tuple[str, str]:
    """The real directory in which a file is to be written, and its name there.

    A tree is the working directory, a checkout of git, or a directory that is named. Whoever wrote
    what is in it has no say over what is outside: links on the way, and one at the place itself,
    must not lead out of a tree that the path is in, as it is written, nor into git's own directory.
    A file that this process was given open is where it is. Raises LeadsOutError.
    """
    directory, name = os.path.split(path)
    if _is_open_file(path):
        return directory, name
    written = os.path.abspath(directory)
    place = resolved(directory)
    around = {tree: resolved(tree) for tree in map(os.path.abspath, (os.curdir, *trees))}
    if top := checkout(written):
        around[top] = real_top(top)
    around = {tree: real for tree, real in around.items() if is_below(written, tree)}
    leads_to = resolved(os.path.join(place, name))
    for tree, real in around.items():
        if not (is_below(place, real) and is_below(leads_to, real)):
            raise LeadsOutError(f"out of {tree}")
    if not around and not is_below(leads_to, place):
        raise LeadsOutError(f"out of {place}")
    if is_git_own(place) and not is_git_own(written):
        raise LeadsOutError("into .git")
    return place, name


def read_attributes(descriptor: int) -> dict[str, bytes]:
    """The extended attributes of an open file: access control lists, SELinux labels."""
    attributes: dict[str, bytes] = {}
    if hasattr(os, "listxattr"):
        with _without_attributes():
            for name in os.listxattr(descriptor):
                attributes[name] = os.getxattr(descriptor, name)
    return attributes


def _set_attributes(descriptor: int, attributes: Mapping[str, bytes]) -> None:
    with _without_attributes():
        for name, value in attributes.items():
            os.setxattr(descriptor, name, value)


def _attributes_of(name: bytes, directory: int) -> dict[str, bytes]:
    """The extended attributes of a file in a directory; none of one that may not be read."""
    try:
        descriptor, _ = open_regular(name, directory=directory, follow=False)
    except (PermissionError, NotRegularError):
        return {}
    try:
        return read_attributes(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _without_attributes() -> Iterator[None]:
    """Go without what a file system does not have, or what this user may not see or set."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_XATTR:
            raise
