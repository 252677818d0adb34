"""A part of the configuration takes much memory, and there is a change that saves most of it.

## What

64 MiB at a start, or a tenth of all (16 MiB at least), would be saved by a change of one thing:
connections of workers, revocation lists, rules of ModSecurity, machines of njs, weights of
consistent hashes, machine code of regular expressions, idle connections to upstreams, headers and
parameters that locations repeat, files of passwords. Below 64 MiB it is a note.

## Why

nginx and its modules set up all of that at a start, and most of it once for each block or each
worker that has it, whether or not anything uses it.

## Cost

What is shown at a start, and a multiple while nginx reloads.

## Since

Every version of nginx; revocation lists are kept once for all from 1.27.2 on.

## Fix

Follow the remedy that is shown, if what it changes is not needed.

## Fails

```nginx
# memlint check
worker_processes 4;
events { worker_connections 1048576; }
http {
    server { listen 80; }
}
```

## Passes

```nginx
# memlint check
worker_processes 4;
events { worker_connections 16384; }
http {
    server { listen 80; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.advice import advised
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.phases import said, setting_of
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import COSTLY_PART, COSTLY_SHARE

CODE = "ML210"
NAME = "costly-part"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each part of which a change would save that much."""
    for part, advice, proposal, saved in advised(situation):
        if saved < min(COSTLY_PART, situation.total.start * COSTLY_SHARE):
            continue
        size = said(situation, situation.total.start - situation.total_without(part.name).start)
        yield Draft(
            f"{size} at start for {part.name}: {advice.why}",
            setting_of(part),
            saved,
            proposals=[proposal],
            identity=(part.name,),
            severity=None if saved >= COSTLY_PART else "note",
        )
