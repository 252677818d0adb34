"""Several configurations, one after the other or in processes of their own."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nginx_memlint.analysis.examine import examine, without_entry
from nginx_memlint.analysis.job import Job
from nginx_memlint.problems import Problem
from nginx_memlint.result import ConfigReport
from nginx_memlint.sources.main_file import STDIN_NAME, EntryError

if TYPE_CHECKING:
    from nginx_memlint.analysis.children import Killed

MOST_GARBAGE = 300_000
"""Objects that are let pile up: __main__.py turns automatic collection off, and trees are full of
cycles."""


def check_one(job: Job) -> ConfigReport:
    """The report of one job, before which what earlier ones were made from may be let go."""
    if gc.get_count()[0] > MOST_GARBAGE:
        gc.collect()
    return examine(job).report


def check_all(jobs: Sequence[Job], processes: int) -> list[ConfigReport]:
    """The reports of jobs, in their order, by so many processes.

    A configuration whose process is killed was not read in full; the others are.
    """
    from nginx_memlint.analysis.children import Killed, run_each  # noqa: PLC0415  takes long

    found = zip(jobs, run_each(check_one, jobs, processes), strict=True)
    return [_unread(job, made) if isinstance(made, Killed) else made for job, made in found]


def _unread(job: Job, killed: Killed) -> ConfigReport:
    name = STDIN_NAME if job.name == "-" else job.name
    message = f"the process that read it {killed}: see the system's log, and whether memory ran out"
    return without_entry(job, EntryError(Problem(message, name))).report
