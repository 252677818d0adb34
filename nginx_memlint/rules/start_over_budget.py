"""A start takes more memory than its budget.

## What

Master and workers together, with shared memory zones, take more than `--max-start-memory` once
nginx has started, before any reload.

## Why

Every OpenSSL context and every CA bundle loaded into one is memory of the master, which its
workers share; shared memory zones come on top.

## Cost

What is over the budget.

## Since

Every version of nginx.

## Fix

Follow the remedy that is shown, make zones smaller, or raise the budget.

## Fails

```nginx
# memlint check --max-start-memory 100MiB
events {}
http {
    limit_req_zone $binary_remote_addr zone=clients:200m rate=10r/s;
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check --max-start-memory 100MiB
events {}
http {
    limit_req_zone $binary_remote_addr zone=clients:10m rate=10r/s;
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import blamed
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human

CODE = "ML203"
NAME = "start-over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the budget is exceeded."""
    budget = situation.limits.max_start_memory
    now = situation.estimate
    start = now.start + now.zones
    if budget is not None and start > budget:
        zones = f" ({human(now.zones)} of it shared zones)" if now.zones else ""
        message = f"{human(start)} at start{zones}: over the budget of {human(budget)} for a start"
        yield blamed(situation, message, start - budget, 1)
