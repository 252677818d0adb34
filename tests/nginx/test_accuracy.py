"""The memory model against recorded measurements of three stacks."""

from __future__ import annotations

import pytest

from tests.nginx.accuracy import (
    Comparison,
    at_start,
    block_labels,
    by_block,
    recording,
    through_reloads,
)
from tests.nginx.recorded import TARGETS

START = list(at_start())
RELOADS = list(through_reloads())


def name(comparison: Comparison) -> str:
    return "-".join(comparison.labels)


@pytest.mark.parametrize("comparison", START, ids=name)
def test_start_is_within_five_percent(comparison: Comparison) -> None:
    assert comparison.ratio == pytest.approx(1, abs=0.05)


@pytest.mark.xdist_group("predictions")  # made once, by one process
@pytest.mark.parametrize("labels", block_labels(), ids="-".join)
def test_a_block_is_not_dearer_than_predicted(labels: tuple[str, str]) -> None:
    [comparison] = [one for one in by_block() if one.labels == labels]
    assert 0.99 <= comparison.ratio <= 1.10


@pytest.mark.parametrize("comparison", RELOADS, ids=name)
def test_reloads(comparison: Comparison) -> None:
    if "worst" in comparison.labels[-1]:
        assert 1 <= comparison.ratio <= 1.3
    else:
        assert comparison.ratio == pytest.approx(1, abs=0.10)


def test_everything_was_measured() -> None:
    assert {c.labels[0] for c in START} == {"bullseye", "bookworm", "trixie"}
    assert {c.labels[1] for c in START} == {"1", "20", "60", "120", "150"}
    assert {c.labels[1] for c in RELOADS} == {"1", "2", "4"}
    for stack in TARGETS:
        for kind in ("bundles", "reloads", "families"):
            data = recording(kind, stack)
            assert data["rows"]
            assert data["versions"]["nginx"]
            assert data["date"]
            assert data["command"]
