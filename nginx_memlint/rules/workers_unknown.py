"""How many workers run decides whether the memory suffices, and it is not known.

## What

`worker_processes` is `auto`, `--workers` is not given, and the verdict of ML201 or ML202 would be
another one with more or fewer workers.

## Why

`auto` starts one worker for each processor, which the configuration does not tell. Each has its
connections for itself, twice while the configuration is reloaded, and old workers that exit copy
what they free.

## Cost

What each worker more adds to the worst reload peak.

## Since

Every version of nginx.

## Fix

State the number with `--workers`, or set `worker_processes` to a number that the memory holds.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB --max-memory 1GiB
worker_processes auto;
events {}
http {
    server {
        listen 443 ssl;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client on;
    }
}
```

## Passes

```nginx
# memlint check --target debian-12 --unit-cost 32MiB --max-memory 1GiB --workers 8
worker_processes auto;
events {}
http {
    server {
        listen 443 ssl;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client on;
    }
}
```
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from nginx_memlint.memory.guesses import MOST_WORKERS, End
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import KILLS_MACHINES
from nginx_memlint.sizes import human, human_budget, plural

CODE = "ML206"
NAME = "workers-unknown"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the verdict is one up to some number of workers and another from there on."""
    if situation.workers.certain:
        return
    budget = situation.limits.max_memory
    # a peak of the budget is still within it, one of KILLS_MACHINES is not
    most = KILLS_MACHINES - 1 if budget is None else budget
    high = situation.at(End.HIGH)
    holds = bisect_right(range(1, MOST_WORKERS + 1), most, key=lambda n: _peak(high, n))
    if not 0 < holds < MOST_WORKERS:
        return
    limit = f"under {human(KILLS_MACHINES)}" if budget is None else f"within {human_budget(budget)}"
    each = _peak(high, holds + 1) - _peak(high, holds)
    settings = situation.tree.main.settings("worker_processes")
    yield Draft(
        f"the worst reload peak stays {limit} for up to "
        f"{plural(holds, 'worker')}, and each more adds {human(each)}: state how many there are "
        f"with --workers ({situation.workers.count} were assumed)"
        + "".join(f"; {guess}" for guess in situation.unread),
        settings[0] if settings else None,
        each,
    )


def _peak(situation: Situation, workers: int) -> int:
    return situation.total_with(workers).reload_peak_worst
