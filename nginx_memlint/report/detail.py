"""How much the text says."""

from __future__ import annotations

from enum import Enum, auto


class Detail(Enum):
    """How much of a report the text shows."""

    QUIET = auto()
    """The verdicts alone."""
    NORMAL = auto()
    """That which is to be known at once, on one screen."""
    VERBOSE = auto()
    """All findings and remedies, all phases, counts, shares, and where figures come from."""
