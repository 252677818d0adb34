"""GitLab: a code quality report, a JSON array of issues."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import Any, TextIO

from nginx_memlint.report.issues import Issue, issues, lowered
from nginx_memlint.report.places import base
from nginx_memlint.result import Report
from nginx_memlint.rules.reading import READING

_SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}
"""Severity of a finding → GitLab's. Problems that leave the counts in doubt are blockers."""


def write(report: Report, out: TextIO) -> None:
    """Write the array. GitLab takes equal fingerprints for one issue, so none are equal."""
    place = base()
    seen: Counter[str] = Counter()
    entries = []
    by_config = [(place.relative(config.path), issues(config)) for config in report.configs]
    for root, listed in (*by_config, ("", lowered(report))):
        for issue in listed:
            key = f"{root}\n{place.shortened(issue.fingerprint)}"
            seen[key] += 1
            digest = hashlib.sha256(f"{key}\n{seen[key]}".encode()).hexdigest()
            entries.append(_entry(issue, place.relative(issue.file), digest))
    json.dump(entries, out, indent=2, ensure_ascii=False)
    out.write("\n")


def _entry(issue: Issue, path: str, fingerprint: str) -> dict[str, Any]:
    doubtful = issue.rule == READING.code and issue.severity == "error"
    return {
        "description": issue.text,
        "check_name": f"{issue.rule} {issue.name}",
        "fingerprint": fingerprint,
        "severity": "blocker" if doubtful else _SEVERITIES[issue.severity],
        "location": {"path": path, "lines": {"begin": issue.line or 1}},
    }
