"""The laws of allocators against recorded measurements, and against the kernel."""

from __future__ import annotations

import json
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.live.calibrate import calibrate
from nginx_memlint.memory.laws import Amount, total
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.targets.allocators_table import ALLOCATORS, Platform
from nginx_memlint.targets.target_file import load_target
from tests.nginx.accuracy_whole import NATIVE, Described, situation_of
from tests.nginx.cgroup import available
from tests.nginx.measure_allocators import KEPT, MUSL, SHAPES, preloads, stores
from tests.nginx.part_files import place_in
from tests.nginx.prefix import write_conf
from tests.nginx.recorded import DIRECTORY
from tests.nginx.stack import Stack
from tests.nginx.survival import survives
from tests.nginx.whole_configurations import text

ROWS: list[dict[str, Any]] = json.loads((DIRECTORY / "allocators.json").read_text())["rows"]
KIB = 1024

SMALL = ("empty", "a cache", "1 TLS host", "60 TLS hosts")
"""Shapes of nginx itself: with musl, of which one static build was measured, it borrows glibc's."""


@cache
def amount(shape: str, target: str) -> Amount:
    """The bytes of a shape, as of its tables."""
    with tempfile.TemporaryDirectory() as directory:
        place = place_in(Path(directory))
        conf = text(SHAPES[shape](place), place, Described(NATIVE), 1)
        return situation_of(write_conf(place.prefix, conf), target).amount


def series() -> dict[tuple[str, str, int], list[dict[str, Any]]]:
    """Allocator, shape and workers → the series that were measured."""
    by_series: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in ROWS:
        by_series.setdefault((row["allocator"], row["shape"], row["workers"]), []).append(row)
    return by_series


SERIES = series()


@pytest.mark.parametrize(
    "key",
    [
        # the series of a shape go to one process, which reads it once
        pytest.param(key, id=", ".join(map(str, key)), marks=pytest.mark.xdist_group(key[1]))
        for key in SERIES
    ],
)
def test_a_law_is_not_below_what_was_measured(key: tuple[str, str, int]) -> None:
    """Nor more than a fifth above, at a start and at the peaks; what glibc's are is known."""
    allocator, shape, workers = key
    rows = SERIES[key]
    target = "debian-sid" if allocator == MUSL else "debian-12"
    predicted = total(amount(shape, target), workers, LAWS[allocator])
    peaks = predicted.reload_peak_worst / KIB / max(max(row["peak_kb"]) for row in rows)
    first = predicted.reload_peak / KIB / max(row["peak_kb"][0] for row in rows)
    start = predicted.start / KIB / max(row["start_kb"] for row in rows)
    kept = predicted.after_reload_worst / KIB / max(max(row["after_kb"]) for row in rows)
    assert start >= 0.95
    assert min(first, peaks, kept) >= 0.99
    if allocator != "glibc" and not (allocator == MUSL and shape in SMALL):
        assert max(start, first) <= 1.2
        # those that give pages back in time: where all were kept, the peak is the highest
        if allocator not in KEPT or any(row["keep"] for row in rows):
            assert peaks <= 1.2


def test_every_allocator_was_measured_with_every_kind() -> None:
    assert {row["allocator"] for row in ROWS} == ALLOCATORS.keys()
    for allocator in ALLOCATORS.keys() - {"glibc"}:
        shapes = {row["shape"] for row in ROWS if row["allocator"] == allocator}
        assert {"empty", "60 CA stores", "1,000 TLS hosts", "5,000 locations"} <= shapes
        workers = {row["workers"] for row in ROWS if row["allocator"] == allocator}
        assert workers == {1, 2, 4, 8}


@pytest.mark.skipif(not available(), reason="no memory cgroup of version 1 can be made here")
def test_another_allocator_keeps_nginx_alive(bookworm: Stack, tmp_path: Path) -> None:
    """Between the two worst peaks that are predicted, glibc's is killed, and jemalloc's is not."""
    if not preloads("jemalloc"):
        pytest.skip("libjemalloc2 is not installed")
    place = place_in(tmp_path)
    conf = write_conf(tmp_path, text(stores(place, 30), place, bookworm, 4))
    peaks = [
        check(
            conf, target="debian-12", set={"allocator": name}
        ).memory.total.reload_peak_worst_bytes
        for name in ("glibc", "jemalloc")
    ]
    assert peaks[0] > 2 * peaks[1]
    between = sum(peaks) // 2
    assert not survives("glibc", conf, tmp_path, between)
    assert survives("jemalloc", conf, tmp_path, between)


@pytest.mark.parametrize("is_named", [True, False])
def test_calibrate_finds_the_allocator(
    is_named: bool, bookworm: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the name of the library that is preloaded, or else by reloads; then check uses it."""
    assert bookworm.modules
    if not preloads("jemalloc"):
        pytest.skip("libjemalloc2 is not installed")
    library = ALLOCATORS["jemalloc"].library
    if not is_named:
        [installed] = {path.resolve() for path in Path("/usr/lib").glob(f"*/{library}")}
        library = str(tmp_path / "libother.so")
        shutil.copy(installed, library)
    with monkeypatch.context() as preloading:
        preloading.setenv("LD_PRELOAD", library)
        calibration = calibrate(quick=True)
    assert calibration.platform == Platform("glibc", "jemalloc")
    assert any("reloads are not like glibc's" in note for note in calibration.notes) != is_named
    path = tmp_path / "calibrated.toml"
    path.write_text(calibration.toml())
    target = load_target(path)
    assert target.laws.allocator == "jemalloc"
    place = place_in(tmp_path)
    for shape in ("60 CA stores", "1,000 TLS hosts", "5,000 locations"):
        conf = write_conf(place.prefix, text(SHAPES[shape](place), place, Described(NATIVE), 4))
        predicted = situation_of(conf, target).total_with(4)
        rows = SERIES["jemalloc", shape, 4]
        first = predicted.reload_peak / KIB / max(row["peak_kb"][0] for row in rows)
        worst = predicted.reload_peak_worst / KIB / max(max(row["peak_kb"]) for row in rows)
        assert 0.99 <= first <= 1.2, shape
        assert 1 <= worst <= 1.25, shape
