"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat


def write_atomically(path: str, data: bytes) -> None:
    """Replace a file, or make it, in one step; what a link leads to, not the link.

    Its permissions stay as they are. Raises OSError, and then leaves everything as it was.
    """
    target = os.path.realpath(path)
    directory, name = os.path.split(target)
    temporary = os.path.join(directory, f".{name[:200]}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as file:
            if os.path.exists(target):
                os.fchmod(descriptor, stat.S_IMODE(os.stat(target).st_mode))
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
