"""Findings that are accepted: the record of it, and the paths for which settings accept them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal

from nginx_memlint.config.source import is_below
from nginx_memlint.policy import PathIgnore
from nginx_memlint.result import Finding, Location, Suppressed


def suppressed(
    finding: Finding,
    by: Literal["ignore", "settings", "baseline"],
    reason: str,
    ignore: Location | None = None,
) -> Suppressed:
    """A finding as it is recorded once it is accepted."""
    return Suppressed(
        rule=finding.rule,
        name=finding.name,
        severity=finding.severity,
        message=finding.message,
        file=finding.file,
        line=finding.line,
        bytes=finding.bytes,
        fingerprint=finding.fingerprint,
        by=by,
        reason=reason,
        ignore=ignore,
    )


def path_ignored(finding: Finding, ignores: Iterable[PathIgnore]) -> Suppressed | None:
    """The finding as accepted by the first path ignore that names its rule and its file."""
    for ignore in ignores:
        if finding.rule in ignore.rules and _is_in(finding.file, ignore):
            return suppressed(finding, "settings", ignore.reason)
    return None


def _is_in(file: str, ignore: PathIgnore) -> bool:
    path = os.path.abspath(file)
    directory = os.path.abspath(ignore.directory)
    inside = os.path.relpath(path, directory) if is_below(path, directory) else None
    for glob in ignore.paths:
        name = path if glob.startswith("/") else inside
        if name is not None and matches(name, glob):
            return True
    return False


def matches(path: str, glob: str) -> bool:
    """Whether a glob matches a whole path, both relative or both absolute.

    As ``pathlib.PurePath.full_match()``: ``*``, ``?`` and ``[…]`` within one name, ``**`` for any
    number of directories, none included; names that begin with a dot are like others. A glob that
    ends with ``/`` or ``/**`` matches all that is in the directory.
    """
    globs = (glob + "**" if glob.endswith("/") else glob).split("/")
    reached = _with_none(globs, {0})
    for name in path.split("/"):
        reached = _with_none(
            globs,
            {
                at if globs[at] == "**" else at + 1
                for at in reached
                if at < len(globs) and (globs[at] == "**" or fnmatchcase(name, globs[at]))
            },
        )
    return len(globs) in reached


def _with_none(globs: list[str], reached: set[int]) -> set[int]:
    """The positions in a glob, and those behind a ``**`` that stands for nothing."""
    found = set(reached)
    for at in range(len(globs)):
        if at in found and globs[at] == "**":
            found.add(at + 1)
    return found
