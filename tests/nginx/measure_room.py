"""Memory whose place decides how much it is: what lies in room that something else has left.

    python -m tests.nginx.measure_room --out results

``geo``: hosts with TLS beside trees of networks, whose pages leave room between them.
``buffers``: buffers of logs, to which nothing is written before there is traffic, through reloads
after which they lie where something was written before.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.nginx.experiment import Results
from tests.nginx.held_out_configurations import Site, chain
from tests.nginx.measure_held_out import together
from tests.nginx.measure_whole import reloaded
from tests.nginx.prefix import make_prefix
from tests.nginx.stack import Stack, native

RELOADS = 16


class Case(NamedTuple):
    """So many networks in geo, hosts with TLS or without, each with a log that may be buffered."""

    networks: int
    hosts: int
    has_tls: bool
    buffer: str
    workers: int


CASES = (
    *(Case(15_000, hosts, True, "", 2) for hosts in (0, 40, 100, 150, 200, 400)),
    *(Case(15_000, hosts, True, "", 4) for hosts in (100, 150, 200)),
    *(
        Case(0, 100, has_tls, buffer, workers)
        for has_tls, workers in ((False, 2), (True, 2), (True, 4))
        for buffer in ("", "64k")
    ),
)


def written(case: Case, prefix: Path, stack: Stack) -> Path:
    """The main file of a case."""
    site = Site(prefix, stack)
    chance = random.Random(5)
    octet = chance.randint
    networks = (
        f"{octet(1, 223)}.{octet(0, 255)}.{octet(0, 255)}.0/24 {octet(0, 5)};\n"
        for _ in range(case.networks)
    )
    listed = site.file("networks.geo", "".join(networks))
    certificate, key = chain("rsa", 0, "room.example.com")
    pair = f"ssl_certificate {certificate}; ssl_certificate_key {key};" if case.has_tls else ""
    hosts = "".join(
        f"server {{ listen {site.socket(1)}{' ssl' if pair else ''}; {pair}"
        f" server_name h{number}.example.com; {_log(case, site, number)} }}\n"
        for number in range(case.hosts)
    )
    geo = f"geo $g {{ default 0; include {listed}; }}\n" if case.networks else ""
    path = prefix / "nginx.conf"
    text = f"{geo}server {{ listen {site.socket()}; }}\n{hosts}"
    path.write_text(site.main(case.workers, 512, site.http(text)))
    return path


def _log(case: Case, site: Site, number: int) -> str:
    if case.networks:
        return ""
    buffer = f" buffer={case.buffer}" if case.buffer else ""
    return f"access_log {site.prefix}/logs/{number}.log combined{buffer};"


def main() -> int:
    """Measure the cases and write their recording."""
    parser = argparse.ArgumentParser(description="Measure memory whose place decides.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reloads", type=int, default=RELOADS)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    stack = native()
    inputs: dict[str, Any] = {"reloads": arguments.reloads}
    results = Results(arguments.out / f"room-{stack.name}.json", stack, inputs)
    for case in CASES:
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            prefix = make_prefix(Path(directory))
            conf = written(case, prefix, stack)
            figures = reloaded(conf, prefix, arguments.reloads, stack, reload=together)
            results.add(**case._asdict(), **figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
