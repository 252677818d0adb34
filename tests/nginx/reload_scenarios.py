"""The kernel as the judge of preflight: what it says of a reload in a cgroup, then the reload.

    python -m tests.nginx.reload_scenarios --count 40 --seed 1 --out results
    python -m tests.nginx.reload_scenarios --again tests/nginx/recordings/preflight-bookworm.json

The second judges what was read then by the laws and prices of now.

A scenario is run twice: without a limit, which measures what the reload needs, and with one that is
some times that. Of twenty seeds in a row, eleven have a limit from 0.7 to 1.3 times the need, and
nine one beyond, from a quarter of it to four times. The old workers of the reload, and then those
that connections held, all exit at the same moment, as on a machine with a core for each.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.live.preflight import verdict
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.need import NewConfiguration, need_of
from nginx_memlint.live.preflight.processes import (
    READING,
    READING_TIMES,
    Generation,
    ProcessSeen,
    Running,
)
from nginx_memlint.live.preflight.room import RoomLimit
from nginx_memlint.live.preflight.verdict import Fit, Preflight, preflight
from nginx_memlint.options.record import read_keywords
from tests.nginx.cgroup import Cgroup, cgroup
from tests.nginx.experiment import Results
from tests.nginx.hold import StoppedExits
from tests.nginx.measure_allocators import SETTLE, TIMEOUT, native
from tests.nginx.measure_held import SOCKET, hold
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import pem_bundle
from tests.nginx.server import Server
from tests.nginx.whole_configurations import CONFIGURATIONS, Site, lines, text

KIB = 1024
CLOCK = 1.2
"""Seconds from which files are older than the workers that read them."""

SPARE = 512 * KIB
"""Bytes that a limit leaves beside what is in use: less cannot be set."""

SHAPES = (
    "stock Debian site",
    "redirect farm, 60,000 entries",
    "blocklist of 40,000 networks",
    "hosting, 200 TLS sites with PHP",
    "Lua gateway with a CA bundle",
    "mutual TLS with revocation lists",
    "load balancer, 300 upstreams",
    "1,500 plain hosts",
    "80 verified upstreams",
)
NEAR, NEAR_OF_20 = (0.7, 1.3), 11
"""Limits that are near to the need, in times of it, and how many of twenty are such."""

FAR = (0.25, 4.0)
"""Limits between which all are."""

OPTIONS = read_keywords({"target": "debian-12"})

OF_FILES = ("unchanged", "heap_of_text", "runs_scripts", "runs_in_workers", "changed", "told")
"""Fields of a new configuration that times of files tell, and all that is in them."""

CHANGES = ("unchanged", "edited", "added", "removed")


class Scenario(NamedTuple):
    """A running nginx and what it is asked to load.

    ``reloads`` came before, of which connections hold the workers of the last ``held``, and then
    those that serve as well. ``change``: what was done to the files before the last ``since`` of
    them, or after all; a bundle of CAs, for ``stores`` locations, is added or removed. ``ratio``:
    the limit, in times of the need.
    """

    shape: str
    workers: int
    allocator: str
    reloads: int
    held: int
    change: str
    stores: int
    ratio: float
    since: int = 0


def scenario(seed: int) -> Scenario:
    """The scenario of a number."""
    chosen = random.Random(seed)
    reloads = chosen.randrange(7)
    place = chosen.random()
    return Scenario(
        shape=chosen.choice(SHAPES),
        workers=chosen.randint(1, 8),
        allocator=chosen.choice(("glibc", "jemalloc")),
        reloads=reloads,
        held=min(reloads, chosen.choice((0, 0, 1, 2))),
        change=chosen.choice(CHANGES),
        stores=chosen.randint(5, 40),
        ratio=_ratio(place, is_near=seed % 20 < NEAR_OF_20),
        since=min(reloads, chosen.choice((0, 0, 1, 2))),
    )


def _ratio(place: float, *, is_near: bool) -> float:
    """The limit that lies so far, from 0 to 1, among those that are near to the need, or are not.

    Those that are not are as far as their logarithms.
    """
    least, most = NEAR
    if is_near:
        return least + place * (most - least)
    below, above = math.log(least / FAR[0]), math.log(FAR[1] / most)
    way = place * (below + above)
    return FAR[0] * math.exp(way) if way < below else most * math.exp(way - below)


class Readings(NamedTuple):
    """All that preflight read of the machine: a later law can be held against it."""

    running: Running
    new: NewConfiguration
    room: list[RoomLimit]


class Outcome(NamedTuple):
    """Bytes in the group before the reload and at its peak, and whether the kernel killed."""

    before: int
    peak: int
    limit: int
    killed: bool
    judged: Preflight | None
    read: Readings | None


def _site(one: Scenario, place: Place, *, stores: bool) -> Site:
    site = CONFIGURATIONS[one.shape](place)
    location = (
        "location /v@ { proxy_pass https://127.0.0.1:8443; proxy_ssl_verify on; "
        f"proxy_ssl_trusted_certificate {pem_bundle(60)}; }}"
    )
    more = lines(one.stores, location) if stores else ""
    listen = f"listen unix:{place.prefix / SOCKET};"
    server = f"server {{ {listen} client_header_timeout 1h;\n{more} }}"
    return site._replace(http=f"{site.http}\n{server}")


def run(one: Scenario, ratio: float | None, peak: int = 0) -> Outcome:
    """Bring nginx to where it is to be reloaded, and reload it; with a ratio, in a limit."""
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory, ExitStack() as running:
        place = place_in(Path(directory))
        # not beside the sockets: a directory that changes may have lost a file that was included
        (place.prefix / "conf").mkdir()
        conf = place.prefix / "conf/nginx.conf"
        stack = native(one.allocator, keep=False)
        old, new = (
            text(_site(one, place, stores=stores), place, stack, one.workers)
            for stores in (one.change == "removed", one.change == "added")
        )
        conf.write_text(old)
        time.sleep(CLOCK)
        group = running.enter_context(cgroup())
        with group.inside():
            server = running.enter_context(stack.run(conf, place.prefix, timeout=TIMEOUT))
        running.callback(os.killpg, server.pid, signal.SIGKILL)
        time.sleep(CLOCK)
        server.settled_anon_kb(TIMEOUT)

        def change() -> None:
            if one.change != "unchanged":
                conf.write_text(new)
                time.sleep(CLOCK)

        connections, held = _brought_there(one, server, place, change)
        time.sleep(SETTLE)
        group.reset()
        before = group.usage()
        limit, judged, read = 0, None, None
        if ratio is not None:
            limit = max(round(ratio * peak), before + SPARE)
            group.limit(limit)
            judged, read = _judged(server.pid)
        killed = _reloaded(server, group, connections, held)
        return Outcome(before, group.peak(), limit, killed, judged, read)


def _judged(pid: int) -> tuple[Preflight, Readings]:
    with (
        patch.object(verdict, "need_of", wraps=need_of) as need,
        patch.object(verdict, "verdict_of", wraps=verdict.verdict_of) as judge,
    ):
        judged = preflight(pid=str(pid), options=OPTIONS)
    running, new = need.call_args_list[0].args
    return judged, Readings(running, new, judge.call_args.args[1])


def _brought_there(
    one: Scenario, server: Server, place: Place, change: Callable[[], None]
) -> tuple[list[socket.socket], set[int]]:
    """Reload as often as there were reloads; return connections, and the workers that they hold.

    ``change`` is called when the files are to change.
    """
    connections: list[socket.socket] = []
    held: set[int] = set()
    for number in range(one.reloads + 1):
        keeps = one.held and number >= one.reloads - one.held
        workers = set(server.workers())
        if keeps:
            connections += hold(server, place.prefix / SOCKET)
            held |= workers
        if number == one.reloads - one.since:
            change()
        if number == one.reloads:
            break
        if number == one.reloads - 1:
            _aged(server)
        if keeps:
            server.reload(TIMEOUT, wait_for_old=False)
        else:
            with StoppedExits(workers) as exits:
                server.tell(signal.SIGHUP)
                exits.wait(TIMEOUT)
            server.wait_reloaded(workers, TIMEOUT)
        server.settled_anon_kb(TIMEOUT)
    return connections, held


def _aged(server: Server) -> None:
    """Wait until workers of one more reload are surely not those of the start, as on most hosts."""
    kernel = Kernel()
    while True:
        master = kernel.life(server.pid)
        assert master is not None
        busy = master.cpu_seconds + kernel.waited_seconds(server.pid)
        missing = master.started + READING + READING_TIMES * 3 * busy - kernel.uptime()
        if missing <= 0:
            return
        time.sleep(missing)


def _reloaded(
    server: Server, group: Cgroup, connections: list[socket.socket], held: set[int]
) -> bool:
    """Reload, then let go of all that is held; return whether the kernel killed a process."""
    old = set(server.workers())
    with StoppedExits(held | old) as exits:
        server.tell(signal.SIGHUP)
        deadline = time.monotonic() + TIMEOUT
        while not (group.kills() or len(set(server.workers()) - old) >= len(old)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not reloaded: {server.output()}")
            time.sleep(0.01)
        for connection in connections:
            connection.close()
        exits.wait(TIMEOUT, unless=group.kills)
        if group.kills():
            return True
        time.sleep(SETTLE)
    server.wait_reloaded(old | held, TIMEOUT)
    return group.kills() > 0


def judged(seed: int) -> dict[str, Any]:
    """The row of a scenario."""
    one = scenario(seed)
    need = run(one, None)
    outcome = run(one, one.ratio, need.peak)
    said, read = outcome.judged, outcome.read
    assert said is not None
    assert read is not None
    return {
        "seed": seed,
        **one._asdict(),
        "before_kb": outcome.before // KIB,
        "peak_kb": need.peak // KIB,
        "limit_kb": outcome.limit // KIB,
        "limit_ratio": round(outcome.limit / need.peak, 3),
        "verdict": said.verdict.value,
        "least_kb": said.need.least_bytes // KIB,
        "likely_kb": said.need.likely_bytes // KIB,
        "most_kb": said.need.most_bytes // KIB,
        "killed": outcome.killed,
        "running": read.running,
        "new": {name: getattr(read.new, name) for name in OF_FILES},
        "room": read.room,
    }


def judged_again(row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is said by the laws and prices of now of what was read then."""
    one = Scenario(*(row[name] for name in Scenario._fields))
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        place = place_in(Path(directory))
        site = _site(one, place, stores=one.change == "added")
        conf = place.prefix / "nginx.conf"
        conf.write_text(text(site, place, native(one.allocator, keep=False), one.workers))
        options = replace(OPTIONS, set={"allocator": one.allocator})
        situation = examine(Job(str(conf), options)).situation
    assert situation is not None
    new = NewConfiguration(
        situation.amount,
        one.workers,
        one.allocator,
        **{name: row["new"][name] for name in OF_FILES},
        laws=situation.target.laws,
    )
    need = need_of(_running(row["running"]), new)
    said, _ = verdict.verdict_of(need, [RoomLimit(*limit) for limit in row["room"]])
    return row | {
        "verdict": said.value,
        "least_kb": need.least // KIB,
        "likely_kb": need.likely // KIB,
        "most_kb": need.most // KIB,
    }


