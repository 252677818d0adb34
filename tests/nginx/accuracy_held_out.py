"""Predicted against measured memory of the configurations that were held out.

The predictions are those of the commit that the recording names: nothing here is worked out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any, NamedTuple

from tests.nginx.accuracy_whole import KIB, NATIVE, recording

HEAD = """\

| configuration | workers | start, MiB | ratio | first peak | worst peak | limit, of the need |
|---|---|---|---|---|---|---|
"""

INTRODUCTION = """\
### Held-out configurations

Eleven servers as people have them, written by somebody who had not read the tables of costs
(`tests/nginx/held_out_configurations.py`), each through {reloads} reloads on Debian 12. The ratios
are those of the first contact, by commit `{commit}`, and stay as they were. What a limit must allow
is the worst peak, and what of shared memory was reserved but not yet in use.
"""

MENDED = """\

What they showed was mended, by nginx's sources and by measurements of the cause alone, and no cost
was fitted to them:

- arrays for names and maps, which glibc keeps (1.2 or 1.6 MB from the second address or map on)
- headers and parameters that are compiled once more for a cache, wherever either of them stands
- arrays of headers and parameters that double, in place of so many bytes for each
- threads of pools, in each worker
- helpers of caches free no contexts when they end, as workers do, and so copy none
- small pieces of contexts and of CA stores are sorted up to one bound, not one for each

Stores of few certificates are still predicted as large ones are; the worst reload of hundreds of
large ones may come after the twelve that were watched. Of the same recording, since then:
"""


AT_ONCE = """\

Two processors let old workers exit one by one, so these peaks are lower than with a processor for
each. The first were measured again with exits held until all old processes had come to theirs:

| configuration | workers | first peak, MiB | ratio | at once, MiB | ratio |
|---|---|---|---|---|---|
"""


MANY = """
{name}, with {workers} workers and exits at once, through {reloads} reloads:
the first peak was {first} MiB, all later ones {low} to {high}, which is (3 + W) U. The worst
that is predicted did not come: (2 + 3 W) U came at reload 15 with 300 stores (below), and more does
in hundreds of reloads. What those {reloads} needed is {part} % of what is said.
"""

SECOND = """\

### Five more

When the above had been mended, five more of other kinds were written and measured before anybody
who wrote them had read the tables (`tests/nginx/held_out_second.py`). What was said of them at
first contact, by the package as of commit `{commit}`:
"""

MENDED_SECOND = """\

Of the meters, {reloads} reloads were watched as well: they needed {needed} MiB at the worst, {part}
what had been said, and the limit was {limit} of the need. What these five showed was mended by its
cause, as measured alone (`tests/nginx/measure_room.py`):

- buffers of logs: a page of each is resident at a start, but all of it after reloads, once it lies
  where something else was (100 logs with 64 KiB each needed 1.5 times what had been said)
- contexts that lie between the pages of a geo block's trees, and take no memory of their own there
- zones of upstreams, by the pages that slabs hand out for the sizes of what is in them

