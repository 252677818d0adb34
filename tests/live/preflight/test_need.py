"""The need of one reload, from the laws and from what nginx has now."""

from __future__ import annotations

import pytest

from nginx_memlint.live.preflight.need import NewConfiguration, ReloadNeed, need_of
from nginx_memlint.live.preflight.processes import Generation, ProcessSeen, Running
from nginx_memlint.memory.laws import Amount
from nginx_memlint.sizes import MIB

BASE = MIB
U = 100 * MIB
STORES = Amount(base=BASE, heap=U, worker=MIB)
POOL = Amount(base=BASE, pool=U, worker=MIB)


def process(anonymous: int, started: float = 0.0, private: int = 0) -> ProcessSeen:
    return ProcessSeen(1, started, anonymous, anonymous - private, private, 0)


def running(
    anonymous: int = BASE + U, workers: int = 4, *, reloaded: bool = False, held: int = 0
) -> Running:
    """An nginx whose master has so much, and generations of old workers that have as much."""
    started = 500.0 if reloaded else 0.1
    current = (process(anonymous, started),) * workers
    old = tuple(
        Generation((process(anonymous, 100.0 * number),) * workers) for number in range(held)
    )
    return Running(process(anonymous), current, old, (), 1000.0, 0.1, in_full=True)


def need(
    seen: Running,
    amount: Amount = STORES,
    *,
    workers: int = 4,
    allocator: str = "glibc",
    unchanged: bool = True,
) -> ReloadNeed:
    return need_of(seen, NewConfiguration(amount, workers, allocator, unchanged))


def in_u(size: int) -> float:
    return size / U


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_a_first_reload(workers: int) -> None:
    """It takes W + 1 configurations: measured, with a margin of 5 %."""
    first = need(running(workers=workers), workers=workers)
    assert in_u(first.most) == pytest.approx(1.05 * (workers + 2) - 1, abs=0.15)
    assert first.most == pytest.approx(first.likely, abs=1)


