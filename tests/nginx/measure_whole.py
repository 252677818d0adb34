"""The memory that whole configurations take: at start, after reloads, and while they are under way.

    python -m tests.nginx.measure_whole --out results

Anonymous and shared memory of all processes together, in kB. The peak is that of a memory cgroup,
without what it held beside that memory at the start: files, and the kernel's own.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.nginx.cgroup import cgroup
from tests.nginx.experiment import Results
from tests.nginx.part_cases import Place
from tests.nginx.part_files import named_in, place_in
from tests.nginx.prefix import write_conf
from tests.nginx.server import Server
from tests.nginx.stack import Stack, available
from tests.nginx.whole_configurations import CONFIGURATIONS, text

TIMEOUT = 600.0
SETTLE = 0.4
KIB = 1024


def measured(name: str, workers: int, reloads: int, place: Place, stack: Stack) -> dict[str, Any]:
    """The memory of one of the configurations through some reloads."""
    conf = write_conf(place.prefix, text(CONFIGURATIONS[name](place), place, stack, workers))
    return reloaded(conf, place.prefix, reloads, stack)


def reloaded(
    conf: Path,
    prefix: Path,
    reloads: int,
    stack: Stack,
    besides: Callable[[Server], dict[str, int]] = lambda _server: {},
    reload: Callable[[Server], object] = lambda server: server.reload(TIMEOUT),
) -> dict[str, Any]:
    """The memory of a main file at start and through some reloads, and what else is asked then."""
    with cgroup() as group, ExitStack() as running:
        with group.inside():
            server = running.enter_context(
                stack.run(conf, prefix, timeout=TIMEOUT, files=named_in(conf.read_text()))
            )
        server.settled_anon_kb(TIMEOUT)
        time.sleep(SETTLE)
        start = server.memory().anon_and_shared
        beside = group.usage() // KIB - start
        peaks, after = [], []
        for _ in range(reloads):
            group.reset()
            reload(server)
            time.sleep(SETTLE)
            peaks.append(group.peak() // KIB - beside)
            after.append(server.memory().anon_and_shared)
        more = besides(server)
    return {"start_kb": start, "after_kb": after, "peak_kb": peaks, "beside_kb": beside, **more}


def main() -> int:
    """Measure the configurations and write their recording."""
    parser = argparse.ArgumentParser(description="Measure whole configurations.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--reloads", type=int, default=6)
    parser.add_argument("--stack", default="bookworm")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    [stack] = [stack for stack in available() if stack.name == arguments.stack]
    inputs = {"workers": arguments.workers, "reloads": arguments.reloads}
    results = Results(arguments.out / f"whole-{stack.name}.json", stack, inputs)
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        for name in CONFIGURATIONS:
            if not any(fnmatch.fnmatch(name, pattern) for pattern in arguments.only):
                continue
            for workers in arguments.workers:
                place = place_in(Path(tempfile.mkdtemp(dir=directory)))
                figures = measured(name, workers, arguments.reloads, place, stack)
                results.add(configuration=name, workers=workers, **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
