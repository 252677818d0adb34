"""A remedy in words, which all formats share."""

from __future__ import annotations

from nginx_memlint.printable import printable
from nginx_memlint.result import Remedy
from nginx_memlint.sizes import human, plural


def advice(remedy: Remedy) -> str:
    """A change and what it saves, as a sentence."""
    loads = plural(remedy.ca_loads, "CA load")
    return printable(
        f"{remedy.change}: saves {human(remedy.saves_start_bytes)} at start, "
        f"{human(remedy.saves_peak_bytes)} at the peak ({loads})"
    )
