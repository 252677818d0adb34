"""A machine made of files: what the kernel would say of processes and of control groups."""

from __future__ import annotations

from pathlib import Path

from nginx_memlint.live.preflight.kernel import PAGE, TICKS
from nginx_memlint.sizes import GIB, MIB

MASTER = 100
UPTIME = 10_000


class Machine:
    """Files of ``/proc`` and ``/sys`` below a directory."""

    def __init__(self, root: Path, available: int = 8 * GIB, swap: int = 0) -> None:
        """Begin with a machine that has no processes."""
        self.root = root
        self.write("proc/uptime", f"{UPTIME}.00 1.00\n")
        sizes = {"MemTotal": 16 * GIB, "MemAvailable": available, "SwapFree": swap}
        lines = (f"{name}: {size // 1024} kB\n" for name, size in sizes.items())
        self.write("proc/meminfo", "".join(lines))

    def write(self, name: str, text: str) -> None:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def process(
        self,
        pid: int,
        title: str,
        *,
        parent: int = 1,
        started: float = 0.0,
        anonymous: int = MIB,
        shared: int | None = None,
        user: int = 0,
        readable: bool = True,
        faulted: int = 0,
    ) -> None:
        """Add a process; one that is not ``readable`` is another user's."""
        numbers = [parent, *[0] * 5, faulted // PAGE, *[0] * 11, round(started * TICKS), 0]
        after = ["S", *map(str, numbers)]
        self.write(f"proc/{pid}/stat", f"{pid} (a) b (nginx) {' '.join(after)}\n")
        self.write(f"proc/{pid}/cmdline", title + "\0\0")
        self.write(
            f"proc/{pid}/status",
            f"Name:\tnginx\nUid:\t{user}\t{user}\t{user}\t{user}\n"
            f"RssAnon:\t{anonymous // 1024} kB\nRssShmem:\t64 kB\nVmSwap:\t0 kB\n",
        )
        self.write(f"proc/{pid}/cgroup", "0::/system.slice/nginx.service\n")
        if readable:
            common = anonymous if shared is None else shared
            self.write(
                f"proc/{pid}/smaps_rollup",
                "1000-2000 ---p 00000000 00:00 0 [rollup]\n"
                f"Rss: {anonymous // 1024} kB\nShared_Dirty: {common // 1024} kB\n"
                f"Private_Dirty: {(anonymous - common) // 1024} kB\n",
            )
            self.write(f"proc/{pid}/maps", f"{'0' * 73}/usr/lib/libc.so.6\n")

    def nginx(
        self, workers: int = 2, *, anonymous: int = MIB, reloads: int = 0, readable: bool = True
    ) -> None:
        """Add a master, and workers of its last reload."""
        self.process(MASTER, "nginx: master process nginx", anonymous=anonymous, readable=readable)
        children = [MASTER + 1 + number for number in range(workers)]
        for pid in children:
            self.process(
                pid,
                "nginx: worker process",
                parent=MASTER,
                started=100.0 * reloads,
                anonymous=anonymous,
                readable=readable,
            )
        self.children(*children)

    def children(self, *pids: int) -> None:
        """Say which processes are the master's."""
        self.write(f"proc/{MASTER}/task/{MASTER}/children", " ".join(map(str, pids)))

    def group(self, path: str, **files: str | int) -> None:
        """Add a group of version 2; a file's name has _ for its first dot."""
        for name, value in files.items():
            self.write(f"sys/fs/cgroup{path}/{name.replace('_', '.', 1)}", f"{value}\n")
