"""Whether only root can have put a file where it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from nginx_memlint.files.paths import resolved


def why_not_roots(path: str) -> str | None:
    """The reason why others than root may have put a file there, all links followed; else None."""
    real = resolved(path)
    for place in (real, *map(str, Path(real).parents)):
        if reason := _writable_by_others(place):
            return f"{place} {reason}"
    return None


def _writable_by_others(path: str) -> str | None:
    try:
        info = os.lstat(path)
    except OSError as error:
        return f"cannot be looked up ({error.strerror})"
    if info.st_uid != 0:
        return "does not belong to root"
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "may be written by others than root"
    return None
