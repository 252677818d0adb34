"""The tree of a configuration after directives are moved or deleted.

A change is made to the files as written, so it holds in every place that includes them.
"""

from operator import itemgetter
from typing import NamedTuple

from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


class TreeChange(NamedTuple):
    """Directives deleted, and copies of directives put at the opening of blocks.

    Each block of ``insert`` has a directive of its own, so is not the main one. What stands in a
    file that is included in several places is named in each of them that was considered:
    obstacle() finds the others.
    """

    delete: tuple[Setting, ...] = ()
    insert: tuple[tuple[Block, Setting], ...] = ()


_BODY = itemgetter(0)
"""The body of a part."""


def changed(tree: Tree, change: TreeChange) -> Tree:
    """The tree that nginx would read after the change; the given tree is not modified."""
    tree.work.take(len(tree.all_blocks))
    bodies = _changed_bodies(change)
    copies: dict[Block | None, Block | None] = {None: None}
    all_blocks: list[Block] = []
    edited: list[int] = []
    for place, block in enumerate(tree.all_blocks):
        parent = copies[block.parent]
        copy = copies[block] = block.copied(parent)
        if not bodies.keys().isdisjoint(map(_BODY, block.parts)):
            copy.parts = [(bodies.get(body, body), inside) for body, inside in block.parts]
            edited.append(place)
        if parent is not None:
            parent.add(copy)
        all_blocks.append(copy)
    settings = (*change.delete, *(setting for _, setting in change.insert))
    return tree.replaced(all_blocks, edited, frozenset(setting.name for setting in settings))


def obstacle(before: Tree, after: Tree, change: TreeChange) -> str | None:
    """The reason why the files cannot be changed this way, None if they can.

    ``after`` is changed(before, change). nginx takes most directives once in a block; and in places
    of a file that the change does not name, no block may come to see another value.
    """
    gone = {id(setting.directive): setting.name for setting in change.delete}
    put: dict[int, dict[str, int]] = {}
    for block, setting in change.insert:
        if block.directive is None:
            return "a file cannot be changed outside of its blocks"
        # as many as where they are from: some may stand in a block more than once
        most_of = put.setdefault(id(block.directive), {})
        most_of[setting.name] = max(
            most_of.get(setting.name, 1), len(setting.block.settings(setting.name))
        )
    named = {(id(s.directive), id(s.block)) for s in change.delete}
    named |= {(id(block.directive), id(block)) for block, _ in change.insert}
    deleted_names = set(gone.values())
    places = set(before.places(deleted_names))
    places |= {p for p, block in enumerate(before.all_blocks) if id(block.directive) in put}
    for number in sorted(places):
        old, new = before.all_blocks[number], after.all_blocks[number]
        for name, most in put.get(id(old.directive), {}).items():
            if len(new.settings(name)) > max(most, len(old.settings(name))):
                return f"{old.label} has a {name} of its own"
        touched = {(id(old.directive), name) for name in put.get(id(old.directive), ())}
        touched |= {
            (id(setting.directive), name)
            for name in deleted_names
            for setting in old.settings(name)
            if id(setting.directive) in gone
        }
        for directive, name in touched:
            if (directive, id(old)) not in named and _seen(old, name) != _seen(new, name):
                file = old.inclusion.file.name
                return f"it would change what {old.label} in {file} sees, by another include"
    return None


def _seen(block: Block, name: str) -> tuple[str, ...] | None:
    setting = block.effective(name)
    return setting.directive.args if setting is not None else None


def _changed_bodies(change: TreeChange) -> dict[Body, Body]:
    """Content of a block as written → its content after the change."""
    gone = {setting.directive for setting in change.delete}
    added: dict[Body, list[Directive]] = {}
    for setting in change.delete:
        for body, _ in setting.block.parts:
            if setting.directive in body.of(setting.name):
                added[body] = []
                break
    for block, setting in change.insert:
        assert block.directive is not None
        assert block.directive.body is not None
        old = setting.directive
        fresh = added.setdefault(block.directive.body, [])
        if all((new.name, new.args) != (old.name, old.args) for new in fresh):
            fresh.append(old.copy())
    return {
        body: Body(fresh + [d for d in body.directives if d not in gone])
        for body, fresh in added.items()
    }
