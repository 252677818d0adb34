"""Settings files: finding and reading them, and the lines of their keys."""

import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import checkout, is_below, resolved
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.sources.main_file import absolute

KeyPath: TypeAlias = tuple[str | int, ...]
"""The path of a value in a TOML file: keys of tables, and indices in arrays, from 0."""

NAMES: dict[str, tuple[str, ...]] = {
    "memlint.toml": (),
    "pyproject.toml": ("tool", "memlint"),
}
"""File name → path of the table that holds the settings; the first name that a directory has
wins."""

FACTS = "memlint-facts.toml"
"""The target file that is found as settings are: memlint facts writes it on a server."""

LAST = ".git"
"""Entry of the last directory that is searched."""

MAX_PARSED = 4 << 20
"""Characters that are parsed to find the lines of keys."""

MAX_DEPTH = 8
"""Parts of a key's path that are looked for: ``tool.memlint.roots[0].ignore[0].paths[0]`` has
eight."""


@dataclass(eq=False, repr=False)
class SettingsFile:
    """A settings file that was read.

    ``path`` and ``directory`` are relative if they are below the working directory, whose own name
    is empty.
    """

    path: str
    directory: str
    text: str
    key: tuple[str, ...]
    table: dict[str, Any]
    hides: str | None = None
    """The settings file that would be in force without this one."""

    def line(self, path: KeyPath) -> int | None:
        """The 1-based line of a key, or of the value around it where the key's own is unknown."""
        path = (*self.key, *path)
        for length in range(len(path), 0, -1):
            rows = self._rows.get(path[:length])
            if rows is None:
                continue
            names = [part for part in path[length - 1 :] if isinstance(part, str)]
            if names:
                word = re.compile(rf"(?<![\w-]){re.escape(names[-1])}(?![\w-])")
                held = [row for row in rows if word.search(self._lines[row])]
                if len(held) == 1:
                    return held[0] + 1
            return rows.start + 1
        return None

    def at(self, path: KeyPath) -> str:
        """``FILE:LINE`` of a key, as printable text."""
        line = self.line(path)
        return printable(self.path) if line is None else f"{printable(self.path)}:{line}"

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def _rows(self) -> dict[KeyPath, range]:
        return dict(reversed(list(_statements(self._lines))))


class SettingsSearch(NamedTuple):
    """The settings file that a search led to, if any, and problems of those that are not used.

    ``is_over``: all that is not used is above the checkout, where no search goes.
    """

    file: SettingsFile | None = None
    left_out: tuple[Problem, ...] = ()
    is_over: bool = False


def find(
    start: str,
    sysroot: str | None = None,
    confine: str | None = None,
    names: Sequence[str] = tuple(NAMES),
) -> SettingsSearch:
    """The settings for a configuration in a directory: the nearest above it that may be used.

    They are in a file of one of the ``names``. With a ``sysroot``, none outside of that. Raises
    MemlintError for a file that cannot be read or parsed, and for a link that leads out of the
    repository, the sysroot, or the directory that the check is to ``confine`` itself to.
    """
    left_out: list[Problem] = []
    try:
        directory = absolute(start)
        within = None if sysroot is None else resolved(sysroot)
        inner = None if confine is None else resolved(confine)
    except OSError:  # the working directory is gone
        return SettingsSearch()
    while within is None or is_below(resolved(directory), within):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.lexists(path):
                continue
            if reason := _distrusted(path):
                left_out.append(Problem(reason, _shown(path), complete=True))
            elif settings := _read_within(path, _top(directory, inner) or within):
                hides = _next_above(directory, name) if name in NAMES else None
                return SettingsSearch(replace(settings, hides=hides), tuple(left_out))
        if _is_last(directory):
            beyond = tuple(_beyond(directory, within, names))
            return SettingsSearch(None, (*left_out, *beyond), is_over=not left_out)
        directory = os.path.dirname(directory)
    return SettingsSearch(None, tuple(left_out))


def _beyond(last: str, within: str | None, names: Sequence[str]) -> Iterator[Problem]:
    """A problem of settings above the last directory of a search, in a checkout that it lies in.

    A submodule has ``.git``, too, and so has a clone in a checkout: who makes one of a directory
    must not take its budgets from it unseen.
    """
    directory = os.path.dirname(last)
    outer = checkout(directory)
    while outer is not None and is_below(directory, outer):
        if within is not None and not is_below(resolved(directory), within):
            return
        for name in names:
            path = os.path.join(directory, name)
            with suppress(MemlintError):
                if os.path.lexists(path) and _read_within(path, within):
                    option = "--target-file" if name == FACTS else "--config"
                    reason = (
                        f"these settings are not used: the search for them ends with "
                        f"{printable(_shown(last))}, which has a {LAST} of its own; to use them, "
                        f"give them with {option}"
                    )
                    yield Problem(reason, _shown(path), complete=True)
                    return
        if directory == outer:
            return
        directory = os.path.dirname(directory)


def _top(directory: str, confine: str | None) -> str | None:
    """The directory that confines a search from another one, if that is in it."""
    inside = confine is not None and is_below(resolved(directory), confine)
    return confine if inside else None


