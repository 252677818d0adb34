"""Markdown for a comment on a pull request: the cost of a change, before and after.

It is made like the comment of a check (markdown.py), with a marker of its own, so that a pull
request can have both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TextIO

from nginx_memlint.diff.difference import Change, Diff, RootDiff
from nginx_memlint.report.formats.markdown import (
    CONTEXTS,
    LOADS,
    PEAK,
    START,
    bounded,
    code,
    lowered_blocks,
    named,
    prose,
    table,
)
from nginx_memlint.report.issues import of_lowered
from nginx_memlint.report.places import Base, base
from nginx_memlint.report.views.diff_text import part_rows, reload_sentence
from nginx_memlint.sizes import human, human_growth

MARKER = "<!-- memlint diff -->"


def write(diff: Diff, out: TextIO) -> None:
    """Write the comment."""
    place = base()
    blocks = [MARKER, f"### memlint: {_verdict(diff)}"]
    blocks += lowered_blocks(map(of_lowered, diff.lowered), place)
    for root in diff.roots:
        if root.state != "unchanged" or root.exceeds or not root.complete:
            blocks += _root(root, diff, place)
    blocks += _unchanged(diff, place)
    out.write(bounded(blocks))


def _verdict(diff: Diff) -> str:
    """The figure and how it stands to the budget, of the one that changes; else how many do."""
    changed = [root for root in diff.roots if root.state != "unchanged"]
    if len(changed) == 1 and diff.max_growth_bytes is None and changed[0].complete:
        [root] = changed
        peak = root.memory.total.reload_peak_worst_bytes
        verb = "grows" if peak.growth > 0 else "shrinks"
        growth = f"{verb} by {human(abs(peak.growth))}" if peak.growth else "takes what it did"
        held = f", {root.budget}" if root.budget else ""
        rest = f" ({len(diff.roots) - 1:,} unchanged)" if len(diff.roots) > 1 else ""
        return f"{named(root.path, base())} {growth} while reloading{held}{rest}"
    states = Counter(root.state for root in diff.roots)
    listed = [
        f"{states[state]:,} {state}"
        for state in ("new", "changed", "removed", "unchanged")
        if states[state]
    ]
    if diff.max_growth_bytes is not None:
        growths = [root.memory.total.reload_peak_worst_bytes.growth for root in diff.roots]
        over = sum(growth > diff.max_growth_bytes for growth in growths)
        limit = f"--max-growth {human(diff.max_growth_bytes)}"
        listed.append(f"{over:,} over {limit}" if over else f"all within {limit}")
    if not all(root.complete for root in diff.roots):
        listed.insert(0, "not read in full")
    return ", ".join(listed)


def _unchanged(diff: Diff, place: Base) -> Iterator[str]:
    """A line for each configuration that is as before, folded."""
    lines = [
        f"- {named(root.path, place)}: "
        f"{human(root.memory.total.reload_peak_worst_bytes.after)} while reloading"
        + (f", {root.budget}" if root.budget else "")
        for root in diff.roots
        if root.state == "unchanged" and root.complete and not root.exceeds
    ]
    if lines:
        listed = "\n".join(lines)
        yield (f"<details><summary>{len(lines):,} unchanged</summary>\n\n{listed}\n\n</details>")


def _root(root: RootDiff, diff: Diff, place: Base) -> Iterator[str]:
    title = f"**{named(root.path, place)}** {root.state}"
    if diff.base is not None:
        title += f" since {code(diff.base)}"
    elif root.old:
        title += f", was {named(root.old.path, place)}"
    if root.exceeds:
        title += ": **over the limit**" + "".join(f", {sentence}" for sentence in root.over)
    elif root.budget:
        title += f", {root.budget}"
    if not root.complete:
        title += ", not read in full: no figure here can be relied on"
    memory = root.memory
    rows = [
        [CONTEXTS, *_counted(root.counts.ssl_contexts)],
        [LOADS, *_counted(root.counts.ca_loads)],
        [START, *_sized(memory.total.start_bytes)],
        [PEAK, *_sized(memory.total.reload_peak_worst_bytes)],
    ]
    yield f"{title}\n\n{table(['', 'before', 'after', 'change'], rows)}"
    if reload := reload_sentence(root):
        yield f"{reload[0].upper()}{reload[1:]}."
    sides = [(name, side) for name, side in (("before", root.old), ("after", root.new)) if side]
    if problems := [(name, problem) for name, side in sides for problem in side.problems]:
        yield "**Problems**"
        for name, problem in problems:
            where = code(f"{place.relative(problem.file)}:{problem.line or 1}")
            yield f"- {name}, at {where}: {prose(place.shortened(problem.message))}"
    if root.causes:
        yield "**Causes of the change, at start**"
        for row in part_rows(root.causes, place.relative):
            state = f", {row.state}" if row.state else ""
            where = f" at {code(row.where)}" if row.where else ""
            counts = f": {row.counts}" if row.counts else ""
            name = prose(place.shortened(row.name))
            yield f"- **{row.growth}** ({row.span}){state}: {name}{where}{counts}"
    if guesses := [(name, guess) for name, side in sides for guess in side.guesses]:
        yield "**Guessed**"
        for name, guess in guesses:
            yield f"- {name}: {prose(place.shortened(guess))}"


def _counted(change: Change) -> list[str]:
    return [
        f"{change.before:,}",
        f"{change.after:,}",
        f"{change.growth:+,}" if change.growth else "0",
    ]


def _sized(change: Change) -> list[str]:
    growth = human_growth(change.before, change.after) if change.growth else "0"
    return [human(change.before), human(change.after), growth]
