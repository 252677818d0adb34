"""Values of a settings file that may lower a report, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nginx_memlint.exit_codes import FailOn
from nginx_memlint.options.record import OPTIONS, Bearing
from nginx_memlint.printable import printable
from nginx_memlint.result import Lowered
from nginx_memlint.rules import RULES
from nginx_memlint.settings.in_force import Value
from nginx_memlint.settings.shown import shown
from nginx_memlint.sizes import plural

if TYPE_CHECKING:
    from nginx_memlint.settings.in_force import Root

_SEVERITIES = ("off", "note", "warning", "error")
"""Severities in settings, from the least to the gravest."""


def by_settings(root: Root) -> Iterator[Lowered]:
    """Values in force from a settings file, except those that can only raise what is reported.

    Accepted findings are not among them: by_acceptance() has them.
    """
    file = root.file
    if file is not None and root.listed:
        what = f"roots lists {plural(root.listed, 'configuration')}"
        yield _in_settings(Value(None, file=file, path=("roots",)), what)
    if file is not None and file.hides is not None:
        hides = f"is in force instead of {printable(file.hides)}"
        yield _in_settings(Value(None, file=file), hides)
    for name, setting in root.values.items():
        # without settings errors fail: "warning" is stricter
        option = OPTIONS[name]
        if setting.file and (name != "fail_on" or FailOn(setting.value) is FailOn.NEVER):
            written = setting._replace(value=setting.written or setting.value)
            yield _in_settings(
                setting,
                f"{option.key} is {shown(name, written)}",
                figures=option.bearing not in (Bearing.VERDICT, Bearing.COUNTS),
            )
    if root.facts is not None and (files := root.facts.target.host.files):
        what = f"says what is in {plural(len(files), 'file')}"
        yield _in_settings(Value(None, file=root.facts.file, path=("files", 0)), what, figures=True)
    if root.dump.file:
        yield _in_settings(root.dump, f"dump is {shown('dump', root.dump)}", figures=True)
    if root.severities:
        usual = {rule.code: rule.severity for rule in RULES}
        for code, setting in root.severities.items():
            if _SEVERITIES.index(setting.value) < _SEVERITIES.index(usual[code]):
                what = (
                    "off" if setting.value == "off" else f"a {setting.value}, not {_a(usual[code])}"
                )
                yield _in_settings(setting, f"{code} is {what}")


def _in_settings(setting: Value, what: str, *, figures: bool = False) -> Lowered:
    assert setting.file is not None
    return Lowered(
        by="settings",
        of="figures" if figures else "findings",
        what=what,
        file=printable(setting.file.path),
        line=setting.file.line(setting.path),
    )


def _a(severity: str) -> str:
    return f"an {severity}" if severity == "error" else f"a {severity}"
