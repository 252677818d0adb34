"""Kinds of blocks: which ones nginx knows, where they may stand, and what memlint calls them.

They are from the command tables of nginx 1.22.1 (src/core, src/http, src/stream, src/mail,
src/event) and of the modules named beside a row.
"""

from __future__ import annotations

from collections.abc import Iterable

MAIN = "main"
OPAQUE = "opaque"
"""Kind of a block whose content is neither counted nor judged."""

DATA = "data"
"""Kind of a block whose content is keys and values (tokens.DATA_BLOCKS)."""

OF_MODULES = frozenset({"acme_issuer", "ldap_server"})
"""Kinds of blocks whose content is for a module that reads it by itself: Block.inside() has it."""

WITHOUT_SETTINGS = frozenset({OPAQUE, DATA, *OF_MODULES})
"""Kinds of blocks in which no name is that of a directive memlint knows, whatever it looks like."""

NO_CONTEXT = (*WITHOUT_SETTINGS, "events")
"""Kinds of blocks in which no fragment of a configuration belongs."""

COUNTED = ("server", "location", "if", "limit_except", "stream_server")
"""Kinds of blocks whose numbers are reported."""

_HTTP_DATA = ("map", "geo", "types", "split_clients", "charset_map", "match", "geoip2")
_STREAM_DATA = ("map", "geo", "split_clients", "match", "geoip2")

CHILDREN: dict[str, dict[str, str]] = {
    MAIN: {
        "http": "http",
        "stream": "stream",
        "mail": "mail",
        "events": "events",
        "mgmt": OPAQUE,  # NGINX Plus
        "rtmp": OPAQUE,  # nginx-rtmp-module, builds no TLS context
        "wasm": OPAQUE,  # ngx_wasm_module
    },
    "http": {
        "server": "server",
        "upstream": "upstream",
        **dict.fromkeys(_HTTP_DATA, DATA),
        "acme_issuer": "acme_issuer",  # nginx-acme
        "oidc_provider": OPAQUE,  # NGINX Plus
        "otel_exporter": OPAQUE,  # nginx-otel
        "ldap_server": "ldap_server",  # nginx-auth-ldap
    },
    "server": {"location": "location", "if": "if", "types": DATA},
    "location": {
        "location": "location",
        "if": "if",
        "limit_except": "limit_except",
        "types": DATA,
    },
    "stream": {
        "server": "stream_server",
        "upstream": "stream_upstream",
        **dict.fromkeys(_STREAM_DATA, DATA),
    },
    "mail": {"server": "mail_server"},
}
"""Kind of a block → name of a block in it → kind of that inner block."""

KNOWN_NAMES = frozenset(name for children in CHILDREN.values() for name in children)

NO_BLOCKS: dict[str, frozenset[str]] = {
    "upstream": frozenset({"server"}),
    "stream_upstream": frozenset({"server"}),
}
"""Kind of a block → directives in it that are no blocks, though named like one."""

MANY = 999
"""A number of arguments that is more than nginx takes."""

ARGUMENTS: dict[str, tuple[int, int]] = {
    "http": (0, 0),
    "stream": (0, 0),
    "mail": (0, 0),
    "events": (0, 0),
    "server": (0, 0),
    "location": (1, 2),
    "if": (1, MANY),
    "limit_except": (1, MANY),
    "upstream": (1, 1),
    "types": (0, 0),
    "map": (2, 2),
    "geo": (1, 2),
    "split_clients": (2, 2),
    "charset_map": (2, 2),
}
"""Block → least and most number of arguments; of other directives nginx alone decides."""

INCLUDE_IN_DATA = {
    "types": 'invalid number of arguments in "include" directive',
    "map": "invalid number of the map parameters",
    "geo": "invalid number of the geo parameters",
}
"""Data blocks with an include of their own → what nginx says unless it has one argument."""

PLAIN_INCLUDE = frozenset({"geo"})
"""Data blocks whose own ``include`` takes no glob (``ngx_http_geo_include()``)."""

NO_INCLUDE = frozenset({"charset_map", "split_clients", "match", "geoip2"})
"""Data blocks in which ``include`` is a key like any other."""


def check_context(context: Iterable[str]) -> None:
    """Raise ValueError unless each block may stand in the one before, the first in main."""
    kind = MAIN
    for name in context:
        children = CHILDREN.get(kind, {})
        if name not in children or children[name] in NO_CONTEXT:
            allowed = sorted(n for n, k in children.items() if k not in NO_CONTEXT)
            inside = f'inside "{kind}"' if kind != MAIN else "outermost"
            raise ValueError(f'"{name}" cannot be {inside}; it may be {" or ".join(allowed)}')
        kind = children[name]
