"""Named stacks: the versions that decide what is built, and the costs measured for them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any, NewType

Version = NewType("Version", tuple[int, ...])
"""A version's numbers; a letter counts as one more number: 1.1.1w is (1, 1, 1, 23)."""

CLASSIC = "classic"
"""The target if none is named: contexts per block, as in every OpenResty before 1.25.3.1."""

CLASSIC_IS = "debian-12"
"""The stack whose versions and costs the classic target has."""

DEFAULT_OPENSSL = "3.0"


class UnknownTargetError(ValueError):
    """No stack has this name."""


def parse_version(text: str) -> Version:
    """Read a version as nginx, its modules and OpenSSL write them.

    Raises ValueError.
    """
    match = re.fullmatch(r"v?(\d+(?:\.\d+)*)(?:([a-z])|[-+~]?(?:rc|R)\d*)?", text.strip())
    if not match:
        raise ValueError(f'"{text}" is not a version like 1.22.1')
    numbers = [int(number) for number in match[1].split(".")]
    if match[2]:
        numbers.append(ord(match[2]) - ord("a") + 1)
    return Version(tuple(numbers))


@dataclass(frozen=True, slots=True)
class Costs:
    """What was measured on one stack: bytes and CPU seconds per unit. See costs.toml."""

    name: str
    measured: str
    openssl_since: str
    nginx_since: str
    location: int
    server: int
    context: int
    certificate: int
    der: float
    key_pair: int
    client_ca_name: int
    cpu_context: float
    cpu_certificate: float
    first_load: int = 0
    first_peak: int = 3
    cached_certificate: int = 0

    @property
    def caches_certificates(self) -> bool:
        """Whether nginx parses a CA file once and shares it between contexts (from 1.27.2)."""
        return self.cached_certificate > 0


@dataclass(frozen=True, slots=True)
class Target:
    """A server: its versions, the modules built in, what its costs are measured on.

    ``lua``, ``stream_lua`` and ``njs`` are the version that counts if the configuration loads
    the module, whether or not the stack ships it. ``texts`` holds the versions as written.
    """

    name: str
    nginx: Version
    lua: Version
    stream_lua: Version
    njs: Version
    openssl: Version
    built_in: frozenset[str]
    costs: Costs
    texts: dict[str, str]
    ships: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    note: str = ""
    stated: bool = True
    assumed: tuple[str, ...] = ()


VERSION_KEYS = ("nginx", "lua", "stream_lua", "njs", "openssl")

_FALLBACK = {"lua": "0.10.25", "stream_lua": "0.0.13", "njs": "0.7.9"}
"""Taken where a stack does not ship a module: its last version with contexts per block."""


@cache
def _table(name: str) -> dict[str, dict[str, Any]]:
    data = files("nginx_memlint.memory").joinpath(name).read_text("utf-8")
    return tomllib.loads(data)


@cache
def measured_costs() -> tuple[Costs, ...]:
    """All measured stacks, in the order of costs.toml."""
    return tuple(Costs(name=name, **row) for name, row in _table("costs.toml").items())


def costs_for(nginx: Version, openssl: Version) -> Costs:
    """The measured stack that a server of these versions is most like."""
    return [
        costs
        for costs in measured_costs()
        if openssl >= parse_version(costs.openssl_since)
        and nginx >= parse_version(costs.nginx_since)
    ][-1]


def target_names() -> list[str]:
    """All names that find_target() knows, the classic one first."""
    return [CLASSIC, *_table("targets.toml")]


def find_target(name: str | None = None, **versions: str | None) -> Target:
    """The stack of a name, with single versions replaced.

    ``versions`` has keys of VERSION_KEYS. What is assumed rather than known is in
    ``Target.assumed``. Raises UnknownTargetError, and ValueError for a version that is none.
    """
    table = _table("targets.toml")
    assumed = []
    if name is None or name == CLASSIC:
        row = table[CLASSIC_IS]
        if name is None:
            assumed.append(
                "no target given: contexts per block, as in nginx "
                f"{row['nginx']} with lua-nginx-module {row['lua']} and OpenSSL {row['openssl']}; "
                "state yours with --target (memlint targets)"
            )
    elif name in table:
        row = table[name]
    else:
        raise UnknownTargetError(name)
    texts = {key: row[key] for key in VERSION_KEYS if key in row}
    given = {key: text for key, text in versions.items() if text is not None}
    texts |= given
    ships = frozenset(texts)
    texts = _FALLBACK | texts
    parsed = {key: parse_version(text) for key, text in texts.items()}
    costs = costs_for(parsed["nginx"], parsed["openssl"])
    if given or costs.name != (CLASSIC_IS if name in (None, CLASSIC) else name):
        assumed.append(f"costs as measured on {costs.name} ({costs.measured})")
    label = name or CLASSIC
    return Target(
        name=label if not given else f"{label} with {_list(given)}",
        built_in=frozenset(row["built_in"]),
        costs=costs,
        texts=texts,
        ships=ships,
        sources=tuple(row["source"]),
        note=row.get("note", ""),
        stated=name is not None,
        assumed=tuple(assumed),
        **parsed,
    )


def with_lua(target: Target, lua: str) -> Target:
    """The same server with another lua-nginx-module."""
    return replace(target, lua=parse_version(lua), texts=target.texts | {"lua": lua})


def _list(versions: dict[str, str]) -> str:
    return ", ".join(f"{key} {text}" for key, text in versions.items())
