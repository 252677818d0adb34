"""Write files whole or not at all."""

from __future__ import annotations

import os
import stat
from contextlib import suppress


class Staged:
    """The next version of a file, beside it until commit() puts it in its place.

    A link is followed: what it leads to is replaced. All methods raise OSError.
    """

    def __init__(self, path: str) -> None:
        self._target = os.path.realpath(path)
        name = f".memlint-{os.urandom(8).hex()}"
        self._temporary = os.path.join(os.path.dirname(self._target), name)

    def write(self, data: bytes) -> None:
        """Write all of it, to the disk: where that is full, it is noticed here."""
        descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            if os.path.exists(self._target):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(self._target).st_mode))
            file.write(data)
            file.flush()
            os.fsync(descriptor)

    def commit(self) -> None:
        """Replace the file, or make it, in one step."""
        os.replace(self._temporary, self._target)

    def discard(self) -> None:
        """Leave nothing beside the file."""
        with suppress(FileNotFoundError):
            os.unlink(self._temporary)


def write_atomically(path: str, data: bytes) -> None:
    """Replace a file, or make it, in one step; what a link leads to, not the link.

    Its permissions stay as they are. Raises OSError, and then leaves everything as it was.
    """
    staged = Staged(path)
    try:
        staged.write(data)
        staged.commit()
    finally:
        staged.discard()
