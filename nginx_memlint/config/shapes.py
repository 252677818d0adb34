"""The shape of a block: the names of the directives in it.

Of the thousands of blocks in a generated configuration most have the names of few others, so what
follows from names alone is found out once for each shape.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

BLOCK_MARK = "\udc00"
"""Ends a name in Shape.marked where the directive opens a block: no bytes are decoded to it."""

BRANCH_NAMES = frozenset(
    {
        *("http", "stream", "mail", "events", "server", "location", "if", "limit_except"),
        *("upstream", "map", "geo", "types", "split_clients", "charset_map", "include"),
    }
)
"""Names of nginx's own blocks, and of what leads to other files."""

MOST_SHAPES = 20_000
"""Shapes that are kept for the files to come."""


class Shape:
    """The names of a body's directives in their order; equal ones are mostly one object."""

    def __init__(self, marked: tuple[str, ...]) -> None:
        self.marked = marked

    def __reduce__(self) -> tuple[Callable[[list[str]], Shape], tuple[list[str]]]:
        return shape_of, ([*self.marked],)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Each name, and which of the body's directives have it."""
        found: dict[str, list[int]] = {}
        for position, name in enumerate(self.marked):
            found.setdefault(name.removesuffix(BLOCK_MARK), []).append(position)
        return found

    @cached_property
    def leads_on(self) -> bool:
        """Whether any of the body's directives is a block, an include, or named like a block."""
        return any(name.endswith(BLOCK_MARK) or name in BRANCH_NAMES for name in self.marked)


_shapes: dict[tuple[str, ...], Shape] = {}


def shape_of(marked: list[str]) -> Shape:
    """The shape with these names, those of blocks marked."""
    key = tuple(marked)
    shape = _shapes.get(key)
    if shape is None:
        if len(_shapes) >= MOST_SHAPES:
            _shapes.clear()
        shape = _shapes[key] = Shape(key)
    return shape
