"""The verdict on a configuration, in the words that all formats for people share."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from nginx_memlint.result import ConfigReport, Severity, Suppressed, TargetInfo
from nginx_memlint.rules import (
    counts_over_budget,
    over_budget,
    peak_kills_machines,
    start_over_budget,
    zones_over_budget,
)
from nginx_memlint.sizes import human, human_about, human_budget, plural


class Judgement(NamedTuple):
    """A verdict: its words, their style, and how they are counted in a sentence."""

    words: str
    style: str
    counted: str


NOT_READ = Judgement("NOT ALL READ", "bold magenta", "not all read")
OVER = Judgement("OVER BUDGET", "bold red", "over budget")
TOO_MUCH = Judgement("TOO MUCH", "bold red", "too much")
GREW = Judgement("GREW TOO MUCH", "bold red", "grown too much")
FAILS = Judgement("ERROR", "bold red", "with errors")
WARNS = Judgement("WARNING", "yellow", "with warnings")
NOTES = Judgement("NOTE", "cyan", "with notes")
ACCEPTED = Judgement("OVER, ACCEPTED", "yellow", "over budget, as is accepted")
FITS = Judgement("ok", "bold green", "ok")

OUTCOMES = (NOT_READ, OVER, TOO_MUCH, FAILS, WARNS, NOTES, ACCEPTED, FITS)
"""All verdicts, the worst first."""

PASSES = (ACCEPTED, FITS)
"""Verdicts on configurations of which nothing is found that is not accepted."""

_OVER_BUDGET = frozenset(
    rule.CODE for rule in (over_budget, start_over_budget, zones_over_budget, counts_over_budget)
)
_BY_SEVERITY: dict[Severity, Judgement] = {"error": FAILS, "warning": WARNS, "note": NOTES}

BY = {"ignore": "an ignore", "settings": "the settings", "baseline": "the baseline"}
"""Kind of an acceptance → its name in a sentence."""

SAID = frozenset({over_budget.CODE, peak_kills_machines.CODE})
"""Rules whose errors say no more than a verdict with its figures does."""


def outcome(config: ConfigReport) -> Judgement:
    """The verdict on one configuration."""
    if not config.complete:
        return NOT_READ
    errors = {finding.rule for finding in config.findings if finding.severity == "error"}
    if errors & _OVER_BUDGET:
        return OVER
    if peak_kills_machines.CODE in errors:
        return TOO_MUCH
    if config.findings:
        return _BY_SEVERITY[config.findings[0].severity]  # the first is one of the worst
    return ACCEPTED if accepted_by(config) else FITS


def accepted_by(config: ConfigReport) -> str:
    """The consent by which a configuration is over a budget without a finding; empty without one.

    ``accepted by the baseline``, ``ML201 is off``
    """
    if not config.complete or any(finding.rule in _OVER_BUDGET for finding in config.findings):
        return ""
    kinds = {one.by for one in _accepted(config)}
    if kinds:
        return f"accepted by {' and '.join(name for kind, name in BY.items() if kind in kinds)}"
    return f"{over_budget.CODE} is off" if _is_over(config) else ""


def accepted_over(config: ConfigReport) -> str:
    """The budget that a configuration is over by consent: ``over the budget of 4.0 GiB: …``."""
    by = accepted_by(config)
    if not by:
        return ""
    if config.budget_bytes is not None and _is_over(config):
        return f"over the budget of {human_budget(config.budget_bytes)}: {by}"
    rules = dict.fromkeys(one.rule for one in _accepted(config))
    return f"over a budget ({', '.join(rules)}): {by}"


def _accepted(config: ConfigReport) -> list[Suppressed]:
    """The accepted findings that a budget is exceeded."""
    return [
        one for one in config.suppressed if one.rule in _OVER_BUDGET and one.severity == "error"
    ]


def _is_over(config: ConfigReport) -> bool:
    budget = config.budget_bytes
    return budget is not None and config.memory.total.reload_peak_worst_bytes > budget


def rank(config: ConfigReport) -> tuple[int, int]:
    """A key that sorts the worst verdict first, and of equal ones the one that needs most."""
    return OUTCOMES.index(outcome(config)), -config.memory.total.reload_peak_worst_bytes


def is_counted(config: ConfigReport) -> bool:
    """Whether there is anything that figures could be of."""
    return config.complete or bool(config.findings) or any(vars(config.blocks).values())


def total(config: ConfigReport, size: int) -> str:
    """A total in words, rounded if its costs are borrowed."""
    return human_about(size) if config.target.borrowed else human(size)


def figures(config: ConfigReport) -> str:
    """The figures that decide the verdict, as the end of a sentence on the configuration."""
    if not is_counted(config):
        return "it could not be read"
    if not config.complete:
        return "the counts are at least what they say"
    size = config.memory.total
    worst = f"{total(config, size.reload_peak_worst_bytes)} while reloading"
    if accepted := accepted_over(config):
        return f"{worst}, {accepted}"
    if config.budget_bytes is not None:
        return f"{worst}, budget {human_budget(config.budget_bytes)}"
    return f"{total(config, size.start_bytes)} at start, up to {worst}"


def server(config: ConfigReport) -> str:
    """The name of the target, and that it was assumed if it was."""
    if not config.target.stated:
        return (
            f"target {config.target.name} assumed: state yours with {_target_flag(config.target)}"
        )
    return config.target.name


def workers(config: ConfigReport) -> str:
    """The number of workers, and that it was assumed if it was."""
    count = plural(config.workers, "worker")
    return f"{count} assumed: state yours with --workers" if config.workers_assumed else count


class ForServer(Protocol):
    """A result for a server and a number of workers."""

    @property
    def target(self) -> TargetInfo: ...  # noqa: D102
    @property
    def workers(self) -> int: ...  # noqa: D102
    @property
    def workers_assumed(self) -> bool: ...  # noqa: D102


def taken_for(config: ForServer) -> str:
    """The server and the workers that figures are for, and which of the two are assumed."""
    target = config.target
    versions = f"{target.name} (nginx {target.nginx}, lua {target.lua})"
    count = plural(config.workers, "worker")
    if config.workers_assumed and not target.stated:
        return f"{versions} and {count}, both assumed: {_target_flag(target)}, --workers"
    server = versions if target.stated else f"{versions}, assumed: {_target_flag(target)}"
    return f"{server}; {count}{', assumed: --workers' if config.workers_assumed else ''}"


def _target_flag(target: TargetInfo) -> str:
    """The option that states the target, with the value that a file nearby names, if one does."""
    return f"--target {target.hint}".rstrip()


def last_line(configs: Sequence[ConfigReport]) -> str:
    """How many configurations and findings there are, and how many can be fixed."""
    outcomes = Counter(map(outcome, configs))
    listed = [f"{outcomes[one]:,} {one.counted}" for one in OUTCOMES if outcomes[one]]
    text = f"{plural(len(configs), 'configuration')}: {', '.join(listed)}"
    severities = Counter(finding.severity for config in configs for finding in config.findings)
    if counts := [plural(severities[one], one) for one in _BY_SEVERITY if severities[one]]:
        fixes = [one for config in configs for one in config.remedies if one.fixable]
        safe = sum(not remedy.unsafe for remedy in fixes)
        listed = [f"{safe:,} fixable"] if safe else []
        if unsafe := len(fixes) - safe:
            listed.append(f"{unsafe:,} {'more ' if safe else 'fixable '}with --unsafe-fixes")
        text += "; ".join([f". {', '.join(counts)}", *listed])
    return text
