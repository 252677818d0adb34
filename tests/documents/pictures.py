"""The pictures of the documents, drawn from the recordings as SVG: readable on dark and light."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from tests.documents.pages import PROJECT
from tests.nginx.accuracy_whole import RELEASES, Ratio, recording, whole

DIRECTORY = PROJECT / "docs/pictures"
WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 52
COLORS = {"start": "#0072b2", "first peak": "#e69f00", "worst peak": "#d55e00"}
"""Phase → a colour that those who do not see red and green tell from the others (Okabe, Ito)."""

MIB = 1024 * 1024
SERVER, WORKERS = "Lua gateway with a CA bundle", 4


class Axis(NamedTuple):
    """A scale from a value to a place in the picture."""

    low: float
    high: float
    start: float
    end: float
    of: Callable[[float], float] = float

    def __call__(self, value: float) -> float:
        low, high = self.of(self.low), self.of(self.high)
        part = (self.of(value) - low) / (high - low)
        return round(self.start + part * (self.end - self.start), 1)


def predicted() -> str:
    """Predictions of whole configurations against measurements, each phase a point."""
    points = [
        (phase, ratio)
        for stack in RELEASES
        for phases in whole(stack).values()
        for phase, ratio in phases.items()
        if phase in COLORS
    ]
    across, up = _square(ratio for _, ratio in points)
    parts = [
        _line(across(across.low), up(up.low), across(across.high), up(up.high), "#555"),
        _line(across(across.low), up(1.5 * up.low), across(across.high / 1.5), up(up.high), "#aaa"),
        _text(across(across.high / 1.6), up(up.high) - 6, "1.5 times", anchor="end"),
        *_ticks(across, up),
        _text(WIDTH / 2, HEIGHT - 12, "measured, MiB"),
        _text(18, HEIGHT / 2, "predicted, MiB", turned=True),
    ]
    for phase, ratio in points:
        where = f'cx="{across(ratio.measured / MIB)}" cy="{up(ratio.predicted / MIB)}"'
        title = f"{ratio.name}, {phase}: {ratio.ratio:.2f}"
        parts.append(
            f'<circle {where} r="4" fill="{COLORS[phase]}" fill-opacity="0.75">'
            f"<title>{escape(title)}</title></circle>"
        )
    heading = f"{len(points)} phases of whole configurations, Debian 12 and 13"
    return _picture(heading, [*parts, *_legend(COLORS, HEIGHT - 110)])


def reloads() -> str:
    """The memory of one server through its reloads, measured, beside what is predicted."""
    [row] = [
        row
        for row in recording("whole")["rows"]
        if (row["configuration"], row["workers"]) == (SERVER, WORKERS)
    ]
    peaks, after = row["peak_kb"], row["after_kb"]
    phases = whole()[SERVER, WORKERS]
    top = max(phases["worst peak"].predicted / MIB, max(peaks) / 1024) * 1.05
    across = Axis(-0.5, len(peaks) + 0.5, LEFT, WIDTH - RIGHT)
    up = Axis(0, top, HEIGHT - BOTTOM, TOP)
    parts = []
    for number, (peak, kept) in enumerate(zip((row["start_kb"], *peaks), (0, *after), strict=True)):
        for size, color in ((peak, "worst peak" if number else "start"), (kept, "start")):
            height = round(up(0) - up(size / 1024), 1)
            parts.append(
                f'<rect x="{across(number - 0.35)}" y="{up(size / 1024)}" width="'
                f'{round(across(0.35) - across(-0.35), 1)}" height="{height}" '
                f'fill="{COLORS[color]}"/>'
            )
        parts.append(
            _text(across(number), HEIGHT - BOTTOM + 18, str(number) if number else "start")
        )
    for phase, color in COLORS.items():
        size = phases[phase].predicted / MIB
        parts.append(_line(LEFT, up(size), WIDTH - RIGHT, up(size), color, dashed=True))
        parts.append(_text(LEFT + 4, up(size) - 5, f"{phase}, predicted", anchor="start"))
    step = 10 ** math.floor(math.log10(top / 2))
    parts += [
        _text(LEFT - 8, up(mark) + 4, f"{mark:,.0f}", anchor="end")
        for mark in _multiples(step * (1 if top / step <= 10 else 2), top)
    ]
    parts.append(_text(WIDTH / 2, HEIGHT - 12, "reload"))
    parts.append(_text(18, HEIGHT / 2, "MiB", turned=True))
    names = {"start, and kept after a reload": COLORS["start"], "peak": COLORS["worst peak"]}
    return _picture(f"{SERVER}, {WORKERS} workers, measured", [*parts, *_legend(names, 110)])


PICTURES: dict[Path, Callable[[], str]] = {
    DIRECTORY / "predicted.svg": predicted,
    DIRECTORY / "reloads.svg": reloads,
}
"""File → what draws it."""


def _square(ratios: Iterable[Ratio]) -> tuple[Axis, Axis]:
    sizes = [size / MIB for ratio in ratios for size in (ratio.measured, ratio.predicted)]
    low, high = min(sizes) / 1.2, max(sizes) * 1.2
    across = Axis(low, high, LEFT, WIDTH - RIGHT, math.log)
    return across, Axis(low, high, HEIGHT - BOTTOM, TOP, math.log)


def _ticks(across: Axis, up: Axis) -> Iterator[str]:
    for exponent in range(
        math.ceil(math.log10(across.low)), math.floor(math.log10(across.high)) + 1
    ):
        mark = 10**exponent
        yield _line(across(mark), TOP, across(mark), HEIGHT - BOTTOM, "#ddd")
        yield _line(LEFT, up(mark), WIDTH - RIGHT, up(mark), "#ddd")
        yield _text(across(mark), HEIGHT - BOTTOM + 18, f"{mark:,}")
        yield _text(LEFT - 8, up(mark) + 4, f"{mark:,}", anchor="end")


def _multiples(step: float, most: float) -> Iterator[float]:
    yield from (step * number for number in range(int(most / step) + 1))


def _line(x1: float, y1: float, x2: float, y2: float, color: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{color}"{dashes}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "middle", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def _legend(names: dict[str, str], y: float) -> Iterator[str]:
    for name, color in names.items():
        yield f'<rect x="{WIDTH - 230}" y="{y - 9}" width="10" height="10" fill="{color}"/>'
        yield _text(WIDTH - 214, y, name, anchor="start")
        y += 16


def _picture(heading: str, parts: list[str]) -> str:
    body = "\n".join([_text(WIDTH / 2, 26, heading), *parts])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="13" fill="#222">\n'
        f"<title>{escape(heading)}</title>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n{body}\n</svg>\n'
    )
