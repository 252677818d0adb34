"""What is in force, and why: ``memlint config``."""

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
from nginx_memlint.settings.shown import Plain, plain, shown


@dataclass(frozen=True, kw_only=True)
class ValueInfo(Model):
    """A value and where it is from."""

    value: Plain
    """Sizes in bytes; null if there is none."""
    from_: Literal["default", "settings", "flag"]
    file: str | None = None
    line: int | None = None
    flag: str | None = None


@dataclass(frozen=True, kw_only=True)
class IgnoreInfo(Model):
    """Rules that are accepted in some files."""

    directory: str
    """Where the globs start."""
    paths: list[str]
    rules: list[str]
    reason: str
    file: str
    line: int | None


@dataclass(frozen=True, kw_only=True)
class RootInfo(Model):
    """What is in force for one configuration."""

    path: str | None
    """Null: for all that are no root."""
    settings: str | None
    """The settings file; null if there is none."""
    dump: ValueInfo
    """Whether it is the output of ``nginx -T``; null if nobody says."""
    values: dict[str, ValueInfo]
    severity: dict[str, ValueInfo]
    """By rule; those that are not listed have their own."""
    ignore: list[IgnoreInfo]


@dataclass(frozen=True, kw_only=True)
class InForce(Model):
    """All configurations of one run."""

    schema_version: Literal[1] = 1
    roots: list[RootInfo]


def in_force(roots: list[Root]) -> InForce:
    """For JSON."""
    return InForce(
        roots=[
            RootInfo(
                path=None if root.path is None else printable(root.path),
                settings=None if root.file is None else printable(root.file.path),
                dump=_value(root.dump),
                values={
                    OPTIONS[name].key: _value(root.values[name]) for name in _shown_options(root)
                },
                severity={code: _value(found) for code, found in root.severities.items()},
                ignore=[_ignore(found) for found in root.ignores],
            )
            for root in roots
        ]
    )


def write(roots: list[Root], console: Console) -> None:
    """For people: a heading and a table for each."""
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
            found = root.values[name]
            table.add_row(f"  {OPTIONS[name].key}", shown(name, found), found.at())
        for code, found in root.severities.items():
            table.add_row(f"  severity.{code}", found.value, found.at())
        for found in root.ignores:
            accepted: PathIgnore = found.value
            what = f"{', '.join(sorted(accepted.rules))} in {', '.join(accepted.paths)}"
            table.add_row("  ignore", printable(f"{what}: {accepted.reason}"), found.at())
        console.print(table)


def _shown_options(root: Root) -> list[str]:
    """The options that a flag or a settings file may set."""
    return [name for name in root.values if OPTIONS[name].places - {OptionPlace.KEYWORD}]


def _value(found: Value) -> ValueInfo:
    return ValueInfo(
        value=plain(found),
        from_="settings" if found.file else "flag" if found.flag else "default",
        file=printable(found.file.path) if found.file else None,
        line=found.file.line(found.path) if found.file else None,
        flag=found.flag,
    )


def _ignore(found: Value) -> IgnoreInfo:
    accepted: PathIgnore = found.value
    assert found.file is not None
    return IgnoreInfo(
        directory=printable(accepted.directory),
        paths=[printable(path) for path in accepted.paths],
        rules=sorted(accepted.rules),
        reason=printable(accepted.reason),
        file=printable(found.file.path),
        line=found.file.line(found.path),
    )
