"""Changes in an editor, beside checks that start anew: CPU seconds of both.

    python -m benchmarks.editor --rounds 5

A change is another value of a directive in a file that is not saved; then all diagnostics are made.
A cold check is a process from start to end. Both run in turn, and the least of each counts.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.inputs import SAMPLES, make
from nginx_memlint.editor.answers import Answers, Client
from nginx_memlint.editor.session import Asked, OpenFile, Session

EDITED = {
    "small": ("nginx.conf", "worker_rlimit_nofile %d;"),
    "incident": ("tenants/00-09.conf", "keepalive_timeout %d;"),
    "4000": ("nginx.conf", "worker_rlimit_nofile %d;"),
    "20000": ("nginx.conf", "worker_rlimit_nofile %d;"),
    "large": ("nginx.conf", "worker_rlimit_nofile %d;"),
    "files": ("sites/00000.conf", "keepalive_timeout %d;"),
}
"""Input → the file that is changed, and what stands at its end with another value each time."""


def cold(main: Path) -> float:
    """CPU seconds of a check."""
    command = [sys.executable, "-m", "nginx_memlint", "check", "--target", "debian-12", str(main)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def changer(main: Path, edited: Path, directive: str) -> Callable[[], float]:
    """A function that changes a text, and returns the CPU seconds until all is said of it."""
    session = Session(Asked([str(main)], {"target": "debian-12"}, {}, None, isolated=True))
    text = edited.read_bytes()
    path = os.path.realpath(edited)

    def look(data: bytes | None, changed: set[str] | None) -> None:
        files = {path: OpenFile(path, edited.as_uri(), 1, data, is_nginx=True)}
        _ = Answers(session.view(files, changed), files, Client()).diagnostics

    look(None, None)
    value = 1000

    def change() -> float:
        nonlocal value
        value += 1
        start = time.process_time()
        look(text + f"{directive}\n".encode() % value, {path})
        return time.process_time() - start

    return change


def main() -> None:
    """Print a row for each input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    gc.disable()  # as the command has it
    print("| input | cold check | after a change | part |\n| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as directory:
        for name, (edited, directive) in EDITED.items():
            top = SAMPLES / name if name == "incident" else Path(directory) / name
            if name != "incident":
                make(name, top)
            main_file = top / "nginx.conf"
            change = changer(main_file, top / edited, directive)
            pairs = [(cold(main_file), change()) for _ in range(rounds)]
            first, warm = map(min, zip(*pairs, strict=True))
            print(f"| {name} | {first:.3f} | {warm:.3f} | {warm / first:.2f} |", flush=True)
            gc.collect()


if __name__ == "__main__":
    main()
