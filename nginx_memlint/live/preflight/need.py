"""Bytes that one reload needs beside what nginx has now, by the laws of reloads.

A law tells how often a configuration is held in each phase. For a single reload it is split: the
new configuration is built once; the master's release of the old one and the exits of old workers
copy the old one; and where the memory after later reloads is above that after the first, it is new
workers that copy what the master has freed. What the master has now bounds the old configuration.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nginx_memlint.live.preflight.processes import Generation, Running
from nginx_memlint.memory.held import LAWS as HELD
from nginx_memlint.memory.laws import (
    LOOSE_MOST,
    MIXED,
    PIECES_OF_STORE,
    SHARING,
    Amount,
    Law,
    in_kernel,
)
from nginx_memlint.memory.laws_table import LAWS, laws_for
from nginx_memlint.memory.parts.base import BASES, HELPERS, KIB
from nginx_memlint.targets.targets import MeasuredLaws

Laws = Mapping[str, Law]

IN_MASTER = ("base", *sorted(SHARING))
"""Kinds of memory that the master has, and that workers share with it at a start."""

MAPPED = ("tables", "code", "large")
"""Kinds of memory that are not in a heap by themselves: malloc() maps large pieces."""

COSTLIEST = "heap"
"""The kind of which a reload copies most: what may be of any kind is taken for it."""

LIBRARY = max(row.openssl for row in BASES.values()) * KIB
"""Bytes that OpenSSL keeps for itself where a configuration that was replaced had TLS, at most."""

ROOM = {"pages": 0.5, "tables": 0.5}
"""Kind → free room inside it, as a part, which small pieces fill before a master grows: beside a
geo of 40,000 networks and a map of 60,000 entries the first 14 and 17 stores of 60 CA certificates
took none (Debian 12)."""

ROOM_OF = {
    "jemalloc": ROOM | {"pages": 0.05, "heap": 0.05, "loose": LAWS["jemalloc"]["loose"].start.fixed}
}
"""Allocator → its room, where it is another: jemalloc takes half as much for whole pages, and the
master was larger for each of the first 5 and 15 stores beside such a geo. What its laws say of
stores at a start is up to 12 % more than a master has, most of it ``loose``: that hid 11 stores
which were removed from 91 (Debian 12)."""

LEAST = 0.6
"""Part of the law that the least is: no recorded reload took less (consistent hashes by weight)."""


ONCE, TOLD = 1.3, 1.5
"""Times a start up to which a master was never reloaded, where what the first reload leaves is so
much that it can be told from a start by memory alone."""


STEPS = {"glibc": frozenset({"heap", "rules"})}
"""Allocator → kinds of which new workers copy all that was freed, at every second or third reload.
Of other kinds the memory between reloads grows slowly, and no single reload needs much more. The
third reload is the first at which that was seen."""

FAULTED_ONCE = 1.6
"""Times of its memory up to which what a master was given or wrote to tells of one reload at most.
A start is given a configuration, a reload writes two, the new one and what it frees: of three, a
master has two after one reload (1.49 to 1.51), and of five two after the next; without the start,
of which the process before a daemon was given the memory, of four (Debian 12)."""

HEAP_OF_TEXT = 12.0
"""Times of its text that a CA certificate takes in memory, at most: one of 250 bytes, with a key on
a curve, takes 4,040 for 392 of text (memory/certificate.py). An entry of a revocation list takes
208, or 198 for 27."""

LATER = {"glibc": 0.12, "musl": 0.18, "jemalloc": 0.13, "mimalloc": 0.53, "tcmalloc": 0.2}
"""Allocator → part by which later reloads were above the first, at most (recordings of
measure_allocators, up to 30 reloads with 1 to 8 workers)."""

LATER_OF = {("jemalloc", "heap"): 0.04, ("glibc", "contexts"): 0.7}
"""Allocator and kind → that part, where it is another. Jemalloc: 60 stores of 120 CA certificates
needed 3 % more later, if no pages were given back, and up to 30 % less if they were (the same
recordings). Glibc: 200 hosts with TLS and four workers needed 38 MB at the first reload, and 51 at
some later ones (tests/nginx/recordings/hundreds-bookworm.json)."""


SPREAD = {("jemalloc", "contexts"): 0.1, ("jemalloc", "pool"): 0.1}
"""Allocator and kind → part by which a reload may need more than laws say, which are of one kind
of memory at a time: 200 TLS sites with 7 workers needed 1.5 to 3 % more. First peaks of CA stores
and geo alone are 6 to 9 % below their laws (tests/nginx/recordings/allocators.json)."""

KEPT = {"glibc": 0.95, "musl": 0.95, "jemalloc": 0.85, "mimalloc": 0.57, "tcmalloc": 0.9}
"""Allocator → part of what the law says of it that nginx had after any reload, at least: some give
memory back in time (the same recordings)."""


GIVING_BACK = {"jemalloc": 0.7, "mimalloc": 0.4, "tcmalloc": 0.75}
"""Allocator that gives free pages back in time, which the next reload takes again → part of what a
master had after a reload that it has still, at least: 1,500 hosts had 62 MB of 84 some seconds
after one, and needed 67 MB where others needed 40. For others it is as much below KEPT."""


SMALL = ("heap", "contexts", "rules", "library", "loose")
"""Kinds of small pieces, which take free room between others."""

DOUBT = 0.2
"""Part of a configuration by which it may be above its estimate, if that tells of all."""

AMONG = 0.3
"""Part of its small pieces that free room among them may be, which is copied with them. Where
stores of CA certificates were removed, and nginx was reloaded since, 41 further reloads of eight
configurations needed what they do without any (0.94 to 1.85 of that; Debian 12)."""


class NewConfiguration(NamedTuple):
    """The configuration that a reload would read.

    ``amount``: its bytes by kind. ``workers``: how many it starts. ``unchanged``: whether all of
    its files are as they were when the workers of now were started. ``heap_of_text``: the most
    bytes of CA certificates and revocation lists for one of the files that they are read from.
    ``laws``: those measured here. ``runs_scripts``: whether scripts keep in the master what nobody
    has stated. ``changed``: when the last of its files was changed, in seconds since boot.
    """

    amount: Amount
    workers: int
    allocator: str
    unchanged: bool
    heap_of_text: float = HEAP_OF_TEXT
    laws: MeasuredLaws = MeasuredLaws()
    runs_scripts: bool = False
    runs_in_workers: bool = False
    changed: float = -math.inf
    told: bool = False


class ReloadNeed(NamedTuple):
    """Bytes that a reload needs more.

    ``least``: if old workers exit one after the other. ``likely``: if all exit at once, as at a
    first reload. ``parts``: name → bytes of the ``most``, that of later reloads at worst, with all
    workers that connections hold let go at once. ``sender``: what ``nginx -s reload`` takes itself,
    which ends before.
    """

    least: int
    likely: int
    parts: dict[str, int]
    sender: int

    @property
    def most(self) -> int:
        """The most that it needs."""
        return max(sum(self.parts.values()), self.sender)


def need_of(running: Running, new: NewConfiguration) -> ReloadNeed:
    """The bytes that a reload of a running nginx needs more."""
    laws = laws_for(new.allocator, new.laws)
    scripts = Amount(scripts=_kept_by_scripts(running, new, laws))
    old, reloaded = _old(running, new, laws, scripts.scripts)
    old = old.plus(scripts)
    amount = old if new.unchanged else new.amount.plus(scripts)
    # more helpers than nginx has may be workers that call themselves so
    workers = max(new.workers, running.serving + max(0, len(running.helpers) - HELPERS))
    processes = workers + (HELPERS if amount.helper else 0)
    steps = frozenset() if _once_at_most(running) else STEPS.get(new.allocator, frozenset())
    building = copies = least_copies = later = others = spread = 0.0
    for kind, law in laws.items():
        if kind in MIXED:
            continue  # they grow from reload to reload, and what they are then is there before one
        before, after = getattr(old, kind), getattr(amount, kind)
        if kind == "passing":
            building += law.start.fixed * after
            continue
        if kind not in SHARING:
            others += _growth(law, "peak_worst" if reloaded else "peak", workers) * after
            continue
        once = law.start.fixed
        built, copied = once * after, max(0.0, _growth(law, "peak", processes) - once) * before
        building += built
        copies += copied
        spread += SPREAD.get((new.allocator, kind), 0.0) * (built + copied)
        if new.unchanged:
            least_copies += max(0.0, _growth(law, "peak", 1) - once) * before
        if reloaded:
            later += before * (
                law.times("after_worst", processes) - law.times("after", processes)
                if kind in steps
                else _later(kind, new.allocator) * _growth(law, "peak", processes)
            )
    given_back = 0.0
    if reloaded and new.allocator in GIVING_BACK:
        kept = (1 + LATER[new.allocator]) * _sum(amount, laws, "after")
        most = running.master.anonymous / GIVING_BACK[new.allocator]
        given_back = max(0.0, min(kept, most) - running.master.anonymous)
    if new.runs_in_workers:
        most = max((worker.anonymous for worker in running.current), default=0)
        others += workers * max(0, most - running.master.anonymous)
    kernel = in_kernel(amount, workers, processes - workers)
    held = sum(
        _let_go(generation, old, laws) + _let_go_beside(generation, running, new, old, laws)
        for generation in running.old
    )
    parts = {
        "the new configuration": building,
        "copies as old workers exit and the master frees": copies,
        "copies in new workers, at worst": later,
        "pages that were given back": given_back,
        "workers that connections hold, if all are let go": held,
        "new processes": others + kernel,
        "spread between measurements": spread,
    }
    free = running.master.private if reloaded else 0
    return ReloadNeed(
        least=round(max(0.0, LEAST * (building + least_copies) - free)),
        likely=round(building + copies + others + kernel),
        parts={name: round(size) for name, size in parts.items() if round(size)},
        sender=round(
            _sum(new.amount.plus(scripts), laws, "start")
            + laws["passing"].start.fixed * new.amount.passing
        ),
    )


def _growth(law: Law, phase: str, workers: int) -> float:
    """Times by which a phase is above a start."""
    return law.times(phase, workers) - law.times("start", workers)


def _later(kind: str, allocator: str) -> float:
    """The part by which a later reload may need more than the first does."""
    return LATER_OF.get((allocator, kind), LATER[allocator])


def _once_at_most(running: Running) -> bool:
    """Whether the master surely was not reloaded twice with as much memory as it has now."""
    return running.faulted is not None and running.faulted < FAULTED_ONCE * running.master.anonymous


def _sum(amount: Amount, laws: Laws, phase: str) -> float:
    """Bytes that the master has in a phase, without what workers copy."""
    sizes: Iterator[float] = (
        getattr(laws[kind], phase).fixed * getattr(amount, kind) for kind in IN_MASTER
    )
    return sum(sizes)


def _kept_by_scripts(running: Running, new: NewConfiguration, laws: Laws) -> int:
    """The most bytes that scripts keep in the master, if nobody has stated them.

    LuaJIT maps its memory itself, and gives all of it back at a reload: what is outside of a heap
    is of the configuration that runs.
    """
    if not new.runs_scripts:
        return 0
    master, amount = running.master.anonymous, new.amount
    most = max(0.0, master - _sum(amount, laws, "start"))
    if running.outside_heap is not None:
        mapped = sum(getattr(amount, kind) for kind in MAPPED)
        most = min(most, max(0, running.outside_heap - mapped))
    return round(most)


def _old(running: Running, new: NewConfiguration, laws: Laws, scripts: int) -> tuple[Amount, bool]:
    """The configuration that runs, by kind, and whether another one may have been there before.

    Of files that were changed since, what was added or removed may be of the costliest kind. What
    ``scripts`` keep is not in it.
    """
    amount, measured = new.amount, running.master.anonymous - scripts
    once, after, worst = (_sum(amount, laws, phase) for phase in ("start", "after", "after_worst"))
    reloaded = not running.as_started
    if new.unchanged:
        if after > TOLD * once:
            gave_back = new.allocator in GIVING_BACK and running.was_reloaded
            reloaded = running.master.anonymous > ONCE * once or gave_back
        more = measured - (worst if reloaded else once)
        if more > 0:
            most = _live_most(amount, once) if running.was_reloaded and new.told else more
            return _with(amount, min(more, most)), reloaded
        # where less is there than was said, nobody knows of which kind: it may be the cheapest
        return amount, reloaded
    room = ROOM_OF.get(new.allocator, ROOM)
    hidden = sum(part * getattr(amount, kind) for kind, part in room.items())
    size: float = measured
    more = size - once
    if running.was_reloaded:
        # what was freed is there as well; what reading large hashes has used may be used again
        kept = measured / KEPT[new.allocator]
        used_again = (laws["tables"].after.fixed - laws["tables"].start.fixed) * amount.tables
        more = (kept - after + used_again) / laws[COSTLIEST].after.fixed
        size = min(once, kept * once / after + used_again)
    if more >= 0:
        return _with(amount, more + hidden), reloaded
    left = _without(amount, once - size, _heap_most(running, new), new.workers, laws)
    return _with(left, hidden), reloaded


def _live_most(amount: Amount, once: float) -> float:
    """The most bytes that are live beside an amount, or that lie among live pieces of it.

    All else that a master has after reloads was freed whole: it is neither written to nor needed.
    """
    sizes: Iterator[int] = (getattr(amount, kind) for kind in SMALL)
    return DOUBT * once + AMONG * sum(sizes)


def _heap_most(running: Running, new: NewConfiguration) -> float:
    """The most bytes of ``heap`` in a configuration of which only what was ever read is known."""
    if running.bytes_read is None:
        return math.inf
    return new.heap_of_text * running.bytes_read


def _with(amount: Amount, more: float) -> Amount:
    """A configuration with more bytes, which may be of the costliest kind.

    That kind is stores of CA certificates: what OpenSSL keeps, and small pieces, came with them.
    """
    if more <= 0:
        return amount
    library = 0 if amount.library else LIBRARY
    pieces = min(PIECES_OF_STORE * more, max(0, LOOSE_MOST[COSTLIEST] - amount.loose))
    sizes = {COSTLIEST: round(more), "library": library, "loose": round(pieces)}
    return amount.plus(Amount(**sizes))


def _without(amount: Amount, missing: float, heap_most: float, workers: int, laws: Laws) -> Amount:
    """A configuration without so many bytes, of the kinds of which a reload copies least.

    What it would have of ``heap`` beyond the most that it can have is missing before all else.
    """

    def copied(kind: str) -> float:
        return _growth(laws[kind], "peak", workers) - laws[kind].start.fixed

    left = amount._asdict()
    bounds = [(COSTLIEST, heap_most), *((kind, 0.0) for kind in sorted(SHARING, key=copied))]
    for kind, least in bounds:
        taken = min(missing, max(0.0, left[kind] - least))
        left[kind] -= round(taken)
        missing -= taken
    return Amount(**left)


def _let_go(generation: Generation, old: Amount, laws: Laws) -> float:
    """Bytes that the workers of a generation copy if all exit at once; the last copies nothing.

    Each copies as much of what it shares as of the configuration that runs, and no more than that
    is: the rest was freed.
    """
    sizes: dict[str, int] = {kind: getattr(old, kind) for kind in IN_MASTER}
    whole = sum(sizes.values())
    copied = sum(_copied(kind, laws[kind]) * size for kind, size in sizes.items()) / max(1, whole)
    shared = sorted(min(worker.shared, whole) for worker in generation.workers)
    return copied * sum(shared[:-1])


def _let_go_beside(
    generation: Generation, running: Running, new: NewConfiguration, old: Amount, laws: Laws
) -> float:
    """Bytes that workers copy beside those of _let_go() if their files were changed since.

    What they have beside the configuration that runs may be of the costliest kind.
    """
    if generation.started > new.changed:
        return 0.0
    once, after = (_sum(old, laws, phase) for phase in ("start", "after"))
    heap = laws[COSTLIEST]
    shared = sorted(worker.shared for worker in generation.workers)[:-1]
    is_first = all(generation.started <= other.started for other in running.old)
    if not (is_first and running.may_be_of_the_start(generation.started)):
        beside = [(size / KEPT[new.allocator] - after) / heap.after.fixed for size in shared]
    else:
        beside = [size - once for size in shared]
    return _copied(COSTLIEST, heap) * sum(max(0.0, size) for size in beside)


def _copied(kind: str, law: Law) -> float:
    """Times of an amount that a worker which connections held copies as it exits.

    That was measured with glibc's laws; of others, the copies of all workers are taken.
    """
    if law is LAWS["glibc"][kind]:
        return HELD[kind].copied if kind in HELD else 0.0
    return law.peak.each - law.start.each
