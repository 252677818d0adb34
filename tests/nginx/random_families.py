"""Random configurations that mix all families of TLS directives, in http and in stream.

Passes with https, with http, with variables; verification on and off at different levels;
certificates inherited or not; overrides anywhere. Now and then nginx rejects one (verification
without a bundle, a certificate without a listener): the caller leaves those out.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import count

from tests.nginx.facts_rows import Site

MAX_DEPTH = 3


@dataclass
class RandomFamilies:
    """The insides of ``http`` and ``stream``."""

    http: str
    stream: str


@dataclass(frozen=True)
class Abilities:
    """Whether a server has ``js_fetch_*`` (in http, stream), ``ssl_reject_handshake``, and Lua."""

    js: bool
    stream_js: bool
    reject_handshake: bool
    lua: bool = True


class _Generator:
    def __init__(self, seed: int, site: Site, abilities: Abilities) -> None:
        self.random = random.Random(seed)
        self.site = site
        self.abilities = abilities
        self.lua_families = ("lua_ssl",) if abilities.lua else ()
        self.numbers = count()
        self.listeners = count()

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def some(self, chance: float, *directives: str) -> list[str]:
        return [directive for directive in directives if self.maybe(chance)]

    def bundle(self) -> str:
        return self.random.choice([str(self.site.bundle)] * 5 + ['""'])

    # settings that any http block but an if or a limit_except takes

    def lua(self, chance: float) -> list[str]:
        if not self.abilities.lua:
            return []
        return self.some(
            chance,
            f"lua_ssl_trusted_certificate {self.bundle()};",
            "lua_ssl_verify_depth 3;",
        )

    def passing(self, chance: float) -> list[str]:
        directives = []
        for name in ("proxy", "grpc", "uwsgi"):
            directives += self.some(
                chance,
                f"{name}_ssl_trusted_certificate {self.site.bundle};",
                f"{name}_ssl_verify {self.random.choice(['on', 'off'])};",
            )
            directives += self.some(
                chance / 3,
                f"{name}_ssl_session_reuse off;",
                f"{name}_ssl_protocols TLSv1.2;",
                f"{name}_ssl_name x;",
                f"{name}_ssl_server_name on;",
                f"{name}_ssl_certificate {self.site.certificate}; "
                f"{name}_ssl_certificate_key {self.site.key};",
            )
        return directives

    def fetching(self, chance: float) -> list[str]:
        return self.some(
            chance,
            f"js_fetch_trusted_certificate {self.bundle()};",
            "js_fetch_verify_depth 3;",
            "js_fetch_protocols TLSv1.2;",
            "js_fetch_buffer_size 8k;",
        )

    def settings(self, chance: float) -> list[str]:
        directives = self.lua(chance) + self.passing(chance / 3)
        return directives + (self.fetching(chance / 2) if self.abilities.js else [])

    # server settings

    def ssl(self, chance: float) -> list[str]:
        directives = self.some(chance, self.site.pair, f"ssl_trusted_certificate {self.bundle()};")
        if self.maybe(chance / 2):
            directives.append(f"ssl_client_certificate {self.site.bundle};")
        if self.maybe(chance):
            value = self.random.choice(["off", "on", "optional", "optional_no_ca"])
            directives.append(f"ssl_verify_client {value};")
        if self.abilities.reject_handshake and self.maybe(chance / 4):
            directives.append(f"ssl_reject_handshake {self.random.choice(['on', 'off'])};")
        return directives

    def target(self, name: str) -> str:
        scheme = {"proxy": "http", "grpc": "grpc", "uwsgi": "uwsgi"}[name]
        secure = {"proxy": "https", "grpc": "grpcs", "uwsgi": "suwsgi"}[name]
        return self.random.choice(
            [
                f"{secure}://127.0.0.1:1",
                f"{secure}://127.0.0.1:1",
                f"{scheme}://127.0.0.1:1",
                f"{secure.upper()}://127.0.0.1:1",
                f"{scheme}://$host:1",
                f"{secure}://$host:1",
            ]
        )

    def content(self) -> str:
        if self.maybe(0.3):
            return "return 204;"
        name = self.random.choice(["proxy", "proxy", "grpc", "uwsgi"])
        return f"{name}_pass {self.target(name)};"

    def location(self, depth: int, outer: str) -> str:
        name = f"{outer}/l{next(self.numbers)}"
        inside = self.settings(0.25)
        if self.maybe(0.3):
            inside.append(f"if ($arg_a) {{ {self.content()} }}")
        if self.maybe(0.15):
            inside.append(f"limit_except GET {{ proxy_pass {self.target('proxy')}; }}")
        if depth < MAX_DEPTH:
            inside += [
                self.location(depth + 1, name) for _ in range(self.random.choice([0, 0, 1, 2]))
            ]
        inside.append(self.content())
        self.random.shuffle(inside)
        return f"location {name} {{ {' '.join(inside)} }}\n"

    def server(self) -> str:
        ssl = self.ssl(0.4)
        number = next(self.listeners)
        secure = self.site.pair in ssl and self.maybe(0.6)
        inside = [self.site.ssl(number) if secure else self.site.plain(number)]
        inside += ssl + self.settings(0.3)
        inside += [self.location(0, "") for _ in range(self.random.randint(0, 3))]
        if self.maybe(0.2):
            inside.append("if ($arg_b) { return 204; }")
        self.random.shuffle(inside)
        return f"server {{ {' '.join(inside)} }}\n"

    def http(self) -> str:
        # most often what verification needs is there, so that nginx accepts it
        parts = self.ssl(0.3) + self.settings(0.4)
        if self.maybe(0.9):
            parts = [part for part in parts if "_trusted" not in part and "client_c" not in part]
            parts += [
                f"{name}_trusted_certificate {self.site.bundle};"
                for name in ("ssl", "proxy_ssl", "grpc_ssl", "uwsgi_ssl", *self.lua_families)
                if name.endswith("_ssl") or self.maybe(0.5)
            ]
            parts.append(f"ssl_client_certificate {self.site.bundle};")
        parts += [self.server() for _ in range(self.random.randint(1, 4))]
        self.random.shuffle(parts)
        return "\n".join(parts)

    def stream_settings(self, chance: float) -> list[str]:
        directives = self.some(
            chance,
            f"proxy_ssl {self.random.choice(['on', 'off'])};",
            f"proxy_ssl_trusted_certificate {self.site.bundle};",
            f"proxy_ssl_verify {self.random.choice(['on', 'off'])};",
        )
        ssl = [directive for directive in self.ssl(chance) if "reject" not in directive]
        return directives + ssl + (self.fetching(chance / 2) if self.abilities.stream_js else [])

    def stream_server(self) -> str:
        settings = self.stream_settings(0.4)
        number = 100 + next(self.listeners)
        secure = self.site.pair in settings and self.maybe(0.7)
        inside = [self.site.ssl(number) if secure else self.site.plain(number), *settings]
        inside.append("proxy_pass 127.0.0.1:1;")
        self.random.shuffle(inside)
        return f"server {{ {' '.join(inside)} }}\n"

    def stream(self) -> str:
        parts = self.stream_settings(0.3)
        if self.maybe(0.9):
            parts = [part for part in parts if "_trusted" not in part and "client_c" not in part]
            parts += [
                f"proxy_ssl_trusted_certificate {self.site.bundle};",
                f"ssl_client_certificate {self.site.bundle};",
            ]
        parts += [self.stream_server() for _ in range(self.random.randint(0, 3))]
        self.random.shuffle(parts)
        return "\n".join(parts)


def random_families(seed: int, site: Site, abilities: Abilities) -> RandomFamilies:
    """A configuration of all families."""
    generator = _Generator(seed, site, abilities)
    return RandomFamilies(generator.http(), generator.stream())
