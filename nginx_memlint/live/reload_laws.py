"""Measure the laws of reloads of this nginx with its allocator, for the kinds that decide.

What a kind holds is the difference between two servers: both have stores of CA certificates and
hosts with TLS, as many as it takes for what does not grow with them, and one has more of the kind.
Old workers are held at their exit until all have come there, as they do where there are cores for
all of them. The laws of known allocators are from more reloads, and of more configurations, than
are run here: such a law stays, raised where the measurement is above it. Where the allocator is not
the one that its name tells, the reloads tell the known one that it is like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from statistics import mean
from typing import NamedTuple

from nginx_memlint.live.available import RESERVE, available_memory
from nginx_memlint.live.limit import limit_of
from nginx_memlint.live.peaks import PeakMeter
from nginx_memlint.live.process import Reload
from nginx_memlint.live.site import Site
from nginx_memlint.memory.laws import Law, Times
from nginx_memlint.memory.laws_table import LAWS, MARGIN
from nginx_memlint.sizes import plural
from nginx_memlint.targets.target_file import NOT_BELOW
from nginx_memlint.targets.targets import MEASURABLE, PHASES

ABOVE = 1.05
"""Times a law up to which a measurement is of this law."""

WORST = {"after_worst": "after", "peak_worst": "peak"}
"""Phase at worst → that of the first reload. The worst may not be among the reloads run here."""

FAR = 0.15
"""The mean distance from a law, as a logarithm, from which on a measurement is of another one. With
glibc it was 0.09 from glibc's (Debian 12), jemalloc's law is 0.21 from it, musl's 0.5."""

LEAST_TIMES = 0.1
"""Times that are taken for what is less: a logarithm needs something."""

NEARER = 0.5
"""A part of that distance within which another allocator's law is."""

Phases = Mapping[str, float]
"""Phase → bytes, or times."""


Growth = Mapping[str, Mapping[int, Phases]]
"""Kind → workers → bytes by phase."""


class MeasuredLaw(NamedTuple):
    """The law of a kind: ``times`` as measured, by workers, ``usual`` is that of the allocator.

    ``law`` has a pair for each phase: times fixed, and for each worker. ``is_usual``: whether the
    measurement is not above the allocator's, or hardly.
    """

    kind: str
    times: Mapping[int, Phases]
    usual: Law
    law: Mapping[str, list[float]]
    is_usual: bool

    def lines(self, allocator: str) -> list[str]:
        """The measurement beside the law, a line for each number of workers."""
        what = MEASURABLE[self.kind]
        said = "as its law says" if self.is_usual else "MORE than its law says, which is raised"
        return [
            f"{what}, {plural(workers, 'worker')}: kept {times['after']:.1f}, at most "
            f"{times['after_worst']:.1f} times the start; peak {times['peak']:.1f}, at most "
            f"{times['peak_worst']:.1f} ({allocator}: {self.usual.times('peak', workers):.1f}, "
            f"{self.usual.times('peak_worst', workers):.1f}): {said}"
            for workers, times in self.times.items()
        ]


class LawRun(NamedTuple):
    """The measured laws with the allocator that they are like; ``peaks``: how they were measured.

    ``held``: whether all old workers were at their exit at once.
    """

    laws: tuple[MeasuredLaw, ...]
    allocator: str
    peaks: str
    held: bool


def measured_laws(
    site: Site,
    shapes: Mapping[str, str],
    *,
    load: str,
    main: str,
    workers: Iterable[int],
    reloads: int,
    allocator: str,
    step: Callable[[str], None],
) -> LawRun:
    """Reload servers and find the laws of what one has more than the other.

    ``shapes`` are the contents of ``http``: that of kind ``""`` is what all others have as well.
    ``allocator`` is the one by its name.
    """
    run = _Reloader(site, load, main, reloads)
    growth: dict[str, dict[int, Phases]] = {kind: {} for kind in shapes if kind}
    for count in workers:
        phases = {}
        for kind, http in shapes.items():
            step(f"reloads, {plural(count, 'worker')}")
            phases[kind] = run.phases(http, count)
        for kind, by_workers in growth.items():
            more = {phase: phases[kind][phase] - phases[""][phase] for phase in PHASES}
            # each is of two servers, whose worst may come with different reloads
            worst = {phase: max(more[phase], more[first]) for phase, first in WORST.items()}
            by_workers[count] = more | worst
    if run.held:
        allocator = like(growth, allocator)
    laws = []
    for kind, by_workers in growth.items():
        usual = LAWS[allocator][kind]
        times = times_of(by_workers, usual)
        laws.append(MeasuredLaw(kind, times, usual, *raised(times, usual)))
    return LawRun(tuple(laws), allocator, run.peaks, run.held)


