"""One record per family of TLS directives: the facts that contexts.py applies.

A new family, or a new version threshold, is a record here. What each record says was read in the
source of the module named in it and checked against the real servers (tests/nginx).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nginx_memlint.config.tree import Block, Setting
from nginx_memlint.memory.targets import Target

LOCATION_KINDS = frozenset({"server", "location", "if", "limit_except"})
"""Blocks into which ``ngx_http_merge_servers()`` and ``ngx_http_merge_locations()`` merge
location configuration: each server once, then each entry of its location queue."""


@dataclass(frozen=True, slots=True)
class Module:
    """When a family's module is part of the server.

    ``name`` as in Target.built_in, ``object`` the shared object that ``load_module`` names,
    ``directives`` tells whether a directive name is the module's own, in the ``root`` context.
    """

    name: str
    object: str
    root: str
    directives: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Family:
    """Which blocks build an ``SSL_CTX`` for a family, and what they load into it.

    ``kinds``: the kinds of block that may build one. ``module``: None if the family is in nginx
    itself. ``wants``: whether a block needs a context. ``bundles``: the settings whose files are
    loaded as CA certificates into a block's context. ``overrides``: directives that give a block
    a context of its own where contexts are shared, which ``shared`` decides by version.
    ``source``: where this was read.
    """

    name: str
    kinds: frozenset[str]
    module: Module | None
    wants: Callable[[Block, Target], bool]
    bundles: Callable[[Block, Target], list[Setting]]
    overrides: frozenset[str]
    shared: Callable[[Target], bool]
    source: str


def _always(_block: Block, _target: Target) -> bool:
    return True


def _never(_target: Target) -> bool:
    return False


def _trusted(name: str) -> Callable[[Block, Target], list[Setting]]:
    """The bundle of the nearest setting; an empty value ends the inheritance."""

    def bundles(block: Block, _target: Target) -> list[Setting]:
        setting = block.effective(name)
        return [setting] if setting is not None and setting.value else []

    return bundles


def _lua_directive(name: str) -> bool:
    return name.startswith("lua_") or "_by_lua" in name


LUA_TRUSTED = "lua_ssl_trusted_certificate"

HTTP_LUA = Module("lua", "ngx_http_lua_module.so", "http", _lua_directive)
STREAM_LUA = Module("stream_lua", "ngx_stream_lua_module.so", "stream", _lua_directive)

LUA_OVERRIDES = frozenset(
    {
        "lua_ssl_protocols",
        "lua_ssl_ciphers",
        "lua_ssl_verify_depth",
        "lua_ssl_certificate",
        "lua_ssl_certificate_key",
        LUA_TRUSTED,
        "lua_ssl_crl",
        "lua_ssl_key_log",
        "lua_ssl_conf_command",
    }
)

FAMILIES = (
    Family(
        name="lua",
        kinds=LOCATION_KINDS,
        module=HTTP_LUA,
        wants=_always,
        bundles=_trusted(LUA_TRUSTED),
        overrides=LUA_OVERRIDES,
        shared=lambda target: target.lua >= (0, 10, 26),
        source="lua-nginx-module ngx_http_lua_merge_loc_conf(), ngx_http_lua_merge_ssl(); "
        "shared since 0.10.26 (commit 592a91c1)",
    ),
    Family(
        name="stream_lua",
        kinds=frozenset({"stream_server"}),
        module=STREAM_LUA,
        wants=_always,
        bundles=_trusted(LUA_TRUSTED),
        overrides=frozenset(),
        shared=_never,
        source="stream-lua-nginx-module ngx_stream_lua_merge_srv_conf()",
    ),
)
