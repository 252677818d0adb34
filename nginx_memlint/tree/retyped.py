"""The tree of a configuration in which a few directives of one file were typed anew.

Blocks and includes are what they were, so no other file is read again, and what was computed from
other directives stays. When it is not certain that this is so, all must be read again.
"""

from __future__ import annotations

from collections.abc import Collection

from nginx_memlint.sources.source import Source, undropped
from nginx_memlint.syntax.retyped import retyped as retyped_file
from nginx_memlint.tree.blocks import WITHOUT_SETTINGS
from nginx_memlint.tree.tree import Tree

LUA_CODE = "_by_lua"
"""A part of the names of directives that are judged while the tree is made."""

LATE = "load_module"
"""A directive that must come before blocks, and decides which others there are."""


def retyped(tree: Tree, source: Source, paths: Collection[str]) -> Tree | None:
    """The tree once the file at ``paths``, as nginx sees it, has changed and no other one has.

    None if the tree must be made anew. Otherwise the given one must not be used any more.
    """
    if tree.problems or tree.unlisted or len(paths) != 1:
        return None
    [path] = paths
    file = tree.parsed.get((path, False))
    if file is None or (path, True) in tree.parsed:
        return None
    try:
        edit = retyped_file(file, undropped(source.read(path)))
    except OSError:
        return None
    if edit is None or any(LUA_CODE in name or name == LATE for name in edit.names):
        return None
    if any(block.kind in WITHOUT_SETTINGS for block in tree.blocks_of(edit.body)):
        return None
    edit.apply()
    return tree.retyped(source, edit.names, in_place=edit.keeps_names)
