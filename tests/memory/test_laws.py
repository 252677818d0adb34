"""The laws of reloads: each kind of memory in each phase."""

from __future__ import annotations

import pytest

from nginx_memlint.memory.laws import (
    COPIED_BY_HELPERS,
    MIXED_ALWAYS,
    MIXED_STORES,
    Amount,
    Law,
    Total,
    in_kernel,
    piece,
    reasons,
    settled,
)
from nginx_memlint.memory.laws import total as total_of
from nginx_memlint.memory.laws_table import GLIBC, LAWS, MARGIN
from nginx_memlint.targets.allocators_table import ALLOCATORS

MIB = 1 << 20


def total(amount: Amount, workers: int, helpers: int = 0, first_peak: float = 0.0) -> Total:
    return total_of(amount, workers, GLIBC, first_peak, helpers)


def test_every_kind_has_a_law_but_what_is_reserved() -> None:
    assert LAWS.keys() == ALLOCATORS.keys()
    for laws in LAWS.values():
        assert {*Amount._fields} - {*laws} == {"zone_reserved", "threads"}


@pytest.mark.parametrize(("workers", "peak", "worst", "kept"), [(1, 3, 5, 3), (4, 6, 14, 6)])
def test_stores_of_certificates(workers: int, peak: int, worst: int, kept: int) -> None:
    """Measured on Debian 11, 12 and 13: (2 + W) U, (2 + 3 W) U, and (2 + W) U for good."""
    phases = total(Amount(heap=MIB), workers)
    assert phases.start == MIB
    assert phases.reload_peak == round(MARGIN * peak * MIB)
    assert phases.reload_peak_worst == round(MARGIN * worst * MIB)
    assert phases.after_reload_worst == round(MARGIN * kept * MIB)


def test_of_a_large_piece_free_writes_to_a_page() -> None:
    """Measured with hashes of 320 and 32,000 points: workers that exit copied 0.8 and none."""
    assert piece(5_000) == Amount(code=4_096, large=904)
    assert piece(1_000) == Amount(code=1_000)
    few, many = (total(Amount(large=MIB), workers) for workers in (1, 8))
    assert few == many._replace(limit=few.limit)
    assert few.reload_peak_worst == round(MARGIN * 3 * MIB)


