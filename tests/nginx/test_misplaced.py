"""Directives set twice or out of place: what memlint says, and nginx."""

from __future__ import annotations

import re

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

CASES = {
    "twice": "server { LISTEN LUA\nLUA }",
    "twice, by an include": "server { LISTEN LUA\ninclude ca.conf; }",
    "in an if": "server { LISTEN location / { if ($a) {\nLUA } } }",
    "in a limit_except": "server { LISTEN location / { limit_except GET {\nLUA } } }",
    "in an upstream": "upstream u { server 127.0.0.1;\nLUA }",
    "ssl in a location": "server { LISTEN location / {\nssl_trusted_certificate CA; } }",
    "verify twice": "proxy_ssl_verify on;\nproxy_ssl_verify off;",
    "client verification twice": "ssl_verify_client on;\nssl_verify_client off;",
    "two roots": "root /a; server { LISTEN location / { root /b;\nroot /c; } }",
    "two caches of keys": "proxy_cache off; server { LISTEN proxy_cache off;\nproxy_cache off; }",
    "a root in an if": "server { LISTEN location / { root /b; if ($uri) { root /c; } } }",
    "paths that are none": "lua_package_path ''; lua_package_path ''; lua_package_path 'a';",
    "a path, and none": "lua_package_path 'a';\nlua_package_path '';",
    "words before Lua": "server { LISTEN location / {\ncontent_by_lua_block a b { } } }",
    "Lua for no variable": "server { LISTEN\nset_by_lua_block { return 1 } }",
    "Lua for a variable": "server { LISTEN set_by_lua_block $a { return 1 } }",
    "a directive of no module": "server { LISTEN location / {\nfoobar on; } }",
    "of no module, in an upstream": "upstream u { server 127.0.0.1;\nfoobar 1; }",
    "several certificates": "server { LISTEN PAIR PAIR }",
    "commands": "lua_ssl_conf_command Options -Bugs; lua_ssl_conf_command Options -Bugs;",
    "once each": "LUA server { LISTEN LUA location / { LUA } }",
}
"""Capitals stand for directives and paths."""


@pytest.mark.parametrize(
    ("values", "accepted"), [("0 -0 00 5", True), ("0 5 0", False), ("-5 0", False)]
)
def test_priorities(values: str, accepted: bool, bookworm: Stack, site: Site) -> None:
    """Of a priority that is 0, nginx does not see that it is set."""
    lines = "".join(f"worker_priority {value};\n" for value in values.split())
    conf = write_conf(site.prefix, lines + main_conf(site.prefix, f"server {{ {site.plain()} }}"))
    run = bookworm.test(conf, prefix=site.prefix)
    problems = check(conf, target="debian-12").problems
    assert (run.accepted, [str(p.nginx) in run.messages for p in problems]) == (
        accepted,
        [] if accepted else [True],
    )


@pytest.mark.parametrize("inside", CASES.values(), ids=CASES)
def test_misplaced(inside: str, bookworm: Stack, site: Site) -> None:
    lua = f"lua_ssl_trusted_certificate {site.bundle};"
    words = {"LISTEN": site.plain(), "LUA": lua, "PAIR": site.pair, "CA": str(site.bundle)}
    for word, text in words.items():
        inside = re.sub(rf"\b{word}\b", text, inside)
    write_conf(site.prefix, f"\n{lua}", "ca.conf")
    text = main_conf(site.prefix, inside, modules=bookworm.load_lines("ngx_http_lua_module"))
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    report = check(conf, target="debian-12")
    assert report.complete == run.accepted, (run.messages, report.problems)
    if not run.accepted:
        [problem] = report.problems
        assert f"{problem.nginx} in {problem.file}:{problem.line}" in run.messages
