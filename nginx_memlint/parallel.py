"""Several configurations at once, in processes of their own."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from nginx_memlint.check import Options, check
from nginx_memlint.result import ConfigReport


def check_all(calls: Sequence[tuple[str, Options]], jobs: int) -> list[ConfigReport]:
    """check() of each path with its options, in their order, by so many processes."""
    chunk = max(1, len(calls) // (jobs * 4))
    with ProcessPoolExecutor(jobs, initializer=_start) as pool:
        try:
            return list(pool.map(_check, calls, chunksize=chunk))
        except BaseException:  # Ctrl-C: nobody waits for the rest
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _check(call: tuple[str, Options]) -> ConfigReport:
    path, options = call
    return check(path, **options)


def _start() -> None:
    """A worker that is interrupted ends without a word: its parent has one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
