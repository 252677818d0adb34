"""Whether a reload fits: what it needs beside what there is room for, and what would help."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live.available import require_linux
from nginx_memlint.live.installed import target_of
from nginx_memlint.live.preflight import scripts
from nginx_memlint.live.preflight.files import changed_at, heap_of_text, is_unchanged, places_of
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.master import (
    configuration,
    described,
    find_master,
    launch_of,
)
from nginx_memlint.live.preflight.need import NewConfiguration, ReloadNeed, need_of
from nginx_memlint.live.preflight.processes import ProcessSeen, Running, look
from nginx_memlint.live.preflight.room import RoomLimit, room_around
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.options.record import Options
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import ConfigReport, Model, ProblemInfo
from nginx_memlint.sizes import MIB, human, plural
from nginx_memlint.sources.buffers import Buffers, real_path
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import open_entry

BETWEEN = 1.0
"""Seconds between two looks at old workers."""

MOST_HELPS = 3
"""Changes that are named."""

LEAST_SAVED = MIB
"""Bytes that a change must save to be named."""

JUST_BEFORE = 1.0
"""Seconds before the start of workers in which a file that was changed may not be what they have:
the clock of files is not the one of processes."""


class Fit(StrEnum):
    """Whether a reload fits."""

    FITS = "fits"
    MAY_NOT = "may not fit"
    DOES_NOT = "does not fit"


@dataclass(frozen=True, kw_only=True)
class NeedPart(Model):
    """A part of what a reload needs."""

    name: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class NeedInfo(Model):
    """Bytes that a reload needs beside what nginx has now."""

    least_bytes: int
    """If old workers exit one after the other."""
    likely_bytes: int
    """If all old workers exit at once."""
    most_bytes: int
    """At worst: what the verdict is held against."""
    parts: list[NeedPart]
    """The parts of the most."""
    command_bytes: int
    """Bytes that ``nginx -s reload`` takes itself, before: it reads the configuration as well."""


@dataclass(frozen=True, kw_only=True)
class RoomInfo(Model):
    """Something that bounds the memory of nginx."""

    name: str
    """``memory.max of /system.slice/nginx.service``, ``MemAvailable``."""
    limit_bytes: int
    used_bytes: int
    reclaimable_bytes: int
    """Bytes in use that the kernel takes back when it needs them: pages of files."""
    free_bytes: int
    """Bytes that may still be taken, without swap."""
    swap_bytes: int
    """Bytes that could be swapped beside that."""
    kills: bool
    """Whether the kernel kills at this limit; else it slows processes down."""


Kinds: TypeAlias = "Literal['master', 'workers', 'old workers', 'helpers']"


@dataclass(frozen=True, kw_only=True)
class ProcessesInfo(Model):
    """Processes of one kind: the master, workers of one generation, or helpers."""

    kind: Kinds
    processes: int
    since_seconds: float
    """Seconds since the first of them was started."""
    anonymous_bytes: int
    """Anonymous memory: what several processes share counts for each of them."""
    zones_bytes: int
    """The most shared memory that one of them has touched."""


@dataclass(frozen=True, kw_only=True)
class Preflight(Model):
    """Whether a reload of the nginx that runs here fits."""

    schema_version: Literal[1] = 1
    verdict: Fit
    reason: str
    """The reason for the verdict, in words."""
    path: str
    pid: int
    nginx: str
    """The path of the binary that runs; empty if it could not be read."""
    target: str
    allocator: str
    unchanged: bool
    """Whether all files of the configuration are as they were when the workers started."""
    need: NeedInfo
    room: list[RoomInfo]
    """All that bounds the memory of nginx, what leaves least room first."""
    processes: list[ProcessesInfo]
    waited_seconds: float
    """Seconds for which old workers were waited for."""
    helps: list[str]
    """Sentences that say what would make a reload need less."""
    unseen: list[str]
    """Sentences that say what could not be seen, and what was taken for granted instead."""
    problems: list[ProblemInfo]


class Estimated(NamedTuple):
    """The configuration that a reload would read, and how it was found."""

    path: str
    binary: str
    inspection: Inspection
    situation: Situation
    prefix: str
    unseen: list[str]


def preflight(
    name: str | None = None,
    options: Options = Options(),
    *,
    pid: str | None = None,
    wait: float = 0.0,
    root: Path = Path("/"),
    waiting: Callable[[int], None] = lambda _old: None,
) -> Preflight:
    """Say whether a reload of a running nginx fits; ``name`` is the configuration, if another one.

    ``wait`` is seconds for which old workers are waited for, of whose number ``waiting`` is told.
    ``root`` is the directory of ``proc`` and ``sys``. Raises MemlintError.
    """
    require_linux()
    kernel = Kernel(root)
    number = find_master(kernel, pid, name)
    began = time.monotonic()
    running = look(kernel, number)
    read_at = time.time()
    estimated = _estimated(kernel, number, name, options)
    while True:
        waited = time.monotonic() - began
        judged = _judged(kernel, running, estimated)
        if judged.verdict is Fit.FITS or not running.old or waited >= wait:
            return replace(judged, waited_seconds=round(waited, 1) if wait else 0.0)
        waiting(running.shutting_down)
        time.sleep(min(BETWEEN, wait - waited))
        running = look(kernel, number)
        if not is_unchanged(estimated.situation, read_at - JUST_BEFORE):
            read_at = time.time()
            estimated = _estimated(kernel, number, name, options)


def _estimated(kernel: Kernel, pid: int, name: str | None, options: Options) -> Estimated:
    launch = launch_of(kernel, pid)
    unseen = []
    if kernel.is_elsewhere(pid):
        raise MemlintError(
            f"process {pid} sees other files than memlint does: run it where nginx runs, e.g. by "
            "docker exec or kubectl exec",
            status=Exit.INCOMPLETE,
        )
    if launch.binary is None and (options.target is None or name is None):
        raise MemlintError(
            f"not allowed to see which binary process {pid} runs: be root or nginx's user, or name "
            "the configuration and the --target",
            status=Exit.INCOMPLETE,
        )
    if launch.binary is None:
        unseen.append("not allowed to see which mounts nginx has: files are those that are here")
    if launch.replaced:
        unseen.append("the binary on disk was replaced since nginx started: a reload runs the old")
    if name is None:
        assert launch.binary is not None
        name, prefix = configuration(launch, described(launch.binary))
        options = replace(options, prefix=options.prefix or prefix)
    if options.target is None:
        assert launch.binary is not None
        described(launch.binary)
        options = replace(options, target=target_of(launch.binary))
    if launch.platform is None:
        unseen.append("not allowed to see which libraries nginx has mapped: the target's allocator")
    else:
        options = replace(options, set={**launch.platform, **options.set})
    workers = options.workers or os.sysconf("SC_NPROCESSORS_ONLN")
    if launch.given is None:
        unseen.append("its title does not tell which directives nginx was started with (-g)")
    job = _begun_with(launch.directives, Job(name, replace(options, dump=False, workers=workers)))
    inspection = examine(job)
    report = inspection.report
    if inspection.situation is None or not report.complete:
        first = next(iter(report.problems), None)
        where = f": {first.file}: {first.message}" if first else ""
        raise MemlintError(
            f"{report.path} could not be read in full{where}", status=Exit.INCOMPLETE
        )
    if (other := kernel.other_file(pid, sorted(places_of(inspection.situation)))) is not None:
        raise MemlintError(
            printable(f"process {pid} sees another {other} than memlint does: run it in its mounts")
            + f", e.g. by nsenter --target {pid} --mount",
            status=Exit.INCOMPLETE,
        )
    unseen += report.guesses
    unseen += _untold(report)
    return Estimated(
        name,
        launch.binary or "",
        inspection,
        inspection.situation,
        options.prefix or "",
        unseen,
    )


def _untold(report: ConfigReport) -> Iterator[str]:
    """Sentences of memory that no configuration tells."""
    names = scripts.of_lua(report)
    if names:
        yield (
            f"what scripts of {', '.join(names)} keep is told by the memory that nginx has now "
            "alone: state it with --lua-heap"
        )
    names = [*dict.fromkeys(item.name for item in scripts.but_lua(report))]
    if names:
        listed = ", ".join(names[:MOST_HELPS])
        yield f"memory that no configuration tells is not in it: {listed}"


def _begun_with(directives: str, job: Job) -> Job:
    """The job of a configuration before which nginx reads directives of its command line."""
    if not directives:
        return job
    entry = open_entry(job.name, job.lookup)
    assert isinstance(entry.source, FileSystem)
    # a comment ends with the line; else lines keep their numbers
    text = f"{directives}\n" if "#" in directives else f"{directives} "
    place = real_path(entry.source.shown(entry.path))
    return replace(job, disk=Buffers({place: text.encode() + entry.source.read(entry.path)}))


def _judged(kernel: Kernel, running: Running, estimated: Estimated) -> Preflight:
    situation = estimated.situation
    limits = room_around(running.master.pid, kernel.root)
    if not limits:
        raise MemlintError("no memory limit and no MemAvailable can be read", None, Exit.INCOMPLETE)
    # not running.now: the configuration was read since, which takes seconds if it is large
    booted = time.time() - kernel.uptime()
    since = booted + running.since - JUST_BEFORE
    changed = changed_at(situation)
    report = estimated.inspection.report
    in_master, in_workers = scripts.in_master(report), scripts.in_workers(report)
    if in_master and situation.target.allocator == "glibc":
        running = running._replace(outside_heap=kernel.outside_heap(running.master.pid))
    new = NewConfiguration(
        situation.amount,
        situation.workers.count,
        situation.target.allocator,
        changed < since,
        heap_of_text(situation, since),
        situation.target.laws,
        bool(in_master),
        bool(in_workers),
        changed - booted + JUST_BEFORE,
        told=not (report.guesses or scripts.but_lua(report)),
    )
    need = need_of(running, new)
    verdict, reason = verdict_of(need, limits)
    others = scripts.changed(situation, report, estimated.prefix, since)
    if verdict is Fit.FITS and others:
        verdict, reason = Fit.MAY_NOT, _may_keep_more(others)
    unseen = list(estimated.unseen)
    if not running.in_full:
        unseen.append("not allowed to see what processes share: old workers may copy all they have")
    return Preflight(
        verdict=verdict,
        reason=reason,
        path=printable(estimated.path),
        pid=running.master.pid,
        nginx=printable(estimated.binary),
        target=situation.target.name,
        allocator=situation.target.allocator,
        unchanged=new.unchanged,
        need=NeedInfo(
            least_bytes=need.least,
            likely_bytes=need.likely,
            most_bytes=need.most,
            parts=[NeedPart(name=name, bytes=size) for name, size in need.parts.items()],
            command_bytes=need.sender,
        ),
        room=[_room_info(limit) for limit in limits],
        processes=list(_processes(running)),
        waited_seconds=0.0,
        helps=[] if verdict is Fit.FITS else list(_helps(running, need, new, estimated)),
        unseen=unseen,
        problems=report.problems,
    )


def verdict_of(need: ReloadNeed, limits: list[RoomLimit]) -> tuple[Fit, str]:
    """The verdict, and what decides it: the worst of all limits."""
    verdicts = []
    for limit in limits:
        if need.most <= limit.free:
            continue
        with_swap = limit.free + limit.swap
        short = human(need.most - limit.free)
        if not limit.kills:
            verdict, reason = Fit.MAY_NOT, f"{short} over it, processes are slowed down"
        elif need.most <= with_swap:
            verdict, reason = Fit.MAY_NOT, f"{short} would have to be swapped"
        elif need.least > with_swap:
            verdict, reason = (
                Fit.DOES_NOT,
                f"the least that it needs is {human(need.least)}",
            )
        elif need.likely > with_swap:
            verdict = Fit.MAY_NOT
            reason = f"{human(need.likely)} if all old workers exit at once"
        else:
            verdict = Fit.MAY_NOT
            reason = f"{human(need.likely)} is likely, up to {human(need.most)} is possible"
        verdicts.append((list(Fit).index(verdict), -limit.free, verdict, reason, limit.name))
    if not verdicts:
        return Fit.FITS, f"{human(limits[0].free - need.most)} would be left"
    _, _, verdict, reason, name = max(verdicts)
    return verdict, f"{name}: {reason}"


def _may_keep_more(names: list[str]) -> str:
    state = ": state it with --lua-heap" if all("by_lua" in name for name in names) else ""
    return f"nothing tells what scripts of {', '.join(names)} will keep, changed since{state}"


def _room_info(limit: RoomLimit) -> RoomInfo:
    return RoomInfo(
        name=printable(limit.name),
        limit_bytes=limit.limit,
        used_bytes=limit.used,
        reclaimable_bytes=limit.reclaimable,
        free_bytes=limit.free,
        swap_bytes=limit.swap,
        kills=limit.kills,
    )


def _processes(running: Running) -> Iterator[ProcessesInfo]:
    groups: list[tuple[Kinds, tuple[ProcessSeen, ...]]] = [
        ("master", (running.master,)),
        ("workers", running.current),
        *(("old workers", generation.workers) for generation in running.old),
        ("helpers", running.helpers),
    ]
    for kind, processes in groups:
        if processes:
            first = min(process.started for process in processes)
            yield ProcessesInfo(
                kind=kind,
                processes=len(processes),
                since_seconds=round(max(0.0, running.now - first), 1),
                anonymous_bytes=sum(process.anonymous for process in processes),
                zones_bytes=max(process.zones for process in processes),
            )


def _helps(
    running: Running,
    need: ReloadNeed,
    new: NewConfiguration,
    estimated: Estimated,
) -> Iterator[str]:
    """Changes that make a reload need less, or do without one."""
    if running.old:
        fewer = need_of(running._replace(old=()), new)
        gone = running.shutting_down
        saved = need.most - fewer.most
        holding = f"they let go of their memory, and a reload needs {human(saved)} less"
        yield f"wait for {plural(gone, 'old worker')} (--wait 60s): {holding}"
    situation = estimated.situation
    yield (
        f"restart instead of reload: it takes {human(situation.total.start)} once the old nginx is "
        "gone, and drops all connections"
    )
    other = LAWS.get("jemalloc")
    if situation.target.allocator == "glibc" and other is not None:
        after = need_of(running, new._replace(allocator="jemalloc"))
        if need.most - after.most > LEAST_SAVED:
            yield (
                f"start nginx with jemalloc (LD_PRELOAD): a reload needs up to {human(after.most)}"
            )
    for remedy in estimated.inspection.report.remedies[:MOST_HELPS]:
        if remedy.saves_peak_bytes > LEAST_SAVED:
            yield f"{remedy.change}: {human(remedy.saves_peak_bytes)} less at the worst peak"
