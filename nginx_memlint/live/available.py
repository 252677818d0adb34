"""Memory that is available on this machine and in its control groups, in bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.sizes import MIB, human

RESERVE = 64 * MIB
"""Bytes that are left to other programs during a measurement."""

FILE_MOST = 1 << 20
"""Bytes that are read of one of the kernel's files."""

_USAGE = {"memory.max": "memory.current", "memory.limit_in_bytes": "memory.usage_in_bytes"}
"""File of a group's limit, by the version of control groups → that of what it uses."""

UNLIMITED = 1 << 60
"""Bytes from which a limit is none: control groups of version 1 write a number near 2^63 then."""


def available_memory(root: Path = Path("/")) -> int:
    """Bytes available: the least of MemAvailable and the rest of each control group around us.

    ``root`` is the directory of ``proc`` and ``sys``. A group's page cache counts as available.
    """
    left = [_mem_available(root / "proc/meminfo")]
    for group, limit_name in memory_groups(root):
        limit, usage = (_read(group / name).strip() for name in (limit_name, _USAGE[limit_name]))
        if limit.isdigit() and usage.isdigit() and int(limit) < UNLIMITED:
            left.append(int(limit) - int(usage) + _reclaimable(group / "memory.stat"))
    return max(0, min(left))


def memory_groups(root: Path = Path("/"), process: str = "self") -> Iterator[tuple[Path, str]]:
    """The control groups that account for a process's memory, from its own outwards.

    Each is its directory and the name of the file with its limit. In a container the outermost is
    the container's own root.
    """
    cgroups = root / "sys/fs/cgroup"
    for line in _read(root / "proc" / process / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if ".." in path.split("/"):
            continue  # of another namespace: its files are not to be seen here
        if not controllers:
            yield from _around(cgroups, path, "memory.max")
            yield from _around(cgroups / "unified", path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _around(cgroups / "memory", path, "memory.limit_in_bytes")


def _around(base: Path, path: str, limit_name: str) -> Iterator[tuple[Path, str]]:
    group = base / path.lstrip("/")
    while True:
        yield group, limit_name
        if group == base or base not in group.parents:
            return
        group = group.parent


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
    return UNLIMITED


def _reclaimable(path: Path) -> int:
    sizes = dict(line.split(" ", 1) for line in _read(path).splitlines() if " " in line)
    value = sizes.get("total_inactive_file", sizes.get("inactive_file", "0"))
    return int(value) if value.isdigit() else 0
