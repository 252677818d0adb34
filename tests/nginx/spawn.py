"""Start a program quickly, bounded, with its output and the shim's reports in memory."""

import fcntl
import os
import resource
import select
import shutil
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.nginx.shim import ProcessCounts, read_reports, shim_library

SHIM_OUT_FD = 198
SHIM_PROC_FD = 199
"""Where the started program finds the shim's two descriptors, out of the way of its own."""

BASE_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/root"}


@dataclass(frozen=True)
class Exit:
    """How a process ended."""

    code: int
    """Exit status, negative for a signal."""
    usage: resource.struct_rusage
    seconds: float
    """Wall-clock time from start to end."""


@cache
def _proc_directory() -> int:
    return os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)


@cache
def _library_in(root: Path | None, libc: str) -> str:
    """Return the shim's path as seen inside `root`, copying it there if need be."""
    library = shim_library(libc)
    if root is None:
        return str(library)
    inside = root / "usr/lib" / library.name
    if not inside.exists():
        partial = inside.with_name(f"{inside.name}.{os.getpid()}")
        shutil.copyfile(library, partial)
        partial.chmod(0o755)
        partial.replace(inside)
    return f"/usr/lib/{library.name}"


class Child:
    """A started program: master of its own process group, not yet waited for."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        root: Path | None = None,
        environment: Mapping[str, str] | None = None,
        libc: str = "glibc",
    ) -> None:
        """Start `arguments` under the shim, inside `root` if given. No shell, no search path.

        A library that the environment preloads comes before the shim.
        """
        given = dict(environment or {})
        preloaded = (given.get("LD_PRELOAD"), _library_in(root, libc))
        variables = {
            **BASE_ENVIRONMENT,
            **given,
            "LD_PRELOAD": ":".join(filter(None, preloaded)),
            "MEMLINT_SHIM_OUT": str(SHIM_OUT_FD),
            "MEMLINT_SHIM_PROC": str(SHIM_PROC_FD),
            "MEMLINT_SHIM_BOUND": "1",
        }
        command = list(arguments)
        if root is not None:
            # the variables are set inside, so that the shim is not loaded into chroot itself
            settings = [f"{name}={value}" for name, value in variables.items()]
            command = ["/usr/sbin/chroot", str(root), "/usr/bin/env", "-i", *settings, *command]
            variables = BASE_ENVIRONMENT
        self._output = _shared_memory("output")
        self._reports = _shared_memory("reports")
        self._exit: Exit | None = None
        self._started = time.monotonic()
        try:
            self.pid = os.posix_spawn(
                command[0],
                command,
                variables,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, self._output, 1),
                    (os.POSIX_SPAWN_DUP2, self._output, 2),
                    (os.POSIX_SPAWN_DUP2, self._reports, SHIM_OUT_FD),
                    (os.POSIX_SPAWN_DUP2, _proc_directory(), SHIM_PROC_FD),
                ],
                setpgroup=0,
                setsigdef=[signal.SIGPIPE],
            )
        except BaseException:
            self._close()
            raise
        self._pidfd = os.pidfd_open(self.pid)

    def wait(self, timeout: float) -> Exit | None:
        """Wait for the end, at most `timeout` seconds; None if it is still running then."""
        if self._exit is None:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            if not poll.poll(max(timeout, 0) * 1000):
                return None
            _, status, usage = os.wait4(self.pid, 0)
            seconds = time.monotonic() - self._started
            self._exit = Exit(os.waitstatus_to_exitcode(status), usage, seconds)
        return self._exit

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program itself, if it has not been waited for yet."""
        if self._exit is None:
            signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> Exit:
        """Kill what is left of the program's process group and wait for the program."""
        # while the leader is not waited for, its number cannot belong to another group
        if self._exit is None:
            os.killpg(self.pid, signal.SIGKILL)
        ended = self.wait(60.0)
        if ended is None:
            raise TimeoutError(f"process {self.pid} survives SIGKILL")
        return ended

    def output(self) -> str:
        """Return what the program wrote to stdout and stderr so far."""
        return _contents(self._output)

    def reports(self) -> list[ProcessCounts]:
        """Return the shim's reports so far, one for each process that ended by itself."""
        return list(read_reports(_contents(self._reports)))

    def close(self) -> None:
        """Kill what still runs and give back the descriptors."""
        try:
            self.kill()
        finally:
            os.close(self._pidfd)
            self._close()

    def _close(self) -> None:
        os.close(self._output)
        os.close(self._reports)


def _shared_memory(name: str) -> int:
    """Make an in-memory file that several processes write to, each behind what the others wrote.

    They share a position, which Linux does not lock for files in memory: of two processes that
    write at once, one would lose what it wrote.
    """
    descriptor = os.memfd_create(name)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, os.O_APPEND)
    return descriptor


def _contents(descriptor: int) -> str:
    """Return all of an in-memory file, without moving the position that its writers share."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "surrogateescape")
