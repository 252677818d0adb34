"""Stamps of files and directories: another one tells of a change, and nothing need be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from typing import TypeAlias

from nginx_memlint.files.paths import decode, encode

Stamp: TypeAlias = "tuple[int, int, int] | frozenset[str] | None"
"""When a file has changed, its number and its size; the entries of a directory: when it has changed
does not tell, since an output beside the configuration changes it with each check."""


def stamps_of(paths: Iterable[str]) -> dict[str, Stamp]:
    """The stamps of files and directories; None for what is not there."""
    stamps: dict[str, Stamp] = {}
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
