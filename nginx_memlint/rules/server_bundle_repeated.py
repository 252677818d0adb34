"""A CA bundle for clients or OCSP is parsed again in every TLS server.

## What

`ssl_trusted_certificate` or `ssl_client_certificate` applies to many servers, in http, stream or
mail, and each of them parses the bundle into the OpenSSL context of its own certificate.

## Why

A server with a certificate always has its own context. Before nginx 1.27.2 a CA file is parsed
for each context that loads it: `ssl_trusted_certificate` in http always, `ssl_client_certificate`
where `ssl_verify_client` is not off.

## Cost

About 680 kB a server with a bundle of 120 certificates on Debian 11, 12 and 13, and its CPU time
on every start, test and reload; a reload needs a multiple. Reported from 64 MiB on.

## Since

nginx before 1.27.2. From then on nginx parses a CA file once and shares the certificates.

## Fix

Set the directive only in the servers that verify clients or use OCSP, use a bundle of just the
CAs needed, or upgrade nginx.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 32MiB
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    server { listen 443 ssl; server_name a.example.com; }
    server { listen 443 ssl; server_name b.example.com; }
    server { listen 443 ssl; server_name c.example.com; }
}
```

## Passes

```nginx
# memlint check --target debian-12 --unit-cost 32MiB --set nginx=1.27.2
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    server { listen 443 ssl; server_name a.example.com; }
    server { listen 443 ssl; server_name b.example.com; }
    server { listen 443 ssl; server_name c.example.com; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.proposals import move_to_users, newer_version, smaller_bundle
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.repeated import SERVERS, repeated
from nginx_memlint.rules.rule import Draft

CODE = "ML103"
NAME = "server-bundle-repeated"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle of these families that servers load for themselves."""
    remedies = (move_to_users, smaller_bundle, newer_version)
    return repeated(situation, SERVERS, remedies, "server with a certificate")
