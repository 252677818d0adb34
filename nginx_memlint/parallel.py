"""Several configurations, one after the other or in processes of their own."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from nginx_memlint.inspection import checked
from nginx_memlint.result import ConfigReport

if TYPE_CHECKING:
    from nginx_memlint.options import Options

Call: TypeAlias = "tuple[str, Options]"
"""The arguments of checked()."""

MOST_GARBAGE = 300_000
"""Objects that are let pile up: start.py turns automatic collection off, and trees are full of
cycles."""


def check_one(call: Call) -> ConfigReport:
    """checked(), after which what it was made from may be let go."""
    path, options = call
    report = checked(path, options)
    if gc.get_count()[0] > MOST_GARBAGE:
        gc.collect()
    return report


def check_all(calls: Sequence[Call], jobs: int) -> list[ConfigReport]:
    """checked() of each, in their order, by so many processes."""
    import multiprocessing  # noqa: PLC0415  takes long
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    chunk = max(1, len(calls) // (jobs * 4))
    with ProcessPoolExecutor(jobs, initializer=_start) as pool:
        try:
            return list(pool.map(check_one, calls, chunksize=chunk))
        except BaseException:  # Ctrl-C: nobody waits for the rest
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _start() -> None:
    """A worker that is interrupted ends without a word: its parent has one."""
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_DFL)
