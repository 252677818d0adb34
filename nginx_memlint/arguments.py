"""What the Python API may be told: each keyword argument is read as the command line reads it.

One row of READERS for each argument: a value that no command line would take is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast

from nginx_memlint.inspection import check_context
from nginx_memlint.memory.targets import (
    Target,
    UnknownTargetError,
    find_target,
    parse_version,
    target_names,
)
from nginx_memlint.policy import Policy
from nginx_memlint.sizes import MAX_SIZE, check_budget, parse_budget, parse_size

if TYPE_CHECKING:
    from nginx_memlint.options import Options

MOST_WORKERS = 4096
"""Worker processes that can be asked for."""

Reader = Callable[[Any], object]
"""Makes sense of a value. Raises TypeError or ValueError that says what to give."""


def read_arguments(given: Mapping[str, Any], ours: str = "check") -> Options:
    """The keyword arguments of a function of the Python API, made sense of.

    Raises TypeError for an unknown name or a value of a wrong type, ValueError for a wrong value.
    """
    read: dict[str, object] = {}
    for name, value in given.items():
        reader = READERS.get(name)
        if reader is None:
            close = get_close_matches(name, READERS, 1, 0.5)
            hint = f'did you mean "{close[0]}"?' if close else f"known are {', '.join(READERS)}"
            raise TypeError(f'{ours}() has no argument "{name}"; {hint}')
        try:
            read[name] = reader(value)
        except UnknownTargetError:
            raise
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}: {error}") from None
    return cast("Options", read)


def read_size(name: str, value: object) -> int:
    """The bytes that an argument is, or says as text; raises as read_arguments()."""
    try:
        return _size(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None


def parse_workers(text: str) -> int:
    """The number of worker processes that a text is; raises ValueError."""
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_WORKERS:
        raise ValueError(f'"{text}" is not a number of workers from 1 to {MOST_WORKERS}')
    return int(text)


def _wrong(value: object, wanted: str) -> TypeError:
    return TypeError(f"must be {wanted}, not {type(value).__name__}")


def _only(kind: type, wanted: str, then: Reader = lambda value: value) -> Reader:
    """Values of one type; True and False are no numbers."""

    def read(value: object) -> object:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _wrong(value, wanted)
        return then(value)

    return read


def _or_none(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _size(value: object, parse: Callable[[str], int] = parse_size) -> int:
    if isinstance(value, str):
        return parse(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(value, 'a size like "4GiB", or a number of bytes')
    if not 0 < value < MAX_SIZE:
        raise ValueError(f'{value} is no number of bytes: give more than 0, or a text like "4GiB"')
    return value


def _budget(value: object) -> int:
    size = _size(value, parse_budget)
    return size if isinstance(value, str) else check_budget(size)


def _version(text: str) -> str:
    parse_version(text)
    return text


def _target(value: object) -> str | Target:
    if isinstance(value, str):
        try:
            find_target(value)
        except UnknownTargetError:
            close = get_close_matches(value, target_names(), 1, 0.4)
            hint = f'did you mean "{close[0]}"?' if close else "target_names() has all"
            raise UnknownTargetError(f'target: "{value}" is not known; {hint}') from None
        return value
    if not isinstance(value, Target):
        raise _wrong(value, 'a name like "debian-12", or what load_target() returns')
    return value


def _path(value: object) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise _wrong(value, "a path")
    path = os.fsdecode(value)
    if not path or "\0" in path:
        raise ValueError("holds a NUL byte" if path else "is empty")
    return path


def read_path(path: object) -> str:
    """The path of a configuration; raises TypeError."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f'a configuration must be a path, or "-", not {type(path).__name__}')
    return os.fsdecode(path)


def _sysroot(value: object) -> str:
    directory = _path(value)
    if not os.path.isdir(directory):
        raise ValueError(f'"{directory}" is not a directory')
    return directory


_PAIRS = 'pairs of paths, e.g. [("/etc/nginx", "hosts/web1/nginx")]'


def _path_map(value: object) -> tuple[tuple[str, str], ...]:
    pairs = value.items() if isinstance(value, Mapping) else value
    try:
        read = [(inside, outside) for inside, outside in cast("Any", pairs)]
    except (TypeError, ValueError):
        raise TypeError(f"must be {_PAIRS}") from None
    if isinstance(value, str) or not all(isinstance(inside, str) for inside, _ in read):
        raise TypeError(f"must be {_PAIRS}")
    for inside, _ in read:
        if not inside.startswith("/"):
            raise ValueError(f'"{inside}" must be absolute: it is a directory as nginx sees it')
    found = tuple((_path(inside), _path(outside)) for inside, outside in read)
    for _, outside in found:
        if not os.path.exists(outside):
            raise ValueError(f'there is no "{outside}"')
    return found


def _context(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) and value else value or ()
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        raise _wrong(value, 'names of blocks, e.g. ["http", "server"]')
    context = tuple(name.strip() for name in names)
    check_context(context)
    return context


def _policy(policy: Policy) -> Policy:
    limits = policy.limits
    budgets: dict[str, Any] = {
        name: _or_none(_budget)(getattr(limits, name))
        for name in ("max_memory", "max_start_memory", "max_zones_memory")
    }
    seconds = limits.max_test_seconds
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ValueError(f"{seconds} is not a positive number of seconds")
    return replace(policy, limits=replace(limits, **budgets))


def _jobs(number: int) -> int:
    if number < 1:
        raise ValueError(f"{number} is not a number of processes from 1 on")
    return number


def _parser(name: str) -> str:
    if name not in ("memlint", "crossplane"):
        raise ValueError(f'"{name}" is not "memlint" or "crossplane"')
    return name


_VERSION = _or_none(_only(str, 'a version as text, like "1.22.1"', _version))

READERS: dict[str, Reader] = {
    "data": _or_none(_only(bytes, "bytes")),
    "target": _or_none(_target),
    "nginx_version": _VERSION,
    "lua_version": _VERSION,
    "stream_lua_version": _VERSION,
    "njs_version": _VERSION,
    "openssl_version": _VERSION,
    "workers": _or_none(_only(int, "a whole number", lambda number: parse_workers(str(number)))),
    "unit_cost": _or_none(_size),
    "max_memory": _or_none(_budget),
    "prefix": _or_none(_path),
    "sysroot": _or_none(_sysroot),
    "path_map": _path_map,
    "dump": _or_none(_only(bool, "True or False")),
    "context": _context,
    "policy": _only(Policy, "a Policy", _policy),
    "trusted": _only(bool, "True or False"),
    "breakdown": _only(bool, "True or False"),
    "parser": _only(str, "a name", _parser),
    "jobs": _only(int, "a whole number", _jobs),
}
"""Argument → how it is read. options.Options has their types, for type checkers."""
