"""Named stacks: the versions that decide what is built, and the costs measured for them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from nginx_memlint.targets.allocators_table import PLATFORM, Platform
from nginx_memlint.targets.bundles_table import ASSUMED, SystemBundle
from nginx_memlint.targets.costs_table import COSTS
from nginx_memlint.targets.forks_table import TLS_LIBRARIES
from nginx_memlint.targets.host_facts import NO_HOST_FACTS, HostFacts
from nginx_memlint.targets.names import look_up, rows
from nginx_memlint.targets.versions import Version, parse_version

DEFAULT_TARGET = "debian-12"
"""The target if none is named: it builds contexts per block, as does every OpenResty before
1.25.3.1."""

DEFAULT_OPENSSL = "3.0"


def read_component(component: str, text: str) -> tuple[Version, str]:
    """The version of a component, and what is assumed of it; raises ValueError.

    That of ``openssl`` may be the name of another library, with its version or without.
    """
    for library, numbered in TLS_LIBRARIES.items() if component == "openssl" else ():
        if not text.strip().lower().startswith(library.lower()):
            continue
        if match := re.fullmatch(rf"{library}(?:[ /-]v?(\d.*))?", text.strip(), re.IGNORECASE):
            taken = match[1] if match[1] and numbered else DEFAULT_OPENSSL
            parse_version(match[1] or DEFAULT_OPENSSL)
            said = f"{library} was not measured: it is priced as OpenSSL {taken}"
            return parse_version(taken), said
    return parse_version(text), ""


def _read_versions(texts: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The versions of components by names of VERSION_KEYS, and what is assumed of them."""
    read = {key: read_component(key, text) for key, text in texts.items()}
    said = tuple(said for _version, said in read.values() if said)
    return {key: version for key, (version, _said) in read.items()}, said


class Costs(NamedTuple):
    """Costs measured on one stack: bytes and CPU seconds per unit, as in costs_table.py."""

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
    base_master: int = 0
    base_worker: int = 0
    connection: int = 0
    connection_tls: int = 0
    connection_passed: int = 0
    connection_tls_passed: int = 0

    @property
    def caches_certificates(self) -> bool:
        """Whether nginx parses a CA file once and shares it between contexts (from 1.27.2)."""
        return self.cached_certificate > 0


PHASES = ("start", "after", "after_worst", "peak", "peak_worst")
"""Phases of which a law says how often memory is held (``Law`` of memory/laws.py)."""

MEASURABLE = {
    "heap": "CA certificates",
    "contexts": "hosts with TLS",
    "pool": "blocks and directives",
}
"""Kind of memory (``Amount`` there) of which ``memlint calibrate`` measures the law → what is of
that kind."""


class MeasuredLaws(NamedTuple):
    """Laws that were measured with an allocator: kind → phase → times fixed, and for each worker.

    They hold for a server that runs with this allocator.
    """

    allocator: str = ""
    by_kind: Mapping[str, Mapping[str, Sequence[float]]] = MappingProxyType({})


class Target(NamedTuple):
    """A server: its versions, the modules built in, and the costs of its contexts and loads.

    ``lua``, ``stream_lua`` and ``njs`` are the version that counts if the configuration loads
    the module, whether or not the stack ships it. ``texts`` holds the versions as written.
    ``hint`` is what to state instead of one that is not, and where it stands.
    ``unknown`` are components that it ships as well, in a version that was not found.
    ``built`` has words of BUILT; none where versions were replaced, as that is another build.
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
    unknown: frozenset[str] = frozenset()
    built: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    note: str = ""
    stated: bool = True
    hint: str = ""
    assumed: tuple[str, ...] = ()
    platform: Platform = Platform()
    bundle: SystemBundle = ASSUMED
    host: HostFacts = NO_HOST_FACTS
    laws: MeasuredLaws = MeasuredLaws()

    @property
    def allocator(self) -> str:
        """The allocator that nginx runs with, a name of ALLOCATORS."""
        return self.platform.allocator

    @property
    def borrowed(self) -> str:
        """The name of the measured server whose costs are taken; empty for a measured one."""
        return self.costs.name if self.costs.name in COSTS and self.name != self.costs.name else ""


BUILT_IN = ("lua", "stream_lua", "js", "stream_js")
"""Names that ``Target.built_in`` may hold."""

DEBUG = "with debug"

BUILT = frozenset(
    {
        DEBUG,
        *("ndk separate", "stream separate", "mail separate"),
        *("stream_js without ssl", "stream_js with ssl"),
    }
)
"""How nginx may be built, as far as it decides what it accepts or keeps (``Target.built``).

With debug (``--with-debug``) it keeps the text of every file that it reads.

