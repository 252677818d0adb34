"""Target files: a server with its versions, the facts of it, and what was measured there.

``memlint facts`` and ``memlint calibrate`` write them, each its part. The keys are those of
versions_table.py, of costs_table.py and of host_facts.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_type_hints

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.toml import read_toml, toml_string
from nginx_memlint.printable import printable
from nginx_memlint.targets.allocators_table import PLATFORM, Platform
from nginx_memlint.targets.costs_table import COSTS
from nginx_memlint.targets.host_facts import MOST_PROCESSORS, FileFacts, HostFacts
from nginx_memlint.targets.targets import (
    BUILT,
    BUILT_IN,
    MEASURABLE,
    PHASES,
    VERSION_KEYS,
    Costs,
    MeasuredLaws,
    Target,
    installed_target,
    read_component,
)

MAX_FILE_BYTES = 1 << 20
"""Bytes of the largest target file: about 300 for each file of certificates that it names."""

MOST = 1 << 40
"""Bytes, seconds, or how many of something a target file may say there are."""

MOST_CERTIFICATES = 100_000
"""Certificates, and revocation lists, of all files together: each is held in memory."""

_UNUSED = ("openssl_since", "nginx_since")
"""Keys of costs_table.py that say which servers borrow a row: a file is for one server."""

LAW_KEY = "law"
"""Key of the laws of reloads: a table for each kind of memory, a pair of numbers for each phase."""

_KINDS: dict[type, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,)}

_WORDS: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list of texts",
    dict: "a list of tables",
}

COST_KEYS = {key: _KINDS[kind] for key, kind in get_type_hints(Costs).items() if key != "name"}
"""Key of what was measured → the types of its value."""

_NEEDED_COSTS = [key for key in COST_KEYS if key not in {*Costs._field_defaults, *_UNUSED}]

_BYTES = ("location", "server", "context", "certificate", "der", "key_pair", "client_ca_name")

_APART = 4
"""Times that the bytes of a server may be less than the least that was measured on any, or more
than the most: figures of a file that is further off are made up."""


def _near(key: str) -> tuple[float, float]:
    measured = [row[key] for row in COSTS.values()]
    return min(measured) / _APART, max(measured) * _APART


BETWEEN: dict[str, tuple[float, float]] = {
    **{key: _near(key) for key in _BYTES},
    "processors": (1, MOST_PROCESSORS),
}
"""Key → least and most of its number, where they are not 0 and MOST."""

_KEY = re.compile(r"(?:EC|RSA [0-9]{1,5})?", re.ASCII)
"""The kind of a certificate's key, or none."""

_HOST_KEYS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("written", "directory", "memory_limit_from"), (str,)),
    **dict.fromkeys(("processors", "memory_limit"), (int,)),
    "modules": (list,),
    "files": (dict,),
}

KEYS: dict[str, tuple[type, ...]] = {
    **COST_KEYS,
    **dict.fromkeys(VERSION_KEYS, (str,)),
    **dict.fromkeys(("built_in", "built", "source"), (list,)),
    "note": (str,),
    **dict.fromkeys(PLATFORM, (str,)),
    **_HOST_KEYS,
    LAW_KEY: (dict,),
}

_FIXED, _EACH = (0.0, 60.0), (0.0, 20.0)
"""Least and most of a law's numbers: those that are known are up to 7.8, and 8.6 a worker."""

_START = (0.8, 2.0)
"""Least and most times that memory is held at a start: 0.82 and 1.3 are known (musl)."""

_START_EACH = 0.05
"""Most times that each worker holds it then: 0.001 is known (jemalloc)."""

NOT_BELOW = (
    ("after", "start", 1.0),
    ("after_worst", "after", 1.0),
    ("peak", "start", 1.9),
    ("peak", "after", 1.0),
    ("peak_worst", "peak", 1.0),
    ("peak_worst", "after_worst", 1.0),
)
"""A phase that holds at least so many times as much as another: in a reload, the old configuration
is there beside the new one (a chunk of jemalloc's pool is 1.98 of them)."""

