"""What the rules about budgets have in common: the phases in words, and what is to blame."""

from __future__ import annotations

from nginx_memlint.remedies.proposals import best
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human
from nginx_memlint.tree.tree import Setting


def phases(situation: Situation) -> str:
    """The memory at start and at the worst peak."""
    now = situation.estimate
    start, worst = human(now.start + now.zones), human(now.worst_total)
    text = f"{start} at start, up to {worst} while reloading"
    if now.zones:
        text += f" ({human(now.zones)} of it shared zones)"
    return text


def blamed(
    situation: Situation, message: str, size: int, configurations: int | None = None
) -> Draft:
    """A draft at the directive that costs most, with the changes that help it.

    ``configurations``: how often the memory of one counts; by default as at the worst peak.
    """
    at = culprit(situation, configurations or 2 + 3 * situation.workers.count)
    return Draft(message, at, size, proposals=best(situation), identity=())


def culprit(situation: Situation, configurations: int) -> Setting | None:
    """The directive that costs most while so many configurations are held, if any does."""
    loads = situation.loads_by_setting
    zone = max(situation.zones, key=lambda zone: zone.size, default=None)
    if loads and (zone is None or configurations * loads[0].total >= zone.size):
        return loads[0].setting
    return zone.setting if zone else None
