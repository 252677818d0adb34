"""A configuration on a server, counted and priced: what rules look at, and what they compare.

A remedy is another situation: the same, with a changed tree, another target or a smaller bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from nginx_memlint.acceptance.comments import Ignores
from nginx_memlint.memory.estimate import Bundles, Estimate, Price, Priced, estimate, price, total
from nginx_memlint.memory.zones import Zone
from nginx_memlint.policy import Limits
from nginx_memlint.result import Remedy
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls import contexts as tls
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.uses import Unused, unused
from nginx_memlint.tree.changes import TreeChange, changed
from nginx_memlint.tree.tree import Setting, Tree


@dataclass(frozen=True)
class Workers:
    """How many worker processes; ``known`` is False if that is a guess."""

    count: int
    known: bool


@dataclass(eq=False)
class SettingLoads:
    """A directive as written that names a CA bundle, and the contexts that load it for it."""

    setting: Setting
    loads: int = 0
    total: int = 0
    """Bytes of all loads."""
    first: int = 0
    """Bytes of the first one."""

    @property
    def repeated(self) -> int:
        """Bytes of all loads but the first."""
        return self.total - self.first


@dataclass(eq=False)
class Cause:
    """A bundle that a family of directives loads: the directives, and the contexts."""

    family: str
    path: str
    by_setting: dict[tuple[str, int], SettingLoads] = field(default_factory=dict)
    priced: list[Priced] = field(default_factory=list)
    """The contexts; those that load it for two directives twice."""

    @property
    def setting(self) -> Setting:
        """The directive that costs most."""
        return max(self.by_setting.values(), key=lambda loads: loads.total).setting

    @property
    def loads(self) -> int:
        """How often the bundle is loaded."""
        return sum(own.loads for own in self.by_setting.values())

    @property
    def total(self) -> int:
        """Bytes of all loads."""
        return sum(own.total for own in self.by_setting.values())

    @property
    def repeated(self) -> int:
        """Bytes of all loads but the first for each directive: what inheriting them costs."""
        return sum(own.repeated for own in self.by_setting.values())


@dataclass(eq=False)
class Situation:
    """A tree on a target, lazily counted."""

    tree: Tree
    target: Target
    workers: Workers
    bundles: Bundles
    zones: list[Zone]
    limits: Limits

    @cached_property
    def memo(self) -> dict[tuple[str, str, str], Any]:
        """What was worked out of this situation for several rules (proposals.py)."""
        return {}

    @cached_property
    def remedies(self) -> dict[Proposal, Remedy]:
        """What proposals save (rules/engine.py)."""
        return {}

    @cached_property
    def _elsewhere(self) -> dict[str, Situation]:
        """The situation on other servers, by their names."""
        return {}

    @cached_property
    def is_whole(self) -> bool:
        """Whether all of a whole configuration was read.

        Only then is it known that something is nowhere, and what a change would lead to.
        """
        complete = all(problem.complete for problem in self.tree.problems)
        is_fragment = any(block.directive is None for block in self.tree.main.children)
        return complete and not is_fragment

    @cached_property
    def unused(self) -> dict[tuple[str, int], Unused]:
        """The directives that load CA certificates which nothing uses, by Setting.key."""
        return unused(self.tree, self.target) if self.is_whole else {}

    @cached_property
    def groups(self) -> list[tls.Group]:
        """The contexts that one ``nginx -t`` builds."""
        return tls.contexts(self.tree, self.target)

    @cached_property
    def priced(self) -> list[Priced]:
        """The contexts with their bytes."""
        return price(self.groups, self.bundles, self.target.costs)

    @cached_property
    def totals(self) -> Price:
        """The sums of all contexts."""
        return total(self.priced)

    @property
    def ssl_contexts(self) -> int:
        """How many contexts one ``nginx -t`` builds."""
        return sum(len(group.blocks) for group in self.groups)

    @cached_property
    def per_worker(self) -> tls.WorkerContexts:
        """What each worker builds."""
        return tls.worker_contexts(self.tree, self.target)

    @property
    def ca_loads(self) -> int:
        """How many bundles one ``nginx -t`` loads."""
        return self.totals.loads

    @cached_property
    def zones_bytes(self) -> int:
        """Shared memory zones."""
        return sum(zone.size for zone in self.zones)

    @cached_property
    def estimate(self) -> Estimate:
        """The memory of it."""
        return self.estimate_with(self.workers.count)

    def estimate_with(self, workers: int) -> Estimate:
        """The memory of it with so many workers."""
        return estimate(
            self.totals,
            self.per_worker,
            self.tree.kinds,
            self.bundles,
            self.target,
            workers,
            self.zones_bytes,
        )

    @cached_property
    def causes(self) -> list[Cause]:
        """The bundles that are loaded, the costliest first."""
        found: dict[tuple[str, str], Cause] = {}
        for item in self.priced:
            for setting in item.group.loads.bundles:
                path = self.bundles.path(setting)
                key = (item.group.family, path)
                cause = found.get(key)
                if cause is None:
                    cause = found[key] = Cause(*key)
                cause.priced.append(item)
                first = item.first.share
                loads = cause.by_setting.get(setting.key)
                if loads is None:
                    loads = cause.by_setting[setting.key] = SettingLoads(setting, first=first)
                loads.loads += 1 + item.others
                loads.total += first + item.others * item.other.share
        return sorted(found.values(), key=lambda cause: -cause.total)

    @cached_property
    def loads_by_setting(self) -> list[SettingLoads]:
        """The directives that name bundles, the costliest first."""
        sums: dict[tuple[str, int], SettingLoads] = {}
        for cause in self.causes:
            for key, own in cause.by_setting.items():
                both = sums.setdefault(key, SettingLoads(own.setting, first=own.first))
                both.loads += own.loads  # of several families: a file included in http and stream
                both.total += own.total
        return sorted(sums.values(), key=lambda own: -own.total)

    @cached_property
    def ignores(self) -> Ignores:
        """The comments in it that accept findings."""
        return Ignores(self.tree)

    def after(self, change: TreeChange) -> Situation:
        """The situation with the files changed."""
        return replace(self, tree=changed(self.tree, change))

    def on(self, target: Target) -> Situation:
        """The situation on another server."""
        known = self._elsewhere.get(target.name)
        if known is None:
            bundles = self.bundles.repriced(target.costs)
            known = self._elsewhere[target.name] = replace(self, target=target, bundles=bundles)
        return known

    def with_bundles(self, bundles: Mapping[str, Bundle]) -> Situation:
        """The situation with other files in the place of some: path → what is in it."""
        other = replace(self, bundles=self.bundles.repriced(self.target.costs, bundles))
        other.groups = self.groups
        return other


@dataclass(eq=False)
class Proposal:
    """A change in words, the situation after it, and the edits of files that make it, if any.

    ``is_clear``: it is known that no obstacle() is in their way. A proposal equals itself only, so
    what is known of it can be kept by it.
    """

    text: str
    after: Situation
    change: TreeChange | None = None
    is_clear: bool = False
