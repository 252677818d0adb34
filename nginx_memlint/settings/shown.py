"""Values of options as text for people, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from nginx_memlint.options.kinds import BUDGET, SIZE
from nginx_memlint.options.record import OPTIONS
from nginx_memlint.printable import printable
from nginx_memlint.settings.in_force import Value
from nginx_memlint.sizes import human
from nginx_memlint.targets.targets import Target

JsonValue: TypeAlias = int | float | str | list[str] | dict[str, str] | None


def shown(name: str, setting: Value) -> str:
    """The value as one line of text; a dash if there is none."""
    value = plain(setting)
    if OPTIONS[name].kind in (SIZE, BUDGET) and isinstance(value, int):
        return human(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = [f"{inside}={outside}" for inside, outside in value.items()]
    if isinstance(value, list):
        value = ",".join(value)
    return "–" if value in (None, "", False) else str(value)


def plain(setting: Value) -> JsonValue:
    """The value as JSON has it, with printable text."""
    value: object = setting.value
    if isinstance(value, Target):
        return printable(value.name)
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, Mapping):
        return {printable(name): printable(_text(text)) for name, text in value.items()}
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], tuple):
            return {printable(inside): printable(outside) for inside, outside in value}
        return [printable(item) for item in value]
    assert value is None or isinstance(value, int | float)
    return value


def _text(value: str | tuple[int, int]) -> str:
    """A value of a mapping as a flag has it."""
    return value if isinstance(value, str) else ",".join(map(str, value))
