"""The laws of reloads as data: allocator → kind of memory → how often it is held, by phase.

Amounts are what glibc takes of a configuration. Its laws were measured on Debian 12 with 1, 2, 4
and 8 workers over up to 400 reloads, old workers idle (tests/nginx/recordings/whole-bookworm.json
and hundreds-bookworm.json; docs/accuracy.md compares); those of other allocators are from
allocators.json beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import repeat

from nginx_memlint.memory.laws import MIXED, Law, Times
from nginx_memlint.targets.targets import PHASES, MeasuredLaws

MARGIN = 1.05
"""The highest memory measured over reloads, divided by the law: 1.049 (W = 4, Debian 12)."""


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

GLIBC: dict[str, Law] = {
    # the parts of the master that are not of the configuration are not made anew
    "base": _of_master((1.15, 0.0), (1.25, 0.0), (1.4, 0.16), (1.7, 0.18), margin=1),
    # those that old workers hold, the new ones have not
    "traffic": Law(*repeat(_ALWAYS, 5)),
    # the old ones end when the new ones run
    "helper": Law(_ALWAYS, _ALWAYS, _ALWAYS, Times(2), Times(2)),
    # chunks of 16 KiB: an exiting worker's ngx_destroy_pool() dirties the page of four that has
    # the chunk's header
    "pool": _of_master((2, 0.0), (2.1, 0.19), (2.05, 0.27), (3.1, 0.46)),
    # an exiting worker frees all pieces, and so copies all pages; later it and the new workers
    # copy the freed region as well
    "heap": _of_master((2, 0.03), (2, 1), (2, 1), (2, 3)),
    # pieces of many sizes, whose room is used again
    "contexts": _of_master((1.9, 0.016), (1.93, 0.2), (1.95, 1.0), (2.7, 1.4), margin=1.02),
    # what reading them has used for a while is used again, or not
    "tables": _of_master((2, 0.0), (2.2, 0.0), (2.6, 0.1), (3.5, 0.12)),
    # ngx_radix_alloc(): each page is a large allocation of its own
    "pages": _of_master((2.1, 0.0), (2.2, 0.05), (1.95, 0.53), (3.1, 0.5)),
    # sljit's executable pages are freed one by one
    "code": _of_master((2, 0.0), (2, 0.05), (2, 0.9), (2.95, 0.85)),
    # of a piece of many pages, free() writes to the one that has its header (1,200 and 12 hashes of
    # 320 and 32,000 points, whose exiting workers copied 0.8 and none)
    "large": _of_master((2, 0.0), (2.1, 0.0), (2, 0.0), (3, 0.0)),
    # its destructors touch all of it, in the master as in each exiting worker
    "rules": _of_master((2, 0.9), (2, 1), (2.9, 1.3), (2, 3)),
    # OPENSSL_cleanup() of an exiting worker frees it, and so copies it
    "library": Law(Times(1, 0.05), Times(1, 0.15), Times(1, 0.5), Times(0.9, 0.56), Times(2, 1.65)),
    # the master frees the old configuration before it forks. A new worker's malloc() sorts the
    # free pieces, and so copies their pages, as does an exiting one's free(): 10,000 at a time
    # (MAX_ITERS of _int_malloc()), so that no more are copied of a configuration that has more
    "loose": Law(Times(0), Times(3.3, 3.2), Times(3.3, 3.2), Times(3, 4), Times(3, 4)),
    # a new configuration uses the room, and leaves such room of its own; with one and four workers
    "freed": _of_master((1, 0.0), (1.2, 0.0), (1, 0.0), (2, 0.0), margin=1),
    # each start and reload has it beside all else, for a moment: points of 36.6, 48.8 and 97.7 MiB
    # took twice that in nginx -t; two workers with those of 48.8 took 146 at the peak of a reload
    "passing": Law(_ALWAYS, Times(0), Times(0), _ALWAYS, _ALWAYS),
    # later ones lie in room that others have written to: 100 buffers of 64 KiB took a page
    # each at a start, 0.6 to 1.6 times their size after 16 reloads, and 0.9 to 1.9 at the peak; 45
    # beside stream hosts with TLS needed 2.1 and 2.7 more than other laws say, in 40 reloads
    "unwritten": Law(Times(0), Times(0.3), Times(2.2), Times(0.3), Times(2.9)),
    # contexts are built when trees are there, and take room that posix_memalign() has left between
    # pages: of 15,000 networks, 5.2 MB for 200 and 400 hosts with TLS, all they need for 100
    "gaps": Law(Times(-1), Times(0), Times(0), Times(-1), Times(0)),
    # free pieces lie among those that are used, and a new worker's malloc() sorts them, while an
    # exiting one's free() joins them: of 10 stores, each process had copied all of the master's
    # heap after 60 reloads, old and new configuration; of 100 hosts after 150
    "mixed_contexts": Law(Times(0), Times(0), Times(0, 1.8), Times(0), Times(0, 2.1)),
    # chunks in between are joined with their neighbours less often, so that more headers are left
    "mixed_pools": Law(Times(0), Times(0), Times(0, 0.06), Times(0), Times(0, 0.28)),
    "mixed_stores": Law(Times(0), Times(0), Times(0, 0.8), Times(0), Times(0, 0.75)),
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


Pair = tuple[float, float]


def _measured(start: Pair, after: Pair, after_worst: Pair, peak: Pair, worst: Pair) -> Law:
    """A law as it was fitted: not below any measurement, and so without a margin."""
    return Law(*(Times(*pair) for pair in (start, after, after_worst, peak, worst)))


_NOTHING = Law(*repeat(Times(0), len(Law._fields)))

# no allocator but glibc's sorts what is free: ``loose`` is here the room that each keeps for every
# size of pieces. Bitmaps of what is free lie apart, so freeing copies fewer pages; each chunk of a
# pool, which is aligned, takes five pages instead of four
_JEMALLOC = {
    "base": _measured((1.43, 0.16), (1.56, 0.16), (1.85, 0.18), (2.06, 0.52), (2.36, 0.59)),
    "helper": _measured((1.35, 0.007), (1.36, 0.007), (1.36, 0.007), (3.02, 0.031), (3.02, 0.031)),
    "pool": _measured((1.3, 0.0), (2.58, 0.002), (5.74, 0.001), (2.58, 0.017), (5.95, 0.035)),
    "heap": _measured((0.97, 0.001), (1.93, 0.001), (2.8, 0.003), (1.94, 0.65), (3.7, 0.67)),
    "contexts": _measured((0.97, 0.0), (1.81, 0.0), (2.8, 0.003), (1.95, 0.49), (3.5, 0.63)),
    "tables": _measured((1.61, 0.003), (1.62, 0.005), (1.62, 0.005), (3.13, 0.008), (3.27, 0.0)),
    "pages": _measured((0.49, 0.002), (0.97, 0.003), (1.2, 0.0), (0.97, 0.034), (1.72, 0.014)),
    "large": _measured((1.08, 0.0), (2.13, 0.0), (2.15, 0.0), (2.15, 0.0), (3.2, 0.0)),
    "library": _measured((0.89, 0.01), (0.9, 0.01), (0.9, 0.01), (0.9, 0.06), (0.94, 0.06)),
    "loose": _measured((2.63, 0.01), (5.53, 0.01), (5.53, 0.01), (5.95, 0.01), (5.95, 0.01)),
}

# large pieces are freed at once, and a page's list of what is free lies apart
_MIMALLOC = {
    "base": _measured((1.23, 0.09), (1.31, 0.089), (1.37, 0.098), (1.6, 0.45), (1.96, 0.43)),
    "helper": _measured((1.22, 0.0), (1.27, 0.0), (1.27, 0.0), (3.51, 0.0), (3.51, 0.0)),
    "pool": _measured((1.03, 0.0), (2.06, 0.0), (2.06, 0.0), (2.07, 0.26), (3.09, 0.27)),
    "heap": _measured((0.96, 0.001), (1.91, 0.002), (1.93, 0.002), (1.91, 0.97), (2.85, 0.99)),
    "contexts": _measured((0.97, 0.0), (1.82, 0.0), (1.97, 0.0), (1.95, 0.86), (2.9, 0.9)),
    "tables": _measured((1.52, 0.001), (2.1, 0.0), (2.1, 0.0), (2.86, 0.0), (3.42, 0.0)),
    "pages": _measured((0.5, 0.0), (0.99, 0.0), (1.13, 0.0), (1.0, 0.52), (1.58, 0.52)),
    # of njs and of revocation lists, which take up to a page more for each of two; hashes take less
    "large": _measured((1.27, 0.0), (2.75, 0.0), (3.75, 0.0), (2.45, 0.0), (3.84, 0.0)),
    "library": _measured((1.04, 0.01), (1.1, 0.01), (1.15, 0.01), (2.13, 0.01), (2.13, 0.01)),
    "loose": _measured((2.75, 0.04), (5.41, 0.04), (5.57, 0.21), (5.57, 0.04), (7.75, 1.39)),
}

# lists of what is free run through the pieces, as in glibc
_TCMALLOC = {
    "base": _measured((5.48, 0.23), (5.54, 0.25), (5.57, 0.25), (5.94, 0.82), (6.15, 0.85)),
    "helper": _measured((1.47, 0.019), (1.54, 0.023), (1.54, 0.023), (3.67, 0.067), (3.93, 0.067)),
    "pool": _measured((1.04, 0.0), (2.06, 0.0), (2.07, 0.001), (2.07, 0.27), (3.08, 0.28)),
    "heap": _measured((0.95, 0.0), (1.89, 0.002), (1.9, 0.002), (1.89, 0.96), (2.58, 1.22)),
    "contexts": _measured((0.96, 0.0), (1.78, 0.0), (1.9, 0.028), (1.92, 0.86), (2.79, 0.96)),
    "tables": _measured((1.52, 0.005), (2.03, 0.003), (2.51, 0.005), (2.96, 0.0), (3.97, 0.0)),
    "pages": _measured((0.5, 0.002), (0.99, 0.003), (1.06, 0.005), (1.0, 0.53), (1.45, 0.6)),
    "library": _measured((0.95, 0.01), (0.95, 0.01), (0.95, 0.01), (0.95, 0.16), (1.62, 0.16)),
    "loose": _measured((2.34, 0.01), (4.51, 0.01), (4.51, 0.01), (5.16, 0.2), (6.5, 0.61)),
}

# bitmaps of what is free lie apart, and a group of pieces that is free is unmapped, so the new
# configuration goes where the old one was; a chunk of a pool takes five pages, and they scatter
_MUSL = {
    "pool": _measured((1.3, 0.0), (1.58, 0.0), (2.59, 0.0), (2.68, 0.001), (4.19, 0.007)),
    "heap": _measured((1.06, 0.0), (1.08, 0.001), (1.11, 0.002), (2.13, 0.2), (2.18, 0.22)),
    "contexts": _measured((0.82, 0.0), (0.94, 0.0), (0.94, 0.0), (1.7, 0.42), (1.7, 0.45)),
    "tables": _measured((0.97, 0.0), (1.07, 0.001), (1.07, 0.001), (2.43, 0.0), (2.43, 0.0)),
    "pages": _measured((1.11, 0.0), (1.11, 0.001), (1.11, 0.001), (2.22, 0.008), (2.22, 0.018)),
    "library": _measured((0.27, 0.02), (0.33, 0.02), (0.35, 0.02), (0.5, 0.2), (0.8, 0.2)),
    # few hosts take less than is said of nginx itself
    "loose": _NOTHING,
    # malloc() maps each large array, and free() unmaps it
    "freed": _NOTHING,
    # its qsort() sorts in place
    "passing": _NOTHING,
}

# only glibc's posix_memalign() leaves room that small pieces take, and only its lists of what is
# free run through the pages of it
_WITHOUT_GAPS = dict.fromkeys(("gaps", *MIXED), _NOTHING)

LAWS: dict[str, dict[str, Law]] = {
    "glibc": GLIBC,
    "musl": GLIBC | _WITHOUT_GAPS | _MUSL,
    "jemalloc": GLIBC | _WITHOUT_GAPS | _JEMALLOC,
    "mimalloc": GLIBC | _WITHOUT_GAPS | _MIMALLOC,
    "tcmalloc": GLIBC | _WITHOUT_GAPS | _TCMALLOC,
}
"""Allocator → its laws; glibc's are borrowed for kinds of which it does not decide: ``code`` and
``scripts`` are mapped by PCRE and LuaJIT themselves, zones and large arrays by nginx. So are
those of ``rules`` and ``unwritten``, which were not measured with others."""


def laws_for(allocator: str, measured: MeasuredLaws) -> Mapping[str, Law]:
    """The laws of an allocator, or those measured on a server where it has this allocator."""
    if measured.allocator != allocator:
        return LAWS[allocator]
    return LAWS[allocator] | {
        kind: Law(*(Times(*by_phase[phase]) for phase in PHASES))
        for kind, by_phase in measured.by_kind.items()
    }
