"""No budget is given, and the worst reload peak is one that has killed machines.

## What

Master and workers together take 4 GiB or more while the configuration is reloaded, at worst, and
`--max-memory` does not say how much there is.

## Why

During a reload the master holds two configurations, there are old and new workers, and old ones
that exit copy the pages of theirs. The published out-of-memory kills were on machines of 4 to
8 GiB.

## Cost

The peak itself. Where files cannot be read, it is an error if even the least that they can hold
comes to so much, and a warning if only the most does.

## Since

Every version of nginx.

## Fix

Follow the remedy that is shown; or state the memory that nginx may take with `--max-memory`.

## Fails

```nginx
# memlint check
worker_processes 8;
events { worker_connections 1048576; }
http {
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check
worker_processes 8;
events { worker_connections 16384; }
http {
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import at_worst, blamed, phases, verdict
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import KILLS_MACHINES

CODE = "ML202"
NAME = "peak-kills-machines"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the peak is that high."""
    if situation.limits.max_memory is not None:
        return
    judged = verdict(situation, lambda size: size >= KILLS_MACHINES, at_worst)
    if judged is not None:
        is_certain = judged.severity == "error"
        end = ": a machine without that much memory kills nginx" if is_certain else ""
        message = f"{phases(situation)}{judged.guessed}"
        yield blamed(judged, message, judged.size, end=end)
