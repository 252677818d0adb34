"""Settings that keep blocks from sharing a context, and changes that remove them.

Where contexts are shared, a block with an override directive of the family builds one of its own,
even if the value is the one it would inherit. Such settings can be deleted, or be set once around
the blocks. No change is made that alters a value seen by a block that uses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import Family
from nginx_memlint.tls.uses import USES
from nginx_memlint.tree.changes import TreeChange, changed
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

_Arguments: TypeAlias = tuple[tuple[str, ...], ...]
"""The arguments of a directive, for each time that it stands in the block that sets it."""

_HOLDERS = frozenset({"http", "server", "location", "stream", "stream_server"})
"""Kinds of block in which override directives may stand."""


def users(tree: Tree, family: Family, target: Target) -> set[int]:
    """The id() of each block that uses the settings of a family."""
    running = next((u for u in USES if u.family == family.name and not u.risk), None)
    if running is None:
        return {id(b) for b in tree.blocks(*family.kinds) if family.wants(b, target)}
    return {
        user
        for root in tree.main.children
        if root.kind == running.root
        for user in running.users(tree, root)
    }


def changes(tree: Tree, family: Family, target: Target) -> Iterator[TreeChange]:
    """Changes after which blocks share: settings deleted that are inherited anyway, or hoisted."""
    using = users(tree, family, target)
    redundant = _redundant(tree, family)
    hoisted = _hoisted(tree, family, using)
    both = TreeChange(_once((*hoisted.delete, *redundant)), hoisted.insert)
    for change in (TreeChange(_once(redundant)), both):
        if change.delete and _keeps(tree, change, family, using):
            yield change


def overriding(block: Block, family: Family) -> list[Setting]:
    """The override directives of the nearest block, from this one outwards, that has any."""
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


def _seen(tree: Tree, name: str) -> dict[int, _Arguments]:
    """The value of a directive that each block sees, by id(); empty where it is not set."""
    seen: dict[int, _Arguments] = {}
    for block in tree.all_blocks:
        settings = block.settings(name)
        if settings:
            seen[id(block)] = tuple(setting.directive.args for setting in settings)
        else:
            seen[id(block)] = seen[id(block.parent)] if block.parent is not None else ()
    return seen


def _names(tree: Tree, family: Family) -> list[str]:
    """The override directives of the family that are set anywhere."""
    return sorted(family.overrides & {name for block in tree.all_blocks for name in block.names()})


def _redundant(tree: Tree, family: Family) -> list[Setting]:
    """Settings that repeat the value seen by the block around, in every place of their file."""
    redundant: list[Setting] = []
    for name in _names(tree, family):
        seen = _seen(tree, name)
        groups = [
            (block, settings) for block in tree.all_blocks if (settings := block.settings(name))
        ]
        needed = {
            setting.key
            for block, settings in groups
            if block.parent is None or seen[id(block)] != seen[id(block.parent)]
            for setting in settings
        }
        redundant += [s for _, settings in groups for s in settings if s.key not in needed]
    return redundant


def _hoisted(tree: Tree, family: Family, using: set[int]) -> TreeChange:
    """The change that sets each directive once, around the blocks that set it alike."""
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
            groups = [settings for i in inner if (settings := i.settings(name))]
            insert += [(block, one) for one in groups[0]] if groups else []
            delete += [one for settings in groups for one in settings]
    return TreeChange(tuple(delete), tuple(insert))


def _may_set(block: Block, name: str, seen: dict[int, _Arguments], alike: set[_Arguments]) -> bool:
    """Whether a block may have a directive of that value, and does not see it already."""
    return (
        block.kind in _HOLDERS
        and not block.settings(name)
        and seen[id(block)] not in alike
        and () not in alike
    )


def _below(
    tree: Tree, name: str, seen: dict[int, _Arguments], using: set[int]
) -> tuple[set[int], dict[int, set[_Arguments]]]:
    """The id() of blocks with a directive in or below them, and the values its users see."""
    setting: set[int] = set()
    values: dict[int, set[_Arguments]] = {id(block): set() for block in tree.all_blocks}
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
    """Whether every block that uses the settings sees the same values after a change."""
    if any(block.directive is None for block, _ in change.insert):
        return False
    after = changed(tree, change)
    for name in _names(tree, family):
        before, then = _seen(tree, name), _seen(after, name)
        for old, new in zip(tree.all_blocks, after.all_blocks, strict=True):
            if id(old) in using and before[id(old)] != then[id(new)]:
                return False
    return True
