"""The values in force for each configuration: the settings file's, then its root's, then flags.

Each of these levels overrides the ones before it, option by option. Options that only make sense
together go together: a level that names a target makes the versions that earlier levels gave void
(``Option.undoes``).
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.files.paths import checkout, is_below, resolved
from nginx_memlint.options.record import OPTIONS, OptionPlace, options_in
from nginx_memlint.policy import PathIgnore
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.result import Location
from nginx_memlint.rules.selection import left_out
from nginx_memlint.settings.files import (
    FACTS,
    KeyPath,
    SettingsFile,
    SettingsSearch,
    find,
    read,
)
from nginx_memlint.sources import glob
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.main_file import MAIN_FILE, EntryError, Lookup, absolute, located
from nginx_memlint.targets.targets import DEFAULT_TARGET, Target


class Value(NamedTuple):
    """A value and where it is from: a flag, a key of a settings file, or else the default.

    ``written`` is the value with ROOT for the configuration's directory, if it has that; of a rule
    that is off, the code or the beginning that says so.
    """

    value: Any
    flag: str | None = None
    file: SettingsFile | None = None
    path: KeyPath = ()
    written: Any = None

    @property
    def is_default(self) -> bool:
        """Whether nobody has set it."""
        return self.flag is None and self.file is None

    def at(self) -> str:
        """The origin for people: ``memlint.toml:3``, ``--target`` or ``default``."""
        if self.file is not None:
            return self.file.at(self.path)
        return self.flag or "default"


DEFAULTS: Mapping[str, Value] = MappingProxyType(
    {option.name: Value(option.default) for option in OPTIONS.values()}
    | {"target": Value(DEFAULT_TARGET)}
)
"""Option → the value that is in force if nobody sets one."""

MOST_ROOTS = 1000
"""Roots that a file may have, with all that its patterns match."""

ROOT = "{root}"
"""The directory of a configuration's main file, at the beginning of a path in settings."""

SET_IN_FILES = tuple(option.name for option in options_in(OptionPlace.SETTING))


class FactsFile(NamedTuple):
    """The facts of a server that stand beside a configuration, and the target that they make."""

    file: SettingsFile
    target: Target


class Root(NamedTuple):
    """One configuration to check, and the values in force for it.

    ``path`` is None for configurations that are no root, ``file`` if there are no settings.
    ``values`` are by option; ``severities`` are by rule code. ``dump`` is whether it is the output
    of ``nginx -T``, None if nobody says.
    """

    path: str | None
    file: SettingsFile | None
    values: Mapping[str, Value]
    severities: Mapping[str, Value]
    ignores: tuple[Value, ...]
    dump: Value = Value(None)
    listed: int = 0
    """How many roots the settings list, if the configuration is checked because of that."""
    left_out: tuple[Problem, ...] = ()
    """Problems of settings files that are not used."""
    facts: FactsFile | None = None

    @property
    def fail_on(self) -> FailOn:
        """The least severity that makes the exit status 1."""
        return FailOn(self.values["fail_on"].value)


