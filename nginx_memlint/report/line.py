"""For editors: ``path:line:col: severity CODE message``, a line for each problem and finding."""

from __future__ import annotations

from typing import TextIO

from nginx_memlint.report.issues import issues
from nginx_memlint.result import Report


def write(report: Report, out: TextIO) -> None:
    """Write the lines and nothing else; names are as the user gave them."""
    for config in report.configs:
        for issue in issues(config):
            out.write(f"{issue.at(issue.file)}\n")
