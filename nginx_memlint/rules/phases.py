"""Functions that the rules about budgets share: the phases in words, and the culprit."""

from __future__ import annotations

from nginx_memlint.remedies.proposals import best
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import human
from nginx_memlint.tree.tree import Setting


def phases(situation: Situation) -> str:
    """The memory at start and at the worst reload peak, in words."""
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

    ``configurations`` is how many copies of the configuration are in memory at a time; by default
    as many as at the worst peak.
    """
    at = culprit(situation, configurations or 2 + 3 * situation.workers.count)
    return Draft(message, at, size, proposals=best(situation), identity=())


def culprit(situation: Situation, configurations: int) -> Setting | None:
    """The directive that takes most memory while so many configurations are held, if any does."""
    loads = situation.loads_by_setting
    zone = max(situation.zones, key=lambda zone: zone.size, default=None)
    if loads and (zone is None or configurations * loads[0].total >= zone.size):
        return loads[0].setting
    return zone.setting if zone else None
