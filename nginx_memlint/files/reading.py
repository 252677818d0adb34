"""Open a regular file of bounded size for reading, without ever waiting for it.

In a repository that a stranger wrote, a name may lead to anything: a FIFO that nobody writes to, a
device without an end, a directory. It is looked at before it is opened, since opening a device may
act, and once more when it is open, since it may have been exchanged.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable

from nginx_memlint.sizes import exact

_KINDS = (
    (stat.S_ISDIR, errno.EISDIR, "is a directory"),
    (stat.S_ISFIFO, errno.ESPIPE, "is a FIFO"),
    (stat.S_ISSOCK, errno.ENXIO, "is a socket"),
    (stat.S_ISLNK, errno.ELOOP, "is a symbolic link"),
    (stat.S_ISCHR, errno.ENODEV, "is a character device"),
    (stat.S_ISBLK, errno.ENODEV, "is a block device"),
)

_O_PATH = getattr(os, "O_PATH", os.O_RDONLY)  # Linux's needs no permission to read

_CHUNK = 1 << 20
"""Bytes that are read at a time: a file in /proc does not tell its size."""


class NotRegularError(OSError):
    """A path leads to no regular file; ``strerror`` says to what, ``mode`` is its st_mode."""

    def __init__(self, mode: int) -> None:
        number, text = next(
            ((number, text) for is_it, number, text in _KINDS if is_it(mode)),
            (errno.EINVAL, "is no regular file"),
        )
        super().__init__(number, text)
        self.mode = mode


class TooLargeError(OSError):
    """A file has more bytes than are read of it."""

    def __init__(self, most: int) -> None:
        super().__init__(errno.EFBIG, f"is larger than {exact(most)}")


def open_regular(
    path: str | bytes | os.PathLike[str],
    *,
    directory: int | None = None,
    follow: bool = True,
) -> tuple[int, os.stat_result]:
    """A descriptor to read a regular file from, and its ``fstat``.

    ``directory`` is the descriptor of the directory that a relative path is in. Unless ``follow``,
    the file itself may not be a symbolic link. The caller closes the descriptor. Raises
    NotRegularError and other OSErrors.
    """
    _require_regular(_looked_up(path, directory, follow))
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags | (0 if follow else os.O_NOFOLLOW), dir_fd=directory)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.ENOENT, str(error)) from None
    try:
        info = os.fstat(descriptor)
        _require_regular(info)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, info


def open_directory(
    path: str | bytes, *, directory: int | None = None, follow: bool = True, listed: bool = True
) -> int:
    """A descriptor of a directory; if ``listed``, its entries can be read from it.

    ``directory`` is the descriptor of the directory that a relative path is in. Unless ``follow``,
    it may not be a symbolic link. The caller closes the descriptor. Raises OSError.
    """
    flags = os.O_RDONLY if listed else _O_PATH
    flags |= os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    return os.open(path, flags, dir_fd=directory)


def open_way(top: bytes, names: Iterable[bytes]) -> int:
    """A descriptor of a directory below another one, for calls that name a file in it.

    The ``names`` lead from the ``top`` to it. No link among them is followed, whatever is put in
    their way meanwhile: the descriptor is of the place that was judged. The caller closes it.
    Raises OSError.
    """
    reached = open_directory(top, listed=False)
    try:
        for name in names:
            inner = open_directory(name, directory=reached, follow=False, listed=False)
            os.close(reached)
            reached = inner
    except BaseException:
        os.close(reached)
        raise
    return reached


def read_file(
    path: str | bytes | os.PathLike[str],
    most: int,
    *,
    directory: int | None = None,
    follow: bool = True,
) -> bytes:
    """All bytes of a regular file.

    ``directory`` is the descriptor of the directory that a relative path is in. Unless ``follow``,
    the file may not be a symbolic link. Raises NotRegularError, TooLargeError for more than
    ``most`` bytes, and other OSErrors.
    """
    descriptor, info = open_regular(path, directory=directory, follow=follow)
    try:
        if info.st_size > most:
            raise TooLargeError(most)
        data = read_bytes(descriptor, most + 1)
    finally:
        os.close(descriptor)
    if len(data) > most:
        raise TooLargeError(most)
    return data


def read_bytes(descriptor: int, count: int) -> bytes:
    """The next ``count`` bytes from a descriptor, fewer at the end of the file."""
    parts = []
    while count > 0 and (part := os.read(descriptor, min(count, _CHUNK))):
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _looked_up(
    path: str | bytes | os.PathLike[str], directory: int | None, follow: bool
) -> os.stat_result:
    try:
        return os.stat(path, dir_fd=directory, follow_symlinks=follow)
    except ValueError as error:  # a NUL in the name
        raise OSError(errno.ENOENT, str(error)) from None


def _require_regular(info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise NotRegularError(info.st_mode)
