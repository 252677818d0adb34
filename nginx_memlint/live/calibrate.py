"""Measure the costs of this machine's nginx: a row of targets/costs_table.py in a target file.

Each cost is a slope: the growth from a configuration with few of something to one with many, so
that nginx's own base is out of it. Memory is the anonymous part of the proportional set size of
master and workers, bytes; CPU is that of ``nginx -t``, seconds.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.writing import write_own
from nginx_memlint.live.available import require_linux, require_memory
from nginx_memlint.live.binary import (
    describe,
    find_nginx,
    load_lines,
    lua_modules,
    lua_version,
)
from nginx_memlint.live.certificates import BundlePair, make_bundles
from nginx_memlint.live.site import CONNECTIONS, Site, temporary_directory
from nginx_memlint.memory.certificate import beyond_stock
from nginx_memlint.memory.laws_table import MARGIN
from nginx_memlint.memory.parts.base import CONNECTION
from nginx_memlint.memory.parts.record import since
from nginx_memlint.sizes import MIB, plural
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.targets.target_file import COST_KEYS, text_of
from nginx_memlint.targets.targets import DEFAULT_OPENSSL
from nginx_memlint.targets.versions import parse_version
from nginx_memlint.tls.ca_bundle import Bundle, read_bundle
from nginx_memlint.tls.families import SHARED_LUA

CACHED_SINCE = (1, 27, 2)
"""The first nginx that parses a CA file once and shares its certificates between contexts."""

WORKERS = 2
"""Workers in all measurements but those of reloads: the shipped costs were measured with two."""

BASE_WORKERS = (1, 4)
"""Workers that tell what each of them has for itself."""

FIRST_PEAK = 3
"""Configurations in memory at the peak of a first reload with one worker, by the laws
(``Costs.first_peak``)."""

MADE_MOST = 16 << 20
"""Bytes that are read of a generated bundle, which has fewer."""

LOAD_BYTES_MOST = 6_500
"""Bytes that one loaded certificate takes at most, about: to tell how much memory is needed."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """Numbers of blocks, loads and so on to measure with: few and many of each.

    ``repeats`` is how often ``nginx -t`` is run for its CPU time.
    """

    blocks: tuple[int, int] = (100, 1000)
    servers: tuple[int, int] = (50, 500)
    loads: tuple[int, int] = (40, 140)
    certificates: int = 50
    pairs: tuple[int, int] = (50, 300)
    names: tuple[int, int] = (20, 70)
    repeats: int = 3
    reload_workers: tuple[int, ...] = (1, 2, 4)
    reloads: int = 5
    reload_loads: int = 100

    @property
    def needed(self) -> int:
        """Bytes of memory that measuring needs: the worst reload peak, and nginx's base."""
        peak = 2 + 3 * max(self.reload_workers)
        unit = self.reload_loads * self.certificates * LOAD_BYTES_MOST
        return max(peak * unit, max(self.loads) * self.certificates * LOAD_BYTES_MOST) + 64 * MIB


FULL = Amounts()
QUICK = Amounts(
    blocks=(50, 350),
    servers=(25, 175),
    loads=(20, 70),
    certificates=26,
    pairs=(30, 180),
    names=(10, 40),
    repeats=1,
    reload_workers=(2,),
    reloads=2,
    reload_loads=50,
)


