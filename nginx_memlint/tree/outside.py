"""Files that were read though they are not in the directory of the main file.

A checkout of a configuration may name directories that this machine happens to have: then what is
counted is a mixture of both. With a sysroot or path maps, who gave them said where files are.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from nginx_memlint.files.paths import is_below, resolved
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tree.tree import Tree

MAX_LISTED = 100
"""Names that are listed; the others are counted."""


def files_outside(tree: Tree, bundles: Iterable[str]) -> list[str]:
    """Names here of files read outside the main file's directory, symbolic links resolved.

    Those of the configuration come first, then the ``bundles``.
    """
    source = tree.source
    if not isinstance(source, FileSystem) or source.restricted:
        return []
    directory = source.shown(tree.directory or "/")
    real = resolved(directory)
    inside: dict[str, bool] = {}
    outside: dict[str, None] = {}
    for path in (*tree.files, *bundles):
        if path in source.given or path in tree.stand_ins:  # the main file, or standard input
            continue
        name = source.shown(path)
        parent = os.path.dirname(name)
        if parent not in inside:
            inside[parent] = is_below(resolved(parent), real)
        if os.path.islink(name):
            target = resolved(name)
            if not is_below(target, real):
                outside[target] = None
        elif not inside[parent]:
            outside[name] = None
    return list(outside)