def plan(
    paths: Sequence[str],
    flags: Mapping[str, Any],
    *,
    config: str | None = None,
    isolated: bool = False,
    dumps: Mapping[str, Value] = MappingProxyType({}),
    start: str = ".",
    with_facts: bool = True,
) -> list[Root]:
    """The configurations to check; without ``paths``, the roots that the settings list.

    The settings are ``config``'s, or the nearest above each configuration, or without ``paths``
    above the directory ``start``; if ``isolated``, none. Facts of its server are taken from a file
    above the configuration, or above the settings, if ``with_facts`` and no target file is named.
    ``flags`` are values by option. ``dumps`` are configurations, too, each with whether it is the
    output of ``nginx -T``. The list is empty if there is nothing to check. Raises MemlintError.
    """
    if config is not None and isolated:
        raise MemlintError("--config and --no-config exclude each other")
    paths = [*paths, *(path for path in dumps if path not in paths)]
    settings = None if config is None else _CheckedFile(read(config))
    sysroot, confine = flags.get("sysroot"), flags.get("confine")

    @cache
    def facts_above(directory: str) -> tuple[FactsFile | None, tuple[Problem, ...]]:
        search = find(directory, sysroot, confine, (FACTS,))
        return (_facts(search.file) if search.file else None), search.left_out

    def with_its_facts(root: Root, directory: str) -> Root:
        if isolated or not with_facts or root.path == "-" or root.values["target_file"].value:
            return root
        beside = [directory, *([root.file.directory or "."] if root.file else [])]
        for place in beside:
            facts, left_out = facts_above(place)
            root = root._replace(left_out=(*root.left_out, *left_out))
            if facts is not None:
                return _with_facts(root, facts)
        return root

    @cache
    def nearest(directory: str) -> tuple[_CheckedFile | None, tuple[Problem, ...]]:
        if isolated or settings is not None:
            return settings, ()
        search = find(directory, sysroot, confine)
        return (_CheckedFile(search.file) if search.file else None), search.left_out

    lookup = Lookup(flags.get("prefix"), sysroot, flags.get("path_map", ()))
    if not paths:
        above, left_out = nearest(start)
        is_own = os.path.exists(os.path.join(start, MAIN_FILE)) and find(start, sysroot).is_over
        if above is None and left_out and not is_own:
            raise MemlintError("\n".join(f"{printable(p.file)}: {p.message}" for p in left_out))
        listed = above.listed(flags) if above else []
        return [
            with_its_facts(root._replace(left_out=left_out), _directory(root.path or "", lookup))
            for root in listed
        ]
    roots = []
    for path in paths:
        where = _located(path, lookup)
        directory = _directory(path, lookup)
        above, left_out = nearest(directory)
        root = _root(path, None, {}, flags) if above is None else above.applied(path, where, flags)
        root = with_its_facts(root._replace(left_out=left_out), directory)
        roots.append(root._replace(dump=dumps[path]) if path in dumps else root)
    return roots


def dumps_of(dump: Iterable[str], no_dump: Iterable[str]) -> dict[str, Value]:
    """The configurations that --dump and --no-dump name, with True and False.

    Raises MemlintError if one is named by both.
    """
    dumps = {path: Value(True, flag="--dump") for path in dump}
    for path in no_dump:
        if path in dumps:
            raise MemlintError(f"{printable(path)}: --dump and --no-dump exclude each other")
        dumps[path] = Value(False, flag="--no-dump")
    return dumps


def everywhere(
    flags: Mapping[str, Any], *, config: str | None = None, isolated: bool = False
) -> Root:
    """The values in force for configurations in the working directory that are no root.

    Raises MemlintError.
    """
    if config is not None:
        search = SettingsSearch(read(config))
    else:
        search = (
            SettingsSearch() if isolated else find(".", flags.get("sysroot"), flags.get("confine"))
        )
    file = search.file
    root = _CheckedFile(file).root(None, None, flags) if file else _root(None, None, {}, flags)
    return root._replace(left_out=search.left_out)


