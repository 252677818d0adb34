"""What would help, by counting and estimating again with the change made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from nginx_memlint.config.changes import Change, obstacle
from nginx_memlint.config.tree import Block, Setting, Tree
from nginx_memlint.memory.estimate import unit_bytes
from nginx_memlint.memory.targets import with_versions
from nginx_memlint.records import record
from nginx_memlint.situation import Cause, Situation
from nginx_memlint.sizes import MIB
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.families import LUA_TRUSTED, UPGRADES, by_name

FEW_CERTIFICATES = 10
"""Size of the smaller bundle that is proposed: the CAs a service talks to are few."""

WORTH_SAYING = 16 * MIB
"""Bytes at start below which a change is not proposed."""

NO_TLS_HANDLERS = ("init_by_lua", "set_by_lua")
"""Handlers in which Lua can neither open a connection nor start a timer that does
(lua-nginx-module's documentation of ngx.socket.tcp and ngx.timer.at)."""


@record
class Proposal:
    """A change in words, the situation after it, and the edits of files that make it, if any."""

    text: str
    after: Situation
    change: Change | None = None


Remedy: TypeAlias = Callable[[Situation, Cause], Proposal | None]


def worthwhile(situation: Situation, found: Iterable[Proposal | None]) -> list[Proposal]:
    """Those that save enough, the ones that save most first."""
    start = situation.estimate.start
    kept = [p for p in found if p is not None and start - p.after.estimate.start >= WORTH_SAYING]
    return sorted(kept, key=lambda proposal: proposal.after.estimate.start)


def best(situation: Situation) -> list[Proposal]:
    """The changes worth making for the costliest bundle."""
    if not situation.causes:
        return []
    cause = situation.causes[0]
    remedies: tuple[Remedy, ...] = (move_to_lua, smaller_bundle, newer_module)
    return worthwhile(situation, [remedy(situation, cause) for remedy in remedies])


def move_to_lua(situation: Situation, cause: Cause) -> Proposal | None:
    """Set the directive only in the blocks that run Lua which can open a connection."""
    setting = cause.setting
    if setting.name != LUA_TRUSTED or cause.family != "lua" or len(cause.by_setting) > 1:
        return None
    tree = situation.tree
    places = everywhere(tree, setting)
    runs_lua = _holders_of_lua(tree)
    users = [
        user
        for place in places
        for user in _outermost(place.block, runs_lua)
        if (seen := user.effective(LUA_TRUSTED)) is not None and seen.key == setting.key
    ]
    holders = {place.block for place in places}
    if not holders.isdisjoint(users):
        return None
    only = len(users) == 1
    where = f"into the {len(users):,} block{'' if only else 's'} that run{'s' if only else ''} Lua"
    text = f"move the directive {where}" if users else "remove the directive: no Lua needs it"
    change = Change(places, tuple((user, setting) for user in users))
    after = situation.after(change)
    if obstacle(situation.tree, after.tree, change):
        return None
    return Proposal(text, after, change)


def everywhere(tree: Tree, setting: Setting) -> tuple[Setting, ...]:
    """The directive in each place that includes its file."""
    return tuple(
        own
        for block in tree.having((setting.name,))
        for own in block.own(setting.name)
        if own.key == setting.key
    )


def _holders_of_lua(tree: Tree) -> set[Block]:
    """The blocks that have a handler which can open connections.

    An ``if`` or ``limit_except`` cannot hold the directive: its location stands for it.
    """
    found = set()
    for block in tree.where(lambda shape: any(map(_opens_connections, shape.positions))):
        holder = block
        while holder.kind in ("if", "limit_except", "upstream") and holder.parent is not None:
            holder = holder.parent
        found.add(holder)
    return found


def _opens_connections(name: str) -> bool:
    return "_by_lua" in name and not name.startswith(NO_TLS_HANDLERS)


def _outermost(block: Block, wanted: set[Block]) -> list[Block]:
    """Those of some blocks that are below this one, or itself, but in no other of them."""
    found = []
    pending = [block] if wanted else []
    while pending:
        inner = pending.pop()
        if inner in wanted:
            found.append(inner)
        else:
            pending.extend(reversed(inner.children))
    return found


def smaller_bundle(situation: Situation, cause: Cause) -> Proposal | None:
    """Use a bundle with just the CAs needed."""
    bundle = situation.bundles.bundle(cause.path)
    count = situation.bundles.certificates(cause.path)
    if count <= 2 * FEW_CERTIFICATES:
        return None
    mean = bundle.der_bytes // count if bundle else 1100
    small = unit_bytes(Bundle(FEW_CERTIFICATES, FEW_CERTIFICATES * mean), situation.target.costs)
    text = f"use a bundle of the CAs needed, e.g. {FEW_CERTIFICATES} instead of {count}"
    return Proposal(text, situation.with_bundles({cause.path: small}))


def newer_module(situation: Situation, cause: Cause) -> Proposal | None:
    """Upgrade to a version whose blocks share contexts."""
    upgrade = UPGRADES.get(cause.family)
    if upgrade is None or by_name(cause.family).shared(situation.target):
        return None
    component, version, text = upgrade
    dotted = ".".join(map(str, version))
    target = with_versions(situation.target, {component: dotted})
    return Proposal(f"upgrade to {text.format(dotted)}", situation.on(target))
