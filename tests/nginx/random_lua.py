"""Random configurations for servers with Lua in http and in stream, and scripts of workers.

Made of random trees and of random families, with directives beside those: overrides of any kind,
commands of OpenSSL that load CA files, ``init_worker_by_lua*``, no server at all.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.nginx.facts_rows import Site
from tests.nginx.random_families import Abilities, random_families
from tests.nginx.random_trees import random_site

ABILITIES = Abilities(js=False, stream_js=False, reject_handshake=True)

WORKERS = (
    "init_worker_by_lua_block { local a = [[ } ]] }\n",
    "init_worker_by_lua 'local a = 1';\n",
)
"""Scripts that each worker runs when it starts."""

CONTENTS = ('return "x";', "content_by_lua_block { ngx.say(1) }", "proxy_pass 127.0.0.1:1;")
"""Answers of a stream server."""


@dataclass
class RandomLua:
    """The insides of ``http`` and ``stream``, and included files by name."""

    http: str
    stream: str
    files: dict[str, str] = field(default_factory=dict)


def overrides(site: Site, *, has_certificates: bool) -> list[str]:
    """Directives that give a block a context of its own, beside those of random trees."""
    directives = [
        'lua_ssl_crl "";',
        f"lua_ssl_conf_command VerifyCAFile {site.bundle};",
        "lua_ssl_conf_command Options -SessionTicket;",
    ]
    if has_certificates:
        directives.append(
            f"lua_ssl_certificate {site.certificate}; lua_ssl_certificate_key {site.key};"
        )
    return directives


def _settings(chance: random.Random, share: float, site: Site, more: Sequence[str]) -> str:
    bundle = chance.choice([str(site.bundle)] * 4 + ['""'])
    every = [
        f"lua_ssl_trusted_certificate {bundle};",
        "lua_ssl_verify_depth 3;",
        "lua_ssl_protocols TLSv1.2;",
        *more,
    ]
    return " ".join(directive for directive in every if chance.random() < share)


def _stream(chance: random.Random, site: Site, more: Sequence[str]) -> str:
    parts = [_settings(chance, 0.3, site, more) + "\n"]
    for number in range(chance.choice([0, 1, 2, 4])):
        inside = [f"{site.plain(200 + number)}", _settings(chance, 0.25, site, more)]
        inside.append(chance.choice(CONTENTS))
        chance.shuffle(inside)
        parts.append(f"server {{ {' '.join(inside)} }}\n")
    chance.shuffle(parts)
    return "".join(parts)


def random_lua(seed: int, site: Site, *, has_certificates: bool) -> RandomLua:
    """A configuration; ``has_certificates`` tells whether Lua's contexts may have their own."""
    chance = random.Random(seed)
    more = overrides(site, has_certificates=has_certificates)
    kind = chance.choice(["tree"] * 5 + ["families"] * 4 + ["no server"])
    files: dict[str, str] = {}
    stream = ""
    if kind == "tree":
        tree = random_site(seed, site, more)
        http, files = tree.http, tree.files
    elif kind == "families":
        families = random_families(seed, site, ABILITIES)
        http, stream = families.http, families.stream
    else:
        http = _settings(chance, 0.3, site, more)
    if chance.random() < 0.7:
        stream += _stream(chance, site, more)
    if chance.random() < 0.6:
        http = chance.choice(WORKERS) + http
    if chance.random() < 0.6:
        stream = chance.choice(WORKERS) + stream
    return RandomLua(http, stream, files)
