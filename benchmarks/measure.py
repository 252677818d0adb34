"""Run one command and print what it took, as JSON.

    python benchmarks/measure.py DIRECTORY COMMAND...

A process of its own, because a child's peak memory begins with that of the process it was forked
from (Linux: ``ru_maxrss`` outlives ``exec``), and a small one distorts it least.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import NamedTuple


class Run(NamedTuple):
    """One process: wall clock and CPU seconds, peak memory in bytes, exit status."""

    seconds: float
    cpu: float
    peak: int
    status: int


def measure(command: list[str], directory: str) -> Run:
    """Run a command in a directory with its output thrown away."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", __file__, directory, *command],
        stdout=subprocess.PIPE,
        check=True,
    )
    return Run(*json.loads(done.stdout))


def _measured(directory: str, command: list[str]) -> Run:
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, number) for number in (0, 1, 2)]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what people run is compiled once
    os.chdir(directory)
    began = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - began
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    code = os.waitstatus_to_exitcode(status)
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak, code)


if __name__ == "__main__":
    print(json.dumps(_measured(sys.argv[1], sys.argv[2:])))
