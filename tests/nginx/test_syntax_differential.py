"""If nginx accepts a configuration, memlint reads all of it; if not, memlint says so too.

Generated configurations, read by both. A long run: python -m tests.nginx.fuzz_syntax --cases 50000
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.nginx.compare_syntax import compare
from tests.nginx.fuzz_syntax import lua_preamble, shrink
from tests.nginx.generate_syntax import Case, generate
from tests.nginx.stack import Stack

CASES = int(os.environ.get("MEMLINT_FUZZ_CASES", "2000"))
CHUNKS = 16
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))
LEAST_USEFUL = 0.7
"""Share of the cases that nginx must not reject for their meaning."""


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_memlint_reads_what_nginx_reads(chunk: int, bookworm: Stack, tmp_path: Path) -> None:
    preamble = lua_preamble(bookworm)
    directory = tmp_path / "p"
    numbers = range(chunk, CASES, CHUNKS)
    useful = 0
    for number in numbers:
        seed = FIRST_SEED + number
        case = generate(seed, preamble)
        comparison = compare(bookworm, case, directory)
        useful += comparison.counts
        if not comparison.agree:
            case = shrink(bookworm, case, directory, len(preamble))
            pytest.fail(f"seed {seed}\n{compare(bookworm, case, directory)}\n{_shown(case)}")
    assert useful >= LEAST_USEFUL * len(numbers)


def test_a_seed_gives_the_same_files() -> None:
    assert generate(7) == generate(7)
    assert generate(7) != generate(8)


def _shown(case: Case) -> str:
    files = [f"{name!r}: {content!r}" for name, content in case.files.items()]
    links = [f"{name!r} -> {target!r}" for name, target in case.links.items()]
    return "\n".join([*files, *links, *map(repr, case.directories)])
