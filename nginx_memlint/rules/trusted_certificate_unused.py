"""A CA bundle is set where nothing uses it.

## What

A directive names CA certificates, but nothing in its reach verifies anything against them: no Lua
or JavaScript runs there, no server there verifies clients or uses OCSP, or `proxy_ssl_verify`
(or that of grpc or uwsgi) is off.

## Why

nginx loads what `lua_ssl_trusted_certificate`, `js_fetch_trusted_certificate` and
`ssl_trusted_certificate` name whether or not it is needed. It does not load what
`proxy_ssl_trusted_certificate` and `ssl_client_certificate` name while the verification is off,
and then nobody is verified: most likely that was not the intention.

## Cost

849 kB for each context that loads a bundle of 150 certificates on Debian 12; from 64 MiB on it is
a warning, below a note. Where nothing is loaded, the risk: connections that look verified in the
configuration and are not.

## Since

Every version of nginx, lua-nginx-module, stream-lua-nginx-module and njs with these directives.

## Fix

Remove the directive, or switch on what it is for (`proxy_ssl_verify on`, `ssl_verify_client on`).

## Fails

```nginx
# memlint check --target debian-12
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_trusted_certificate ca.pem;
    server { listen 443 ssl; }
}
```

## Passes

```nginx
# memlint check --target debian-12
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_trusted_certificate ca.pem;
    ssl_stapling on;
    ssl_stapling_verify on;
    server { listen 443 ssl; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.memory.estimate import Priced
from nginx_memlint.remedies import remove
from nginx_memlint.rules.repeated import costliest, loads_by_key
from nginx_memlint.rules.rule import Draft, Place
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.situation import Situation
from nginx_memlint.sizes import human
from nginx_memlint.tls.uses import Unused

CODE = "ML105"
NAME = "trusted-certificate-unused"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """Each such directive that costs something, or whose risk is real."""
    by_key = loads_by_key(situation)
    found = [(entry, by_key.get(entry.places[0].key, [])) for entry in situation.unused.values()]
    found.sort(key=lambda each: -sum(own for _, own in each[1]))
    for entry, loads in found:
        if draft := _draft(situation, entry, loads):
            yield draft


def _draft(situation: Situation, entry: Unused, loads: list[tuple[Priced, int]]) -> Draft | None:
    setting = entry.places[0]
    size = sum(own for _, own in loads)
    if loads:
        proposal = remove(situation, setting)
        return Draft(
            f"{setting.name} makes nginx parse {setting.value} {_times(len(loads))} "
            f"({human(size)}) for nothing: {entry.use.unused}",
            setting,
            size,
            costliest(loads),
            [proposal] if proposal else [],
            severity="warning" if size >= REPEATED_LOADS else "note",
        )
    if entry.exposed:
        # no deletion is proposed: it would hide what is missing
        count = len(entry.exposed)
        return Draft(
            f"{setting.name} is set, but {entry.use.unused}: {entry.use.risk} "
            f"({count:,} block{'s' * (count != 1)})",
            setting,
            0,
            [Place(b, f"{b.label}: {entry.use.risk}", 0) for b in entry.exposed],
            severity="note",
        )
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
