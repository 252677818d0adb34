"""A configuration on a server, counted and priced: rules judge it, and compare it with others.

A remedy is another situation: one with a changed tree, another target or a smaller bundle.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any, NamedTuple

from nginx_memlint.acceptance.comments import Ignores
from nginx_memlint.memory.ciphers import context_bytes
from nginx_memlint.memory.cpu import part_seconds
from nginx_memlint.memory.estimate import (
    Bundles,
    Estimate,
    Price,
    Priced,
    estimate,
    first_peak_of,
    price,
    total,
)
from nginx_memlint.memory.guesses import MOST_WORKERS, End
from nginx_memlint.memory.held import HeldMemory, held
from nginx_memlint.memory.laws import (
    LOOSE_MOST,
    MIXED_BY_PIECES,
    PIECES_OF_CONTEXT,
    PIECES_OF_STORE,
    Amount,
    Law,
    Total,
    settled,
)
from nginx_memlint.memory.laws import total as total_of
from nginx_memlint.memory.laws_table import laws_for
from nginx_memlint.memory.parts import parts
from nginx_memlint.memory.parts.base import HELPERS
from nginx_memlint.memory.parts.certificates import LISTS
from nginx_memlint.memory.parts.record import CA_LOADS, CONTEXTS, Configuration, CostPart, Files
from nginx_memlint.memory.parts.scripts import MACHINES
from nginx_memlint.memory.zones import Zone, touched
from nginx_memlint.policy import Limits
from nginx_memlint.remedies.fixes_table import FixKind
from nginx_memlint.result import Remedy
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls import contexts as tls
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.uses import Unused, unused
from nginx_memlint.tree.changes import TreeChange, changed
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree

SMALL_PIECES = {
    CONTEXTS: PIECES_OF_CONTEXT,
    CA_LOADS: PIECES_OF_STORE,
    MACHINES: 0,
    LISTS: 0,
}
"""Part → how much of it is as small pieces as certificates are, if not all."""


@dataclass(eq=False, repr=False)
class Workers:
    """The number of worker processes; ``certain`` is False if it is assumed."""

    count: int
    certain: bool

    @property
    def most(self) -> int:
        """The most that there may be."""
        return self.count if self.certain else max(self.count, MOST_WORKERS)


class Range(NamedTuple):
    """The totals between which that of a configuration lies, and what the width is from."""

    low: Total
    high: Total
    guessed: list[str]


@dataclass(eq=False, repr=False)
class SettingLoads:
    """The loads of a CA bundle by one directive as written, in all contexts."""

    setting: Setting
    loads: int = 0
    total: int = 0
    """Bytes of all loads."""
    first: int = 0
    """Bytes of the first load."""


@dataclass(eq=False, repr=False)
class Cause:
    """A bundle that a family of directives loads, with its directives and contexts."""

    family: str
    path: str
    by_setting: dict[tuple[str, int], SettingLoads] = field(default_factory=dict)
    priced: list[Priced] = field(default_factory=list)
    """The contexts that load the bundle; one that loads it for two directives is here twice."""

    @property
    def setting(self) -> Setting:
        """The directive whose loads take most memory."""
        return max(self.by_setting.values(), key=lambda loads: loads.total).setting

    @property
    def loads(self) -> int:
        """How many times the bundle is loaded."""
        return sum(setting.loads for setting in self.by_setting.values())

    @property
    def total(self) -> int:
        """Bytes of all loads of the bundle."""
        return sum(setting.total for setting in self.by_setting.values())


@dataclass(eq=False, repr=False)
class Situation:
    """A tree on a target with its costs; each figure is computed when it is first asked for."""

    tree: Tree
    target: Target
    workers: Workers
    bundles: Bundles
    zones: list[Zone]
    limits: Limits
    lua_heap: int | None = None
    connections: int | None = None

    @cached_property
    def memo(self) -> dict[tuple[str, str, str], Any]:
        """A cache of proposals by their keys, for proposals.py."""
        return {}

    @cached_property
    def remedies(self) -> dict[Proposal, Remedy]:
        """A cache of the savings of proposals, for rules/engine.py."""
        return {}

    @cached_property
    def _elsewhere(self) -> dict[str, Situation]:
        """A cache of this situation on other servers, by the names of their targets."""
        return {}

    @cached_property
    def is_whole(self) -> bool:
        """Whether this is a whole configuration of which everything was read.

        Only then is it known that a directive is nowhere, and what a change would lead to.
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
        """The contexts with the bytes that they take."""
        return price(self.groups, self.bundles, self.target.costs)

    @cached_property
    def totals(self) -> Price:
        """The sums over all contexts."""
        return total(self.priced)

    @property
    def ssl_contexts(self) -> int:
        """The number of contexts that one ``nginx -t`` builds."""
        return sum(len(group.blocks) for group in self.groups)

    @cached_property
    def per_worker(self) -> tls.WorkerContexts:
        """The contexts that each worker builds after the fork."""
        return tls.worker_contexts(self.tree, self.target, self.groups)

    @property
    def ca_loads(self) -> int:
        """The number of bundles that one ``nginx -t`` loads."""
        return self.totals.loads

    @cached_property
    def zones_bytes(self) -> int:
        """Bytes of all shared memory zones."""
        return sum(zone.size for zone in self.zones)

    @cached_property
    def estimate(self) -> Estimate:
        """The memory estimate for the number of workers."""
        return self.estimate_with(self.workers.count)

    def estimate_with(self, workers: int) -> Estimate:
        """The memory estimate for another number of workers."""
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
    def files(self) -> Files:
        """The files of certificates and revocation lists that contexts load."""
        return Files(self.tree, self.bundles.server)

    @cached_property
    def counted(self) -> list[CostPart]:
        """The parts beside contexts, CA certificates and zones.

        A change moves or deletes settings of contexts: it leaves that as it is.
        """
        return self._count()

    def _count(self, before: list[CostPart] | None = None) -> list[CostPart]:
        return parts(
            Configuration(
                self.tree,
                self.target,
                self.groups,
                self.bundles,
                self.files,
                self.lua_heap,
                self.connections,
            ),
            before,
        )

    @cached_property
    def cpu_seconds(self) -> float:
        """The CPU time of a start, a test or a reload."""
        return self.totals.cpu_seconds + part_seconds(self.counted, self.tree)

    @cached_property
    def parts(self) -> list[CostPart]:
        """All that takes memory, by what it is."""
        return _with_pieces([*self.counted, *self._of_contexts(), *self._of_zones()])

    def _of_contexts(self) -> Iterator[CostPart]:
        contexts = self.ssl_contexts
        if contexts:
            names, costs = self.tree.index_names(), self.target.costs
            heap = sum(context_bytes(group, names, costs) for group in self.groups)
            first = self.groups[0].blocks[0]
            yield CostPart(CONTEXTS, Amount(contexts=heap), contexts, first, "")
        if self.totals.load_bytes:
            at = self.loads_by_setting[0].setting if self.loads_by_setting else None
            amount = Amount(heap=self.totals.load_bytes)
            yield CostPart(CA_LOADS, amount, self.ca_loads, at, at.name if at else "")
        if self.estimate.worker:
            amount = Amount(worker=self.estimate.worker)
            yield CostPart("contexts of each worker", amount, self.per_worker.contexts, None, "")

    def _of_zones(self) -> Iterator[CostPart]:
        if self.zones:
            largest = max(self.zones, key=lambda zone: zone.size)
            amount = reduce(Amount.plus, map(touched, self.zones))
            yield CostPart("zones", amount, len(self.zones), largest.setting, largest.name)

    @cached_property
    def amount(self) -> Amount:
        """The bytes of all parts."""
        return settled(reduce(Amount.plus, (part.amount for part in self.parts), Amount()))

    @cached_property
    def total(self) -> Total:
        """Bytes of the whole service, by phase."""
        return self.total_with(self.workers.count)

    @cached_property
    def held(self) -> HeldMemory:
        """Bytes of old workers that connections hold."""
        return held(self.amount, self.workers.count, self.total.start)

    def total_with(self, workers: int) -> Total:
        """Bytes of the whole service with so many workers, by phase."""
        return self._total_of(self.amount, workers)

    def total_without(self, name: str) -> Total:
        """Bytes of the whole service by phase, but for one part."""
        amounts = (part.amount for part in self.parts if part.name != name)
        return self._total_of(settled(reduce(Amount.plus, amounts, Amount())), self.workers.count)

    @property
    def test_bytes(self) -> int:
        """Bytes that ``nginx -t`` takes of the configuration at most, beside nginx itself.

        That may be while it reads a map: contexts, and what stands below that, are not there yet,
        and nothing of what it uses then is free.
        """
        from nginx_memlint.memory.parts.arrays import allocated_after  # noqa: PLC0415  for verify
        from nginx_memlint.memory.parts.reading import costliest  # noqa: PLC0415  alone

        whole = self._total_of(self.amount._replace(base=0, helper=0, worker=0, traffic=0), 0).start
        if (reading := costliest(self.tree)) is None:
            return whole
        later = self.amount.freed + allocated_after(reading.block, self.tree, self.target)
        later += sum(part.amount.in_heap for part in self._of_contexts())
        return max(whole, whole - later + reading.size)

    def _total_of(self, amount: Amount, workers: int) -> Total:
        helpers = HELPERS if self.amount.helper else 0
        return total_of(amount, workers, self._laws, first_peak_of(self.target), helpers)

    @cached_property
    def _laws(self) -> Mapping[str, Law]:
        return laws_for(self.target.allocator, self.target.laws)

    @cached_property
    def _ends(self) -> dict[End, Situation]:
        """A cache of this situation at the ends of what is guessed."""
        return {}

    def at(self, end: End) -> Situation:
        """The situation with all that cannot be read at one end of its range."""
        if not self.unread:
            return self
        if end not in self._ends:
            other = self._ends[end] = replace(self, bundles=self.bundles.at(end))
            other.groups, other.files = self.groups, self.files
            other.counted = other._count(self.counted)
        return self._ends[end]

    @cached_property
    def unread(self) -> list[str]:
        """Guesses of files that cannot be read, each range in words."""
        by_range: dict[str, dict[str, None]] = {}
        settings = [cause.setting for cause in self.causes]
        for setting in [] if self.bundles.are_priced else [*settings, *self.per_worker.bundles]:
            path = self.bundles.path(setting)
            if self.bundles.bundle(path) is None:
                by_range.setdefault(self.bundles.prior(setting).said, {})[setting.value] = None
        if self.counted and self.files.failures:
            by_range["1 to 4 certificates and a key"] = dict.fromkeys(sorted(self.files.failures))
        return [f"{_first_of(names)} unreadable: {said}" for said, names in by_range.items()]

    @cached_property
    def range(self) -> Range | None:
        """The range of the total; None if nothing is guessed."""
        guessed = list(self.unread)
        if not self.workers.certain:
            guessed.insert(0, f"workers {self.workers.count}–{self.workers.most}")
        if not guessed:
            return None
        high = self.at(End.HIGH).total_with(self.workers.most)
        return Range(self.at(End.LOW).total, high, guessed)

    @cached_property
    def shares(self) -> list[tuple[CostPart, Total]]:
        """The parts with what each takes by phase, what takes most at the worst peak first."""
        workers = self.workers.count
        shares = [(part, self._total_of(settled(part.amount), workers)) for part in self.parts]
        return sorted(shares, key=lambda share: -share[1].reload_peak_worst)

    @cached_property
    def causes(self) -> list[Cause]:
        """The bundles that are loaded, the one that takes most memory first."""
        causes: dict[tuple[str, str], Cause] = {}
        for item in self.priced:
            for setting in item.group.loads.bundles:
                path = self.bundles.path(setting)
                key = (item.group.family, path)
                cause = causes.get(key)
                if cause is None:
                    cause = causes[key] = Cause(*key)
                cause.priced.append(item)
                first = item.first.share
                loads = cause.by_setting.get(setting.key)
                if loads is None:
                    loads = cause.by_setting[setting.key] = SettingLoads(setting, first=first)
                loads.loads += 1 + item.others
                loads.total += first + item.others * item.other.share
        return sorted(causes.values(), key=lambda cause: -cause.total)

    @cached_property
    def loads_by_setting(self) -> list[SettingLoads]:
        """The directives that name bundles, the one that takes most memory first."""
        sums: dict[tuple[str, int], SettingLoads] = {}
        for cause in self.causes:
            for key, loads in cause.by_setting.items():
                both = sums.setdefault(key, SettingLoads(loads.setting, first=loads.first))
                both.loads += loads.loads  # of several families: a file included in http and stream
                both.total += loads.total
        return sorted(sums.values(), key=lambda loads: -loads.total)

    @cached_property
    def ignores(self) -> Ignores:
        """The comments in the configuration that accept findings."""
        return Ignores(self.tree)

    def after(self, change: TreeChange) -> Situation:
        """The situation with the files changed."""
        other = replace(self, tree=changed(self.tree, change))
        other.counted = self.counted
        return other

    def on(self, target: Target) -> Situation:
        """The situation of this configuration on another server."""
        situation = self._elsewhere.get(target.name)
        if situation is None:
            bundles = self.bundles.repriced(target.costs)
            situation = self._elsewhere[target.name] = replace(self, target=target, bundles=bundles)
            situation.files = self.files
            situation.counted = situation._count(self.counted)
        return situation

    def with_laws_of(self, target: Target) -> Situation:
        """The situation on a server that differs in nothing but its allocator."""
        other = replace(self, target=target)
        other.groups = self.groups
        other.parts = self.parts
        return other

    def with_counted(self, counted: list[CostPart]) -> Situation:
        """The situation with other parts beside contexts, CA certificates and zones."""
        other = replace(self)
        other.groups, other.priced = self.groups, self.priced
        other.counted = counted
        return other

    def with_bundles(self, bundles: Mapping[str, Bundle]) -> Situation:
        """The situation with these bundles (path → content) instead of the files'."""
        other = replace(self, bundles=self.bundles.repriced(self.target.costs, bundles))
        other.groups = self.groups
        other.counted = self.counted
        return other


