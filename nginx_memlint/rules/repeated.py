"""Functions that the rules about repeatedly loaded bundles share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

from nginx_memlint.files.paths import relative
from nginx_memlint.memory.estimate import Priced, by_block, by_place
from nginx_memlint.remedies.proposals import ProposalMaker, worthwhile
from nginx_memlint.remedies.situation import Cause, SettingLoads, Situation
from nginx_memlint.rules.rule import CostPlace, Draft
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.sizes import human, plural
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.tls.families import CACHED, by_name
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

INHERITED = ("lua", "stream_lua", "js_fetch", "stream_js_fetch")
"""Families of which every block builds a context, so that inheriting a bundle costs memory."""

_SHARE = attrgetter("share")

PASSES = ("proxy_ssl", "grpc_ssl", "uwsgi_ssl", "stream_proxy_ssl")
SERVERS = ("ssl", "stream_ssl", "mail_ssl")


def repeated(
    situation: Situation, families: Iterable[str], remedies: Iterable[ProposalMaker], each: str
) -> Iterator[Draft]:
    """A draft for each bundle that blocks of these families load repeatedly without sharing."""
    for cause in situation.causes:
        if cause.family not in families or by_name(cause.family).shared(situation.target):
            continue
        size = loaded_again(situation, cause)
        if size < REPEATED_LOADS:
            continue
        setting = costliest_setting(situation, cause)
        by = "" if len(cause.by_setting) == 1 else f" (set in {len(cause.by_setting):,} places)"
        yield Draft(
            f"{setting.name}{by} makes nginx read and keep {setting.value} {cause.loads:,} times "
            f"({human(cause.total)}): once for each {each}",
            setting,
            size,
            costliest(situation, cause.priced),
            worthwhile(situation, [remedy(situation, cause) for remedy in remedies]),
            identity=(cause.family, relative(cause.path, situation.tree.directory)),
            count=cause.loads,
        )


def loaded_again(situation: Situation, cause: Cause) -> int:
    """Bytes of a bundle's loads that sharing, or setting it elsewhere, would save.

    Loads by directives whose certificates nothing uses are not counted: ML105 is about these.
    """
    used = _used(situation, cause)
    if not used or (cause.family in SERVERS and situation.target.nginx >= CACHED):
        return 0
    if cause.family in INHERITED and not by_name(cause.family).shared(situation.target):
        return _inherited(situation.tree, used)
    return sum(loads.total for loads in used) - max(loads.first for loads in used)


def _inherited(tree: Tree, used: list[SettingLoads]) -> int:
    """Bytes of all loads by directives except one for each block that they stand in: of several if
    their file is included there."""
    return sum(
        max(
            0,
            loads.total - loads.first * _places(tree, loads.setting.name)[loads.setting.directive],
        )
        for loads in used
    )


def _places(tree: Tree, name: str) -> dict[Directive, int]:
    """Directives of a name → in how many blocks each stands."""
    key = f"places of {name}"
    if key not in tree.memo:
        tree.memo[key] = {directive: len(blocks) for directive, _, blocks in tree.written(name)}
    places: dict[Directive, int] = tree.memo[key]
    return places


def costliest_setting(situation: Situation, cause: Cause) -> Setting:
    """The directive whose loads take most memory, among those whose certificates are used."""
    return max(_used(situation, cause), key=lambda loads: loads.total).setting


def _used(situation: Situation, cause: Cause) -> list[SettingLoads]:
    return [loads for key, loads in cause.by_setting.items() if key not in situation.unused]


def costliest(situation: Situation, priced: list[Priced]) -> Sequence[CostPlace]:
    """The servers whose loads take most memory first; within a single server, its blocks."""
    around = by_place(priced, situation.tree.servers.of, _SHARE)
    parts = {server: loads for server, loads in around.items() if server is not None}
    if len(parts) <= 1:
        parts = by_block(priced, _SHARE)
    return _Places(sorted(parts.items(), key=lambda part: -part[1][1]))


class _Places(Sequence[CostPlace]):
    """Blocks with their loads, put in words only when one is asked for."""

    def __init__(self, loads: Sequence[tuple[Block, tuple[int, int]]]) -> None:
        self._loads = loads

    def __len__(self) -> int:
        return len(self._loads)

    def __getitem__(self, at: Any) -> Any:  # noqa: ANN401
        if isinstance(at, slice):
            return [self._place(*entry) for entry in self._loads[at]]
        return self._place(*self._loads[at])

    def _place(self, block: Block, loaded: tuple[int, int]) -> CostPlace:
        count, size = loaded
        loads = plural(count, "load")
        return CostPlace(block, f"{block.label}: {loads}, {human(size)}", size)
