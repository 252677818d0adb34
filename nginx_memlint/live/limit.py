"""A limit on the memory of a program that is run: by a control group, else by its address space."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from nginx_memlint.files.reading import read_file
from nginx_memlint.live.available import FILE_MOST, memory_groups
from nginx_memlint.live.process import Ended
from nginx_memlint.sizes import GIB, human

MAPPED = GIB
"""Bytes of address space beside the memory that is used: code, and what allocators reserve."""

_LIMITS = {
    "memory.max": ("memory.swap.max", "0"),
    "memory.limit_in_bytes": ("memory.memsw.limit_in_bytes", ""),
}
"""File of a group's limit → the one that keeps it from swapping, and its value if not the same."""

_KILLS = ("memory.events", "memory.oom_control")
"""Files in which a line ``oom_kill`` counts the processes that were killed at the limit."""


_USED = (
    ("memory.current", "memory.peak"),
    ("memory.usage_in_bytes", "memory.max_usage_in_bytes"),
)
"""Files of a group, by its version: what it uses, and the most that it used."""

_SHORT = (os.strerror(errno.ENOMEM), "malloc failure", "not enough memory")
"""Texts of what malloc() refuses: by nginx, OpenSSL and LuaJIT."""


class Limit(NamedTuple):
    """A limit in force: ``group`` is the directory of its control group, None without one."""

    bytes: int
    mapped: int
    group: Path | None

    @property
    def said(self) -> str:
        """The limit in words, and what of it does not hold."""
        if self.group is not None:
            return f"memory limited to {human(self.bytes)} by a control group"
        return (
            f"address space limited to {human(self.bytes + self.mapped)}, as no control group can "
            "be made here: shared memory and other programs are watched, not limited"
        )

    def apply(self, pid: int) -> None:
        """Put a process, and all that it will start, under the limit."""
        if self.group is not None:
            (self.group / "cgroup.procs").write_text(str(pid))
            return
        size = self.bytes + self.mapped
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))

    def used(self) -> tuple[int, int] | None:
        """The bytes that the group uses now, and the most that it ever did; None if it cannot tell.

        Of what has no group, and of version 2 before Linux 5.19, nothing of it is known.
        """
        if self.group is not None:
            for names in _USED:
                with suppress(OSError):
                    now, most = (int(read_file(self.group / name, FILE_MOST)) for name in names)
                    return now, most
        return None

    def stopped(self, ended: Ended) -> bool:
        """Whether a program ended as it had no more memory."""
        if self.group is None:
            return ended.code != 0 and any(text in ended.output for text in _SHORT)
        return self.killed()

    def killed(self) -> bool:
        """Whether the kernel killed a process at the limit of the group."""
        if self.group is None:
            return False
        lines = [line.split() for name in _KILLS for line in _lines(self.group / name)]
        return any(words[0] == "oom_kill" and words[1] != "0" for words in lines)


@contextmanager
def limit_of(size: int, mapped: int = 0, root: Path = Path("/")) -> Iterator[Limit]:
    """Make a limit of so many bytes, of anonymous memory and of memory that is shared.

    ``mapped`` is what is mapped beside it without being used. ``root`` is the directory of ``proc``
    and ``sys``. The group is removed at the end, when what ran in it must have ended.
    """
    group = _made(size, root)
    try:
        yield Limit(size, mapped + MAPPED, group)
    finally:
        if group is not None:
            with suppress(OSError):
                group.rmdir()


def _made(size: int, root: Path) -> Path | None:
    for parent, name in memory_groups(root):
        group = parent / f"memlint-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / name).write_text(str(size))
        except OSError:
            with suppress(OSError):
                group.rmdir()
            continue
        without_swap, value = _LIMITS[name]
        with suppress(OSError):
            (group / without_swap).write_text(value or str(size))
        return group
    return None


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in read_file(path, FILE_MOST).decode().splitlines() if " " in line]
    except OSError:
        return []
