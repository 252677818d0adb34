"""Kinds of options: how a value is read from the command line, settings files and Python.

A reader takes the text of a command line and the value that TOML or Python has for the same thing.
It raises TypeError or ValueError with a sentence that says what to give.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from nginx_memlint.exit_codes import FailOn
from nginx_memlint.files.paths import PATH_MAX
from nginx_memlint.policy import Policy
from nginx_memlint.sizes import MAX_SIZE, MIB, SIZE_PATTERN, check_budget, parse_budget, parse_size
from nginx_memlint.suggest import did_you_mean
from nginx_memlint.targets.allocators_table import PLATFORM
from nginx_memlint.targets.host_facts import MOST_PROCESSORS, HostFacts
from nginx_memlint.targets.names import HOST, pattern
from nginx_memlint.targets.targets import (
    SETTABLE,
    Target,
    find_target,
    read_component,
    target_names,
)
from nginx_memlint.tls.ca_bundle import PEM_OF_ONE
from nginx_memlint.tree.blocks import check_context

MOST_WORKERS = MOST_PROCESSORS
"""Worker processes that can be asked for."""

MOST_COUNTED = 999_999_999
"""Loads or contexts that a budget can allow."""

_NUMBER = r"[0-9]{1,15}(\.[0-9]{1,15})?"
"""Seconds as text: float() would take more, such as digits of other scripts and underscores."""

Reader = Callable[[Any], Any]


class Kind(NamedTuple):
    """A kind of values.

    ``schema`` is the JSON Schema of a settings key of this kind. A flag that is ``repeatable`` may
    be given several times, and its reader takes the list of texts; one that is a ``switch`` takes
    no value. ``rebased`` turns a value whose paths are a settings file's into one with paths
    relative to the working directory, by a function of one of them. ``absent`` says which file or
    directory that the value names is not there. A mapping that ``adds_up`` overrides those of
    earlier levels key by key. ``choices`` are values that a shell completes.
    """

    metavar: str
    read: Reader
    schema: Callable[[], dict[str, Any]] = dict
    repeatable: bool = False
    switch: bool = False
    rebased: Callable[[Any, Callable[[str], str]], Any] = lambda value, _place: value
    absent: Callable[[Any], str | None] = lambda _value: None
    adds_up: bool = False
    choices: Callable[[], Iterable[str]] | None = None


def _wrong(value: object, wanted: str) -> TypeError:
    return TypeError(f"must be {wanted}, not {type(value).__name__}")


def only(kind: type, wanted: str, then: Reader = lambda value: value) -> Reader:
    """A reader of values of one Python type; True and False do not count as numbers."""

    def read(value: object) -> object:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise _wrong(value, wanted)
        return then(value)

    return read


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


def _workers(value: object) -> int:
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise _wrong(value, "a whole number, e.g. 8")
    text = str(value)
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_WORKERS:
        message = f'"{text}" is not a number of workers from 1 to {MOST_WORKERS}'
        if text == "auto":
            message += "; on the command line, host is as many as auto starts here"
        raise ValueError(message)
    return int(text)


def _count(value: object) -> int:
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise _wrong(value, "a whole number, e.g. 500")
    text = str(value)
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError(f'"{text}" is not a whole number from 0 to {MOST_COUNTED:,}')
    return int(text)


def _seconds(value: object) -> float:
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        raise _wrong(value, "a number of seconds, e.g. 30")
    is_number = not isinstance(value, str) or re.fullmatch(_NUMBER, value)
    try:
        seconds = float(value) if is_number else 0.0
    except OverflowError:  # a whole number of hundreds of digits
        seconds = float("inf")
    if not 0 < seconds < float("inf"):
        raise ValueError(f"{value} is not a positive number of seconds, e.g. 30")
    return seconds


_UNITS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600}


def _duration(value: object) -> float:
    """Seconds of a time with its unit, or without one: ``60s``, ``2m``, ``90``."""
    if not isinstance(value, str):
        return _seconds(value)
    match = re.fullmatch(rf"({_NUMBER}) ?([a-z]*)", value)
    if match is None or match[3] not in _UNITS:
        raise ValueError(f'"{value}" is no time: give one like 60s or 2m')
    return _seconds(float(match[1]) * _UNITS[match[3]])


def read_target(value: object) -> str | Target:
    """The name of a target, checked to exist, or a Target; raises MemlintError and TypeError."""
    if isinstance(value, str):
        if value != HOST:
            find_target(value)
        return value
    if not isinstance(value, Target):
        raise _wrong(value, 'a name like "debian-12", or what load_target() returns')
    return value


def _set(value: object) -> dict[str, str]:
    """Name of SETTABLE → version or kind, from a mapping or from texts like ``lua=0.10.25``."""
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        pairs = []
        for text in value:
            name, mark, version = text.partition("=")
            if not mark:
                raise ValueError(f'"{text}" is not NAME=VALUE, e.g. lua=0.10.25')
            pairs.append((name.strip(), version.strip()))
    else:
        raise _wrong(value, 'a table of texts, e.g. {lua = "0.10.25"}')
    read: dict[str, str] = {}
    for name, version in pairs:
        if name not in SETTABLE:
            raise _not_one_of(name, SETTABLE)
        kinds = PLATFORM.get(name, ())
        if not isinstance(version, str):
            example = kinds[-1] if kinds else "1.22.1"
            raise _wrong(version, f'a text, like {name} = "{example}"')
        if not kinds:
            read_component(name, version)
        elif version not in kinds:
            raise _not_one_of(version, kinds)
        read[name] = version
    return read


MOST_CERTIFICATES = 100_000
"""Certificates that a bundle can be stated to have."""

_LEAST_PEM = 300
"""Bytes of PEM that a certificate has at least, with a key on a curve and a short name."""

_BUNDLES = 'a table of CA files, e.g. {"/etc/ssl/certs/ca-certificates.crt" = 150}'


def _bundles(value: object) -> dict[str, tuple[int, int]]:
    """Path → certificates and bytes of PEM, from a mapping or from texts like ``PATH=150,220KiB``.

    Without a size it is that of so many usual certificates.
    """
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list | tuple) and all(isinstance(text, str) for text in value):
        pairs = [text.rpartition("=")[::2] for text in value]
        if wrong := next((text for text in value if "=" not in text), None):
            raise ValueError(f'"{wrong}" is not PATH=CERTIFICATES, e.g. {wrong}=150')
    else:
        raise _wrong(value, _BUNDLES)
    return {_path(path): _bundle(path, stated) for path, stated in pairs}


def _bundle(path: str, stated: object) -> tuple[int, int]:
    if isinstance(stated, str):
        stated = dict(zip(("certificates", "bytes"), stated.split(",", 1), strict=False))
    elif not isinstance(stated, Mapping):
        stated = {"certificates": stated}
    if not {"certificates"} <= stated.keys() <= {"certificates", "bytes"}:
        raise ValueError(f'"{path}" has no size like {{certificates = 150, bytes = "220KiB"}}')
    number = _count(stated["certificates"])
    if not 0 < number <= MOST_CERTIFICATES:
        raise ValueError(f'"{path}": give 1 to {MOST_CERTIFICATES:,} certificates, not {number}')
    size = stated.get("bytes", number * PEM_OF_ONE)
    if isinstance(size, str) and re.fullmatch("[0-9]{1,12}", size):
        size = int(size)  # as ls -l says it
    size = _size(size)
    if size < number * _LEAST_PEM:
        raise ValueError(f'"{path}": {number} certificates have more than {size} bytes of PEM')
    return number, size


def _not_one_of(name: object, names: Sequence[str]) -> ValueError:
    hint = did_you_mean(str(name), names)
    return ValueError(f'"{name}" is not one of {", ".join(names)}{hint}')


def read_path(path: object) -> str:
    """The path of a configuration; raises TypeError."""
    if not isinstance(path, str | bytes | os.PathLike):
        raise TypeError(f'a configuration must be a path, or "-", not {type(path).__name__}')
    return os.fsdecode(path)


def _path(value: object) -> str:
    if not isinstance(value, str | os.PathLike):
        raise _wrong(value, 'a path, e.g. "hosts/web1"')
    path = os.fsdecode(value)
    if not path or "\0" in path:
        raise ValueError("holds a NUL byte" if path else "is empty")
    if len(path) >= PATH_MAX:
        raise ValueError(f"is longer than a path can be: {PATH_MAX:,} bytes")
    return path


_PAIRS = 'a table of paths, e.g. {"/etc/nginx" = "hosts/web1/nginx"}'


def _path_map(value: object) -> tuple[tuple[str, str], ...]:
    """Pairs of a directory as nginx sees it and one here, from a mapping, pairs or ``FROM=TO``."""
    if isinstance(value, str):
        raise _wrong(value, _PAIRS)
    try:
        pairs = list(value.items()) if isinstance(value, Mapping) else list(cast("Any", value))
    except TypeError:
        raise _wrong(value, _PAIRS) from None
    read = []
    for pair in pairs:
        if isinstance(pair, str):
            inside, mark, outside = pair.partition("=")
            if not mark or not inside.startswith("/") or not outside:
                raise ValueError(f'"{pair}" is not FROM=TO with an absolute FROM')
        else:
            try:
                inside, outside = pair
            except (TypeError, ValueError):
                raise TypeError(f"must be {_PAIRS}") from None
        inside = _path(inside)
        if not inside.startswith("/"):
            raise ValueError(f'"{inside}" must be absolute: it is a directory as nginx sees it')
        read.append((inside, _path(outside)))
    return tuple(read)


def _globs(value: object) -> tuple[str, ...]:
    globs = [value] if isinstance(value, str) else value
    if not isinstance(globs, list | tuple) or not all(isinstance(glob, str) for glob in globs):
        raise _wrong(value, 'a list of globs, e.g. ["/etc/nginx/secrets/*"]')
    return tuple(map(_path, globs))


def _context(value: object) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) and value else value or ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise _wrong(value, 'names of blocks, e.g. ["http", "server"]')
    context = tuple(name.strip() for name in names)
    check_context(context)
    return context


def _codes(value: object) -> tuple[str, ...]:
    """Codes of rules and their beginnings, from texts with commas."""
    from nginx_memlint.rules.selection import read_codes  # noqa: PLC0415  seldom asked for

    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise _wrong(value, 'codes of rules, e.g. ["ML101", "ML2"]')
    return read_codes(part for text in texts for part in text.split(","))


def _rule_codes() -> tuple[str, ...]:
    from nginx_memlint import rules  # noqa: PLC0415  seldom asked for

    return rules.codes()


def _fail_on(value: object) -> FailOn:
    try:
        return FailOn(cast("str", value))
    except ValueError:
        levels = ", ".join(FailOn)
        raise ValueError(
            f'"{value}" is not one of {levels}{did_you_mean(str(value), list(FailOn))}'
        ) from None


def _policy(policy: Policy) -> Policy:
    limits = policy.limits
    budgets: dict[str, Any] = {
        name: _budget(value)
        for name in ("max_memory", "max_start_memory", "max_zones_memory")
        if (value := getattr(limits, name)) is not None
    }
    counts = {
        name: _count(value)
        for name in ("max_ca_loads", "max_contexts")
        if (value := getattr(limits, name)) is not None
    }
    budgets |= counts
    if limits.max_test_seconds is not None:
        budgets["max_test_seconds"] = _seconds(limits.max_test_seconds)
    return policy._replace(limits=limits._replace(**budgets))


_TEXT = {"type": "string", "minLength": 1}


def _size_schema(least: int = 1) -> dict[str, Any]:
    return {
        "anyOf": [
            {"type": "integer", "minimum": least},
            {"type": "string", "pattern": SIZE_PATTERN},
        ],
        "examples": ["512MiB", "4GiB", 1048576],
    }


def _path_map_schema() -> dict[str, Any]:
    return {
        "anyOf": [
            {
                "type": "object",
                "patternProperties": {"^/": _TEXT},
                "additionalProperties": False,
            },
            {"type": "array", "items": {"type": "string", "pattern": "^/[^=]*=."}},
        ]
    }


def _bundles_schema() -> dict[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": MOST_CERTIFICATES}
    both = {
        "type": "object",
        "properties": {"certificates": number, "bytes": _size_schema()},
        "required": ["certificates"],
        "additionalProperties": False,
    }
    return {
        "anyOf": [
            {
                "type": "object",
                "propertyNames": _TEXT,
                "additionalProperties": {"anyOf": [number, both]},
            },
            {"type": "array", "items": {"type": "string", "pattern": ".=[0-9]+(,.+)?$"}},
        ],
        "examples": [{"/etc/ssl/certs/ca-certificates.crt": 150}],
    }


def _set_schema(name: str) -> dict[str, Any]:
    kinds = {"enum": list(PLATFORM[name])} if name in PLATFORM else {}
    return {"type": "string", **kinds}


def _no_directory(path: str) -> str | None:
    return None if os.path.isdir(path) else f'"{path}" is not a directory'


def _placed(path: str, place: Callable[[str], str]) -> str:
    return place(path)


SIZE = Kind("SIZE", _size, _size_schema)
BUDGET = Kind("SIZE", _budget, lambda: _size_schema(MIB))
WORKERS = Kind("N", _workers, lambda: {"type": "integer", "minimum": 1, "maximum": MOST_WORKERS})
COUNT = Kind("N", _count, lambda: {"type": "integer", "minimum": 0, "maximum": MOST_COUNTED})
SECONDS = Kind("SECONDS", _seconds, lambda: {"type": "number", "exclusiveMinimum": 0})
DURATION = Kind("TIME", _duration)
TARGET = Kind(
    "NAME",
    read_target,
    lambda: {"anyOf": [{"enum": target_names()}, {"type": "string", "pattern": pattern()}]},
    choices=lambda: [HOST, *target_names()],
)
FILE = Kind("FILE", _path, lambda: dict(_TEXT), rebased=_placed)
BINARY = Kind("PATH", _path)
DIRECTORY = Kind("DIR", _path, lambda: dict(_TEXT), rebased=_placed, absent=_no_directory)
PREFIX = Kind("DIR", _path, lambda: dict(_TEXT), rebased=_placed)
PATH_MAP = Kind(
    "FROM=TO",
    _path_map,
    _path_map_schema,
    repeatable=True,
    rebased=lambda pairs, place: tuple((inside, place(outside)) for inside, outside in pairs),
    absent=lambda pairs: next(
        (f'there is no "{outside}"' for _, outside in pairs if not os.path.exists(outside)), None
    ),
)
SET = Kind(
    "NAME=VALUE",
    _set,
    lambda: {
        "type": "object",
        "properties": {name: _set_schema(name) for name in SETTABLE},
        "additionalProperties": False,
        "examples": [{"lua": "0.10.25"}, {"allocator": "jemalloc"}],
    },
    repeatable=True,
    adds_up=True,
)
BUNDLES = Kind("PATH=N[,SIZE]", _bundles, _bundles_schema, repeatable=True, adds_up=True)
GLOBS = Kind(
    "GLOB",
    _globs,
    lambda: {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    repeatable=True,
)
CONTEXT = Kind(
    "BLOCKS",
    _context,
    lambda: {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "examples": ["http,server"],
    },
)
CODES = Kind(
    "CODES",
    _codes,
    lambda: {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        "examples": [["ML101", "ML2"]],
    },
    choices=_rule_codes,
    repeatable=True,
)
FAIL_ON = Kind(
    f"[{'|'.join(FailOn)}]",
    _fail_on,
    lambda: {"type": "string", "enum": list(FailOn)},
    choices=lambda: FailOn,
)
SWITCH = Kind("", only(bool, "True or False"), lambda: {"type": "boolean"}, switch=True)
DATA = Kind("", only(bytes, "bytes"))
HOST_FACTS = Kind("", only(HostFacts, "HostFacts"))
POLICY = Kind("", only(Policy, "a Policy", _policy))
