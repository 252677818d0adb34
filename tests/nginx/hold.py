"""Hold processes at their exit, as if a core for each had them all exit at once.

With few cores old workers exit one after the other, and a peak is lower than where they do at once.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

_SEIZE, _CONTINUE = 0x4206, 7
_TRACE_EXIT = 0x40
"""``PTRACE_O_TRACEEXIT``: stop before any of the memory is given back."""

_EXIT = signal.SIGTRAP | 6 << 8
_WALL = 0x40000000
PAUSE = 0.005

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, pid: int, data: int = 0) -> None:
    if _libc.ptrace(request, pid, None, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


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


class HeldExits:
    """Some processes of any kind, none of which gives back its memory before release().

    What functions that run at an exit do is done by then.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        """Follow them from now on; the rest of the calls must come from the same thread."""
        self._pids = set(pids)
        self._at_exit: set[int] = set()
        for pid in self._pids:
            _ptrace(_SEIZE, pid, _TRACE_EXIT)

    def __enter__(self) -> HeldExits:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let them go if they are held still."""
        self.release()

    def wait(self, timeout: float) -> None:
        """Wait until all have come to their exit; raises TimeoutError."""
        deadline = time.monotonic() + timeout
        while self._at_exit != self._pids:
            for pid in self._pids - self._at_exit:
                self._look_at(pid)
            if time.monotonic() > deadline:
                raise TimeoutError(f"not all at their exit after {timeout} s")
            time.sleep(PAUSE)

    def _look_at(self, pid: int) -> None:
        ended, status = os.waitpid(pid, os.WNOHANG | _WALL)
        if not ended:
            return
        if not os.WIFSTOPPED(status):
            raise ChildProcessError(f"process {pid} ended without a stop at its exit")
        if status >> 8 == _EXIT:
            self._at_exit.add(pid)
        else:  # on its way to a signal, which it gets
            _ptrace(_CONTINUE, pid, os.WSTOPSIG(status) if status >> 16 == 0 else 0)

    def release(self) -> None:
        """Let them end."""
        for pid in self._at_exit:
            _ptrace(_CONTINUE, pid)
        for pid in self._at_exit:
            os.waitpid(pid, _WALL)  # their parent is not told before
        self._pids, self._at_exit = set(), set()
