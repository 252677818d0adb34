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
from dataclasses import replace

from nginx_memlint.memory.estimate import Priced
from nginx_memlint.remedies.proposals import remove
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.rules.repeated import costliest
from nginx_memlint.rules.rule import CostPlace, Draft
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.sizes import human, plural
from nginx_memlint.tls.uses import Unused

CODE = "ML105"
NAME = "trusted-certificate-unused"
SEVERITY = "warning"

OWN_REMEDIES = 8
"""Findings that have a remedy each; working one out counts all contexts anew."""


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each directive whose unused certificates cost memory or are a risk."""
    loads: dict[tuple[str, int], list[Priced]] = {key: [] for key in situation.unused}
    for item in situation.priced:
        for key in {bundle.key for bundle in item.group.loads.bundles} & loads.keys():
            loads[key].append(item)
    drafts = [_draft(situation, entry, loads[key]) for key, entry in situation.unused.items()]
    costly = sorted((d for d in drafts if d is not None), key=lambda draft: -draft.bytes)
    return iter(_with_remedies(situation, costly))


def _with_remedies(situation: Situation, drafts: list[Draft]) -> list[Draft]:
    """The drafts, the costliest with a remedy each, the others with one in common."""
    remedied: list[Draft] = []
    rest: list[Proposal] = []
    settings = [draft.setting for draft in drafts if draft.setting and draft.bytes]
    for number, draft in enumerate(drafts):
        if draft.setting is None or not draft.bytes:
            remedied.append(draft)
            continue
        if number < OWN_REMEDIES:
            proposals = [remove(situation, draft.setting)]
        else:
            proposals = rest = rest or [remove(situation, *settings[OWN_REMEDIES:])]
        remedied.append(replace(draft, proposals=proposals))
    return remedied


def _draft(situation: Situation, entry: Unused, loads: list[Priced]) -> Draft | None:
    setting = entry.places[0]
    size = sum(item.first.share + item.others * item.other.share for item in loads)
    if loads:
        count = sum(len(item.group.blocks) for item in loads)
        return Draft(
            f"{setting.name} makes nginx read and keep {setting.value} {_times(count)} "
            f"({human(size)}) for nothing: {entry.use.unused}",
            setting,
            size,
            costliest(situation, loads),
            severity="warning" if size >= REPEATED_LOADS else "note",
            count=count,
        )
    if entry.exposed:
        # no deletion is proposed: it would hide what is missing
        count = len(entry.exposed)
        return Draft(
            f"{setting.name} is set, but {entry.use.unused}: {entry.use.risk} "
            f"({plural(count, 'block')})",
            setting,
            0,
            [CostPlace(b, f"{b.label}: {entry.use.risk}", 0) for b in entry.exposed],
            severity="note",
            count=count,
        )
    return None


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
