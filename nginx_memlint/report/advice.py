"""A remedy in words, which all formats share."""

from __future__ import annotations

from nginx_memlint.printable import printable
from nginx_memlint.remedies.fixes_table import FLAGS
from nginx_memlint.result import Remedy
from nginx_memlint.sizes import human, plural

RESTART = "then restart nginx: a reload peaks as before and frees nothing"
"""A change of the files, and what else must be done: the master does not give memory back."""


def fix_flags(remedy: Remedy) -> str:
    """The flags of ``memlint check`` with which a change that it can make is made."""
    return FLAGS["unsafe" if remedy.unsafe else "safe"]


def advice(remedy: Remedy) -> str:
    """A change and what it saves, as a sentence."""
    loads = plural(remedy.ca_loads, "CA load")
    start, peak = remedy.saves_start_bytes, remedy.saves_peak_bytes
    at_start = f"saves {human(start)} at start, " if start >= 0 else "saves "
    more = f", and takes {human(-start)} more at start" if start < 0 else ""
    return printable(f"{remedy.change}: {at_start}{human(peak)} at the peak{more} ({loads})")
