"""Several configurations at once, in processes of their own."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from itertools import repeat
from typing import Any

from nginx_memlint.check import check
from nginx_memlint.result import ConfigReport


def check_all(paths: Sequence[str], jobs: int, **options: Any) -> list[ConfigReport]:  # noqa: ANN401
    """check() of each path, in their order, by up to so many processes."""
    jobs = min(jobs, len(paths))
    if jobs <= 1:
        return [check(path, **options) for path in paths]
    import multiprocessing  # noqa: PLC0415  takes long
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    chunk = max(1, len(paths) // (jobs * 4))
    with ProcessPoolExecutor(jobs, initializer=_start) as pool:
        try:
            return list(pool.map(_check, paths, repeat(options), chunksize=chunk))
        except BaseException:  # Ctrl-C: nobody waits for the rest
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _check(path: str, options: dict[str, Any]) -> ConfigReport:
    return check(path, **options)


def _start() -> None:
    """A worker that is interrupted ends without a word: its parent has one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
