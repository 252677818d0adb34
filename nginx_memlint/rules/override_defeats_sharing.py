"""Blocks that could share one OpenSSL context each set something, and so each parse the bundle.

## What

The server shares contexts between blocks, but a directive such as `lua_ssl_verify_depth` or
`proxy_ssl_verify` is set again in each block, often with the value that it would inherit.

## Why

A block that sets any of a family's context directives builds a context of its own and loads the
CA bundle into it; nginx does not look at the value. For `proxy_ssl_*`, `grpc_ssl_*` and
`uwsgi_ssl_*` these are protocols, ciphers, certificate, certificate_key, password_file, verify,
verify_depth, trusted_certificate, crl, session_reuse and conf_command; for `lua_ssl_*` protocols,
ciphers, verify_depth, trusted_certificate, crl, conf_command, certificate, certificate_key and
key_log; for `js_fetch_*` protocols, ciphers, verify, verify_depth and trusted_certificate.

## Cost

About 700 kB a block with a bundle of 120 certificates on Debian 13, and its CPU time on every
start, test and reload; a reload needs a multiple. Reported from 64 MiB on. nginx from 1.27.2
on parses a CA file once, so that it costs next to nothing there.

## Since

lua-nginx-module from 0.10.26, njs from 0.8.8 (in stream, from 0.9.2), and `proxy_ssl_*`,
`grpc_ssl_*` and `uwsgi_ssl_*` from nginx 1.23.1. Before, blocks do not share at all: see ML101 and
ML102.

## Fix

Remove settings that repeat what is inherited, and set once, around the blocks, what all of them
set alike. A change is only proposed if no block that uses the settings sees another value.

## Fails

```nginx
# memlint check --target debian-13 --unit-cost 32MiB
events {}
http {
    proxy_ssl_trusted_certificate ca.pem;
    proxy_ssl_verify on;
    server {
        location /a { proxy_pass https://a.example.com; proxy_ssl_verify on; }
        location /b { proxy_pass https://b.example.com; proxy_ssl_verify on; }
        location /c { proxy_pass https://c.example.com; proxy_ssl_verify on; }
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

from nginx_memlint.remedies.proposals import listed, share, smaller_bundle, worthwhile
from nginx_memlint.remedies.sharing import overriding
from nginx_memlint.remedies.situation import Cause, Situation
from nginx_memlint.rules.repeated import costliest, costliest_setting, loaded_again
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.sizes import human
from nginx_memlint.tls.families import by_name
from nginx_memlint.tree.expanded import Setting

CODE = "ML104"
NAME = "override-defeats-sharing"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle that blocks load for themselves, though they could share it."""
    for cause in situation.causes:
        if by_name(cause.family).shared(situation.target):
            size = loaded_again(situation, cause)
            settings = _overriding(cause) if size >= REPEATED_LOADS else []
            if settings:
                yield _draft(situation, cause, settings, size)


def _draft(situation: Situation, cause: Cause, settings: list[Setting], size: int) -> Draft:
    family = by_name(cause.family)
    proposals = worthwhile(situation, [share(situation, cause), smaller_bundle(situation, cause)])
    change = next((proposal.change for proposal in proposals if proposal.change), None)
    if change:
        keys = {setting.key for setting in change.delete}
        settings = [setting for setting in settings if setting.key in keys] or settings
        at, why = settings[0], "which they need not"
    elif situation.is_whole:
        at = costliest_setting(situation, cause)
        why = "but no change would leave every block the values it sees"
    else:
        at = costliest_setting(situation, cause)
        why = "but a change is only known where all of a configuration was read"
    names = listed({setting.name for setting in settings} & family.overrides)
    value = costliest_setting(situation, cause).value
    return Draft(
        f"nginx reads and keeps {value} {cause.loads:,} times ({human(cause.total)}), because "
        f"blocks that could share a context set {names} each, {why}",
        at,
        size,
        costliest(situation, cause.priced),
        proposals,
        count=cause.loads,
    )


def _overriding(cause: Cause) -> list[Setting]:
    """The settings that keep the contexts apart, in the order of the configuration."""
    settings: dict[tuple[str, int], Setting] = {}
    family = by_name(cause.family)
    for block in (block for item in cause.priced for block in item.group.blocks):
        for setting in overriding(block, family):
            settings.setdefault(setting.key, setting)
    return list(settings.values())
