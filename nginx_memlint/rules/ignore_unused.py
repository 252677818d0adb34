"""A comment accepts what is not reported there.

## What

`# memlint: ignore[CODE] reason` names a rule that finds nothing where the comment holds. Not
reported if the rule is off, if a configuration was not read in full, or if the comment is of use
in another configuration of the same run.

## Why

What it was written for was changed or moved, or it stands at the wrong place: a comment alone on
its line holds for the next directive, not for the block it is in.

## Cost

It would hide the same finding if that came back, with a reason that may no longer hold.

## Since

Every version of nginx: it is about memlint's own comments.

## Fix

Delete the comment, or the code in it; or move it to the line of the directive that the finding
names, or to the line of the `{` of a block around it.

## Fails

```nginx
# memlint check --max-memory 300MiB
events {}
http {
    # memlint: ignore[ML204] cached pages fit into this machine's memory
    lua_shared_dict pages 200m;
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

from collections.abc import Iterator, Sequence
from dataclasses import replace

from nginx_memlint.files.paths import resolved
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import ConfigReport
from nginx_memlint.rules.rule import Draft

CODE = "ML902"
NAME = "ignore-unused"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each code in a comment that accepted nothing; runs after all other rules."""
    for code, mark in situation.ignores.unused():
        message = f"{code} is accepted here, but not reported: delete it from the comment"
        yield Draft(message, None, 0, comment=mark)


def unused_in_all(configs: Sequence[ConfigReport]) -> list[ConfigReport]:
    """The configurations of one run, without such findings on what is of use in one of them."""
    used = {
        _place(ignore.file, ignore.line, ignore.column)
        for config in configs
        for accepted in config.suppressed
        if (ignore := accepted.ignore) is not None
    }
    return [
        replace(
            config,
            findings=[
                finding
                for finding in config.findings
                if finding.rule != CODE
                or _place(finding.file, finding.line, finding.column) not in used
            ],
        )
        for config in configs
    ]


def _place(file: str, line: int, column: int) -> tuple[str, int, int]:
    return resolved(file), line, column
