"""Shared memory zones take more than their budget, or more than there is once they are full.

## What

The sizes of all shared memory zones (`lua_shared_dict`, `proxy_cache_path … keys_zone=`,
`limit_req_zone`, `ssl_session_cache shared:`, `zone` in upstreams and others) add up to more than
`--max-zones-memory`; or, as a warning, the worst reload peak is within `--max-memory` as long as
they are not full, and over it once they are.

## Why

A zone is as large as it is declared, and it outlives reloads. Its pages are taken as they are
first used, so that it is full some day, not at start: 1 MB holds about 8,000 keys of a cache, 4,000
TLS sessions, or 16,000 states of `limit_req_zone`.

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
from nginx_memlint.result import Severity
from nginx_memlint.rules.rule import CostPlace, Draft
from nginx_memlint.sizes import human, human_budget

CODE = "ML204"
NAME = "zones-over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if either budget is exceeded."""
    zones = sorted(situation.zones, key=lambda zone: (-zone.size, zone.name))
    total = situation.zones_bytes
    most, of_all = situation.limits.max_zones_memory, situation.limits.max_memory
    limit, peak = situation.total.limit, situation.total.reload_peak_worst
    severity: Severity | None = None
    if most is not None and total > most:
        message, over = f"over the budget for them, {human(most)}", total - most
    elif zones and of_all is not None and peak <= of_all < limit:
        message = (
            f"once they are full, the worst reload peak is {human(limit)}, over the budget of "
            f"{human_budget(of_all)}"
        )
        over, severity = limit - of_all, "warning"
    else:
        return
    largest, *others = zones
    yield Draft(
        f"shared memory zones take up to {human(total)}, {largest.name} the most "
        f"({human(largest.size)}): {message}",
        largest.setting,
        over,
        [CostPlace(z.setting, f"{z.name}: {human(z.size)}", z.size) for z in others],
        severity=severity,
    )
