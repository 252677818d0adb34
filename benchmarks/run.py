"""Measure memlint beside other programs that read nginx configurations, as whole processes.

    python -m benchmarks.run                    # all inputs, all contenders, 5 rounds
    python -m benchmarks.run --inputs small,large --rounds 3
    python -m benchmarks.run --curve            # memlint alone, from 1,000 to 400,000 locations

Each contender gets a virtual environment of its own below --work, with what benchmarks/peers.txt
pins; memlint is installed from this checkout. The contenders run in turn, on one core (Linux), and
of each the fastest run counts: that is the one least disturbed by others. They are compared by CPU
time, which others disturb less. "memlint --jobs" has all cores, and is compared by the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.inputs import INPUTS, Input, make
from benchmarks.measure import Run, measure

HERE = Path(__file__).parent
NGINX_INPUTS = ("small", "incident")
"""Inputs that nginx -t can be run on: the others would take it minutes and tens of GiB."""

JOBS_INPUTS = ("files", "roots")
"""Inputs that --jobs is for: many files, many configurations."""

JOBS = "memlint --jobs 0"

CURVE = (1_000, 4_000, 10_000, 40_000, 100_000, 400_000)


def best(runs: Sequence[Run]) -> Run:
    """The fastest run, with the least memory of all."""
    fastest = min(runs, key=lambda run: run.seconds)
    least = min(run.peak for run in runs)
    return Run(fastest.seconds, min(run.cpu for run in runs), least, fastest.status)


def environment(work: Path, name: str, requirement: str) -> Path:
    """The programs of a virtual environment with one requirement."""
    venv = work / f"venv-{name}"
    if not (venv / "done").exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin" / "pip"), "install", "-q", "--compile", requirement]
        subprocess.run(pip, check=True)
        (venv / "done").touch()
    return venv / "bin"


def contenders(work: Path) -> dict[str, list[str]]:
    """The commands by name; the files are to be appended."""
    pinned = dict(
        line.split("==")
        for line in (HERE / "peers.txt").read_text().split("\n")
        if line and not line.startswith("#")
    )
    shutil.rmtree(work / "venv-memlint", ignore_errors=True)
    memlint = environment(work, "memlint", str(HERE.parent)) / "memlint"
    check = [str(memlint), "check"]
    commands_of = {"memlint": check, JOBS: [*check, "-j0"]}
    for name, arguments in {
        "crossplane": ["crossplane", "parse"],
        "gixy-ng": ["gixy"],
        "gixy-next": ["gixy-next"],
    }.items():
        program = environment(work, name, f"{name}=={pinned[name]}") / arguments[0]
        commands_of[f"{name} {pinned[name]}"] = [str(program), *arguments[1:]]
    if nginx := shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        commands_of["nginx -t"] = [nginx, "-t", "-p", ".", "-c"]
    return commands_of


def warm(directory: Path) -> None:
    """Have the files in memory: else whoever comes first after a long run waits for the disk."""
    for path in directory.rglob("*"):
        if path.is_file():
            path.read_bytes()


def commands(name: str, command: list[str], given: Input, directory: Path) -> list[list[str]]:
    """The processes in which a contender reads an input: one, if it takes several files."""
    files = [str(directory / root) for root in given.roots]
    if name.startswith(("crossplane", "nginx")):
        return [[*command, file] for file in files]
    return [[*command, *files]]


def add_up(runs: Sequence[Run]) -> Run:
    """Processes that were run one after the other."""
    status = max(run.status for run in runs)
    peak = max(run.peak for run in runs)
    return Run(sum(r.seconds for r in runs), sum(r.cpu for r in runs), peak, status)


def compare(
    given: Input, programs: dict[str, list[str]], work: Path, rounds: int
) -> dict[str, Run]:
    """All contenders on one input, in turn."""
    directory = work / "inputs" / given.name
    if not directory.exists():
        make(given.name, directory)
    runs: dict[str, list[Run]] = {}
    for number in range(rounds):
        for name, command in programs.items():
            slow = name == "nginx -t"
            if slow and (given.name not in NGINX_INPUTS or number):
                continue
            if name == JOBS and given.name not in JOBS_INPUTS:
                continue
            parts = commands(name, command, given, directory)
            warm(directory)
            with cores(every=name == JOBS):
                added = add_up([measure(part, str(directory)) for part in parts])
            runs.setdefault(name, []).append(added)
    return {name: best(rounds_of) for name, rounds_of in runs.items()}


def curve(memlint: list[str], work: Path, rounds: int) -> dict[int, Run]:
    """memlint on ever more locations in one file."""
    runs = {}
    for count in CURVE:
        directory = work / "inputs" / str(count)
        if not directory.exists():
            make(str(count), directory)
        command = [*memlint, str(directory / "nginx.conf")]
        runs[count] = best([measure(command, str(directory)) for _ in range(rounds)])
    return runs


@contextmanager
def cores(*, every: bool) -> Iterator[None]:
    """Run on one core, or on all that there are."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, before if every else {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as Markdown, the first one the heading."""
    heading, *rest = rows
    marks = ["---", *["---:"] * (len(heading) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (heading, marks, *rest))


def compared(runs: dict[str, Run]) -> str:
    """The contenders on one input, and what part of each memlint takes."""
    memlint = runs["memlint"]
    rows = [("", "seconds", "CPU seconds", "peak MiB", "memlint takes", "of its memory")]
    for name, run in runs.items():
        rows.append(
            (
                name,
                f"{run.seconds:.3f}",
                f"{run.cpu:.3f}",
                f"{run.peak / 2**20:.1f}",
                f"{memlint.seconds / run.seconds if name == JOBS else memlint.cpu / run.cpu:.3f} ×",
                f"{memlint.peak / run.peak:.3f} ×",
            )
        )
    return table(rows)


def curved(runs: dict[int, Run]) -> str:
    """CPU time and memory by locations."""
    base = min(runs.values(), key=lambda run: run.cpu)
    rows = [("locations", "CPU seconds", "µs a location", "peak MiB", "bytes a location")]
    for count, run in runs.items():
        micro = (run.cpu - base.cpu) / count * 1e6
        size = (run.peak - base.peak) / count
        rows.append(
            (
                f"{count:,}",
                f"{run.cpu:.3f}",
                "" if run is base else f"{micro:.1f}",
                f"{run.peak / 2**20:.1f}",
                "" if run is base else f"{size:,.0f}",
            )
        )
    return table(rows)


def main() -> None:
    """Print tables, and write all figures if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", default=",".join(i.name for i in INPUTS), metavar="NAMES")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--curve", action="store_true", help="memlint alone, by size")
    parser.add_argument("--without", default="", metavar="NAMES", help="contenders left out")
    parser.add_argument("--work", type=Path, default=Path(".benchmarks"), metavar="DIR")
    parser.add_argument("--output", type=Path, metavar="FILE", help="all figures as JSON")
    options = parser.parse_args()
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    left_out = tuple(filter(None, options.without.split(",")))
    programs = {
        name: command
        for name, command in contenders(work).items()
        if not (left_out and name.startswith(left_out))
    }
    figures: dict[str, object] = {}
    if options.curve:
        with cores(every=False):
            by_size = curve(programs["memlint"], work, options.rounds)
        print(curved(by_size))
        figures["curve"] = {count: run._asdict() for count, run in by_size.items()}
    else:
        names = options.inputs.split(",")
        for given in (given for given in INPUTS if given.name in names):
            result = compare(given, programs, work, options.rounds)
            print(f"\n**{given.name}**: {given.what}\n\n{compared(result)}", flush=True)
            figures[given.name] = {name: run._asdict() for name, run in result.items()}
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
