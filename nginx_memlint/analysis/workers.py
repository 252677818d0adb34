"""How many worker processes a configuration starts."""

from __future__ import annotations

from nginx_memlint.memory.guesses import ASSUMED_WORKERS
from nginx_memlint.remedies.situation import Workers
from nginx_memlint.syntax.values import number
from nginx_memlint.tree.tree import Tree

MAX_PROCESSES = 1024
"""Processes that nginx starts at most (``NGX_MAX_PROCESSES``, os/unix/ngx_process.h)."""


def count_workers(tree: Tree, given: int | None) -> tuple[Workers, str | None]:
    """The workers, and the sentence that says what is taken for granted of them, if anything is.

    A number that the configuration states is what nginx starts, whatever is given.
    """
    settings = tree.main.settings("worker_processes")
    value = settings[0].value if settings else "1"
    stated = number(value)
    if not stated or (given is not None and not settings):
        if given is not None:
            return Workers(given, certain=True), None
        return Workers(ASSUMED_WORKERS, certain=False), (
            f"{ASSUMED_WORKERS} workers: worker_processes is {value or 'empty'}; "
            "state yours with --workers N"
        )
    workers = Workers(min(stated, MAX_PROCESSES), certain=True)
    if stated > MAX_PROCESSES:
        return workers, f"{MAX_PROCESSES:,} workers: nginx starts no more (NGX_MAX_PROCESSES)"
    if given is not None and given != stated:
        return workers, f"{stated} workers, as the configuration says; --workers is for auto"
    return workers, None if settings else "1 worker: worker_processes is not set"
