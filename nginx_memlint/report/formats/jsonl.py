"""JSON lines: an object for each configuration, as those of ``configs`` in the JSON format."""

from __future__ import annotations

from typing import TextIO

from nginx_memlint.report.formats import json
from nginx_memlint.result import Report


def write(report: Report, out: TextIO) -> None:
    """Write a line for each configuration."""
    for config in report.configs:
        out.write(json.dumps(config, indent=None) + "\n")
