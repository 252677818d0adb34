"""Findings that are accepted: how one is recorded, and the paths for which settings accept some."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from nginx_memlint.files.bounds import Work
from nginx_memlint.policy import PathIgnore
from nginx_memlint.printable import printable
from nginx_memlint.result import Finding, Location, Suppressed

COMPARED = 8
"""Steps that count for a path held against a glob, by the time it takes."""


def suppressed(
    finding: Finding,
    by: Literal["ignore", "settings", "baseline"],
    reason: str,
    ignore: Location | None = None,
) -> Suppressed:
    """The record of an accepted finding, with what accepted it and why."""
    return Suppressed(
        **finding.in_brief(), bytes=finding.bytes, by=by, reason=reason, ignore=ignore
    )


class PathIgnores:
    """Findings that settings accept in some files; each file is compared once with their globs."""

    def __init__(self, ignores: Collection[PathIgnore], work: Work) -> None:
        self._ignores = ignores
        self._work = work
        self._globs = sum(len(ignore.paths) for ignore in ignores)
        self._in_file: dict[str, list[PathIgnore]] = {}

    def accepting(self, finding: Finding) -> Suppressed | None:
        """The record of a finding that settings accept for its file and rule, else None.

        Raises WorkError.
        """
        if not self._ignores:
            return None
        if finding.file not in self._in_file:
            self._in_file[finding.file] = self._applying(finding.file)
        for ignore in self._in_file[finding.file]:
            if finding.rule in ignore.rules:
                return suppressed(finding, "settings", printable(ignore.reason), ignore.place)
        return None

    def _applying(self, file: str) -> list[PathIgnore]:
        from nginx_memlint.acceptance.paths import applies  # noqa: PLC0415  few settings have any

        self._work.take(COMPARED * self._globs)
        return [ignore for ignore in self._ignores if applies(ignore, file)]
