"""Absolute includes that find nothing here although the checkout evidently holds the files."""

from __future__ import annotations

from nginx_memlint.config import glob
from nginx_memlint.config.problems import Problem
from nginx_memlint.config.source import FileSystem
from nginx_memlint.config.tree import Inclusion, Tree

MAX_ANCESTORS = 8
"""How far above the main file a copy is looked for."""


def unfound_includes(tree: Tree) -> list[Problem]:
    """One problem for each absolute include that found nothing but would with an option.

    nginx accepts a pattern without matches in silence, so this is all that tells a checkout
    read without its files from a complete one. A plain name that is missing is reported as well
    by the tree; the hint then stands beside it.
    """
    if tree.source.restricted:
        return []
    main = tree.main.inclusion.file
    directory = main.path.rpartition("/")[0]
    found: list[Problem] = []
    seen: set[tuple[str, int]] = set()
    pending = [(body, inclusion) for block in tree.main.walk() for body, inclusion in block.parts]
    for body, inclusion in pending:
        for include in body.named.get("include", ()):
            key = (inclusion.file.path, include.token)
            if key in seen or len(include.args) != 1 or not include.args[0].startswith("/"):
                continue
            seen.add(key)
            pattern = include.args[0]
            if _is_own(pattern, directory) or _matches(tree, pattern):
                continue
            if option := option_for(pattern, directory):
                found.append(_problem(inclusion, include.line, pattern, option))
    return found


def option_for(pattern: str, directory: str) -> str | None:
    """The option with which an absolute pattern finds files at or above a directory."""
    for ancestor in _ancestors(directory):
        if _mapped_matches(pattern, "/", ancestor):
            return f"--sysroot {ancestor}"
    parts = pattern.strip("/").split("/")
    for ancestor in _ancestors(directory):
        for length in range(1, len(parts)):
            prefix = "/" + "/".join(parts[:length])
            rest = parts[length:]
            # a pattern of names alone would match anything: it is no evidence
            if glob.has_magic(prefix) or (len(rest) == 1 and glob.has_magic(rest[0])):
                break
            if _mapped_matches(pattern, prefix, ancestor):
                return f"--path-map {prefix}={ancestor}"
    return None


def _is_own(pattern: str, directory: str) -> bool:
    """Whether the pattern looks below the main file's own directory."""
    return pattern.startswith(directory.rstrip("/") + "/")


def _ancestors(directory: str) -> list[str]:
    found: list[str] = []
    while directory and len(found) < MAX_ANCESTORS:
        found.append(directory)
        directory = directory.rpartition("/")[0]
    return found


def _matches(tree: Tree, pattern: str) -> bool:
    try:
        if not glob.has_magic(pattern):
            return tree.source.exists(pattern)
        return bool(glob.expand(tree.source, pattern))
    except OSError:
        return True


def _mapped_matches(pattern: str, inside: str, outside: str) -> bool:
    source = FileSystem({inside: outside}, restricted=True)
    try:
        return any(not source.is_dir(path) for path in glob.expand(source, pattern))
    except OSError:
        return False


def _problem(inclusion: Inclusion, line: int, pattern: str, option: str) -> Problem:
    return Problem(
        f"include {pattern} finds nothing on this machine, but would with {option}",
        inclusion.file.name,
        line,
        chain=inclusion.chain(),
    )
