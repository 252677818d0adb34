"""The memory that each thing in a configuration takes, as the slope between two numbers of it.

    python -m tests.nginx.measure_parts --out results
    python -m tests.nginx.measure_parts --out results --only 'map*' 'geo*'
    python -m tests.nginx.measure_parts --out results --stack trixie

Memory is what the processes do not share with other programs (anonymous and shared memory), at
rest. Each case runs with one worker and with four: what grows with the number of workers is each
worker's. The slope of the master is without the text of the configuration, which builds with
``--with-debug`` keep, one byte for each.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.nginx.experiment import Results
from tests.nginx.part_cases import CASES, Case, Place
from tests.nginx.part_files import named_in, place_in
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.server import ServerError
from tests.nginx.stack import Stack, available

WORKERS = (1, 4)
TIMEOUT = 120.0
SETTLE = 0.3
"""Seconds without a change of memory after which it is taken for settled."""

KIB = 1024


def configuration(stack: Stack, place: Place, case: Case, count: int, workers: int) -> str:
    """The whole configuration with so many units."""
    inside = case.text(place, count)
    sections = {"http": "", "stream": "", "main": case.main, "mail": ""}
    sections[case.section] += inside + "\n"
    modules = stack.load_lines(*case.modules) if case.modules else ""
    text = main_conf(
        place.prefix,
        sections["http"],
        modules=modules,
        main=sections["main"] + "\n",
        workers=workers,
        stream=sections["stream"],
    ).replace("worker_connections 64", "worker_connections 2048")
    return text + (f"mail {{ {sections['mail']} }}\n" if sections["mail"] else "")


def memory(stack: Stack, place: Place, text: str) -> int:
    """Bytes that master and workers take at rest."""
    conf = write_conf(place.prefix, text)
    with stack.run(conf, place.prefix, timeout=TIMEOUT, files=named_in(text)) as server:
        last, since = server.memory().anon_and_shared, time.monotonic()
        while time.monotonic() < since + SETTLE:
            time.sleep(0.02)
            if (now := server.memory().anon_and_shared) != last:
                last, since = now, time.monotonic()
        return last * KIB


def measured(stack: Stack, place: Place, case: Case) -> dict[str, Any]:
    """Bytes of a unit in the master and in each worker, and of its text."""
    few, many = case.sizes
    slopes = {}
    for workers in WORKERS:
        sizes = [
            memory(stack, place, configuration(stack, place, case, count, workers))
            for count in case.sizes
        ]
        slopes[workers] = (sizes[1] - sizes[0]) / (many - few)
    low, high = WORKERS
    worker = (slopes[high] - slopes[low]) / (high - low)
    text = (len(case.text(place, many)) - len(case.text(place, few))) / (many - few)
    return {
        "sizes": list(case.sizes),
        "text": round(text, 1),
        "master": round(slopes[low] - low * worker - text),
        "worker": round(worker),
    }


def main() -> int:
    """Measure the cases and write their recording."""
    parser = argparse.ArgumentParser(description="Measure what each thing takes.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"])
    parser.add_argument("--stack", default="bookworm")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    [stack] = [stack for stack in available() if stack.name == arguments.stack]
    results = Results(arguments.out / f"parts-{stack.name}.json", stack, {"workers": WORKERS})
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        for name, case in CASES.items():
            if not any(fnmatch.fnmatch(name, pattern) for pattern in arguments.only):
                continue
            place = place_in(Path(tempfile.mkdtemp(dir=directory)))
            try:
                results.add(part=name, **measured(stack, place, case))
            except (ServerError, LookupError) as error:
                print(name, error, file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
