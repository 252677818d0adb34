"""The real nginx of this machine: its versions, its costs, and whether an estimate holds.

Linux only: memory is read from ``/proc``.
"""

from __future__ import annotations

from nginx_memlint.sizes import MIB

TOLERANCE = 0.15
SLACK = 2 * MIB
