"""A running nginx: its processes, their memory, and reloads."""

import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.nginx import processes
from tests.nginx.processes import Memory
from tests.nginx.shim import ProcessCounts
from tests.nginx.spawn import Child

QUIT_TIMEOUT = 5.0
"""Seconds that a server gets to stop by itself before it is told to terminate."""

STOP_TIMEOUT = 15.0
"""Seconds that it then gets before it is killed."""

PAUSE = 0.002
"""Seconds between two looks at a server that is starting."""

SETTLED = 0.2
"""Seconds without a change after which memory is taken for settled."""


class ServerError(RuntimeError):
    """The server ended, or did not do what it was told in time; the message has its output."""


@dataclass(frozen=True)
class Reload:
    """Memory through one reload, or another change that was watched, and how long it took."""

    peak_kb: int
    """Highest total PSS seen."""
    peak_anon_kb: int
    """Highest total of its part that is not files."""
    peak_own_kb: int
    """Highest total of anonymous and shared memory."""
    after_kb: int
    """Total PSS when it was done."""
    after_own_kb: int
    """Total of anonymous and shared memory when it was done."""
    seconds: float
    """From the start until then."""
    samples: int
    """Number of looks at the memory in between."""


class Server:
    """The master process of a started nginx, and its children."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        root: Path | None,
        conf_text: str,
        environment: Mapping[str, str] | None = None,
        libc: str = "glibc",
    ) -> None:
        """Start it; `conf_text` tells how many workers to wait for."""
        self.expected_workers = _worker_processes(conf_text)
        self._child = Child(arguments, root=root, environment=environment, libc=libc)
        self.pid = self._child.pid
        """The master's process id."""

    def wait_started(self, timeout: float) -> None:
        """Wait until all workers have finished their initialisation."""
        deadline = time.monotonic() + timeout
        while len(self.workers()) < self.expected_workers:
            if self._child.wait(0) is not None:
                raise ServerError(f"nginx did not start: {self.output()}")
            if time.monotonic() > deadline:
                raise ServerError(f"not started after {timeout} s: {self.output()}")
            time.sleep(PAUSE)

    def wait_reloaded(self, old: set[int], timeout: float) -> None:
        """Wait until new workers serve, and none of the children `old` is left."""
        deadline = time.monotonic() + timeout
        while not self.reloaded(old):
            if time.monotonic() > deadline:
                raise ServerError(f"not reloaded after {timeout} s: {self.output()}")
            time.sleep(PAUSE)

    def children(self) -> list[int]:
        """Return the process ids of all children, helpers and old workers among them."""
        return processes.children(self.pid)

    def workers(self) -> list[int]:
        """Return the workers that serve: initialised, and not shutting down."""
        return [pid for pid in self.children() if _is_serving(processes.title(pid))]

    def memory(self) -> Memory:
        """Return the memory of master and children together."""
        total = processes.memory(self.pid)
        for pid in self.children():
            total += processes.memory(pid)
        return total

    def settled_anon_kb(self, timeout: float = 20.0) -> int:
        """Return the anonymous part of memory(), in kB, once it has been the same for a while.

        A worker may still be starting when its title says that it serves.
        """
        deadline = time.monotonic() + timeout
        last, since = self.memory().anon, time.monotonic()
        while time.monotonic() < since + SETTLED:
            if time.monotonic() > deadline:
                raise ServerError(f"its memory changes for more than {timeout} s")
            time.sleep(PAUSE)
            if (now := self.memory().anon) != last:
                last, since = now, time.monotonic()
        return last

    def pss_kb(self) -> int:
        """Return the proportional set size of master and children together, in kB."""
        return self.memory().pss

    def cpu_seconds(self) -> float:
        """Return the CPU time of the master so far."""
        stat = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def reload(self, timeout: float = 120.0, *, wait_for_old: bool = True) -> Reload:
        """Send SIGHUP and wait until new workers serve and the old ones are gone.

        The total PSS is read all the while, as fast as it goes. `wait_for_old=False` does not
        wait for the old workers to end, but only until they have been told to.
        """
        if wait_for_old:
            return self.watch(self.reloaded, timeout, signal.SIGHUP)
        return self.watch(self._replaced, timeout, signal.SIGHUP)

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the master."""
        self._child.signal(number)

    def reloaded(self, old: set[int]) -> bool:
        """Return whether none of the children `old` is left, and new workers serve."""
        return len(self.workers()) >= self.expected_workers and old.isdisjoint(self.children())

    def _replaced(self, old: set[int]) -> bool:
        """Return whether new workers serve and none of `old` does."""
        serving = set(self.workers())
        return len(serving) >= self.expected_workers and old.isdisjoint(serving)

    def watch(
        self,
        done: Callable[[set[int]], bool],
        timeout: float,
        send: signal.Signals | None = None,
    ) -> Reload:
        """Send a signal, if any, and read the memory until `done(children before)`."""
        old = set(self.children())
        started = time.monotonic()
        deadline = started + timeout
        peak = peak_anon = peak_own = samples = 0
        if send is not None:
            self._child.signal(send)
        while True:
            total = self.memory()
            peak, peak_anon = max(peak, total.pss), max(peak_anon, total.anon)
            peak_own = max(peak_own, total.anon_and_shared)
            samples += 1
            if done(old):
                break
            if self._child.wait(0) is not None:
                raise ServerError(f"nginx ended meanwhile: {self.output()}")
            if time.monotonic() > deadline:
                raise ServerError(f"not done after {timeout} s: {self.output()}")
        after = self.memory()
        return Reload(
            peak_kb=max(peak, after.pss),
            peak_anon_kb=max(peak_anon, after.anon),
            peak_own_kb=max(peak_own, after.anon_and_shared),
            after_kb=after.pss,
            after_own_kb=after.anon_and_shared,
            seconds=time.monotonic() - started,
            samples=samples,
        )

    def output(self) -> str:
        """Return what nginx wrote to stdout and stderr so far."""
        return self._child.output()

    def stop(self) -> list[ProcessCounts]:
        """Stop the server and return the shim's reports, those of ended workers included.

        Gently first: told to terminate, nginx kills a worker that takes more than a second, and
        one that is killed reports nothing.
        """
        for number, timeout in ((signal.SIGQUIT, QUIT_TIMEOUT), (signal.SIGTERM, STOP_TIMEOUT)):
            self._child.signal(number)
            if self._child.wait(timeout) is not None:
                break
        else:
            self._child.kill()
        return self._child.reports()

    def close(self) -> None:
        """Stop the server, by force if need be, and forget it."""
        try:
            self.stop()
        finally:
            self._child.close()


def _is_serving(title: str) -> bool:
    return title.startswith("nginx: worker process") and "shutting down" not in title


def _worker_processes(conf_text: str) -> int:
    """Return how many workers a configuration asks for."""
    match = re.search(r"^\s*worker_processes\s+(\w+)\s*;", conf_text, re.MULTILINE)
    if match is None:
        return 1
    return len(os.sched_getaffinity(0)) if match[1] == "auto" else int(match[1])