_MANY_WORKERS = 1_000

_FILE_KEYS: dict[str, tuple[type, ...]] = {
    key: (type(value),) for key, value in FileFacts("")._asdict().items()
}

_ONE_OF: dict[str, Sequence[str]] = {"built_in": BUILT_IN, "built": sorted(BUILT), **PLATFORM}
"""Key → the texts that it may have."""


def load_target(path: str | os.PathLike[str]) -> Target:
    """The server that a file describes. Raises MemlintError that names the file and the key."""
    return target_of_table(path, read_table(path))


def read_table(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The table of a target file, checked. Raises MemlintError."""
    name = printable(os.fspath(path))
    try:
        row = read_toml(path, MAX_FILE_BYTES).table
    except OSError as error:
        raise MemlintError(f"cannot read {name}: {error.strerror}") from None
    check_table(name, row)
    return row


def check_table(name: str, row: Mapping[str, Any]) -> None:
    """Raise MemlintError unless a table is that of a target file."""
    for key, value in row.items():
        if key == LAW_KEY:
            _check_laws(name, value)
        else:
            _check(name, key, value, KEYS)
    measured = _NEEDED_COSTS if any(key in row for key in COST_KEYS) else []
    if LAW_KEY in row and "measured" not in row:
        raise MemlintError(f"{name}: {LAW_KEY}: measured is missing, which says where")
    for key in ("nginx", "openssl", *measured):
        if key not in row:
            raise MemlintError(f"{name}: {key} is missing")
    for entry in row.get("files", []):
        for key, value in entry.items():
            _check(f"{name}: files", key, value, _FILE_KEYS)
        if not entry.get("path", "").startswith("/"):
            raise MemlintError(f"{name}: files: path must be an absolute path")
    for key in ("certificates", "repeats", "revocation_lists"):
        if sum(entry.get(key, 0) for entry in row.get("files", [])) > MOST_CERTIFICATES:
            raise MemlintError(f"{name}: files: more than {MOST_CERTIFICATES:,} {key} in all")


def target_of_table(path: str | os.PathLike[str], row: Mapping[str, Any]) -> Target:
    """The server of a target file's table, which check_table() has taken."""
    name = printable(os.fspath(path))
    costs: dict[str, Any] = dict.fromkeys(_UNUSED, "0")
    costs |= {key: value for key, value in row.items() if key in COST_KEYS}
    target = installed_target(
        name,
        {key: row[key] for key in VERSION_KEYS if key in row},
        row.get("built_in", []),
        Costs(name=name, **costs) if "measured" in row else None,
        tuple(row.get("source", [])),
        row.get("note", ""),
        Platform().replaced(row.get("libc"), row.get("allocator")),
    )
    host = {key: row[key] for key in _HOST_KEYS if key in row}
    host["modules"] = frozenset(row.get("modules", []))
    host["files"] = {entry["path"]: FileFacts(**entry) for entry in row.get("files", [])}
    if LAW_KEY in row:
        said = (
            f"laws of reloads ({', '.join(row[LAW_KEY])}) as measured: {printable(row['measured'])}"
        )
        laws = MeasuredLaws(target.allocator, row[LAW_KEY])
        target = target._replace(laws=laws, assumed=(*target.assumed, said))
    return target._replace(built=frozenset(row.get("built", [])), host=HostFacts(name=name, **host))


def _check_laws(name: str, laws: object) -> None:
    """Raise MemlintError unless these are laws that a server may have."""
    where = f"{name}: {LAW_KEY}"
    if not isinstance(laws, dict):
        raise MemlintError(f"{where} must be a table")
    for kind, law in laws.items():
        if kind not in MEASURABLE:
            raise MemlintError(f"{where}: {printable(kind)} is not one of {', '.join(MEASURABLE)}")
        if not isinstance(law, dict) or law.keys() != set(PHASES):
            raise MemlintError(f"{where}: {kind} must have {', '.join(PHASES)}")
        for phase, pair in law.items():
            if not (isinstance(pair, list) and len(pair) == 2 and all(map(_is_number, pair))):
                raise MemlintError(f"{where}: {kind}: {phase} must be a list of two numbers")
            for number, (least, most) in zip(pair, (_FIXED, _EACH), strict=True):
                if not least <= number <= most:
                    raise MemlintError(f"{where}: {kind}: {phase} must be from 0 to {most:.0f}")
        fixed, each = law["start"]
        if not (_START[0] <= fixed <= _START[1] and each <= _START_EACH):
            raise MemlintError(
                f"{where}: {kind}: start must be from {_START[0]} to {_START[1]}, and up to "
                f"{_START_EACH} for each worker"
            )
        for phase, other, factor in NOT_BELOW:
            for workers in (1, _MANY_WORKERS):
                times, least = (fixed + each * workers for fixed, each in (law[phase], law[other]))
                if times < factor * least:
                    raise MemlintError(f"{where}: {kind}: {phase} must be {factor} times {other}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(name: str, key: str, value: object, keys: Mapping[str, tuple[type, ...]]) -> None:
    """Raise MemlintError unless one of these keys may have this value."""
    if key not in keys:
        raise MemlintError(
            f"{name}: {printable(key)} is not a key of a target file (known: "
            f"{', '.join(sorted(keys))})"
        )
    kinds = keys[key]
    items = value if isinstance(value, list) else []
    if kinds == (dict,):
        right = isinstance(value, list) and all(isinstance(item, dict) for item in items)
    else:
        right = isinstance(value, kinds) and not isinstance(value, bool)
        right = right and all(isinstance(item, str) for item in items)
    if not right:
        raise MemlintError(f"{name}: {key} must be {_WORDS[kinds[-1]]}")
    least, most = BETWEEN.get(key, (0, MOST))
    if isinstance(value, (int, float)) and not least <= value <= most:
        bounds = " to ".join(f"{number:,}".removesuffix(".0") for number in (least, most))
        raise MemlintError(f"{name}: {key} must be from {bounds}")
    if key == "key" and not _KEY.fullmatch(str(value)):
        raise MemlintError(f'{name}: key must be "EC", or "RSA" and its bits')
    if key in VERSION_KEYS:
        try:
            read_component(key, str(value))
        except ValueError as error:
            raise MemlintError(f"{name}: {key}: {printable(str(error))}") from None
    for item in (items if isinstance(value, list) else [value]) if key in _ONE_OF else []:
        if item not in _ONE_OF[key]:
            raise MemlintError(
                f'{name}: {key}: "{printable(str(item))}" is not one of {", ".join(_ONE_OF[key])}'
            )


def text_of(row: Mapping[str, Any], notes: Iterable[str]) -> str:
    """The text of a target file with this table, which read_table() takes; ``notes`` come first."""
    lines = [f"# {note}" for note in notes]
    lines += [f"{key} = {_value(value)}" for key, value in row.items() if key not in _TABLES]
    for kind, law in row.get(LAW_KEY, {}).items():
        lines += [
            "",
            f"[{LAW_KEY}.{kind}]",
            *(f"{key} = {_value(pair)}" for key, pair in law.items()),
        ]
    for entry in row.get("files", []):
        lines += ["", "[[files]]", *(f"{key} = {_value(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


_TABLES = ("files", LAW_KEY)
"""Keys whose values are written as tables, behind all others."""


def _value(value: object) -> str:
    """A value as TOML: factors and CPU seconds have four digits."""
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, int):
        return f"{value:_}"
    if isinstance(value, float):
        text = f"{value:.4g}"
        return text if "." in text or "e" in text else f"{text}.0"
    return toml_string(str(value))
