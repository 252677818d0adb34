"""Hold processes at their exit, as if a core for each had them all exit at once.

With few cores old workers exit one after the other, and a peak is lower than where they do at once.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from typing import Self

from nginx_memlint.errors import MemlintError

_SEIZE, _INTERRUPT, _CONTINUE, _DETACH = 0x4206, 0x4207, 7, 17
_TRACE_EXIT = 0x40
"""``PTRACE_O_TRACEEXIT``: stop before any of the memory is given back."""

_EXIT = signal.SIGTRAP | 6 << 8
_WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, pid: int, data: int = 0) -> None:
    if _libc.ptrace(request, pid, None, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class HeldExits:
    """Processes that are stopped at their exit, with all their memory, until release().

    Functions that run at an exit have run by then.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        """Follow them from now on; all calls must come from one thread. Raises OSError."""
        self._pids: set[int] = set()
        self._at_exit: set[int] = set()
        try:
            for pid in pids:
                _ptrace(_SEIZE, pid, _TRACE_EXIT)
                self._pids.add(pid)
        except OSError:
            self.release()
            raise

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let them go if they are held still."""
        self.release()

    def all_there(self) -> bool:
        """Whether all have come to their exit by now; raises MemlintError if one got past it."""
        for pid in self._pids - self._at_exit:
            self._look_at(pid)
        return self._at_exit == self._pids

    def _look_at(self, pid: int) -> None:
        ended, status = os.waitpid(pid, os.WNOHANG | _WALL)
        if not ended:
            return
        if not os.WIFSTOPPED(status):
            self._pids.discard(pid)
            raise MemlintError(f"process {pid} ended without a stop at its exit")
        if status >> 8 == _EXIT:
            self._at_exit.add(pid)
        else:  # on its way to a signal, which it gets
            _ptrace(_CONTINUE, pid, os.WSTOPSIG(status) if status >> 16 == 0 else 0)

    def release(self) -> None:
        """Let them end, and follow none any more."""
        for pid in self._pids - self._at_exit:
            with suppress(OSError):
                _ptrace(_INTERRUPT, pid)
                _, status = os.waitpid(pid, _WALL)
                is_signal = os.WIFSTOPPED(status) and status >> 16 == 0
                _ptrace(_DETACH, pid, os.WSTOPSIG(status) if is_signal else 0)
        for pid in self._at_exit:
            with suppress(OSError):
                _ptrace(_CONTINUE, pid)
        for pid in self._at_exit:
            with suppress(OSError):
                os.waitpid(pid, _WALL)  # their parent is not told before
        self._pids, self._at_exit = set(), set()
