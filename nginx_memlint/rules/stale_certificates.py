"""A CA bundle lists certificates that have expired, or the same one several times.

## What

Certificates that have expired take 16 MiB or more at start, or there is no other in the bundle; or
those listed again take a second or more of each `nginx -t`.

## Why

nginx and OpenSSL load a certificate whether or not it is still valid. An expired CA verifies
nobody. One that is listed again is parsed and dropped: a store keeps one copy.

## Cost

5.6 to 5.8 kB of memory for each expired certificate and load, and the CPU time of parsing both.
If all have expired, the risk: every connection that is verified against the bundle fails.

## Since

Every version of nginx.

## Fix

Remove these certificates from the bundle.

## Fails

```nginx
# memlint check
events {}
http {
    server {
        listen 443 ssl;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        ssl_client_certificate expired.pem;
        ssl_verify_client on;
    }
}
```

## Passes

```nginx
# memlint check
events {}
http {
    server {
        listen 443 ssl;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        ssl_client_certificate ca.pem;
        ssl_verify_client on;
    }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.clock import Clock
from nginx_memlint.remedies import Proposal
from nginx_memlint.rules.repeated import costliest
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import REPEATED_CERTIFICATES, STALE_CERTIFICATES
from nginx_memlint.situation import Cause, Situation
from nginx_memlint.sizes import human, human_seconds
from nginx_memlint.tls.ca_bundle import Bundle, not_after

CODE = "ML302"
NAME = "stale-certificates"
SEVERITY = "note"


def check(situation: Situation) -> Iterator[Draft]:
    """Each bundle with certificates that cost much for nothing, or verify nobody."""
    seen: set[str] = set()
    for cause in situation.causes:
        bundle = situation.bundles.bundle(cause.path)
        if cause.path in seen or bundle is None or not bundle.certificates:
            continue
        seen.add(cause.path)
        draft = _expired(situation, cause, bundle) or _repeats(situation, cause, bundle)
        if draft:
            yield draft


def _expired(situation: Situation, cause: Cause, bundle: Bundle) -> Draft | None:
    costly = _total(situation, cause.path) >= STALE_CERTIFICATES
    stale = []
    for der in dict.fromkeys(situation.bundles.ders(cause.path)):
        if _is_expired(der, situation.clock):
            stale.append(der)
        elif not costly:
            return None  # one is valid, and the others cost too little to look at
    if not stale:
        return None
    if len(stale) == bundle.certificates:
        return Draft(
            f"all certificates in {cause.setting.value} ({len(stale):,}) have expired: whoever is "
            "verified against it is refused",
            cause.setting,
            _total(situation, cause.path),
            costliest(situation, cause.priced),
            severity="warning",
        )
    return _some_expired(situation, cause, bundle, stale)


def _some_expired(
    situation: Situation, cause: Cause, bundle: Bundle, stale: list[bytes]
) -> Draft | None:
    if situation.bundles.are_priced:
        return None  # what is left would take is not known
    rest = Bundle(
        bundle.certificates - len(stale),
        bundle.der_bytes - sum(map(len, stale)),
        bundle.repeats,
    )
    after = situation.with_bundles({cause.path: rest})
    saved = situation.estimate.start - after.estimate.start
    if saved < STALE_CERTIFICATES:
        return None
    return Draft(
        f"{len(stale):,} of {bundle.certificates:,} certificates in {cause.setting.value} "
        f"{'has' if len(stale) == 1 else 'have'} expired, and it is loaded "
        f"{cause.loads:,} times: {human(saved)} for nothing",
        cause.setting,
        saved,
        costliest(situation, cause.priced),
        [Proposal(f"remove what has expired from {_name(cause)} ({len(stale):,})", after)],
    )


def _repeats(situation: Situation, cause: Cause, bundle: Bundle) -> Draft | None:
    seconds = bundle.repeats * cause.loads * situation.target.costs.cpu_certificate
    if seconds < REPEATED_CERTIFICATES or situation.target.costs.caches_certificates:
        return None
    listed = bundle.certificates + bundle.repeats
    return Draft(
        f"{bundle.repeats:,} of {listed:,} certificates in {cause.setting.value} are repeats: "
        f"parsing them takes about {human_seconds(seconds)} of each nginx -t (an order of "
        "magnitude)",
        cause.setting,
        0,
        costliest(situation, cause.priced),
    )


def _is_expired(der: bytes, clock: Clock) -> bool:
    end = not_after(der)
    return end is not None and clock.is_past(end)


def _total(situation: Situation, path: str) -> int:
    return sum(cause.total for cause in situation.causes if cause.path == path)


def _name(cause: Cause) -> str:
    return cause.path.rpartition("/")[2]
