"""What keeps a measurement from being made; the messages are for users and say what to do."""

from __future__ import annotations

import sys


class LiveError(Exception):
    """The nginx here cannot be measured; exit status 2."""


class RejectedError(LiveError):
    """nginx does not accept a configuration; the message is nginx's own."""


def require_linux() -> None:
    """Raise LiveError elsewhere."""
    if sys.platform != "linux":
        raise LiveError(
            "only works on Linux: it reads the memory of nginx from /proc. Run it on the server, "
            "and take the file that memlint calibrate writes with you (check --target-file)"
        )
