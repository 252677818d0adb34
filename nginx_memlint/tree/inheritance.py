"""Values that blocks inherit, computed once for all blocks that see the same directives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

T = TypeVar("T")


class Inheritance(Generic[T]):
    """A value that blocks inherit, computed only for blocks that have one of the names.

    ``find`` computes it for a block. It may look up what the block sees of these names, and nothing
    else.
    """

    def __init__(self, tree: Tree, names: Iterable[str], find: Callable[[Block], T]) -> None:
        self._deciding = {*tree.having(names), tree.main}
        self._find = find
        self._values: dict[Block | None, T] = {}

    def each(self, blocks: Sequence[Block]) -> Iterator[T]:
        """The value of each block, in order."""
        if blocks:
            blocks[0].inclusion.work.take(len(blocks))
        values, deciding = self._values, self._deciding
        for block in blocks:
            if block.parent in values and block not in deciding:
                value = values[block.parent]
                if block.children:  # they will ask
                    values[block] = value
                yield value
            else:
                yield self.of(block)

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
