"""A start takes more memory than its budget.

## What

Master and workers together take more than `--max-start-memory` once nginx has started, before any
reload. What reading a large map takes for a moment, and frees again, is not in it: `memlint verify`
says that.

## Why

Every block, map, OpenSSL context and CA bundle is memory of the master, which its workers share;
connections are each worker's. Of shared memory zones what is touched at a start is counted.

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
    upstream shards {
        hash $request_uri consistent;
        server 10.0.0.1 weight=50000;
    }
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check --max-start-memory 100MiB
events {}
http {
    upstream shards {
        hash $request_uri consistent;
        server 10.0.0.1 weight=5;
    }
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import at_start, blamed, said, verdict
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human

CODE = "ML203"
NAME = "start-over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the budget is exceeded."""
    budget = situation.limits.max_start_memory
    if budget is None:
        return
    judged = verdict(situation, lambda size: size > budget, at_start)
    if judged is not None:
        start = f"{said(situation, situation.total.start)} at start{judged.guessed}"
        message = f"{start}: over the budget of {human(budget)} for a start"
        yield blamed(judged, message, judged.size - budget, at_start)
