"""A CA bundle could not be read, or nginx would reject it.

## What

A file that contexts load is not there, may not be read by whoever runs memlint, or is no PEM file
of certificates.

## Why

nginx opens the bundle while it reads the configuration, and does not start if it cannot load it.
A file that is no PEM file is an error wherever it is. One that is missing may be there on the
host that the configuration is for: that is a note.

## Cost

A load takes about 5.7 kB for each certificate. A range is guessed: a few certificates, up to a full
bundle of 1 MiB; for a path where systems have their bundle, and for what scripts verify, such a
bundle is taken as likely. Budgets are an error only if the low end is over them. The risk: on the
host itself, `nginx -t`, a start and a reload fail.

## Since

Every version of nginx.

## Fix

Name a file that is there, point memlint to a copy (`--sysroot`, `--path-map`), or state what a
load takes (`--unit-cost`). Make a file that nginx rejects with `openssl x509 -outform pem`.

## Fails

```nginx
# memlint check
events {}
http {
    server {
        listen 443 ssl;
        ssl_certificate server.crt;
        ssl_certificate_key server.key;
        ssl_client_certificate /nonexistent/ca.pem;
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

from nginx_memlint.memory.guesses import End
from nginx_memlint.remedies.situation import Cause, Situation
from nginx_memlint.rules.rule import CostPlace, Draft
from nginx_memlint.sizes import human, plural
from nginx_memlint.sources.memory_files import NOT_IN_DUMP
from nginx_memlint.tree.expanded import Setting

CODE = "ML303"
NAME = "bundle-unreadable"
SEVERITY = "note"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each bundle that is loaded and could not be read."""
    for path, (first, *others) in unreadable(situation).items():
        reason = situation.bundles.failures[path]
        rejected = path in situation.bundles.rejected
        if not rejected and situation.bundles.are_priced:
            continue  # its cost is given, and that it is elsewhere is known
        size = sum(cause.total for cause in (first, *others))
        loads = sum(cause.loads for cause in (first, *others))
        times = plural(loads, "load")
        what = (
            f"{path} {reason}: nginx rejects it"
            if rejected
            else f"{path} could not be read ({reason}): {_guessed(situation, first.setting)} for "
            f"each of {times} (state it with --unit-cost)"
        )
        if not rejected and reason != NOT_IN_DUMP:
            what += ", and nginx does not start without the file"
        yield Draft(
            what,
            first.setting,
            size,
            [
                CostPlace(cause.setting, f"{cause.setting.name}: {human(cause.total)}", cause.total)
                for cause in others
            ],
            severity="error" if rejected else "note",
            count=loads,
        )


def _guessed(situation: Situation, setting: Setting) -> str:
    """The range that is guessed for a load, and what is likely, in words."""
    low, likely, high = (
        human(situation.at(end).bundles.load_bytes(setting))
        for end in (End.LOW, End.LIKELY, End.HIGH)
    )
    said = situation.bundles.prior(setting).said
    return f"{low} to {high} is guessed ({said}), and {likely} counted,"


def unreadable(situation: Situation) -> dict[str, list[Cause]]:
    """The bundles that could not be read, with their causes, the costliest first."""
    unreadable: dict[str, list[Cause]] = {}
    for cause in situation.causes:
        if situation.bundles.bundle(cause.path) is None:
            unreadable.setdefault(cause.path, []).append(cause)
    return unreadable
