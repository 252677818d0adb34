"""CSV: a row for each configuration, for spreadsheets and databases.

A text that a spreadsheet would run as a formula has an apostrophe before it: names of files, and
what stands in them, are a stranger's.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from typing import TextIO

from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.exit_codes import FailOn, exit_code
from nginx_memlint.report.issues import issues, of_lowered
from nginx_memlint.report.verdict import outcome
from nginx_memlint.result import ConfigReport, Report

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of a cell that spreadsheets take for a formula (OWASP, CSV Injection)."""

COLUMNS: dict[str, Callable[[ConfigReport], object]] = {
    "configuration": lambda config: config.path,
    "main_file": lambda config: config.main_file,
    "verdict": lambda config: outcome(config).words,
    "exit_status": lambda config: int(exit_code([config], FailOn(config.fail_on))),
    "complete": lambda config: config.complete,
    "target": lambda config: config.target.name,
    "target_assumed": lambda config: not config.target.stated,
    "workers": lambda config: config.workers,
    "workers_assumed": lambda config: config.workers_assumed,
    "servers": lambda config: config.blocks.server + config.blocks.stream_server,
    "locations": lambda config: config.blocks.location,
    "ssl_contexts": lambda config: config.ssl_contexts,
    "ca_loads": lambda config: config.ca_loads,
    "start_bytes": lambda config: config.memory.total.start_bytes,
    "reload_peak_bytes": lambda config: config.memory.total.reload_peak_bytes,
    "reload_peak_worst_bytes": lambda config: config.memory.total.reload_peak_worst_bytes,
    "reload_peak_worst_least_bytes": lambda config: (
        (config.memory.low or config.memory.total).reload_peak_worst_bytes
    ),
    "reload_peak_worst_most_bytes": lambda config: (
        (config.memory.high or config.memory.total).reload_peak_worst_bytes
    ),
    "limit_bytes": lambda config: config.memory.total.limit_bytes,
    "budget_bytes": lambda config: config.budget_bytes,
    "cpu_seconds": lambda config: config.cpu_seconds,
    "errors": lambda config: _findings(config)["error"],
    "warnings": lambda config: _findings(config)["warning"],
    "notes": lambda config: _findings(config)["note"],
    "rules": lambda config: " ".join(
        f"{code}×{count}" if count > 1 else code
        for code, count in sorted(Counter(f.rule for f in config.findings).items())
    ),
    "accepted": lambda config: len(config.suppressed),
    "first": lambda config: next((one.at(one.file) for one in issues(config)), ""),
    "not_counted": lambda config: "; ".join(
        f"{one.what} ({one.name})" for one in config.not_priced
    ),
    "decided": lambda config: "; ".join(
        f"{one.file}:{one.line or 1}: {one.message}"
        for one in map(of_lowered, unique(config.lowered))
    ),
}
"""Name of a column → the value that a configuration has in it."""


def write(report: Report, out: TextIO) -> None:
    """Write the names of the columns, and a row for each configuration."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for config in report.configs:
        rows.writerow(map(_cell, (value(config) for value in COLUMNS.values())))


def _findings(config: ConfigReport) -> Counter[str]:
    return Counter(finding.severity for finding in config.findings)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(FORMULAS):
        return f"'{value}"
    return value
