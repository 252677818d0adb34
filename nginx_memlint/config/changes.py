"""A configuration with directives moved or deleted: what a remedy would make of it.

A change is to the files as written: it holds in every place that includes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from nginx_memlint.config.syntax import Body, Directive
from nginx_memlint.config.tree import Block, Setting, Tree

INSERTED = -1
"""Index of the first token of a directive that stands in no file yet."""


@dataclass(frozen=True, slots=True)
class Change:
    """Directives deleted, and copies of directives put at the opening of blocks.

    Each block of ``insert`` has a directive of its own, so is not the main one.
    """

    delete: tuple[Setting, ...] = ()
    insert: tuple[tuple[Block, Setting], ...] = ()


def changed(tree: Tree, change: Change) -> Tree:
    """The tree as it would be read after the change; the first one is left as it is."""
    bodies = _changed_bodies(change)
    copies: dict[int, Block] = {}
    for block in tree.all_blocks:
        parent = copies[id(block.parent)] if block.parent is not None else None
        parts = [(bodies.get(id(body), body), inclusion) for body, inclusion in block.parts]
        copy = Block(block.kind, block.directive, block.inclusion, parent, parts)
        copies[id(block)] = copy
        if parent is not None:
            parent.children.append(copy)
    main = copies[id(tree.main)]
    return Tree(main, tree.source, tree.directory, tree.problems, tree.files)


def _changed_bodies(change: Change) -> dict[int, Body]:
    """Identity of a body as written → what it becomes."""
    gone = {id(setting.directive) for setting in change.delete}
    before: dict[int, Body] = {}
    for setting in change.delete:
        for body, _ in setting.block.parts:
            if any(
                directive is setting.directive for directive in body.named.get(setting.name, ())
            ):
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
            fresh.append(Directive(old.name, old.args, old.line, INSERTED))
    return {
        key: Body(added.get(key, []) + [d for d in body.directives if id(d) not in gone])
        for key, body in before.items()
    }
