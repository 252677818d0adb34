"""Counts and memory of nginx that was built elsewhere, from recordings: parts of the docs.

python -m tests.nginx.measure_lua --out results
python -m tests.nginx.accuracy_lua results    # take these results over
python -m tests.documents --predictions
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from operator import eq
from pathlib import Path
from typing import Any

from nginx_memlint import ConfigReport
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.memory.laws import total
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.options.record import read_keywords
from nginx_memlint.targets.allocators_table import ALLOCATORS
from nginx_memlint.targets.banner import described_target
from nginx_memlint.targets.targets import Target
from tests.nginx import recorded, recorded_static
from tests.nginx.build_lua import BUILDS
from tests.nginx.measure_lua import PRELOADED, SHAPES
from tests.nginx.part_files import place_in
from tests.nginx.prefix import write_conf
from tests.nginx.recorded import DIRECTORY, Case, imaginary_site
from tests.nginx.recorded_lua import LuaCase, LuaStack, case_of, load, place
from tests.nginx.stack import native
from tests.nginx.whole_configurations import text

KIB = 1024
RECORDING = DIRECTORY / "lua-allocators.json"

COUNTS = """\
| libc | nginx | lua-nginx-module | stream-lua-nginx-module | njs | OpenSSL | configurations | contexts | CA loads | of each worker | equal |
|---|---|---|---|---|---|---|---|---|---|---|
"""  # noqa: E501  a row of a table

MEMORY = """\
### Lua of other releases, with other allocators

nginx as of the table of counts above, with OpenSSL 3.0 and an allocator that was preloaded; a bundle
of 120 certificates. MiB of master and workers, exact peaks of workers that exit at once; the highest
of all reloads. Where pages are kept, the allocator was told to give none back: that is the highest
there can be.

| lua-nginx-module | allocator | configuration | workers | pages kept | start, MiB | ratio | first peak | ratio | worst peak | ratio |
|---|---|---|---|---|---|---|---|---|---|---|
"""  # noqa: E501  a row of a table


@dataclass(frozen=True)
class Reloaded:
    """A configuration through reloads: what was measured in kB, and what is predicted of that."""

    lua: str
    allocator: str
    shape: str
    workers: int
    keep: bool
    measured: tuple[int, int, int]
    """At start, at the first peak and at the worst."""
    predicted: tuple[float, float, float]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Predicted by measured."""
        return tuple(a / b for a, b in zip(self.predicted, self.measured, strict=True))


def target_of(name: str) -> Target:
    """The server of a recording, as its ``nginx -V`` says."""
    banner: str = load(name)[0]["banner"]
    return described_target(banner, name)


def _report(conf: Path, target: Target) -> ConfigReport:
    return examine(Job(str(conf), replace(read_keywords({}), target=target))).report


@cache
def predicted(name: str) -> list[LuaCase]:
    """The counts that memlint gives for the configurations of a recording, in its order."""
    build, site, target = BUILDS[name], imaginary_site(), target_of(name)
    cases = []
    with tempfile.TemporaryDirectory() as directory:
        for seed in (case.seed for case in load(name)[1]):
            conf = place(build, case_of(build, seed, site), site, Path(directory))
            report = _report(conf, target)
            worker = report.per_worker
            counts = (report.ssl_contexts, report.ca_loads, worker.ssl_contexts, worker.ca_loads)
            cases.append(LuaCase(seed, *counts))
    return cases


@cache
def predicted_static() -> list[Case]:
    """The counts that memlint gives for the configurations of the static nginx, as recorded."""
    data, recorded_cases = recorded.load(recorded_static.NAME)
    target = described_target(data["banner"], recorded_static.NAME)
    cases = []
    with tempfile.TemporaryDirectory() as directory:
        for seed in (case.seed for case in recorded_cases):
            conf = write_conf(Path(directory), recorded_static.text_of(seed, imaginary_site()))
            report = _report(conf, target)
            assert report.problems == []
            cases.append(Case(seed, report.ssl_contexts, report.ca_loads))
    return cases


