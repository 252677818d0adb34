"""Hold processes at their exit, as if a core for each had them all exit at once.

With few cores old workers exit one after the other, and a peak is lower than where they do at once.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from nginx_memlint.live.exits import HeldExits

PAUSE = 0.005


class StoppedExits:
    """Some processes under the shim that stop at their exit, until release() lets them go on."""

    def __init__(self, pids: Iterable[int]) -> None:
        """Name them; they were started with ``MEMLINT_SHIM_STOP``."""
        self._pids = set(pids)

    def __enter__(self) -> StoppedExits:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let them go if they are stopped still."""
        self.release()

    def wait(self, timeout: float, unless: Callable[[], object] = lambda: False) -> None:
        """Wait until all have stopped, unless something else happens; raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not (unless() or all(map(_is_stopped, self._pids))):
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all at their exit after {timeout} s")
            time.sleep(PAUSE)

    def release(self) -> None:
        """Let them end."""
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._pids = set()


def _is_stopped(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(b")")[2].split()[0] == b"T"


class AwaitedExits(HeldExits):
    """Processes that the kernel stops at their exit, with or without the shim."""

    def wait(self, timeout: float) -> None:
        """Wait until all have come to their exit; raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while not self.all_there():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all at their exit after {timeout} s")
            time.sleep(PAUSE)