Of the same recording, since then:
"""


@dataclass(frozen=True)
class HeldOut:
    """One configuration with a number of workers: predicted figures divided by measured ones."""

    name: str
    workers: int
    start_mib: float
    start: float
    first_peak: float
    worst_peak: float
    limit: float


@cache
def first_contact() -> tuple[HeldOut, ...]:
    """The recorded configurations beside what was predicted of them at first."""
    return tuple(compared(row, row["predicted"]) for row in recording("held-out", NATIVE)["rows"])


def compared(row: dict[str, Any], predicted: dict[str, int]) -> HeldOut:
    """A row of the recording against the bytes that are predicted."""
    worst = max(row["peak_kb"])
    need = worst + row["zones_reserved_kb"] - row["zones_resident_kb"]
    return HeldOut(
        row["configuration"],
        row["workers"],
        row["start_kb"] / KIB,
        predicted["start_bytes"] / KIB / row["start_kb"],
        predicted["reload_peak_bytes"] / KIB / row["peak_kb"][0],
        predicted["reload_peak_worst_bytes"] / KIB / worst,
        predicted["limit_bytes"] / KIB / need,
    )


@cache
def since() -> tuple[HeldOut, ...]:
    """The recorded configurations beside what is predicted since the faults were mended."""
    rows = recording("held-out", NATIVE)["rows"]
    return tuple(compared(row, row["predicted_later"]) for row in rows)


class FirstPeak(NamedTuple):
    """The first peak of a configuration, where old workers exit as they come, and all at once."""

    name: str
    workers: int
    one_by_one_kb: int
    at_once_kb: int
    predicted_bytes: int

    def ratio(self, measured_kb: int) -> float:
        """The prediction divided by a measurement."""
        return self.predicted_bytes / KIB / measured_kb


@cache
def first_peaks() -> tuple[FirstPeak, ...]:
    """The first peaks that were measured again, with exits held until all have come to them."""
    before = {
        (row["configuration"], row["workers"]): row["peak_kb"][0]
        for row in recording("held-out", NATIVE)["rows"]
    }
    return tuple(
        FirstPeak(
            row["configuration"],
            row["workers"],
            before[row["configuration"], row["workers"]],
            row["peak_kb"][0],
            row["predicted"]["reload_peak_bytes"],
        )
        for row in recording("held-out-at-once", NATIVE)["rows"]
    )


def _of_first_peaks() -> str:
    rows = [
        f"| {each.name} | {each.workers} | {each.one_by_one_kb / KIB:,.1f} | "
        f"{each.ratio(each.one_by_one_kb):.2f} | {each.at_once_kb / KIB:,.1f} | "
        f"{each.ratio(each.at_once_kb):.2f} |\n"
        for each in first_peaks()
    ]
    return AT_ONCE + "".join(rows)


def table() -> str:
    """The comparisons, as Markdown."""
    data = recording("held-out", NATIVE)["inputs"]
    introduction = INTRODUCTION.format(reloads=data["reloads"], commit=data["predicted_by"][:12])
    compared_at_first = introduction + _rows(first_contact()) + MENDED + _rows(since())
    return compared_at_first + _of_first_peaks() + _of_many_reloads() + _of_second()


def _of_second() -> str:
    data = recording("held-out-second", NATIVE)
    [row] = recording("held-out-second-many", NATIVE)["rows"]
    many = compared(row, row["predicted"])
    first = tuple(compared(one, one["predicted"]) for one in data["rows"])
    later = tuple(compared(one, one["predicted_later"]) for one in data["rows"])
    mended = MENDED_SECOND.format(
        reloads=len(row["peak_kb"]),
        needed=f"{max(row['peak_kb']) / KIB:,.0f}",
        part=f"{1 / many.worst_peak:.2f} times",
        limit=f"{many.limit:.2f}",
    )
    introduction = SECOND.format(commit=data["inputs"]["predicted_by"][:12])
    return introduction + _rows(first) + mended + _rows(later)


def _of_many_reloads() -> str:
    [row] = recording("held-out-many", NATIVE)["rows"]
    name, workers = row["configuration"], row["workers"]
    [said] = [
        one["predicted_later"]["reload_peak_worst_bytes"]
        for one in recording("held-out", NATIVE)["rows"]
        if (one["configuration"], one["workers"]) == (name, workers)
    ]
    first, *later = row["peak_kb"]
    return MANY.format(
        name=name,
        workers=workers,
        reloads=len(row["peak_kb"]),
        first=f"{first / KIB:,.0f}",
        low=f"{min(later) / KIB:,.0f}",
        high=f"{max(later) / KIB:,.0f}",
        part=f"{100 * max(later) * KIB / said:.0f}",
    )


def _rows(listed: tuple[HeldOut, ...]) -> str:
    rows = [
        f"| {each.name} | {each.workers} | {each.start_mib:,.1f} | {each.start:.2f} | "
        f"{each.first_peak:.2f} | {each.worst_peak:.2f} | {each.limit:.2f} |\n"
        for each in listed
    ]
    error = median(abs(each.start - 1) for each in listed)
    return HEAD + "".join(rows) + f"\nThe median error of a start is {100 * error:.1f} %.\n"
