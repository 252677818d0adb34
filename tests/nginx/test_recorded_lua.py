"""Recorded counts of nginx with four releases of the Lua modules, on glibc and on musl."""

from __future__ import annotations

import pytest

from tests.nginx.accuracy_lua import predicted, reloaded, target_of
from tests.nginx.build_lua import BUILDS
from tests.nginx.recorded_lua import CASES, digest, load

pytestmark = pytest.mark.xdist_group("predictions")  # made once, by one process


@pytest.mark.parametrize("name", BUILDS)
def test_the_recording_is_of_this_generator(name: str) -> None:
    recording, cases = load(name)
    assert recording["generator"] == digest(BUILDS[name])
    assert len(cases) >= CASES
    assert len({case.seed for case in cases}) == len(cases)
    assert max(case.loads for case in cases) > 3
    assert {case.worker_contexts for case in cases} >= {0, 1, 2}
    assert max(case.worker_loads for case in cases) >= 2


@pytest.mark.parametrize("name", BUILDS)
def test_recorded_counts_of_lua(name: str) -> None:
    assert predicted(name) == load(name)[1]


@pytest.mark.parametrize("name", BUILDS)
def test_a_target_is_what_its_nginx_says(name: str) -> None:
    versions = load(name)[0]["versions"]
    target = target_of(name)
    assert {"lua", "stream_lua"} <= target.built_in
    assert [target.texts[key] for key in ("nginx", "lua", "stream_lua", "openssl")] == [
        versions[key] for key in ("nginx", "lua", "stream-lua", "openssl")
    ]


def test_releases_on_both_sides_of_the_border_were_counted() -> None:
    versions = [load(name)[0]["versions"] for name in BUILDS]
    assert {(version["lua"], version["stream-lua"]) for version in versions} == {
        ("0.10.21", "0.0.11"),
        ("0.10.25", "0.0.13"),
        ("0.10.26", "0.0.14"),
        ("0.10.28", "0.0.16"),
    }
    assert ["musl" in version for version in versions] == [False] * 4 + [True]


@pytest.mark.parametrize("keep", [False, True])
def test_peaks_with_other_allocators_are_within_a_fifth(keep: bool) -> None:
    """Never below; allocators that give pages back stay further below the highest there can be."""
    rows = [row for row in reloaded() if row.keep is keep]
    assert {(row.lua, row.allocator, row.workers) for row in rows} == {
        (lua, allocator, workers)
        for lua in ("0.10.25", "0.10.28")
        for allocator in ("jemalloc", "mimalloc")
        for workers in (1, 4)
    }
    assert len(rows) == 16
    for row in rows:
        assert min(row.ratios) >= 1, row
        assert row.ratios[0] <= 1.2, row
        assert not keep or max(row.ratios) <= 1.2, row
