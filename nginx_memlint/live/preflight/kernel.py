"""Files of the kernel that tell of processes: each may be unreadable, or gone the next moment.

Titles are what a process says of itself, whoever it is. Sizes are bytes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from nginx_memlint.files.reading import read_file

FILE_MOST = 16 << 20
"""Bytes of one of the kernel's files that are read."""

TITLE_MOST = 4096
"""Bytes of a title that are read."""

TICKS = os.sysconf("SC_CLK_TCK")
"""Ticks of a second, in which ``/proc/PID/stat`` has times (USER_HZ)."""

PAGE = os.sysconf("SC_PAGE_SIZE")
"""Bytes of a page, of which ``/proc/PID/stat`` counts those that a process wrote to."""

NANOSECONDS = 1_000_000_000
"""Nanoseconds of a second, in which ``/proc/PID/schedstat`` has times."""

LARGE_PAGES = "sys/kernel/mm/transparent_hugepage/enabled"
"""The file in which the kernel marks whether it gives all processes large pages."""

_MAPPED = re.compile("[0-9a-f]+-[0-9a-f]+ ")

_SIZE = re.compile(r"^(\w+):\s+(\d+) kB$", re.MULTILINE)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        info = os.lstat(path)
    except OSError:
        return None
    return info.st_dev, info.st_ino


class Life(NamedTuple):
    """A process as ``/proc/PID/stat`` has it: its parent, seconds from boot to its start, the CPU
    time that it has taken, and the bytes of pages that it was given or wrote to after a fork, each
    time anew (minor faults, of which a large page is one)."""

    parent: int
    started: float
    cpu_seconds: float
    faulted: int


class Kernel:
    """The files of one machine; ``root`` is the directory of ``proc`` and ``sys``."""

    def __init__(self, root: Path = Path("/")) -> None:
        self.root = root
        self._proc = root / "proc"

    def text(self, pid: int, name: str) -> str:
        """The text of one of a process's files. Raises OSError."""
        return read_file(self._proc / str(pid) / name, FILE_MOST).decode("utf-8", "replace")

    def title(self, pid: int) -> str:
        """The command line, in which nginx tells what a process is; empty if it cannot be read."""
        try:
            return self.text(pid, "cmdline").replace("\0", " ").strip()[:TITLE_MOST]
        except OSError:
            return ""

    def life(self, pid: int) -> Life | None:
        """Parent and start of a process; None if it has ended."""
        try:
            # the name, in parentheses, may hold anything
            fields = self.text(pid, "stat").rpartition(")")[2].split()
            cpu = (int(fields[11]) + int(fields[12])) / TICKS
            if fields[0] == "Z":
                return None
            started, faulted = int(fields[19]) / TICKS, int(fields[7]) * PAGE
            return Life(int(fields[1]), started, cpu, faulted)
        except (OSError, ValueError, IndexError):
            return None

    def bytes_read(self, pid: int) -> int | None:
        """Bytes that a process and its children that have ended read of files and of sockets, as
        ``/proc/PID/io`` has them; None if it cannot be read."""
        try:
            match = re.search(r"^rchar: (\d{1,19})$", self.text(pid, "io"), re.MULTILINE)
        except OSError:
            return None
        return int(match[1]) if match else None

    def gives_large_pages(self) -> bool:
        """Whether processes get large pages without asking for them."""
        try:
            return b"[always]" in read_file(self.root / LARGE_PAGES, FILE_MOST)
        except OSError:
            return False

    def waited_seconds(self, pid: int) -> float:
        """Seconds in which a process could run and had no CPU, as ``/proc/PID/schedstat`` has them
        (``sched_info.run_delay``); 0 if the kernel does not tell."""
        try:
            return int(self.text(pid, "schedstat").split()[1]) / NANOSECONDS
        except (OSError, ValueError, IndexError):
            return 0.0

    def sizes(self, pid: int, name: str) -> dict[str, int]:
        """Sizes by their names, of ``status`` or ``smaps_rollup``; none if it cannot be read."""
        try:
            text = self.text(pid, name)
        except OSError:
            return {}
        return {match[1]: int(match[2]) * 1024 for match in _SIZE.finditer(text)}

    def outside_heap(self, pid: int) -> int | None:
        """Bytes of anonymous memory, also what was swapped, that a process has outside of its heap
        (brk) and its stack, as ``/proc/PID/smaps`` has them; None if it cannot be read."""
        try:
            text = self.text(pid, "smaps")
        except OSError:
            return None
        size, is_outside = 0, False
        for line in text.splitlines():
            if match := _SIZE.match(line):
                counts = is_outside and match[1] in ("Anonymous", "Swap")
                size += counts * int(match[2]) * 1024
            elif _MAPPED.match(line):
                is_outside = not line.endswith(("[heap]", "[stack]"))
        return size

    def user(self, pid: int) -> int | None:
        """The effective user of a process; None if it has ended."""
        with suppress(OSError):
            if match := re.search(r"^Uid:\s+\d+\s+(\d+)", self.text(pid, "status"), re.MULTILINE):
                return int(match[1])
        return None

    def link(self, pid: int | str, name: str) -> str | None:
        """The name that a process's link leads to, e.g. ``exe``; None if it cannot be read."""
        try:
            return os.readlink(self._proc / str(pid) / name)
        except OSError:
            return None

    def mapped(self, pid: int) -> list[str] | None:
        """The files that a process has mapped; None if that cannot be read."""
        try:
            lines = self.text(pid, "maps").splitlines()
        except OSError:
            return None
        return [*dict.fromkeys(path for line in lines if (path := line[73:]).startswith("/"))]

    def is_elsewhere(self, pid: int) -> bool:
        """Whether a process sees other files than this one: another root directory."""
        try:
            theirs, ours = (os.stat(self._proc / name / "root") for name in (str(pid), "self"))
        except OSError:
            return False
        return (theirs.st_dev, theirs.st_ino) != (ours.st_dev, ours.st_ino)

    def other_file(self, pid: int, paths: Iterable[str]) -> str | None:
        """The first path that is another file to a process than to this one.

        A process may have the same root directory and other mounts below it. None if no path is,
        or if that cannot be seen.
        """
        mounts = self.link(pid, "ns/mnt")
        if mounts is None or mounts == self.link("self", "ns/mnt"):
            return None
        root = self._proc / str(pid) / "root"
        for path in map(os.path.abspath, paths):
            if _identity(path) != _identity(f"{root}{path}"):
                return path
        return None

    def processes(self) -> Iterator[int]:
        """The numbers of all processes."""
        with suppress(OSError):
            yield from (int(name) for name in os.listdir(self._proc) if name.isdecimal())

    def children(self, parent: int) -> list[int]:
        """The children of a process."""
        try:
            return [int(word) for word in self.text(parent, f"task/{parent}/children").split()]
        except (OSError, ValueError):
            lives = ((pid, self.life(pid)) for pid in self.processes())
            return [pid for pid, life in lives if life is not None and life.parent == parent]

    def uptime(self) -> float:
        """Seconds since boot; 0 if it cannot be read."""
        try:
            return float(read_file(self._proc / "uptime", FILE_MOST).split()[0])
        except (OSError, ValueError, IndexError):
            return 0.0
