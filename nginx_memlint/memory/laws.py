"""How memory grows through reloads, by its kind: what of a configuration is held how often.

A law says how often an amount is held in each phase: so many times, and so many times more for
each worker. It depends on the allocator (laws_table.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import add
from typing import NamedTuple


class Amount(NamedTuple):
    """Bytes of one configuration, by kind of memory.

    ``base``: the master of an empty configuration. ``helper``: processes beside it and the workers.
    ``pool``: nginx's pools. ``heap``: stores of CA certificates, many small pieces. ``contexts``:
    OpenSSL's contexts with their own certificates. ``tables``: large hashes. ``pages``: whole pages
    that are freed one by one. ``code``: machine code of regular expressions, and the page of each
    large piece that free() writes to; ``large``: all the others of it (piece()). ``rules``: trees
    of many small objects, as ModSecurity's. ``library``: what OpenSSL keeps for itself from the
    first context on. ``loose``: as much of certificates as each worker sorts of them once they are
    freed. ``freed``: large arrays that were needed to read a configuration, and are free in the
    middle of the heap. ``unwritten``: pieces that nothing is written to before there is traffic.
    ``passing``: large pieces that reading a configuration maps for a moment.
    ``gaps``: the room between pages of trees. ``mixed_contexts``, ``mixed_pools`` and
    ``mixed_stores``: what of contexts, of pools beside them, and of CA stores lies among free
    pieces after many reloads (settled()).
    ``scripts``: Lua's heap, of which only the newest configuration's is kept.
    ``worker``: what each worker has for itself. ``threads``: what the kernel takes for its threads,
    which is in no phase, as what it takes for processes. ``traffic``: what connections take.
    ``zone_resident``: shared memory that is touched at a start, ``zone_renewed``: that of zones
    which a reload makes anew. ``zone_reserved``: the size of all zones, twice that of those that
    are made anew.
    """

    base: int = 0
    helper: int = 0
    pool: int = 0
    heap: int = 0
    contexts: int = 0
    tables: int = 0
    pages: int = 0
    code: int = 0
    large: int = 0
    rules: int = 0
    library: int = 0
    loose: int = 0
    freed: int = 0
    passing: int = 0
    unwritten: int = 0
    gaps: int = 0
    mixed_contexts: int = 0
    mixed_pools: int = 0
    mixed_stores: int = 0
    scripts: int = 0
    worker: int = 0
    threads: int = 0
    traffic: int = 0
    zone_resident: int = 0
    zone_renewed: int = 0
    zone_reserved: int = 0

    @property
    def in_heap(self) -> int:
        """All that is of the configuration and not in nginx's pools."""
        heaps = (self.heap, self.contexts, self.tables, self.pages, self.code, self.large)
        return sum(heaps) + self.rules + self.library + self.freed + self.scripts

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(*map(add, self, other))

    def times(self, count: float) -> Amount:
        """So often, rounded to bytes."""
        return Amount(*(round(size * count) for size in self))


PAGE = 4_096


MIXED_BY_PIECES = 3
"""Bytes of contexts that lie among free pieces for a byte of small ones: of 35 hosts with 150
contexts a third are small, and all came to lie so; of 200 contexts without certificates a tenth,
and little did in 400 reloads (Debian 12)."""

MIXED_ALWAYS = 2 << 20
"""Bytes of contexts that hundreds of reloads mix whatever they are: 60 contexts without
certificates were after 60, and needed 1.15 times what was said (Debian 12)."""

POOLS_BY_CONTEXTS = 8
"""Bytes of pools in which a byte of such contexts comes to lie: those of 35 hosts did in five times
as much. Of 30 MB for 1,500 plain hosts ten with TLS left nearly all apart (Debian 12)."""

MIXED_STORES = 128 << 20
"""Bytes of CA stores and rules from which on ``mixed_stores`` is no more. Each reload adds up to
0.3 MB to what a process copies, whether of 10 stores or of 60: more would take above 400 reloads,
of each of which the law of such stores leaves as much room again."""


def settled(amount: Amount) -> Amount:
    """A whole configuration: what is left of ``gaps`` is what pieces of contexts take, and what is
    mixed is in no more than there is, or than was measured."""
    contexts = min(max(amount.mixed_contexts, MIXED_ALWAYS), amount.contexts)
    return amount._replace(
        gaps=min(amount.gaps, amount.contexts),
        mixed_contexts=contexts,
        mixed_pools=min(amount.pool, POOLS_BY_CONTEXTS * contexts),
        mixed_stores=min(amount.mixed_stores, MIXED_STORES),
    )


def piece(size: int) -> Amount:
    """A piece that malloc() has apart: free() writes to the page where it notes the size alone."""
    written = min(size, PAGE)
    return Amount(code=written, large=size - written)


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

    def times(self, phase: str, workers: int) -> float:
        """How often an amount is held in a phase, with so many workers."""
        held: Times = getattr(self, phase)
        return held.of(workers)


LATER = ("after_worst", "peak_worst")
"""The phases of later reloads."""


