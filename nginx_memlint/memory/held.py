"""Old workers that connections hold: what each generation of them keeps, and the peak at the end.

With glibc: other allocators, of which this was not measured, borrow it.

After a reload an old worker lives until its last connection ends, and keeps its configuration;
``worker_shutdown_timeout`` bounds that. Measured on Debian 12 with 1, 2 and 4 workers: five reloads
with a connection in each old worker, then all of them let go at once, and freed their memory at
once (tests/nginx/recordings/held-whole-bookworm.json).
"""

from typing import NamedTuple

from nginx_memlint.memory.laws import Amount, Times
from nginx_memlint.memory.laws_table import MARGIN

GENERATIONS = 5
"""Generations of old workers that the peak is for."""


class HeldLaw(NamedTuple):
    """How often an amount is kept by each generation, and what a worker's exit copies of it.

    The last worker of a generation copies nothing: nobody shares its pages any more.
    """

    kept: Times
    copied: float = 0.0


LAWS: dict[str, HeldLaw] = {
    "base": HeldLaw(Times(0.5, 0.15), 0.15),
    "pool": HeldLaw(Times(1.25, 0.005), 0.18),
    # the old region and the new one; every second or third reload of a large configuration, new
    # workers also copy what the master has freed (malloc_consolidate())
    "heap": HeldLaw(Times(1.8, 0.42), 1.0),
    "contexts": HeldLaw(Times(2.0, 0.13), 1.0),
    "tables": HeldLaw(Times(1.21, 0.045)),
    "pages": HeldLaw(Times(1.46, 0.02), 0.5),
    "code": HeldLaw(Times(1.82), 0.75),
    "large": HeldLaw(Times(1.25)),
    "library": HeldLaw(Times(0, 0.1)),
    # not measured by itself: it may all lie in room that was written to
    "unwritten": HeldLaw(Times(1)),
    "loose": HeldLaw(Times(0, 1.35)),
    # many small pieces as well; not measured by itself
    "rules": HeldLaw(Times(1.8, 0.42), 1.0),
    # LuaJIT's arenas are mapped and unmapped as a whole
    "scripts": HeldLaw(Times(1.01, 0.006), 0.8),
    "worker": HeldLaw(Times(0, 1)),
    "zone_renewed": HeldLaw(Times(1)),
}
"""Field of Amount → its law; helpers and kept zones have no generations, and a generation uses the
room that reading the one before has left."""


class HeldMemory(NamedTuple):
    """Bytes that each generation of held workers keeps, and the peak when five let go at once."""

    kept_per_generation: int
    release_peak: int


def held(amount: Amount, workers: int, start: int) -> HeldMemory:
    """The memory of held workers of a configuration that takes so many bytes at a start."""
    kept = copied = 0.0
    for kind, law in LAWS.items():
        size = getattr(amount, kind)
        kept += law.kept.of(workers) * size
        copied += law.copied * (workers - 1) * size
    peak = start + GENERATIONS * MARGIN * (kept + copied)
    return HeldMemory(round(MARGIN * kept), round(peak))
