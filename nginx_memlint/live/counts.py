"""Count nginx's OpenSSL calls with a preloaded library, if it can be compiled here."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from nginx_memlint.files.programs import find_program
from nginx_memlint.files.reading import read_file
from nginx_memlint.live.process import time_left
from nginx_memlint.targets.banner import Nginx

COMPILE_TIMEOUT = 60.0
OUTPUT_MOST = 1000
"""Bytes that the library writes, at most."""
_COMPILERS = ("cc", "gcc", "clang")
_FLAGS = ("-O2", "-fPIC", "-shared")


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of calls by nginx and its modules in one run.

    ``contexts`` are built, ``loads`` are CA files loaded by OpenSSL, ``added`` are certificates
    that nginx adds to stores itself, as it does for CA files from 1.27.2 on.
    """

    contexts: int
    loads: int
    added: int


class Counter:
    """The counting library, compiled into a directory; ``reason`` says why there is none."""

    def __init__(self, nginx: Nginx, directory: Path) -> None:
        self.reason = ""
        self._library: Path | None = None
        self._output = directory / "counts"
        compiler = next((path for name in _COMPILERS if (path := find_program(name))), None)
        if nginx.own_tls:
            self.reason = "OpenSSL is inside the nginx binary"
        elif compiler is None:
            self.reason = "there is no C compiler here (install gcc and libc6-dev)"
        else:
            self.reason = self._compile(compiler, directory / "counts.so")

    def _compile(self, compiler: str, library: Path) -> str:
        with as_file(files("nginx_memlint.live").joinpath("shim.c")) as source:
            command = [compiler, *_FLAGS, "-o", str(library), str(source), "-ldl"]
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    timeout=min(COMPILE_TIMEOUT, time_left()),
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return f"the C compiler fails: {error}"
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            return f"the C compiler fails: {lines[0]}"
        self._library = library
        return ""

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a program whose calls are to be counted."""
        if self._library is None:
            return {}
        return {"LD_PRELOAD": str(self._library), "MEMLINT_COUNTS": str(self._output)}

    def counts(self) -> Counts | None:
        """The counts of the program that ended last; None, and a ``reason``, without them."""
        if self._library is None:
            return None
        try:
            visible, contexts, loads, added = map(int, read_file(self._output, OUTPUT_MOST).split())
        except (OSError, ValueError):
            self.reason = "the counting library was not loaded into nginx"
            return None
        if not visible:
            self.reason = "OpenSSL is inside the nginx binary"
            return None
        return Counts(contexts, loads, added)
