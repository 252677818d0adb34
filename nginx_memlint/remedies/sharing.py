"""Settings that keep blocks from sharing a context, and what can be done without another effect.

Where contexts are shared, a block with an override directive of the family builds one of its own,
even if the value is the one it would inherit. Such settings can be deleted, or be set once around
the blocks. No change is proposed that alters what a block sees which uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import Family
from nginx_memlint.tls.uses import USES
from nginx_memlint.tree.changes import TreeChange, changed
from nginx_memlint.tree.tree import Block, Setting, Tree

_Value: TypeAlias = tuple[tuple[str, ...], ...]
"""The arguments of a directive, once for each time it stands in the block that sets it."""

_HOLDERS = frozenset({"http", "server", "location", "stream", "stream_server"})
"""Kinds of block in which override directives may stand."""


def users(tree: Tree, family: Family, target: Target) -> set[int]:
    """Identities of the blocks that use the family's settings."""
    running = next((u for u in USES if u.family == family.name and not u.risk), None)
    if running is None:
        return {id(b) for b in tree.blocks(*family.kinds) if family.wants(b, target)}
    return {
        user
        for root in tree.main.children
        if root.kind == running.root
        for user in running.users(root)
    }


def changes(tree: Tree, family: Family, target: Target) -> Iterator[TreeChange]:
    """What lets blocks share: settings deleted that are inherited anyway, or set once."""
    using = users(tree, family, target)
    redundant = _redundant(tree, family)
    hoisted = _hoisted(tree, family, using)
    both = TreeChange(_once((*hoisted.delete, *redundant)), hoisted.insert)
    for change in (TreeChange(_once(redundant)), both):
        if change.delete and _keeps(tree, change, family, using):
            yield change


def overriding(block: Block, family: Family) -> list[Setting]:
    """The override directives in the nearest block around (or the block itself) that has some."""
    around: Block | None = block
    while around is not None and around.kind in family.kinds:
        if around.has_any(family.overrides):
            return [
                s
                for name in around.names()
                if name in family.overrides
                for s in around.settings(name)
            ]
        around = around.parent
    return []


def _seen(tree: Tree, name: str) -> dict[int, _Value]:
    """What each block sees of a directive; empty where it is not set."""
    seen: dict[int, _Value] = {}
    for block in tree.all_blocks:
        own = block.settings(name)
        if own:
            seen[id(block)] = tuple(setting.directive.args for setting in own)
        else:
            seen[id(block)] = seen[id(block.parent)] if block.parent is not None else ()
    return seen


def _names(tree: Tree, family: Family) -> list[str]:
    """The override directives that are set anywhere."""
    return sorted(family.overrides & {name for block in tree.all_blocks for name in block.names()})


def _redundant(tree: Tree, family: Family) -> list[Setting]:
    """Settings with the value that the block around sees, in every place as written."""
    found: list[Setting] = []
    for name in _names(tree, family):
        seen = _seen(tree, name)
        groups = [(block, own) for block in tree.all_blocks if (own := block.settings(name))]
        needed = {
            setting.key
            for block, own in groups
            if block.parent is None or seen[id(block)] != seen[id(block.parent)]
            for setting in own
        }
        found += [s for _, own in groups for s in own if s.key not in needed]
    return found


def _hoisted(tree: Tree, family: Family, using: set[int]) -> TreeChange:
    """Each directive set once, in the innermost block around those that set it alike."""
    delete: list[Setting] = []
    insert: list[tuple[Block, Setting]] = []
    for name in _names(tree, family):
        seen = _seen(tree, name)
        setting, values = _below(tree, name, seen, using)
        pending = [root for root in tree.main.children if root.kind in _HOLDERS]
        while pending:
            block = pending.pop()
            branches = [child for child in block.children if id(child) in setting]
            alike = values[id(block)]
            if len(branches) < 2 or len(alike) != 1 or not _may_set(block, name, seen, alike):
                pending += branches
                continue
            [value] = alike
            inner = [i for i in block.walk() if i is not block and seen[id(i)] == value]
            own = [settings for i in inner if (settings := i.settings(name))]
            insert += [(block, one) for one in own[0]] if own else []
            delete += [one for settings in own for one in settings]
    return TreeChange(tuple(delete), tuple(insert))


def _may_set(block: Block, name: str, seen: dict[int, _Value], alike: set[_Value]) -> bool:
    """Whether a block can be given a directive of that value, and it is not there already."""
    return (
        block.kind in _HOLDERS
        and not block.settings(name)
        and seen[id(block)] not in alike
        and () not in alike
    )


def _below(
    tree: Tree, name: str, seen: dict[int, _Value], using: set[int]
) -> tuple[set[int], dict[int, set[_Value]]]:
    """The blocks in which, or below which, a directive is set; what users there see of it."""
    setting: set[int] = set()
    values: dict[int, set[_Value]] = {id(block): set() for block in tree.all_blocks}
    for block in reversed([*tree.all_blocks]):  # each after its children
        if id(block) in using:
            values[id(block)].add(seen[id(block)])
        if block.settings(name):
            setting.add(id(block))
        if block.parent is not None:
            around = values[id(block.parent)]
            if len(around) < 2:  # two are as good as many
                around |= values[id(block)]
            if id(block) in setting:
                setting.add(id(block.parent))
    return setting, values


def _once(settings: list[Setting] | tuple[Setting, ...]) -> tuple[Setting, ...]:
    """Each directive once in each place that includes it."""
    return tuple({(*setting.key, id(setting.block)): setting for setting in settings}.values())


def _keeps(tree: Tree, change: TreeChange, family: Family, using: set[int]) -> bool:
    """Whether every block that uses the settings sees the same after a change."""
    if any(block.directive is None for block, _ in change.insert):
        return False
    after = changed(tree, change)
    for name in _names(tree, family):
        before, then = _seen(tree, name), _seen(after, name)
        for old, new in zip(tree.all_blocks, after.all_blocks, strict=True):
            if id(old) in using and before[id(old)] != then[id(new)]:
                return False
    return True
