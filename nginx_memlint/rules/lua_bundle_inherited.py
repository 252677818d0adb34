"""A CA bundle is parsed again for every block that inherits it (Lua, njs).

## What

`lua_ssl_trusted_certificate` (or njs's `js_fetch_trusted_certificate`) is seen by many blocks,
and each of them parses the bundle into an OpenSSL context of its own.

## Why

Before lua-nginx-module 0.10.26 and njs 0.8.8, the module builds a context whenever nginx merges
the configuration of a `server`, `location`, `if` or `limit_except`, whether or not the block runs
any code. Stream's Lua module does so for each `server`, in every version.

## Cost

Close to 1 MiB a block with a distribution's bundle, and its CPU time on every start, test and
reload; a reload needs a multiple. Reported from 64 MiB on.

## Fix

Set the directive only in the blocks whose code opens TLS connections, use a bundle of just the
CAs needed, or upgrade to a version whose blocks share contexts.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB
load_module modules/ngx_http_lua_module.so;
events {}
http {
    lua_ssl_trusted_certificate ca.pem;
    server {
        location / { return 200; }
        location /lua { access_by_lua_file access.lua; }
        location /files { root /srv; }
    }
}
```

## Passes

```nginx
# memlint check --target debian-12 --unit-cost 32MiB
load_module modules/ngx_http_lua_module.so;
events {}
http {
    server {
        location / { return 200; }
        location /lua {
            lua_ssl_trusted_certificate ca.pem;
            access_by_lua_file access.lua;
        }
        location /files { root /srv; }
    }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies import move_to_lua, newer_module, smaller_bundle
from nginx_memlint.rules.repeated import repeated
from nginx_memlint.rules.rule import Draft
from nginx_memlint.situation import Situation

CODE = "ML101"
NAME = "lua-bundle-inherited"
SEVERITY = "warning"

FAMILIES = ("lua", "stream_lua", "js_fetch", "stream_js_fetch")


def check(situation: Situation) -> Iterator[Draft]:
    """Each bundle of these families that blocks load for themselves."""
    return repeated(situation, FAMILIES, (move_to_lua, smaller_bundle, newer_module))
