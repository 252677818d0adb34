"""Random configurations with traps, or of a wrong structure: memlint says what nginx says.

A long run: python -m tests.nginx.fuzz_counts --cases 5000
"""

from __future__ import annotations

import os
import random

import pytest

from tests.nginx.compare_counts import CASES, compare_counts
from tests.nginx.facts_rows import Site
from tests.nginx.random_structures import compare_structure
from tests.nginx.stack import Stack

CASE_COUNT = int(os.environ.get("MEMLINT_TREES", "240"))
CHUNKS = 4
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))
LEAST_ACCEPTED = 0.5


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("kind", CASES)
def test_counts_with_traps(kind: str, chunk: int, all_modules: Stack, site: Site) -> None:
    seeds = range(FIRST_SEED + chunk, FIRST_SEED + CASE_COUNT // 2, CHUNKS)
    accepted = 0
    for seed in seeds:
        outcome = compare_counts(CASES[kind](seed, all_modules, site), all_modules, site)
        assert not outcome.wrong, f"seed {seed}: {outcome.wrong}\n{outcome.text}"
        accepted += outcome.accepted
    assert accepted >= LEAST_ACCEPTED * len(seeds)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_structures(chunk: int, bookworm: Stack, site: Site) -> None:
    seeds = range(FIRST_SEED + chunk, FIRST_SEED + CASE_COUNT, CHUNKS)
    verdicts = set()
    for seed in seeds:
        outcome = compare_structure(seed, bookworm, site)
        assert not outcome.wrong, f"seed {seed}: {outcome.wrong}\n{outcome.text}"
        verdicts.add(outcome.verdict)
    assert "rejected for its structure" in verdicts
