"""Memory in room that something else has left: what is said of it, and what nginx took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.nginx.accuracy_whole import Described, recording, situation_of
from tests.nginx.measure_room import CASES, RELOADS, Case, written
from tests.nginx.prefix import make_prefix

ROWS = recording("room")["rows"]


def _case(row: dict[str, Any]) -> Case:
    return Case(*(row[name] for name in Case._fields))


def test_all_were_measured() -> None:
    assert tuple(map(_case, ROWS)) == CASES
    assert {len(row["peak_kb"]) for row in ROWS} == {RELOADS}


SMALL = Case(0, 100, has_tls=False, buffer="", workers=2)
"""Of 3 MB, a third is what reading names has used, and a first reload uses as much again."""


@pytest.mark.xdist_group("room")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_said_now(case: Case, tmp_path: Path) -> None:
    """No reload took more, but for the smallest, and what is said of the worst is near to it."""
    row = ROWS[CASES.index(case)]
    conf = written(case, make_prefix(tmp_path), Described("bookworm"))
    total = situation_of(conf, "debian-12").total
    least, most = (0.86, 1) if case == SMALL else (0.98, 1.4)
    assert total.start / 1024 == pytest.approx(row["start_kb"], rel=0.05)
    assert least <= total.reload_peak / 1024 / row["peak_kb"][0] <= most
    assert least <= total.reload_peak_worst / 1024 / max(row["peak_kb"]) <= 1.9
    assert least <= total.after_reload_worst / 1024 / max(row["after_kb"]) <= 2.3
