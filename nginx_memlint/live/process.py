"""Run nginx for a measurement: bounded in time, and gone afterwards whatever happens.

Sizes are bytes, times are seconds.
"""

from __future__ import annotations

import ctypes
import fcntl
import math
import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple, Self

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.signals import SIGNALS, Held, uninterrupted
from nginx_memlint.live.exits import HeldExits

START_TIMEOUT = 60.0
RELOAD_TIMEOUT = 120.0
STOP_TIMEOUT = 10.0
"""Seconds a server gets to stop by itself before it is killed."""

FILE_MOST = 16 << 20
"""Bytes of a file in /proc that is read."""

PAUSE = 0.002
LONGEST_PAUSE = 0.02
GUARD_INTERVAL = 0.2

_PR_SET_CHILD_SUBREAPER, _PR_GET_CHILD_SUBREAPER = 36, 37
"""``prctl(2)``; the numbers are the same on all architectures."""

_SHELL = "/bin/sh"
_GATE = '{ read -r go && exec "$@" </dev/null; } <&3 3<&- 4>&- & echo "$!" >&4'
"""A shell script that becomes the program once it is told to on descriptor 3."""
_PREPARED = 'read -r go <&3 && exec "$@" 3<&-'
"""A shell script that does so in its own process."""


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, with messages in English and without inherited sockets."""
    inherited = {key: value for key, value in os.environ.items() if key != "NGINX"}
    return {**inherited, "LC_ALL": "C", **more}


def _spawn(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: int,
    descriptors: Mapping[int, int],
) -> int:
    """Start a program in a process group of its own; return its process id.

    ``descriptors`` maps numbers in the program to file descriptors of this process. Raises
    MemlintError.
    """
    actions: list[tuple[int, int, int] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
        *((os.POSIX_SPAWN_DUP2, descriptor, number) for number, descriptor in descriptors.items()),
    ]
    try:
        return os.posix_spawn(
            arguments[0],
            list(arguments),
            _environment(environment),
            file_actions=actions,
            setpgroup=0,
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, *SIGNALS],
        )
    except OSError as error:
        raise MemlintError(f"cannot run {arguments[0]}: {error.strerror}") from None


def _text(descriptor: int) -> str:
    """All text of an in-memory file, without moving the position that its writers share."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, 0).decode("utf-8", "backslashreplace")


_deadlines: list[float] = []


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Bound the time of all programs that are run inside together, if seconds are given."""
    _deadlines.append(math.inf if seconds is None else time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadlines.pop()


def time_left() -> float:
    """Seconds that are left of within(); raises MemlintError if there are none."""
    left = min(_deadlines, default=math.inf) - time.monotonic()
    if left <= 0:
        raise MemlintError("the time is over that was given (--timeout)")
    return left


@dataclass(frozen=True, slots=True)
class Ended:
    """The result of a program that has ended.

    ``code`` is the exit status, negative for a signal. ``output`` is standard output and error.
    ``peak_rss`` is bytes (``ru_maxrss``).
    """

    code: int
    output: str
    seconds: float
    cpu_seconds: float
    peak_rss: int


def run(
    arguments: Sequence[str],
    timeout: float,
    environment: Mapping[str, str] | None = None,
    guard: Callable[[], None] | None = None,
    prepare: Callable[[int], None] = lambda _pid: None,
) -> Ended:
    """Run a program and measure it.

    ``ru_maxrss`` survives ``execve()``: a child of this Python would never have less than Python
    itself. So a shell of 1 MiB forks it, ends, and leaves it to this process, which waits for it
    as the "child subreaper". ``prepare`` is called with the process's number before the program
    begins, ``guard`` now and then; both may raise. Raises MemlintError when the time is over.
    Signals are held back but for moments at which all can be ended.
    """
    with ExitStack() as stack:
        held = stack.enter_context(uninterrupted())
        stack.enter_context(_subreaper())
        output = os.memfd_create("output")
        stack.callback(os.close, output)
        group, pid, gate = _gated(arguments, environment or {}, output)
        stack.callback(os.close, gate)
        try:
            started = time.monotonic()
            timeout = min(timeout, time_left())
            prepare(pid)
            os.write(gate, b"go\n")
            status, usage = _wait(pid, arguments[0], started + timeout, guard, held)
            seconds = time.monotonic() - started
        except BaseException:
            _end_group(group)
            raise
        code = os.waitstatus_to_exitcode(status)
        return Ended(code, _text(output), seconds, usage[0], usage[1])


@contextmanager
def _subreaper() -> Iterator[None]:
    """Make this process the parent of orphans below it: only a parent can wait for a process."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    before = ctypes.c_int()
    if (
        prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(before), 0, 0, 0) != 0
        or prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0
    ):
        raise MemlintError("the kernel does not let memlint wait for nginx (prctl)")
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, before.value, 0, 0, 0)


