"""Reload by the hundred, old processes exiting at once: what is kept and needed after so many.

    python -m tests.nginx.measure_hundreds --out results
    python -m tests.nginx.measure_hundreds --out results --only "200 TLS*" --workers 1 --reloads 400

Of whole configurations, of those that were held out, and of some shapes, in kB as of measure_whole.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.nginx import measure_allocators as shapes
from tests.nginx.experiment import Results
from tests.nginx.held_out_configurations import CONFIGURATIONS as HELD_OUT
from tests.nginx.held_out_configurations import write
from tests.nginx.held_out_second import SECOND
from tests.nginx.measure_held_out import together, zones
from tests.nginx.measure_whole import reloaded
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import make_prefix, write_conf
from tests.nginx.stack import Stack, native
from tests.nginx.whole_configurations import CONFIGURATIONS, Maker, Site, lines, text


def _hosts(place: Place, plain: int, with_tls: int) -> Site:
    hosts = shapes.hosts(place, with_tls).http
    names = "server_name p@.example.com; location / { return 200; }"
    others = f"server {{ listen {place.listen}.p; {names} }}"
    return Site(f"{lines(plain, others)}\n{hosts}")


def _cache_and_stores(place: Place) -> Site:
    cache = f"proxy_cache_path {place.prefix}/temp/c keys_zone=c:1m;"
    return Site(f"{cache}\n{shapes.stores(place, 20).http}")


MAKERS: dict[str, Maker] = {
    **CONFIGURATIONS,
    **shapes.SHAPES,
    "100 TLS hosts": lambda place: shapes.hosts(place, 100),
    "1,500 plain hosts, 1 with TLS": lambda place: _hosts(place, 1500, 1),
    "1,500 plain hosts, 10 with TLS": lambda place: _hosts(place, 1500, 10),
    "700 plain hosts, 30 with TLS": lambda place: _hosts(place, 700, 30),
    "20 CA stores": lambda place: shapes.stores(place, 20),
    "20 CA stores, a cache": _cache_and_stores,
}
"""Name → what makes a configuration, but for those that were held out."""


def written(name: str, directory: Path, stack: Stack, workers: int) -> Path:
    """The main file of a configuration, in a directory of its own; its prefix is beside it."""
    if name in MAKERS:
        place = place_in(directory)
        return write_conf(place.prefix, text(MAKERS[name](place), place, stack, workers))
    among = HELD_OUT if name in HELD_OUT else SECOND
    return write(name, make_prefix(directory), stack, workers, among)


def main() -> int:
    """Measure the configurations and write their recording."""
    parser = argparse.ArgumentParser(description="Measure hundreds of reloads.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"])
    parser.add_argument("--workers", type=int, nargs="+", default=[4])
    parser.add_argument("--reloads", type=int, default=120)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stack = native()
    inputs: dict[str, Any] = {"reloads": arguments.reloads}
    results = Results(arguments.out / f"hundreds-{stack.name}.json", stack, inputs)
    for name in (*MAKERS, *HELD_OUT, *SECOND):
        if not any(fnmatch.fnmatch(name, pattern) for pattern in arguments.only):
            continue
        for workers in arguments.workers:
            with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
                conf = written(name, Path(directory), stack, workers)
                figures = reloaded(
                    conf, conf.parent, arguments.reloads, stack, zones, reload=together
                )
                results.add(configuration=name, workers=workers, **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
