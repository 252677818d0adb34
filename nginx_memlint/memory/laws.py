"""How memory grows through reloads, by its kind: the laws of glibc's allocator as data.

A law says how often an amount is held in each phase: so many times, and so many times more for
each worker. Measured on Debian 12 with 1, 2, 4 and 8 workers over up to 30 reloads, old workers
idle (tests/nginx/recordings/whole-bookworm.json; docs/accuracy.md compares).
"""

from __future__ import annotations

from typing import NamedTuple

MARGIN = 1.05
"""The highest memory measured over reloads, divided by the law: 1.049 (W = 4, Debian 12)."""


class Amount(NamedTuple):
    """Bytes of one configuration, by kind of memory.

    ``base``: the master of an empty configuration. ``helper``: processes beside it and the workers.
    ``pool``: nginx's pools. ``heap``: stores of CA certificates, many small pieces. ``contexts``:
    OpenSSL's contexts with their own certificates. ``tables``: large hashes. ``pages``: whole
    pages that are freed one by one. ``code``: machine code of regular expressions. ``scripts``:
    Lua's heap, of which only the newest configuration's is kept. ``worker``: what each worker has
    for itself. ``zone_resident``: shared memory that is touched at a start, ``zone_renewed``: that
    of zones which a reload makes anew. ``zone_reserved``: the size of all zones, twice that of
    those that are made anew.
    """

    base: int = 0
    helper: int = 0
    pool: int = 0
    heap: int = 0
    contexts: int = 0
    tables: int = 0
    pages: int = 0
    code: int = 0
    scripts: int = 0
    worker: int = 0
    zone_resident: int = 0
    zone_renewed: int = 0
    zone_reserved: int = 0

    @property
    def in_heap(self) -> int:
        """All that is of the configuration and not in nginx's pools."""
        return self.heap + self.contexts + self.tables + self.pages + self.code + self.scripts

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(*map(sum, zip(self, other, strict=True)))

    def times(self, count: float) -> Amount:
        """So often, rounded to bytes."""
        return Amount(*(round(size * count) for size in self))


class Times(NamedTuple):
    """How often an amount is held: ``fixed``, and ``each`` for every worker."""

    fixed: float
    each: float = 0.0

    def of(self, workers: int) -> float:
        """With so many workers."""
        return self.fixed + self.each * workers


class Law(NamedTuple):
    """How often an amount is held, by phase."""

    start: Times
    after: Times
    after_worst: Times
    peak: Times
    peak_worst: Times


def _of_master(
    after: tuple[float, float],
    after_worst: tuple[float, float],
    peak: tuple[float, float],
    peak_worst: tuple[float, float],
    margin: float = MARGIN,
) -> Law:
    """A law of memory that workers share with the master at a start."""
    phases = (after, after_worst, peak, peak_worst)
    return Law(Times(1), *(Times(margin * fixed, margin * each) for fixed, each in phases))


_ALWAYS = Times(1)
_EACH = Times(0, 1)
_TWICE = Times(0, 2.01)

LAWS: dict[str, Law] = {
    # the parts of the master that are not of the configuration are not made anew
    "base": _of_master((1.15, 0.0), (1.25, 0.0), (1.8, 0.08), (2, 0.08), margin=1),
    # the old ones end when the new ones run
    "helper": Law(_ALWAYS, _ALWAYS, _ALWAYS, Times(2), Times(2)),
    # chunks of 16 KiB: an exiting worker's ngx_destroy_pool() dirties the page of four that has
    # the chunk's header
    "pool": _of_master((2, 0.0), (2.1, 0.1), (2.05, 0.27), (3, 0.35)),
    # an exiting worker frees all pieces, and so copies all pages; later it and the new workers
    # copy the freed region as well
    "heap": _of_master((2, 0.03), (2, 1), (2, 1), (2, 3)),
    # pieces of many sizes, whose room is used again
    "contexts": _of_master((2, 0.1), (2.2, 0.8), (2.2, 1.1), (3, 1.9)),
    # what reading them has used for a while is used again, or not
    "tables": _of_master((2, 0.0), (2.2, 0.0), (2.6, 0.1), (3.5, 0.12)),
    # ngx_radix_alloc(): each page is a large allocation of its own
    "pages": _of_master((2.1, 0.0), (2.2, 0.05), (2.2, 0.55), (3, 0.5)),
    # sljit's executable pages are freed one by one
    "code": _of_master((2, 0.0), (2, 0.05), (2, 0.9), (2.95, 0.85)),
    # lua_close() in the master frees the old heap at once; exiting workers copy theirs
    "scripts": _of_master((1, 0.0), (1, 0.0), (1, 1), (1, 1)),
    # old and new workers at once
    "worker": Law(_EACH, _EACH, _EACH, _TWICE, _TWICE),
    # a zone of the same name and size is kept (ngx_init_cycle())
    "zone_resident": Law(_ALWAYS, _ALWAYS, _ALWAYS, _ALWAYS, _ALWAYS),
    # but for those of upstreams (ngx_shm_zone_t.noreuse)
    "zone_renewed": Law(_ALWAYS, _ALWAYS, _ALWAYS, Times(2), Times(2)),
}
"""Field of Amount → its law; what a zone has reserved is in no phase."""


class Total(NamedTuple):
    """Bytes of the whole service in each phase: anonymous and shared memory of all processes.

    ``limit``: the worst peak with all zones full.
    """

    start: int = 0
    after_reload: int = 0
    after_reload_worst: int = 0
    reload_peak: int = 0
    reload_peak_worst: int = 0
    limit: int = 0


SHARING = frozenset({"pool", "heap", "contexts", "tables", "pages", "code", "scripts"})
"""Kinds that every process shares with the master, and copies when it exits."""


def total(amount: Amount, workers: int, first_peak: int = 0, helpers: int = 0) -> Total:
    """Bytes of one configuration with so many workers, by phase.

    ``first_peak``: the least number of times that a first reload holds the heap. ``helpers``: how
    many processes there are beside them that exit as workers do.
    """
    phases = []
    for phase in Law._fields:
        size = 0.0
        for kind, law in LAWS.items():
            copying = workers + helpers if kind in SHARING else workers
            times = getattr(law, phase).of(copying)
            if kind == "heap" and phase == "peak":
                times = max(times, MARGIN * first_peak)
            size += times * getattr(amount, kind)
        phases.append(round(size))
    # a peak is never below what is left after it
    start, after, after_worst, peak, worst = phases
    peak, worst = max(peak, after), max(worst, after_worst, peak)
    # both the old and the new one may be full
    untouched = amount.zone_reserved - amount.zone_resident - 2 * amount.zone_renewed
    return Total(start, after, after_worst, peak, worst, worst + untouched)
