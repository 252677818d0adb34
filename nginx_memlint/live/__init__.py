"""The real nginx of this machine: what it is, what it costs, whether an estimate holds.

Linux only: memory is read from ``/proc``.
"""

from __future__ import annotations

from nginx_memlint.sizes import MIB

TOLERANCE = 0.15
SLACK = 2 * MIB
