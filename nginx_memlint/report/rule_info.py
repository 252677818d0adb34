"""What a rule is, for the formats that print it."""

from __future__ import annotations

from dataclasses import dataclass

from nginx_memlint import rules
from nginx_memlint.result import Severity


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """A rule: its code and name, its usual severity, one line and its documentation (Markdown)."""

    code: str
    name: str
    severity: Severity
    summary: str
    doc: str


READING = RuleInfo(
    "ML000",
    "not-read-as-nginx-would",
    "error",
    "Something kept the configuration from being read as nginx would read it.",
    "An error means that the configuration was not read in full: its counts are at least what "
    "they say, and memlint exits with status 3. A warning means that the counts are right, but "
    "nginx would not take the configuration as it is.\n\n"
    "Fix the line, or check the configuration where all its files are (`--sysroot`, "
    "`--path-map`, `--prefix`, or `nginx -T | memlint check -`).",
)
"""The code under which problems stand where every line must have one. It is never suppressed."""

_RULES = (
    RuleInfo(
        rules.REPEATED_RULE,
        rules.NAMES[rules.REPEATED_RULE],
        "warning",
        "One CA bundle is parsed again for each block that sees it.",
        "The directive is inherited by every block below it, and each of them parses the whole "
        "bundle into a TLS context of its own.\n\n"
        "Set it only where it is needed, use a smaller bundle, or run a version that shares "
        "contexts between blocks.",
    ),
    RuleInfo(
        rules.BUDGET_RULE,
        rules.NAMES[rules.BUDGET_RULE],
        "error",
        "The worst reload peak is over the budget.",
        "While nginx reloads, old and new configuration and old and new workers exist at once. "
        "That peak, with the shared memory zones, is more than `--max-memory`.\n\n"
        "Make one of the changes that the report lists, or raise the budget.",
    ),
    RuleInfo(
        rules.PEAK_RULE,
        rules.NAMES[rules.PEAK_RULE],
        "error",
        "The worst reload peak is 4 GiB or more, and no budget is stated.",
        "While nginx reloads, old and new configuration and old and new workers exist at once. "
        "Machines of 4 to 8 GiB are known to have been killed by such a peak.\n\n"
        "Make one of the changes that the report lists, or state what the machine has with "
        "`--max-memory`.",
    ),
)


def rule_infos() -> tuple[RuleInfo, ...]:
    """All rules, in the order of their codes."""
    return _RULES
