"""Several configurations, one after the other or in processes of their own."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from nginx_memlint.analysis.budget import Budget, not_begun
from nginx_memlint.analysis.examine import examine, without_entry
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.printable import printable
from nginx_memlint.problems import Problem
from nginx_memlint.result import ConfigReport
from nginx_memlint.sources.main_file import STDIN_NAME, EntryError

if TYPE_CHECKING:
    from nginx_memlint.analysis.children import Killed

MOST_GARBAGE = 300_000
"""Objects that may pile up before a collection: __main__.py turns automatic collection off, and
trees are full of cycles."""


class Checked(NamedTuple):
    """A report, and the steps of work that it took."""

    report: ConfigReport
    steps: int


def inspect(job: Job) -> Inspection:
    """One job, examined; what earlier jobs left in memory is freed first if it is much."""
    if gc.get_count()[0] > MOST_GARBAGE:
        gc.collect()
    return examine(job)


def check_one(job: Job) -> Checked:
    """The report of one job, and the steps that it took."""
    inspection = inspect(job)
    return Checked(inspection.report, inspection.steps)


def report_of(job: Job) -> ConfigReport:
    """The report of one job alone."""
    return inspect(job).report


def check_each(
    jobs: Sequence[Job], told: Callable[[Job], AbstractContextManager[object]]
) -> list[ConfigReport]:
    """The reports of jobs, one after the other, each made inside of what ``told`` returns."""
    budget = Budget()
    reports = []
    for job in jobs:
        if budget.is_over(job):
            reports.append(not_begun(job).report)
            continue
        with told(job):
            inspection = inspect(job)
        reports.append(inspection.report)
        if len(reports) < len(jobs):  # they decide whether another one is begun
            budget.take(inspection.steps)
        del inspection  # a tree is large, and the next one is made
    return reports


def check_all(jobs: Sequence[Job], processes: int) -> list[ConfigReport]:
    """The reports of jobs, in their order, by a number of processes.

    A configuration whose process is killed was not read in full; the others are.
    """
    from nginx_memlint.analysis.children import Killed, run_each  # noqa: PLC0415  takes long

    under_way = Budget()

    def is_enough(made: Checked | Killed) -> bool:
        """Whether what is done, all of it before what is not begun, leaves no steps for that."""
        under_way.take(_steps(made))
        return under_way.is_over(jobs[0])

    budget = Budget()
    reports = []
    results = run_each(check_one, jobs, processes, is_enough)
    for job, made in zip(jobs, results, strict=True):
        if made is None or budget.is_over(job):
            # read or not: with fewer processes it would not have been begun
            reports.append(not_begun(job).report)
            continue
        budget.take(_steps(made))
        reports.append(_unread(job, made) if isinstance(made, Killed) else made.report)
    return reports


def _steps(made: Checked | Killed) -> int:
    return made.steps if isinstance(made, Checked) else 0


def _unread(job: Job, killed: Killed) -> ConfigReport:
    message = f"the process that read it {killed}: see the system's log, and whether memory ran out"
    return _without(job, message)


def lost_worker(job: Job, reason: str) -> ConfigReport:
    """The report for a job of which an executor brought no answer, for a reason of its own."""
    return _without(job, f"the worker that was to read it brought no answer ({printable(reason)})")


def _without(job: Job, message: str) -> ConfigReport:
    name = STDIN_NAME if job.name == "-" else job.name
    return without_entry(job, EntryError(Problem(message, name))).report
