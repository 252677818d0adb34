"""Remedies and what following them makes of a configuration, by hand.

Each is checked twice: memlint's figures for the changed configuration are those promised, and the
real server counts the loads promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CA = "ca.pem"
LUA_CA = f"lua_ssl_trusted_certificate {CA};"
JS_CA = f"js_fetch_trusted_certificate {CA};"
SSL_CA = f"ssl_trusted_certificate {CA};"
CLIENT_CA = f"ssl_client_certificate {CA};"
PASS_CA = f"proxy_ssl_trusted_certificate {CA};"
PAIR = "ssl_certificate server.crt; ssl_certificate_key server.key;"
ACCESS = "access_by_lua_block { local a = 1 }"


@dataclass(frozen=True)
class Case:
    """A configuration (the inside of http), what a rule proposes, and that done by hand.

    ``stack`` is the real server that can count it: bookworm or trixie, or none of both.
    ``options`` are for memlint after the change alone.
    """

    name: str
    code: str
    target: str
    text: str
    before: str
    after: str
    stack: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    files: tuple[dict[str, str], dict[str, str]] = ({}, {})


def location(name: str, inside: str = "") -> str:
    return f"location /{name} {{ {inside} }}\n"


def server(inside: str, number: int = 0) -> str:
    return f"server {{ listen unix:s{number}.sock; {inside} }}\n"


def tls(number: int, inside: str = "") -> str:
    return f"server {{ listen unix:s{number}.sock ssl; {PAIR} {inside} }}\n"


def lua(shared: str, specific: str) -> str:
    return shared + server(
        location("a")
        + location("b", specific + ACCESS)
        + location("c", location("c/d", ACCESS + specific))
    )


def passes(around: str, each: str, count: int = 4) -> str:
    locations = "".join(
        location(f"l{n}", f"proxy_pass https://127.0.0.1:9{n}; {each}") for n in range(count)
    )
    return around + server(locations)


def servers(around: str, specific: str) -> str:
    return around + "".join(tls(n) for n in range(4)) + tls(4, f"ssl_verify_client on; {specific}")


INCLUDED = "location /x { %s include deeper.conf; }"
DEEPER = "location /x/lua { %s access_by_lua_block { local a = 1 } } location /x/none { }"
VERIFY = f"{PASS_CA} proxy_ssl_verify on;"
OPTIONS = "proxy_ssl_conf_command Options -Bugs; proxy_ssl_conf_command CipherString DEFAULT;"

CASES = (
    Case(
        "move to Lua",
        "ML101",
        "debian-12",
        "move lua_ssl_trusted_certificate into the blocks that run Lua (2)",
        lua(LUA_CA, ""),
        lua("", LUA_CA),
        "bookworm",
    ),
    Case(
        "move to Lua, in a file that is included twice",
        "ML101",
        "debian-12",
        "move lua_ssl_trusted_certificate into the blocks that run Lua (2)",
        server("include x.conf;") + server("include x.conf;", 1),
        server("include x.conf;") + server("include x.conf;", 1),
        "bookworm",
        files=(
            {"x.conf": INCLUDED % LUA_CA, "deeper.conf": DEEPER % ""},
            {"x.conf": INCLUDED % "", "deeper.conf": DEEPER % LUA_CA},
        ),
    ),
    Case(
        "move to JavaScript",
        "ML101",
        "debian-12",
        "move js_fetch_trusted_certificate into the blocks that run JavaScript (1)",
        JS_CA + server(location("a") + location("b", "js_content main.f;") + location("c")),
        server(location("a") + location("b", JS_CA + "js_content main.f;") + location("c")),
        "bookworm",
    ),
    Case(
        "newer Lua module",
        "ML101",
        "debian-12",
        "upgrade to lua-nginx-module 0.10.26",
        lua(LUA_CA, ""),
        lua(LUA_CA, ""),
        options={"set": {"lua": "0.10.26"}},
    ),
    Case(
        "newer njs",
        "ML101",
        "debian-12",
        "upgrade to njs 0.8.8",
        JS_CA + server(location("a") + location("b", "js_content main.f;") + location("c")),
        JS_CA + server(location("a") + location("b", "js_content main.f;") + location("c")),
        options={"set": {"njs": "0.8.8"}},
    ),
    Case(
        "newer nginx for passes",
        "ML102",
        "debian-11",
        "upgrade to nginx 1.23.1",
        passes(VERIFY, ""),
        passes(VERIFY, ""),
        options={"set": {"nginx": "1.23.1"}},
    ),
    Case(
        "newer nginx for passes, and set once",
        "ML102",
        "debian-12",
        "upgrade to nginx 1.23.1 or later, and set proxy_ssl_trusted_certificate and "
        "proxy_ssl_verify once in server",
        passes("", VERIFY),
        server(
            VERIFY
            + "".join(location(f"l{n}", f"proxy_pass https://127.0.0.1:9{n};") for n in range(4))
        ),
        options={"set": {"nginx": "1.23.1"}},
    ),
    *(
        Case(
            f"newer nginx for servers, {target}",
            "ML103",
            target,
            "upgrade to nginx 1.27.2",
            servers(CLIENT_CA + "ssl_verify_client on;", ""),
            servers(CLIENT_CA + "ssl_verify_client on;", ""),
            options={"set": {"nginx": "1.27.2"}},
        )
        for target in ("debian-11", "debian-12", "debian-13", "openresty-1.25.3.2")
    ),
    Case(
        "move to servers that verify",
        "ML103",
        "debian-12",
        "move ssl_trusted_certificate into the servers that verify clients or use OCSP (1)",
        servers(SSL_CA, "ssl_client_certificate server.crt;"),
        servers("", SSL_CA + "ssl_client_certificate server.crt;"),
        "bookworm",
    ),
    Case(
        "move to servers that staple",
        "ML103",
        "debian-13",
        "move ssl_trusted_certificate into the servers that verify clients or use OCSP (1)",
        SSL_CA + "".join(tls(n) for n in range(4)) + tls(4, "ssl_stapling on;"),
        "".join(tls(n) for n in range(4)) + tls(4, SSL_CA + "ssl_stapling on;"),
        "trixie",
    ),
    Case(
        "remove what is inherited",
        "ML104",
        "debian-13",
        "remove proxy_ssl_trusted_certificate and proxy_ssl_verify where it only repeats",
        passes(VERIFY, VERIFY),
        passes(VERIFY, ""),
        "trixie",
    ),
    Case(
        "remove a list that is inherited",
        "ML104",
        "debian-13",
        "remove proxy_ssl_conf_command where it only repeats",
        passes(VERIFY + OPTIONS, OPTIONS),
        passes(VERIFY + OPTIONS, ""),
        "trixie",
    ),
    Case(
        "set once in the server",
        "ML104",
        "debian-13",
        "set proxy_ssl_conf_command, proxy_ssl_trusted_certificate and proxy_ssl_verify once",
        passes("", VERIFY + OPTIONS),
        passes("", "").replace("s0.sock;", f"s0.sock; {VERIFY} {OPTIONS}"),
        "trixie",
    ),
    Case(
        "set once in http, of Lua's servers",
        "ML104",
        "debian-13",
        "set lua_ssl_trusted_certificate and lua_ssl_verify_depth once in http",
        "".join(server(LUA_CA + "lua_ssl_verify_depth 2;" + ACCESS, n) for n in range(4)),
        LUA_CA + "lua_ssl_verify_depth 2;" + "".join(server(ACCESS, n) for n in range(4)),
        "trixie",
    ),
    Case(
        "set once where blocks that run no Lua see nothing of it",
        "ML104",
        "debian-13",
        "set lua_ssl_trusted_certificate once in server",
        server("".join(location(f"l{n}", LUA_CA + ACCESS) for n in range(4)) + location("plain")),
        server(LUA_CA + "".join(location(f"l{n}", ACCESS) for n in range(4)) + location("plain")),
        "trixie",
    ),
    Case(
        "set once in http, of files that are included",
        "ML104",
        "debian-13",
        "set proxy_ssl_trusted_certificate and proxy_ssl_verify once in http",
        server("include p.conf;") + server("include p.conf;", 1) + server("include p.conf;", 2),
        VERIFY
        + server("include p.conf;")
        + server("include p.conf;", 1)
        + server("include p.conf;", 2),
        "trixie",
        files=(
            {"p.conf": location("a", f"{VERIFY} proxy_pass https://127.0.0.1;")},
            {"p.conf": location("a", "proxy_pass https://127.0.0.1;")},
        ),
    ),
    Case(
        "remove what no Lua uses",
        "ML105",
        "debian-12",
        "remove lua_ssl_trusted_certificate",
        LUA_CA + "init_by_lua_block { }" + server(location("a") + location("b")),
        "init_by_lua_block { }" + server(location("a") + location("b")),
        "bookworm",
    ),
    Case(
        "remove what no JavaScript uses",
        "ML105",
        "debian-12",
        "remove js_fetch_trusted_certificate",
        JS_CA + server(location("a") + location("b")),
        "js_var $a;" + server(location("a") + location("b")),
        "bookworm",
    ),
    Case(
        "remove what no server uses",
        "ML105",
        "debian-12",
        "remove ssl_trusted_certificate",
        SSL_CA + "".join(tls(n) for n in range(3)),
        "".join(tls(n) for n in range(3)),
        "bookworm",
    ),
)
