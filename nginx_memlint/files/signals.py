"""Signals that arrive while files are written or programs run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a command to end."""


class Interrupted(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP came; ``number`` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into Interrupted, and ignore later ones.

    So cleaning up, which takes seconds at most, is not itself interrupted, nor is the message about
    it: after an interruption, which ends the process, they stay ignored.
    """
    interrupted = False

    def interrupt(number: int, _frame: object) -> None:
        # not SIG_IGN: of a signal that has come already Python would print a traceback
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise Interrupted(number)

    before = {
        number: signal.getsignal(number)
        for number in SIGNALS
        if signal.getsignal(number) is not signal.SIG_IGN  # as under nohup
    }
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        if not interrupted:
            for number, handler in before.items():
                signal.signal(number, handler)


class Held:
    """Signals that are held back, with the handlers that they had."""

    def __init__(self) -> None:
        self.came: list[int] = []
        self.handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def let_through(self) -> None:
        """Handle signals that have arrived, where this leaves nothing behind.

        May raise Interrupted.
        """
        while self.came:
            number = self.came.pop(0)
            self.handlers[number](number, None)


@contextmanager
def uninterrupted() -> Iterator[Held]:
    """Hold signals back, so that nothing is started and then forgotten, or half cleaned up.

    The first one that arrived meanwhile, and was not let through, is raised at the end. A signal
    mask would not do: it is this thread's alone, and another thread may take the signal.
    """
    held = Held()

    def hold(number: int, _frame: object) -> None:
        held.came.append(number)

    if threading.current_thread() is not threading.main_thread():  # never interrupted
        yield held
        return
    now = {number: signal.getsignal(number) for number in SIGNALS}
    # others end the process, or do nothing
    before: dict[int, Callable[[int, FrameType | None], Any]] = {
        number: handler for number, handler in now.items() if callable(handler)
    }
    held.handlers = before
    try:
        for number in before:
            signal.signal(number, hold)
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if held.came:
            signal.raise_signal(held.came[0])
