"""Signals that come while files are written or programs run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a command to end."""


class Interrupted(KeyboardInterrupt):
    """SIGINT, SIGTERM or SIGHUP came; ``number`` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into Interrupted, and ignore those after it.

    So cleaning up, which takes seconds at most, is not itself interrupted, nor is what is said
    of it: after an interruption, which is to end the process, they stay ignored.
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


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold signals back, so that nothing is started and then forgotten, or half cleaned up.

    The first that has come meanwhile is raised at the end. Not by a mask, which would be this
    thread's alone: another may take the signal.
    """
    came: list[int] = []

    def hold(number: int, _frame: object) -> None:
        came.append(number)

    if threading.current_thread() is not threading.main_thread():  # never interrupted
        yield
        return
    now = {number: signal.getsignal(number) for number in SIGNALS}
    # others end the process, or do nothing
    before = {number: handler for number, handler in now.items() if callable(handler)}
    try:
        for number in before:
            signal.signal(number, hold)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
