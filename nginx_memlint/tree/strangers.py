"""Directives that are in no table: those of other modules, or misspelt ones."""

from __future__ import annotations

from collections.abc import Sequence

from nginx_memlint.tree import blocks, grammar
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

KNOWN = grammar.ALLOWED.keys() | blocks.KNOWN_NAMES | {"include"}
"""Names of directives that are in a table."""


def strangers(tree: Tree) -> Sequence[tuple[Block, list[str]]]:
    """The blocks in which unknown directives stand, with the names of those, sorted.

    Only blocks count for which a table says which directives may stand in them: a map's keys are no
    directives.
    """
    if "strangers" not in tree.memo:
        blocks = []
        strange = tree.index_names() - KNOWN
        for block in tree.having(strange):
            if block.grammar_kind in grammar.KINDS:
                blocks.append((block, sorted(strange.intersection(block.names()))))
        tree.memo["strangers"] = blocks
    strangers: list[tuple[Block, list[str]]] = tree.memo["strangers"]
    return strangers
