"""For editors: ``path:line:col: severity CODE message``, a line for each problem and finding."""

from __future__ import annotations

from itertools import chain
from typing import TextIO

from nginx_memlint.report.issues import issues, lowered
from nginx_memlint.result import Report


def write(report: Report, out: TextIO) -> None:
    """Write the lines and nothing else; names are as the user gave them."""
    listed = (issue for config in report.configs for issue in issues(config))
    for issue in chain(listed, lowered(report)):
        out.write(f"{issue.at(issue.file)}\n")
