"""Several configurations, one after the other or in processes of their own."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from nginx_memlint.inspection import checked, job_of
from nginx_memlint.result import ConfigReport

if TYPE_CHECKING:
    from nginx_memlint.children import Killed
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
    """checked() of each, in their order, by so many processes.

    A configuration whose process is killed was not read in full; the others are.
    """
    from nginx_memlint.children import Killed, run_each  # noqa: PLC0415  takes long

    found = zip(calls, run_each(check_one, calls, jobs), strict=True)
    return [_unread(call, made) if isinstance(made, Killed) else made for call, made in found]


def _unread(call: Call, killed: Killed) -> ConfigReport:
    from nginx_memlint.config.entry import STDIN_NAME, EntryError  # noqa: PLC0415  rare
    from nginx_memlint.config.problems import Problem  # noqa: PLC0415
    from nginx_memlint.pipeline import without_entry  # noqa: PLC0415

    path, options = call
    name = STDIN_NAME if path == "-" else path
    message = f"the process that read it {killed}: see the system's log, and whether memory ran out"
    error = EntryError(Problem(message, name))
    return without_entry(job_of(path, options), error).report
