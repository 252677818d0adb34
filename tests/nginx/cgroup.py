"""A memory cgroup of one's own: its peak is exact, where looking at processes may miss it.

Of version 1, as containers of older systems have it; `available()` says whether one can be made.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOUNT = Path("/sys/fs/cgroup/memory")
ENDED = 10.0
"""Seconds in which what was killed has ended."""


class Cgroup:
    """A group in which a server runs."""

    def __init__(self, path: Path) -> None:
        """Name its directory."""
        self._path = path

    def usage(self) -> int:
        """Return the bytes that are charged now."""
        return int((self._path / "memory.usage_in_bytes").read_text())

    def peak(self) -> int:
        """Return the most bytes that were charged since reset()."""
        return int((self._path / "memory.max_usage_in_bytes").read_text())

    def reset(self) -> None:
        """Begin anew to look for the peak."""
        (self._path / "memory.max_usage_in_bytes").write_text("0")

    def limit(self, size: int) -> None:
        """Have the kernel kill what takes more bytes."""
        (self._path / "memory.limit_in_bytes").write_text(str(size))

    def kills(self) -> int:
        """Return how many processes were killed at the limit."""
        text = (self._path / "memory.oom_control").read_text()
        return int(dict(line.split() for line in text.splitlines()).get("oom_kill", 0))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be in the group for a while: what is started meanwhile stays in it."""
        pid = str(os.getpid())
        (self._path / "cgroup.procs").write_text(pid)
        try:
            yield
        finally:
            (self._path.parent / "cgroup.procs").write_text(pid)


def _parent() -> Path:
    match = re.search(r"^\d+:memory:(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    return MOUNT / (match[1].lstrip("/") if match else "")


def available() -> bool:
    """Return whether a group can be made here."""
    return os.access(_parent() / "memory.max_usage_in_bytes", os.W_OK)


@contextmanager
def cgroup() -> Iterator[Cgroup]:
    """Make a group and remove it; what was started in it must have ended."""
    path = _parent() / f"memlint-{os.getpid()}"
    path.mkdir()
    try:
        yield Cgroup(path)
    finally:
        _remove(path)


def _remove(path: Path) -> None:
    deadline = time.monotonic() + ENDED
    while True:
        try:
            path.rmdir()
            return
        except OSError:  # what was killed is ending
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
