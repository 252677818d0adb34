"""Workers that connections hold: what a generation keeps, the peak at the end, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.held import GENERATIONS, LAWS, held
from nginx_memlint.memory.laws import MIXED, Amount
from nginx_memlint.memory.laws_table import GLIBC, MARGIN
from tests.helpers import write

MIB = 1 << 20


def test_every_kind_has_a_law_but_what_no_generation_has() -> None:
    assert GLIBC.keys() - LAWS.keys() == {
        *("helper", "freed", "gaps", "passing", "traffic", "zone_resident"),
        *MIXED,
    }


@pytest.mark.parametrize(
    ("kind", "workers", "kept", "copied"),
    [
        ("heap", 1, 2.22, 0),
        ("heap", 4, 3.48, 3),
        ("contexts", 4, 2.52, 3),
        ("pool", 4, 1.27, 0.54),
        ("worker", 4, 4, 0),
        ("zone_renewed", 4, 1, 0),
    ],
)
def test_a_generation(kind: str, workers: int, kept: float, copied: float) -> None:
    memory = held(Amount(**{kind: 100 * MIB}), workers, start=7 * MIB)
    assert memory.kept_per_generation == pytest.approx(MARGIN * kept * 100 * MIB)
    growth = GENERATIONS * MARGIN * (kept + copied) * 100 * MIB
    assert memory.release_peak == pytest.approx(7 * MIB + growth)


def test_zones_that_are_kept_are_in_the_start_alone() -> None:
    assert held(Amount(zone_resident=MIB, zone_reserved=9 * MIB), 4, start=MIB) == (0, MIB)


def websockets(directory: Path, connections: int, main: str = "") -> Path:
    text = f"{main} worker_processes 4; events {{ worker_connections {connections}; }}"
    return write(directory, {"nginx.conf": f"{text} http {{ server {{ listen 80; }} }}"})


def test_ml207_is_of_the_whole_memory(tmp_path: Path) -> None:
    """A server of WebSockets loads no CA, and holds its connections for each generation."""
    report = check(websockets(tmp_path, 200_000), target="debian-12")
    [finding] = [finding for finding in report.findings if finding.rule == "ML207"]
    assert finding.bytes == report.memory.held.kept_bytes_per_generation > 320 * MIB
    bounded = websockets(tmp_path, 200_000, "worker_shutdown_timeout 60s;")
    assert check(bounded, target="debian-12").findings == []


def test_what_connections_hold_is_said_without_a_finding(tmp_path: Path) -> None:
    assumptions = check(websockets(tmp_path, 40_000), target="debian-12").assumptions
    [said] = [text for text in assumptions if "worker_shutdown_timeout" in text]
    assert "generation that open connections hold adds 71.1 MiB" in said
    small = check(websockets(tmp_path, 768), target="debian-12").assumptions
    assert not any("worker_shutdown_timeout" in text for text in small)
