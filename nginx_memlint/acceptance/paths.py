"""Globs over paths in settings, read as ``PurePosixPath.full_match`` of Python 3.13 does.

``*``, ``?`` and ``[…]`` match within one name, names that begin with a dot too; ``**`` as a whole
name matches any number of directories. The whole path must match, upper and lower case differ. A
glob that ends with ``/`` matches everything in the directory.
"""

from __future__ import annotations

import os
from fnmatch import fnmatchcase

from nginx_memlint.files.paths import is_below
from nginx_memlint.policy import PathIgnore


def matches(pattern: str, path: str) -> bool:
    """Whether a path matches a glob. The time grows with the names in both, never faster."""
    names = _names(path)
    reached = [True] + [False] * len(names)  # how many names the pattern's first parts can match
    for part in _names(pattern + "**" if pattern.endswith("/") else pattern):
        if part == "**":
            first = reached.index(True) if True in reached else len(reached)
            reached = [index >= first for index in range(len(reached))]
        else:
            reached = [False] + [
                before and fnmatchcase(name, part)
                for before, name in zip(reached, names, strict=False)
            ]
    return reached[-1] and pattern.startswith("/") == path.startswith("/")


def applies(ignore: PathIgnore, file: str) -> bool:
    """Whether an ignore is for a file, which is named as on this machine."""
    path = os.path.abspath(file)
    directory = os.path.abspath(ignore.directory)
    names = [path]
    if is_below(path, directory):
        names.append(os.path.relpath(path, directory))
    return any(matches(pattern, name) for pattern in ignore.paths for name in names)


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]
