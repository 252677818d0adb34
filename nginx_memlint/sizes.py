"""Sizes in bytes, read and written."""

from __future__ import annotations

from pydantic import ByteSize, TypeAdapter, ValidationError

MIB = 1 << 20
GIB = 1 << 30

_BYTE_SIZE = TypeAdapter(ByteSize)


def parse_size(text: str) -> int:
    """The bytes of a size like ``4GiB`` (binary), ``500MB`` (decimal) or ``1048576``.

    Raises ValueError.
    """
    try:
        size = int(_BYTE_SIZE.validate_python(text.strip()))
    except ValidationError:
        size = 0
    if size <= 0:
        raise ValueError(f'"{text}" is not a size like 4GiB, 500MB or 1048576')
    return size


def human(size: float) -> str:
    """A size for people: ``3.4 GiB``."""
    return ByteSize(round(size)).human_readable(separator=" ")


def human_seconds(seconds: float) -> str:
    """The order of magnitude of a time for people: ``80 s``."""
    return f"{seconds:.1g} s" if seconds < 10 else f"{round(seconds, -1):.0f} s"
