"""``memlint check --watch``: again when a file that was read, or looked for, has changed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import NoReturn

from nginx_memlint.cli.process import tell
from nginx_memlint.errors import MemlintError
from nginx_memlint.printable import printable
from nginx_memlint.sources.buffers import Buffers
from nginx_memlint.sources.stamps import Stamp, stamps_of

PAUSE = 0.5
"""Seconds between two looks at the times of files."""

RESTING = 9
"""Times that a look takes for which there is no other: directories may hold a million names."""


def look_again(look: Callable[[Buffers], object]) -> NoReturn:
    """Check, and check again after each change, until an interrupt.

    Raises MemlintError if the first check does.
    """
    before: dict[str, Stamp] = {}
    while True:
        disk = Buffers({})
        began = time.time_ns()
        try:
            look(disk)
            sys.stdout.flush()
        except MemlintError as error:
            if not before:
                raise
            tell(*str(error).splitlines())
        looked = time.monotonic()
        stamps = stamps_of(disk.asked or before) | disk.listed
        changed = [
            path for path, stamp in stamps.items() if isinstance(stamp, tuple) and stamp[0] >= began
        ]
        while not changed:  # else it may have been read before it changed
            time.sleep(max(PAUSE, RESTING * (time.monotonic() - looked)))
            looked = time.monotonic()
            now = stamps_of(stamps)
            changed = [path for path, stamp in now.items() if stamp != stamps[path]]
        before = stamps
        tell(f"{printable(min(changed))} has changed")
