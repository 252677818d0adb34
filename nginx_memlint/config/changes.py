"""A configuration with directives moved or deleted: what a remedy would make of it.

A change is to the files as written: it holds in every place that includes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nginx_memlint.config.shapes import Shape
from nginx_memlint.config.syntax import Body, Directive, EditedBody
from nginx_memlint.config.tree import Block, Blocks, Row, Setting, Tree


@dataclass(frozen=True)
class Change:
    """Directives deleted, and copies of directives put at the opening of blocks.

    Each block of ``insert`` has a directive of its own, so is not the main one. What stands in a
    file that is included in several places is named in each of them that was considered:
    obstacle() finds the others.
    """

    delete: tuple[Setting, ...] = ()
    insert: tuple[tuple[Block, Setting], ...] = ()


def changed(tree: Tree, change: Change) -> Tree:
    """The tree as it would be read after the change; the first one is left as it is."""
    tree.work.take(len(tree.all_blocks.members))
    bodies, shapes = _changed_bodies(change)
    blocks = Blocks()
    copies: dict[int, Block] = {}
    for member in _members(tree.all_blocks, shapes):
        parent = copies[id(member.parent)] if member.parent is not None else None
        copy = member.copied(parent)
        if isinstance(copy, Block):
            if len(copy.parts) > 1 or (copy.parts and id(copy.parts[0][0]) in bodies):
                copy.parts = [(bodies.get(id(body), body), inside) for body, inside in copy.parts]
            copies[id(member)] = copy
        if parent is not None:
            parent.add(copy)
        blocks.add(copy)
    settings = (*change.delete, *(setting for _, setting in change.insert))
    return tree.replaced(blocks, frozenset(setting.name for setting in settings))


def obstacle(before: Tree, after: Tree, change: Change) -> str | None:
    """Why the files cannot be changed so, None if they can.

    ``after`` is changed(before, change). nginx takes most directives once in a block; and in
    places of a file that the change does not name, nothing may come to see another value.
    """
    gone = {id(setting.directive): setting.name for setting in change.delete}
    put: dict[int, dict[str, int]] = {}
    for block, setting in change.insert:
        if block.directive is None:
            return "a file cannot be changed outside of its blocks"
        # as many as where they are from: some may stand in a block more than once
        own = put.setdefault(id(block.directive), {})
        own[setting.name] = max(own.get(setting.name, 1), len(setting.block.own(setting.name)))
    named = {(id(s.directive), id(s.block)) for s in change.delete}
    named |= {(id(block.directive), id(block)) for block, _ in change.insert}
    deleted_names = set(gone.values())
    concerned = set(before.numbers_having(deleted_names))
    shapes = {b.directive.body.shape for b, _ in change.insert if b.directive and b.directive.body}
    concerned |= {
        number
        for number in before.numbers_where(shapes.__contains__)
        if id(before.all_blocks[number].directive) in put
    }
    for number in sorted(concerned):
        old, new = before.all_blocks[number], after.all_blocks[number]
        for name, most in put.get(id(old.directive), {}).items():
            if len(new.own(name)) > max(most, len(old.own(name))):
                return f"{old.label} has a {name} of its own"
        touched = {(id(old.directive), name) for name in put.get(id(old.directive), ())}
        touched |= {
            (id(setting.directive), name)
            for name in deleted_names
            for setting in old.own(name)
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


def _members(blocks: Blocks, shapes: set[Shape]) -> Iterator[Block | Row]:
    """The blocks, and the rows of them in which no body has one of these shapes."""
    for member in blocks.members:
        if isinstance(member, Row) and member.shape in shapes:
            yield from member.each()
        else:
            yield member


def _changed_bodies(change: Change) -> tuple[dict[int, Body], set[Shape]]:
    """Identity of a body as written → what it becomes; and the shapes of those written."""
    gone = {id(setting.directive) for setting in change.delete}
    before: dict[int, Body] = {}
    for setting in change.delete:
        for body, _ in setting.block.parts:
            if any(own is setting.directive for own in body.of(setting.name)):
                before[id(body)] = body
                break
    added: dict[int, list[Directive]] = {}
    for block, setting in change.insert:
        assert block.directive is not None
        assert block.directive.body is not None
        body = block.directive.body
        before[id(body)] = body
        old = setting.directive
        fresh = added.setdefault(id(body), [])
        if all((new.name, new.args) != (old.name, old.args) for new in fresh):
            fresh.append(old.copy())
    after: dict[int, Body] = {
        key: EditedBody(added.get(key, []) + [d for d in body.directives if id(d) not in gone])
        for key, body in before.items()
    }
    return after, {body.shape for body in before.values()}
