"""Changes in an editor, beside checks that start anew: CPU seconds of both.

    python -m benchmarks.editor --rounds 5

Each kind of change is made and undone in a file that is not saved; then all diagnostics are made.
A cold check is a process from start to end. Of each, the least counts of as many as there are
rounds.
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
    "small": "nginx.conf",
    "incident": "tenants/00-09.conf",
    "4000": "nginx.conf",
    "20000": "nginx.conf",
    "large": "nginx.conf",
    "files": "sites/00000.conf",
}
"""Input → the file that is changed."""

CHANGES = {
    "value": ("gzip on;", "gzip off;"),
    "directive": ("", "client_max_body_size 1m;"),
    "block": ("", "location /new { return 204; }"),
    "like others": ("", "location /n { proxy_pass http://127.0.0.1:9/; proxy_set_header X a; }"),
    "include": ("", "include /dev/null;"),
    "problem": ("gzip o;", "gzip offf;"),
    "unclosed": ("location / {", "location /n {"),
}
"""Kind of change → two texts that stand in turn before the last location of the file."""


def cold(main: Path) -> float:
    """CPU seconds of a check."""
    command = [sys.executable, "-m", "nginx_memlint", "check", "--target", "debian-12", str(main)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def changer(main: Path, edited: Path) -> Callable[[str], float]:
    """A function that puts a text before a file's last location, and returns the CPU seconds until
    all is said of it."""
    session = Session(Asked([str(main)], {"target": "debian-12"}, {}, None, isolated=True))
    before, last, after = edited.read_bytes().rpartition(b"location ")
    path = os.path.realpath(edited)

    def look(data: bytes | None, changed: set[str] | None) -> None:
        files = {path: OpenFile(path, edited.as_uri(), 1, data, is_nginx=True)}
        _ = Answers(session.view(files, changed), files, Client()).diagnostics

    look(None, None)

    def change(text: str) -> float:
        start = time.process_time()
        look(before + text.encode() + b"\n" + last + after, {path})
        return time.process_time() - start

    return change


def main() -> None:
    """Print a row for each input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("inputs", nargs="*", default=[*EDITED])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    gc.disable()  # as the command has it
    print(f"| input | cold check, s | {' | '.join(CHANGES)} |")
    print(f"| --- | ---: {'| ---: ' * len(CHANGES)}|")
    with tempfile.TemporaryDirectory() as directory:
        for name in asked.inputs:
            top = SAMPLES / name if name == "incident" else Path(directory) / name
            if name != "incident":
                make(name, top)
            main_file = top / "nginx.conf"
            change = changer(main_file, top / EDITED[name])
            times: dict[str, list[float]] = {kind: [] for kind in CHANGES}
            colds = []
            for _ in range(asked.rounds):
                colds.append(cold(main_file))
                for kind, texts in CHANGES.items():
                    change(texts[0])
                    times[kind].append(change(texts[1]))
                    change("")
                    gc.collect()
            parts = " | ".join(f"{min(each) / min(colds):.2f}" for each in times.values())
            print(f"| {name} | {min(colds):.3f} | {parts} |", flush=True)


if __name__ == "__main__":
    main()
