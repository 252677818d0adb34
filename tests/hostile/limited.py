"""The command with little memory and time: a hostile input must not get more."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import Run

MEMORY = 3 << 30
"""Bytes of address space."""

SLOW = bool(os.environ.get("MEMLINT_SLOW"))
"""Whether tests may take seconds each, as in .ci/run."""

slow = pytest.mark.skipif(not SLOW, reason="takes seconds: set MEMLINT_SLOW=1")

SECONDS = 120
"""Far more than is needed, for machines that are busy."""


def limited(
    *args: str | Path, cwd: Path, memory: int = MEMORY, stdin: bytes = b"", files: int | None = None
) -> Run:
    """Run memlint in so many bytes of address space, and with so many file descriptors."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    done = subprocess.run(
        [sys.executable, "-m", "nginx_memlint", *map(str, args)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        preexec_fn=limit,
        timeout=2 * SECONDS,
        check=False,
    )
    run = Run(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in run.err
    assert "internal error" not in run.err
    return run
