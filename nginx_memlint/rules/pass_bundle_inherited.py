"""A CA bundle for upstreams is parsed again in every block that passes requests on over TLS.

## What

`proxy_ssl_trusted_certificate` (or that of grpc, uwsgi or stream) applies to many blocks that
verify a TLS upstream, and each of them parses the bundle into an OpenSSL context of its own.

## Why

Before nginx 1.23.1 every block with a `proxy_pass https://…`, `grpc_pass grpcs://…` or
`uwsgi_pass suwsgi://…` builds its own context, and with `proxy_ssl_verify on` loads the bundle
into it, wherever that is set.

## Cost

About 700 kB a block with a bundle of 120 certificates on Debian 11 and 12, and its CPU time on
every start, test and reload; a reload needs a multiple. Reported from 64 MiB on.

## Since

nginx before 1.23.1. From then on blocks share contexts, unless they set something of their own:
see ML104.

## Fix

Upgrade nginx, and set the directives once around the blocks; or use a bundle of just the CAs that
the upstreams' certificates are signed by.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB
events {}
http {
    proxy_ssl_trusted_certificate ca.pem;
    proxy_ssl_verify on;
    server {
        location /a { proxy_pass https://a.example.com; }
        location /b { proxy_pass https://b.example.com; }
        location /c { proxy_pass https://c.example.com; }
    }
}
```

## Passes

```nginx
# memlint check --target debian-13 --unit-cost 32MiB
events {}
http {
    proxy_ssl_trusted_certificate ca.pem;
    proxy_ssl_verify on;
    server {
        location /a { proxy_pass https://a.example.com; }
        location /b { proxy_pass https://b.example.com; }
        location /c { proxy_pass https://c.example.com; }
    }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.proposals import newer_version, newer_version_and_share, smaller_bundle
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.repeated import PASSES, repeated
from nginx_memlint.rules.rule import Draft

CODE = "ML102"
NAME = "pass-bundle-inherited"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle of these families that blocks load for themselves."""
    remedies = (newer_version, newer_version_and_share, smaller_bundle)
    return repeated(situation, PASSES, remedies, "block that passes requests on")
