"""The protocol of a source: the place that the files of a configuration are read from.

Paths are absolute and as nginx sees them; as text they are UTF-8 with surrogate escapes, so every
byte survives. ``Source.shown`` gives the name a user can open.
"""

from __future__ import annotations

import errno
from typing import Protocol

from nginx_memlint.files.bounds import Bounds, Meter

ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})
"""errno values that say nothing is at a path; with any other, what is there is unknown."""


class OutsideError(OSError):
    """A path that leads out of the places that may be read: whether it exists is unknown."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, "outside of the sysroot, path maps or --confine given")


class KeysDropped(bytes):
    """The rest of a file, of which private keys were dropped as it was read."""


class DroppedError(OSError):
    """Of a file, private keys were dropped, and with them what nginx may read of it."""

    def __init__(self) -> None:
        what = "a private key in it, or what is written like one, was dropped as it was read"
        super().__init__(errno.EIO, what)


def undropped(data: bytes) -> bytes:
    """The bytes of a file of which nothing was dropped. Raises DroppedError."""
    if isinstance(data, KeysDropped):
        raise DroppedError
    return data


class Source(Protocol):
    """A place that holds files, with what the configuration reader asks of it.

    All methods take absolute paths as nginx sees them and raise OSError with errno and strerror set
    as the system call in nginx would, or BoundError.
    """

    restricted: bool
    """Whether the source stands for another place than this machine's root directory."""

    is_partial: bool
    """Whether it holds only some of a machine's files: a dump or an archive does, and its names are
    not those of files here."""

    bounds: Bounds
    """Bounds on how much is read of it."""

    meter: Meter
    """Counts the bytes and directory entries read so far; raises BoundError past the bounds."""

    def read(self, path: str) -> bytes:
        """All bytes of a file; empty for a device, whose size nginx takes for 0.

        They are KeysDropped of an archive's file of certificates with a key: who reads anything
        else asks for undropped().
        """
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


def trim(path: str) -> str:
    """A directory's path without the slashes at its end."""
    return path.rstrip("/") or "/"
