"""Absolute includes of a checkout: nginx looks on this machine, but the files are in the checkout.

nginx accepts a pattern without matches in silence, so this is all that tells a checkout read
without its files from a complete configuration.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nginx_memlint.config import glob
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.source import FileSystem, Source, is_below
from nginx_memlint.config.syntax import Directive
from nginx_memlint.config.tree import Inclusion, Tree
from nginx_memlint.config.values import c_string

MAX_ANCESTORS = 16
"""How far above the main file a copy is looked for."""

MAX_PARTS = 16
"""Directories of an include that may be in the checkout by another name."""

MAX_PATTERNS = 500
"""Different includes that are looked for in the checkout: each takes up to some 10 ms."""

INSTALLED = ("/etc", "/usr/local", "/usr/share")
"""A main file below these is where it belongs: what its includes do not find is not there."""


@dataclass(frozen=True)
class Option:
    """An option with which an absolute include finds files, and those files."""

    text: str
    files: frozenset[str]


def explained(tree: Tree) -> list[Problem]:
    """The tree's problems, and what absolute includes miss for want of an option.

    An include that finds nothing here is a problem; if it is one already, that is explained. One
    that finds other files here than in the checkout is told of, once for each option: the counts
    are right for this machine, but perhaps not what was meant.
    """
    problems = list(tree.problems)
    if tree.source.restricted or any(is_below(tree.directory, place) for place in INSTALLED):
        return problems
    told: set[str] = set()
    known: dict[str, tuple[frozenset[str] | None, Option | None]] = {}
    for include, inclusion in _absolute_includes(tree):
        pattern = c_string(include.args[0])
        if pattern not in known:
            if len(known) == MAX_PATTERNS:
                # what it finds here is counted, and a file that is not there is a problem already
                if glob.has_magic(pattern) and not _matches(tree.source, pattern):
                    problems.append(_unexamined(include, inclusion))
                    break
                continue
            known[pattern] = _look_for(pattern, tree)
        here, option = known[pattern]
        if here is None or (here and os.path.dirname(pattern) in told):
            continue
        if option is None or option.files == here:
            continue
        span = inclusion.file.span(include)
        place = (inclusion.file.name, span.line, span.column)
        if here:
            message = (
                f"include {pattern} was read from this machine, as nginx would; "
                f"{option.text} reads the files that are beside this configuration"
            )
            if option.text not in told:
                problems.append(Problem(message, *place, complete=True, chain=inclusion.chain()))
            told |= {option.text, os.path.dirname(pattern)}
        elif same := [p for p in problems if (p.file, p.line, p.column) == place]:
            message = f"{same[0].message}; {option.text} would find it"
            problems[problems.index(same[0])] = replace(same[0], message=message)
        else:
            message = (
                f"include {pattern} finds nothing on this machine, but would with {option.text}"
            )
            problems.append(Problem(message, *place, chain=inclusion.chain()))
    return problems


def _look_for(pattern: str, tree: Tree) -> tuple[frozenset[str] | None, Option | None]:
    """What an include finds here, None if that cannot be known, and an option for it."""
    here = _matches(tree.source, pattern)
    if here is None:
        return None, None
    return here, option_for(pattern, tree.directory, tree.main.inclusion.file.name)


def _unexamined(include: Directive, inclusion: Inclusion) -> Problem:
    message = (
        f"there are more than {MAX_PATTERNS} absolute includes: this and the following were not "
        "looked for beside this configuration; --sysroot DIR or --path-map FROM=TO says where"
    )
    span = inclusion.file.span(include)
    place = (inclusion.file.name, span.line, span.column)
    return Problem(message, *place, chain=inclusion.chain())


def option_for(pattern: str, directory: str, main: str) -> Option | None:
    """The option with which an absolute pattern finds files at or above a directory.

    That it finds the main file is no evidence.
    """
    parts = pattern.strip("/").split("/")
    ancestors = _ancestors(directory)
    candidates = [("/", ancestor) for ancestor in ancestors]
    for ancestor in ancestors:
        for length in range(1, min(len(parts), MAX_PARTS)):
            inside = "/" + "/".join(parts[:length])
            rest = parts[length:]
            # a pattern of names alone would match anything: it is no evidence
            if glob.has_magic(inside) or (len(rest) == 1 and glob.has_magic(rest[0])):
                break
            candidates.append((inside, ancestor))
    for inside, outside in candidates:
        source = FileSystem({inside: outside}, restricted=True)
        files = _matches(source, pattern) or frozenset()
        if inside != outside and files - {os.path.realpath(main)}:
            import shlex  # noqa: PLC0415  few need the hint

            shown = shlex.quote(min(os.path.relpath(outside), outside, key=len))
            option = f"--sysroot {shown}" if inside == "/" else f"--path-map {inside}={shown}"
            return Option(option, files)
    return None


def _absolute_includes(tree: Tree) -> Iterator[tuple[Directive, Inclusion]]:
    """The includes of absolute paths outside the main file's own directory, as written."""
    seen: set[tuple[str, int]] = set()
    for block in tree.having(("include",)):
        for body, inclusion in block.parts:
            for include in body.of("include"):
                key = (inclusion.file.path, include.token)
                if key in seen or len(include.args) != 1:
                    continue
                seen.add(key)
                pattern = c_string(include.args[0])
                if pattern.startswith("/") and not is_below(pattern, tree.directory):
                    yield include, inclusion


def _ancestors(directory: str) -> list[str]:
    found: list[str] = []
    while directory and len(found) < MAX_ANCESTORS:
        found.append(directory)
        directory = directory.rpartition("/")[0]
    return found


def _matches(source: Source, pattern: str) -> frozenset[str] | None:
    """The files here that an include leads to; None if that cannot be known."""
    if glob.cost(pattern):
        return None
    try:
        paths = glob.expand(source, pattern)
        return frozenset(
            os.path.realpath(source.shown(path)) for path in paths if not source.is_dir(path)
        )
    except OSError:
        return None
