"""nginx -t builds more OpenSSL contexts, or loads more CA bundles, than their budget.

## What

There are more contexts than `--max-contexts`, or more CA loads than `--max-ca-loads`.

## Why

Bytes differ with the server, the number of workers and what is in a bundle. Counts are exact, and
the same on every machine: a repository can hold them to what they are today.

## Cost

What the contexts and loads beyond the budget take.

## Since

Every version of nginx.

## Fix

Follow the remedy that is shown, or raise the budget.

## Fails

```nginx
# memlint check --target debian-12 --max-ca-loads 1
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    server { listen 443 ssl; server_name a.example.com; }
    server { listen 443 ssl; server_name b.example.com; }
}
```

## Passes

```nginx
# memlint check --target debian-12 --max-ca-loads 1
events {}
http {
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    server {
        listen 443 ssl;
        server_name a.example.com;
        ssl_client_certificate ca.pem;
        ssl_verify_client on;
    }
    server { listen 443 ssl; server_name b.example.com; }
}
```
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.remedies.proposals import best
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import plural

CODE = "ML209"
NAME = "counts-over-budget"
SEVERITY = "error"


def check(situation: Situation) -> Iterator[Draft]:
    """A draft for each budget that is exceeded."""
    limits, costs = situation.limits, situation.totals
    contexts = situation.ssl_contexts
    of_load = costs.load_bytes // costs.loads if costs.loads else 0
    of_context = costs.context_bytes // contexts if contexts else 0
    settings = [loads.setting for loads in situation.loads_by_setting]
    for what, count, budget, each in (
        ("CA load", situation.ca_loads, limits.max_ca_loads, of_load),
        ("TLS context", contexts, limits.max_contexts, of_context),
    ):
        if budget is not None and count > budget:
            yield Draft(
                f"nginx -t makes {plural(count, what)}: over the budget of {budget:,}",
                settings[0] if settings else None,
                (count - budget) * each,
                proposals=best(situation),
                identity=(what,),
                count=count,
            )
