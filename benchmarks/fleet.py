"""Time check_many() on a fleet: dumps of many hosts, by each kind of executor.

    python -m benchmarks.fleet 2000

The hosts have 10 to 49 servers of 20 locations each. A cluster of Dask has a process for each
processor; it is left out where the extra fleet is not installed. All must report alike.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from importlib.util import find_spec

from nginx_memlint import check_many

MAIN = """\
worker_processes 4;
events {}
http {
  lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
  include sites/*.conf;
}
"""
LOCATIONS = 20


def dump(host: int) -> bytes:
    """The output of nginx -T on a host."""
    locations = "".join(
        f"  location /l{number} {{ proxy_pass http://127.0.0.1:{8000 + number}; }}\n"
        for number in range(LOCATIONS)
    )
    files = {"nginx.conf": MAIN} | {
        f"sites/{number:03}.conf": f"server {{\n  listen 80;\n  server_name h{host}-{number};\n"
        f"{locations}}}\n"
        for number in range(10 + host % 40)
    }
    texts = (f"# configuration file /etc/nginx/{name}:\n{text}\n" for name, text in files.items())
    return "".join(texts).encode()


@contextmanager
def cluster(processes: int) -> Iterator[Executor]:
    """The executor of a Dask cluster on this machine."""
    from distributed import Client, LocalCluster  # noqa: PLC0415  an extra

    with ExitStack() as stack:
        workers = stack.enter_context(
            LocalCluster(
                n_workers=processes,
                threads_per_worker=1,
                dashboard_address=None,
                host="127.0.0.1",
            )
        )
        yield stack.enter_context(Client(workers)).get_executor()


def main(hosts: int) -> None:
    """Print how long each takes."""
    processes = os.cpu_count() or 1
    ways: dict[str, AbstractContextManager[Executor | None]] = {
        "one after the other": nullcontext(),
        f"{processes} processes": ProcessPoolExecutor(processes),
    }
    if find_spec("distributed") is not None:
        ways[f"Dask, {processes} processes"] = cluster(processes)
    dumps = {f"host{number}": dump(number) for number in range(hosts)}
    print(f"{hosts:,} dumps, {sum(map(len, dumps.values())) / 1e6:.0f} MB")
    first = None
    for name, way in ways.items():
        with way as executor:
            begun = time.perf_counter()
            reports = check_many(dumps, executor=executor, dump=True, target="debian-12")
            print(f"{name:<24}{time.perf_counter() - begun:8.1f} s", flush=True)
        first = first or reports
        if reports != first:
            sys.exit(f"{name}: other reports than those before")


if __name__ == "__main__":
    main(int(sys.argv[1]))