def test_pieces_of_contexts_take_gaps_between_pages() -> None:
    """Measured with 15,000 networks: 200 and 400 hosts took as much of them, 100 all they need."""
    few, many = (
        settled(Amount(contexts=size * MIB, pages=20 * MIB, gaps=10 * MIB)) for size in (2, 30)
    )
    assert [each.gaps // MIB for each in (few, many)] == [2, 10]
    assert settled(Amount(gaps=MIB)) == Amount()
    for amount in (few, many):
        beside = amount._replace(gaps=0)
        assert total(beside, 2).start - total(amount, 2).start == amount.gaps
        assert total(beside, 2).reload_peak - total(amount, 2).reload_peak == amount.gaps
        assert total(beside, 2).reload_peak_worst == total(amount, 2).reload_peak_worst


def test_what_is_mixed_is_part_of_contexts_and_stores() -> None:
    """Measured: contexts of 35 hosts all mixed, of 200 without certificates a small part; what is
    mixed of stores grows by 0.3 MB a reload, whatever their size."""
    some = Amount(contexts=5 * MIB, mixed_contexts=9 * MIB, mixed_stores=2 * MIB)
    assert settled(some) == some._replace(mixed_contexts=5 * MIB)
    pools = settled(some._replace(pool=60 * MIB))
    assert (pools.mixed_pools, settled(some._replace(pool=9)).mixed_pools) == (40 * MIB, 9)
    large = Amount(contexts=5 * MIB, mixed_contexts=3 * MIB, mixed_stores=900 * MIB)
    assert settled(large) == large._replace(mixed_stores=MIXED_STORES)
    plain = Amount(contexts=5 * MIB, mixed_contexts=10)
    assert settled(plain).mixed_contexts == MIXED_ALWAYS
    assert settled(Amount(contexts=9)).mixed_contexts == 9


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_many_reloads_have_each_process_copy_all_of_a_heap(workers: int) -> None:
    """Measured with 10 stores and four workers: at rest each had the master's 15 MB, old and new
    configuration, after 60 reloads, and old and new workers had at the peaks."""
    mixed = total(Amount(heap=MIB, mixed_stores=MIB), workers)
    one_by_one = total(Amount(heap=MIB), workers)
    assert mixed[:2] == one_by_one[:2]
    assert mixed.reload_peak == one_by_one.reload_peak
    assert mixed.after_reload_worst == pytest.approx((2 + 1.8 * workers) * MIB, rel=0.05)
    assert mixed.reload_peak_worst == pytest.approx((2 + 3.8 * workers) * MIB, rel=0.05)


def test_what_is_not_written_to_is_resident_after_reloads() -> None:
    """Measured with buffers of 100 logs: none at a start, 1.6 and 1.9 times their size later."""
    phases = total(Amount(unwritten=100), 4)
    assert phases[:-1] == (0, 30, 220, 30, 290)


def test_pools_are_copied_in_part() -> None:
    few, many = (total(Amount(pool=MIB), workers) for workers in (1, 8))
    assert few.reload_peak_worst < total(Amount(heap=MIB), 1).reload_peak_worst
    assert many.reload_peak_worst < 0.4 * total(Amount(heap=MIB), 8).reload_peak_worst


def test_connections_are_there_twice_while_a_reload_is_under_way() -> None:
    phases = total(Amount(worker=MIB), 4)
    assert (phases.start, phases.after_reload, phases.after_reload_worst) == (4 * MIB,) * 3
    assert phases.reload_peak == pytest.approx(8 * MIB, rel=0.01)
    assert phases.reload_peak_worst == phases.reload_peak


def test_a_zone_is_kept_and_one_of_an_upstream_made_anew() -> None:
    kept = total(Amount(zone_resident=MIB, zone_reserved=10 * MIB), 4)
    assert (kept.start, kept.reload_peak_worst) == (MIB, MIB)
    assert kept.limit == 10 * MIB + in_kernel(Amount(zone_reserved=10 * MIB), 9)
    anew = total(Amount(zone_renewed=MIB, zone_reserved=20 * MIB), 4)
    assert (anew.start, anew.reload_peak_worst) == (MIB, 2 * MIB)
    assert anew.limit == 20 * MIB + in_kernel(Amount(zone_reserved=20 * MIB), 9)


def test_a_limit_has_reasons_that_add_up_to_it() -> None:
    amount = Amount(pool=MIB, heap=2 * MIB, zone_resident=MIB, zone_reserved=9 * MIB)
    size = total(amount, 2)
    by_reason = [reason.size for reason in reasons(amount, size)]
    assert by_reason == [
        size.start,
        size.reload_peak - size.start,
        size.reload_peak_worst - size.reload_peak,
        8 * MIB,
        in_kernel(amount, 5),
    ]
    assert sum(by_reason) == size.limit
    anew = Amount(zone_renewed=MIB, zone_reserved=20 * MIB)
    *_, zones, _ = reasons(anew, total(anew, 2))
    assert zones.size == 18 * MIB  # of the old one and of the new


def test_the_kernel_maps_two_configurations_and_all_zones_for_each_process() -> None:
    """1,500 plain hosts with four workers: 2.2 MB for nine processes."""
    assert in_kernel(Amount(), 1) == 120_000
    assert in_kernel(Amount(worker=MIB), 1) == 120_000
    assert in_kernel(Amount(pool=MIB, zone_reserved=MIB), 3) == 3 * (120_000 + 3 * 2_048)
    assert in_kernel(Amount(threads=1_000), 2, 1) == 3 * 120_000 + 2 * 1_000
    assert 2_100_000 < in_kernel(Amount(pool=36_700_000), 9) < 2_500_000


def test_a_first_peak_may_have_a_least() -> None:
    assert total(Amount(heap=MIB), 1, first_peak=4.2).reload_peak == round(MARGIN * 4 * MIB)
    assert total(Amount(pool=MIB), 1, first_peak=4.2) == total(Amount(pool=MIB), 1)


def test_helpers_free_no_configuration() -> None:
    """They end by exit(), which has OPENSSL_cleanup() free what is OpenSSL's own; but they sort
    what the master has freed (measured with a cache beside 20 stores)."""
    for kind in ("tables", "pages", "code"):
        amount = Amount(**{kind: MIB})
        assert total(amount, 2, helpers=2)[:-1] == total(amount, 2)[:-1]
    for kind in ("heap", "contexts", "rules"):
        amount = Amount(**{kind: MIB})
        helped, alone, more = (total(amount, *each) for each in ((2, 2), (2,), (4,)))
        assert helped[:2] == alone[:2]
        assert helped.reload_peak == alone.reload_peak
        assert helped.after_reload_worst == more.after_reload_worst
        assert helped.reload_peak_worst == more.reload_peak_worst
    for kind in COPIED_BY_HELPERS:
        *phases, _ = total(Amount(**{kind: MIB}), 2, helpers=2)
        assert phases == [*total(Amount(**{kind: MIB}), 4)[:-1]]


@pytest.mark.parametrize("allocator", LAWS)
@pytest.mark.parametrize("kind", GLIBC)
@pytest.mark.parametrize("workers", [1, 2, 4, 16])
def test_phases_do_not_fall_below_what_is_left_after_them(
    allocator: str, kind: str, workers: int
) -> None:
    phases = total_of(Amount(**{kind: MIB}), workers, LAWS[allocator])
    # what a start has for a moment alone is not there after it
    assert phases.start <= phases.after_reload or kind == "passing"
    assert phases.after_reload <= phases.after_reload_worst
    assert phases.after_reload <= phases.reload_peak <= phases.reload_peak_worst
    assert phases.after_reload_worst <= phases.reload_peak_worst


def test_a_law_has_every_phase() -> None:
    assert Law._fields == ("start", "after", "after_worst", "peak", "peak_worst")
