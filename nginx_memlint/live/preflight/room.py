"""Bytes that nginx may still take: in each memory control group around it, and of the machine.

Of version 1 and 2. What the kernel can take back at once counts as free: pages of files that are
neither mapped nor to be written. Swap is told apart: memory that is swapped is not killed, but
nginx that works in swap hardly works.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from nginx_memlint.files.reading import read_file
from nginx_memlint.live.available import FILE_MOST, UNLIMITED, memory_groups

_DIGITS = re.compile("[0-9]{1,19}")

MACHINE = "MemAvailable"
"""The name of the room that the whole machine has."""


class RoomLimit(NamedTuple):
    """Something that bounds memory: ``name`` says what, as the kernel names it.

    ``limit``: its bytes; ``used``: those in use; ``reclaimable``: those of them that the kernel
    takes back; ``swap``: those that it could swap. ``kills`` is False for a limit at which
    processes are slowed down (``memory.high``).
    """

    name: str
    limit: int
    used: int
    reclaimable: int
    swap: int
    kills: bool = True

    @property
    def free(self) -> int:
        """Bytes that may still be taken without swap."""
        return max(0, self.limit - self.used + self.reclaimable)


class _GroupFiles(NamedTuple):
    """The files of a version of control groups, and what they call things."""

    limits: tuple[tuple[str, bool], ...]
    used: str
    files: tuple[str, ...]
    not_reclaimable: tuple[str, ...]


_VERSIONS = {
    "memory.max": _GroupFiles(
        (("memory.max", True), ("memory.high", False)),
        "memory.current",
        ("inactive_file", "active_file", "slab_reclaimable"),
        ("file_mapped", "file_dirty", "file_writeback"),
    ),
    "memory.limit_in_bytes": _GroupFiles(
        (("memory.limit_in_bytes", True),),
        "memory.usage_in_bytes",
        ("total_inactive_file", "total_active_file"),
        ("total_mapped_file", "total_dirty", "total_writeback"),
    ),
}
"""File of a group's limit → its version."""


def room_around(pid: int | str, root: Path = Path("/")) -> list[RoomLimit]:
    """All that bounds the memory of a process, what leaves least room first; or of ``self``."""
    machine = _table(root / "proc/meminfo", 1024)
    swap = machine.get("SwapFree", 0)
    limits = []
    for group, limit_name in memory_groups(root, str(pid)):
        version = _VERSIONS[limit_name]
        used = _number(group / version.used)
        if used is None:
            continue
        stat = _table(group / "memory.stat", 1)
        reclaimable = sum(stat.get(name, 0) for name in version.files)
        reclaimable -= sum(stat.get(name, 0) for name in version.not_reclaimable)
        for name, kills in version.limits:
            limit = _number(group / name)
            if limit is not None and limit < UNLIMITED:
                swappable = min(swap, _swap(group, limit - used))
                shown = f"{name} of {_shown(group, root)}"
                limits.append(RoomLimit(shown, limit, used, max(0, reclaimable), swappable, kills))
    if MACHINE in machine:
        total = machine.get("MemTotal", machine[MACHINE])
        limits.append(RoomLimit(MACHINE, total, total - machine[MACHINE], 0, swap))
    return sorted(limits, key=lambda limit: limit.free)


def _swap(group: Path, left: int) -> int:
    """Bytes that a group may swap, if so many are left below its limit of memory."""
    limit, used = (_number(group / f"memory.swap.{name}") for name in ("max", "current"))
    if limit is not None and used is not None:
        return max(0, limit - used)
    limit, used = (
        _number(group / f"memory.memsw.{name}") for name in ("limit_in_bytes", "usage_in_bytes")
    )
    if limit is not None and used is not None:
        return max(0, limit - used - max(0, left))
    # a limit of version 2 is "max" where nothing bounds it; without the file there is no swap
    return UNLIMITED if _text(group / "memory.swap.max") == "max" else 0


def _shown(group: Path, root: Path) -> str:
    """The name of a group, as systemd and the kernel have it."""
    path = group.relative_to(root / "sys/fs/cgroup")
    parts = [part for part in path.parts if part not in ("memory", "unified")]
    return "/" + "/".join(parts)


def _text(path: Path) -> str:
    try:
        return read_file(path, FILE_MOST).decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    """The number in a file; None if there is none, as of a limit that is ``max``."""
    text = _text(path)
    return int(text) if _DIGITS.fullmatch(text) else None


def _table(path: Path, unit: int) -> dict[str, int]:
    """The sizes of a file with a name and a number in each line."""
    rows = (line.replace(":", " ").split() for line in _text(path).splitlines())
    return {
        row[0]: int(row[1]) * unit for row in rows if len(row) > 1 and _DIGITS.fullmatch(row[1])
    }