def _row(
    libc: str,
    versions: dict[str, str],
    cases: Sequence[Case | LuaCase],
    each: str,
    counted: Sequence[Case | LuaCase],
) -> str:
    names = ("nginx", "lua", "stream-lua", "njs", "openssl")
    cells = (
        libc,
        *(versions.get(name, "–") for name in names),
        f"{len(cases)}",
        f"{sum(case.contexts for case in cases):,}",
        f"{sum(case.loads for case in cases):,}",
        each,
        f"{sum(map(eq, cases, counted))}",
    )
    return f"| {' | '.join(cells)} |\n"


def counts() -> str:
    """A row for each release with Lua, and one for the static nginx."""
    rows = []
    for name in BUILDS:
        data, cases = load(name)
        contexts = sum(case.worker_contexts for case in cases)
        each = f"{contexts:,} / {sum(case.worker_loads for case in cases):,}"
        rows.append(_row(BUILDS[name].libc, data["versions"], cases, each, predicted(name)))
    data, static = recorded.load(recorded_static.NAME)
    rows.append(_row("musl, static", data["versions"], static, "–", predicted_static()))
    return COUNTS + "".join(rows)


@cache
def memory_recording() -> dict[str, Any]:
    """The memory of servers with Lua through reloads, and how it was measured."""
    data: dict[str, Any] = json.loads(RECORDING.read_text())
    return data


@cache
def _sizes(name: str, allocator: str, shape: str, workers: int) -> tuple[float, float, float]:
    """The kB that are predicted at start, at the first peak and at the worst."""
    build, target = BUILDS[name], target_of(name)
    target = target._replace(platform=target.platform.replaced(None, allocator))
    with tempfile.TemporaryDirectory() as directory:
        files = place_in(Path(directory))
        whole = text(SHAPES[shape](build, files), files, LuaStack(build), workers)
        conf = write_conf(files.prefix, whole)
        job = Job(str(conf), replace(read_keywords({}), target=target))
        situation = examine(job).situation
    assert situation is not None
    sizes = total(situation.amount, workers, LAWS[allocator])
    return sizes.start / KIB, sizes.reload_peak / KIB, sizes.reload_peak_worst / KIB


def reloaded() -> Iterator[Reloaded]:
    """Each series that was measured."""
    for row in memory_recording()["rows"]:
        what = row["stack"], row["allocator"], row["shape"], row["workers"]
        yield Reloaded(
            BUILDS[row["stack"]].lua,
            *what[1:],
            row["keep"],
            (row["start_kb"], row["peak_kb"][0], max(row["peak_kb"])),
            _sizes(*what),
        )


def memory() -> str:
    """A row for each series."""
    rows = []
    for one in reloaded():
        figures = " | ".join(
            f"{kb / KIB:.0f} | {ratio:.2f}"
            for kb, ratio in zip(one.measured, one.ratios, strict=True)
        )
        kept = "yes" if one.keep else "no"
        labels = (one.lua, one.allocator, one.shape, str(one.workers), kept)
        rows.append(f"| {' | '.join(labels)} | {figures} |\n")
    return MEMORY + "".join(rows)


def keep_results(directory: Path) -> None:
    """Take results of tests.nginx.measure_lua over as a recording."""
    results = [json.loads(path.read_text()) for path in sorted(directory.glob("*.json"))]
    rows = [
        json.dumps({"stack": result["stack"], "keep": result["inputs"]["keep"], **row})
        for result in results
        for row in result["rows"]
    ]
    head = {
        "versions": {result["stack"]: result["versions"] for result in results},
        "allocators": {
            name: native().package_version(ALLOCATORS[name].package) for name in PRELOADED
        },
        "date": max(result["date"] for result in results)[:10],
        "kernel": results[0]["kernel"],
        "cpus": results[0]["cpus"],
        "commands": sorted({" ".join(_shown(result["command"])) for result in results}),
        "rows": None,
    }
    text = json.dumps(head, indent=1).replace('"rows": null', '"rows": [\n  %s\n ]')
    RECORDING.write_text(text % ",\n  ".join(rows) + "\n")


def _shown(command: list[str]) -> list[str]:
    """A command, with a name for the directory of its results."""
    place = command.index("--out") + 1
    return [*command[:place], "results", *command[place + 1 :]]


if __name__ == "__main__":
    keep_results(Path(sys.argv[1]))
