"""Memory that reloads keep while connections hold old workers, and the peak when all are let go.

    python -m tests.nginx.measure_held --out results

What a memory cgroup counts, in kB, without what it had at the start beside anonymous and shared
memory: at the start, after each reload with a connection in each old worker, the most of it when
all of them exit at once, and what is left then. For that each stops when it has freed its memory
(MEMLINT_SHIM_STOP), until all have. Zones of old workers are in no PSS: no process touches them.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.nginx.cgroup import cgroup
from tests.nginx.experiment import Results
from tests.nginx.measure_allocators import SHAPES
from tests.nginx.part_cases import Place, times
from tests.nginx.part_files import place_in
from tests.nginx.prefix import pem_bundle, write_conf
from tests.nginx.server import Server
from tests.nginx.stack import Stack, native
from tests.nginx.whole_configurations import CONFIGURATIONS, Maker, Site, text

TIMEOUT = 180.0
SETTLE = 0.4
PAUSE = 0.01
KIB = 1024
SOCKET = "hold.sock"
HEAP = "a heap of Lua"


def _locations(place: Place) -> Site:
    return Site(f"server {{ listen {place.listen}; {times('location /l{k} { } ', 3000)} }}")


def _stores(certificates: int, contexts: int) -> Maker:
    """Stores of CA certificates alone."""

    def maker(place: Place) -> Site:
        locations = times("location /l{k} { } ", contexts)
        return Site(
            f"lua_ssl_trusted_certificate {pem_bundle(certificates)};\n"
            f"server {{ listen {place.listen}; {locations} }}",
            modules=("ngx_http_lua_module",),
        )

    return maker


def _heap(place: Place) -> Site:
    fill = "t = {} for i = 1, 300000 do t[i] = 'a string of its own ' .. i end"
    return Site(
        f"init_by_lua_block {{ {fill} }}\nserver {{ listen {place.listen}; }}",
        modules=("ngx_http_lua_module",),
    )


def _certificates(place: Place) -> Site:
    chain, key = place.certificates["rsa2048-3"]
    server = (
        f"server {{ listen {place.listen} ssl; server_name v{{k}}.example.com; "
        f"ssl_certificate {chain}; ssl_certificate_key {key}; }}"
    )
    return Site(times(server, 600))


HELD: dict[str, Maker] = {
    "3,000 plain locations": _locations,
    "50 stores of 60 certificates": _stores(60, 50),
    "600 TLS sites": _certificates,
    "60 TLS hosts": SHAPES["60 TLS hosts"],
    "1 TLS host": SHAPES["1 TLS host"],
    HEAP: _heap,
    "150 stores of 120 certificates": _stores(120, 150),
    **{
        name: CONFIGURATIONS[name]
        for name in (
            "Lua gateway with a CA bundle",
            "80 verified upstreams",
            "hosting, 200 TLS sites with PHP",
            "mutual TLS with revocation lists",
            "redirect farm, 60,000 entries",
            "blocklist of 40,000 networks",
            "1,500 rewrites, pcre_jit",
            "load balancer, 300 upstreams",
            "60 locations of njs",
            "WebSockets, 200,000 connections a worker",
        )
    },
}
"""Name → what makes the configuration; each kind of memory is most of one of them."""


def held_site(maker: Maker, place: Place) -> Site:
    """A configuration, and a server at which connections wait."""
    site = maker(place)
    listen = f"unix:{place.prefix / SOCKET}"
    more = f"server {{ listen {listen}; client_header_timeout 1h; }}"
    return site._replace(http=f"{site.http}\n{more}")


def hold(server: Server, path: Path) -> list[socket.socket]:
    """A connection with half a request in each worker: the others are stopped meanwhile."""
    workers = server.workers()
    held = []
    for chosen in workers:
        for pid in workers:
            os.kill(pid, signal.SIGCONT if pid == chosen else signal.SIGSTOP)
        others = [pid for pid in workers if pid != chosen]
        _wait(lambda others=others: all(map(_is_stopped, others)))
        before = _descriptors(chosen)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        held.append(connection)
        _wait(lambda chosen=chosen, before=before: _descriptors(chosen) > before)
    time.sleep(SETTLE)
    for pid in workers:
        os.kill(pid, signal.SIGCONT)
    return held


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _is_stopped(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return stat[0] in (b"T", b"Z")


def _wait(done: Any) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("nginx does not do what it was told to")
        time.sleep(PAUSE)


def measured(
    maker: Maker, workers: int, reloads: int, place: Place, stack: Stack
) -> dict[str, Any]:
    """The memory of a configuration through some reloads with held workers, and their release."""
    path = place.prefix / SOCKET
    conf = write_conf(place.prefix, text(held_site(maker, place), place, stack, workers))
    stopping = {"MEMLINT_SHIM_STOP": "1"}
    with cgroup() as group, ExitStack() as running:
        with group.inside():
            server = running.enter_context(
                stack.run(conf, place.prefix, timeout=TIMEOUT, environment=stopping)
            )
        server.settled_anon_kb(TIMEOUT)
        time.sleep(SETTLE)
        start = server.memory().anon_and_shared
        beside = group.usage() // KIB - start
        held = []
        after, old = [], []
        for _ in range(reloads):
            old += server.workers()
            held += hold(server, path)
            server.reload(TIMEOUT, wait_for_old=False)
            server.settled_anon_kb(TIMEOUT)
            time.sleep(SETTLE)
            after.append(group.usage() // KIB - beside)
        assert len(server.children()) == workers * (reloads + 1)
        group.reset()
        for connection in held:
            connection.close()
        _wait(lambda: all(map(_is_stopped, old)))
        peak = group.peak() // KIB - beside
        for pid in old:
            os.kill(pid, signal.SIGCONT)
        _wait(lambda: len(server.children()) == workers)
        time.sleep(SETTLE)
        left = group.usage() // KIB - beside
        # those that are there still stop as well when they exit
        last = server.workers()
        os.kill(server.pid, signal.SIGQUIT)
        _wait(lambda: all(map(_is_stopped, last)))
        for pid in last:
            os.kill(pid, signal.SIGCONT)
    return {
        "start_kb": start,
        "held_kb": after,
        "release_peak_kb": peak,
        "left_kb": left,
        "beside_kb": beside,
    }


def main() -> int:
    """Measure the configurations and write their recording."""
    parser = argparse.ArgumentParser(description="Measure workers held by connections.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=list(HELD))
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--reloads", type=int, default=5)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stack = native()
    inputs = {"workers": arguments.workers, "reloads": arguments.reloads}
    results = Results(arguments.out / f"held-whole-{stack.name}.json", stack, inputs)
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        for name in arguments.only:
            for workers in arguments.workers:
                place = place_in(Path(tempfile.mkdtemp(dir=directory)))
                figures = measured(HELD[name], workers, arguments.reloads, place, stack)
                results.add(configuration=name, workers=workers, **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
