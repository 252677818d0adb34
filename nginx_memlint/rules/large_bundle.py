"""A CA bundle holds far more certificates than a service talks to.

## What

A bundle of more than 20 certificates is loaded so often that one of 10 would save 256 MiB or more
at start. Not reported where the loads themselves are (ML101 to ML105): there it is a remedy.

## Why

A context keeps every certificate of the bundle parsed. A distribution's bundle has about 150; a
service that calls three others needs the one to three that sign theirs.

## Cost

5.6 to 5.8 kB of memory for each certificate and load.

## Since

Every version of nginx; from 1.27.2 on a CA file is parsed once.

## Fix

Name a file with just the CAs needed.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 200MiB
load_module modules/ndk_http_module.so;
load_module modules/ngx_http_lua_module.so;
events {}
http {
    server {
        location /a { lua_ssl_trusted_certificate many.pem; access_by_lua_file a.lua; }
        location /b { lua_ssl_trusted_certificate many.pem; access_by_lua_file b.lua; }
    }
}
```

## Passes

```nginx
# memlint check --target debian-12
load_module modules/ndk_http_module.so;
load_module modules/ngx_http_lua_module.so;
events {}
http {
    server {
        location /a { lua_ssl_trusted_certificate ca.pem; access_by_lua_file a.lua; }
        location /b { lua_ssl_trusted_certificate ca.pem; access_by_lua_file b.lua; }
    }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.proposals import smaller_bundle
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.repeated import costliest, loaded_again
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import LARGE_BUNDLE, REPEATED_LOADS
from nginx_memlint.sizes import human

CODE = "ML301"
NAME = "large-bundle"
SEVERITY = "note"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle of which a smaller one would save LARGE_BUNDLE bytes."""
    for cause in situation.causes:
        if cause.total < LARGE_BUNDLE or loaded_again(situation, cause) >= REPEATED_LOADS:
            continue
        bundle = situation.bundles.bundle(cause.path)
        if bundle is None or cause.setting.key in situation.unused:
            continue
        smaller = smaller_bundle(situation, cause)
        if smaller is None:
            continue
        saved = situation.estimate.start - smaller.after.estimate.start
        if saved >= LARGE_BUNDLE:
            yield Draft(
                f"{cause.setting.value} holds {bundle.certificates:,} certificates and is loaded "
                f"{cause.loads:,} times ({human(cause.total)}): few services need so many",
                cause.setting,
                saved,
                costliest(situation, cause.priced),
                [smaller],
                count=cause.loads,
            )
