"""Compare counts for long: python -m tests.nginx.fuzz_counts --cases 5000 --seed 1.

Each seed is one case of each kind; the seeds that disagree are printed. One process, one core.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.nginx.compare_counts import CASES, compare_counts
from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import make_prefix, pem_bundle, server_certificate
from tests.nginx.random_structures import compare_structure
from tests.nginx.stack import Stack, native

Judge = Callable[[int, Stack, Site], tuple[str, str]]
"""Of a seed: what nginx did, and what does not agree, empty if all does."""


def counts_of(kind: str) -> Judge:
    """The comparison of counts for a kind of case."""

    def judge(seed: int, stack: Stack, site: Site) -> tuple[str, str]:
        outcome = compare_counts(CASES[kind](seed, stack, site), stack, site)
        return "accepted" if outcome.accepted else "rejected for its meaning", outcome.wrong

    return judge


def structure_of(seed: int, stack: Stack, site: Site) -> tuple[str, str]:
    """The comparison of verdicts on a structure."""
    outcome = compare_structure(seed, stack, site)
    return outcome.verdict, outcome.wrong


KINDS: dict[str, Judge] = {**{kind: counts_of(kind) for kind in CASES}, "structures": structure_of}


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare many cases; return 1 if any disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="of each kind")
    parser.add_argument("--seed", type=int, default=0, help="the first case's")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=[*KINDS])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when it stops")
    options = parser.parse_args(arguments)
    stack = native()
    began = time.monotonic()
    total: Counter[str] = Counter()
    for seed in range(options.seed, options.seed + options.cases):
        with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
            site = Site(
                make_prefix(Path(directory)), pem_bundle(BUNDLE_SIZE), *server_certificate()
            )
            for kind in options.kinds:
                verdict, wrong = KINDS[kind](seed, stack, site)
                total[f"{kind} {verdict}"] += 1
                if wrong:
                    total["disagree"] += 1
                    print(f"{kind} seed {seed}: {wrong}", flush=True)
        if time.monotonic() - began > options.seconds:
            break
    for name, count in sorted(total.items()):
        print(f"{count:7,}  {name}")
    print(f"seeds {options.seed} to {seed}, {time.monotonic() - began:.0f} s")
    return 1 if total["disagree"] else 0


if __name__ == "__main__":
    sys.exit(main())