def _gated(
    arguments: Sequence[str], environment: Mapping[str, str], output: int
) -> tuple[int, int, int]:
    """Start the shell; return the process group, the program's pid, and the gate's descriptor."""
    gate_read, gate = _pipe()
    pid_read, pid_write = _pipe()
    group = None
    try:
        group = _spawn(
            [_SHELL, "-c", _GATE, _SHELL, *arguments],
            environment,
            output,
            {3: gate_read, 4: pid_write},
        )
        os.close(pid_write)
        pid_write = -1
        if not select.select([pid_read], [], [], START_TIMEOUT)[0]:
            raise MemlintError(f"{_SHELL} does not start")
        line = os.read(pid_read, 32)
        os.waitpid(group, 0)
        if not line.strip().isdigit():
            raise MemlintError(f"{_SHELL} does not start a program: {_text(output).strip()}")
        return group, int(line), gate
    except BaseException:
        os.close(gate)
        if group is not None:
            _end_group(group)
        raise
    finally:
        os.close(gate_read)
        os.close(pid_read)
        if pid_write >= 0:
            os.close(pid_write)


def _pipe() -> tuple[int, int]:
    """A pipe whose descriptors are neither 3 nor 4."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]


def _end_group(group: int) -> None:
    """Kill a process group and wait until all of it has ended, as the subreaper."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-group, 0)


def _wait(
    pid: int, name: str, deadline: float, guard: Callable[[], None] | None, held: Held
) -> tuple[int, tuple[float, int]]:
    """Wait for a process; return its status, its CPU seconds and its peak bytes.

    Raises MemlintError at the deadline.
    """
    pause = PAUSE
    guarded = time.monotonic()
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return status, (usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        now = time.monotonic()
        if now > deadline:
            raise MemlintError(f"{name} does not end; it was killed")
        if guard is not None and now > guarded + GUARD_INTERVAL:
            guarded = now
            guard()
        held.let_through()
        time.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)


class ProcessMemory(NamedTuple):
    """Proportional set size in bytes: a page of n processes counts as 1/n for each of them."""

    pss: int = 0
    anonymous: int = 0
    """Bytes that are not of files, which other programs do not change by mapping the same ones."""
    shared: int = 0
    """Bytes of shared memory: zones."""

    @property
    def anonymous_and_shared(self) -> int:
        """Bytes of no file, private and shared."""
        return self.anonymous + self.shared


class Reload(NamedTuple):
    """Memory of all processes that is of no file, in bytes: at the peak, and afterwards."""

    peak: int
    after: int


