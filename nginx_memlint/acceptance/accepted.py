"""Findings that are accepted: how one is recorded, and the paths for which settings accept some."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from nginx_memlint.policy import PathIgnore
from nginx_memlint.printable import printable
from nginx_memlint.result import Finding, Location, Suppressed


def suppressed(
    finding: Finding,
    by: Literal["ignore", "settings", "baseline"],
    reason: str,
    ignore: Location | None = None,
) -> Suppressed:
    """The record of an accepted finding, with what accepted it and why."""
    return Suppressed(
        rule=finding.rule,
        name=finding.name,
        severity=finding.severity,
        message=finding.message,
        file=finding.file,
        line=finding.line,
        bytes=finding.bytes,
        fingerprint=finding.fingerprint,
        by=by,
        reason=reason,
        ignore=ignore,
    )


def path_ignored(finding: Finding, ignores: Collection[PathIgnore]) -> Suppressed | None:
    """The record of a finding that settings accept for its file and rule, else None."""
    if not ignores:
        return None
    from nginx_memlint.acceptance.paths import applies  # noqa: PLC0415  few settings have ignores

    for ignore in ignores:
        if finding.rule in ignore.rules and applies(ignore, finding.file):
            return suppressed(finding, "settings", printable(ignore.reason), ignore.place)
    return None
