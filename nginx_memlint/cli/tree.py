"""``memlint tree``."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    PathsArgument,
    given,
    number_option,
    takes,
)
from nginx_memlint.cli.running import checked, planned
from nginx_memlint.exit_codes import FailOn, exit_code
from nginx_memlint.options.record import Bearing
from nginx_memlint.report.screen import console_for
from nginx_memlint.report.views import tree as tree_report
from nginx_memlint.result import Report
from nginx_memlint.rules import engine

app = command_app()

MOST = 1_000_000
"""Blocks of a configuration that are read."""


@app.command(
    epilog="Exit status: 0 shown; 2 wrong usage; 3 a configuration could not be read in full: "
    "what was read is still shown.",
)
@takes(Bearing.FIGURES)
def tree(
    ctx: typer.Context,
    paths: PathsArgument = None,
    depth: Annotated[
        int,
        number_option(int, 0, MOST, help="Levels to show; 0 for all. What is below is summed."),
    ] = tree_report.DEPTH,
    top: Annotated[
        int, number_option(int, 0, MOST, help="Blocks to show on each level; 0 for all.")
    ] = tree_report.TOP,
    **_: object,
) -> None:
    """Show where the memory goes: http → server → location."""
    jobs = planned(paths or [], given(ctx))[1]
    configs = checked(
        [
            replace(
                job,
                options=replace(
                    job.options, policy=engine.no_rules(job.options.policy), breakdown=True
                ),
            )
            for job in jobs
        ]
    )
    tree_report.write(Report(configs=configs), console_for(sys.stdout), depth=depth, top=top)
    raise typer.Exit(exit_code(configs, FailOn.NEVER))
