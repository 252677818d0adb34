"""What is in force for each configuration: the settings file's own values, its root's, the flags'.

Each of these levels overrides the ones before it, key by key. Keys that only make sense together
(GROUPS) go together: a level that names a target forgets the versions that others gave.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from nginx_memlint.config.entry import MAIN_FILE, EntryError, Place, absolute, located
from nginx_memlint.config.source import is_below
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.memory.targets import CLASSIC, VERSION_KEYS, Target, TargetFileError, load_target
from nginx_memlint.policy import Limits, PathIgnore, Policy
from nginx_memlint.printable import printable
from nginx_memlint.settings.files import KeyPath, SettingsError, SettingsFile, find, read

if TYPE_CHECKING:
    from nginx_memlint.options import Options

VERSIONS = tuple(f"{key.replace('_', '-')}-version" for key in VERSION_KEYS)
LIMITS = ("max-memory", "max-start-memory", "max-zones-memory", "max-test-seconds")
KEYS = (
    *("target", "target-file", *VERSIONS),
    *("workers", "unit-cost", *LIMITS),
    *("sysroot", "path-map", "prefix", "context", "fail-on"),
)
"""What can be set by a settings file and by a flag, in the order of ``memlint config``."""

FLAGS = (*KEYS[:2], "nginx-binary", *KEYS[2:], "trusted")
"""KEYS, and what is a flag only: settings must neither name a program to run nor lift bounds."""

DUMPS = ("dump", "no-dump")
"""Flags that name configurations and say how to read them; a root in settings has ``dump``."""

_SERVER = ("target", "target-file", "nginx-binary", *VERSIONS)
_PLACE = ("sysroot", "path-map")
GROUPS = dict.fromkeys(_SERVER[:3], _SERVER) | dict.fromkeys(_PLACE, _PLACE)
"""Keys which, once set, undo what earlier levels said of these."""

SIZES = ("unit-cost", "max-memory", "max-start-memory", "max-zones-memory")
"""Keys whose values are bytes."""


@dataclass(frozen=True)
class Value:
    """A value and where it is from: a flag, a place in a settings file, or else the default."""

    value: Any
    flag: str | None = None
    file: SettingsFile | None = None
    path: KeyPath = ()

    def at(self) -> str:
        """The place for people: ``memlint.toml:3``, ``--target`` or ``default``."""
        if self.file is not None:
            return self.file.at(self.path)
        return self.flag or "default"


DEFAULTS: Mapping[str, Value] = MappingProxyType(
    dict.fromkeys(FLAGS, Value(None))
    | {"target": Value(CLASSIC), "fail-on": Value(FailOn.ERROR.value)}
)


@dataclass(frozen=True)
class Root:
    """One configuration to check and what is in force for it.

    ``path`` is None for what holds where no root is named, ``file`` if there are no settings.
    ``values`` has all FLAGS; ``severities`` are by rule code. ``dump`` is whether it is the output
    of ``nginx -T``, None if nobody says.
    """

    path: str | None
    file: SettingsFile | None
    values: Mapping[str, Value]
    severities: Mapping[str, Value]
    ignores: tuple[Value, ...]
    dump: Value = Value(None)

    @property
    def fail_on(self) -> FailOn:
        """The least severity that fails."""
        return FailOn(self.values["fail-on"].value)


def plan(
    paths: Sequence[str],
    flags: Mapping[str, Any],
    *,
    config: str | None = None,
    isolated: bool = False,
) -> list[Root]:
    """The configurations to check; without ``paths``, the roots that the settings list.

    The settings are ``config``'s, or the nearest above each configuration; ``isolated``: none.
    ``flags`` are by FLAGS. The list is empty if there is nothing to check. Raises SettingsError.
    """
    if config is not None and isolated:
        raise SettingsError("--config and --no-config exclude each other")
    dumps = dumps_among(flags)
    flags = {key: value for key, value in flags.items() if key not in DUMPS}
    paths = [*paths, *(path for path in dumps if path not in paths)]
    settings = None if config is None else _Settings(read(config))

    @cache
    def nearest(directory: str) -> _Settings | None:
        if isolated or settings is not None:
            return settings
        found = find(directory)
        return None if found is None else _Settings(found)

    if not paths:
        here = nearest(".")
        return here.listed(flags) if here else []
    place = Place(flags.get("prefix"), flags.get("sysroot"), tuple(flags.get("path-map") or ()))
    roots = []
    for path in paths:
        where = _here(path, place)
        above = nearest(where if os.path.isdir(where) else os.path.dirname(where) or ".")
        root = _root(path, None, {}, flags) if above is None else above.applied(path, where, flags)
        roots.append(replace(root, dump=dumps[path]) if path in dumps else root)
    return roots


def dumps_among(flags: Mapping[str, Any]) -> dict[str, Value]:
    """The configurations that flags of DUMPS name, and how each is to be read."""
    found: dict[str, Value] = {}
    for key in DUMPS:
        for path in flags.get(key) or ():
            if found.setdefault(path, Value(key == "dump", flag=f"--{key}")).flag != f"--{key}":
                raise SettingsError(f"{printable(path)}: --dump and --no-dump exclude each other")
    return found


def everywhere(
    flags: Mapping[str, Any], *, config: str | None = None, isolated: bool = False
) -> Root:
    """What is in force for a configuration here that is no root; raises SettingsError."""
    flags = {key: value for key, value in flags.items() if key not in DUMPS}
    if isolated:
        return _root(None, None, {}, flags)
    file = find(".") if config is None else read(config)
    return _Settings(file).root(None, None, flags) if file else _root(None, None, {}, flags)


def check_arguments(root: Root) -> Options:
    """The keyword arguments of check() for a root: its policy and all else that is in force.

    Raises SettingsError for files and directories in it that cannot be used.
    """
    values = {key: found.value for key, found in root.values.items()}
    arguments: Any = {
        key.replace("-", "_"): values[key]
        for key in (*VERSIONS, "workers", "unit-cost", "sysroot", "prefix")
    }
    path_map = tuple(values["path-map"] or ())
    for key, paths in (("sysroot", [values["sysroot"]]), ("path-map", [to for _, to in path_map])):
        for path in paths:
            # the command has checked flags
            if path is not None and root.values[key].file and not os.path.exists(path):
                at = root.values[key].at()
                raise SettingsError(f'{at}: {key}: there is no "{printable(path)}"')
    options: Options = arguments | {
        "target": _target(root.values),
        "path_map": path_map,
        "context": tuple(values["context"] or ()),
        "trusted": bool(values["trusted"]),
        "dump": root.dump.value,
        "policy": Policy(
            limits=Limits(**{key.replace("-", "_"): values[key] for key in LIMITS}),
            severities={
                code: None if found.value == "off" else found.value
                for code, found in root.severities.items()
            },
            ignores=tuple(found.value for found in root.ignores),
        ),
    }
    return options


def all_arguments(roots: Iterable[Root]) -> list[Options]:
    """check_arguments() of each, all mistakes in one SettingsError."""
    mistakes: dict[str, None] = {}
    found = []
    for root in roots:
        try:
            found.append(check_arguments(root))
        except SettingsError as error:
            mistakes[str(error)] = None
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return found


class _Settings:
    """One settings file, checked."""

    def __init__(self, file: SettingsFile) -> None:
        # pydantic is worth its time only once there is a file
        from nginx_memlint.settings.model import validated  # noqa: PLC0415

        self.file = file
        self.table = validated(file)
        self.roots = list(self.table.get("roots", []))
        self.paths = [os.path.join(file.directory, root["path"]) for root in self.roots]
        self.places = [_place(path) for path in self.paths]
        for index, place in enumerate(self.places):
            if place in self.places[:index]:
                at = file.at(("roots", index, "path"))
                raise SettingsError(f"{at}: {printable(self.paths[index])} is listed twice")

    def listed(self, flags: Mapping[str, Any]) -> list[Root]:
        """All roots."""
        roots = [self.root(path, index, flags) for index, path in enumerate(self.paths)]
        return [_unmoved(root) if root.values["prefix"].value else root for root in roots]

    def applied(self, path: str, where: str, flags: Mapping[str, Any]) -> Root:
        """A configuration that is ``where`` here: the root that it is or is nearest below."""
        place = _place(os.path.join(where, MAIN_FILE) if os.path.isdir(where) else where)
        around = [] if path == "-" else [root for root in self.places if is_below(place, root)]
        index = self.places.index(max(around, key=len)) if around else None
        root = self.root(path, index, flags)
        # the flag says where a relative name is, a setting does not
        return _unmoved(root) if root.values["prefix"].file and path != "-" else root

    def root(self, path: str | None, index: int | None, flags: Mapping[str, Any]) -> Root:
        """A configuration with the settings of one of the roots, or of none."""
        levels: dict[KeyPath, Mapping[str, Any]] = {(): self.table}
        if index is None:
            return _root(path, self.file, levels, flags)
        levels[("roots", index)] = self.roots[index]
        found = _root(path, self.file, levels, flags)
        if self.roots[index].get("dump") is None or path is None:
            return found
        key = ("roots", index, "dump")
        return replace(found, dump=Value(self.roots[index]["dump"], file=self.file, path=key))


def _here(path: str, place: Place) -> str:
    """Where a configuration is; for ``-`` the directory it is taken to be in."""
    path = "." if path == "-" else path
    try:
        return located(path, place)
    except (EntryError, OSError):  # check() says so
        return path


def _unmoved(root: Root) -> Root:
    """The same, where a prefix does not change what its path means."""
    directory, name = os.path.split(root.path or "")
    return replace(root, path=os.path.join(absolute(directory), name))


def _place(path: str) -> str:
    """What a path is compared by: links on the way are resolved, a file may be one itself."""
    if os.path.isdir(path):
        return os.path.realpath(path)
    directory, name = os.path.split(path)
    return os.path.join(os.path.realpath(directory), name)


def _root(
    path: str | None,
    file: SettingsFile | None,
    levels: Mapping[KeyPath, Mapping[str, Any]],
    flags: Mapping[str, Any],
) -> Root:
    values = dict(DEFAULTS)
    severities: dict[str, Value] = {}
    ignores: list[Value] = []
    for prefix, table in levels.items():
        assert file is not None
        _override(
            values,
            {
                key: Value(_from_file(file, key, table), file=file, path=(*prefix, key))
                for key in KEYS
                if key in table
            },
        )
        for code, severity in table.get("severity", {}).items():
            severities[code] = Value(severity, file=file, path=(*prefix, "severity", code))
        for index, ignore in enumerate(table.get("ignore", [])):
            accepted = PathIgnore(
                directory=absolute(file.directory),
                paths=tuple(ignore["paths"]),
                rules=frozenset(ignore["rules"]),
                reason=ignore["reason"],
            )
            ignores.append(Value(accepted, file=file, path=(*prefix, "ignore", index)))
    _override(values, {key: Value(value, flag=f"--{key}") for key, value in flags.items()})
    return Root(path, file, MappingProxyType(values), MappingProxyType(severities), tuple(ignores))


def _override(values: dict[str, Value], level: Mapping[str, Value]) -> None:
    for key in level:
        for gone in GROUPS.get(key, ()):
            values[gone] = Value(None)
    values |= level


def _from_file(file: SettingsFile, key: str, table: Mapping[str, Any]) -> object:
    """A value as the flag has it: paths are from the settings file's directory."""
    value = table[key]
    if key in ("target-file", "sysroot", "prefix"):
        return os.path.join(file.directory, value)
    if key == "path-map":
        return [(inside, os.path.join(file.directory, to)) for inside, to in value.items()]
    return value.value if isinstance(value, FailOn) else value


def _target(values: Mapping[str, Value]) -> str | Target | None:
    binary = values["nginx-binary"]
    found = values["target-file"] if binary.value is None else binary
    if found.value is None:
        # a default is not stated: check() says what it assumes
        return None if values["target"] is DEFAULTS["target"] else values["target"].value
    if isinstance(found.value, Target):
        return found.value
    if found.file is not None and any(values[key].flag for key in _PLACE):
        # who gives --sysroot does not trust what is in it
        top = os.path.realpath(found.file.directory)
        if not is_below(os.path.realpath(found.value), top):
            raise SettingsError(
                f"{found.at()}: target-file: leads out of {printable(top)}, which --sysroot "
                "and --path-map forbid; give --target-file"
            )
    try:
        return _loaded(found.value)
    except TargetFileError as error:
        raise SettingsError(f"{found.at()}: target-file: {error}") from None
    except OSError as error:
        name = printable(found.value)
        raise SettingsError(
            f"{found.at()}: target-file: cannot read {name}: {error.strerror}"
        ) from None


@cache
def _loaded(path: str) -> Target:
    return load_target(path)
