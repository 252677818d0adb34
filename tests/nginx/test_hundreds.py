"""The worst peak that is said holds for hundreds of reloads, of which all exits come at once."""

from __future__ import annotations

import pytest

from nginx_memlint.memory.laws import PROCESS
from tests.nginx.accuracy_hundreds import FIRST, Hundreds, hundreds
from tests.nginx.accuracy_whole import KIB, recording

ROWS = [(row["configuration"], row["workers"]) for row in recording("hundreds")["rows"]]

SMALL = {"stock Debian site": 0.94, "1 TLS host": 0.96}
"""Configuration → the least, where what the kernel takes for exiting workers is a tenth of all."""


def one_of(key: tuple[str, int]) -> Hundreds:
    """A configuration with a number of workers."""
    [one] = (one for one in hundreds() if (one.name, one.workers) == key)
    return one


@pytest.mark.xdist_group("predictions")
@pytest.mark.parametrize("key", ROWS, ids=lambda key: f"{key[0]}, {key[1]}")
def test_no_reload_took_more_than_is_said(key: tuple[str, int]) -> None:
    one = one_of(key)
    assert SMALL.get(one.name, 1) <= one.worst <= 1.6
    assert one.worst_of_first <= 1.9
    assert one.kept_at_worst >= 1
    assert one.limit >= 1


@pytest.mark.xdist_group("predictions")
@pytest.mark.parametrize("name", SMALL)
def test_what_the_kernel_takes_for_exiting_workers_is_in_the_limit(name: str) -> None:
    """Of the smallest, which a memory cgroup counts with it."""
    one = one_of((name, 4))
    assert one.said.reload_peak_worst + 4 * PROCESS > max(one.peaks) * KIB


@pytest.mark.xdist_group("predictions")
def test_limits_of_nine_in_ten_are_near_the_need() -> None:
    assert sum(one.limit <= 1.5 for one in hundreds()) >= 0.9 * len(hundreds())


def test_hundreds_were_measured() -> None:
    rows = recording("hundreds")["rows"]
    assert len({row["configuration"] for row in rows}) >= 25
    assert sum(len(row["peak_kb"]) >= 120 for row in rows) >= 25
    assert max(len(row["peak_kb"]) for row in rows) == 400
    assert all(len(row["after_kb"]) == len(row["peak_kb"]) > FIRST for row in rows)
