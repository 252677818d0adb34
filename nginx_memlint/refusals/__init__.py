"""Refusals: of a configuration whose files can all be read, and that nginx does not start with.

A refusal is a row of a table: of a directive's arguments (``arguments.py``), of directives that
stand in one block (``together.py``), of what a block lacks (``lacking.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.arguments import arguments
from nginx_memlint.refusals.buffer_sizes import buffer_sizes, pool_sizes
from nginx_memlint.refusals.hashes import long_keys, long_server_names
from nginx_memlint.refusals.lacking import lacking
from nginx_memlint.refusals.listens import listens
from nginx_memlint.refusals.misplaced import misplaced
from nginx_memlint.refusals.one_place import one_place
from nginx_memlint.refusals.together import together
from nginx_memlint.refusals.undeclared import undeclared_names
from nginx_memlint.refusals.unknown import unknown
from nginx_memlint.refusals.variables import unset_variables, variables
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.tree import Tree

_OF_FILES = (misplaced, arguments, together, variables, unknown)
_OF_WHOLE = (
    lacking,
    listens,
    undeclared_names,
    long_server_names,
    long_keys,
    unset_variables,
    one_place,
    buffer_sizes,
    pool_sizes,
)


def of_files(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of what stands in the files, whatever is around them."""
    for check in _OF_FILES:
        yield from check(tree, target)


def of_whole(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of what is absent or too many, once all files were read.

    Of a fragment, what it lacks may stand around it.
    """
    for check in _OF_WHOLE:
        yield from check(tree, target)
