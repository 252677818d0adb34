"""What kept a configuration from being read as nginx would read it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing the user must know before believing the counts.

    ``file`` is the user's name for it, ``line`` and ``column`` are 1-based. ``nginx`` is what
    nginx itself would say, None where it would say nothing. ``complete`` tells whether the
    counts are right in spite of it. ``chain`` names the includes that led to the file, as
    "file:line", the outermost first.
    """

    message: str
    file: str
    line: int | None = None
    column: int | None = None
    nginx: str | None = None
    complete: bool = False
    chain: tuple[str, ...] = ()
