"""Old workers may live for as long as a connection does, and keep their configuration's memory.

## What

`worker_shutdown_timeout` is not set, and one configuration takes 64 MiB or more for CA bundles.

## Why

After a reload an old worker exits when its last connection is closed. Until then the memory of
its configuration, and what it has copied of it, stays; WebSockets, long polls and slow downloads
last for hours, and each further reload adds another generation.

## Cost

With U the memory of one configuration: at start U, and after each of four reloads with held
workers 3, 5, 7 and 13 U (4 workers, Debian 12), and 24 U when all were released at once.

## Since

nginx from 1.11.11, which has the directive.

## Fix

Set `worker_shutdown_timeout`, e.g. to `60s`, in the main context: nginx closes the connections
that are left then. And follow the remedies for the bundle itself.

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

from nginx_memlint.remedies.situation import Situation
from nginx_memlint.rules.rule import Draft
from nginx_memlint.rules.thresholds import REPEATED_LOADS
from nginx_memlint.sizes import human
from nginx_memlint.tls.families import SHUTDOWN_TIMEOUT

CODE = "ML207"
NAME = "no-shutdown-timeout"
SEVERITY = "warning"


def check(situation: Situation) -> Iterator[Draft]:
    """One draft, of the configuration as a whole: what it lacks stands nowhere."""
    main = situation.tree.main
    now = situation.estimate
    if now.loads < REPEATED_LOADS or not situation.is_whole:
        return
    if situation.target.nginx < SHUTDOWN_TIMEOUT or main.settings("worker_shutdown_timeout"):
        return
    size = 2 * now.configuration
    yield Draft(
        f"worker_shutdown_timeout is not set: every reload adds {human(size)} or more for as long "
        "as open connections hold the old workers",
        None,
        size,
    )
