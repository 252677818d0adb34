"""The rules' documentation: a table, JSON, one rule in full, and the table of the README."""

from __future__ import annotations

import json
from difflib import get_close_matches

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nginx_memlint.rules import RULES
from nginx_memlint.rules.reading import READING
from nginx_memlint.rules.rule import Rule

LISTED = (READING, *RULES)

_STYLES = {"error": "bold red", "warning": "yellow", "note": "cyan"}


def table(console: Console) -> None:
    """Print a line for each rule."""
    rows = Table(box=None, pad_edge=False)
    rows.add_column("code", no_wrap=True)
    rows.add_column("name", no_wrap=True)
    rows.add_column("severity", no_wrap=True)
    rows.add_column("finds")
    for rule in LISTED:
        severity = Text(rule.severity, _STYLES[rule.severity])
        rows.add_row(rule.code, rule.name, severity, Text(rule.summary))
    console.print(rows)


def as_json() -> str:
    """The rules as a JSON list, with their documentation."""
    keys = ("code", "name", "severity", "summary", "doc")
    return json.dumps([{key: getattr(rule, key) for key in keys} for rule in LISTED], indent=2)


def explain(rule: Rule, console: Console) -> None:
    """Print a rule's documentation: Markdown, rendered on a terminal."""
    text = (
        f"# {rule.code} {rule.name}\n\n{rule.summary}\n\nSeverity: {rule.severity}\n\n{rule.doc}\n"
    )
    if console.is_terminal:
        from rich.markdown import Markdown  # noqa: PLC0415 # slow to import, for a terminal alone

        console.print(Markdown(text))
    else:
        console.file.write(text)


def closest(text: str) -> str | None:
    """The code or name that is most like a text."""
    names = {rule.name: rule.name for rule in LISTED} | {
        rule.code.lower(): rule.code for rule in LISTED
    }
    found = get_close_matches(text.lower(), names, 1, 0.5)
    return names[found[0]] if found else None


def markdown_table() -> str:
    """The rules as a table for the README."""
    lines = ["| rule | name | severity | what it finds |", "|---|---|---|---|"]
    lines += [
        f"| {rule.code} | `{rule.name}` | {rule.severity} | {rule.summary} |" for rule in LISTED
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown_table(), end="")
