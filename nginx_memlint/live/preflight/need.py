"""Bytes that one reload needs beside what nginx has now, by the laws of reloads.

A law tells how often a configuration is held in each phase. For a single reload it is split: the
new configuration is built once; the master's release of the old one and the exits of old workers
copy the old one; and where the memory after later reloads is above that after the first, it is new
workers that copy what the master has freed. What the master has now bounds the old configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nginx_memlint.live.preflight.processes import Generation, Running
from nginx_memlint.memory.held import LAWS as HELD
from nginx_memlint.memory.laws import (
    LOOSE_MOST,
    PIECES_OF_STORE,
    SHARING,
    Amount,
    Law,
    in_kernel,
)
from nginx_memlint.memory.laws_table import laws_for
from nginx_memlint.memory.parts.base import BASES, HELPERS, KIB
from nginx_memlint.targets.targets import MeasuredLaws

Laws = Mapping[str, Law]

IN_MASTER = ("base", *sorted(SHARING))
"""Kinds of memory that the master has, and that workers share with it at a start."""

COSTLIEST = "heap"
"""The kind of which a reload copies most: what may be of any kind is taken for it."""

LIBRARY = max(row.openssl for row in BASES.values()) * KIB
"""Bytes that OpenSSL keeps for itself where a configuration that was replaced had TLS, at most."""

ROOM = {"pages": 0.5, "tables": 0.5}
"""Kind → free room inside it, as a part, which small pieces fill before a master grows: beside a
geo of 40,000 networks and a map of 60,000 entries the first 14 and 17 stores of 60 CA certificates
took none (Debian 12)."""

LEAST = 0.6
"""Part of the law that the least is: no recorded reload took less (consistent hashes by weight)."""


ONCE, TOLD = 1.3, 1.5
"""Times a start up to which a master was never reloaded, where what the first reload leaves is so
much that it can be told from a start by memory alone."""


STEPS = {"glibc": frozenset({"heap", "rules"})}
"""Allocator → kinds of which new workers copy all that was freed, at every second or third reload.
Of other kinds the memory between reloads grows slowly, and no single reload needs much more."""

LATER = {"glibc": 0.12, "musl": 0.18, "jemalloc": 0.13, "mimalloc": 0.53, "tcmalloc": 0.2}
"""Allocator → part by which later reloads were above the first, at most (recordings of
measure_allocators, up to 30 reloads with 1 to 8 workers)."""


SPREAD = {"jemalloc": 0.08}
"""Allocator → part by which a reload may need more than its laws say, which are of one kind of
memory at a time: 200 TLS sites with 7 workers needed 1.5 to 3 % more."""

KEPT = {"glibc": 0.95, "musl": 0.95, "jemalloc": 0.85, "mimalloc": 0.57, "tcmalloc": 0.9}
"""Allocator → part of what the law says of it that nginx had after any reload, at least: some give
memory back in time (the same recordings)."""


GIVING_BACK = frozenset({"jemalloc", "mimalloc", "tcmalloc"})
"""Allocators that give free pages back in time, which the next reload takes again: 1,500 hosts had
62 MB of 84 some seconds after a reload, and needed 67 MB where others needed 40."""


class NewConfiguration(NamedTuple):
    """The configuration that a reload would read.

    ``amount``: its bytes by kind. ``workers``: how many it starts. ``unchanged``: whether all of
    its files are as they were when the workers of now were started. ``laws``: those measured here.
    """

    amount: Amount
    workers: int
    allocator: str
    unchanged: bool
    laws: MeasuredLaws = MeasuredLaws()


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
    old, reloaded = _old(running, new, laws)
    amount = old if new.unchanged else new.amount
    workers = max(new.workers, running.serving)
    processes = workers + (HELPERS if amount.helper else 0)
    building = copies = least_copies = later = others = 0.0
    for kind, law in laws.items():
        before, after = getattr(old, kind), getattr(amount, kind)
        if kind not in SHARING:
            others += _growth(law, "peak_worst" if reloaded else "peak", workers) * after
            continue
        once = law.start.fixed
        building += once * after
        copies += max(0.0, _growth(law, "peak", processes) - once) * before
        if new.unchanged:
            least_copies += max(0.0, _growth(law, "peak", 1) - once) * before
        if reloaded:
            later += _later(kind, laws, new.allocator, processes) * before
    given_back = 0.0
    if running.was_reloaded and new.allocator in GIVING_BACK:
        kept = (1 + LATER[new.allocator]) * _sum(amount, laws, "after")
        given_back = max(0.0, kept - running.master.anonymous)
    kernel = in_kernel(amount, processes)
    held = sum(_let_go(generation, old) for generation in running.old)
    parts = {
        "the new configuration": building,
        "copies as old workers exit and the master frees": copies,
        "copies in new workers, at worst": later,
        "pages that were given back": given_back,
        "workers that connections hold, if all are let go": held,
        "new processes": others + kernel,
        "spread between measurements": SPREAD.get(new.allocator, 0.0) * (building + copies),
    }
    free = running.master.private if reloaded else 0
    return ReloadNeed(
        least=round(max(0.0, LEAST * (building + least_copies) - free)),
        likely=round(building + copies + others + kernel),
        parts={name: round(size) for name, size in parts.items() if round(size)},
        sender=round(_sum(new.amount, laws, "start")),
    )


def _growth(law: Law, phase: str, workers: int) -> float:
    """Times by which a phase is above a start."""
    return law.times(phase, workers) - law.times("start", workers)


def _later(kind: str, laws: Laws, allocator: str, workers: int) -> float:
    """Times of an amount that a later reload may copy more than the first does."""
    law = laws[kind]
    if kind in STEPS.get(allocator, ()):
        return law.times("after_worst", workers) - law.times("after", workers)
    return LATER[allocator] * _growth(law, "peak", workers)


def _sum(amount: Amount, laws: Laws, phase: str) -> float:
    """Bytes that the master has in a phase, without what workers copy."""
    sizes: Iterator[float] = (
        getattr(laws[kind], phase).fixed * getattr(amount, kind) for kind in IN_MASTER
    )
    return sum(sizes)


def _old(running: Running, new: NewConfiguration, laws: Laws) -> tuple[Amount, bool]:
    """The configuration that runs, by kind, and whether another one may have been there before.

    Of files that were changed since, what was added or removed may be of the costliest kind.
    """
    amount, measured = new.amount, running.master.anonymous
    once, after, worst = (_sum(amount, laws, phase) for phase in ("start", "after", "after_worst"))
    reloaded = not running.as_started
    if new.unchanged:
        if after > TOLD * once:
            reloaded = measured > ONCE * once
        more = measured - (worst if reloaded else once)
        if more > 0:
            return _with(amount, more), reloaded
        return amount.times(min(1.0, measured / once)), reloaded
    size: float = measured
    if running.was_reloaded:
        # what was freed is there as well; what reading large hashes has used may be used again
        freed = measured * (1 - once / (after * KEPT[new.allocator]))
        used_again = (laws["tables"].after.fixed - laws["tables"].start.fixed) * amount.tables
        size = measured - max(0.0, freed - used_again)
    hidden = sum(part * getattr(amount, kind) for kind, part in ROOM.items())
    if size >= once:
        return _with(amount, size - once + hidden), reloaded
    return _with(_without(amount, once - size, new.workers, laws), hidden), reloaded


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


def _without(amount: Amount, missing: float, workers: int, laws: Laws) -> Amount:
    """A configuration without so many bytes, of the kinds of which a reload copies least."""

    def copied(kind: str) -> float:
        return _growth(laws[kind], "peak", workers) - laws[kind].start.fixed

    left = amount._asdict()
    for kind in sorted(SHARING, key=copied):
        taken = min(missing, left[kind])
        left[kind] -= round(taken)
        missing -= taken
    return Amount(**left)


def _let_go(generation: Generation, old: Amount) -> float:
    """Bytes that the workers of a generation copy if all exit at once; the last copies nothing.

    Each copies as much of what it shares as of the configuration that runs, and no more than that
    is: the rest was freed.
    """
    sizes: dict[str, int] = {kind: getattr(old, kind) for kind in IN_MASTER}
    whole = sum(sizes.values())
    copies = sum(HELD[kind].copied * size for kind, size in sizes.items() if kind in HELD)
    copied = copies / max(1, whole)
    shared = sorted(min(worker.shared, whole) for worker in generation.workers)
    return copied * sum(shared[:-1])
