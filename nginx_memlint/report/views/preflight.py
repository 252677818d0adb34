"""Whether a reload fits, for people: the verdict, the room, what runs, what decides, what helps."""

from __future__ import annotations

import io

from nginx_memlint.live.preflight.verdict import Fit, Preflight
from nginx_memlint.report.screen import Page
from nginx_memlint.sizes import human, plural

STYLES = {
    Fit.FITS: "bold green",
    Fit.MAY_NOT: "bold yellow",
    Fit.DOES_NOT: "bold red",
}
"""Fit → style."""

_SPANS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def span(seconds: float) -> str:
    """A time that has passed, for people: ``3 h 20 min``, ``4 s``."""
    parts: list[str] = []
    left = int(seconds)
    for unit, size in _SPANS:
        count, left = divmod(left, size)
        if count and len(parts) < 2:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def write(result: Preflight, screen: Page) -> None:
    """Write a line for each."""
    need, room = result.need, result.room[0]
    screen.line(
        (result.verdict.upper(), STYLES[result.verdict]),
        f"  a reload of nginx (process {result.pid}) needs up to {human(need.most_bytes)} more, "
        f"{human(room.free_bytes)} is free",
    )
    swap = f", and {human(room.swap_bytes)} of swap" if room.swap_bytes else ""
    screen.line(
        f"  room     {room.name}: {human(room.limit_bytes)}, {human(room.used_bytes)} of it used, "
        f"{human(room.reclaimable_bytes)} of that reclaimable{swap}"
    )
    runs = "; ".join(
        f"{kind.kind if kind.processes == 1 else f'{kind.processes} {kind.kind}'} "
        f"{human(kind.anonymous_bytes / kind.processes)} for {span(kind.since_seconds)}"
        for kind in result.processes
    )
    same = "unchanged" if result.unchanged else "changed since"
    screen.line(f"  now      {runs}; {result.path} {same}")
    parts = ", ".join(f"{human(part.bytes)} {part.name}" for part in need.parts)
    screen.line(f"  decides  {result.reason}; in all {parts}")
    for help_ in result.helps:
        screen.line(f"  helps    {help_}")
    for text in result.unseen:
        screen.line(f"  unseen   {text}")
    if result.waited_seconds >= 1:
        left = sum(kind.processes for kind in result.processes if kind.kind == "old workers")
        there = f"{plural(left, 'old worker')} left" if left else "no old workers left"
        screen.line(f"  waited   {result.waited_seconds:.0f} s, {there}")


def plain(result: Preflight) -> str:
    """The lines for a file."""
    out = io.StringIO()
    write(result, Page(out))
    return out.getvalue()
