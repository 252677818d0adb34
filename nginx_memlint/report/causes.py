"""Findings by their cause: those at one place are told together."""

from __future__ import annotations

from collections.abc import Iterable

from nginx_memlint.result import ConfigReport, Finding


def by_place(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of each place, in their order."""
    places: dict[tuple[str, int, int], list[Finding]] = {}
    for finding in findings:
        places.setdefault((finding.file, finding.line, finding.column), []).append(finding)
    return list(places.values())


def peak_bytes(finding: Finding, config: ConfigReport) -> int:
    """Bytes that the line of a finding takes of the worst reload peak."""
    place = (finding.file, finding.line)
    return sum(part.peak_bytes for part in config.memory.parts if (part.file, part.line) == place)
