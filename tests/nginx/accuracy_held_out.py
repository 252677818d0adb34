"""What was said of the configurations that were held out, against what they took.

The predictions are those of the commit that the recording names: nothing here is worked out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import Any

from tests.nginx.accuracy_whole import KIB, NATIVE, recording

INTRODUCTION = """\
### Held-out configurations

Eleven servers as people have them, written by somebody who had not read the tables of costs
(`tests/nginx/held_out_configurations.py`), each through {reloads} reloads on Debian 12. The ratios
are those of the first contact, by commit `{commit}`, and stay as they were. What a limit must allow
is the worst peak, and what of shared memory was reserved but not yet in use.

| configuration | workers | start, MiB | ratio | first peak | worst peak | limit, of the need |
|---|---|---|---|---|---|---|
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
    """All that is recorded."""
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


def table() -> str:
    """The comparison, as Markdown."""
    data = recording("held-out", NATIVE)["inputs"]
    rows = [
        f"| {each.name} | {each.workers} | {each.start_mib:,.1f} | {each.start:.2f} | "
        f"{each.first_peak:.2f} | {each.worst_peak:.2f} | {each.limit:.2f} |\n"
        for each in first_contact()
    ]
    error = median(abs(each.start - 1) for each in first_contact())
    return (
        INTRODUCTION.format(reloads=data["reloads"], commit=data["predicted_by"][:12])
        + "".join(rows)
        + f"\nThe median error of a start is {100 * error:.1f} %.\n"
    )
