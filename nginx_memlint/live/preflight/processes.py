"""An nginx that runs: its master, and its workers by generation, each with its memory.

Workers of one generation were started by one start or reload. An old one says in its title that it
is shutting down. A title is what a worker says of itself: one that calls itself a helper is told by
its start, as nginx starts a helper after the workers of its generation, and ends it with the next.
Sizes are bytes, times are seconds since boot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live.preflight.kernel import Kernel

MASTER = "nginx: master process"
_WORKER = "nginx: worker process"
_OLD = "is shutting down"

TOGETHER = 2.0
"""Seconds between two starts of workers that are of one generation."""

AT_START, AT_START_TIMES = 0.5, 1.5
"""Seconds after the master's start, and times of what it was busy, in which workers of the start
are started: a server that runs in the foreground reads its configuration in between. All that it
was busy for a reload comes before the workers of that, and so does the time between the two."""


READING, READING_TIMES = 5.0, 3.0
"""Seconds, and times of what the master was busy, that a start takes at most."""


class ProcessSeen(NamedTuple):
    """One process.

    ``anonymous``: memory of its own, also what was swapped. ``shared``: the part of it that other
    processes have as well; where that is not read, all of it. ``private``: what no other has;
    where that is not read, nothing. ``zones``: shared memory that it has touched.
    """

    pid: int
    started: float
    anonymous: int
    shared: int
    private: int
    zones: int


class Generation(NamedTuple):
    """Workers that were started together."""

    workers: tuple[ProcessSeen, ...]

    @property
    def started(self) -> float:
        """When the first was started."""
        return min(worker.started for worker in self.workers)


class Running(NamedTuple):
    """An nginx that runs: ``current`` are the workers that serve, ``old`` those that shut down.

    ``helpers`` are its other processes. ``now`` is seconds since boot, ``busy_seconds`` those in
    which the master has worked or waited for a CPU. ``in_full`` tells whether shared and private
    memory could be read. ``faulted`` is bytes of pages that the master was given or wrote to,
    ``bytes_read`` those that it read of files, at most; None where what it has now is not in them:
    a daemon is forked once it has read its configuration. ``outside_heap`` is the anonymous memory
    that the master has outside of glibc's heap; None with other allocators, which have none.
    """

    master: ProcessSeen
    current: tuple[ProcessSeen, ...]
    old: tuple[Generation, ...]
    helpers: tuple[ProcessSeen, ...]
    now: float
    busy_seconds: float
    in_full: bool
    faulted: int | None = None
    bytes_read: int | None = None
    outside_heap: int | None = None

    @property
    def serving(self) -> int:
        """How many workers serve."""
        return len(self.current)

    @property
    def shutting_down(self) -> int:
        """How many old workers there are."""
        return sum(len(generation.workers) for generation in self.old)

    @property
    def as_started(self) -> bool:
        """Whether all workers are those of the start, so that there was no reload."""
        last = max((worker.started for worker in self.current), default=self.master.started)
        return not self.old and self.may_be_of_the_start(last)

    @property
    def was_reloaded(self) -> bool:
        """Whether the workers are surely not those of the start."""
        return self.since > self.master.started + READING + READING_TIMES * self.busy_seconds

    def may_be_of_the_start(self, started: float) -> bool:
        """Whether workers that were started then may be those of the start."""
        return started <= self.master.started + AT_START + AT_START_TIMES * self.busy_seconds

    @property
    def since(self) -> float:
        """When the workers that serve were started, or else the master."""
        return min((worker.started for worker in self.current), default=self.master.started)


def look(kernel: Kernel, pid: int) -> Running:
    """Read all processes of a master. Raises MemlintError if it ends meanwhile, or is none."""
    life = kernel.life(pid)
    if life is None:
        raise _not_told(f"there is no process {pid}: nginx has ended, or its pid file is stale")
    if not kernel.title(pid).startswith(MASTER):
        raise _not_told(f"process {pid} is no nginx master: its pid file is stale, or not nginx's")
    master = _seen(kernel, pid)
    current, old, helpers = [], [], []
    for child in kernel.children(pid):
        title = kernel.title(child)
        # until it has run what is to be run in each worker, one has the master's title
        begins = title.startswith(MASTER) and not kernel.children(child)
        serves = begins or (title.startswith(_WORKER) and _OLD not in title)
        # what workers that serve share is in no figure, and reading it takes long
        process = _seen(kernel, child, pages=not serves)
        if process is None:
            continue
        if serves:
            current.append(process)
        elif title.startswith(_WORKER):
            old.append(process)
        else:
            helpers.append(process)
    first = min((worker.started for worker in current), default=life.started)
    old += [process for process in helpers if process.started < first]
    helpers = [process for process in helpers if process.started >= first]
    later = kernel.life(pid)
    if master is None or later is None or later.started != life.started:
        raise _not_told(f"nginx (process {pid}) ended while it was read")
    in_full = bool(kernel.sizes(pid, "smaps_rollup"))
    generations = _generations(old)
    counts = later.faulted >= master.anonymous and not kernel.gives_large_pages()
    return Running(
        master,
        tuple(current),
        generations,
        tuple(helpers),
        kernel.uptime(),
        life.cpu_seconds + kernel.waited_seconds(pid),
        in_full,
        later.faulted if counts else None,
        kernel.bytes_read(pid) if counts else None,
    )


def _not_told(message: str) -> MemlintError:
    return MemlintError(message, status=Exit.INCOMPLETE)


def _seen(kernel: Kernel, pid: int, *, pages: bool = True) -> ProcessSeen | None:
    """The memory of a process; None if it has ended."""
    life = kernel.life(pid)
    sizes = kernel.sizes(pid, "status")
    if life is None or "RssAnon" not in sizes:
        return None
    anonymous = sizes["RssAnon"] + sizes.get("VmSwap", 0)
    common = kernel.sizes(pid, "smaps_rollup") if pages else {}
    return ProcessSeen(
        pid,
        life.started,
        anonymous,
        min(anonymous, common.get("Shared_Dirty", anonymous)),
        min(anonymous, common.get("Private_Dirty", 0)),
        sizes.get("RssShmem", 0),
    )


def _generations(workers: Sequence[ProcessSeen]) -> tuple[Generation, ...]:
    """The generations of workers, the oldest first."""
    groups: list[list[ProcessSeen]] = []
    for worker in sorted(workers, key=lambda worker: worker.started):
        if groups and worker.started <= groups[-1][-1].started + TOGETHER:
            groups[-1].append(worker)
        else:
            groups.append([worker])
    return tuple(Generation(tuple(group)) for group in groups)
