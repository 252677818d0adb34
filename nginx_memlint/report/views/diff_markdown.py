"""Markdown for a comment on a pull request: the cost of a change, before and after.

It is made like the comment of a check (markdown.py), with a marker of its own, so that a pull
request can have both. The heading is the verdict, one table has the figure it is of, and what a
reviewer seldom needs is folded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TextIO

from nginx_memlint.comparison.difference import Change, Diff, FindingChange, RootDiff
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
from nginx_memlint.report.verdict import taken_for
from nginx_memlint.report.views.diff_text import (
    JUDGEMENTS,
    PartRow,
    grown,
    helps,
    part_rows,
    reload_sentence,
    sentence,
)
from nginx_memlint.sizes import human, human_budget, human_growth

MARKER = "<!-- memlint diff -->"

NOTHING_CHANGED = "<!-- nothing has changed -->"
"""The second line of a comment with which nobody needs to be bothered."""

SHOWN = 5
"""Findings of a configuration that are not folded."""


def write(diff: Diff, out: TextIO) -> None:
    """Write the comment."""
    place = base()
    shown = [root for root in diff.roots if _is_shown(root)]
    changes = shown or any(root.findings for root in diff.roots)
    marks = MARKER if changes else f"{MARKER}\n{NOTHING_CHANGED}"
    blocks = [marks, f"### memlint: {_heading(diff, place)}"]
    if shown:
        heads = ["configuration", "before", "after", "change", "budget"]
        blocks.append(table(heads, (_row(root, place) for root in shown)))
    for root in shown:
        blocks += _reasons(root, place, is_one=len(shown) == 1)
    blocks += lowered_blocks(map(of_lowered, diff.lowered), place)
    for root in shown:
        blocks += _details(root, place, is_one=len(shown) == 1)
    blocks += _unchanged(diff, place)
    blocks += _foot(diff)
    out.write(bounded(blocks))


def _is_shown(root: RootDiff) -> bool:
    return root.state != "unchanged" or root.exceeds or not root.complete


def _heading(diff: Diff, place: Base) -> str:
    """The figure and how it stands to the budget, of the one that changes; else how many do."""
    changed = [root for root in diff.roots if root.state != "unchanged"]
    if len(changed) == 1:
        [root] = changed
        rest = f" ({len(diff.roots) - 1:,} unchanged)" if len(diff.roots) > 1 else ""
        return f"{named(root.path, place)} {prose(sentence(root, diff))}{rest}"
    verdicts = Counter(root.verdict for root in diff.roots)
    listed = [
        f"{verdicts[verdict]:,} {judged.counted}"
        for verdict, judged in JUDGEMENTS.items()
        if verdicts[verdict] and verdict != "within budget"
    ]
    states = Counter(root.state for root in diff.roots)
    listed += [
        f"{states[state]:,} {state}"
        for state in ("new", "changed", "removed", "unchanged")
        if states[state]
    ]
    if verdicts["within budget"] == len(diff.roots):
        listed.append("all within their budgets")
    return ", ".join(listed)


def _row(root: RootDiff, place: Base) -> list[str]:
    peak = root.memory.total.reload_peak_worst_bytes
    name = _in_table(named(root.path, place)) + ("" if root.complete else " (not read in full)")
    budget = ""
    if root.budget_bytes is not None:
        is_over = root.verdict == "over budget"
        size = _in_table(prose(human_budget(root.budget_bytes)))
        budget = f"**over** {size}" if is_over else size
    return [name, *_sized(peak), budget]


def _in_table(text: str) -> str:
    """A text for a cell, which would end at a bar, also inside of a code span."""
    return text.replace("|", "\\x7c")


def _reasons(root: RootDiff, place: Base, *, is_one: bool) -> Iterator[str]:
    """The cause, the findings and the remedy of a configuration."""
    name = "" if is_one else f" of {named(root.path, place)}"
    sides = [(name, side) for name, side in (("before", root.old), ("after", root.new)) if side]
    if problems := [(name, problem) for name, side in sides for problem in side.problems]:
        yield f"**Problems**{name}: no figure here can be relied on"
        for when, problem in problems:
            where = code(f"{place.relative(problem.file)}:{problem.line or 1}")
            yield f"- {when}, at {where}: {prose(place.shortened(problem.message))}"
    for row in part_rows(root.causes[:1], place.relative):
        yield f"**Why**{name}: {_part(row, place)}"
    for what in root.over:
        yield f"- **error**: {prose(what)}"
    for change in root.findings[:SHOWN]:
        yield _finding(change, place)
    if len(root.findings) > SHOWN:
        yield f"- and {len(root.findings) - SHOWN:,} more findings that differ"
    if remedy := helps(root):
        yield f"**What helps most**{name}: {prose(place.shortened(remedy))}"


def _finding(change: FindingChange, place: Base) -> str:
    where = code(f"{place.relative(change.file)}:{change.line}")
    said = prose(place.shortened(change.message)) + grown(change)
    return f"- {change.state}: **{change.severity} {change.rule}** at {where}: {said}"


def _part(row: PartRow, place: Base) -> str:
    """A cause as one line."""
    state = f", {row.state}" if row.state else ""
    where = f" at {code(row.where)}" if row.where else ""
    counts = f": {row.counts}" if row.counts else ""
    name = prose(place.shortened(row.name))
    return f"**{row.growth}** at start ({row.span}){state}: {name}{where}{counts}"


def _details(root: RootDiff, place: Base, *, is_one: bool) -> Iterator[str]:
    """Phases, counts, causes and guesses of a configuration, folded."""
    rows = [
        [START, *_sized(root.memory.total.start_bytes)],
        [PEAK, *_sized(root.memory.total.reload_peak_worst_bytes)],
        [CONTEXTS, *_counted(root.counts.ssl_contexts)],
        [LOADS, *_counted(root.counts.ca_loads)],
    ]
    blocks = [] if is_one else [named(root.path, place)]
    blocks.append(table(["", "before", "after", "change"], rows))
    if reload := reload_sentence(root):
        blocks.append(f"{reload[0].upper()}{reload[1:]}.")
    if len(root.causes) > 1:
        causes = [f"- {_part(row, place)}" for row in part_rows(root.causes, place.relative)]
        blocks.append("\n".join(causes))
    sides = [(name, side) for name, side in (("before", root.old), ("after", root.new)) if side]
    if guesses := [
        f"- guessed {name}: {prose(place.shortened(guess))}"
        for name, side in sides
        for guess in side.guesses
    ]:
        blocks.append("\n".join(guesses))
    yield _folded("Phases, counts and causes", blocks)


def _unchanged(diff: Diff, place: Base) -> Iterator[str]:
    """A line for each configuration that is as before, folded."""
    lines = [
        f"- {named(root.path, place)}: "
        f"{human(root.memory.total.reload_peak_worst_bytes.after)} while reloading"
        + (f", {root.budget}" if root.budget else "")
        for root in diff.roots
        if not _is_shown(root)
    ]
    if lines:
        yield _folded(f"{len(lines):,} unchanged", ["\n".join(lines)])


def _folded(title: str, blocks: Iterable[str]) -> str:
    """Blocks that are seen after a click; the title is HTML, and must hold no name."""
    inside = "\n\n".join(blocks)
    return f"<details><summary>{title}</summary>\n\n{inside}\n\n</details>"


def _foot(diff: Diff) -> Iterator[str]:
    """The servers and workers that the figures are for, and the commit."""
    sides = [root.new or root.old for root in diff.roots]
    servers = list(dict.fromkeys(taken_for(side) for side in sides if side))
    since = f"; since {code(diff.base)}" if diff.base is not None else ""
    if servers:
        more = f" and {len(servers) - 1:,} others" if len(servers) > 1 else ""
        yield f"For {prose(servers[0])}{more}{since}."


def _counted(change: Change) -> list[str]:
    return [
        f"{change.before:,}",
        f"{change.after:,}",
        f"{change.growth:+,}" if change.growth else "0",
    ]


def _sized(change: Change) -> list[str]:
    growth = human_growth(change.before, change.after) if change.growth else "0"
    return [human(change.before), human(change.after), growth]
