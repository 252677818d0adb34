"""Shared memory zones take more than their budget, or alone more than all memory there is.

## What

The sizes of all shared memory zones (`lua_shared_dict`, `proxy_cache_path … keys_zone=`,
`limit_req_zone`, `ssl_session_cache shared:`, `zone` in upstreams and others) add up to more than
`--max-zones-memory`, or to more than `--max-memory`.

## Why

A zone is as large as it is declared, and it outlives reloads. Its pages are taken as they are
first used, so that it is full some day, not at start.

## Cost

What is over the budget; once, however many workers and reloads there are.

## Since

Every version of nginx.

## Fix

Make the largest zones smaller, or raise the budget.

## Fails

```nginx
# memlint check --max-zones-memory 100MiB
events {}
http {
    lua_shared_dict sessions 80m;
    lua_shared_dict pages 40m;
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check --max-zones-memory 100MiB
events {}
http {
    lua_shared_dict sessions 40m;
    lua_shared_dict pages 40m;
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import culprit
from nginx_memlint.rules.rule import CostPlace, Draft
from nginx_memlint.sizes import human

CODE = "ML204"
NAME = "zones-over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if either budget is exceeded."""
    zones = sorted(situation.zones, key=lambda zone: (-zone.size, zone.name))
    total = situation.zones_bytes
    limits = situation.limits
    if limits.max_zones_memory is not None and total > limits.max_zones_memory:
        budget, what = limits.max_zones_memory, "the budget for them"
    elif limits.max_memory is not None and total > limits.max_memory:
        if culprit(situation, 2 + 3 * situation.workers.count) is zones[0].setting:
            return  # what is over the whole budget is said there already
        budget, what = limits.max_memory, "the whole budget"
    else:
        return
    largest, *others = zones
    yield Draft(
        f"shared memory zones take {human(total)}, {largest.name} the most "
        f"({human(largest.size)}): over {what}, {human(budget)}",
        largest.setting,
        total - budget,
        [CostPlace(z.setting, f"{z.name}: {human(z.size)}", z.size) for z in others],
    )
