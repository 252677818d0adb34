"""What is worth a finding, and when. Thresholds are measured against the estimates in bytes."""

from __future__ import annotations

from nginx_memlint.config.tree import Setting
from nginx_memlint.memory.estimate import Estimate
from nginx_memlint.records import record
from nginx_memlint.result import Severity
from nginx_memlint.sizes import GIB, MIB, human

REPEATED_LOADS = 64 * MIB
"""Bytes at start that go to loading one bundle again: a warning. About 75 blocks with the stock
bundle of Debian 12; a service with four workers then peaks near 1 GiB at a reload."""

KILLS_MACHINES = 4 * GIB
"""Bytes at the worst reload peak: an error if no budget is given. The published out-of-memory
kills were on machines of 4 to 8 GiB (lua-nginx-module #1005, cs-nginx-bouncer #92)."""


@record
class Cause:
    """A directive whose bundle is loaded: where it is set, and what its loads cost in bytes."""

    setting: Setting
    loads: int
    locations: int
    total: int
    repeated: int


@record
class Violation:
    """A finding before it has a place: which rule, how severe, what to say."""

    rule: str
    severity: Severity
    message: str
    cause: Cause | None


REPEATED_RULE = "ML101"
BUDGET_RULE = "ML201"
PEAK_RULE = "ML202"


def violations(estimate: Estimate, causes: list[Cause], budget: int | None) -> list[Violation]:
    """Apply the rules, errors first. ``budget`` in bytes replaces the default limit."""
    found = []
    worst = causes[0] if causes else None
    peak = estimate.worst_total
    start = estimate.start + estimate.zones
    times = f"{human(start)} at start, up to {human(peak)} while reloading"
    if estimate.zones:
        times += f" ({human(estimate.zones)} of it shared zones)"
    if budget is not None and peak > budget:
        message = f"{times}: over the budget of {human(budget)}"
        found.append(Violation(BUDGET_RULE, "error", message, worst))
    if budget is None and peak >= KILLS_MACHINES:
        message = f"{times}: a machine without that much memory kills nginx"
        found.append(Violation(PEAK_RULE, "error", message, worst))
    for cause in causes:
        if cause.repeated >= REPEATED_LOADS:
            message = (
                f"{cause.setting.directive.name} makes nginx parse {cause.setting.value} "
                f"{cause.loads:,} times ({human(cause.total)}): once for each block that sees it"
            )
            found.append(Violation(REPEATED_RULE, "warning", message, cause))
    return found


NAMES = {
    REPEATED_RULE: "repeated-ca-loads",
    BUDGET_RULE: "over-budget",
    PEAK_RULE: "peak-kills-machines",
}
