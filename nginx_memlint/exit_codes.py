"""The exit statuses of memlint, and their meanings."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum

from nginx_memlint.result import ConfigReport, Finding


class Exit(IntEnum):
    """Exit statuses."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERNAL = 4


MEANINGS = {
    Exit.OK: "nothing at or above the failing level",
    Exit.FINDINGS: "findings at that level, a budget exceeded, or a fix refused",
    Exit.USAGE: "wrong usage or settings",
    Exit.INCOMPLETE: "a configuration could not be read or parsed in full",
    Exit.INTERNAL: "an internal error",
}


class FailOn(StrEnum):
    """The least severity that makes the exit status 1."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


FAILING = {
    FailOn.ERROR: {"error"},
    FailOn.WARNING: {"error", "warning"},
    FailOn.NOTE: {"error", "warning", "note"},
    FailOn.NEVER: set[str](),
}


def exit_code(configs: Iterable[ConfigReport], fail_on: FailOn) -> Exit:
    """The exit status for these reports: an incomplete one outweighs any finding."""
    configs = list(configs)
    if not all(config.complete for config in configs):
        return Exit.INCOMPLETE
    return Exit.FINDINGS if any(failing(config, fail_on) for config in configs) else Exit.OK


def failing(config: ConfigReport, fail_on: FailOn) -> list[Finding]:
    """The findings of a report that make the exit status 1."""
    return [finding for finding in config.findings if finding.severity in FAILING[fail_on]]
