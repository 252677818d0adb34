"""The tables' numbers of arguments and repetitions are those of nginx.

Of each directive that Debian 12's nginx and its modules know. A table may allow more than this
nginx: it is of all releases.
"""

from __future__ import annotations

import subprocess

import pytest

from nginx_memlint.tree import directives_table, grammar
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import write_conf
from tests.nginx.stack import NGINX, Stack

MODULES = ("ngx_http_lua_module", "ngx_http_js_module", "ngx_stream_js_module")

AROUND = {
    "main": "%s",
    "events": "events { %s }",
    "http": "http { %s }",
    "server": "http { server { %s } }",
    "location": "http { server { location / { %s } } }",
    "if": "http { server { location / { if ($uri) { %s } } } }",
    "server_if": "http { server { if ($uri) { %s } } }",
    "limit_except": "http { server { location / { limit_except GET { %s } } } }",
    "upstream": "http { upstream u { server 127.0.0.1; %s } }",
    "stream": "stream { %s }",
    "stream_server": "stream { server { listen 127.0.0.1:1; return x; %s } }",
    "stream_upstream": "stream { upstream u { server 127.0.0.1:1; %s } }",
}
"""Kind of a block → a configuration with one of it."""

VALUES = ("on", "1", "off", "1k", "x", "1 1k", "/", "a b")
"""Arguments that some directive takes."""

ONCE = frozenset(directives_table.ONCE.split())


def told(stack: Stack, site: Site, kind: str, inside: str) -> str:
    """The output of ``nginx -t`` for a configuration that has a text in a kind of block."""
    text = AROUND[kind] % inside
    events = "" if kind == "events" else "events { }\n"
    pid = "" if kind == "main" else f"pid {site.prefix}/nginx.pid;\n"
    text = f"{stack.load_lines(*MODULES)}{events}{pid}{text}\n"
    conf = write_conf(site.prefix, text)
    command = [NGINX, "-t", "-p", str(site.prefix), "-c", str(conf)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stderr


def directives() -> dict[str, list[str]]:
    """Kind of block → directives that may stand in it, each under one kind."""
    homes: dict[str, str] = {}
    for _, _, kinds, names in directives_table.ROWS:
        for kind in kinds.split():
            if kind in AROUND:
                homes.update(dict.fromkeys(names.split(), kind))
    return {kind: [name for name, home in homes.items() if home == kind] for kind in AROUND}


DIRECTIVES = directives()


@pytest.mark.parametrize("kind", [kind for kind in AROUND if DIRECTIVES[kind]])
def test_numbers_of_arguments(kind: str, bookworm: Stack, site: Site) -> None:
    compared = 0
    for name in DIRECTIVES[kind]:
        code = name.endswith("_by_lua_block")  # an argument, and always there
        counts = [count for count in range(code, 8) if not grammar.takes_so_many(name, count)]
        for count in {*counts[:1], *counts[-1:]}:
            end = " { }" if code else ";"
            said = told(bookworm, site, kind, f"{name}{' 1' * (count - code)}{end}")
            if "unknown directive" not in said and "not allowed here" not in said:
                assert f'invalid number of arguments in "{name}" directive' in said, count
                compared += 1
    assert compared > 0


@pytest.mark.parametrize(
    "kind", [kind for kind in AROUND if len(ONCE.intersection(DIRECTIVES[kind])) > 9]
)
def test_repetitions(kind: str, bookworm: Stack, site: Site) -> None:
    compared = 0
    for name in ONCE.intersection(DIRECTIVES[kind]):
        for value in VALUES:
            if not grammar.takes_so_many(name, len(value.split())):
                continue
            said = told(bookworm, site, kind, f"{name} {value};")
            if "unknown directive" in said:
                break
            if "test is successful" in said:
                said = told(bookworm, site, kind, f"{name} {value}; {name} {value};")
                assert "duplicate" in said, (name, value, said)
                compared += 1
                break
    assert compared > 0
