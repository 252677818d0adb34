"""Read memory and family of running processes from /proc."""

from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")


class Memory(NamedTuple):
    """Proportional set size in kB: shared pages count as 1/n for each of their n processes."""

    pss: int = 0
    anon: int = 0
    """The part that is not files. What other programs map changes the rest, but not this."""
    shared: int = 0
    """The part that is shared memory without a file, such as zones."""

    @property
    def anon_and_shared(self) -> int:
        """All that the processes do not share with other programs: without mapped files."""
        return self.anon + self.shared

    def __add__(self, other: object) -> "Memory":
        """Add the sizes (and do not append, as tuples do)."""
        if not isinstance(other, Memory):
            return NotImplemented
        return Memory(self.pss + other.pss, self.anon + other.anon, self.shared + other.shared)


def memory(pid: int) -> Memory:
    """Return the memory of a process; zeros if it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return Memory()
    sizes = {key: value for key, _, value in (line.partition(b":") for line in text.splitlines())}
    if b"Pss" not in sizes:
        return Memory()
    return Memory(*(int(sizes[key].split()[0]) for key in (b"Pss", b"Pss_Anon", b"Pss_Shmem")))


def children(pid: int) -> list[int]:
    """Return the direct children of a process (nginx's workers and helpers are those)."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return [int(word) for word in file.read().split()]
    except ProcessLookupError:
        return []
    except FileNotFoundError:
        return [] if not (PROC / str(pid)).exists() else _children_by_scan(pid)


def _children_by_scan(pid: int) -> list[int]:
    """Return the children of `pid` on a kernel without the `children` file."""
    children = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # the name, in parentheses, may hold anything; the parent is the second field after
            after_name = (entry / "stat").read_bytes().rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after_name[1]) == pid:
            children.append(int(entry.name))
    return sorted(children)


def title(pid: int) -> str:
    """Return the command line, which nginx rewrites to say what a process is; "" if ended."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