class _CheckedFile:
    """One settings file whose keys and values have been checked."""

    def __init__(self, file: SettingsFile) -> None:
        # pydantic is worth its time only once there is a file
        from nginx_memlint.settings.model import validated  # noqa: PLC0415

        self.file = file
        self.table = validated(file)
        self.tables = list(self.table.get("roots", []))
        roots = self._roots()
        self.places = list(roots)
        """The places of all roots, in order."""
        self.roots = list(roots.values())
        """Of each its path, and the index of its table."""
        self.ignores = _ignores(file, (), self.table)
        """The ignores of all roots, made once, as there may be many roots and ignores."""

    def _roots(self) -> dict[str, tuple[str, int]]:
        """Place → path and table's index of each root; what is named goes before what matches.

        Raises MemlintError for one that is named twice, and for a pattern without matches.
        """
        named: dict[str, int] = {}
        paths: list[tuple[str, int]] = []
        for index, table in enumerate(self.tables):
            path = os.path.join(self.file.directory, table["path"])
            # as in include, also where a file has that very name: it would hide all that match
            if glob.has_magic(table["path"]):
                paths += [(match, index) for match in self._matches(table["path"], index)]
                continue
            if (main := _main(path)) in named:
                at = self.file.at(("roots", index, "path"))
                raise MemlintError(f"{at}: {printable(path)} is listed twice")
            named[main] = index
            paths.append((path, index))
        roots: dict[str, tuple[str, int]] = {}
        for path, index in paths:
            if named.setdefault(_main(path), index) == index:
                roots.setdefault(_place(path), (path, index))
        if len(roots) > MOST_ROOTS:
            at = self.file.at(("roots",))
            raise MemlintError(f"{at}: these are more than {MOST_ROOTS:,} configurations")
        return roots

    def _matches(self, pattern: str, index: int) -> list[str]:
        """The files and directories that a root's path matches, as nginx's include would."""
        at = self.file.at(("roots", index, "path"))
        said = f'{at}: roots[{index + 1}].path: "{printable(pattern)}"'
        top = absolute(self.file.directory).rstrip("/") + "/"
        try:
            source = FileSystem({"/": "/"}, restricted=False)
            matches = glob.expand(source, os.path.join(glob.literal(top), pattern))
        except OSError as error:
            raise MemlintError(f"{said} cannot be listed: {error.strerror}") from None
        if not matches:
            hint = ""
            if os.path.lexists(os.path.join(self.file.directory, pattern)):
                from nginx_memlint.files.toml import toml_string  # noqa: PLC0415

                hint = f"; the file of that name is {toml_string(glob.literal(pattern))}"
            raise MemlintError(f"{said} matches nothing{printable(hint)}")
        return [os.path.join(self.file.directory, path.removeprefix(top)) for path in matches]

    def listed(self, flags: Mapping[str, Any]) -> list[Root]:
        """All roots that the file lists."""
        roots = [
            self.root(path, index, flags, path)._replace(listed=len(self.roots))
            for path, index in self.roots
        ]
        return [_unmoved(root) if root.values["prefix"].value else root for root in roots]

    def applied(self, path: str, where: str, flags: Mapping[str, Any]) -> Root:
        """The configuration at the path ``where``, as the root that it is or is nearest below."""
        place = _main(where)
        around = [] if path == "-" else [root for root in self.places if is_below(place, root)]
        index = self.roots[self.places.index(max(around, key=len))][1] if around else None
        root = self.root(path, index, flags, where)
        # the flag says where a relative name is, a setting does not
        return _unmoved(root) if root.values["prefix"].file and path != "-" else root

    def root(
        self,
        path: str | None,
        index: int | None,
        flags: Mapping[str, Any],
        where: str | None = None,
    ) -> Root:
        """A configuration with the settings of the root with this table's index, or of none.

        ``where`` is its path here, whose directory is {root} in settings.
        """
        levels: dict[KeyPath, Mapping[str, Any]] = {(): self.table}
        if index is None:
            return _root(path, self.file, levels, flags, self.ignores, where)
        table = self.tables[index]
        levels[("roots", index)] = table
        ignores = _ignores(self.file, ("roots", index), table)
        root = _root(path, self.file, levels, flags, (*self.ignores, *ignores), where)
        if table.get("dump") is None or path is None:
            return root
        key = ("roots", index, "dump")
        return root._replace(dump=Value(table["dump"], file=self.file, path=key))


def tree_of(path: str, flags: Mapping[str, Any]) -> str:
    """The real path of the top of the tree that a configuration belongs to.

    That is the directory above it that holds ``.git``; without one the directory it is in.
    """
    lookup = Lookup(flags.get("prefix"), flags.get("sysroot"), flags.get("path_map", ()))
    real = resolved(_directory(path, lookup))
    return checkout(real) or real


def tree_that_lists(root: Root) -> str | None:
    """The checkout whose settings list a root; None if a user named it, or they are in none."""
    if root.file is None or not root.listed:
        return None
    return checkout(resolved(root.file.directory))


def _located(path: str, lookup: Lookup) -> str:
    """The path of a configuration here; for ``-`` that of the directory it is taken to be in."""
    path = "." if path == "-" else path
    try:
        return located(path, lookup)
    except (EntryError, OSError):  # check() says so
        return path


def _directory(path: str, lookup: Lookup) -> str:
    """The directory here of a configuration."""
    where = _located(path, lookup)
    return where if os.path.isdir(where) else os.path.dirname(where) or "."


def _facts(file: SettingsFile) -> FactsFile:
    from nginx_memlint.targets import target_file  # noqa: PLC0415  where there is one

    target_file.check_table(printable(file.path), file.table)
    return FactsFile(file, target_file.target_of_table(file.path, file.table))


