"""Decisions of a team: limits, severities, and which findings are accepted where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.result import Location, Lowered, Severity


class Limits(NamedTuple):
    """Budgets, in bytes, in seconds of CPU time, and counts; None where there is none."""

    max_memory: int | None = None
    max_start_memory: int | None = None
    max_zones_memory: int | None = None
    max_test_seconds: float | None = None
    max_ca_loads: int | None = None
    max_contexts: int | None = None


NO_LIMITS = Limits()


class PathIgnore(NamedTuple):
    """Rules, by code, that are accepted in files whose path matches.

    The file is that of a finding's cause. ``directory`` is where the globs start;
    acceptance/paths.py says what they mean. A glob that matches nothing is not reported: a file
    that is accepted need not be there always.
    """

    directory: str
    paths: tuple[str, ...]
    rules: frozenset[str]
    reason: str
    place: Location | None = None
    """The place of the ignore in a settings file; None if it is in no file."""


_NO_SEVERITIES: Mapping[str, Severity | None] = {}


class Policy(NamedTuple):
    """All decisions. ``severities``: rule code → severity, None for off."""

    limits: Limits = NO_LIMITS
    severities: Mapping[str, Severity | None] = _NO_SEVERITIES
    ignores: tuple[PathIgnore, ...] = ()
    comments: bool = True
    """Whether comments of the configuration may accept findings."""
    lowered: tuple[Lowered, ...] = ()
    """Decisions from settings files that may lower what is reported."""
    problems: tuple[Problem, ...] = ()
    """Problems of settings files that are not used."""


NO_POLICY = Policy()