@dataclass(frozen=True, slots=True)
class ReloadSeries:
    """Reloads of one server, in units of U, the growth at start.

    ``after`` and ``peak`` hold a figure for each reload; the laws are those of memory/estimate.py.
    """

    workers: int
    after: tuple[float, ...]
    peak: tuple[float, ...]

    @property
    def after_law(self) -> int:
        """Units that are kept after a reload at most, by the laws."""
        return 2 + self.workers

    @property
    def peak_law(self) -> int:
        """Units at the highest peak, by the laws."""
        return 2 + 3 * self.workers

    @property
    def within(self) -> bool:
        """Whether no figure exceeds the laws with their margin."""
        return (
            max(self.after) <= self.after_law * MARGIN and max(self.peak) <= self.peak_law * MARGIN
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The results of a measurement.

    ``costs`` has the keys of a row of costs_table.py, ``versions`` those of a target.
    """

    measured: str
    versions: dict[str, str]
    built_in: tuple[str, ...]
    costs: dict[str, float]
    reloads: tuple[ReloadSeries, ...]
    notes: tuple[str, ...]

    def toml(self, kept: Mapping[str, Any] = MappingProxyType({})) -> str:
        """The text of the target file; ``kept`` are facts of the server that it has already."""
        notes = [
            "Written by memlint calibrate; use it with: memlint check --target-file FILE",
            *self.notes,
            *reload_lines(self.reloads),
        ]
        measured = {"measured": self.measured, **self.versions, "built_in": list(self.built_in)}
        facts = {key: value for key, value in kept.items() if key not in COST_KEYS}
        return text_of({**facts, **measured, **self.costs}, notes)


def reload_lines(reloads: tuple[ReloadSeries, ...]) -> list[str]:
    """Measured reloads beside the laws, a line for each number of workers."""
    return [
        f"reloads with {plural(s.workers, 'worker')}: kept "
        f"{_units(s.after)} (law: at most {s.after_law}), peak {_units(s.peak)} "
        f"(law: at most {s.peak_law}) times the start: "
        + ("as the laws say" if s.within else "MORE than the laws say")
        for s in reloads
    ]


def _units(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.1f}" for value in values)


ReportProgress = Callable[[int, int, str], None]
"""A function that is told how many steps are done, how many there are, and which is next."""


def calibrate(
    nginx: str | None = None,
    *,
    load_modules: tuple[str, ...] = (),
    quick: bool = False,
    report: ReportProgress = lambda _done, _all, _name: None,
) -> Calibration:
    """Measure the costs of nginx.

    ``nginx`` is the binary; ``load_modules`` are modules it needs for Lua. Raises MemlintError.
    """
    require_linux()
    amounts = QUICK if quick else FULL
    require_memory(
        amounts.needed, "calibrating", "" if quick else "; --quick needs less, or free some"
    )
    server = describe(find_nginx(nginx))
    if server.tls is None:
        raise MemlintError(f"{server.path} is built without TLS: it has no contexts to measure")
    with temporary_directory() as directory:
        method = choose_method(server, load_modules, directory)
        report(0, 1, "certificates")
        bundles = make_bundles(directory, amounts.certificates)
        return _Run(Site(server, directory), method, bundles, amounts, quick, report).result()


@dataclass(frozen=True, slots=True)
class Method:
    """The way in which contexts are made for a measurement.

    ``lua`` is its version if the Lua module makes them; then a location holds ``plain`` without a
    context of its own and ``context`` with one. ``load`` are the lines for the latter.
    ``implicit``: every block has a context already, as the module is built in and too old to share.
    """

    load: str
    lua: str | None
    implicit: bool = False

    @property
    def context(self) -> str:
        """Directives that give a location a context without CA certificates."""
        if self.lua is not None and not self.implicit:
            return "lua_ssl_verify_depth 1; return 204;"
        return "proxy_pass https://127.0.0.1:9; proxy_ssl_verify_depth 1;"

    @property
    def plain(self) -> str:
        """Directives of a location that does the same as one of context(), without a context."""
        if self.lua is not None and not self.implicit:
            return "return 204;"
        return "proxy_pass http://127.0.0.1:9;"

    def trusting(self, bundle: Path) -> str:
        """Directives that give a location a context with a bundle."""
        if self.lua is not None and not self.implicit:
            return f"lua_ssl_trusted_certificate {bundle}; return 204;"
        return (
            "proxy_pass https://127.0.0.1:9; proxy_ssl_verify on; "
            f"proxy_ssl_trusted_certificate {bundle};"
        )


def choose_method(nginx: Nginx, load_modules: tuple[str, ...], directory: Path) -> Method:
    """The method by the Lua module if there is one that works, else by ``proxy_ssl``."""
    named = [os.path.abspath(path) for path in load_modules]
    for path in named:
        if not os.path.isfile(path):
            raise MemlintError(f"{path}: there is no such module")
    modules = lua_modules(nginx, named)
    if modules is not None:
        load = load_lines(modules)
        version = lua_version(nginx, load, directory)
        if version is not None:
            implicit = "lua" in nginx.built_in and parse_version(version) < SHARED_LUA
            return Method(load, version, implicit)
        if named:
            raise MemlintError(f"{nginx.path} does not run with the modules named")
    return Method(load_lines(named), None)


@dataclass(slots=True)
class _Run:
    site: Site
    method: Method
    bundles: BundlePair
    amounts: Amounts
    quick: bool
    report: ReportProgress
    measurements: dict[str, tuple[int, float]] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    def result(self) -> Calibration:
        amounts, method, bundles = self.amounts, self.method, self.bundles
        pair = self.pair()
        self.total = 14 + 2 * (pair is not None) * 3 + 2 * len(amounts.reload_workers)
        costs: dict[str, float] = {}
        caches = parse_version(self.site.nginx.version) >= CACHED_SINCE
        self.total += 2 if caches else 0

        plain = "return 204;"
        # without the module, unless it is built in
        location, _ = self.slope("locations", amounts.blocks, lambda n: self.locations(n, plain))
        server, _ = self.slope("servers", amounts.servers, lambda n: self.servers(n, ""))
        without = location
        if method.plain != plain:
            self.total += 2
            without, _ = self.slope(
                "proxies", amounts.blocks, lambda n: self.locations(n, method.plain)
            )
        with_, with_cpu = self.slope(
            "contexts", amounts.blocks, lambda n: self.locations(n, method.context), method.load
        )
        context = with_ - without
        if method.implicit:
            location, server = location - context, server - context

        small, small_cpu = self.loads("small CA files", bundles.small, copies=caches)
        large, large_cpu = self.loads("large CA files", bundles.large, copies=caches)
        small -= with_
        large -= with_
        small_is, large_is = _bundle(bundles.small), _bundle(bundles.large)
        small -= beyond_stock(small_is.facts)
        large -= beyond_stock(large_is.facts)
        first = self.first_load(small)
        cached = 0.0
        if caches:
            same = self.loads("one CA file", bundles.small, copies=False)[0] - with_
            cached = max(1.0, same / small_is.certificates)
        count = small_is.certificates
        der = (large - small) / (large_is.der_bytes - small_is.der_bytes)
        certificate = (small - der * small_is.der_bytes) / count
        cpu = (small_cpu + large_cpu - 2 * with_cpu) / (count + large_is.certificates)

        costs |= self.base()
        costs["location"] = round(location)
        costs["server"] = round(server)
        costs["context"] = round(context)
        costs["certificate"] = round(certificate)
        costs["der"] = der
        costs["first_load"] = round(first)
        if caches:
            costs["cached_certificate"] = round(cached)
        costs |= self.pairs(pair, server, context, count)
        costs["cpu_context"] = max(0.0, with_cpu)
        costs["cpu_certificate"] = max(0.0, cpu)
        reloads = tuple(self.reloads(workers) for workers in amounts.reload_workers)
        for series in reloads:
            if series.workers == 1 and series.peak[0] > FIRST_PEAK * MARGIN:
                costs["first_peak"] = math.ceil(series.peak[0] / MARGIN)
        self.report(self.total, self.total, "done")
        return Calibration(
            self.measured(), self.versions(), tuple(sorted(self.site.nginx.built_in)), costs,
            reloads, self.notes(pair),
        )  # fmt: skip

    # what is configured

    def locations(self, count: int, inside: str) -> str:
        blocks = "".join(f"location /l{i} {{ {inside} }}\n" for i in range(count))
        return f"server {{ listen {self.site.socket};\n{blocks}}}\n"

    def servers(self, count: int, inside: str, ssl: str = "") -> str:
        return "".join(
            f"server {{ listen {self.site.socket}{ssl}; server_name s{i}; {inside} }}\n"
            for i in range(count)
        )

    def loads(self, name: str, bundle: Path, *, copies: bool) -> tuple[float, float]:
        """Bytes and CPU seconds of a location that loads a bundle.

        ``copies``: each location loads a copy of its own.
        """

        def http(count: int) -> str:
            blocks = []
            for i in range(count):
                path = bundle
                if copies:
                    path = self.site.directory / f"{bundle.stem}-{i}.pem"
                    if not path.exists():
                        write_own(path, _read(bundle))
                blocks.append(f"location /l{i} {{ {self.method.trusting(path)} }}\n")
            return f"server {{ listen {self.site.socket};\n{''.join(blocks)}}}\n"

        return self.slope(name, self.amounts.loads, http, self.method.load)

    def first_load(self, load: float) -> float:
        """Bytes that the first load of a process takes in addition to a later one's."""
        method = self.method
        measured = [
            self.measure("first CA file", self.locations(1, inside), method.load)[0]
            for inside in (method.context, method.trusting(self.bundles.small))
        ]
        return max(0.0, measured[1] - measured[0] - load)

    def base(self) -> dict[str, float]:
        """Bytes of an nginx without a server: its master, and a worker without connections."""
        few, many = (self.measure("nginx itself", "", "", workers)[0] for workers in BASE_WORKERS)
        worker = (many - few) / (BASE_WORKERS[1] - BASE_WORKERS[0])
        version = parse_version(self.site.nginx.version)
        connections = CONNECTIONS * since(version, CONNECTION)
        return {
            "base_master": round(few - BASE_WORKERS[0] * worker),
            "base_worker": round(max(1.0, worker - connections)),
        }

    def pair(self) -> str | None:
        """Directives of a server with TLS; None if there is no certificate for it."""
        if self.bundles.certificate is None:
            return None
        return (
            f"ssl_certificate {self.bundles.certificate}; ssl_certificate_key {self.bundles.key};"
        )

    def pairs(
        self, pair: str | None, server: float, context: float, certificates: int
    ) -> dict[str, float]:
        """Bytes of a server's own certificate, and of the name of a client CA.

        Measured without the Lua module, which would add a context to each server.
        """
        if pair is None:
            return dict(NOT_MEASURED)
        amounts, small = self.amounts, self.bundles.small
        extra = context if self.method.implicit else 0
        ssl, _ = self.slope("TLS servers", amounts.pairs, lambda n: self.servers(n, pair, " ssl"))
        trusted, _ = self.slope(
            "trusting servers",
            amounts.names,
            lambda n: self.servers(n, f"{pair} ssl_trusted_certificate {small};", " ssl"),
        )
        client, _ = self.slope(
            "verifying servers",
            amounts.names,
            lambda n: self.servers(
                n, f"{pair} ssl_client_certificate {small}; ssl_verify_client on;", " ssl"
            ),
        )
        return {
            "key_pair": round(max(0.0, ssl - server - context - extra)),
            "client_ca_name": round(max(0.0, (client - trusted) / certificates)),
        }

    # how it is measured

    def slope(
        self, name: str, counts: tuple[int, int], http: Callable[[int], str], load: str = ""
    ) -> tuple[float, float]:
        """Bytes and CPU seconds of one more block or load."""
        (few, few_cpu), (many, many_cpu) = (self.measure(name, http(n), load) for n in counts)
        more = counts[1] - counts[0]
        return (many - few) / more, (many_cpu - few_cpu) / more

    def measure(self, name: str, http: str, load: str, workers: int = WORKERS) -> tuple[int, float]:
        self.step(name)
        self.site.configure(http, load=load, workers=workers)
        cpu = min(self.site.test().cpu_seconds for _ in range(self.amounts.repeats))
        with self.site.server() as server:
            return server.settled().anonymous, cpu

    def reloads(self, workers: int) -> ReloadSeries:
        """Reload with a bundle and without; the difference is the bundle's memory."""
        method, count = self.method, self.amounts.reload_loads
        caches = parse_version(self.site.nginx.version) >= CACHED_SINCE
        series = []
        for inside in (None, self.bundles.small):
            self.step(f"reloads, {workers} workers")
            if inside is None:
                http = self.locations(count, method.context)
            elif caches:
                copies = (self.site.directory / f"{inside.stem}-{i}.pem" for i in range(count))
                for copy in copies:
                    if not copy.exists():
                        write_own(copy, _read(inside))
                blocks = "".join(
                    "location /l{} {{ {} }}\n".format(
                        i, method.trusting(self.site.directory / f"{inside.stem}-{i}.pem")
                    )
                    for i in range(count)
                )
                http = f"server {{ listen {self.site.socket};\n{blocks}}}\n"
            else:
                http = self.locations(count, method.trusting(inside))
            self.site.configure(http, load=method.load, workers=workers)
            with self.site.server() as server:
                start = server.settled().anonymous_and_shared
                series.append((start, [server.reload() for _ in range(self.amounts.reloads)]))
        (base, without), (full, with_) = series
        unit = full - base
        if unit <= 0:
            raise MemlintError(
                "CA files take no memory on this nginx; nothing to compare reloads by"
            )
        pairs = list(zip(with_, without, strict=True))
        return ReloadSeries(
            workers,
            tuple((a.after - b.after) / unit for a, b in pairs),
            tuple((a.peak - b.peak) / unit for a, b in pairs),
        )

    def step(self, name: str) -> None:
        self.report(self.done, self.total, name)
        self.done += 1

    # what is said of it

    def versions(self) -> dict[str, str]:
        nginx = self.site.nginx
        texts = {"nginx": nginx.version, **nginx.module_versions}
        if self.method.lua is not None:
            texts["lua"] = self.method.lua
        texts["openssl"] = openssl_version(nginx)
        return texts

    def measured(self) -> str:
        nginx = self.site.nginx
        parts = [f"{nginx.brand} {nginx.version}"]
        if self.method.lua is not None:
            parts.append(f"lua-nginx-module {self.method.lua}")
        if nginx.running is not None:
            parts.append(" ".join(nginx.running).strip())
        parts.append(_libc() if nginx.libc == "glibc" else nginx.libc)
        parts.append(platform.machine())
        quick = ", --quick" if self.quick else ""
        return f"{', '.join(parts)}; {time.strftime('%Y-%m-%d', time.gmtime())}{quick}"

    def notes(self, pair: str | None) -> tuple[str, ...]:
        by = "proxy_ssl" if self.method.lua is None or self.method.implicit else "lua_ssl"
        notes = [f"contexts by {by}; {self.bundles.source}"]
        if self.quick:
            notes.append(QUICK_ACCURACY)
        if pair is None:
            notes.append("key_pair and client_ca_name were not measured: they are Debian 12's")
        return tuple(notes)


NOT_MEASURED = {"key_pair": 7_400, "client_ca_name": 840}
"""Bytes taken from costs_table.py's debian-12 where there is no certificate with a key."""

QUICK_ACCURACY = "--quick: memory mostly within 5 % of a full run, CPU within 20 %"


def openssl_version(nginx: Nginx) -> str:
    """The version of the OpenSSL that nginx runs with; for another library, a usual OpenSSL's."""
    if nginx.running is not None and nginx.running[0] == "OpenSSL" and nginx.running[1]:
        return nginx.running[1]
    return DEFAULT_OPENSSL


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown libc"
    except (ValueError, OSError):
        return "not glibc"


def _read(path: Path) -> bytes:
    return read_file(path, MADE_MOST)


def _bundle(path: Path) -> Bundle:
    bundle = read_bundle(_read(path))
    assert bundle is not None
    return bundle