def _with_facts(root: Root, facts: FactsFile) -> Root:
    """A root with the facts of its server in the place of defaults."""
    host = facts.target.host
    told = {
        "workers": (host.processors, "processors"),
        "max_memory": (host.memory_limit, "memory_limit"),
    }
    values = dict(root.values)
    for name, (value, key) in told.items():
        if value is not None and values[name].is_default:
            values[name] = Value(value, file=facts.file, path=(key,))
    if all(values[name].is_default for name in ("target", "nginx_binary", "nginx_v")):
        values["target_file"] = Value(facts.target, file=facts.file, path=("nginx",))
    return root._replace(values=MappingProxyType(values), facts=facts)


def _unmoved(root: Root) -> Root:
    """The root with a path whose meaning does not depend on the prefix."""
    directory, name = os.path.split(root.path or "")
    return root._replace(path=os.path.join(absolute(directory), name))


def _main(path: str) -> str:
    """The place of the main file that a root's path leads to."""
    return _place(os.path.join(path, MAIN_FILE) if os.path.isdir(path) else path)


def _place(path: str) -> str:
    """The path by which a configuration is compared: links are resolved, except in its own name."""
    if os.path.isdir(path):
        return resolved(path)
    directory, name = os.path.split(path)
    return os.path.join(resolved(directory), name)


def _root(
    path: str | None,
    file: SettingsFile | None,
    levels: Mapping[KeyPath, Mapping[str, Any]],
    flags: Mapping[str, Any],
    ignores: tuple[Value, ...] = (),
    where: str | None = None,
) -> Root:
    values = dict(DEFAULTS)

    def place(path: str) -> str:
        """The path of a file that a setting names, relative to the working directory."""
        if path.startswith(ROOT) and where is not None:
            top = where if os.path.isdir(where) else os.path.dirname(where) or "."
            return os.path.join(top, path.removeprefix(ROOT).lstrip("/")).rstrip("/") or "/"
        return os.path.join(file.directory if file else "", path)

    severities: dict[str, Value] = {}
    for prefix, table in levels.items():
        assert file is not None
        level = {}
        for name in SET_IN_FILES:
            if (key := OPTIONS[name].key) in table:
                written = table[key]
                value = OPTIONS[name].kind.rebased(written, place)
                level[name] = Value(
                    value, None, file, (*prefix, key), written if ROOT in str(written) else None
                )
        _override(values, level)
        for index, ignored in enumerate(table.get("ignore", [])):
            if isinstance(ignored, str):
                off = Value("off", None, file, (*prefix, "ignore", index), ignored)
                severities |= dict.fromkeys(left_out(ignored), off)
        for code, severity in table.get("severity", {}).items():
            severities[code] = Value(severity, file=file, path=(*prefix, "severity", code))
    _override(values, {name: Value(flags[name], flag=OPTIONS[name].flag) for name in flags})
    return Root(path, file, MappingProxyType(values), MappingProxyType(severities), ignores)


def _ignores(file: SettingsFile, prefix: KeyPath, table: Mapping[str, Any]) -> tuple[Value, ...]:
    """The ignores in a table of a settings file."""
    ignores = []
    for index, ignore in enumerate(table.get("ignore", [])):
        if isinstance(ignore, str):
            continue  # a rule that is off
        where = (*prefix, "ignore", index)
        accepted = PathIgnore(
            directory=absolute(file.directory),
            paths=tuple(ignore["paths"]),
            rules=frozenset(ignore["rules"]),
            reason=ignore["reason"],
            place=Location(file=printable(file.path), line=file.line(where) or 1, column=1),
        )
        ignores.append(Value(accepted, file=file, path=where))
    return tuple(ignores)


def _override(values: dict[str, Value], level: dict[str, Value]) -> None:
    """Update values with those of a later level; what adds up holds both."""
    for name in level:
        for gone in OPTIONS[name].undoes:
            values[gone] = Value(OPTIONS[gone].default)
    for name, setting in level.items():
        adds_up = OPTIONS[name].kind.adds_up
        both = values[name].value | setting.value if adds_up else setting.value
        values[name] = setting._replace(value=both)
