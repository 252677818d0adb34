"""Sizes in bytes, read and written, and counts for people."""

from __future__ import annotations

import re
from typing import Self

MIB = 1 << 20
GIB = 1 << 30

MAX_SIZE = 1 << 63
"""Bytes that are rejected: no machine has so many."""

_SIZE = r"([0-9]{1,19}(?:\.[0-9]{1,19})?) ?([A-Za-z]*)"

_UNITS: dict[str, int] = {"": 1, "b": 1} | {
    letter + ending: base**power
    for power, letter in enumerate("kmgtpe", 1)
    for ending, base in (("", 1024), ("i", 1024), ("ib", 1024), ("b", 1000))
}
"""Unit in lower case → bytes. A letter alone is 1,024-fold, as nginx, systemd and docker have it;
``Ki`` and its like are Kubernetes'; ``kB`` and its like are decimal."""

SIZE_PATTERN = r"^\s*[0-9]{1,19}(\.[0-9]{1,19})? ?([Bb]|[KkMmGgTtPpEe]([Ii]?[Bb]|[Ii])?)?\s*$"
"""A pattern for JSON Schemas of the texts that parse_size() accepts."""


class WrittenBudget(int):
    """Bytes that may be taken; ``source`` says where they are written."""

    source: str

    def __new__(cls, size: int, source: str) -> Self:
        """Make a budget of so many bytes."""
        budget = super().__new__(cls, size)
        budget.source = source
        return budget

    def __reduce__(self) -> tuple[type[WrittenBudget], tuple[int, str]]:
        return WrittenBudget, (int(self), self.source)


def human_budget(size: int) -> str:
    """A budget for people: ``4.0 GiB``, ``4.0 GiB (limits.memory of gateway in deploy.yaml)``."""
    return f"{human(size)} ({size.source})" if isinstance(size, WrittenBudget) else human(size)


def parse_size(text: str) -> int:
    """The bytes of a size like ``4GiB``, ``512Mi``, ``4g`` (binary), ``500MB`` or ``1048576``.

    A number below 1 MiB without a unit is no size: whoever writes ``4`` means another unit. Raises
    ValueError that says what to give.
    """
    return _parse(text, is_budget=False)


def parse_budget(text: str) -> int:
    """The bytes of a budget: a size as parse_size() reads it, and at least 1 MiB.

    nginx never takes less, so less must be given in bytes, with the unit ``B``. Raises ValueError
    that says what to give.
    """
    return _parse(text, is_budget=True)


def _parse(text: str, *, is_budget: bool) -> int:
    match = re.fullmatch(_SIZE, text.strip())
    unit = match[2].lower() if match else ""
    if match is None or unit not in _UNITS:
        raise _no_size(text)
    whole, _, part = match[1].partition(".")
    scale: int = 10 ** len(part)
    size, rest = divmod(int(whole + part) * _UNITS[unit], scale)
    if not 0 < size < MAX_SIZE or (rest and _UNITS[unit] == 1):
        raise _no_size(text)
    if size < MIB and (not unit or (is_budget and unit != "b")):
        raise ValueError(_question(text, match[1], size))
    return size


def _no_size(text: str) -> ValueError:
    return ValueError(
        f'"{text}" is not a size like 4GiB, 512Mi, 4g (1,024-fold), 500MB (1,000-fold) or 1048576'
    )


def check_budget(size: int) -> int:
    """The given bytes of a budget; raises ValueError for a size that is probably another unit."""
    if size < MIB:
        raise ValueError(_question(str(size), str(size), size))
    return size


def _question(text: str, number: str, size: int) -> str:
    """A question that names both sizes that may be meant: in a larger unit, or in bytes."""
    larger = ((f"{number}{unit}iB", float(number) * _UNITS[unit.lower()]) for unit in "KM")
    guess = next((name for name, likely in larger if likely >= 64 * MIB), f"{number}GiB")
    return f'"{text}" is {plural(size, "byte")}: did you mean {guess}? if not, write {size}B'


def plural(count: int, noun: str, sign: str = "") -> str:
    """A count and what is counted: ``1 block``, ``1,204 blocks``; with the sign +, ``+1 block``."""
    return f"{count:{sign},} {noun}{'' if abs(count) == 1 else 's'}"


def human(size: float) -> str:
    """A size for people, with three digits before the point at most: ``3.4 GiB``, ``1.0 GiB``."""
    number = float(round(size))
    unit = "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if abs(number) < (1024 if unit == "B" else 999.95):
            break
        number /= 1024
        unit = larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"


def human_about(size: float) -> str:
    """A size of which two digits are known, for people: ``about 3.4 GiB``, ``about 490 MiB``."""
    number, _, unit = human(size).partition(" ")
    digits = 1 if float(number) < 10 and unit != "B" else 0
    return f"about {float(f'{float(number):.2g}'):,.{digits}f} {unit}"


def exact(size: int) -> str:
    """A size to the byte, for people: ``128 MiB``, ``1,500 bytes``."""
    for unit, name in ((MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size:,} bytes"


_SHOWN = tuple((name, 1 << 10 * power) for power, name in enumerate(("B", "KiB", "MiB", "GiB")))


def human_growth(before: int, after: int) -> str:
    """A change of a size for people: ``+3.4 GiB``, ``-20.0 MiB``."""
    return f"{'-' if after < before else '+' if after > before else ''}{human(abs(after - before))}"


def human_range(before: int, after: int) -> str:
    """Two sizes for people, in one unit if it suits both: ``0.1 → 3.5 GiB``."""
    for name, unit in reversed(_SHOWN):
        if unit > max(before, after, 1):
            continue
        digits = 0 if unit == 1 else 1
        old, new = (f"{size / unit:,.{digits}f}" if size else "0" for size in (before, after))
        if "0.0" in (old, new):  # too small for the other's unit
            break
        if old != new or before == after:
            return f"{old} → {new} {name}"
    return f"{human(before)} → {human(after)}"


def human_seconds(seconds: float) -> str:
    """The order of magnitude of a time for people: ``80 s``."""
    return f"{seconds:.1g} s" if seconds < 10 else f"{round(seconds, -1):.0f} s"
