"""Changes that help, each counted and priced on a changed situation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TypeAlias

from nginx_memlint.remedies import sharing
from nginx_memlint.remedies.fixes_table import MOVE, REMOVE, REMOVE_SWITCHED_OFF, SHARE
from nginx_memlint.remedies.situation import Cause, Proposal, Situation
from nginx_memlint.sizes import MIB
from nginx_memlint.targets.allocators_table import ALLOCATORS, LIBCS
from nginx_memlint.targets.targets import with_replaced
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.families import UPGRADES, by_name
from nginx_memlint.tls.uses import Use, places, use_of, users_of
from nginx_memlint.tree.changes import TreeChange, obstacle
from nginx_memlint.tree.expanded import Block, Nearest, Setting
from nginx_memlint.tree.inheritance import Inheritance
from nginx_memlint.tree.tree import Tree

FEW_CERTIFICATES = 10
"""Certificates in the smaller bundle that is proposed: the CAs a service talks to are few."""

MOST_REMEDIES = 64
"""Remedies that are worked out for a situation: each counts all contexts anew. Those of the
costliest bundles come first."""

WORTH_SAYING = 16 * MIB
"""Bytes at start that a change must save to be proposed."""

MATERIAL, PART = 64 * MIB, 10
"""Bytes at the worst peak that another allocator must save to be proposed, and which part of it."""


ProposalMaker: TypeAlias = Callable[[Situation, Cause], Proposal | None]


def _once(remedy: ProposalMaker) -> ProposalMaker:
    """Decorate a remedy so that it is worked out once for a cause, as several rules propose it."""

    @wraps(remedy)
    def cached(situation: Situation, cause: Cause) -> Proposal | None:
        key = remedy.__name__, cause.family, cause.path
        if key not in situation.memo:
            if len(situation.memo) >= MOST_REMEDIES:
                return None
            situation.memo[key] = remedy(situation, cause)
        proposal: Proposal | None = situation.memo[key]
        return proposal

    return cached


def worthwhile(situation: Situation, proposals: Iterable[Proposal | None]) -> list[Proposal]:
    """The proposals that save at least WORTH_SAYING bytes, the largest saving first."""
    start = situation.estimate.start
    kept = [
        p for p in proposals if p is not None and start - p.after.estimate.start >= WORTH_SAYING
    ]
    return sorted(kept, key=lambda proposal: proposal.after.estimate.start)


def best(situation: Situation) -> list[Proposal]:
    """The changes worth making for the costliest bundle, the largest saving first."""
    if not situation.causes:
        return []
    cause = situation.causes[0]
    remedies = (remove_unused, move_to_users, share, smaller_bundle, newer_version)
    return worthwhile(situation, [remedy(situation, cause) for remedy in remedies])


@_once
def move_to_users(situation: Situation, cause: Cause) -> Proposal | None:
    """Propose to set a directive only in the blocks that use its certificates.

    Where it is set in such a block already, it stays there, so a move that was killed half-way can
    be completed. Where a worker's own code may use them, too, nobody but its author knows whether
    it does: then the change is proposed under that condition, and nothing makes it by itself.
    """
    use = use_of(situation.tree, cause.setting)
    if use is None or not use.mover or not situation.is_whole:
        return None
    if proposal := _moved(situation, cause, use, users_of(situation.tree).of):
        return proposal
    if use.requests is None:
        return None
    requests = use.requests
    proposal = _moved(situation, cause, use, lambda _use, root: requests(situation.tree, root))
    if proposal is None:
        return None
    text = f"{proposal.text}, if no timer of {use.process} opens a TLS connection"
    return Proposal(text, proposal.after)


def _moved(
    situation: Situation,
    cause: Cause,
    use: Use,
    users_below: Callable[[Use, Block], dict[int, Block]],
) -> Proposal | None:
    name = cause.setting.name
    settings = [one.setting for one in cause.by_setting.values() if one.setting.name == name]
    everywhere = places(situation.tree, settings)
    users = _users_by_setter(situation.tree, use, everywhere, users_below)
    holders = {
        setting: _outermost(map(_holder, users.get(setting.block, ()))) for setting in everywhere
    }
    # as written: what stays in one of the places that include it stays in all
    staying = {s.key for s, inner in holders.items() if any(block is s.block for block in inner)}
    moving = [setting for setting in everywhere if setting.key not in staying]
    insert = [(holder, setting) for setting in moving for holder in holders[setting]]
    if not insert:
        return None
    change = TreeChange(tuple(moving), tuple(insert))
    after = situation.after(change)
    if obstacle(situation.tree, after.tree, change):
        return None
    text = f"move {use.directive} into the {use.mover} ({len(insert):,})"
    return Proposal(text, after, change, is_clear=True, kind=MOVE)


def _users_by_setter(
    tree: Tree,
    use: Use,
    settings: Iterable[Setting],
    users_below: Callable[[Use, Block], dict[int, Block]],
) -> dict[Block, list[Block]]:
    """The blocks that use these settings' certificates, by the block whose setting they see."""
    users: dict[Block, list[Block]] = {}
    seen = Inheritance(tree, {use.directive}, lambda block: block.effective(use.directive))
    for root in dict.fromkeys(tree.root_of(setting.block) for setting in settings):
        for block in users_below(use, root).values():
            setting = seen.of(block)
            if setting is not None:
                users.setdefault(setting.block, []).append(block)
    return users


