"""Measure what SSL contexts cost: memory at start, CPU per load, memory over reloads.

    python -m tests.nginx.measure bundles bookworm --out results
    python -m tests.nginx.measure blocks  bookworm bullseye trixie sid --out results
    python -m tests.nginx.measure families bookworm --out results
    python -m tests.nginx.measure reloads bookworm --workers 1 2 4 --out results
    python -m tests.nginx.measure held bookworm --workers 2 --reloads 4 --out results

One JSON file per experiment and stack, written anew after every figure. Memory is the PSS of
master and workers together in kB, at rest; `anon` is the part of it without mapped files, which
all slopes and units are made of: other programs that map OpenSSL change the rest.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.nginx.experiment import RELOADS
from tests.nginx.measure_reload import held, reloads
from tests.nginx.measure_start import blocks, bundles, families
from tests.nginx.stack import Stack, available

EXPERIMENTS: dict[str, Callable[[Stack, Path, argparse.Namespace], None]] = {
    "bundles": bundles,
    "blocks": blocks,
    "families": families,
    "reloads": reloads,
    "held": held,
}


def main() -> int:
    """Run one experiment on the stacks named."""
    stacks = {stack.name: stack for stack in available()}
    parser = argparse.ArgumentParser(description="Measure what SSL contexts cost.")
    parser.add_argument("experiment", choices=list(EXPERIMENTS))
    parser.add_argument("stacks", nargs="+", choices=list(stacks))
    parser.add_argument("--out", type=Path, required=True, help="directory of the results")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--contexts", type=int, nargs="+", default=[50, 100, 200, 500])
    parser.add_argument(
        "--certificates", type=int, nargs="+", default=[1, 20, 60, 120, 0], help="0: all there are"
    )
    parser.add_argument("--locations", type=int, nargs="+", default=[100, 400, 700, 1000])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--reloads", type=int, default=RELOADS)
    arguments = parser.parse_args()
    if arguments.experiment in ("reloads", "held", "families"):  # other defaults
        if arguments.contexts == parser.get_default("contexts"):
            arguments.contexts = [50, 100, 200] if arguments.experiment == "families" else [100]
        if arguments.certificates == parser.get_default("certificates"):
            arguments.certificates = [120]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.stacks:
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            EXPERIMENTS[arguments.experiment](stacks[name], Path(directory), arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
