"""No budget is given, and the worst reload peak is one that has killed machines.

## What

Master and workers together, with shared memory zones, take 4 GiB or more while the configuration
is reloaded, at worst, and `--max-memory` does not say how much there is.

## Why

During a reload the master holds two configurations, and old workers that exit copy the pages of
theirs. With U the memory of one configuration and W workers, the peak comes to (2 + 3 W) U. The
published out-of-memory kills were on machines of 4 to 8 GiB.

## Cost

The peak itself.

## Since

Every version of nginx.

## Fix

Follow the remedy that is shown; or state the memory that nginx may take with `--max-memory`.

## Fails

```nginx
# memlint check
events {}
http {
    lua_shared_dict pages 5000m;
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check --max-memory 8GiB
events {}
http {
    lua_shared_dict pages 5000m;
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import blamed, phases
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import KILLS_MACHINES

CODE = "ML202"
NAME = "peak-kills-machines"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the worst reload peak reaches the threshold."""
    peak = situation.estimate.worst_total
    if situation.limits.max_memory is None and peak >= KILLS_MACHINES:
        message = f"{phases(situation)}: a machine without that much memory kills nginx"
        yield blamed(situation, message, peak)
