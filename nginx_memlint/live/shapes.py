"""The configurations that calibrate measures: few and many of one thing, and else alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.writing import write_own
from nginx_memlint.live.binary import load_lines, lua_modules, lua_version
from nginx_memlint.live.certificates import FILE_MOST, BundlePair
from nginx_memlint.live.connections import passes
from nginx_memlint.live.site import Site
from nginx_memlint.sizes import MIB
from nginx_memlint.targets.banner import Nginx
from nginx_memlint.targets.versions import parse_version
from nginx_memlint.tls.families import SHARED_LUA

LOAD_BYTES_MOST = 6_500
"""Bytes that one loaded certificate takes at most, about: to tell how much memory is needed."""

HOST_BYTES_MOST = 40_000
"""Bytes that a host with TLS takes at most, about."""

PLAIN = "return 204;"
"""Directives of a location that needs no module."""


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
    reload_workers: tuple[int, ...] = (1, 4)
    reloads: int = 6
    reload_stores: tuple[int, int] = (20, 70)
    reload_hosts: tuple[int, int] = (60, 360)
    reload_locations: int = 2500

    @property
    def needed(self) -> int:
        """Bytes of memory that measuring needs: the worst reload peak, and nginx's base."""
        peak = 2 + 3 * max(self.reload_workers)
        store = self.certificates * LOAD_BYTES_MOST
        unit = max(self.reload_stores) * store + max(self.reload_hosts) * HOST_BYTES_MOST
        return max(peak * unit, max(self.loads) * store) + 64 * MIB


FULL = Amounts()
QUICK = Amounts(
    blocks=(50, 350),
    servers=(25, 175),
    loads=(20, 70),
    certificates=26,
    pairs=(30, 180),
    names=(10, 40),
    repeats=1,
    reload_workers=(4,),
    reloads=2,
    reload_stores=(30, 80),
    reload_hosts=(60, 210),
    reload_locations=1500,
)


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
    def is_by_lua(self) -> bool:
        """Whether a directive of the Lua module gives a location its context."""
        return self.lua is not None and not self.implicit

    @property
    def context(self) -> str:
        """Directives that give a location a context without CA certificates."""
        if self.is_by_lua:
            return f"lua_ssl_verify_depth 1; {PLAIN}"
        return "proxy_pass https://127.0.0.1:9; proxy_ssl_verify_depth 1;"

    @property
    def plain(self) -> str:
        """Directives of a location that does the same as one of context(), without a context."""
        return PLAIN if self.is_by_lua else "proxy_pass http://127.0.0.1:9;"

    def trusting(self, bundle: Path) -> str:
        """Directives that give a location a context with a bundle."""
        if self.is_by_lua:
            return f"lua_ssl_trusted_certificate {bundle}; {PLAIN}"
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


@dataclass(frozen=True, slots=True)
class Shapes:
    """The http blocks of configurations, written for one nginx in one directory."""

    site: Site
    method: Method
    bundles: BundlePair

    def locations(self, count: int, inside: str) -> str:
        """One server with so many locations that hold the same."""
        return self._server([inside] * count, "l")

    def trusting(self, count: int, bundle: Path, *, copies: bool) -> str:
        """One server with so many locations that load a bundle, or each a copy of its own."""
        paths = (self.copy(bundle, i) if copies else bundle for i in range(count))
        return self._server(list(map(self.method.trusting, paths)), "l")

    def _server(self, inside: list[str], name: str) -> str:
        blocks = _locations(inside, name)
        return f"server {{ listen {self.site.socket};\n{blocks}}}\n"

    def servers(self, count: int, inside: str | Callable[[int], str], ssl: str = "") -> str:
        """So many servers, with the same inside or with what a function says of each."""
        return "".join(
            f"server {{ listen {self.site.socket}{ssl}; server_name s{i}; "
            f"{inside if isinstance(inside, str) else inside(i)} }}\n"
            for i in range(count)
        )

    def pair(self) -> str | None:
        """Directives of a server with TLS; None if there is no certificate for it."""
        certificate, key = self.bundles.certificate, self.bundles.key
        if certificate is None or key is None:
            return None
        return _pair(certificate, key)

    def pair_of(self, number: int) -> str:
        """Directives with a certificate whose file no other server names, for use with pair()."""
        certificate, key = self.bundles.certificate, self.bundles.key
        assert certificate is not None
        assert key is not None
        return _pair(self.copy(certificate, number), self.copy(key, number))

    def copy(self, file: Path, number: int) -> Path:
        """A copy of a file, which is made once."""
        path = self.site.directory / f"{file.stem}-{number}{file.suffix}"
        if not path.exists():
            write_own(path, read_file(file, FILE_MOST))
        return path

    def of_reloads(self, amounts: Amounts) -> tuple[str, dict[str, str]]:
        """The lines that load modules, and the configurations whose reloads are measured.

        Kind of memory → one with more of that, ``""`` → one with few of each: CA stores, contexts
        with certificates of their own, and locations. They are without the Lua module if they can
        be, as it adds contexts to all of them.
        """
        pair, small = self.pair(), self.bundles.small
        plain = passes(self.site.nginx)
        method = Method("", None, self.method.implicit) if plain else self.method
        few, many = amounts.reload_stores
        hosts, more_hosts = amounts.reload_hosts if pair is not None else (0, 0)

        def shape(stores: int, hosts: int, locations: int) -> str:
            trusting = [method.trusting(self.copy(small, n)) for n in range(stores)]
            inside = _locations(trusting, "s") + _locations([""] * locations, "p")
            if pair is None:
                return self.servers(1, inside)
            first = self.servers(1, pair + inside, " ssl")
            return first + self.servers(hosts, self.pair_of, " ssl")

        shapes = {
            "": shape(few, hosts, 0),
            "heap": shape(many, hosts, 0),
            "contexts": shape(few, more_hosts, 0),
            "pool": shape(few, hosts, amounts.reload_locations),
        }
        if pair is None:
            del shapes["contexts"]
        if method.lua is not None or method.implicit:
            del shapes["pool"]
        return method.load, shapes


def _locations(inside: list[str], name: str) -> str:
    return "".join(f"location /{name}{i} {{ {each} }}\n" for i, each in enumerate(inside))


def _pair(certificate: Path, key: Path) -> str:
    return f"ssl_certificate {certificate}; ssl_certificate_key {key};"
