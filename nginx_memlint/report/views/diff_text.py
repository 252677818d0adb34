"""Text for people: the cost of a change, as one table, most expensive first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nginx_memlint.comparison.difference import (
    Change,
    CountChanges,
    Diff,
    DiffVerdict,
    FindingChange,
    MemoryChanges,
    PartChange,
    RootDiff,
    Side,
    TotalChanges,
)
from nginx_memlint.report.formats.text import lowered_lines
from nginx_memlint.report.screen import STYLES, Page, Words
from nginx_memlint.report.verdict import FITS, GREW, NOT_READ, OVER, Judgement
from nginx_memlint.report.views.section import problem_lines
from nginx_memlint.sizes import MIB, human, human_growth, human_range, plural

MAX_PARTS = 5
"""Causes, servers and files of one configuration that are shown."""

PHASES = {
    "start_bytes": "at start",
    "after_reload_bytes": "after the first reload",
    "after_reload_worst_bytes": "after later reloads, at worst",
    "reload_peak_bytes": "peak of the first reload",
    "reload_peak_worst_bytes": "peak of later reloads, at worst",
}
"""Field of TotalChanges → its name for people."""

OTHER_SIZES = {
    "zones_bytes": "shared memory zones, once they are full",
    "unit_bytes": "one CA load",
}
"""Field of MemoryChanges → its name for people."""

COUNTS = {
    "ssl_contexts": "TLS contexts",
    "ca_loads": "CA loads",
    "server": "servers",
    "location": "locations",
    "if_": "ifs",
    "limit_except": "limit_excepts",
    "stream_server": "stream servers",
    "locations_inheriting": "locations that inherit a CA bundle",
    "workers": "workers",
}
"""Field of CountChanges → its name for people."""

KINDS = {
    "ssl_contexts": "{name}: TLS contexts without their CA certificates",
    "blocks": "{name} blocks",
    "workers": "what each worker adds for itself",
    "zone": "zone {name}",
}
"""Kind of cause → its name for people; the others have a name of their own."""

WORTH_SAYING = 16 * MIB
"""Bytes at start by which a configuration changes, for the reload to be told of."""

JUDGEMENTS: dict[DiffVerdict, Judgement] = {
    "not all read": NOT_READ,
    "over budget": OVER,
    "grows too much": GREW,
    "within budget": FITS,
}
"""Verdict on a change → its words; without one there is nothing that it is held against."""

FINDING_STATES = {"new": "red", "worse": "red", "gone": "green"}
"""State of a finding → its style."""

_STATES = {"new": "green", "removed": "magenta", "changed": "", "unchanged": "dim"}


def write(diff: Diff, page: Page) -> None:
    """Print the comparison."""
    for root in diff.roots:
        if root.verdict in JUDGEMENTS:
            judged = JUDGEMENTS[root.verdict]
            page.line((judged.words, judged.style), f" {root.path}: {sentence(root, diff)}")
            page.line("  ", *_changed(root, diff))
        else:
            page.line(*_changed(root, diff))
        for name, side in (("old", root.old), ("new", root.new)):
            for words in problem_lines(side.problems) if side else ():
                page.line(f"  {name}: ", *words)
        for what in root.over:
            page.line("  ", ("error", "bold red"), f": {what}")
        for change in root.findings[:MAX_PARTS]:
            place = f"{change.file}:{change.line}: "
            severity = (f"{change.severity} {change.rule}", STYLES[change.severity])
            page.line(
                "  ",
                (change.state, FINDING_STATES[change.state]),
                f" {place}",
                severity,
                f": {change.message}{grown(change)}",
            )
        if len(root.findings) > MAX_PARTS:
            page.line(f"  {len(root.findings) - MAX_PARTS:,} more findings differ (--format json)")
        if remedy := helps(root):
            page.line("  what helps most: ", remedy)
    _tables(diff, page)
    for root in diff.roots:
        if reload := reload_sentence(root):
            name = f"{root.path}: " if len(diff.roots) > 1 else ""
            page.line()
            page.line(f"  {name}{reload}")
    _assumptions(diff, page)
    for line in lowered_lines(diff.lowered):
        page.line((line, "dim"))


def reload_sentence(root: RootDiff) -> str:
    """A sentence on the reload that makes a change, if it is of so many bytes."""
    memory, reload = root.memory.total, root.reload
    if reload is None or abs(memory.start_bytes.growth) < WORTH_SAYING:
        return ""
    peak, worst = human(reload.peak_bytes), human(reload.peak_worst_bytes)
    said = f"the reload that makes the change takes up to {peak}, {worst} after others"
    if memory.start_bytes.growth < 0:
        said += f"; {human(reload.kept_bytes)} stay until nginx is restarted"
    return said


def sentence(root: RootDiff, diff: Diff) -> str:
    """The figure of a configuration, and how it stands to what it is held against."""
    sides = (("old", root.old), ("new", root.new))
    if unread := [name for name, side in sides if side and not side.complete]:
        which = f"the {' and the '.join(unread)} configuration was not read in full"
        return f"{which}: no figure here can be relied on"
    peak = root.memory.total.reload_peak_worst_bytes
    if root.state == "removed":
        said = ["is gone"]
    elif root.state == "new":
        said = [f"is new and takes {human(peak.after)} while reloading"]
    elif peak.growth:
        verb = "grows" if peak.growth > 0 else "shrinks"
        said = [f"{verb} by {human(abs(peak.growth))} while reloading"]
    else:
        said = ["takes what it did while reloading"]
    if root.budget:
        said.append(root.budget)
    if (limit := diff.max_growth_bytes) is not None:
        said.append(f"{'over' if peak.growth > limit else 'within'} --max-growth {human(limit)}")
    return ", ".join(said)


def grown(change: FindingChange) -> str:
    """The growth of a finding that is worse, as the end of its message."""
    if change.state != "worse":
        return ""
    return f" ({human_growth(change.bytes.before, change.bytes.after)})"


def helps(root: RootDiff) -> str:
    """The change that helps most, and what is left, where something is too much or has grown."""
    peak = root.memory.total.reload_peak_worst_bytes
    if root.remedy is None or (peak.growth <= 0 and root.verdict != "over budget"):
        return ""
    return f"{root.remedy.change}: {human(root.remedy.peak_bytes)} while reloading"


def _changed(root: RootDiff, diff: Diff) -> Iterator[Words]:
    memory = root.memory
    start = memory.total.start_bytes
    yield root.state, f"bold {_STATES[root.state]}"
    yield ": " if root.verdict in JUDGEMENTS else f" {root.path}: "
    if root.state == "unchanged":
        most = human(memory.total.reload_peak_worst_bytes.after)
        yield f"{human(start.after)} at start, at most {most} while reloading, as before"
    else:
        yield _change(start), "bold"
        yield " at start, "
        yield _change(memory.total.reload_peak_worst_bytes), "bold"
        yield " at worst while reloading"
    if diff.base is not None:
        yield f" (since {diff.base}, {(root.commit or '')[:10]})"
    elif root.old and root.old.path != root.path:
        yield f" (was {root.old.path})"


def _tables(diff: Diff, page: Page) -> None:
    """A table for each configuration that changed, all with the same columns."""
    changed = [root for root in diff.roots if root.state != "unchanged"]
    for root in changed:
        page.line()
        if len(changed) > 1:
            page.line((root.path, "bold"))
        sections = [(title, rows) for title, rows in _sections(root) if rows]
        table: list[list[Words]] = []
        for title, rows in sections:
            table.append(["", "", "", (title, "bold")])
            table += [
                [(growth, "bold"), span, (state, _STATES.get(state, "")), what]
                for growth, span, state, what in rows
            ]
        if table:
            page.table(table, right=[0])


_Row = tuple[str, str, str, str]


def _sections(root: RootDiff) -> Iterator[tuple[str, list[_Row]]]:
    memory = root.memory
    sizes = [*_numbers(memory.total, PHASES, is_size=True)]
    yield "memory", [*sizes, *_numbers(memory, OTHER_SIZES, is_size=True)]
    yield "causes, at start", list(_parts(root.causes))
    yield "servers, at start", list(_parts(root.servers))
    yield "files, at start", list(_parts(root.files))
    yield "counts", list(_numbers(root.counts, COUNTS, is_size=False))


def _numbers(
    record: CountChanges | MemoryChanges | TotalChanges, names: dict[str, str], *, is_size: bool
) -> Iterator[_Row]:
    for name, what in names.items():
        change: Change = getattr(record, name)
        if change.growth:
            growth, span = _columns(change, is_size=is_size)
            yield growth, f"({span})", "", what


class PartRow(NamedTuple):
    """A part of the cost that changed, for people."""

    growth: str
    span: str
    """The sizes before and after."""
    state: str
    """``new`` or ``removed``; empty if the part is in both configurations."""
    name: str
    where: str
    """``path:line``; empty for a part without one place, and for a file."""
    counts: str


def part_rows(
    parts: list[PartChange], shown: Callable[[str], str] = lambda file: file
) -> Iterator[PartRow]:
    """The parts that changed most, and the sum of the rest.

    ``shown`` turns a file's name into the one that is printed.
    """
    for part in parts[:MAX_PARTS]:
        counted = (
            ("block", part.blocks if part.kind in ("blocks", "server", "file") else None),
            ("context", part.ssl_contexts),
            ("CA load", part.ca_loads),
        )
        is_placed = part.kind != "file" and part.file is not None
        yield PartRow(
            *_columns(part.bytes, is_size=True),
            state="" if part.state == "changed" else part.state,
            name=KINDS.get(part.kind, "{name}").format_map({"name": part.name}),
            where=f"{shown(part.file or '')}:{part.line}" if is_placed else "",
            counts=", ".join(
                plural(change.growth, noun, "+")
                for noun, change in counted
                if change and change.growth
            ),
        )
    if rest := parts[MAX_PARTS:]:
        total = Change(
            before=sum(part.bytes.before for part in rest),
            after=sum(part.bytes.after for part in rest),
        )
        more = f"{len(rest):,} more (--format json)"
        yield PartRow(*_columns(total, is_size=True), "", more, "", "")


def _parts(parts: list[PartChange]) -> Iterator[_Row]:
    for row in part_rows(parts):
        place = f" ({row.where})" if row.where else ""
        what = ": ".join(filter(None, (f"{row.name}{place}", row.counts)))
        yield row.growth, f"({row.span})", row.state, what


def _columns(change: Change, *, is_size: bool) -> tuple[str, str]:
    if is_size:
        growth = human_growth(change.before, change.after)
        return growth, human_range(change.before, change.after)
    return f"{change.growth:+,}", f"{change.before:,} → {change.after:,}"


def _change(change: Change) -> str:
    growth, span = _columns(change, is_size=True)
    return f"{growth} ({span})"


def _assumptions(diff: Diff, page: Page) -> None:
    """Write the assumptions of both sides, and those of one with whose they are."""
    sides = [
        (name if len(diff.roots) == 1 else f"{root.path}, {name}", side)
        for root in diff.roots
        for name, side in (("old", root.old), ("new", root.new))
        if side
    ]
    whose: dict[str, list[str]] = {}
    for name, side in sides:
        for line in _lines(side):
            whose.setdefault(line, []).append(name)
    page.line()
    for line, names in whose.items():
        owner = "" if len(names) == len(sides) else f"{'; '.join(names)}: "
        page.line((f"  {owner}{line}", "dim"))


def _lines(side: Side) -> list[str]:
    target = side.target
    versions = f"nginx {target.nginx}, lua {target.lua}, OpenSSL {target.openssl}"
    return [f"target {target.name}: {versions}", *target.assumed, *side.assumptions]
