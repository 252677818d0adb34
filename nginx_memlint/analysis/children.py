"""Work that is shared out to child processes, which end when this one does, however that ends.

A child is sent the number of an item and sends back what was made of it; that somebody killed it
is a result, too. Each child has a thread that reads from a pipe to which nobody writes and of
which this process alone has the other end: the system closes that end even after a SIGKILL, and
then the child ends at once. A child shares no standard input or output with this process, and
leaves the terminal's interrupt to it.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Killed:
    """A child process ended before it was done.

    ``status`` is that of ``os.waitstatus_to_exitcode()``, or None if the system does not tell: so
    it is when whoever started this process has it ignore SIGCHLD.
    """

    status: int | None

    def __str__(self) -> str:
        """Words for a sentence whose subject comes before."""
        if self.status is None or self.status >= 0:
            return "ended before it was done"
        try:
            return f"was killed by {signal.Signals(-self.status).name}"
        except ValueError:
            return f"was killed by signal {-self.status}"


def _never(_result: object) -> bool:
    return False


def run_each(
    function: Callable[[_Item], _Result],
    items: Sequence[_Item],
    jobs: int,
    is_enough: Callable[[_Result | Killed], bool] = _never,
) -> list[_Result | Killed | None]:
    """Call the function with each item, in up to ``jobs`` processes; return the results in order.

    Items are begun in their order. ``is_enough`` is called with each result as it comes in, and
    tells whether no further item is to be begun: the result of such a one is None. Raises what the
    function raises, or a RuntimeError with the type and the text of an error that cannot be sent
    from a child. Works in this process where no child can be started.
    """
    results: dict[int, _Result | Killed] = {}
    waiting = deque(range(len(items)))
    left: list[int] = []

    def keep(number: int, answer: _Result | Killed) -> None:
        results[number] = answer
        if is_enough(answer):
            left.extend(waiting)
            waiting.clear()

    children = _Children(lambda number: function(items[number]))
    try:
        while len(results) + len(left) < len(items):
            while waiting and (child := children.idle(jobs)):
                child.give(waiting.popleft())
            if busy := children.busy():
                for connection in wait([*busy]):
                    keep(*children.answer(busy[connection]))
            else:
                number = waiting.popleft()
                keep(number, function(items[number]))
    finally:
        children.end()
    return [results.get(number) for number in range(len(items))]


@dataclass
class _Child:
    """One child process. ``item`` is the number of the item it works on, None if it waits."""

    process: int
    connection: Connection
    item: int | None = None

    def give(self, item: int) -> None:
        self.item = item
        with suppress(OSError):  # it has been killed, and the answer will say so
            self.connection.send(item)

    def end(self) -> Killed:
        """Wait for the process, which is dead already or has been killed, and say how it ended."""
        self.connection.close()
        try:
            _, status = os.waitpid(self.process, 0)
        except ChildProcessError:
            return Killed(None)
        return Killed(os.waitstatus_to_exitcode(status))


class _Children:
    """The child processes, and the pipe that ends them."""

    def __init__(self, work: Callable[[int], Any]) -> None:
        self._work = work
        self._all: list[_Child] = []
        self._life: tuple[int, int] | None = None

    def idle(self, most: int) -> _Child | None:
        """A child that waits, or a new one; None if there can be no more."""
        child = next((child for child in self._all if child.item is None), None)
        if child is None and len(self._all) < most:
            with suppress(OSError):  # too many processes or files, too little memory
                child = self._start()
                self._all.append(child)
        return child

    def busy(self) -> dict[Any, _Child]:
        """The children that work on an item, by the connection their answers come from."""
        return {child.connection: child for child in self._all if child.item is not None}

    def answer(self, child: _Child) -> tuple[int, Any]:
        """The number of a child's item, and its result, for which this waits."""
        assert child.item is not None
        item, child.item = child.item, None
        try:
            done, result = child.connection.recv()
        except (EOFError, OSError):
            self._all.remove(child)
            return item, child.end()
        if not done:
            raise result
        return item, result

    def end(self) -> None:
        """Kill all child processes, whatever they work on."""
        for child in self._all:
            with suppress(ProcessLookupError):
                os.kill(child.process, signal.SIGKILL)
        for child in self._all:
            child.end()
        self._all.clear()
        for end in self._life or ():
            os.close(end)
        self._life = None

    def _start(self) -> _Child:
        if self._life is None:
            self._life = os.pipe()
        ours, its = Pipe()
        # until it is ready, no signal may find it with this process's handlers
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process = os.fork()
            if process == 0:
                self._serve(its, before)
        except BaseException:
            ours.close()
            raise
        finally:
            its.close()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return _Child(process, ours)

    def _serve(self, connection: Connection, mask: set[int | signal.Signals]) -> NoReturn:
        """Run as a child: never returns, whatever happens."""
        try:
            assert self._life is not None
            reading, writing = self._life
            os.close(writing)
            for sibling in self._all:
                sibling.connection.close()
            threading.Thread(target=_end_with, args=(reading,), daemon=True).start()
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, 0)
            os.dup2(nothing, 1)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            for number in _SIGNALS[1:]:
                if callable(signal.getsignal(number)):
                    signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            while True:
                connection.send(_outcome(self._work, connection.recv()))
        finally:
            os._exit(1)


def _end_with(pipe: int) -> None:
    """End this process when nobody has the other end of a pipe."""
    os.read(pipe, 1)
    os._exit(1)


def _outcome(work: Callable[[int], Any], item: int) -> tuple[bool, Any]:
    """Whether the work succeeded, and its result or the exception."""
    try:
        return True, work(item)
    except BaseException as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:
            return False, RuntimeError(f"{type(error).__name__}: {error}")
        return False, error
