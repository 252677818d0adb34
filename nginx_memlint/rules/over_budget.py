"""The worst reload peak is over the budget.

## What

Master and workers together, with shared memory zones, take more than `--max-memory` while the
configuration is reloaded, at worst.

## Why

During a reload the master holds two configurations, and old workers that exit copy the pages of
theirs. With U the memory of one configuration and W workers, the peak comes to (2 + 3 W) U.

## Cost

What is over the budget: the kernel or the container's limit kills nginx for it.

## Fix

Follow the remedy that is shown, run fewer workers, or raise the limit and the budget.

## Fails

```nginx
# memlint check --max-memory 100MiB
events {}
http {
    lua_shared_dict sessions 200m;
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check --max-memory 300MiB
events {}
http {
    lua_shared_dict sessions 200m;
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.rules.phases import blamed, phases
from nginx_memlint.rules.rule import Draft
from nginx_memlint.situation import Situation
from nginx_memlint.sizes import human

CODE = "ML201"
NAME = "over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the budget is exceeded."""
    budget = situation.limits.max_memory
    peak = situation.estimate.worst_total
    if budget is not None and peak > budget:
        message = f"{phases(situation)}: over the budget of {human(budget)}"
        yield blamed(situation, message, peak - budget)
