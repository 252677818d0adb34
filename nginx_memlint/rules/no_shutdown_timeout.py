"""Old workers may live for as long as a connection does, and keep their configuration's memory.

## What

`worker_shutdown_timeout` is not set, and each generation of old workers that connections hold keeps
128 MiB or more.

## Why

After a reload an old worker exits when its last connection is closed. Until then the memory of
its configuration, and what it has copied of it, stays; WebSockets, long polls and slow downloads
last for hours, and each further reload adds another generation.

## Cost

What `memory.held` says. With U the memory of one configuration in CA certificates and W workers,
each generation keeps up to (1.8 + 0.42 W) U; 2.0 U of contexts with certificates of their own,
1.25 U of plain blocks; and the connections of each worker. When the workers of a generation let go
at once, all but one copy what they free: (W - 1) U more of certificates.

## Since

nginx from 1.11.11, which has the directive.

## Fix

Set `worker_shutdown_timeout`, e.g. to `60s`, in the main context: nginx closes the connections
that are left then. Generations are then held for so long at most. And follow the remedies for what
takes the memory itself.

## Fails

```nginx
# memlint check --target debian-12 --unit-cost 40MiB
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
# memlint check --target debian-12 --unit-cost 40MiB
worker_shutdown_timeout 60s;
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
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.memory.held import GENERATIONS
from nginx_memlint.memory.parts.record import CA_LOADS
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import HELD_GENERATION
from nginx_memlint.sizes import human
from nginx_memlint.tls.families import SHUTDOWN_TIMEOUT

CODE = "ML207"
NAME = "no-shutdown-timeout"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft, of the configuration as a whole: what it lacks stands nowhere."""
    main, held = situation.tree.main, situation.held
    if held.kept_per_generation < HELD_GENERATION or not situation.is_whole:
        return
    if situation.target.nginx < SHUTDOWN_TIMEOUT or main.settings("worker_shutdown_timeout"):
        return
    kept, peak = held.kept_per_generation, held.release_peak
    is_of_loads = situation.shares[0][0].name == CA_LOADS
    yield Draft(
        f"worker_shutdown_timeout is not set: connections that hold old workers keep {human(kept)} "
        f"a reload, {human(peak)} when {GENERATIONS} let go at once",
        None,
        kept,
        count=situation.ca_loads if is_of_loads else None,
    )
