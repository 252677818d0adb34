"""Configurations in which there is nothing to count, and includes that can find nothing."""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.problems import Problem
from nginx_memlint.sources import glob
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Inclusion
from nginx_memlint.tree.tree import Tree

SERVERS = ("server", "stream_server", "mail_server")

NO_SERVER = "there is no server in http, stream or mail"


def problems(tree: Tree, told: list[Problem]) -> Iterator[Problem]:
    """Problems for servers or included files that are absent, of which nginx says nothing.

    ``tree`` is of a whole configuration that was read without a problem. An include for which
    ``told`` has a problem is passed over. A dump has all that nginx read, so it is known that a
    pattern in it matches nothing.
    """
    is_dump = isinstance(tree.source, MemoryFiles)
    empty = [] if is_dump else [*_empty(tree)]
    if not any(tree.kinds[kind] for kind in SERVERS):
        if empty:
            include, inclusion = empty[0]
            message = f"nothing to count: {NO_SERVER}, and include {include.args[0]} found no file"
            yield Problem.at(inclusion, include, message)
            empty = empty[1:]
        else:
            message = f"nothing to count: {NO_SERVER}"
            yield Problem(message, tree.main.inclusion.file.name, complete=True)
    else:
        for block in tree.blocks("http"):
            if block.directive and not any(inner.kind == "server" for inner in block.children):
                message = "http has no server: nothing in it is counted"
                yield Problem.at(block.inclusion, block.directive, message, complete=True)
    places = {(problem.file, problem.line) for problem in told}
    missing: set[str] = set()
    for include, inclusion in empty:
        pattern = include.args[0]
        directory = _directory(_full(pattern, tree.directory))
        place = (inclusion.file.name, include.line)
        if place not in places and directory not in missing and not _is_directory(tree, directory):
            missing.add(directory)
            message = f"include {pattern} finds nothing: there is no directory {directory}"
            yield Problem.at(inclusion, include, message, complete=True)


def _empty(tree: Tree) -> Iterator[tuple[Directive, Inclusion]]:
    """Includes, as written, whose pattern matched no file."""
    for include, inclusion in tree.includes(but=blocks.WITHOUT_SETTINGS):
        pattern = _full(include.args[0], tree.directory)
        is_empty = glob.has_magic(pattern) and not tree.matched.get(pattern, True)
        if is_empty and not tree.stand_ins.is_allowed(pattern):
            yield include, inclusion


def _full(pattern: str, directory: str) -> str:
    pattern = pattern.partition("\0")[0]
    return pattern if pattern.startswith("/") else f"{directory}/{pattern}"


def _directory(pattern: str) -> str:
    """The deepest directory of a pattern that is named without wildcards."""
    parts = pattern.split("/")[:-1]
    named = next((n for n, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return "/".join(parts[:named]) or "/"


def _is_directory(tree: Tree, path: str) -> bool:
    try:
        return tree.source.is_dir(path)
    except OSError:
        return True  # what it is cannot be known
