"""Memory of nginx with Lua of other releases through reloads, with allocators that are preloaded.

    apt-get install libjemalloc2 libmimalloc2.0  # Debian 12
    python -m tests.nginx.measure_lua --out results  # of tests.nginx.build_lua
    python -m tests.nginx.measure_lua --keep --reloads 4 --out results

In kB, as of tests.nginx.measure_allocators.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.nginx.build_lua import BUILDS, Build
from tests.nginx.experiment import Results
from tests.nginx.measure_allocators import measured, preloading
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import listen, pem_bundle
from tests.nginx.recorded_lua import LuaStack
from tests.nginx.whole_configurations import Site, lines

NAMES = ("lua-0.10.25", "lua-0.10.28")
"""The last release whose blocks have a context each, and one whose blocks share them."""

PRELOADED = ("jemalloc", "mimalloc")
CERTIFICATES = 120
INIT = "init_worker_by_lua_block { local a = 1 }"


def _packages(build: Build) -> str:
    return f'lua_package_path "{build.libraries}/?.lua;;";'


def _http(build: Build, count: int, prefix: Path, more: str = "") -> str:
    """Locations that load the bundle, each into a store of its own."""
    bundle = f"lua_ssl_trusted_certificate {pem_bundle(CERTIFICATES)};"
    locations = lines(count, f"location /v@ {{ {bundle} return 204; }}")
    return f"{_packages(build)} {more}\nserver {{ listen {listen(prefix)};\n{locations} }}"


def _stores(build: Build, place: Place) -> Site:
    return Site(_http(build, 60, place.prefix))


def _workers(build: Build, place: Place) -> Site:
    """Stores of http and of stream, and those that each worker makes for itself."""
    bundle = f"lua_ssl_trusted_certificate {pem_bundle(CERTIFICATES)};"
    servers = "\n".join(
        f'server {{ listen {listen(place.prefix, number)}; return "x"; }}'
        for number in range(1, 21)
    )
    stream = f"{_packages(build)} {bundle} {INIT}\n{servers}"
    return Site(_http(build, 30, place.prefix, INIT), stream=stream)


SHAPES = {"60 CA stores": _stores, "50 CA stores, and of workers": _workers}
"""Name → what makes the configuration."""


def main() -> int:
    """Measure the shapes with each allocator and write their recordings."""
    parser = argparse.ArgumentParser(description="Measure reloads with Lua and other allocators.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--builds", nargs="+", choices=BUILDS, default=NAMES)
    parser.add_argument("--allocators", nargs="+", choices=PRELOADED, default=PRELOADED)
    parser.add_argument("--keep", action="store_true", help="no pages are given back")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--reloads", type=int, default=8)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    inputs = {"reloads": arguments.reloads, "keep": arguments.keep}
    for name in arguments.builds:
        for allocator in arguments.allocators:
            build = BUILDS[name]
            stack = LuaStack(build, preloading(allocator, keep=arguments.keep))
            kept = "-kept" if arguments.keep else ""
            path = arguments.out / f"{name}-{allocator}{kept}.json"
            results = Results(path, stack, inputs)
            for shape, make in SHAPES.items():
                for workers in arguments.workers:
                    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
                        place = place_in(Path(directory))
                        site = make(build, place)
                        figures = measured(site, stack, workers, arguments.reloads, place)
                    results.add(allocator=allocator, shape=shape, workers=workers, **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
