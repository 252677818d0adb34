"""Thresholds of rules: from how many bytes or seconds on something is worth a finding."""

from __future__ import annotations

from nginx_memlint.sizes import GIB, MIB

REPEATED_LOADS = 64 * MIB
"""Bytes at start that go to loading one bundle again. About 75 blocks with the stock bundle of
Debian 12; a service with four workers then peaks near 1 GiB at a reload."""

KILLS_MACHINES = 4 * GIB
"""Bytes at the worst reload peak, if no budget is given. The published out-of-memory kills were on
machines of 4 to 8 GiB (lua-nginx-module #1005, cs-nginx-bouncer #92)."""

HELD_GENERATION = 128 * MIB
"""Bytes that a generation of held workers keeps: four of them are half a GiB."""

LARGE_BUNDLE = 256 * MIB
"""Bytes at start that a smaller bundle would save, for that alone to be said."""

COSTLY_PART = 64 * MIB
"""Bytes at start that a change of one part would save, for that to be a warning."""

COSTLY_SHARE = 0.1
"""Or such a share of all, for it to be a note."""

SLOW_TEST = 30.0
"""Seconds of ``nginx -t`` if no limit is given: a third of what systemd gives a start."""
