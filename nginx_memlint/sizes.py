"""Sizes in bytes, read and written."""

from __future__ import annotations

MIB = 1 << 20
GIB = 1 << 30


def parse_size(text: str) -> int:
    """The bytes of a size like ``4GiB`` (binary), ``500MB`` (decimal) or ``1048576``.

    Raises ValueError.
    """
    from pydantic import ByteSize, TypeAdapter, ValidationError  # noqa: PLC0415  takes long

    try:
        size = int(TypeAdapter(ByteSize).validate_python(text.strip()))
    except ValidationError:
        size = 0
    if size <= 0:
        raise ValueError(f'"{text}" is not a size like 4GiB, 500MB or 1048576')
    return size


def human(size: float) -> str:
    """A size for people: ``3.4 GiB``; as pydantic's ``ByteSize.human_readable()``."""
    number = float(round(size))
    unit = "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB"):
        if abs(number) < 1024:
            break
        number /= 1024
        unit = larger
    return f"{number:.0f} B" if unit == "B" else f"{number:.1f} {unit}"


_UNITS = tuple((name, 1 << 10 * power) for power, name in enumerate(("B", "KiB", "MiB", "GiB")))


def human_growth(before: int, after: int) -> str:
    """A change of a size for people: ``+3.4 GiB``, ``-20.0 MiB``."""
    return f"{'-' if after < before else '+' if after > before else ''}{human(abs(after - before))}"


def human_range(before: int, after: int) -> str:
    """Two sizes for people, in one unit if it suits both: ``0.1 → 3.5 GiB``."""
    for name, unit in reversed(_UNITS):
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
