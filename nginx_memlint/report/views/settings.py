"""The settings in force and their origins, for ``memlint config``."""

from __future__ import annotations

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


@dataclass(frozen=True, kw_only=True)
class InForce(Model):
    """All configurations of one run."""

    schema_version: Literal[1] = 1
    roots: list[RootInfo]


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
                ignore=[_ignore(setting) for setting in root.ignores],
            )
            for root in roots
        ]
    )


def write(roots: list[Root], console: Console) -> None:
    """Print a heading and a table for each root."""
    for number, root in enumerate(roots):
        name = "configurations that are no root" if root.path is None else printable(root.path)
        settings = "no settings file" if root.file is None else printable(root.file.path)
        console.print("\n" * bool(number) + f"{name} ({settings})", style="bold")
        table = Table(box=None, pad_edge=False, show_header=False)
        for column in range(3):
            table.add_column(overflow="fold", no_wrap=column != 1)
        if root.dump.value is not None:
            table.add_row("  dump", shown("dump", root.dump), root.dump.at())
        for name in _shown_options(root):
            setting = root.values[name]
            table.add_row(f"  {OPTIONS[name].key}", shown(name, setting), setting.at())
        for code, setting in root.severities.items():
            table.add_row(f"  severity.{code}", setting.value, setting.at())
        for setting in root.ignores:
            accepted: PathIgnore = setting.value
            what = f"{', '.join(sorted(accepted.rules))} in {', '.join(accepted.paths)}"
            table.add_row("  ignore", printable(f"{what}: {accepted.reason}"), setting.at())
        console.print(table)


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
