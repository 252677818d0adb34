"""Work that is handed to an executor: threads, processes, or a cluster on many machines.

The function and its items are sent to where it works, and answers are sent back, so all of them can
be pickled. An error that the function itself raises comes back as an answer: whatever the executor
raises is then its own, such as that a process has died, and concerns one item alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

_Task = TypeVar("_Task")
_Answered = TypeVar("_Answered")


@dataclass(frozen=True)
class Lost:
    """An item of which no answer has come; ``reason`` is the executor's own."""

    reason: str


@dataclass(frozen=True)
class _Raised:
    error: Exception


@dataclass(frozen=True)
class _Made(Generic[_Answered]):
    result: _Answered


def run_with(
    executor: Executor, function: Callable[[_Task], _Answered], items: Iterable[_Task]
) -> Iterator[_Answered | Lost]:
    """The results of a function for items, in their order; raises what the function raises.

    What is not begun when this ends early, is cancelled.
    """
    call = partial(_call, function)
    futures: list[Future[_Made[_Answered] | _Raised] | Lost] = []
    try:
        for item in items:
            try:
                futures.append(executor.submit(call, item))
            except BrokenExecutor as error:  # a process of the pool died meanwhile
                futures.append(_lost(error))
        for future in futures:
            answer = future if isinstance(future, Lost) else _answer(future)
            yield answer if isinstance(answer, Lost) else answer.result
    finally:
        for future in futures:
            if not isinstance(future, Lost):
                future.cancel()


def _call(function: Callable[[_Task], _Answered], item: _Task) -> _Made[_Answered] | _Raised:
    try:
        return _Made(function(item))
    except Exception as error:
        return _Raised(error)


def _answer(future: Future[_Made[_Answered] | _Raised]) -> _Made[_Answered] | Lost:
    try:
        answer = future.result()
    except Exception as error:
        return _lost(error)
    if isinstance(answer, _Raised):
        raise answer.error
    return answer


def _lost(error: Exception) -> Lost:
    return Lost(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
