"""An ordinary check at once, any other command by way of Typer."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence

from nginx_memlint import run
from nginx_memlint.annotations import Any
from nginx_memlint.exit_codes import FailOn
from nginx_memlint.memory.targets import find_target
from nginx_memlint.settings import SettingsError


def _target(name: str) -> str:
    find_target(name)
    return name


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError
    return number


_FLAGS: dict[str, Callable[[str], Any]] = {
    "target": _target,
    "fail-on": FailOn,
    "prefix": str,
    "sysroot": str,
    "context": str,
}
"""Options of check that settings have, too, and how their words are read."""

_OPTIONS: dict[str, Callable[[str], Any]] = {
    "config": str,
    "output": str,
    "baseline": str,
    "jobs": _count,
}
_SWITCHES = ("no-config", "no-cache", "show-suppressed", "show-fix", "fix")
_SHORT = {"-p": "--prefix", "-o": "--output", "-j": "--jobs"}


def _spelled_out(option: str) -> str:
    """With its long name: what follows a letter is the value, an equals sign too."""
    name = _SHORT.get(option[:2])
    if name is None:
        return option
    return f"{name}={option[2:]}" if option[2:] else name


def plain_check(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The parameters of run.check() for an ordinary ``memlint check``.

    None if it is anything else, or may be wrong: then Typer is to read it, and to explain.
    """
    if not arguments or arguments[0] != "check":
        return None
    paths: list[str] = []
    flags: dict[str, Any] = {}
    formats: list[str] = []
    options: dict[str, Any] = {}
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-") or argument == "-":
            paths.append(argument)
            continue
        option, mark, value = _spelled_out(argument).partition("=")
        name = option.removeprefix("--")
        if name in _SWITCHES and not mark:
            options[name.replace("-", "_")] = True
            continue
        try:
            value = value if mark else next(rest)
            if name == "format":
                formats.append(value)
            elif name in _FLAGS and name not in flags:
                flags[name] = _FLAGS[name](value)
            elif name in _OPTIONS and name not in options:
                options[name] = _OPTIONS[name](value)
            else:
                return None
        except (StopIteration, ValueError):
            return None
    return {"paths": paths, "flags": flags, "formats": formats, **options}


def _check(arguments: Sequence[str]) -> int | None:
    """The exit status of an ordinary check; None if Typer is to see the arguments."""
    call = plain_check(arguments)
    if call is None:
        return None
    try:
        return run.check(**call)
    except (run.UsageError, SettingsError):
        return None  # raised before anything was done


def command() -> None:
    """Run the command; raises SystemExit with its status, one of exit_codes.Exit."""
    gc.disable()  # there is next to no garbage, and the process ends soon
    status = _check(sys.argv[1:])
    if status is not None:
        raise SystemExit(status)
    from nginx_memlint.cli import app  # noqa: PLC0415  takes longer than most checks

    app()
