"""A comment that is meant to accept a finding, but does not.

## What

A comment begins with `memlint:`, and the rest is not of the form `ignore[CODE] reason`: a word is
misspelt, the brackets or the reason are missing, or a code is no rule.

## Why

The comment accepts nothing. Without a reason, nobody can tell later whether it still holds. Codes
that begin with ML9 are about such comments themselves: no comment accepts them, but settings can
turn them off.

## Cost

What was to be accepted is still reported; or, where it does not occur yet, it will be.

## Since

Every version of nginx: it is about memlint's own comments.

## Fix

Write `# memlint: ignore[ML101] reason`; several codes are separated by commas, and a rule's name
may stand for its code. It holds for the directives on its line; alone on a line, for those on the
line of the next directive. On the line of a block's `{`, it holds for all that is in the block.

## Fails

```nginx
# memlint check
events {}
http {
    # memlint: ingore[ML204] cached pages fit into this machine's memory
    lua_shared_dict pages 100m;
    server { listen 8080; }
}
```

## Passes

```nginx
# memlint check --max-memory 100MiB
events {}
http {
    # memlint: ignore[ML204] cached pages fit into this machine's memory
    lua_shared_dict pages 200m;
    server { listen 8080; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.acceptance.comments import FORM
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft

CODE = "ML901"
NAME = "ignore-malformed"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each comment with a problem."""
    for ignore in situation.ignores.all:
        if ignore.problem is not None:
            message = f"this comment accepts nothing: {ignore.problem} (the form is {FORM})"
            yield Draft(message, None, 0, comment=ignore.mark)
