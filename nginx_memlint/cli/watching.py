"""``memlint check --watch``: again when a file that was read, or looked for, has changed."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeAlias

from nginx_memlint.cli.process import tell
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import decode, encode
from nginx_memlint.printable import printable
from nginx_memlint.sources.buffers import Buffers

PAUSE = 0.5
"""Seconds between two looks at the times of files."""

RESTING = 9
"""Times that a look takes for which there is no other: directories may hold a million names."""

_Stamp: TypeAlias = "tuple[int, int, int] | frozenset[str] | None"
"""When a file has changed, its number and its size; the entries of a directory: when it has changed
does not tell, since an output beside the configuration changes it with each check."""


def look_again(look: Callable[[Buffers], object]) -> NoReturn:
    """Check, and check again after each change, until an interrupt.

    Raises MemlintError if the first check does.
    """
    before: dict[str, _Stamp] = {}
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
        stamps = _stamps(disk.asked or before) | disk.listed
        changed = [
            path for path, stamp in stamps.items() if isinstance(stamp, tuple) and stamp[0] >= began
        ]
        while not changed:  # else it may have been read before it changed
            time.sleep(max(PAUSE, RESTING * (time.monotonic() - looked)))
            looked = time.monotonic()
            now = _stamps(stamps)
            changed = [path for path, stamp in now.items() if stamp != stamps[path]]
        before = stamps
        tell(f"{printable(min(changed))} has changed")


def _stamps(paths: Iterable[str]) -> dict[str, _Stamp]:
    """The stamps of files and directories; None for what is not there."""
    stamps: dict[str, _Stamp] = {}
    for path in paths:
        try:
            info = os.stat(encode(path))
            if stat.S_ISDIR(info.st_mode):
                stamps[path] = frozenset(map(decode, os.listdir(encode(path))))
            else:
                stamps[path] = info.st_ctime_ns, info.st_ino, info.st_size
        except OSError:
            stamps[path] = None
    return stamps
