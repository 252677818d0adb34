"""Budgets from where they are written: the machine, a control group, a unit, a manifest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.yaml import read_yaml
from nginx_memlint.live.preflight.room import MACHINE, room_around
from nginx_memlint.printable import printable
from nginx_memlint.sizes import MAX_SIZE, MIB, WrittenBudget

HOST_PART = 90
"""Percent of the machine's memory that ``host`` stands for: the rest is other programs'."""

UNIT_MOST = 256 << 10
"""Bytes of a file of a unit."""

UNIT_DIRECTORIES = (
    "etc/systemd/system",
    "run/systemd/system",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
)
"""Where units are, in systemd's order: the first that has one counts, drop-ins of all are read."""

_SET = re.compile(r"^[ \t]*+(?:MemoryMax|MemoryLimit)[ \t]*+=(.*)$", re.MULTILINE)

DEEPEST = 32
"""Levels of a document below which nothing is looked for."""

_KUBERNETES = {"": 1, "m": Decimal("0.001")}
_KUBERNETES |= {unit: 1000**power for power, unit in enumerate("kMGTPE", 1)}
_KUBERNETES |= {f"{unit}i": 1024**power for power, unit in enumerate("KMGTPE", 1)}
"""Suffix of a quantity in Kubernetes → its factor."""

_BINARY = {"": 1, **{unit: 1024**power for power, unit in enumerate("KMGT", 1)}}
"""Suffix in a unit of systemd, and in compose, where ``kb`` is the same as ``k`` → its factor."""


class _BudgetSource(NamedTuple):
    """A source of budgets: what is to be given behind its name, and what reads it.

    ``read`` takes what was given and the directory of ``proc`` and ``sys``.
    """

    given: str
    read: Callable[[str, Path], WrittenBudget]


def budget_from(text: str, root: Path = Path("/")) -> WrittenBudget | None:
    """The budget of a text like ``host`` or ``unit:NAME``; None if it names no source.

    Raises MemlintError for a source that has no budget.
    """
    name, mark, given = text.partition(":")
    source = SOURCES.get(name)
    if source is None:
        return None
    if bool(mark) != bool(source.given) and name != "host":
        expected = f"{name}:{source.given}" if source.given else name
        raise MemlintError(f'"{printable(text)}" is not {expected}')
    try:
        budget = source.read(given, root)
    except OSError as error:
        raise MemlintError(f"{printable(text)}: {error.strerror or error}") from None
    if not MIB <= budget < MAX_SIZE:
        raise MemlintError(f"{printable(text)}: {budget:,} bytes are no budget for nginx")
    return budget


def file_of(text: str) -> str | None:
    """The file that a text like ``k8s:FILE#CONTAINER`` names; None if it names none."""
    name, mark, given = text.partition(":")
    is_file = bool(mark) and name in SOURCES and SOURCES[name].given.startswith("FILE#")
    return given.rpartition("#")[0] or None if is_file else None


def _host(given: str, root: Path) -> WrittenBudget:
    match = re.fullmatch(r"([1-9][0-9]?|100)%|", given)
    if match is None:
        raise MemlintError(f'"host:{printable(given)}" is not host, or host:80%')
    part = int(match[1] or HOST_PART)
    total = _total(root)
    return WrittenBudget(total * part // 100, f"{part} % of this machine's memory")


def _total(root: Path) -> int:
    for limit in room_around("self", root):
        if limit.name == MACHINE:
            return limit.limit
    raise MemlintError("this machine does not say how much memory it has")


def _cgroup(_given: str, root: Path) -> WrittenBudget:
    limits = [limit for limit in room_around("self", root) if limit.name != MACHINE]
    limits = [limit for limit in limits if limit.kills]
    if not limits:
        raise MemlintError("no control group around memlint limits memory")
    least = min(limits, key=lambda limit: limit.limit)
    return WrittenBudget(least.limit, printable(least.name))


def _unit(name: str, root: Path) -> WrittenBudget:
    if "/" in name or name.startswith("."):
        raise MemlintError(f'"{printable(name)}" is not the name of a unit')
    if "." not in name:
        name += ".service"
    directories = [root / directory for directory in UNIT_DIRECTORIES]
    files = [directory / name for directory in directories if (directory / name).is_file()][:1]
    drop_ins: dict[str, Path] = {}
    for directory in directories:
        for path in (directory / f"{name}.d").glob("*.conf"):
            drop_ins.setdefault(path.name, path)
    files += [drop_ins[each] for each in sorted(drop_ins)]
    if not files:
        raise MemlintError(f"there is no unit {printable(name)}")
    value, place = "", files[0]
    for path in files:
        text = read_file(path, UNIT_MOST).decode("utf-8", "replace")
        for line in _SET.finditer(text):
            value, place = line[1].strip(), path
    if value in ("", "infinity"):
        raise MemlintError(f"{printable(name)} has no MemoryMax=")
    if match := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)%", value):
        size = int(_total(root) * Decimal(match[1]) / 100)
    else:
        size = _quantity(value, _BINARY, f"MemoryMax={value}")
    return WrittenBudget(size, f"MemoryMax of {printable(name)}, in {printable(str(place))}")


