"""A sign of life on standard error while something takes long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading

DELAY = 1.0
"""Seconds before anything is shown."""


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show the text and the time beside a spinner, on a terminal only, until the block ends."""
    if not sys.stderr.isatty():
        yield
        return
    import threading  # noqa: PLC0415  for terminals only

    done = threading.Event()
    thread = threading.Thread(target=_show, args=(text, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _show(text: str, done: threading.Event) -> None:
    if done.wait(DELAY):
        return
    from rich.console import Console  # noqa: PLC0415  # most runs need none
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    console = Console(stderr=True, markup=False, emoji=False, highlight=False)
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(text, total=None)
        done.wait()
