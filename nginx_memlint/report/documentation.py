"""Documentation that the program prints: the rules, one of them in full, the targets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.report.screen import STYLES, Page
from nginx_memlint.rules import ABOUT_REPORTS, RULES
from nginx_memlint.rules.rule import Rule
from nginx_memlint.targets.targets import find_target, target_names
from nginx_memlint.tls.families import LUA

_LISTED = re.compile(r"[-*|] ?|\d+\. ")
"""The beginning of a list or a table, whose lines are not joined."""

LISTED = (*ABOUT_REPORTS, *RULES)


def table(console: Console) -> None:
    """Print a line for each rule."""
    rows = Table(box=None, pad_edge=False)
    rows.add_column("code", no_wrap=True)
    rows.add_column("name", no_wrap=True)
    rows.add_column("severity", no_wrap=True)
    rows.add_column("finds")
    for rule in LISTED:
        severity = Text(rule.severity, STYLES[rule.severity])
        rows.add_row(rule.code, rule.name, severity, Text(rule.summary))
    console.print(rows)


def as_json() -> str:
    """The rules as a JSON list, with their documentation."""
    keys = ("code", "name", "severity", "summary", "doc")
    return json.dumps([{key: getattr(rule, key) for key in keys} for rule in LISTED], indent=2)


def explain(rule: Rule, page: Page) -> None:
    """Print a rule's documentation: Markdown, on a terminal wrapped at its width."""
    text = f"# {rule.code} {rule.name}\n\n{rule.summary}\n\nSeverity: {rule.severity}\n\n{rule.doc}"
    is_code = False
    for paragraph in text.split("\n\n"):
        lines = paragraph.split("\n")
        is_code ^= paragraph.count("```") % 2 == 1
        if is_code or "```" in paragraph or page.width is None or _LISTED.match(paragraph):
            for line in lines:
                page.line(line)
        else:
            page.line((" ".join(lines), "bold" if paragraph.startswith("#") else ""), hang=0)
        page.line()


def targets(console: Console) -> None:
    """Print a line for each named server."""
    rows = Table(box=None, pad_edge=False)
    for heading in TARGET_HEADINGS:
        rows.add_column(heading, no_wrap=True)
    for row in target_rows():
        rows.add_row(*row)
    console.print(rows)


TARGET_HEADINGS = ("name", "nginx", "lua", "stream-lua", "njs", "OpenSSL", "Lua contexts")


def target_rows() -> Iterator[tuple[str, ...]]:
    """The named servers: the name, versions, and whether blocks share Lua's contexts."""
    for name in target_names():
        target = find_target(name)
        versions = (
            target.texts[key] if key in target.ships else "–"
            for key in ("nginx", "lua", "stream_lua", "njs", "openssl")
        )
        sharing = "–"
        if "lua" in target.ships:
            sharing = "shared" if LUA.shared(target) else "per block"
        yield (name, *versions, sharing)
