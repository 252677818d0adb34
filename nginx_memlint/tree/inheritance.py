"""Values that blocks inherit, computed once for all blocks that see the same directives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Generic, TypeVar

from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

T = TypeVar("T")

_PARENT = attrgetter("parent")


class Inheritance(Generic[T]):
    """A value that blocks inherit, computed only for blocks that have one of the names.

    ``find`` computes it for a block. It may look up what the block sees of these names, and nothing
    else.
    """

    def __init__(self, tree: Tree, names: Iterable[str], find: Callable[[Block], T]) -> None:
        self._deciding = {*tree.having(names), tree.main}
        self._find = find
        self._values: dict[Block | None, T] = {}

    def each(self, blocks: Sequence[Block]) -> list[T]:
        """The value of each block, in order; those beside each other mostly have the same."""
        if blocks:
            blocks[0].inclusion.work.take(len(blocks))
        values: list[T] = []
        for _, run in groupby(blocks, _PARENT):
            beside = [*run]
            deciding = self._deciding.intersection(beside)
            if (first := next((block for block in beside if block not in deciding), None)) is None:
                values += map(self.of, beside)
                continue
            passed_on = self.of(first)
            if deciding:
                values += [self.of(b) if b in deciding else passed_on for b in beside]
            else:
                values += [passed_on] * len(beside)
        return values

    def of(self, block: Block) -> T:
        """The value of a block: its own, or that of the block around it."""
        passed = []
        while block not in self._values:
            if block in self._deciding:
                self._values[block] = self._find(block)
                break
            passed.append(block)
            assert block.parent is not None
            block = block.parent
        seen = self._values[block]
        block.inclusion.work.take(1 + len(passed))
        for inner in passed:
            if inner.children:  # others will ask
                self._values[inner] = seen
        return seen
