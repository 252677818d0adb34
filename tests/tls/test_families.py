"""The functions of families look at the directives that their records name, and at no others."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.targets.targets import find_target
from nginx_memlint.tls.families import CACHED, FAMILIES, UPGRADES, Family
from nginx_memlint.tree import grammar

TARGETS = [find_target(name) for name in ("debian-11", "debian-12", "debian-13")]
VALUES = ("", "on", "off", "x")


class Asked:
    """A block in which every directive has a value, or none is set; it notes what it is asked."""

    def __init__(self, value: str | None) -> None:
        self.value = value
        self.names: set[str] = set()
        self.parts: list[Any] = []

    def effective(self, name: str) -> Any:
        self.names.add(name)
        directive = SimpleNamespace(name=name, args=(self.value, "ssl"))
        return (
            None
            if self.value is None
            else SimpleNamespace(value=self.value, directive=directive, block=self)
        )

    def settings(self, name: str) -> list[Any]:
        setting = self.effective(name)
        return [] if setting is None else [setting]

    def directives(self, name: str) -> list[Any]:
        return [setting.directive for setting in self.settings(name)]

    inside = settings
    children = ()


def asked(call: Any, target: Any) -> set[str]:
    names: set[str] = set()
    for value in (None, *VALUES):
        block = Asked(value)
        call(block, target)
        names |= block.names
    return names


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_what_decides(family: Family) -> None:
    names = set().union(*(asked(family.wants, target) for target in TARGETS))
    assert names == (family.needs or family.decides)


@pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])
def test_what_is_read(family: Family) -> None:
    names = {family.certificate, family.commands} - {""}
    for target in TARGETS:
        names |= asked(family.trusted, target) | asked(family.client, target)
    assert names == family.reads | family.inside


def test_no_other_component_has_the_directives_of_a_module() -> None:
    """Else one of them would tell nothing of the module."""
    brought = grammar.components(grammar.ALLOWED.keys())
    modules = [family.module for family in FAMILIES if family.module is not None]
    for module in modules:
        if module.version == "nginx":  # the release of nginx tells of it, not its directives
            continue
        kinds = {
            kind for kind in grammar.KINDS if kind.startswith("stream") == (module.root == "stream")
        }
        for name in module.directives:
            by = {brought[name, kind] for kind in kinds if (name, kind) in brought}
            assert by == {module.version}, name


NOT_COMPARED = {
    "lua": (),
    "proxy_ssl": ("alpn", "name", "server_name", "certificate_cache", "*_by_lua_*"),
    "grpc_ssl": ("name", "server_name", "certificate_cache"),
    "uwsgi_ssl": ("name", "server_name", "certificate_cache"),
    "js_fetch": ("*buffer_size", "*response_buffer_size", "timeout", "proxy", "keepalive*"),
}
"""Prefix of directives → those that leave a block the context of the one around it: in
ngx_http_lua_merge_ssl(), ngx_http_proxy_merge_ssl() and its like, and ngx_http_js_merge_ssl()
nothing is held against them."""


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if family.overrides], ids=lambda family: family.name
)
def test_what_gives_a_block_a_context_of_its_own(family: Family) -> None:
    """All of a module's directives for TLS that nginx has, but those that are not compared."""
    prefix = family.name.removeprefix("stream_")
    begin = "lua_ssl_" if prefix == "lua" else f"{prefix}_"
    of_module = {name for name in grammar.ALLOWED if name.startswith(begin)}
    left_out = {
        name
        for name in of_module
        if any(fnmatch(name, begin + pattern) for pattern in NOT_COMPARED[prefix])
    }
    assert family.overrides == of_module - left_out


REJECTING = "http { server { ssl_reject_handshake on; } }"
WITH_CERTIFICATE = "stream { server { ssl_certificate a; ssl_certificate_key a; } }"
LISTENING = "stream { server { listen 443 ssl; } }"
PASSING = "http {{ server {{ location /a {{ {0}; }} location /b {{ {0}; }} }} }}"
MANY = "{} {{ server {{ }} server {{ }} }}"
JS = "load_module ngx_http_js_module.so; "
STREAM_JS = "load_module ngx_stream_js_module.so; "

EDGES = {
    "lua-nginx-module 592a91c1": ("lua", "lua", MANY.format("http"), "0.10.25 2", "0.10.26 1"),
    "njs f2955c8b": ("js_fetch", "njs", JS + MANY.format("http"), "0.8.7 2", "0.8.8 1"),
    "njs, the first ngx.fetch()": (
        "js_fetch",
        "njs",
        JS + MANY.format("http"),
        "0.6.2 0",
        "0.7.0 2",
    ),
    "njs 4ea1356a": (
        *("stream_js_fetch", "njs", STREAM_JS + MANY.format("stream"), "0.9.1 2", "0.9.2 1"),
    ),
    "nginx d791b4aab, proxy": (
        *("proxy_ssl", "nginx", PASSING.format("proxy_pass https://a"), "1.23.0 2", "1.23.1 1"),
    ),
    "nginx d791b4aab, grpc": (
        *("grpc_ssl", "nginx", PASSING.format("grpc_pass grpcs://a"), "1.23.0 2", "1.23.1 1"),
    ),
    "nginx d791b4aab, uwsgi": (
        *("uwsgi_ssl", "nginx", PASSING.format("uwsgi_pass suwsgi://a"), "1.23.0 2", "1.23.1 1"),
    ),
    "nginx d791b4aab, stream": (
        *("stream_proxy_ssl", "nginx", "stream { proxy_ssl on; server { } server { } }"),
        *("1.23.0 2", "1.23.1 1"),
    ),
    "CHANGES of nginx 1.19.4": ("ssl", "nginx", REJECTING, "1.19.3 0", "1.19.4 1"),
    "CHANGES of nginx 1.25.5": ("stream_ssl", "nginx", WITH_CERTIFICATE, "1.25.4 0", "1.25.5 1"),
    "ngx_stream_ssl_merge_srv_conf()": ("stream_ssl", "nginx", LISTENING, "1.25.4 1", "1.25.5 0"),
}
"""Where it was read → the family, the component whose version decides, a configuration, and twice a
version with its contexts: the last one before, and the first one since."""


@pytest.mark.parametrize("source", EDGES)
def test_a_version_decides(source: str, tmp_path: Path) -> None:
    name, component, text, *edges = EDGES[source]
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"events {{ }}\n{text}\n")
    for edge in edges:
        version, contexts = edge.split()
        report = check(conf, target="openresty-1.21.4.3", set={component: version})
        counted = report.families.get(name)
        assert (counted.ssl_contexts if counted else 0) == int(contexts), version


def test_each_family_that_newer_versions_make_cheaper_has_an_upgrade() -> None:
    """Those whose blocks share contexts from a version on, and those that a cache serves."""
    sharing = {family.name for family in FAMILIES if family.overrides}
    cached = {name for name, (_, version, _) in UPGRADES.items() if version == CACHED}
    assert cached == {"ssl", "stream_ssl", "mail_ssl"}
    assert UPGRADES.keys() == sharing | cached
