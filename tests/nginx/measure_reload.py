"""Experiments on what reloads cost."""

import argparse
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.nginx.experiment import (
    RELOAD_TIMEOUT,
    SETTLE,
    Results,
    Setup,
    at_rest,
    bundle_facts,
    with_bundle,
)
from tests.nginx.prefix import (
    listen,
    pem_bundle,
)
from tests.nginx.processes import Memory
from tests.nginx.server import Reload
from tests.nginx.stack import Stack


def _step(rest: Memory, done: Reload | None = None, **more: Any) -> dict[str, Any]:
    """Return what is known of one step of a series, in kB and seconds."""
    step: dict[str, Any] = {"pss": rest.pss, "anon": rest.anon, **more}
    if done is not None:
        step["peak"] = max(done.peak_kb, rest.pss)
        step["peak_anon"] = max(done.peak_anon_kb, rest.anon)
        step["seconds"] = round(done.seconds, 3)
        step["samples"] = done.samples
    return step


def _in_units(
    full: Sequence[dict[str, Any]], base: Sequence[dict[str, Any]]
) -> dict[str, int | list[float]]:
    """Return a series with the bundle less one without, in units of the growth at start."""
    unit = full[0]["anon"] - base[0]["anon"]
    return {
        "unit_kb": unit,
        "after_units": [
            round((with_["anon"] - without["anon"]) / unit, 3)
            for with_, without in zip(full, base, strict=True)
        ],
        "peak_units": [
            round((with_["peak_anon"] - without["peak_anon"]) / unit, 3)
            for with_, without in zip(full[1:], base[1:], strict=True)
        ],
    }


def _reload_series(setup: Setup, reloads: int) -> list[dict[str, Any]]:
    """Start a server, reload it, and return what it had at start and at each reload."""
    with setup.run() as server:
        series = [_step(at_rest(server))]
        for _ in range(reloads):
            done = server.reload(RELOAD_TIMEOUT)
            series.append(_step(at_rest(server), done))
        return series


def reloads(stack: Stack, directory: Path, arguments: argparse.Namespace) -> None:
    """Measure memory over reloads, at rest and at its peak, in units of the growth at start."""
    contexts, certificates = arguments.contexts[0], arguments.certificates[0]
    bundle = pem_bundle(certificates)
    inputs = {
        "workers": arguments.workers,
        "contexts": contexts,
        "bundle": bundle_facts(bundle, certificates),
        "reloads": arguments.reloads,
    }
    results = Results(arguments.out / f"reloads-{stack.name}.json", stack, inputs)
    for workers in arguments.workers:
        for repeat in range(arguments.repeats):
            base = _reload_series(
                with_bundle(stack, directory, contexts, None, workers), arguments.reloads
            )
            full = _reload_series(
                with_bundle(stack, directory, contexts, bundle, workers), arguments.reloads
            )
            results.add(
                workers=workers,
                repeat=repeat,
                **_in_units(full, base),
                seconds=[step["seconds"] for step in full[1:]],
                samples=[step["samples"] for step in full[1:]],
                with_bundle=full,
                without_bundle=base,
            )


CONNECTIONS = 64
"""Enough for the kernel to hand some to each worker."""


def _hold(port: int) -> list[socket.socket]:
    """Open connections with half a request each, which a worker waits for before it ends."""
    held = []
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        held.append(connection)
    time.sleep(SETTLE)
    return held


def _held_series(setup: Setup, port: int, reloads: int) -> list[dict[str, Any]]:
    """Reload while connections hold every generation of workers, then let all of them go."""
    held: list[socket.socket] = []
    try:
        with setup.run() as server:
            series = [_step(at_rest(server), children=len(server.children()))]
            for _ in range(reloads):
                held += _hold(port)
                done = server.reload(RELOAD_TIMEOUT, wait_for_old=False)
                series.append(_step(at_rest(server), done, children=len(server.children())))
            for connection in held:
                connection.close()
            workers = server.expected_workers
            done = server.watch(lambda _: len(server.children()) <= workers, RELOAD_TIMEOUT)
            series.append(_step(at_rest(server), done, children=len(server.children())))
            return series
    finally:
        for connection in held:
            connection.close()


def held(stack: Stack, directory: Path, arguments: argparse.Namespace) -> None:
    """Measure reloads while connections keep all old workers alive; the last step frees them."""
    contexts, certificates = arguments.contexts[0], arguments.certificates[0]
    bundle = pem_bundle(certificates)
    inputs = {
        "workers": arguments.workers,
        "contexts": contexts,
        "bundle": bundle_facts(bundle, certificates),
        "reloads": arguments.reloads,
        "connections_per_generation": CONNECTIONS,
    }
    results = Results(arguments.out / f"held-{stack.name}.json", stack, inputs)
    for workers in arguments.workers:
        series = []
        for chosen in (None, bundle):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            setup = with_bundle(stack, directory, contexts, chosen, workers)
            text = setup.conf.read_text()
            text = text.replace(
                f"listen {listen(setup.prefix)};", f"listen 127.0.0.1:{port} reuseport;"
            )
            text = text.replace("worker_connections 64", "worker_connections 1024")
            text = text.replace("access_log off;", "access_log off; client_header_timeout 600;")
            setup.conf.write_text(text)
            series.append(_held_series(setup, port, arguments.reloads))
        base, full = series
        results.add(
            workers=workers,
            **_in_units(full, base),
            children=[step["children"] for step in full],
            with_bundle=full,
            without_bundle=base,
        )
