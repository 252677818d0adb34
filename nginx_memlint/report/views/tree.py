"""The tree of cost for people: what each block costs, the costliest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from nginx_memlint.report.formats.text import lowered_lines
from nginx_memlint.report.links import Links
from nginx_memlint.report.verdict import NOT_READ, server
from nginx_memlint.report.views.section import problem_lines
from nginx_memlint.result import ConfigReport, Node, Report
from nginx_memlint.sizes import human

DEPTH = 3
"""Levels that are shown by default."""

TOP = 5
"""Blocks that are shown on each level by default."""

MAX_INDENT = 40
"""Levels that are drawn: blocks may nest thousands deep."""

MAX_NAME = 100
"""Characters of a name that are shown: a regular expression may be of any length."""


@dataclass(slots=True)
class Line:
    """A node of the tree, or the nodes that are left out of one, with its place in the drawing.

    ``last`` tells for each outer level, and for its own, whether it ends here.
    """

    node: Node | None
    level: int
    last: tuple[bool, ...]
    name: str
    bytes: int
    contexts: int
    loads: int


def write(report: Report, console: Console, *, depth: int, top: int) -> None:
    """Print the trees down to a depth below the first line, and each node's ``top`` costliest.

    0 stands for all.
    """
    for index, config in enumerate(report.configs):
        if index:
            console.print()
        _write_config(config, console, depth, top)
    for line in lowered_lines(item for config in report.configs for item in config.lowered):
        console.print(Text(line, "dim"), soft_wrap=True)


def _write_config(config: ConfigReport, console: Console, depth: int, top: int) -> None:
    if not config.complete:
        console.print(
            Text.assemble(
                (NOT_READ.words, NOT_READ.style),
                f" {config.path}: it costs at least this",
            ),
            soft_wrap=True,
        )
    links = Links(config, is_terminal=console.file.isatty())
    for words in problem_lines(config.problems, links):
        console.print(Text.assemble("  ", *words), soft_wrap=True)
    if not config.breakdown:
        return
    whole = config.breakdown[0]
    contexts, loads = (
        max(len(title), len(f"{count:,}"))
        for title, count in (("contexts", whole.ssl_contexts), ("CA loads", whole.ca_loads))
    )
    heading = f"{'memory':>10}  {'contexts':>{contexts}}  {'CA loads':>{loads}}"
    about = f"one configuration, before workers and reloads ({server(config)})"
    console.print(Text(f"{heading}  {about}", "dim"), soft_wrap=True)
    for line in lines(config.breakdown, depth, top):
        text = Text.assemble(
            (f"{human(line.bytes):>10}", "bold"),
            f"  {line.contexts:>{contexts},}  {line.loads:>{loads},}  ",
            (_guides(line, drawn=console.is_terminal), "dim"),
        )
        text.append(line.name, "" if line.node else "dim")
        if line.node and line.node.line is not None:
            place = f"{line.node.file}:{line.node.line}"
            text.append("  ").append(place, links.style(line.node.file, "dim"))
        if console.is_terminal:
            console.print(text, no_wrap=True, overflow="ellipsis", crop=True)
        else:
            console.file.write(text.plain + "\n")
    for guess in config.guesses:
        console.print(Text(f"  {guess}"), soft_wrap=True)


def lines(nodes: list[Node], depth: int, top: int) -> Iterator[Line]:
    """The lines to print, the costliest first on each level, the rest of a level in one line."""
    children: dict[int, list[int]] = {}
    for number, node in enumerate(nodes):
        if node.parent is not None:
            children.setdefault(node.parent, []).append(number)
    pending: list[tuple[int, int, tuple[bool, ...]] | Line] = [(0, 0, ())]
    while pending:
        step = pending.pop()
        if isinstance(step, Line):
            yield step
            continue
        number, level, last = step
        node = nodes[number]
        name = _short(node.name)
        yield Line(node, level, last, name, node.bytes, node.ssl_contexts, node.ca_loads)
        if depth and level >= depth:
            continue
        below = sorted(children.get(number, ()), key=lambda child: -nodes[child].bytes)
        count = top or len(below)
        shown, rest = below[:count], [nodes[child] for child in below[count:]]
        around = last[:MAX_INDENT]
        steps: list[tuple[int, int, tuple[bool, ...]] | Line] = [
            (child, level + 1, (*around, not rest and child == shown[-1])) for child in shown
        ]
        if rest:
            total = sum(node.bytes for node in rest)
            steps.append(
                Line(
                    None,
                    level + 1,
                    (*around, True),
                    f"{len(rest):,} more: {human(total)}",
                    total,
                    sum(node.ssl_contexts for node in rest),
                    sum(node.ca_loads for node in rest),
                )
            )
        pending.extend(reversed(steps))


def _guides(line: Line, *, drawn: bool) -> str:
    """The branches drawn before a name; plain spaces beyond MAX_INDENT."""
    if not drawn:
        return "  " * min(line.level, MAX_INDENT)
    if not line.last:
        return ""
    around = "".join("   " if ends else "│  " for ends in line.last[:-1])
    return around + ("└─ " if line.last[-1] else "├─ ")


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"
