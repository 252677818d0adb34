"""Somebody else who swaps a directory for a link to another one, at a moment that is chosen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

NAMED = frozenset(
    {
        *("open", "stat", "lstat", "readlink", "listdir", "scandir", "access", "listxattr"),
        *("replace", "rename", "unlink", "mkdir"),
    }
)
"""Calls that take a name: what is swapped before any other is swapped for the next of these."""


class Swapped:
    """A directory that is swapped for a link to ``elsewhere``, and back."""

    def __init__(self, path: Path, elsewhere: Path) -> None:
        self.path = path
        self._aside = path.with_name(f"{path.name}-aside")
        self._elsewhere = elsewhere

    def swap(self) -> None:
        """Put the link in the directory's place, or the directory in the link's."""
        if self.path.is_symlink():
            self.path.unlink()
            self._aside.rename(self.path)
        else:
            self.path.rename(self._aside)
            self.path.symlink_to(self._elsewhere)


@contextmanager
def swapping(swapped: Swapped, moments: Sequence[int]) -> Iterator[list[int]]:
    """Swap right before these calls of the system, counted from 0; yields those that came."""
    came: list[int] = []
    calls = 0

    def count(_frame: FrameType, event: str, function: object) -> None:
        nonlocal calls
        is_of_system = event == "c_call" and getattr(function, "__module__", "") == os.name
        if is_of_system and getattr(function, "__name__", "") in NAMED:
            if calls in moments:
                sys.setprofile(None)
                swapped.swap()
                came.append(calls)
                sys.setprofile(count)
            calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield came
    finally:
        sys.setprofile(before)