def _quantity(text: object, factors: dict[str, Any], what: str) -> int:
    """The bytes of a number with a suffix, rounded down.

    One that begins with a zero is none: to YAML 1.1 it is octal.
    """
    number = r"(?!0[0-9])[0-9.]{1,30}(?:[eE][0-9]{1,2})?"
    match = re.fullmatch(rf"({number})([a-zA-Z]{{0,2}})", str(text))
    try:
        if match is not None and match[2] in factors:
            return int(Decimal(match[1]) * factors[match[2]])
    except InvalidOperation:
        pass
    raise MemlintError(f"{printable(what)[:200]} is no size that is known")


def _file_and_name(given: str, what: str) -> tuple[str, str]:
    path, mark, name = given.rpartition("#")
    if not (mark and path and name):
        raise MemlintError(f'"{printable(given)}" is not FILE#{what}')
    return path, name


def _kubernetes(given: str, _root: Path) -> WrittenBudget:
    path, name = _file_and_name(given, "CONTAINER")
    where = f"{path}: container {name}"
    values = {
        _text(_below(each, "resources", "limits", "memory"), where)
        for document in read_yaml(path)
        for each in _containers(document)
        if each.get("name") == name
    }
    value = _one(values, where)
    size = _quantity(value, _KUBERNETES, f"{path}: limits.memory {value}")
    return WrittenBudget(size, printable(f"limits.memory of {name} in {path}"))


def _containers(document: object) -> Iterator[dict[str, Any]]:
    """The containers of a manifest of any kind; what aliases repeat is looked at once."""
    seen: set[int] = set()
    pending = [(document, DEEPEST)]
    while pending:
        node, depth = pending.pop()
        if not depth or id(node) in seen:
            continue
        if isinstance(node, dict | list):
            seen.add(id(node))
        if isinstance(node, list):
            pending += [(value, depth - 1) for value in node]
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in ("containers", "initContainers") and isinstance(value, list):
                    yield from (each for each in value if isinstance(each, dict))
                elif key in ("spec", "template", "jobTemplate", "items"):
                    pending.append((value, depth - 1))


def _compose(given: str, _root: Path) -> WrittenBudget:
    path, name = _file_and_name(given, "SERVICE")
    where = f"{path}: service {name}"
    values = set()
    for document in read_yaml(path):
        service = _below(document, "services", name)
        deployed = _below(service, "deploy", "resources", "limits", "memory")
        if service is not None:
            limit = _below(service, "mem_limit") if deployed is None else deployed
            values.add(_text(limit, where))
    value = _one(values, where)
    text = re.sub(r"(?<=[kmg])b$|(?<=[0-9])b$", "", value.lower()).upper()
    size = _quantity(text, _BINARY, f"{path}: {value}")
    return WrittenBudget(size, printable(f"the limit of {name} in {path}"))


def _below(node: object, *keys: str) -> Any:  # noqa: ANN401  whatever stands there
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _text(value: object, where: str) -> str:
    """The text of a limit, empty for none. Raises MemlintError for a list or a mapping."""
    if value is None:
        return ""
    if isinstance(value, str):
        return "" if value in _NULLS else value
    raise MemlintError(f"{printable(where)}: its limit of memory is no size")


_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""Texts of null in YAML."""


def _one(values: set[str], where: str) -> str:
    if not values:
        raise MemlintError(f"{printable(where)}: there is none")
    if len(values) > 1:
        listed = ", ".join(sorted(value or "none" for value in values))
        raise MemlintError(f"{printable(where)}: has several limits ({printable(listed)[:200]})")
    [value] = values
    if not value:
        raise MemlintError(f"{printable(where)}: has no limit of memory")
    return value


SOURCES = {
    "host": _BudgetSource("", _host),
    "cgroup": _BudgetSource("", _cgroup),
    "unit": _BudgetSource("NAME", _unit),
    "k8s": _BudgetSource("FILE#CONTAINER", _kubernetes),
    "compose": _BudgetSource("FILE#SERVICE", _compose),
}
"""Name → the source."""
