"""Measure configurations that no cost was fitted to, beside what is predicted of them.

    python -m tests.nginx.measure_held_out --out results
    python -m tests.nginx.measure_held_out --out results --at-once --reloads 3
    python -m tests.nginx.measure_held_out --out results --second

Predictions are kept with the measurements, so that costs that are mended later hide no error.
``--at-once``: old workers are held at their exit until all have come to it, as with many cores.
``--second``: those that were written after the first had been mended.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nginx_memlint import check
from tests.nginx.experiment import Results
from tests.nginx.held_out_configurations import CONFIGURATIONS, write
from tests.nginx.held_out_second import SECOND
from tests.nginx.hold import AwaitedExits
from tests.nginx.measure_allocators import reload_at_once
from tests.nginx.measure_whole import reloaded
from tests.nginx.prefix import make_prefix
from tests.nginx.recorded import TARGETS
from tests.nginx.server import Server
from tests.nginx.stack import native

RELOADS = 12
MORE_WORKERS = (
    "140 WordPress sites with snippets",
    "CDN edge, 70 customers",
    "800 custom domains",
    "Ingress of a cluster, 60 hosts",
    "University, 90 departments",
)
"""Those that are measured with four workers, too."""

ZONE = re.compile(r"^\S+ rw-s .*/dev/zero \(deleted\)\nSize: +(\d+) kB$", re.MULTILINE)


def zones(server: Server) -> dict[str, int]:
    """Kilobytes of shared memory that nginx has reserved, and those of them that are resident."""
    text = Path(f"/proc/{server.pid}/smaps").read_text()
    return {
        "zones_reserved_kb": sum(map(int, ZONE.findall(text))),
        "zones_resident_kb": server.memory().shared,
    }


def predicted(conf: Path, target: str) -> dict[str, int]:
    """The bytes that memlint predicts of a main file."""
    report = check(conf, target=target)
    assert report.complete
    return asdict(report.memory.total)


def together(server: Server) -> None:
    """Reload, and have all old processes exit at once."""
    reload_at_once(server, AwaitedExits)


def main() -> int:
    """Measure the configurations and write their recording."""
    parser = argparse.ArgumentParser(description="Measure configurations that were held out.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", default=["*"])
    parser.add_argument("--reloads", type=int, default=RELOADS)
    parser.add_argument("--at-once", action="store_true", help="hold exits until all are there")
    parser.add_argument("--second", action="store_true", help="those that were written later")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stack = native()
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    inputs: dict[str, Any] = {"reloads": arguments.reloads}
    if not arguments.at_once:
        inputs["predicted_by"] = commit
    among = SECOND if arguments.second else CONFIGURATIONS
    kind = "held-out-second" if arguments.second else "held-out"
    kind += "-at-once" if arguments.at_once else ""
    results = Results(arguments.out / f"{kind}-{stack.name}.json", stack, inputs)
    how: dict[str, Any] = {"reload": together} if arguments.at_once else {}
    for name in among:
        if not any(fnmatch.fnmatch(name, pattern) for pattern in arguments.only):
            continue
        for workers in (2, 4) if name in MORE_WORKERS else (2,):
            with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
                prefix = make_prefix(Path(directory))
                conf = write(name, prefix, stack, workers, among)
                said: dict[str, Any] = {"predicted": predicted(conf, TARGETS[stack.name])}
                figures = reloaded(conf, prefix, arguments.reloads, stack, zones, **how)
                results.add(configuration=name, workers=workers, **figures, **said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
