"""Twice as much of anything is twice as much work, or that and a little: no seconds are asked.

Work is the lines of Python that are run. What regular expressions and other C does is not in it:
test_expressions.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.remedies import proposals as remedies
from tests.helpers import write
from tests.hostile.limited import slow
from tests.hostile.work import REPEATED, Repeated, lines_run

FEW = 64
"""Of one kind."""

FEW_OF_EACH = 30
"""Of each of two kinds."""

LITTLE = 0.3
"""Lines for each pair of repeated things: less is taken for the size of steps, not for a square."""

PAIRS = [
    ("certificates", "servers that inherit"),
    ("included servers", "servers that verify"),
    ("bundles", "ignores"),
    ("nested locations", "bundles in one ignore"),
    ("arguments", "files with a bundle"),
    ("chain of includes", "cycles"),
    ("includes", "unknown blocks"),
    ("absolute includes that are missing", "files"),
]
"""Of which one was once looked at for each of the other."""


STEPPED = ("blanks of an ignore", "certificates of a bundle", "patterns of brackets")
"""Kinds of which few are more work each than many, which could hide a square beside them."""

STRAIGHT = [kind for kind in REPEATED if kind not in STEPPED]


def groups(kinds: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Groups of a size in which any two of the kinds come together."""
    apart = {kind: {*kinds} - {kind} for kind in kinds}
    while any(apart.values()):
        group: list[str] = []
        for _ in range(size):
            rest = [kind for kind in kinds if kind not in group]
            gains = [(len(apart[kind].intersection(group)), len(apart[kind])) for kind in rest]
            group.append(rest[gains.index(max(gains))])
        for kind in group:
            apart[kind].difference_update(group)
        yield tuple(group)


@pytest.fixture(autouse=True)
def few_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four remedies are worked out for any size: each is work of the size of the configuration."""
    monkeypatch.setattr(remedies, "MOST_REMEDIES", 4)


def work(directory: Path, kinds: tuple[str, ...], count: int, target: str) -> int:
    """The lines of Python that a check of a configuration with so many of each kind runs."""
    made = Repeated()
    for kind in kinds:
        made += REPEATED[kind](count)
    conf = made.write(directory / str(count))
    return lines_run(lambda: check(conf, target=target, breakdown=True))


def excess(directory: Path, kinds: tuple[str, ...], count: int, target: str) -> float:
    """Lines by which the second doubling takes more than twice the first, and what is allowed."""
    work(directory, kinds, 2 * count, target)  # patterns are compiled once
    # not from nothing on: what is empty is told of, which is work of its own
    half, once, twice = (work(directory, kinds, n, target) for n in (count // 2, count, 2 * count))
    half = min(half, once)  # a short word may be explained, a long one not
    return twice - once - 2 * (once - half) - LITTLE * 2 * count * count


def assert_doubles(directory: Path, kinds: tuple[str, ...], count: int, target: str) -> None:
    """A remedy that helps from some size on is a step there; a square is one at all sizes."""
    sizes = (count, 2 * count, 4 * count)
    assert any(excess(directory, kinds, size, target) < 0 for size in sizes)


@pytest.mark.parametrize("kind", REPEATED)
def test_twice_of_one(kind: str, tmp_path: Path) -> None:
    assert_doubles(tmp_path, (kind,), FEW, "debian-12")


@slow
@pytest.mark.parametrize("kind", REPEATED)
def test_twice_of_one_where_contexts_are_shared(kind: str, tmp_path: Path) -> None:
    assert_doubles(tmp_path, (kind,), FEW, "debian-13")


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
def test_twice_of_two(kinds: tuple[str, str], tmp_path: Path) -> None:
    assert_doubles(tmp_path, kinds, FEW_OF_EACH, "debian-12")


@slow
@pytest.mark.parametrize("kinds", [*groups(STRAIGHT, 8)], ids="+".join)
def test_twice_of_many(kinds: tuple[str, ...], tmp_path: Path) -> None:
    assert_doubles(tmp_path, kinds, FEW_OF_EACH, "debian-12")


@slow
@pytest.mark.parametrize("kind", REPEATED)
@pytest.mark.parametrize("stepped", STEPPED)
def test_twice_of_two_of_which_one_is_stepped(stepped: str, kind: str, tmp_path: Path) -> None:
    assert_doubles(tmp_path, (stepped, kind), FEW_OF_EACH, "debian-12")


def test_any_two_kinds_come_together() -> None:
    together = {frozenset(pair) for group in groups(STRAIGHT, 8) for pair in combinations(group, 2)}
    assert together == {frozenset(pair) for pair in combinations(STRAIGHT, 2)}


def test_squares_are_seen() -> None:
    def square(count: int) -> int:
        return sum(1 for _ in range(count) for _ in range(count))

    once, twice = (lines_run(lambda n=n: square(n)) for n in (FEW, 2 * FEW))  # type: ignore[misc]
    assert twice > 2 * once + LITTLE * 2 * FEW * FEW


@pytest.mark.parametrize("kind", ["http", "stream", "mail"])
def test_ports_of_a_range_are_no_work_each(kind: str, tmp_path: Path) -> None:
    def lines(last: int) -> int:
        server = f"server {{ listen 2-{last}; }} server {{ listen 127.0.0.1:3-{last}; }}"
        text = f"events {{ worker_connections 9; }} {kind} {{ {server} }}"
        conf = write(tmp_path, {"nginx.conf": text})
        return lines_run(lambda: check(conf, target="debian-12"))

    lines(9)  # patterns are compiled once
    fewer = lines(30_000)  # enough of them for a remedy to be worked out, as for all
    assert lines(65_535) < 1.1 * fewer < 1.5 * lines(9)
