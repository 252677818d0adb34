"""The bound on one command's work: on all of its configurations together.

Settings may list a thousand, and so may the pattern of a hook; links make many of one file. Each is
bounded by itself, all of them by ``all-steps``: once the earlier ones have taken that, no further
one is begun. So what is read depends on the order alone, not on how many processes read.
"""

from __future__ import annotations

from nginx_memlint.analysis.examine import without_entry
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.files.bounds import exceeded
from nginx_memlint.problems import Problem
from nginx_memlint.sources.main_file import STDIN_NAME, EntryError


class Budget:
    """Counts the steps of work of configurations, in their order."""

    def __init__(self) -> None:
        self.steps = 0

    def is_over(self, job: Job) -> bool:
        """Whether no steps are left for another configuration."""
        return self.steps > job.lookup.bounds.all_steps

    def take(self, steps: int) -> None:
        """Count the steps of one more configuration."""
        self.steps += steps


def not_begun(job: Job) -> Inspection:
    """The result for a configuration for which there are no steps left."""
    name = STDIN_NAME if job.name == "-" else job.name
    most = f"{job.lookup.bounds.all_steps:,}"
    what = f"not read: the configurations before it take more than {most} steps together"
    return without_entry(job, EntryError(Problem(exceeded(what, "all-steps"), name)))
