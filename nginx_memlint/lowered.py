"""What lowers what is reported: settings, comments and baselines, each with its file and line.

Whoever checks a stranger's configuration reads here what the stranger has decided. What the
command line says is not among it: who gives a flag knows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

from nginx_memlint.exit_codes import FailOn
from nginx_memlint.printable import printable
from nginx_memlint.result import Lowered, Suppressed

if TYPE_CHECKING:
    from nginx_memlint.settings.in_force import Root, Value

By: TypeAlias = Literal["ignore", "settings", "baseline"]

_SEVERITIES = ("off", "note", "warning", "error")
"""Severities of settings, the least first."""


def by_settings(root: Root) -> Iterator[Lowered]:
    """What is in force for a configuration and is from a settings file, unless it can only raise.

    Findings that are accepted are not among it: by_acceptance() has them.
    """
    from nginx_memlint.options import OPTIONS, Bearing  # noqa: PLC0415
    from nginx_memlint.settings.shown import shown  # noqa: PLC0415

    for name, found in root.values.items():
        # without settings errors fail: "warning" is stricter
        option = OPTIONS[name]
        if found.file and (name != "fail_on" or FailOn(found.value) is FailOn.NEVER):
            yield _in_settings(
                found,
                f"{option.key} is {shown(name, found)}",
                figures=option.bearing is not Bearing.VERDICT,
            )
    if root.dump.file:
        yield _in_settings(root.dump, f"dump is {shown('dump', root.dump)}", figures=True)
    if root.severities:
        from nginx_memlint.rules import RULES  # noqa: PLC0415

        usual = {rule.code: rule.severity for rule in RULES}
        for code, found in root.severities.items():
            if _SEVERITIES.index(found.value) < _SEVERITIES.index(usual[code]):
                what = "off" if found.value == "off" else f"a {found.value}, not {_a(usual[code])}"
                yield _in_settings(found, f"{code} is {what}")


def by_acceptance(
    suppressed: Iterable[Suppressed], baseline: str | None = None
) -> Iterator[Lowered]:
    """What accepted these findings: an entry for each comment, ignore of the settings, baseline."""
    rules: dict[tuple[By, str, int | None, str], Counter[str]] = {}
    for item in suppressed:
        file, line = (item.ignore.file, item.ignore.line) if item.ignore else (baseline, None)
        if file is not None:
            rules.setdefault((item.by, file, line, item.reason), Counter())[item.rule] += 1
    for (by, file, line, reason), counts in rules.items():
        count = counts.total()
        what = (
            f"accepts {count:,} finding{'' if count == 1 else 's'} of {', '.join(sorted(counts))}"
        )
        if reason:
            what += f": {reason}"
        yield Lowered(by=by, of="findings", what=what, file=file, line=line)


def _in_settings(found: Value, what: str, *, figures: bool = False) -> Lowered:
    assert found.file is not None
    return Lowered(
        by="settings",
        of="figures" if figures else "findings",
        what=what,
        file=printable(found.file.path),
        line=found.file.line(found.path),
    )


def _a(severity: str) -> str:
    return f"an {severity}" if severity == "error" else f"a {severity}"


def unique(found: Iterable[Lowered]) -> list[Lowered]:
    """Each once: several configurations share their settings."""
    return list({(item.file, item.line or 0, item.what): item for item in found}.values())