def _distrusted(path: str) -> str:
    """The reason not to trust a settings file that may be a stranger's; empty if there is none.

    This follows git's safe.directory, but trusts checkouts that only their owner can write to: root
    reads those in containers. Of a link, both it and its target count.
    """
    for place in (path, resolved(path)):
        try:
            owner = os.lstat(place).st_uid
            mode = os.stat(os.path.dirname(place)).st_mode
        except OSError:  # reading it says so
            continue
        if owner not in (0, os.geteuid()) and mode & (stat.S_IWGRP | stat.S_IWOTH):
            option = "--target-file" if os.path.basename(path) == FACTS else "--config"
            return (
                f"these settings are not used: user {owner} owns them, in a directory that others "
                f"may write to; to use them, give them with {option}, or let nobody else write to "
                "that directory (chmod go-w)"
            )
    return ""


def read(path: str) -> SettingsFile:
    """The settings in a file of any name; raises MemlintError."""
    settings = _read(path)
    if settings is None:
        raise MemlintError(f"{printable(path)}: there is no [tool.memlint] in it")
    return settings


def _next_above(directory: str, name: str) -> str | None:
    """The next settings file in a directory, or above it."""
    names = tuple(NAMES)[tuple(NAMES).index(name) + 1 :]
    while True:
        for other in names:
            path = os.path.join(directory, other)
            with suppress(MemlintError):  # it would not be used, but told of
                if os.path.lexists(path) and _read_within(path, None):
                    return _shown(path)
        if _is_last(directory):
            return None
        directory, names = os.path.dirname(directory), tuple(NAMES)


def _is_last(directory: str) -> bool:
    above = os.path.dirname(directory)
    return above == directory or os.path.lexists(os.path.join(directory, LAST))


def _read_within(path: str, within: str | None) -> SettingsFile | None:
    if os.path.islink(path):
        top = within or os.path.dirname(path)
        while within is None and not _is_last(top):
            top = os.path.dirname(top)
        # who wrote it in a checkout has no say over what else is read
        if not is_below(resolved(path), resolved(top)):
            name = printable(_shown(path))
            raise MemlintError(f"{name}: is a link that leads out of {printable(top)}")
    if not os.path.isfile(path):
        raise MemlintError(f"{printable(_shown(path))}: is not a file")
    return _read(path)


def _read(path: str) -> SettingsFile | None:
    """The settings in a file; None if it has no table for them. Raises MemlintError."""
    from nginx_memlint.files.toml import MAX_BYTES, read_toml  # noqa: PLC0415  where there is one

    most = MAX_BYTES
    if os.path.basename(path) == FACTS:
        from nginx_memlint.targets import target_file  # noqa: PLC0415

        most = target_file.MAX_FILE_BYTES
    path = _shown(path)
    name = printable(path)
    table: Any
    try:
        text, table = read_toml(path, most)
    except OSError as error:
        raise MemlintError(f"{name}: cannot be read: {error.strerror}") from None
    key = NAMES.get(os.path.basename(path), ())
    for part in key:
        table = table.get(part) if isinstance(table, dict) else None
    if table is None:
        return None
    file_ = SettingsFile(path, os.path.dirname(path), text, key, table)
    if not isinstance(table, dict):
        raise MemlintError(f"{file_.at(())}: {'.'.join(key)} must be a table")
    return file_


def _statements(lines: list[str]) -> Iterator[tuple[KeyPath, range]]:
    """The keys of a TOML text and their lines, from 0, up to MAX_PARSED characters.

    tomllib does not tell lines, so each statement is parsed by itself.
    """
    from nginx_memlint.files.toml import parse_toml  # noqa: PLC0415

    table: KeyPath = ()
    counts: Counter[KeyPath] = Counter()
    first = parsed = brackets = 0
    for end, line in enumerate(lines, 1):
        brackets += sum(map(line.count, "[{")) - sum(map(line.count, "]}"))
        if brackets > 0 and end > first + 1:
            continue  # inside a list; brackets in texts are why it is no more than a hint
        statement = "\n".join(lines[first:end])
        parsed += len(statement)
        if parsed > MAX_PARSED:
            return
        try:
            data = parse_toml(statement)
        except MemlintError:
            continue  # it goes on in the next line
        rows = range(first, end)
        if lines[first].lstrip().startswith("["):
            table = _header(data, counts)
            yield table, rows
        else:
            for path in _paths(data):
                yield table + path, rows
        first, brackets = end, 0


def _header(data: dict[str, Any], counts: Counter[KeyPath]) -> KeyPath:
    """The path of ``[a.b]``, or of ``[[a.b]]`` with its index."""
    path: KeyPath = ()
    node: Any = data
    while node and len(path) < MAX_DEPTH:
        [(key, node)] = node.items()
        path += (key,)
        if isinstance(node, list):
            node = node[0]
            counts[path] += 1
        if path in counts:
            path += (counts[path] - 1,)
    return path


def _paths(data: dict[str, Any]) -> Iterator[KeyPath]:
    pending: list[tuple[KeyPath, Any]] = [((), data)]
    while pending:
        path, node = pending.pop()
        if path:
            yield path
        if len(path) == MAX_DEPTH:
            continue
        if isinstance(node, dict):
            pending += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            pending += [((*path, index), value) for index, value in enumerate(node)]


def _shown(path: str) -> str:
    """The path relative to the working directory if it is below that, else the absolute one."""
    try:
        directory, name = os.path.split(path)
        path = os.path.join(absolute(directory), name)
        working = os.getcwd()
    except OSError:  # the working directory is gone
        return path
    return os.path.relpath(path, working) if is_below(path, working) else path
