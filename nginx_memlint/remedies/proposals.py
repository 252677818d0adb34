"""What would help, by counting and estimating again with the change made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeAlias

from nginx_memlint.remedies import sharing
from nginx_memlint.remedies.situation import Cause, Proposal, Situation
from nginx_memlint.sizes import MIB
from nginx_memlint.targets.targets import with_versions
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.families import UPGRADES, by_name
from nginx_memlint.tls.uses import Use, places, use_of, users_of
from nginx_memlint.tree.changes import TreeChange, obstacle
from nginx_memlint.tree.tree import Block, Inheritance, Nearest, Setting, Tree

FEW_CERTIFICATES = 10
"""Size of the smaller bundle that is proposed: the CAs a service talks to are few."""

MOST_REMEDIES = 64
"""Remedies that are worked out: each counts all contexts anew. Those of the costliest bundles come
first."""

WORTH_SAYING = 16 * MIB
"""Bytes at start below which a change is not proposed."""


Remedy: TypeAlias = Callable[[Situation, Cause], Proposal | None]


def _once(remedy: Remedy) -> Remedy:
    """Several rules propose the same: count and estimate it once."""

    @wraps(remedy)
    def known(situation: Situation, cause: Cause) -> Proposal | None:
        key = remedy.__name__, cause.family, cause.path
        if key not in situation.memo:
            if len(situation.memo) >= MOST_REMEDIES:
                return None
            situation.memo[key] = remedy(situation, cause)
        found: Proposal | None = situation.memo[key]
        return found

    return known


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
    remedies = (remove_unused, move_to_users, share, smaller_bundle, newer_version)
    return worthwhile(situation, [remedy(situation, cause) for remedy in remedies])


@_once
def move_to_users(situation: Situation, cause: Cause) -> Proposal | None:
    """Set the directive only in the blocks that use the certificates, e.g. those that run Lua.

    Where it is set in such a block it stays: so a move that was killed half-way is gone on with.
    """
    use = use_of(situation.tree, cause.setting)
    if use is None or not use.mover or not situation.is_whole:
        return None
    name = cause.setting.name
    settings = [own.setting for own in cause.by_setting.values() if own.setting.name == name]
    everywhere = places(situation.tree, settings)
    users = _users_by_setter(situation.tree, use, everywhere)
    holders = {
        setting: _outermost(map(_holder, users.get(setting.block, ()))) for setting in everywhere
    }
    # as written: what stays in one of the places that include it stays in all
    staying = {s.key for s, own in holders.items() if any(block is s.block for block in own)}
    moving = [setting for setting in everywhere if setting.key not in staying]
    insert = [(holder, setting) for setting in moving for holder in holders[setting]]
    if not insert:
        return None
    change = TreeChange(tuple(moving), tuple(insert))
    after = situation.after(change)
    if obstacle(situation.tree, after.tree, change):
        return None
    text = f"move {use.directive} into the {use.mover} ({len(insert):,})"
    return Proposal(text, after, change, is_clear=True)


def _users_by_setter(tree: Tree, use: Use, settings: Iterable[Setting]) -> dict[Block, list[Block]]:
    """The blocks that use what settings name, by the block whose setting they see."""
    found: dict[Block, list[Block]] = {}
    seen = Inheritance(tree, {use.directive}, lambda block: block.effective(use.directive))
    for root in dict.fromkeys(tree.root_of(setting.block) for setting in settings):
        for block in users_of(tree).of(use, root).values():
            setting = seen.of(block)
            if setting is not None:
                found.setdefault(setting.block, []).append(block)
    return found


def _holder(block: Block) -> Block:
    """The block that can hold a directive for this one: an ``if`` cannot, its location can."""
    while block.kind in ("if", "limit_except", "upstream") and block.parent is not None:
        block = block.parent
    return block


def _outermost(blocks: Iterable[Block]) -> list[Block]:
    """Those of the blocks that are not inside another of them."""
    found = dict.fromkeys(blocks)
    nearest = Nearest(lambda block: block in found)
    return [b for b in found if b.parent is None or nearest.of(b.parent) is None]


@_once
def remove_unused(situation: Situation, cause: Cause) -> Proposal | None:
    """Delete the directive, if nothing uses it."""
    return remove(situation, cause.setting) if cause.setting.key in situation.unused else None


def remove(situation: Situation, *settings: Setting) -> Proposal:
    """Delete directives, in every place that includes them."""
    change = TreeChange(tuple(places(situation.tree, settings)))
    names = listed({setting.name for setting in settings})
    where = f"{settings[0].file.name}:{settings[0].directive.line}"
    if len(settings) > 1:
        where = f"{len(settings):,} places, the first of them {where}"
    return Proposal(f"remove {names} ({where})", situation.after(change), change)


@_once
def share(situation: Situation, cause: Cause) -> Proposal | None:
    """Set once what blocks set again, so that they share a context."""
    family = by_name(cause.family)
    if not situation.is_whole or not family.shared(situation.target):
        return None
    best_change, best_after = None, situation
    for change in sharing.changes(situation.tree, family, situation.target):
        after = situation.after(change)
        if obstacle(situation.tree, after.tree, change):
            continue
        if after.estimate.start < best_after.estimate.start:
            best_change, best_after = change, after
    if best_change is None:
        return None
    return Proposal(_share_text(best_change), best_after, best_change, is_clear=True)


def _share_text(change: TreeChange) -> str:
    moved = {setting.name for _, setting in change.insert}
    dropped = {setting.name for setting in change.delete} - moved
    parts = []
    if moved:
        labels = {block.kind.removeprefix("stream_") for block, _ in change.insert}
        parts.append(f"set {listed(moved)} once in {listed(labels)} instead of in each block")
    if dropped:
        parts.append(f"remove {listed(dropped)} where it only repeats what is inherited")
    return ", and ".join(parts)


def listed(names: Iterable[str]) -> str:
    """Names in words: "a, b and c"."""
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last


@_once
def smaller_bundle(situation: Situation, cause: Cause) -> Proposal | None:
    """Use a bundle with just the CAs needed."""
    bundle = situation.bundles.bundle(cause.path)
    count = situation.bundles.certificates(cause.path)
    if count <= 2 * FEW_CERTIFICATES:
        return None
    mean = bundle.der_bytes // count if bundle else 1100
    small = Bundle(FEW_CERTIFICATES, FEW_CERTIFICATES * mean)
    name = cause.path.rpartition("/")[2]
    text = (
        f"use a bundle of the CAs needed instead of {name}, e.g. {FEW_CERTIFICATES} instead of "
        f"{count}"
    )
    return Proposal(text, situation.with_bundles({cause.path: small}))


@_once
def newer_version(situation: Situation, cause: Cause) -> Proposal | None:
    """Upgrade to a version whose blocks share contexts or certificates."""
    upgraded = _upgraded(situation, cause)
    return upgraded and Proposal(f"upgrade to {upgraded[0]}", upgraded[1])


def newer_version_and_share(situation: Situation, cause: Cause) -> Proposal | None:
    """Upgrade, and set once there what blocks set again."""
    upgraded = _upgraded(situation, cause)
    shared = share(upgraded[1], cause) if upgraded else None
    if upgraded is None or shared is None:
        return None
    return Proposal(f"upgrade to {upgraded[0]}, and {shared.text}", shared.after)


def _upgraded(situation: Situation, cause: Cause) -> tuple[str, Situation] | None:
    upgrade = UPGRADES.get(cause.family)
    if upgrade is None:
        return None
    component, version, text = upgrade
    if getattr(situation.target, component) >= version:
        return None
    dotted = ".".join(map(str, version))
    target = with_versions(situation.target, {component.replace("_", "-"): dotted})
    return text.format(dotted), situation.on(target)