class Server:
    """An nginx, master and workers, that runs as long as its ``with`` block.

    All that time signals are held back: they are let through where this waits, and at the end.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        workers: int,
        *,
        timeout: float | None = None,
        prepare: Callable[[int], None] | None = None,
    ) -> None:
        """``arguments`` must keep nginx in the foreground; ``workers`` is how many it will have.

        ``timeout`` is the seconds of a start if it may take longer than START_TIMEOUT; a reload may
        take RELOAD_TIMEOUT more.
        ``prepare`` is called with the process's number before the program begins.
        """
        self._arguments = arguments
        self._workers = workers
        self._timeout = START_TIMEOUT if timeout is None else timeout
        self._prepare = prepare
        self._stack = ExitStack()
        self._held = Held()
        self._output = -1
        self.pid = 0

    def __enter__(self) -> Self:
        # started here, not earlier: between the two a signal would leave it behind
        try:
            self.start()
            self._wait_until(lambda: len(self._serving()) >= self._workers, self._timeout)
        except BaseException:
            self.close()
            raise
        return self

    def start(self) -> None:
        """Start nginx. The caller must close() it, whatever happens."""
        self._held = self._stack.enter_context(uninterrupted())
        self._stack.enter_context(_subreaper())
        self._output = os.memfd_create("output")
        self._stack.callback(os.close, self._output)
        if self._prepare is None:
            self.pid = _spawn(self._arguments, {}, self._output, {})
            return
        gate_read, gate = _pipe()
        try:
            words = [_SHELL, "-c", _PREPARED, _SHELL, *self._arguments]
            self.pid = _spawn(words, {}, self._output, {3: gate_read})
            self._prepare(self.pid)
            os.write(gate, b"go\n")
        finally:
            os.close(gate_read)
            os.close(gate)

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def memory(self) -> ProcessMemory:
        """The memory of master and workers together, in bytes."""
        memories = [_memory(pid) for pid in (self.pid, *self._children())]
        return ProcessMemory(*map(sum, zip(*memories, strict=True)))

    def settled(self) -> ProcessMemory:
        """The memory once it no longer changes: workers have run their first code by then."""
        before = self.memory()
        deadline = time.monotonic() + 2.0
        quiet = 0
        while quiet < 3 and time.monotonic() < deadline:
            self._held.let_through()
            time.sleep(0.05)
            now = self.memory()
            quiet = quiet + 1 if now.anonymous == before.anonymous else 0
            before = now
        return before

    def reload(self, *, sampled: bool = True, held: bool = False) -> Reload:
        """Send SIGHUP and wait until only new workers are left.

        The peak is the most of samples; without them, for callers who measure it by a control
        group, it is what there is afterwards. ``held``: old workers end when all of them have come
        to their exit, and what there is then is a sample. Raises OSError if they cannot be held.
        """
        old = set(self._children())
        samples = [0]

        def done() -> bool:
            if sampled:
                samples.append(self.memory().anonymous_and_shared)
            return len(self._serving()) >= self._workers and old.isdisjoint(self._children())

        pause = 0.0 if sampled else PAUSE
        timeout = RELOAD_TIMEOUT + self._timeout
        with HeldExits(old if held else ()) as exits:
            os.kill(self.pid, signal.SIGHUP)
            if held:
                self._wait_until(lambda: done() or exits.all_there(), timeout, pause)
                samples.append(self.settled().anonymous_and_shared)
        self._wait_until(done, timeout, pause)
        after = self.settled().anonymous_and_shared
        return Reload(max(*samples, after), after)

    def close(self) -> None:
        """Stop nginx, by force if it takes too long, and at once by force if a signal has come."""
        with self._stack:
            if not self.pid:
                return
            try:
                os.kill(self.pid, signal.SIGTERM)
                deadline = time.monotonic() + STOP_TIMEOUT
                while not (self._ended() or self._held.came or time.monotonic() > deadline):
                    time.sleep(PAUSE)
            finally:
                # the master is not waited for yet, so its number still names its group
                _end_group(self.pid)
                self.pid = 0

    def _ended(self) -> bool:
        """Whether the master has ended; it can still be waited for."""
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None

    def _wait_until(self, done: Callable[[], bool], timeout: float, pause: float = PAUSE) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            if self._ended():
                raise MemlintError(_text(self._output).strip() or "nginx ended without a message")
            self._held.let_through()
            if time.monotonic() > deadline:
                raise MemlintError(f"nginx is not ready after {timeout:.0f} s; it was killed")
            if pause:
                time.sleep(pause)

    def _children(self) -> list[int]:
        try:
            path = f"/proc/{self.pid}/task/{self.pid}/children"
            return [int(word) for word in read_file(path, FILE_MOST).split()]
        except ProcessLookupError:
            return []
        except FileNotFoundError:
            return _children_by_scan(self.pid)

    def _serving(self) -> list[int]:
        """The process ids of workers that have initialised and are not shutting down."""
        titles = {pid: _title(pid) for pid in self._children()}
        return [
            pid
            for pid, title in titles.items()
            if title.startswith("nginx: worker process") and "shutting down" not in title
        ]


def _children_by_scan(parent: int) -> list[int]:
    """The children of a process, for kernels without the ``children`` file in /proc."""
    children = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with suppress(OSError):
                # the name, in parentheses, may hold anything; the parent is the second after it
                data = read_file(f"/proc/{name}/stat", FILE_MOST)
                if int(data.rpartition(b")")[2].split()[1]) == parent:
                    children.append(int(name))
    return children


def _title(pid: int) -> str:
    """The title of a process, in which nginx tells its role; empty if it has ended."""
    try:
        data = read_file(f"/proc/{pid}/cmdline", FILE_MOST)
        return data.replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def _memory(pid: int) -> ProcessMemory:
    """The memory of one process, in bytes; zeros if it has ended."""
    try:
        text = read_file(f"/proc/{pid}/smaps_rollup", FILE_MOST)
    except ProcessLookupError:
        return ProcessMemory()
    except FileNotFoundError:
        if os.path.exists("/proc/self/smaps_rollup"):
            return ProcessMemory()
        raise MemlintError("needs Linux 4.14 or later (/proc/PID/smaps_rollup)") from None
    except PermissionError:
        raise MemlintError(
            "not allowed to read the memory of nginx's workers; run as root with CAP_SYS_PTRACE, "
            "or as a normal user"
        ) from None
    sizes = {
        line.split()[0]: int(line.split()[1]) * 1024
        for line in text.splitlines()
        if line.startswith(b"Pss")
    }
    return ProcessMemory(*(sizes.get(name, 0) for name in (b"Pss:", b"Pss_Anon:", b"Pss_Shmem:")))
