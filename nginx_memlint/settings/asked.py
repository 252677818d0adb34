"""The options of a check, from the settings and flags that are in force for its root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import checkout, is_below, resolved
from nginx_memlint.options.record import OPTIONS, Options
from nginx_memlint.policy import Policy
from nginx_memlint.printable import printable
from nginx_memlint.rules.selection import read_codes, selected
from nginx_memlint.settings.files import SettingsFile
from nginx_memlint.settings.in_force import DEFAULTS, Root, Value
from nginx_memlint.settings.lowered import by_settings
from nginx_memlint.targets.targets import Target


def asked(root: Root) -> Options:
    """The options of the check of a root: its policy and all other values in force.

    Raises MemlintError for files and directories in it that cannot be used.
    """
    values = {name: setting.value for name, setting in root.values.items()}
    for name, setting in root.values.items():
        if setting.file is None:
            continue  # the command has checked flags
        if absent := OPTIONS[name].kind.absent(setting.value):
            raise MemlintError(f"{setting.at()}: {OPTIONS[name].key}: {printable(absent)}")
    severities = {
        code: None if setting.value == "off" else setting.value
        for code, setting in root.severities.items()
    }
    if root.values["select"].file is not None:  # a setting, which is listed as one
        ignored = [setting.written for setting in root.severities.values() if setting.written]
        severities = selected(severities, values.pop("select"), read_codes(ignored))
    policy = Policy(
        severities=severities,
        ignores=tuple(setting.value for setting in root.ignores),
        lowered=tuple(by_settings(root)),
        problems=root.left_out,
    )
    decided = {
        "target": _target(root.values),
        "policy": policy,
        "dump": root.dump.value,
        "facts": root.facts.target.host if root.facts else None,
    }
    return Options(**values | decided)


def all_asked(roots: Iterable[Root]) -> list[Options]:
    """The options of the check of each root; raises one MemlintError with all mistakes."""
    mistakes: dict[str, None] = {}
    options = []
    for root in roots:
        try:
            options.append(asked(root))
        except MemlintError as error:
            mistakes[str(error)] = None
    if mistakes:
        raise MemlintError("\n".join(mistakes))
    return options


def _target(values: Mapping[str, Value]) -> str | Target | None:
    named = [values[name] for name in ("nginx_binary", "nginx_v")]
    chosen = next((it for it in named if it.value is not None), values["target_file"])
    if chosen.value is None:
        # a default is not stated: check() says what it assumes
        return None if values["target"] is DEFAULTS["target"] else values["target"].value
    if isinstance(chosen.value, Target):
        return chosen.value
    if chosen.file is not None:
        top = _allowed(chosen.file, values)
        if top is not None and not is_below(resolved(chosen.value), top):
            raise MemlintError(
                f"{chosen.at()}: target-file: leads out of {printable(top)}: "
                "give it with --target-file"
            )
    try:
        return _loaded(chosen.value)
    except MemlintError as error:
        raise MemlintError(f"{chosen.at()}: target-file: {error}") from None


def _allowed(file: SettingsFile, values: Mapping[str, Value]) -> str | None:
    """The directory out of which a settings file may name no other file; None for anywhere.

    Whoever gives --sysroot, --path-map or --confine does not trust what is in it, and whoever wrote
    settings in a checkout has no say over what is read outside of it.
    """
    directory = resolved(file.directory)
    if any(values[name].flag for name in ("sysroot", "path_map", "confine")):
        return directory
    return checkout(directory)


@cache
def _loaded(path: str) -> Target:
    from nginx_memlint.targets.target_file import load_target  # noqa: PLC0415  only for such files

    return load_target(path)
