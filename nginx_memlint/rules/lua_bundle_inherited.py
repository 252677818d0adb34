"""A CA bundle is parsed again for every block that inherits it (Lua, njs).

## What

`lua_ssl_trusted_certificate` (or njs's `js_fetch_trusted_certificate`) is seen by many blocks,
and each of them parses the bundle into an OpenSSL context of its own.

## Why

Before lua-nginx-module 0.10.26 and njs 0.8.8, the module builds a context whenever nginx merges
the configuration of a `server`, `location`, `if` or `limit_except`, whether or not the block runs
any code. Stream's Lua module does so for each `server`, in every version.

## Cost

849 kB a block with a bundle of 150 certificates on Debian 12, and its CPU time on every start,
test and reload; a reload needs a multiple. Reported from 64 MiB on.

## Since

lua-nginx-module before 0.10.26 (OpenResty before 1.25.3.1; Debian 11 and 12), every
stream-lua-nginx-module, njs from 0.7.0 to 0.8.7 (in stream, to 0.9.1 if built
without stream_ssl).

## Fix

Set the directive only in the blocks whose code opens TLS connections, use a bundle of just the
CAs needed, or upgrade to a version whose blocks share contexts.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB
load_module modules/ndk_http_module.so;
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
load_module modules/ndk_http_module.so;
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

from nginx_memlint.remedies.proposals import move_to_users, newer_version, smaller_bundle
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.repeated import INHERITED, repeated
from nginx_memlint.rules.rule import Draft

CODE = "ML101"
NAME = "lua-bundle-inherited"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle of these families that blocks load for themselves."""
    remedies = (move_to_users, smaller_bundle, newer_version)
    return repeated(situation, INHERITED, remedies, "block that sees it")
