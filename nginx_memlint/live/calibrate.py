"""Measure the costs of this machine's nginx: a row of targets/costs_table.py in a target file.

Each cost is a slope: the growth from a configuration with few of something to one with many, so
that nginx's own base is out of it. Memory is the anonymous part of the proportional set size of
master and workers, bytes; CPU is that of ``nginx -t``, seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from platform import machine
from types import MappingProxyType
from typing import Any

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.live.available import require_linux, require_memory
from nginx_memlint.live.binary import describe, find_nginx
from nginx_memlint.live.certificates import FILE_MOST, BundlePair, make_bundles
from nginx_memlint.live.connections import connection_bytes
from nginx_memlint.live.platform import platform_of, platform_of_program
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.reload_laws import LawRun, MeasuredLaw, measured_laws
from nginx_memlint.live.shapes import FULL, PLAIN, QUICK, Amounts, Method, Shapes, choose_method
from nginx_memlint.live.site import CONNECTIONS, Site, temporary_directory
from nginx_memlint.memory.certificate import beyond_stock
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.memory.parts.base import CONNECTION
from nginx_memlint.memory.parts.record import since
from nginx_memlint.targets.allocators_table import ALLOCATORS, DEFAULT_ALLOCATOR, Platform
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.targets.target_file import COST_KEYS, LAW_KEY, text_of
from nginx_memlint.targets.targets import DEFAULT_OPENSSL, Costs, costs_for, read_component
from nginx_memlint.targets.versions import parse_version
from nginx_memlint.tls.ca_bundle import Bundle, read_bundle
from nginx_memlint.tls.families import CACHED

KEPT_SINCE = (1, 27, 4)
"""The first nginx that keeps certificates from one configuration to the next, unless their files
have changed: a reload at worst is one with new files."""

WORKERS = 2
"""Workers in all measurements but those of reloads: the shipped costs were measured with two."""

GLIBC = Platform()

BASE_WORKERS = (1, 4)
"""Workers that tell what each of them has for itself."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The results of a measurement.

    ``costs`` has the keys of a row of costs_table.py, ``versions`` those of a target.
    """

    measured: str
    versions: dict[str, str]
    built_in: tuple[str, ...]
    built: tuple[str, ...]
    platform: Platform
    costs: dict[str, float]
    laws: tuple[MeasuredLaw, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        """Sentences about the measurement."""
        compared = (law.lines(self.platform.allocator) for law in self.laws)
        return [*self.notes, *chain.from_iterable(compared)]

    def toml(self, kept: Mapping[str, Any] = MappingProxyType({})) -> str:
        """The text of the target file; ``kept`` are facts of the server that it has already.

        Where they say that it runs with another allocator, the laws are not for it.
        """
        notes = [
            "Written by memlint calibrate; use it with: memlint check --target-file FILE",
            *self.lines,
        ]
        measured = {"measured": self.measured, **self.versions, "built_in": list(self.built_in)}
        measured |= {"built": list(self.built)} if self.built else {}
        facts = {key: value for key, value in kept.items() if key not in (*COST_KEYS, LAW_KEY)}
        row = {**self.platform._asdict(), **facts, **measured, **self.costs}
        if row["allocator"] == self.platform.allocator:
            row[LAW_KEY] = {law.kind: law.law for law in self.laws}
        else:
            notes.append(
                f"the nginx that runs has {row['allocator']}, this one {self.platform.allocator}: "
                "its laws are left out; preload what that one has"
            )
        return text_of(row, notes)


COST_KINDS = {
    "base_master": "base",
    **dict.fromkeys(("location", "server"), "pool"),
    **dict.fromkeys(("context", "key_pair"), "contexts"),
    **dict.fromkeys(
        ("certificate", "der", "first_load", "cached_certificate", "client_ca_name"), "heap"
    ),
}
"""Key of a cost → its kind of memory (``Amount``)."""

OTHERS = 1.03
"""Times that costs are raised with other allocators than glibc: 1,000 hosts with TLS took 2 % more
than the sum of what some hundred took each (jemalloc 5.3.0)."""

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
        shapes = Shapes(Site(server, directory), method, bundles)
        return _Run(shapes, amounts, quick, report).result()


@dataclass(slots=True)
class _Run:
    shapes: Shapes
    amounts: Amounts
    quick: bool
    report: ReportProgress
    measurements: dict[str, tuple[int, float]] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    platform: Platform = GLIBC
    named: str = DEFAULT_ALLOCATOR
    mapped: list[str] = field(default_factory=list)

    @property
    def site(self) -> Site:
        """The nginx that is measured, in its directory."""
        return self.shapes.site

    @property
    def method(self) -> Method:
        """The way in which contexts are made."""
        return self.shapes.method

    @property
    def bundles(self) -> BundlePair:
        """The CA files that contexts load."""
        return self.shapes.bundles

    def result(self) -> Calibration:
        amounts, pair = self.amounts, self.shapes.pair()
        reloads = 3 + (pair is not None)
        self.total = 15 + 2 * (pair is not None) * 3 + reloads * len(amounts.reload_workers)
        self.total += 2 if self.caches else 0
        self.find_platform()
        costs, cpu = self.unit_costs(pair)
        few, many = (self.measure("nginx itself", "", "", workers)[0] for workers in BASE_WORKERS)
        self.step("connections")
        connections = dict(connection_bytes(self.site, pair))
        run = self.laws()
        self.platform = with_allocator(self.platform, run.allocator)
        costs = {key: self.as_glibc(key, size) for key, size in costs.items()}
        costs |= NOT_MEASURED if pair is None else {}
        if (least := self.first_peak()) > Costs._field_defaults["first_peak"]:
            costs["first_peak"] = least
        costs |= self.base(few, many) | cpu | connections
        self.report(self.total, self.total, "done")
        return Calibration(
            self.measured(), self.versions(), tuple(sorted(self.site.nginx.built_in)),
            tuple(sorted(self.site.nginx.built)),
            self.platform, costs, run.laws, self.notes(pair, run),
        )  # fmt: skip

    @property
    def caches(self) -> bool:
        """Whether nginx parses a CA file once."""
        return parse_version(self.site.nginx.version) >= CACHED

    def unit_costs(self, pair: str | None) -> tuple[dict[str, float], dict[str, float]]:
        """Bytes of blocks, contexts and certificates, and CPU seconds, each by its key."""
        amounts, method, bundles, caches = self.amounts, self.method, self.bundles, self.caches
        shapes = self.shapes
        # without the module, unless it is built in
        location, _ = self.slope("locations", amounts.blocks, lambda n: shapes.locations(n, PLAIN))
        server, _ = self.slope("servers", amounts.servers, lambda n: shapes.servers(n, ""))
        without = location
        if method.plain != PLAIN:
            self.total += 2
            without, _ = self.slope(
                "proxies", amounts.blocks, lambda n: shapes.locations(n, method.plain)
            )
        with_, with_cpu = self.slope(
            "contexts", amounts.blocks, lambda n: shapes.locations(n, method.context), method.load
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

        costs = {
            "location": location,
            "server": server,
            "context": context,
            "certificate": certificate,
            "der": der,
            "first_load": first,
        }
        if caches:
            costs["cached_certificate"] = cached
        seconds = {"cpu_context": max(0.0, with_cpu), "cpu_certificate": max(0.0, cpu)}
        return costs | self.pairs(pair, server, context, count), seconds

    def loads(self, name: str, bundle: Path, *, copies: bool) -> tuple[float, float]:
        """Bytes and CPU seconds of a location that loads a bundle.

        ``copies``: each location loads a copy of its own.
        """
        return self.slope(
            name,
            self.amounts.loads,
            lambda n: self.shapes.trusting(n, bundle, copies=copies),
            self.method.load,
        )

    def first_load(self, load: float) -> float:
        """Bytes that the first load of a process takes in addition to a later one's."""
        method = self.method
        measured = [
            self.measure("first CA file", self.shapes.locations(1, inside), method.load)[0]
            for inside in (method.context, method.trusting(self.bundles.small))
        ]
        return max(0.0, measured[1] - measured[0] - load)

    def find_platform(self) -> None:
        """Find libc and allocator: by the program, and by what it has mapped when it runs."""
        self.step("libc and allocator")
        self.site.configure("")
        names = {"libc": self.site.nginx.libc} | platform_of_program(self.site.nginx.path)
        with self.site.server() as server:
            self.mapped = Kernel().mapped(server.pid) or []
        names |= platform_of(self.mapped)
        self.platform = GLIBC.replaced(names.get("libc"), names.get("allocator"))
        self.named = self.platform.allocator

    def base(self, few: int, many: int) -> dict[str, float]:
        """Bytes of an nginx without a server, which has so many with few and many workers.

        They are those of its master, and of a worker without connections.
        """
        worker = (many - few) / (BASE_WORKERS[1] - BASE_WORKERS[0])
        version = parse_version(self.site.nginx.version)
        connections = CONNECTIONS * since(version, CONNECTION)
        master = self.as_glibc("base_master", few - BASE_WORKERS[0] * worker)
        # with some allocators, each worker copies pages of the master at once
        copied = LAWS[self.platform.allocator]["base"].start.each * master
        return {
            "base_master": master,
            "base_worker": round(max(1.0, worker - copied - connections)),
        }

    def first_peak(self) -> int:
        """The least first peak of the server that is most like this one: some runs have less."""
        openssl, _ = read_component("openssl", openssl_version(self.site.nginx))
        return costs_for(parse_version(self.site.nginx.version), openssl).first_peak

    def as_glibc(self, key: str, size: float) -> float:
        """The bytes that glibc would take: an allocator's laws are multiples of that."""
        factor = LAWS[self.platform.allocator][COST_KINDS[key]].start.fixed
        if self.platform.allocator != DEFAULT_ALLOCATOR:
            factor /= OTHERS
        return size / factor if key == "der" else round(size / factor)

    def pairs(
        self, pair: str | None, server: float, context: float, certificates: int
    ) -> dict[str, float]:
        """Bytes of a server's own certificate, and of the name of a client CA.

        Measured without the Lua module, which would add a context to each server.
        """
        if pair is None:
            return {}
        amounts, shapes, small = self.amounts, self.shapes, self.bundles.small
        extra = context if self.method.implicit else 0
        ssl, _ = self.slope("TLS servers", amounts.pairs, lambda n: shapes.servers(n, pair, " ssl"))
        trusted, _ = self.slope(
            "trusting servers",
            amounts.names,
            lambda n: shapes.servers(n, f"{pair} ssl_trusted_certificate {small};", " ssl"),
        )
        client, _ = self.slope(
            "verifying servers",
            amounts.names,
            lambda n: shapes.servers(
                n, f"{pair} ssl_client_certificate {small}; ssl_verify_client on;", " ssl"
            ),
        )
        return {
            "key_pair": max(0.0, ssl - server - context - extra),
            "client_ca_name": max(0.0, (client - trusted) / certificates),
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

    def laws(self) -> LawRun:
        """The laws of CA stores, of contexts with certificates of their own, and of locations."""
        load, shapes = self.shapes.of_reloads(self.amounts)
        keeps = parse_version(self.site.nginx.version) >= KEPT_SINCE
        return measured_laws(
            self.site,
            shapes,
            load=load,
            main="ssl_object_cache_inheritable off;\n" if keeps else "",
            workers=self.amounts.reload_workers,
            reloads=self.amounts.reloads,
            allocator=self.platform.allocator,
            step=self.step,
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
        parts.append(self.libc())
        if self.platform.allocator != self.platform.libc:
            parts.append(self.platform.allocator)
        parts.append(machine())
        quick = ", --quick" if self.quick else ""
        return f"{', '.join(parts)}; {time.strftime('%Y-%m-%d', time.gmtime())}{quick}"

    def libc(self) -> str:
        """The libc, with its version if it is the one that this Python runs with."""
        with suppress(ValueError, OSError):
            if set(self.mapped) & set(_libcs(Kernel().mapped(os.getpid()) or [])):
                return os.confstr("CS_GNU_LIBC_VERSION") or self.platform.libc
        return self.platform.libc

    def notes(self, pair: str | None, run: LawRun) -> tuple[str, ...]:
        by = "lua_ssl" if self.method.is_by_lua else "proxy_ssl"
        notes = [f"contexts by {by}; {self.bundles.source}"]
        if self.quick:
            notes.append(QUICK_ACCURACY)
        if pair is None:
            notes.append("key_pair and client_ca_name were not measured: they are Debian 12's")
        if self.platform.allocator != self.named:
            notes.append(
                f"reloads are not like {self.named}'s, and no library of another allocator is "
                f"seen: taken as {self.platform.allocator}, which they are like"
            )
        notes.append(f"laws of reloads: {run.peaks}")
        if not run.held:
            notes.append(
                "old workers could not be held until all exit at once (ptrace): where processors "
                "are few, peaks were lower than they may be"
            )
        return tuple(notes)


NOT_MEASURED = {"key_pair": 7_400, "client_ca_name": 840}
"""Bytes taken from costs_table.py's debian-12 where there is no certificate with a key."""

QUICK_ACCURACY = "--quick: memory mostly within 5 % of a full run, CPU within 20 %"


def openssl_version(nginx: Nginx) -> str:
    """The version of the OpenSSL that nginx runs with; for another library, a usual OpenSSL's."""
    if nginx.running is not None and nginx.running[0] == "OpenSSL" and nginx.running[1]:
        return nginx.running[1]
    return DEFAULT_OPENSSL


def with_allocator(platform: Platform, allocator: str) -> Platform:
    """The platform with an allocator, which may be another libc's."""
    libc = ALLOCATORS[allocator].libc or platform.libc
    return Platform(libc, allocator)


def _libcs(mapped: list[str]) -> list[str]:
    return [path for path in mapped if os.path.basename(path).startswith("libc.so")]


def _bundle(path: Path) -> Bundle:
    bundle = read_bundle(read_file(path, FILE_MOST))
    assert bundle is not None
    return bundle