class Total(NamedTuple):
    """Bytes of the whole service in each phase: anonymous and shared memory of all processes.

    ``limit``: the worst peak with all zones full, and what the kernel takes for the processes.
    """

    start: int = 0
    after_reload: int = 0
    after_reload_worst: int = 0
    reload_peak: int = 0
    reload_peak_worst: int = 0
    limit: int = 0


class Reason(NamedTuple):
    """Something that a limit has to hold, in bytes."""

    why: str
    size: int


SHARING = frozenset(
    {
        *("pool", "heap", "contexts", "tables", "pages", "code", "large", "rules"),
        *("library", "loose", "freed", "scripts"),
    }
)
"""Kinds that every process shares with the master, and copies when it exits."""


MIXED = frozenset({"mixed_contexts", "mixed_pools", "mixed_stores"})
"""Kinds that are parts of others, of which processes copy more the longer a master runs."""

COPIED_BY_HELPERS = frozenset({"pool", "library", "loose"}) | MIXED
"""Kinds of which a helper has copies as workers have, when it starts and by exit(), though it frees
no configuration (ngx_cache_manager_process_cycle()): those of pools were seen with 20 caches."""

SORTED_BY_HELPERS = frozenset({"heap", "contexts", "rules"})
"""Kinds of which it has them in later reloads: what it allocates at its start sorts what the master
has freed. Beside 20 stores of 120 CA certificates it had as much as a worker."""

LOOSE_MOST = {"contexts": 400 << 10, "heap": 900 << 10}
"""Kind → bytes of small pieces from which on ``loose`` is no more. Of certificates and their keys,
10 hosts with TLS have 80 KiB, and 60 hosts, of which no more of them copy more, 480 (Debian 12)."""

PIECES_OF_CONTEXT = 0.1
"""The part of an OpenSSL context without certificates that is as small pieces as they are: 60 of
them have what 10 hosts with TLS have."""

PIECES_OF_STORE = 0.22
"""The part of stores of CA certificates that is so: they are freed one beside the other, and most
of their pieces become one again. One, three, ten and sixty stores of 120 were measured."""

PROCESS = 120_000
"""Bytes that the kernel takes for a process beside its page tables, which a memory cgroup counts as
well: 105,000 to 119,000 (1,500 plain hosts with four workers; Linux 6.18, cgroup of version 1)."""

MAPPED_BY_BYTE = 512
"""Bytes of memory for which a process has one byte of page tables: 8 for each 4,096."""


def total(
    amount: Amount,
    workers: int,
    laws: Mapping[str, Law],
    first_peak: float = 0.0,
    helpers: int = 0,
) -> Total:
    """Bytes of one configuration with so many workers, by phase.

    ``laws``: field of Amount → its law. ``first_peak``: the least number of times that a first
    reload holds the heap. ``helpers``: how many processes there are beside them.
    """
    phases = []
    sizes = amount._asdict()
    taking = [(kind, law, sizes[kind]) for kind, law in laws.items() if sizes[kind]]
    for phase in Law._fields:
        size = 0.0
        for kind, law, of_kind in taking:
            is_sorted = phase in LATER and kind in SORTED_BY_HELPERS
            copying = workers + helpers if is_sorted or kind in COPIED_BY_HELPERS else workers
            times = law.times(phase, copying)
            if kind == "heap" and phase == "peak":
                times = max(times, first_peak)
            size += times * of_kind
        phases.append(round(size))
    # a peak is never below what is left after it
    start, after, after_worst, peak, worst = phases
    peak, worst = max(peak, after), max(worst, after_worst, peak)
    limit = worst + _untouched(amount) + in_kernel(amount, 2 * workers, 1 + helpers)
    return Total(start, after, after_worst, peak, worst, limit)


def _untouched(amount: Amount) -> int:
    """Bytes of zones to which they may fill; of those that are made anew, both may."""
    return amount.zone_reserved - amount.zone_resident - 2 * amount.zone_renewed


def reasons(amount: Amount, size: Total) -> list[Reason]:
    """The reasons why a limit is not lower: their bytes are it."""
    untouched = _untouched(amount)
    return [
        Reason("nginx and its configuration, at a start", size.start),
        Reason(
            "a reload: the old configuration beside the new one, and old workers beside new ones",
            size.reload_peak - size.start,
        ),
        Reason(
            "later reloads, at worst: what is not given back, and what exiting workers copy of it",
            size.reload_peak_worst - size.reload_peak,
        ),
        Reason("zones, once they are full", untouched),
        Reason(
            "the kernel, for processes, their threads and page tables",
            size.limit - size.reload_peak_worst - untouched,
        ),
    ]


def in_kernel(amount: Amount, workers: int, others: int = 0) -> int:
    """Bytes that the kernel takes for workers, with their threads, and for other processes.

    Each of them maps two configurations and all zones.
    """
    shared: int = sum(getattr(amount, kind) for kind in ("base", *SHARING))
    mapped = 2 * shared + amount.zone_reserved
    processes = workers + others
    return processes * (PROCESS + mapped // MAPPED_BY_BYTE) + workers * amount.threads