The Lua module needs the ``ndk_http_module.so`` loaded before it, the stream modules need
``ngx_stream_module.so``, and ``mail`` needs ``ngx_mail_module.so``; njs in stream has no
``js_fetch_*`` directives for TLS, which before 0.9.2 were there only with stream_ssl
(``NGX_STREAM_SSL`` in nginx/ngx_stream_js_module.c), and its servers share contexts before that
version only with it.
"""

VERSION_KEYS = ("nginx", "lua", "stream_lua", "njs", "openssl")
"""The components whose versions decide what is built, as keys of tables."""

COMPONENTS = tuple(key.replace("_", "-") for key in VERSION_KEYS)
"""Names of the components on the command line."""

SETTABLE = (*COMPONENTS, *PLATFORM)
"""All that can be replaced in a target, by its name on the command line."""

_FALLBACK = {
    "lua": "0.10.25",
    "stream_lua": "0.0.13",
    "njs": "0.7.9",
    "openssl": DEFAULT_OPENSSL,
}
"""Versions where none is known: of modules, the last ones with contexts per block."""


@cache
def measured_costs() -> tuple[Costs, ...]:
    """All measured stacks, in the order of costs_table.py."""
    return tuple(Costs(name=name, **row) for name, row in COSTS.items())


def costs_for(nginx: Version, openssl: Version) -> Costs:
    """The costs of the last measured stack that serves for these versions."""
    return [
        costs
        for costs in measured_costs()
        if openssl >= parse_version(costs.openssl_since)
        and nginx >= parse_version(costs.nginx_since)
    ][-1]


def target_names() -> list[str]:
    """The names of all rows, in order of products and versions."""
    return [*rows()]


def find_target(name: str | None = None, replaced: Mapping[str, str] | None = None) -> Target:
    """The server of a stack's name, with something of it replaced, by names of SETTABLE.

    ``Target.assumed`` lists what is assumed rather than known. Raises MemlintError for an unknown
    name, ValueError for a malformed version.
    """
    named = look_up(DEFAULT_TARGET if name is None else name)
    row, assumed = named.row, list(named.assumed)
    if name is None:
        assumed.append(
            f"no target given, {DEFAULT_TARGET} taken: contexts per block, as in nginx "
            f"{row['nginx']} with lua-nginx-module {row['lua']} and OpenSSL {row['openssl']}; "
            "state yours with --target (memlint targets)"
        )
    texts = {key: row[key] for key in VERSION_KEYS if key in row}
    given = _by_key(replaced or {})
    texts |= given
    ships = frozenset(texts)
    texts = _FALLBACK | texts
    assumed.extend(
        f"{key.replace('_', '-')} {texts[key]} is taken: {why}"
        for key, why in row.get("unknown", {}).items()
        if key not in given and key != "stream_lua"  # all versions of it build the same
    )
    parsed, said = _read_versions(texts)
    assumed.extend(said)
    costs = costs_for(parsed["nginx"], parsed["openssl"])
    label = named.name
    if given or costs.name != label:
        assumed.append(f"costs as measured on {costs.name} ({costs.measured})")
    target = Target(
        name=label if not given else f"{label} with {_list(given)}",
        built_in=frozenset(row["built_in"]),
        costs=costs,
        texts=texts,
        ships=ships,
        unknown=frozenset(row.get("unknown", ())) - ships,
        built=frozenset() if given else frozenset(row.get("built", ())),
        sources=tuple(row["source"]),
        note=row.get("note", ""),
        stated=name is not None,
        assumed=tuple(assumed),
        platform=Platform().replaced(row.get("libc"), row.get("allocator")),
        bundle=row["bundle"],
        **parsed,
    )
    return _with_platform(target, replaced or {})


def _by_key(replaced: Mapping[str, str]) -> dict[str, str]:
    """The versions of a mapping by names of SETTABLE, by names of VERSION_KEYS."""
    return {name.replace("-", "_"): text for name, text in replaced.items() if name not in PLATFORM}


def _with_platform(target: Target, replaced: Mapping[str, str]) -> Target:
    given = {name: value for name, value in replaced.items() if name in PLATFORM}
    if not given:
        return target
    return target._replace(
        platform=target.platform.replaced(given.get("libc"), given.get("allocator")),
        name=f"{target.name} with {_list(given)}",
    )


def with_replaced(target: Target, replaced: Mapping[str, str]) -> Target:
    """The server with something of it replaced, by names of SETTABLE; raises ValueError.

    Its costs stay unless these versions are nearer to another measured stack.
    """
    target = _with_platform(target, replaced)
    given = _by_key(replaced)
    if not given:
        return target
    parsed, said = _read_versions(given)
    before = costs_for(target.nginx, target.openssl)
    costs = costs_for(parsed.get("nginx", target.nginx), parsed.get("openssl", target.openssl))
    assumed = (*target.assumed, *said)
    if costs is before:
        costs = target.costs
    else:
        assumed = (*assumed, f"costs as measured on {costs.name} ({costs.measured})")
    return target._replace(
        costs=costs,
        assumed=assumed,
        name=f"{target.name} with {_list(given)}",
        texts=target.texts | given,
        ships=target.ships | given.keys(),
        unknown=target.unknown - given.keys(),
        built=frozenset(),
        **parsed,
    )


def installed_target(
    name: str,
    versions: Mapping[str, str],
    built_in: Iterable[str],
    costs: Costs | None = None,
    sources: tuple[str, ...] = (),
    note: str = "",
    platform: Platform | None = None,
) -> Target:
    """The server with these versions, among which nginx's and OpenSSL's must be.

    Without ``costs``, those of the nearest measured stack are taken. Raises ValueError.
    """
    texts = {**_FALLBACK, **versions}
    parsed, assumed = _read_versions(texts)
    return Target(
        name=name,
        built_in=frozenset(built_in),
        costs=costs or costs_for(parsed["nginx"], parsed["openssl"]),
        texts=texts,
        ships=frozenset(versions),
        sources=sources,
        note=note,
        assumed=assumed,
        platform=platform or Platform(),
        **parsed,
    )


def _list(replaced: dict[str, str]) -> str:
    return ", ".join(f"{key} {text}" for key, text in replaced.items())
