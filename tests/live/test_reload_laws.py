"""The law that is taken for a measurement: of real allocators in numbers, and its edges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.live.reload_laws import MeasuredLaw, Phases, like, raised
from nginx_memlint.memory.laws import Law, Times
from nginx_memlint.memory.laws_table import GLIBC, LAWS
from nginx_memlint.sizes import MIB
from nginx_memlint.targets.target_file import NOT_BELOW
from nginx_memlint.targets.targets import MEASURABLE, PHASES

HEAP = GLIBC["heap"]


def seen(law: Law, *workers: int, part: float = 1.0) -> dict[int, dict[str, float]]:
    """Times as they are measured where a law holds, or a part of it after the start."""
    return {
        count: {
            phase: law.times(phase, count) * (1.0 if phase == "start" else part) for phase in PHASES
        }
        for count in workers
    }


def times(law: dict[str, list[float]], phase: str, workers: int) -> float:
    fixed, each = law[phase]
    return fixed + each * workers


def pairs(law: Law) -> dict[str, list[float]]:
    return {phase: [round(number, 3) for number in getattr(law, phase)] for phase in PHASES}


def test_phases_are_those_of_laws() -> None:
    assert Law._fields == PHASES


@pytest.mark.parametrize("part", [1.0, 0.95, 0.5])
def test_a_law_is_not_lowered(part: float) -> None:
    """Later reloads than were run may take as much as it says."""
    law, is_usual = raised(seen(HEAP, 1, 4, part=part), HEAP)
    assert is_usual
    assert law == pairs(HEAP)


def test_hardly_above_raises_it_by_as_much() -> None:
    law, is_usual = raised(seen(HEAP, 1, 4, part=1.03), HEAP)
    assert is_usual
    assert times(law, "peak", 4) == pytest.approx(1.03 * HEAP.times("peak", 4), rel=0.001)


def test_more_raises_it_with_a_margin() -> None:
    law, is_usual = raised(seen(HEAP, 1, 4, part=1.5), HEAP)
    assert not is_usual
    assert times(law, "peak", 4) == pytest.approx(1.575 * HEAP.times("peak", 4), rel=0.001)


def growth(allocator: str, *workers: int, part: float = 1.0) -> dict[str, dict[int, Phases]]:
    """Bytes of an allocator whose first reloads take a part of what its laws say."""
    return {
        kind: {
            count: {
                phase: MIB * law.times(phase, count) * (1.0 if phase == "start" else part)
                for phase in PHASES
            }
            for count in workers
        }
        for kind in MEASURABLE
        for law in (LAWS[allocator][kind],)
    }


@pytest.mark.parametrize("workers", [(1, 4), (4,)])
@pytest.mark.parametrize("part", [0.9, 0.95, 1.0])
@pytest.mark.parametrize("allocator", ["jemalloc", "musl"])
def test_an_allocator_without_a_name_is_told_by_its_reloads(
    allocator: str, part: float, workers: tuple[int, ...]
) -> None:
    assert like(growth(allocator, *workers, part=part), "glibc") == allocator


@pytest.mark.parametrize("part", [0.85, 0.9, 1.0, 1.1])
@pytest.mark.parametrize("named", LAWS)
def test_an_allocator_with_a_name_is_taken_for_it(named: str, part: float) -> None:
    assert like(growth(named, 1, 4, part=part), named) == named


def test_reloads_that_are_like_no_law_leave_the_name() -> None:
    sizes = dict(zip(PHASES, (MIB, 9.0 * MIB, 9.0 * MIB, 40.0 * MIB, 40.0 * MIB), strict=True))
    assert like({"heap": {1: sizes}}, "glibc") == "glibc"
    assert like({"heap": {1: dict.fromkeys(PHASES, 0.0)}}, "glibc") == "glibc"


MORE = st.floats(0, 30)


@given(st.lists(st.tuples(MORE, MORE, MORE, MORE), min_size=1, max_size=3))
def test_no_law_is_below_what_was_measured(
    measured: list[tuple[float, float, float, float]],
) -> None:
    """Whatever that is; and it may stand in a target file."""
    by_workers = {
        workers: dict(zip(PHASES, (1.0, one, one + two, one + three, sum(four)), strict=True))
        for workers, four in zip((1, 2, 4), measured, strict=False)
        for one, two, three, _ in (four,)
    }
    law, _ = raised(by_workers, HEAP)
    for workers, phases in by_workers.items():
        for phase in PHASES:
            assert times(law, phase, workers) >= phases[phase] - 1e-6
    for phase, other, factor in NOT_BELOW:
        for workers in (1, 1000):
            assert times(law, phase, workers) >= factor * times(law, other, workers) - 1e-6


def test_lines_for_people() -> None:
    usual = Law(*(Times(number) for number in (1.0, 2.0, 3.0, 4.0, 5.0)))
    phases = dict(zip(PHASES, (1.0, 2.1, 2.9, 4.0, 4.8), strict=True))
    measured = MeasuredLaw("pool", {1: phases}, usual, pairs(usual), is_usual=True)
    assert measured.lines("musl") == [
        "blocks and directives, 1 worker: kept 2.1, at most 2.9 times the start; peak 4.0, at most "
        "4.8 (musl: 4.0, 5.0): as its law says"
    ]
