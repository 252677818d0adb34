"""All families of TLS directives: recorded counts of four stacks, and Debian 12's nginx live."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import ROWS, Row, Site, measure
from tests.nginx.prefix import write_conf
from tests.nginx.random_families import random_families
from tests.nginx.recorded import (
    ABILITIES,
    CASES,
    TARGETS,
    count,
    digest,
    imaginary_site,
    imaginary_stack,
    load,
)
from tests.nginx.recorded import text_of as conf_text
from tests.nginx.stack import Stack, available

LIVE = int(os.environ.get("MEMLINT_FAMILY_TREES", "120"))
CHUNKS = 6
FIRST_SEED = int(os.environ.get("MEMLINT_SEED", random.SystemRandom().randrange(1 << 32)))


def predicted(stack_name: str, seed: int, directory: Path) -> tuple[int, int]:
    site = imaginary_site()
    case = random_families(seed, site, ABILITIES[stack_name])
    conf = write_conf(directory, conf_text(stack_name, case, site))
    report = check(conf, target=TARGETS[stack_name])
    assert report.problems == []
    assert report.ssl_contexts == sum(f.ssl_contexts for f in report.families.values())
    assert report.ca_loads == sum(f.ca_loads for f in report.families.values())
    return report.ssl_contexts, report.ca_loads


@pytest.mark.parametrize("stack_name", TARGETS)
def test_the_recording_is_of_this_generator(stack_name: str) -> None:
    recording, cases = load(stack_name)
    assert recording["generator"] == digest(stack_name)
    assert len(cases) >= CASES
    assert max(case.loads for case in cases) > 3


@pytest.mark.parametrize("stack_name", TARGETS)
def test_recorded_counts(stack_name: str, tmp_path: Path) -> None:
    for case in load(stack_name)[1]:
        expected = (case.contexts, case.loads)
        assert predicted(stack_name, case.seed, tmp_path) == expected, f"seed {case.seed}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("stack_name", TARGETS)
def test_facts_table(row: Row, stack_name: str, tmp_path: Path) -> None:
    expected = row.expected.get(stack_name)
    if expected is None:
        return
    site = imaginary_site()
    stack = imaginary_stack(stack_name)
    report = check(write_conf(tmp_path, row.conf(site, stack)), target=TARGETS[stack_name])
    assert report.ssl_contexts == expected.contexts
    assert expected.loads in (None, report.ca_loads)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_facts_table_is_what_nginx_counts(row: Row, all_modules: Stack, tmp_path: Path) -> None:
    run = measure(row, all_modules, tmp_path)
    expected = row.expected["bookworm"]
    assert run.accepted, run.messages
    assert (run.counts.contexts, run.counts.loads) == (expected.contexts, expected.loads)


def stacks() -> list[str]:
    """Debian 12, and those that MEMLINT_STACKS names."""
    return ["bookworm", *os.environ.get("MEMLINT_STACKS", "").split()]


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("stack_name", stacks())
def test_random_configurations_live(
    stack_name: str, chunk: int, all_modules: Stack, tmp_path: Path
) -> None:
    by_name = {stack.name: stack for stack in available()} | {"bookworm": all_modules}
    accepted = 0
    for number in range(LIVE // CHUNKS):
        seed = FIRST_SEED + chunk * LIVE + number
        case = count(by_name[stack_name], seed, tmp_path)
        if case is None:
            continue
        accepted += 1
        expected = (case.contexts, case.loads)
        assert predicted(stack_name, seed, tmp_path) == expected, f"{stack_name}, seed {seed}"
    assert accepted > LIVE // CHUNKS // 2, "nginx rejected most of them"


def test_site_paths_do_not_matter(site: Site) -> None:
    """A recording is made with real paths and read with imaginary ones."""
    abilities = ABILITIES["bookworm"]
    real = random_families(7, site, abilities)
    imaginary = imaginary_site()
    text = real.http.replace(str(site.bundle), str(imaginary.bundle))
    text = text.replace(str(site.certificate), str(imaginary.certificate))
    text = text.replace(str(site.key), str(imaginary.key))
    text = text.replace(str(site.prefix), str(imaginary.prefix))
    assert text == random_families(7, imaginary, abilities).http