def _holder(block: Block) -> Block:
    """The block in which a directive for this one can stand: for an ``if``, its location."""
    while block.kind in ("if", "limit_except", "upstream") and block.parent is not None:
        block = block.parent
    return block


def _outermost(blocks: Iterable[Block]) -> list[Block]:
    """The blocks that are not inside another of these blocks."""
    distinct = dict.fromkeys(blocks)
    nearest = Nearest(lambda block: block in distinct)
    return [b for b in distinct if b.parent is None or nearest.of(b.parent) is None]


@_once
def remove_unused(situation: Situation, cause: Cause) -> Proposal | None:
    """Propose to delete a directive whose certificates nothing uses; None if something does."""
    return remove(situation, cause.setting) if cause.setting.key in situation.unused else None


def remove(situation: Situation, *settings: Setting) -> Proposal:
    """Propose to delete directives, in every place that includes them."""
    change = TreeChange(tuple(places(situation.tree, settings)))
    names = listed({setting.name for setting in settings})
    where = f"{settings[0].file.name}:{settings[0].directive.line}"
    if len(settings) > 1:
        where = f"{len(settings):,} places, the first of them {where}"
    uses = [use_of(situation.tree, setting) for setting in change.delete]
    kind = REMOVE_SWITCHED_OFF if any(use is None or use.switch for use in uses) else REMOVE
    return Proposal(f"remove {names} ({where})", situation.after(change), change, kind=kind)


@_once
def share(situation: Situation, cause: Cause) -> Proposal | None:
    """Propose to set once, further out, directives that keep blocks from sharing a context."""
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
    return Proposal(_share_text(best_change), best_after, best_change, is_clear=True, kind=SHARE)


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
    """Propose to use a bundle with only the CAs needed."""
    bundle = situation.bundles.content(cause.setting)
    count = bundle.certificates
    if count <= 2 * FEW_CERTIFICATES:
        return None
    mean = bundle.der_bytes // count
    small = Bundle(FEW_CERTIFICATES, FEW_CERTIFICATES * mean)
    name = cause.path.rpartition("/")[2]
    text = f"replace {name} by the CAs needed, e.g. {FEW_CERTIFICATES} of {count}"
    return Proposal(text, situation.with_bundles({cause.path: small}))


@_once
def newer_version(situation: Situation, cause: Cause) -> Proposal | None:
    """Propose an upgrade to a version whose blocks share contexts or certificates."""
    upgraded = _upgraded(situation, cause)
    return upgraded and Proposal(f"upgrade to {upgraded[0]}", upgraded[1])


def newer_version_and_share(situation: Situation, cause: Cause) -> Proposal | None:
    """Propose that upgrade together with share(), which helps only after it."""
    upgraded = _upgraded(situation, cause)
    shared = share(upgraded[1], cause) if upgraded else None
    if upgraded is None or shared is None:
        return None
    return Proposal(f"upgrade to {upgraded[0]}, and {shared.text}", shared.after)


def other_allocator(situation: Situation) -> list[Proposal]:
    """Propose the allocator with which nginx peaks lowest, if that is far below the libc's."""
    target = situation.target
    if target.allocator not in LIBCS:
        return []
    name, after = min(
        (
            (name, situation.with_laws_of(with_replaced(target, {"allocator": name})))
            for name, allocator in ALLOCATORS.items()
            if allocator.library
        ),
        key=lambda preloaded: preloaded[1].total.reload_peak_worst,
    )
    now = situation.total.reload_peak_worst
    if now - after.total.reload_peak_worst < max(MATERIAL, now // PART):
        return []
    library, package = ALLOCATORS[name].library, ALLOCATORS[name].package
    return [Proposal(f"run nginx with {name} (LD_PRELOAD={library}, package {package})", after)]


def _upgraded(situation: Situation, cause: Cause) -> tuple[str, Situation] | None:
    upgrade = UPGRADES.get(cause.family)
    if upgrade is None:
        return None
    component, version, text = upgrade
    if getattr(situation.target, component) >= version:
        return None
    dotted = ".".join(map(str, version))
    target = with_replaced(situation.target, {component.replace("_", "-"): dotted})
    return text.format(dotted), situation.on(target)
