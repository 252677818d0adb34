"""Predicted against measured memory through hundreds of reloads."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from nginx_memlint.memory.laws import MIXED_STORES, Total
from nginx_memlint.remedies.situation import Situation
from tests.nginx.accuracy_whole import KIB, NATIVE, Described, recording, situation_of
from tests.nginx.measure_hundreds import written
from tests.nginx.recorded import TARGETS

FIRST = 12
"""Reloads that others are watched for."""

HEAD = """\
### Hundreds of reloads

Each reload leaves free pieces among those in use: after one there are 320 in the heap of the proxy
with 35 hosts, after 60 there are 2,600. The master keeps its size, but a new worker, or a process
of a cache, sorts what is free, and so copies the pages that it is in, and an exiting worker joins
it to what it frees. So each process comes to copy all of the heap but chunks of pools, old and new
configuration, and then no more: with small configurations within 150 reloads. What is said of the
worst is that. These were reloaded without a restart, exits held until all old processes had come
to theirs (`python -m tests.nginx.measure_hundreds`; a memory cgroup counts what the kernel takes
for those as well, which is in the limit). Beside what they needed, and what twelve reloads did:

| configuration | workers | reloads | worst peak, MiB | of 12, MiB | said, of the worst | of 12 | \
kept | limit, of the need | of 12 |
|---|---|---|---|---|---|---|---|---|---|
"""

TAIL = """
What is said of the worst is above 1.5 times what 12 reloads needed for {above} of {all}, and the
limit for {limits}: it is what hundreds come to. Stores of CA certificates above {most} MiB are the
exception: each reload adds up to 0.3 MB to what a process copies of them, so that it takes more
than four hundred to come to what is said.
"""


class Hundreds(NamedTuple):
    """A configuration's reloads, and the bytes that are said of it."""

    name: str
    workers: int
    peaks: list[int]
    kept: list[int]
    untouched: int
    said: Total

    @property
    def worst(self) -> float:
        """The worst peak as it is said, divided by what all reloads needed."""
        return self.said.reload_peak_worst / KIB / max(self.peaks)

    @property
    def worst_of_first(self) -> float:
        """The worst peak as it is said, divided by what the first dozen needed."""
        return self.said.reload_peak_worst / KIB / max(self.peaks[:FIRST])

    @property
    def kept_at_worst(self) -> float:
        """The bytes that are said to be kept, divided by those after any of them."""
        return self.said.after_reload_worst / KIB / max(self.kept)

    @property
    def limit(self) -> float:
        """The limit, divided by what all needed with full zones."""
        return self.said.limit / KIB / (max(self.peaks) + self.untouched)

    @property
    def limit_of_first(self) -> float:
        """The limit, divided by what the first dozen needed with full zones."""
        return self.said.limit / KIB / (max(self.peaks[:FIRST]) + self.untouched)


@cache
def hundreds() -> tuple[Hundreds, ...]:
    """Each recorded series of reloads by the hundred, beside what is said of it."""
    situations: dict[str, Situation] = {}
    compared = []
    for row in recording("hundreds", NATIVE)["rows"]:
        name, workers = row["configuration"], row["workers"]
        if name not in situations:
            with tempfile.TemporaryDirectory() as directory:
                conf = written(name, Path(directory), Described(NATIVE), workers)
                situations[name] = situation_of(conf, TARGETS[NATIVE])
                situations[name].total  # noqa: B018  reads files that are about to be removed
        said = situations[name].total_with(workers)
        untouched = row["zones_reserved_kb"] - row["zones_resident_kb"]
        compared.append(Hundreds(name, workers, row["peak_kb"], row["after_kb"], untouched, said))
    return tuple(compared)


def table() -> str:
    """The comparison, as Markdown."""
    rows = "".join(
        f"| {one.name} | {one.workers} | {len(one.peaks)} | {max(one.peaks) / KIB:,.1f} | "
        f"{max(one.peaks[:FIRST]) / KIB:,.1f} | {one.worst:.2f} | {one.worst_of_first:.2f} | "
        f"{one.kept_at_worst:.2f} | {one.limit:.2f} | {one.limit_of_first:.2f} |\n"
        for one in hundreds()
    )
    tail = TAIL.format(
        above=sum(one.worst_of_first > 1.5 for one in hundreds()),
        all=len(hundreds()),
        limits=sum(one.limit_of_first > 1.5 for one in hundreds()),
        most=MIXED_STORES >> 20,
    )
    return HEAD + rows + tail