def times_of(growth: Mapping[int, Phases], usual: Law) -> dict[int, Phases]:
    """How often each phase holds what is taken at a start, by workers."""
    by_workers: dict[int, Phases] = {}
    for workers, sizes in growth.items():
        unit = max(1.0, sizes["start"]) / usual.times("start", workers)
        by_workers[workers] = {phase: size / unit for phase, size in sizes.items()}
    return by_workers


def like(growth: Growth, named: str) -> str:
    """The allocator whose laws are like a measurement: the named one, if it is not far from it."""
    distances = {allocator: _distance(growth, laws) for allocator, laws in LAWS.items()}
    nearest = min(distances, key=distances.__getitem__)
    is_other = distances[named] > FAR and distances[nearest] < NEARER * distances[named]
    return nearest if is_other else named


def _distance(growth: Growth, laws: Mapping[str, Law]) -> float:
    """The mean distance of first reloads from some laws, as a logarithm."""
    return mean(
        abs(math.log(max(times[phase], LEAST_TIMES) / laws[kind].times(phase, workers)))
        for kind, by_workers in growth.items()
        for workers, times in times_of(by_workers, laws[kind]).items()
        for phase in WORST.values()
    )


class _Reloader:
    def __init__(self, site: Site, load: str, main: str, reloads: int) -> None:
        self._site = site
        self._load = load
        self._main = main
        self._reloads = reloads
        self.held = True
        self.peaks = ""

    def phases(self, http: str, workers: int) -> Phases:
        """The bytes of a server, by phase."""
        self._site.configure(http, load=self._load, workers=workers, main=self._main)
        with ExitStack() as stack:
            limit = stack.enter_context(limit_of(max(RESERVE, available_memory() - RESERVE)))
            server = stack.enter_context(self._site.server(limit.apply))
            meter = PeakMeter(server, limit)
            done = [self._reload(meter) for _ in range(self._reloads)]
        self.peaks = meter.said
        after = [one.after for one in done]
        peaks = [one.peak for one in done]
        sizes = (meter.start, after[0], max(after), peaks[0], max(peaks))
        return dict(zip(PHASES, map(float, sizes), strict=True))

    def _reload(self, meter: PeakMeter) -> Reload:
        try:
            return meter.reload(held=self.held)
        except PermissionError:
            self.held = False
            return meter.reload()


def raised(times: Mapping[int, Phases], usual: Law) -> tuple[dict[str, list[float]], bool]:
    """The law, raised to what was measured, and whether it hardly was."""
    law = {}
    most = 1.0
    for phase in PHASES:
        usual_times: Times = getattr(usual, phase)
        part = max(sizes[phase] / usual_times.of(workers) for workers, sizes in times.items())
        margin = MARGIN if part > ABOVE else 1.0
        law[phase] = _scaled(usual_times, max(1.0, margin * part))
        most = max(most, part)
    for phase, other, factor in NOT_BELOW:
        least = [factor * number for number in law[other]]
        law[phase] = [max(pair) for pair in zip(law[phase], least, strict=True)]
    return law, most <= ABOVE


def _scaled(times: Times, factor: float) -> list[float]:
    return [_up(times.fixed * factor), _up(times.each * factor)]


def _up(number: float) -> float:
    """A number with three digits that is not below another."""
    return math.ceil(number * 1000 - 1e-6) / 1000
