"""JSON: one object, as in the published schema (``memlint schema``)."""

from __future__ import annotations

from rich.console import Console

from nginx_memlint.result import Report


def write(report: Report, console: Console) -> None:
    """Print the report."""
    console.file.write(report.model_dump_json(indent=2) + "\n")
