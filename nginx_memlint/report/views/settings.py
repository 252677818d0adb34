"""The settings in force and their origins, for ``memlint config``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table

from nginx_memlint.options.record import OPTIONS, OptionPlace
from nginx_memlint.policy import PathIgnore
from nginx_memlint.printable import printable
from nginx_memlint.result import Model
from nginx_memlint.settings.in_force import Root, Value
from nginx_memlint.settings.shown import JsonValue, plain, shown

MOST_TEXT = 1000
"""Characters of a value that are shown: many roots may have one that is long."""


@dataclass(frozen=True, kw_only=True)
class ValueInfo(Model):
    """A value and where it is from."""

    value: JsonValue
    """Sizes in bytes; null if there is none."""
    from_: Literal["default", "settings", "flag"]
    file: str | None = None
    line: int | None = None
    flag: str | None = None


@dataclass(frozen=True, kw_only=True)
class IgnoreInfo(Model):
    """Rules that are accepted in some files."""

    directory: str
    """The directory that the globs are relative to."""
    paths: list[str]
    rules: list[str]
    reason: str
    file: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class RootInfo(Model):
    """The settings in force for one configuration."""

    path: str | None
    """Null: for all that are no root."""
    settings: str | None
    """The settings file; null if there is none."""
    dump: ValueInfo
    """Whether the file is the output of ``nginx -T``; null if nobody says."""
    values: dict[str, ValueInfo]
    severity: dict[str, ValueInfo]
    """Severities by rule; a rule that is not listed has its own."""
    ignore: list[IgnoreInfo]
    """Those of this root alone."""


@dataclass(frozen=True, kw_only=True)
class InForce(Model):
    """All configurations of one run."""

    schema_version: Literal[2] = 2
    roots: list[RootInfo]
    ignore: list[IgnoreInfo]
    """Those that hold for each configuration with the settings file that they stand in."""


def in_force(roots: list[Root]) -> InForce:
    """The settings in force as a record for JSON."""
    return InForce(
        roots=[
            RootInfo(
                path=None if root.path is None else printable(root.path),
                settings=None if root.file is None else printable(root.file.path),
                dump=_value(root.dump),
                values={
                    OPTIONS[name].key: _value(root.values[name]) for name in _shown_options(root)
                },
                severity={code: _value(setting) for code, setting in root.severities.items()},
                ignore=[_ignore(setting) for setting in root.ignores if _is_own(setting)],
            )
            for root in roots
        ],
        ignore=[_ignore(setting) for setting in _of_files(roots)],
    )


def write(roots: list[Root], console: Console) -> None:
    """Print a heading and a table for each root, and what is accepted in all of them."""
    for number, root in enumerate(roots):
        name = "configurations that are no root" if root.path is None else printable(root.path)
        settings = "no settings file" if root.file is None else printable(root.file.path)
        console.print("\n" * bool(number) + f"{name} ({settings})", style="bold")
        table = _table()
        if root.dump.value is not None:
            table.add_row("  dump", shown("dump", root.dump), root.dump.at())
        for name in _shown_options(root):
            setting = root.values[name]
            text = shown(name, setting)
            if len(text) > MOST_TEXT:
                text = f"{text[:MOST_TEXT]}… ({len(text):,} characters: --format json has all)"
            table.add_row(f"  {OPTIONS[name].key}", text, setting.at())
        for code, setting in root.severities.items():
            table.add_row(f"  severity.{code}", setting.value, setting.at())
        _add_ignores(table, filter(_is_own, root.ignores))
        console.print(table)
    if shared := _of_files(roots):
        console.print("\nall configurations of a settings file", style="bold")
        table = _table()
        _add_ignores(table, shared)
        console.print(table)


def _table() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for column in range(3):
        table.add_column(overflow="fold", no_wrap=column != 1)
    return table


def _add_ignores(table: Table, ignores: Iterable[Value]) -> None:
    for setting in ignores:
        accepted: PathIgnore = setting.value
        what = f"{', '.join(sorted(accepted.rules))} in {', '.join(accepted.paths)}"
        table.add_row("  ignore", printable(f"{what}: {accepted.reason}"), setting.at())


def _is_own(ignore: Value) -> bool:
    """Whether an ignore stands in a root's table: there may be many roots, and many ignores."""
    return ignore.path[0] == "roots"


def _of_files(roots: list[Root]) -> list[Value]:
    """The ignores that stand outside of roots, each once."""
    files = {id(root.file): root for root in roots}
    return [setting for root in files.values() for setting in root.ignores if not _is_own(setting)]


def _shown_options(root: Root) -> list[str]:
    """The options that a flag or a settings file may set."""
    return [name for name in root.values if OPTIONS[name].places - {OptionPlace.KEYWORD}]


def _value(setting: Value) -> ValueInfo:
    return ValueInfo(
        value=plain(setting),
        from_="settings" if setting.file else "flag" if setting.flag else "default",
        file=printable(setting.file.path) if setting.file else None,
        line=setting.file.line(setting.path) if setting.file else None,
        flag=setting.flag,
    )


def _ignore(setting: Value) -> IgnoreInfo:
    accepted: PathIgnore = setting.value
    assert setting.file is not None
    return IgnoreInfo(
        directory=printable(accepted.directory),
        paths=[printable(path) for path in accepted.paths],
        rules=sorted(accepted.rules),
        reason=printable(accepted.reason),
        file=printable(setting.file.path),
        line=setting.file.line(setting.path),
    )