def _running(recorded: list[Any]) -> Running:
    """Processes as they were read, from JSON."""
    master, current, old, helpers, *others = recorded
    return Running(
        ProcessSeen(*master),
        _processes(current),
        tuple(Generation(_processes(workers)) for [workers] in old),
        _processes(helpers),
        *others,
    )


def _processes(recorded: list[Any]) -> tuple[ProcessSeen, ...]:
    return tuple(ProcessSeen(*process) for process in recorded)


def is_wrong(row: dict[str, Any]) -> bool:
    """Whether a reload that was said to fit was killed: never to happen."""
    return bool(row["killed"]) and row["verdict"] == Fit.FITS.value


def is_short(row: dict[str, Any]) -> bool:
    """Whether a reload needed more than was said, whatever the limit: never to happen either."""
    return bool(row["peak_kb"] > row["before_kb"] + row["most_kb"])


def is_false_alarm(row: dict[str, Any]) -> bool:
    """Whether a reload that was said not to fit, or perhaps not, survived."""
    return not row["killed"] and row["verdict"] != Fit.FITS.value


def main() -> int:
    """Judge so many scenarios and write their recording, or judge those of a recording again."""
    parser = argparse.ArgumentParser(description="Judge preflight by the kernel.")
    parser.add_argument("--out", type=Path, help="a directory for the recording")
    parser.add_argument("--again", type=Path, help="a recording, whose reloads are not run again")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="scenarios at the same time")
    arguments = parser.parse_args()
    if arguments.again is not None:
        judge_again(arguments.again)
        return 0
    arguments.out.mkdir(parents=True, exist_ok=True)
    inputs = {"count": arguments.count, "seed": arguments.seed}
    stack = native("glibc", keep=False)
    results = Results(arguments.out / "preflight-bookworm.json", stack, inputs)
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for row in pool.map(judged, range(arguments.seed, arguments.seed + arguments.count)):
            results.add(**row)
    results.summary = summary(results.rows)
    results.write()
    print(results.summary)
    return 0


def judge_again(path: Path) -> None:
    """Write a recording anew, with what is said by the laws and prices of now."""
    recorded = json.loads(path.read_text())
    recorded["rows"] = [judged_again(row) for row in recorded["rows"]]
    recorded["summary"] = summary(recorded["rows"])
    path.write_text(json.dumps(recorded, indent=1) + "\n")


def summary(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Counts of what rows say."""
    return {
        "fits and killed": sum(map(is_wrong, rows)),
        "needs more than was said": sum(map(is_short, rows)),
        "no or perhaps, and survived": sum(map(is_false_alarm, rows)),
        "killed": sum(row["killed"] for row in rows),
        "limits from 0.7 to 1.3": sum(0.7 <= row["limit_ratio"] <= 1.3 for row in rows),
    }


if __name__ == "__main__":
    sys.exit(main())
