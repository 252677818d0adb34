"""Memory that is available on this machine and in its control groups, in bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.sizes import MIB, human

RESERVE = 64 * MIB
"""Bytes that are left to other programs during a measurement."""

FILE_MOST = 1 << 20
"""Bytes that are read of one of the kernel's files."""

_UNLIMITED = 1 << 60
"""Bytes from which a limit is none: control groups of version 1 write a number near 2^63 then."""


def available_memory(root: Path = Path("/")) -> int:
    """Bytes available: the least of MemAvailable and the rest of each control group around us.

    ``root`` is the directory of ``proc`` and ``sys``. A group's page cache counts as available.
    """
    left = [_mem_available(root / "proc/meminfo")]
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        cgroups = root / "sys/fs/cgroup"
        if not controllers:
            for base in (cgroups, cgroups / "unified"):
                left += _left(base, path, "memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            left += _left(
                cgroups / "memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes"
            )
    return max(0, min(left))


def require_linux() -> None:
    """Raise MemlintError on systems other than Linux."""
    if sys.platform != "linux":
        raise MemlintError(
            "only works on Linux: it reads the memory of nginx from /proc. Run it on the server, "
            "and take the file that memlint calibrate writes with you (check --target-file)"
        )


def require_memory(needed: int, what: str, advice: str = "") -> None:
    """Raise MemlintError unless so many bytes are available."""
    there = available_memory()
    if there < needed + RESERVE:
        raise MemlintError(
            f"{what} needs {human(needed + RESERVE)} of memory, and {human(there)} is available "
            f"here (MemAvailable and the control group's limit){advice}"
        )


def guard(what: str) -> Callable[[], None]:
    """A function that raises MemlintError once memory gets scarce."""

    def check() -> None:
        if available_memory() < RESERVE // 2:
            raise MemlintError(f"{what} was stopped: less than {human(RESERVE // 2)} is left here")

    return check


def _read(path: Path) -> str:
    try:
        return read_file(path, FILE_MOST).decode()
    except OSError:
        return ""


def _mem_available(path: Path) -> int:
    for line in _read(path).splitlines():
        key, _, value = line.partition(":")
        if key == "MemAvailable":
            return int(value.split()[0]) * 1024
    return _UNLIMITED


def _left(base: Path, path: str, limit_name: str, usage_name: str) -> list[int]:
    """Bytes left in a control group and in each around it, up to the base.

    In a container the base is the container's own root.
    """
    left = []
    group = base / path.lstrip("/")
    while True:
        limit, usage = _read(group / limit_name).strip(), _read(group / usage_name).strip()
        if limit.isdigit() and usage.isdigit() and int(limit) < _UNLIMITED:
            left.append(int(limit) - int(usage) + _reclaimable(group / "memory.stat"))
        if group == base or base not in group.parents:
            return left
        group = group.parent


def _reclaimable(path: Path) -> int:
    sizes = dict(line.split(" ", 1) for line in _read(path).splitlines() if " " in line)
    value = sizes.get("total_inactive_file", sizes.get("inactive_file", "0"))
    return int(value) if value.isdigit() else 0
