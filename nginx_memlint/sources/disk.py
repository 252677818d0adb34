"""This machine's files, read without following links below a directory that must not be left."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from nginx_memlint.files.bounds import check_size
from nginx_memlint.files.paths import decode, encode
from nginx_memlint.files.reading import (
    NotRegularError,
    open_directory,
    open_regular,
    open_way,
    read_bytes,
)


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
    parent = open_way(encode(root) or b".", directories)
    try:
        yield last or b".", parent
    finally:
        os.close(parent)


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


MACHINE = Disk()
"""The files of this machine as they are."""
