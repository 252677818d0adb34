"""Configurations that no cost was fitted to: what was said of them before anybody looked."""

from __future__ import annotations

import pytest

from tests.nginx.accuracy_held_out import HeldOut, first_contact
from tests.nginx.accuracy_whole import recording
from tests.nginx.held_out_configurations import CONFIGURATIONS
from tests.nginx.measure_held_out import MORE_WORKERS, RELOADS


@pytest.mark.parametrize("one", first_contact(), ids=lambda one: f"{one.name}, {one.workers}")
def test_a_limit_was_never_below_the_need(one: HeldOut) -> None:
    assert one.limit >= 1
    assert one.worst_peak >= 1


def test_all_were_measured() -> None:
    asked = {(name, 2) for name in CONFIGURATIONS} | {(name, 4) for name in MORE_WORKERS}
    assert {(one.name, one.workers) for one in first_contact()} == asked
    for row in recording("held-out")["rows"]:
        assert len(row["peak_kb"]) == RELOADS
