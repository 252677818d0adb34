"""Fuzz all targets, one after the other: python -m fuzz.run --seconds 3600 [TARGET ...].

Writes into a temporary directory of its own, which is kept if something is found: the input is
there, and the function of fuzz.targets fails on it again. The package is instrumented once, which
takes seconds; each target is fuzzed by a process that is forked then.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
SHARES = {
    "config": 6,
    "files": 6,
    "lexer": 4,
    "html": 2,
    "dump": 2,
    "globs": 1,
    "settings": 1,
    "target_file": 1,
    "bundle": 1,
    "names": 1,
    "sizes": 1,
}
"""Target → its part of the time."""

MEMORY_MIB = 2048
TIMEOUT = 20
"""Seconds for one input, which takes a few milliseconds."""

_UNITS = re.compile(rb"stat::number_of_executed_units:\s+(\d+)")
_COVERAGE = re.compile(rb"cov: (\d+) ft: \d+ corp: (\d+)")


class Outcome(NamedTuple):
    """The outcome of fuzzing one target."""

    target: str
    seconds: float
    executions: int
    coverage: int
    corpus: int
    failed: bool


def fuzz(
    target: str, seconds: int, directory: Path, begin: Callable[[str, list[str]], None]
) -> Outcome:
    """Fuzz one target in a process that ``begin`` becomes; the directory gets what comes of it."""
    corpus = directory / target
    corpus.mkdir(exist_ok=True)
    dictionary = HERE / "nginx.dict"
    options = [
        *(f"-max_total_time={seconds}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY_MIB}"),
        *("-max_len=4000", "-print_final_stats=1", f"-dict={dictionary}"),
        *(f"-artifact_prefix={directory}/{target}-", str(corpus)),
        *([str(CORPUS / target)] if (CORPUS / target).is_dir() else []),
    ]
    log = directory / f"{target}.log"
    began = time.monotonic()
    child = os.fork()
    if not child:
        with log.open("wb") as out:
            os.dup2(out.fileno(), 1)
            os.dup2(out.fileno(), 2)
        begin(target, options)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    text = log.read_bytes()
    units = _UNITS.search(text)
    coverage = _COVERAGE.findall(text)
    return Outcome(
        target,
        time.monotonic() - began,
        int(units[1]) if units else 0,
        int(coverage[-1][0]) if coverage else 0,
        int(coverage[-1][1]) if coverage else 0,
        status != 0,
    )


def main() -> int:
    """Fuzz, print a table, and tell whether nothing was found."""
    parser = argparse.ArgumentParser(description="Fuzz all targets.")
    parser.add_argument("--seconds", type=int, default=3600, help="in all")
    parser.add_argument("targets", nargs="*", default=list(SHARES), metavar="TARGET")
    given = parser.parse_args()
    if unknown := set(given.targets) - SHARES.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(SHARES)}")
    shares = {target: SHARES[target] for target in given.targets}
    # as it is imported, the package is instrumented
    from fuzz.harness import begin  # noqa: PLC0415

    directory = Path(tempfile.mkdtemp(prefix="memlint-fuzz-"))
    tempfile.tempdir = str(directory)  # what is fuzzed writes there
    print(
        "| target | seconds | executions | coverage | corpus | |",
        "|---|--:|--:|--:|--:|---|",
        sep="\n",
    )
    outcomes = []
    for target, share in shares.items():
        seconds = max(1, given.seconds * share // sum(shares.values()))
        outcome = fuzz(target, seconds, directory, begin)
        outcomes.append(outcome)
        verdict = f"FAILED: {directory}/{target}.log" if outcome.failed else "nothing found"
        figures = f"{outcome.executions:,} | {outcome.coverage:,} | {outcome.corpus:,}"
        print(f"| {target} | {outcome.seconds:.0f} | {figures} | {verdict} |", flush=True)
    total = sum(outcome.executions for outcome in outcomes)
    print(f"| all | {sum(o.seconds for o in outcomes):.0f} | {total:,} | | | |")
    if any(outcome.failed for outcome in outcomes):
        return 1
    shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
