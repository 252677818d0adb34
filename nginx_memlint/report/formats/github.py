"""GitHub Actions: workflow commands, which it shows as annotations of files.

Escapes are those of the toolkit (``%``, CR and LF; in properties also ``:`` and ``,``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TextIO

from nginx_memlint.report.issues import Issue, issues, lowered
from nginx_memlint.report.places import Base, base
from nginx_memlint.result import Report
from nginx_memlint.rules.reading import LOWERED

SHOWN = 10
"""Annotations of a kind that GitHub shows for a step; any after them are in its log only."""

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def write(report: Report, out: TextIO) -> None:
    """One annotation for each problem and finding; where there are more than are shown, a note."""
    place = base()
    by_kind = defaultdict(list)
    # first, since only so many of a kind are shown
    by_kind[_KINDS[LOWERED.severity]] = list(lowered(report))
    for config in report.configs:
        for issue in issues(config):
            by_kind[_KINDS[issue.severity]].append(issue)
    left = Counter({kind: len(items) for kind, items in by_kind.items()})
    for kind in _KINDS.values():
        for number, issue in enumerate(by_kind[kind], 1):
            if number == SHOWN and len(by_kind[kind]) > SHOWN:
                more = f"{left[kind]} more like these are in the log of this step"
                out.write(command(kind, {"title": "memlint"}, more))
            out.write(_annotation(kind, issue, place))
            left[kind] -= 1


def _annotation(kind: str, issue: Issue, place: Base) -> str:
    properties: dict[str, object] = {"file": place.relative(issue.file)}
    if issue.line is not None:
        properties["line"] = issue.line
    if issue.column is not None:
        properties["col"] = issue.column
    if issue.end_column is not None:
        properties["endColumn"] = issue.end_column
    properties["title"] = f"memlint {issue.rule} {issue.name}"
    return command(kind, properties, issue.text)


def command(kind: str, properties: dict[str, object], message: str) -> str:
    """A line that the runner takes for a command, whatever the message holds."""
    listed = ",".join(
        f"{name}={str(value).translate(_PROPERTY)}" for name, value in properties.items()
    )
    return f"::{kind} {listed}::{message.translate(_DATA)}\n"
