"""The worst reload peak is over the budget.

## What

Master and workers together take more than `--max-memory` while the configuration is reloaded, at
worst: all that `memory.parts` lists, shared memory zones with what they touch at a start.

## Why

During a reload the master holds two configurations, there are old and new workers, and old ones
that exit copy the pages of theirs. With U the memory of CA certificates in one configuration and W
workers, these alone come to (2 + 3 W) U.

## Cost

What is over the budget: the kernel or the container's limit kills nginx for it. Where files
cannot be read, it is an error if even the least that they can hold is over, and a warning if only
the most is.

## Since

Every version of nginx.

## Fix

Follow the remedy that is shown, run fewer workers, or raise the limit and the budget.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB --max-memory 256MiB
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    server { listen 443 ssl; server_name a.example.com; }
    server { listen 443 ssl; server_name b.example.com; }
}
```

## Passes

```nginx
# memlint check --target debian-12 --unit-cost 32MiB --max-memory 256MiB
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    server {
        listen 443 ssl;
        server_name a.example.com;
        ssl_client_certificate ca.pem;
        ssl_verify_client on;
    }
    server { listen 443 ssl; server_name b.example.com; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import at_worst, blamed, phases, verdict
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human_budget

CODE = "ML201"
NAME = "over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the budget is exceeded."""
    budget = situation.limits.max_memory
    if budget is None:
        return
    judged = verdict(situation, lambda size: size > budget, at_worst)
    if judged is not None:
        message = f"{phases(situation)}{judged.guessed}: over the budget of {human_budget(budget)}"
        yield blamed(judged, message, judged.size - budget)
