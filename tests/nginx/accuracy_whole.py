"""Predicted against measured memory of single things and of whole configurations."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.memory.held import GENERATIONS
from nginx_memlint.memory.laws import MIXED
from nginx_memlint.options.record import read_keywords
from nginx_memlint.remedies.situation import Situation, Workers
from nginx_memlint.targets.targets import Target
from tests.nginx.measure_held import HEAP, HELD, held_site
from tests.nginx.measure_parts import configuration
from tests.nginx.part_cases import CASES
from tests.nginx.part_files import place_in
from tests.nginx.prefix import write_conf
from tests.nginx.recorded import DIRECTORY, TARGETS
from tests.nginx.stack import LOAD_ORDER, Stack
from tests.nginx.whole_configurations import CONFIGURATIONS
from tests.nginx.whole_configurations import text as whole_text


class Described(Stack):
    """A stack whose configurations are written, but not run."""

    @property
    def modules(self) -> frozenset[str]:
        """All modules that a configuration may load."""
        return frozenset((*LOAD_ORDER, "ngx_mail_module"))


NATIVE = "bookworm"
"""The stack whose whole configurations are recorded with all numbers of workers."""

KIB = 1024

FEW = (10, 40)
"""Numbers of units that tell the slope of what grows evenly."""

UNEVEN = (
    *("map", "geo", "charset_map", "types in http", "deny", "servers in one upstream"),
    "server, 11 addresses",
)
"""Beginnings of the names of cases in which the number of units decides the bytes of one."""


class Ratio(NamedTuple):
    """A measured and a predicted figure, in bytes."""

    name: str
    measured: float
    predicted: float

    @property
    def ratio(self) -> float:
        """The predicted figure divided by the measured one."""
        return self.predicted / self.measured


def situation_of(conf: Path, target: str | Target) -> Situation:
    situation = examine(Job(str(conf), read_keywords({"target": target}))).situation
    assert situation is not None
    assert all(problem.complete for problem in situation.tree.problems)
    return situation


@cache
def recording(kind: str, stack: str = NATIVE) -> dict[str, Any]:
    """A recording as it is checked in."""
    data: dict[str, Any] = json.loads((DIRECTORY / f"{kind}-{stack}.json").read_text())
    return data


def measured_parts(stack: str = NATIVE) -> list[str]:
    """The names of the cases that are recorded."""
    return [row["part"] for row in recording("parts", stack)["rows"]]


def of_part(name: str, stack: str = NATIVE) -> Ratio:
    """The bytes of one unit of a case, those of each worker apart."""
    [row] = [row for row in recording("parts", stack)["rows"] if row["part"] == name]
    with tempfile.TemporaryDirectory() as directory:
        predicted = _slope(stack, name, row["sizes"], Path(directory))
    return Ratio(name, row["master"] + row["text"], predicted)


def _slope(stack: str, name: str, sizes: list[int], directory: Path) -> float:
    few, many = sizes if name.startswith(UNEVEN) else FEW
    place = place_in(directory)
    totals: list[int] = []
    for count in (few, many):
        text = configuration(Described(stack), place, CASES[name], count, 1)
        amount = situation_of(write_conf(place.prefix, text), TARGETS[stack]).amount
        apart = amount.worker + amount.loose + amount.unwritten + amount.zone_reserved
        apart += sum(size for kind, size in amount._asdict().items() if kind in MIXED)
        totals.append(sum(amount) - apart)
    return (totals[1] - totals[0]) / (many - few)


@cache
def whole(stack: str = NATIVE) -> dict[tuple[str, int], dict[str, Ratio]]:
    """Each configuration with each number of workers → the ratio of each phase."""
    ratios: dict[tuple[str, int], dict[str, Ratio]] = {}
    situations: dict[str, Situation] = {}
    with tempfile.TemporaryDirectory() as directory:
        for row in recording("whole", stack)["rows"]:
            name, workers = row["configuration"], row["workers"]
            if name not in situations:
                place = place_in(Path(directory))
                conf = whole_text(CONFIGURATIONS[name](place), place, Described(stack), workers)
                path = write_conf(place.prefix, conf)
                situations[name] = situation_of(path, TARGETS[stack])
            total = situations[name].total_with(workers)
            figures = {
                "start": (row["start_kb"], total.start),
                "first peak": (row["peak_kb"][0], total.reload_peak),
                "worst peak": (max(row["peak_kb"]), total.reload_peak_worst),
                "kept at worst": (max(row["after_kb"]), total.after_reload_worst),
            }
            ratios[name, workers] = {
                phase: Ratio(name, measured * KIB, predicted)
                for phase, (measured, predicted) in figures.items()
            }
    return ratios


@cache
def held_ratios() -> dict[tuple[str, int], tuple[Ratio, Ratio]]:
    """Each configuration with each number of workers → held after all reloads, and the peak."""
    situations: dict[str, Situation] = {}
    ratios = {}
    with tempfile.TemporaryDirectory() as directory:
        for row in recording("held-whole")["rows"]:
            name, workers = row["configuration"], row["workers"]
            if name not in situations:
                place = place_in(Path(directory))
                conf = whole_text(held_site(HELD[name], place), place, Described(NATIVE), workers)
                situations[name] = situation_of(write_conf(place.prefix, conf), TARGETS[NATIVE])
            situation = replace(situations[name], workers=Workers(workers, certain=True))
            if name == HEAP:
                heap = row["start_kb"] * KIB - situation.total.start
                situation = replace(situation, lua_heap=heap)
            memory = situation.held
            kept = situation.total.start + GENERATIONS * memory.kept_per_generation
            ratios[name, workers] = (
                Ratio(name, row["held_kb"][-1] * KIB, kept),
                Ratio(name, row["release_peak_kb"] * KIB, memory.release_peak),
            )
    return ratios


def held_table() -> str:
    """The comparison of held workers, as rows of Markdown."""
    rows = []
    for (name, workers), ratios in held_ratios().items():
        cells = [f"{ratio.measured / KIB / KIB:,.0f} | {ratio.ratio:.2f}" for ratio in ratios]
        rows.append(f"| {name} | {workers} | {' | '.join(cells)} |\n")
    return "".join(rows)


WHOLE = """\
### Whole configurations

All of the service: anonymous and shared memory of master, workers and helpers, through eight
reloads (Debian 12: one, two and four workers; Debian 13: six reloads, two workers, njs with all
three), or twenty where CA certificates are most of it. Measured at rest, peaks by a memory cgroup.
A ratio above 1 is a prediction above the measurement; a worst peak that is far below may come in a
later reload.

| Debian | configuration | workers | start, MiB | ratio | first peak | worst peak | kept at worst |
|---|---|---|---|---|---|---|---|
"""

RELEASES = {"bookworm": "12", "trixie": "13"}
"""Stack whose whole configurations are recorded → Debian's release."""


def table() -> str:
    """The comparison of whole configurations, as Markdown."""
    rows = []
    for stack, release in RELEASES.items():
        for (name, workers), phases in whole(stack).items():
            start = f"{phases['start'].measured / KIB / KIB:,.1f}"
            ratios = (f"{ratio.ratio:.2f}" for ratio in phases.values())
            rows.append(f"| {' | '.join((release, name, str(workers), start, *ratios))} |\n")
    return WHOLE + "".join(rows)