def test_what_was_freed_is_not_needed_again() -> None:
    """If the configuration tells of all that may be live; after a start nothing was freed."""
    master, small = BASE + 2 * U, Amount(base=BASE, pool=U // 20)
    needs = {
        (reloaded, told): need_of(
            running(master, reloaded=reloaded),
            NewConfiguration(small, 4, "glibc", unchanged=True, told=told),
        ).most
        for reloaded in (False, True)
        for told in (False, True)
    }
    assert needs[True, True] < U // 2 < 5 * U < needs[True, False]
    assert needs[False, True] == needs[False, False] > 5 * U


@pytest.mark.parametrize(("kind", "times"), [("heap", 1), ("contexts", 1.1)])
def test_kinds_of_memory_that_are_mixed(kind: str, times: float) -> None:
    first = need(running(), Amount(**{kind: U}), allocator="jemalloc")
    assert first.most == pytest.approx(times * first.likely, rel=0.01)


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_a_later_reload_at_worst(workers: int) -> None:
    """2 W + 1: new workers copy what was freed as well."""
    later = need(running(BASE + 2 * U, workers, reloaded=True), workers=workers)
    assert in_u(later.most) == pytest.approx(1.05 * (2 * workers + 1), rel=0.12)
    assert in_u(later.likely) == pytest.approx(workers + 1, rel=0.12)


@pytest.mark.parametrize(("faulted", "steps"), [(3.0, False), (5.0, True), (None, True)])
def test_the_second_reload_copies_nothing_in_new_workers(
    faulted: float | None, *, steps: bool
) -> None:
    """A start is given a configuration, and each reload writes two."""
    seen = running(BASE + 2 * U, reloaded=True)
    if faulted is not None:
        seen = seen._replace(faulted=round(faulted * U))
    copied = need(seen).parts["copies in new workers, at worst"]
    assert (in_u(copied) > 3) is steps


def test_the_least_is_without_copies_of_workers_that_exit_at_once() -> None:
    first = need(running())
    assert first.least < 0.5 * first.likely
    assert in_u(first.least) > 1


def test_what_is_measured_counts_for_what_is_estimated() -> None:
    """A script may keep more than a configuration tells: the master has it."""
    more = need(running(BASE + U + 50 * MIB))
    assert more.most > 1.4 * need(running()).most


def test_less_than_what_is_estimated_takes_nothing_from_it() -> None:
    """Of 80 stores and what else there is, jemalloc had 0.89 of what its laws say: with six workers
    a first reload needed 5 % more than was said of so much less of each kind (Debian 12)."""
    assert need(running(BASE + U // 2)).most == need(running()).most


def test_what_was_freed_says_nothing_of_what_is_estimated() -> None:
    """After a reload that added much, a master has little that was freed: six workers copied 40
    stores of 60 CA certificates, of which one in seven was taken away (jemalloc, Debian 12)."""
    added = running(BASE + round(0.85 * U), reloaded=True)
    for allocator in ("glibc", "jemalloc"):
        first = need(running(BASE + U), allocator=allocator)
        assert need(added, allocator=allocator).likely >= 0.95 * first.likely


def test_pages_may_have_been_given_back_until_little_more_is_there_than_at_a_start() -> None:
    """Ten stores of 60 CA certificates after three reloads: 1.2 times a start (jemalloc)."""
    seen = running(BASE + round(1.2 * U), reloaded=True)
    parts = {each: need(seen, allocator=each).parts for each in ("glibc", "jemalloc")}
    assert parts["jemalloc"]["pages that were given back"] > 0.4 * U
    assert not parts["glibc"].get("copies in new workers, at worst")


def test_what_scripts_keep_is_not_taken_for_what_was_freed() -> None:
    """It came with a reload that added much: four workers needed 5 % more than was said without
    it (jemalloc; 200,000 texts beside a small site, Debian 12)."""
    seen = running(BASE + 2 * U, reloaded=True)
    new = NewConfiguration(STORES, 4, "jemalloc", unchanged=True)
    without, with_scripts = (
        need_of(seen, new._replace(runs_scripts=runs)).likely for runs in (False, True)
    )
    assert in_u(with_scripts - without) == pytest.approx(1.05 * (4 + 1) - 1, rel=0.05)


def test_what_scripts_keep_is_outside_of_a_heap() -> None:
    """Else a master has freed it, and new workers copy that at worst."""
    seen = running(BASE + 2 * U, reloaded=True)
    new = NewConfiguration(STORES, 4, "glibc", unchanged=True, runs_scripts=True)
    needs = [
        need_of(seen._replace(outside_heap=size), new).most for size in (0, U // 2, U, 9 * U, None)
    ]
    assert needs[0] == need(seen).most
    assert needs == sorted(needs)
    assert needs[2:] == [needs[2]] * 3
    large = new._replace(amount=STORES.plus(Amount(large=U)))
    mapped = [need_of(seen._replace(outside_heap=size), large).most for size in (0, U)]
    assert mapped[0] == mapped[1], "what the configuration is known to map"


def test_scripts_are_run_again_where_files_were_changed() -> None:
    seen = running(BASE + 2 * U)
    new = NewConfiguration(STORES, 4, "jemalloc", unchanged=False)
    without, with_scripts = (
        need_of(seen, new._replace(runs_scripts=runs)).parts["the new configuration"]
        for runs in (False, True)
    )
    assert in_u(with_scripts - without) == pytest.approx(1, rel=0.05)


def test_a_bundle_that_was_added() -> None:
    """The new configuration is built; the old one, which is small, is copied."""
    old = BASE + 10 * MIB
    added = need(running(old), unchanged=False)
    assert added.most < need(running()).most / 2
    assert in_u(added.most) > 1


def test_no_more_stores_were_there_than_were_read() -> None:
    """Without what was read, what was added is taken for all but the stores."""
    old = BASE + 20 * MIB
    seen = running(old)._replace(faulted=old, bytes_read=MIB)
    both = Amount(base=BASE, pool=20 * MIB, heap=20 * MIB, worker=MIB)
    new = NewConfiguration(both, 4, "glibc", unchanged=False, heap_of_text=4.0)
    needs = [
        need_of(seen._replace(bytes_read=read), new).most for read in (MIB, 3 * MIB, 9 * MIB, None)
    ]
    assert needs == sorted(needs)
    assert needs[3] - needs[0] > 4 * 0.7 * 16 * MIB
    assert needs[2] == needs[3]


def test_all_that_was_read_may_have_come_with_the_last_of_many_reloads() -> None:
    old = BASE + 40 * MIB
    seen = running(old, reloaded=True)._replace(bytes_read=10 * MIB)
    both = Amount(base=BASE, pool=40 * MIB, heap=40 * MIB, worker=MIB)
    new = NewConfiguration(both, 4, "glibc", unchanged=False, heap_of_text=4.0)
    few, many = (need_of(seen._replace(faulted=n * old), new).most for n in (2, 6))
    assert many == few


def test_a_bundle_that_was_removed() -> None:
    """That which runs still is what is copied."""
    small = Amount(base=BASE, pool=10 * MIB, worker=MIB)
    removed = need(running(), small, unchanged=False)
    assert in_u(removed.most) == pytest.approx(1.05 * 6 - 2, rel=0.15)


@pytest.mark.parametrize("amount", [STORES, POOL])
def test_files_that_were_edited_a_little(amount: Amount) -> None:
    """The master has what it would have with these: once after a start, twice after reloads."""
    for seen in (running(), running(BASE + 2 * U, reloaded=True)):
        edited, unchanged = (need(seen, amount, unchanged=each).most for each in (False, True))
        assert unchanged <= edited * 1.01 < 1.4 * unchanged


def test_what_is_there_beside_may_be_stores() -> None:
    more = need(running(BASE + 4 * U, reloaded=True), POOL, unchanged=False)
    as_much = need(running(BASE + 2 * U, reloaded=True), POOL, unchanged=False)
    assert more.most > 3 * as_much.most


def test_only_what_surely_was_reloaded_has_freed_memory() -> None:
    """A server in the foreground reads its files first, which may take a while."""
    started, reloaded = running(), running(reloaded=True)
    reading = started._replace(current=tuple(w._replace(started=4.0) for w in started.current))
    small = Amount(base=BASE, pool=U // 10, worker=MIB)
    needs = [need(seen, small, unchanged=False).most for seen in (reloaded, started, reading)]
    assert needs == sorted(needs)
    assert needs[2] > 1.2 * needs[0]


def test_what_reading_large_hashes_has_freed_may_be_used_again() -> None:
    """Two configurations of them are not twice of one: measured, 1.3 times."""
    tables = Amount(base=BASE, tables=U, worker=MIB)
    seen = running(BASE + 2 * U, reloaded=True)
    assert need(seen, tables, unchanged=False).most > 2 * need(seen, tables).most


def test_an_allocator_that_gives_memory_back_may_have_kept_little() -> None:
    seen = running(BASE + 2 * U, reloaded=True)
    small = Amount(base=BASE, heap=U, worker=MIB)
    kept = {
        allocator: need(seen, small, allocator=allocator, unchanged=False).most
        / need(seen, small, allocator=allocator).most
        for allocator in ("tcmalloc", "mimalloc")
    }
    assert kept["mimalloc"] > 1.3 * kept["tcmalloc"]


def test_of_each_held_generation_all_workers_but_one_copy() -> None:
    none, one, two = (need(running(BASE + 2 * U, reloaded=True, held=n)).most for n in range(3))
    assert in_u(one - none) == pytest.approx(3, rel=0.05)
    assert two - one == pytest.approx(one - none, abs=2)


def test_held_workers_may_have_another_configuration() -> None:
    """Eight of jemalloc had 20 stores that were removed before the last reload, and needed 10 MB
    more than was said of the configuration that runs (300 upstreams, Debian 12)."""
    at_start = running(BASE + 4 * U, reloaded=True, held=1)
    [held] = at_start.old
    later = Generation(tuple(worker._replace(started=100.0) for worker in held.workers))
    reloaded = at_start._replace(old=(later,))
    new = NewConfiguration(POOL, 4, "jemalloc", unchanged=True)
    of_this, of_another, of_a_start = (
        need_of(seen, new._replace(changed=changed)).parts[
            "workers that connections hold, if all are let go"
        ]
        for seen, changed in ((reloaded, 50.0), (reloaded, 200.0), (at_start, 200.0))
    )
    beside = (4 / 0.85 - 2.58) / 1.93
    assert in_u(of_another - of_this) == pytest.approx(3 * 0.65 * beside, rel=0.1)
    assert of_a_start > of_another


def test_what_freed_pages_are_copied_already_is_in_the_least() -> None:
    seen = running(BASE + 2 * U, reloaded=True)
    private = seen._replace(master=process(BASE + 2 * U, private=U))
    assert need(seen).least - need(private).least == U


def test_another_number_of_workers() -> None:
    """Those that run exit, those that are configured are started."""
    more, fewer = need(running(workers=2), workers=8), need(running(workers=8), workers=2)
    assert more.most == pytest.approx(fewer.most, rel=0.01)
    assert more.most > need(running(workers=2), workers=2).most


def test_more_helpers_than_nginx_has_may_be_workers() -> None:
    seen = running(workers=2)
    none, two, three = (
        need(seen._replace(helpers=(process(BASE + U),) * count), workers=1).most
        for count in (0, 2, 3)
    )
    assert none == two
    assert three == need(running(workers=3), workers=1).most


def test_the_command_reads_the_configuration_itself() -> None:
    """With an allocator that gives memory back, it may be what takes most."""
    first = need(running())
    assert first.sender == BASE + U
    nothing = need(running(BASE, workers=1), Amount(base=BASE), workers=1)
    assert nothing.most >= nothing.sender


@pytest.mark.parametrize("allocator", ["jemalloc", "mimalloc", "tcmalloc", "musl"])
def test_other_allocators_by_their_own_laws(allocator: str) -> None:
    seen = running(BASE + 2 * U, reloaded=True)
    other = need(seen, allocator=allocator)
    assert 0 < other.least <= other.likely <= other.most
    assert other.most != need(seen).most


def test_held_workers_copy_as_those_of_their_allocator_do() -> None:
    """An exiting worker of jemalloc copies 0.65 of its stores, of glibc all."""
    none, one = (
        need(running(BASE + 2 * U, reloaded=True, held=held), allocator="jemalloc").most
        for held in range(2)
    )
    assert in_u(one - none) == pytest.approx(3 * 0.65, rel=0.1)


def test_where_little_is_there_beside_much_that_was_freed() -> None:
    """Of 10 MB of stores that were removed from a small site, a reload leaves 20."""
    small = Amount(base=BASE, worker=MIB)
    seen = running(BASE + 20 * MIB, reloaded=True)
    whole = NewConfiguration(small.plus(Amount(heap=10 * MIB)), 4, "jemalloc", unchanged=True)
    removed = need(seen, small, allocator="jemalloc", unchanged=False)
    copies = "copies as old workers exit and the master frees"
    assert 0.9 < removed.parts[copies] / need_of(seen, whole).parts[copies] < 1.3


@pytest.mark.parametrize(("allocator", "hides"), [("glibc", True), ("jemalloc", False)])
def test_whole_pages_of_jemalloc_have_no_room(allocator: str, *, hides: bool) -> None:
    amount = Amount(base=BASE, pages=U)
    as_it_is = need(running(), amount, allocator=allocator)
    more = need(running(), amount, allocator=allocator, unchanged=False).most - as_it_is.most
    assert (more > 2 * U) is hides


def test_what_jemalloc_takes_less_for_stores_may_hide_some_that_were_removed() -> None:
    amount = Amount(base=BASE, heap=U, loose=900 << 10)
    as_it_is = need(running(BASE + U), amount, allocator="jemalloc")
    hidden = need(running(BASE + U), amount, allocator="jemalloc", unchanged=False)
    assert hidden.most > as_it_is.most + 0.05 * U * 4 * 0.65


@pytest.mark.parametrize("kind", ["pages", "tables"])
def test_free_room_may_hide_what_was_removed(kind: str) -> None:
    """A master is no larger for stores that lie in what its pages and tables leave free."""
    amount = Amount(**{"base": BASE, kind: U})
    as_it_is = need(running(), amount)
    assert need(running(), amount, unchanged=False).most > as_it_is.most + U


def test_small_pieces_go_with_what_was_removed() -> None:
    """Six workers copied 32.8 MB of 10 stores that were removed (Debian 12)."""
    stores = round(3.36 * MIB)
    empty = Amount(base=942 << 10, worker=202 << 10)
    removed = need(running((942 << 10) + stores, 6), empty, workers=6, unchanged=False)
    assert removed.most > 32_768 << 10


@pytest.mark.parametrize(
    ("allocator", "reloaded", "is_told"),
    [("jemalloc", True, True), ("jemalloc", False, False), ("glibc", True, False)],
)
def test_pages_that_were_given_back_are_taken_again(
    allocator: str, *, reloaded: bool, is_told: bool
) -> None:
    seen = running(BASE + 3 * U // 2, reloaded=reloaded)
    told = need(seen, POOL, allocator=allocator, unchanged=False)
    assert ("pages that were given back" in told.parts) is is_told
