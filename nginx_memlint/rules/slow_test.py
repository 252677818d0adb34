"""nginx -t, a start and a reload take long, by the CPU time of parsing what they load.

## What

The predicted CPU time of `nginx -t` is above `--max-test-seconds`, 30 seconds by default. The
prediction is an order of magnitude: processors differ.

## Why

The master parses every CA bundle that is loaded, one after another, on each test, start and
reload. OpenSSL 3.0 takes five times as long for it as 1.1.1. Keys, revocation lists, scripts,
hashes and many locations in one server take their time, too.

## Cost

Parsing a bundle of 120 certificates takes about 3 ms with OpenSSL 1.1.1 and 15 to 20 ms with 3.0;
`nginx -t` with 4,080 loads of 150 certificates took 81 s on Debian 12. systemd gives a start 90 s
(`DefaultTimeoutStartSec`), and then kills it.

## Since

Every version of nginx; from 1.27.2 on a CA file is parsed once.

## Fix

Follow the remedy that is shown, or raise the limit if nothing waits for a start.

## Fails

```nginx
# memlint check --target debian-12 --max-test-seconds 0.01
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_client_certificate many.pem;
    ssl_verify_client on;
    server { listen 443 ssl; server_name a.example.com; }
    server { listen 443 ssl; server_name b.example.com; }
    server { listen 443 ssl; server_name c.example.com; }
}
```

## Passes

```nginx
# memlint check --target debian-12 --max-test-seconds 0.01
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

from nginx_memlint.remedies.proposals import best
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import SLOW_TEST
from nginx_memlint.sizes import human_seconds

CODE = "ML205"
NAME = "slow-test"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft if the time is above the limit."""
    given = situation.limits.max_test_seconds
    limit = SLOW_TEST if given is None else given
    seconds = situation.cpu_seconds
    if seconds <= limit:
        return
    loads = situation.loads_by_setting
    of_contexts = situation.totals.cpu_seconds
    why = f", parsing CA bundles {situation.ca_loads:,} times" if of_contexts > seconds / 2 else ""
    yield Draft(
        f"nginx -t, a start and a reload take about {human_seconds(seconds)} of CPU each (an "
        f"order of magnitude){why}: over {limit:g} s",
        loads[0].setting if loads else None,
        sum(item.total for item in loads),
        proposals=best(situation),
        count=situation.ca_loads or None,
    )