@dataclass(eq=False, repr=False)
class Proposal:
    """A change in words, the situation after it, and the edits of files that make it, if any.

    ``is_clear``: obstacle() is known to find none. ``kind`` says whether the edits are safe. A
    proposal equals only itself, so it can be a key of caches.
    """

    text: str
    after: Situation
    change: TreeChange | None = None
    is_clear: bool = False
    kind: FixKind | None = None


def _with_pieces(parts: list[CostPart]) -> list[CostPart]:
    """The parts with what workers sort of their small pieces, and with what those mix in time."""
    small = [SMALL_PIECES.get(part.name, 1) for part in parts]
    pieces = {
        kind: [getattr(part.amount, kind) * some for part, some in zip(parts, small, strict=True)]
        for kind in LOOSE_MOST
    }
    times = max(1, sum(sum(pieces[kind]) / most for kind, most in LOOSE_MOST.items()))
    return [
        part._replace(
            amount=part.amount._replace(
                loose=round((contexts + stores) / times),
                mixed_contexts=round(MIXED_BY_PIECES * contexts),
                mixed_stores=part.amount.heap + part.amount.rules if some else 0,
            )
        )
        for part, some, contexts, stores in zip(
            parts, small, pieces["contexts"], pieces["heap"], strict=True
        )
    ]


def _first_of(names: Collection[str]) -> str:
    """The first of some names, and how many more there are."""
    first, more = next(iter(names)), len(names) - 1
    return f"{first} and {more:,} more" if more else first
