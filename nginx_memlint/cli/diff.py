"""``memlint diff``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Annotated, TextIO

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    IsolatedOption,
    OutputOption,
    deciding,
    formats_option,
    given,
    read_size,
    takes,
)
from nginx_memlint.cli.running import planned, standard_input, with_server
from nginx_memlint.comparison import compare as comparing
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import Bearing
from nginx_memlint.report import OF_A_CHANGE, outputs
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import Page
from nginx_memlint.report.views import diff_markdown, diff_text
from nginx_memlint.settings import asked, everywhere

app = command_app()


@app.command(
    epilog="Exit status: 0 growth within --max-growth, or none given; 1 more than that, or "
    "memory or counts that have grown and are over a budget; 2 wrong "
    "usage or settings; 3 a configuration could not be read or parsed in full; "
    "4 an internal error.",
)
@takes(
    Bearing.FIGURES,
    Bearing.RELOADS,
    Bearing.COUNTS,
    only=("max_memory", "max_start_memory", "select", "ignore"),
)
def diff(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OLD NEW | CONF",
            help="Two of what memlint check takes; with --base, any number that are each "
            "compared with what they were.",
            show_default="with --base, the roots that memlint.toml lists",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="GIT_REF",
            help="Compare the working tree with this commit, e.g. main or HEAD. It is read from "
            "git's objects: nothing is checked out.",
        ),
    ] = None,
    max_growth: Annotated[
        int | None,
        typer.Option(
            parser=read_size,
            metavar="SIZE",
            help="Exit with 1 if the most that a configuration takes, its worst reload peak and "
            "shared memory, grows by more.",
        ),
    ] = None,
    isolated: IsolatedOption = False,
    formats: Annotated[list[str] | None, formats_option(OF_A_CHANGE)] = None,
    output: OutputOption = None,
    **_: object,
) -> None:
    """Show what a change costs, by phase, cause, server and file.

    All options hold for both sides. Settings files are used with --base.
    """
    told = given(ctx)
    for option, value in (("--config", told.config), ("--isolated", isolated)):
        if base is None and value:
            raise MemlintError("is for --base", option)
    if base is None:
        written = outputs.parse(formats or [], output, paths or [], OF_A_CHANGE)
        options = asked(everywhere(with_server(told.flags), isolated=True))
        paths = [*(paths or []), *(path for path in told.dumps if path not in (paths or []))]
        if "-" in paths:
            options = replace(options, data=standard_input(trusted=options.trusted))
        said = {path: flag.value for path, flag in told.dumps.items()}
        difference = comparing.compared(paths, options, max_growth=max_growth, dumps=said)
    else:
        jobs = planned(paths or [], told, deciding(ctx, told) if isolated else None)[1]
        inputs = [os.path.join(job.options.prefix or "", job.name) for job in jobs]
        written = outputs.parse(formats or [], output, inputs, OF_A_CHANGE)
        difference = comparing.since(base, jobs, max_growth=max_growth)

    def render(name: str, out: TextIO) -> None:
        if name == "json":
            json_report.write(difference, out)
        elif name == "markdown":
            diff_markdown.write(difference, out)
        else:
            diff_text.write(difference, Page(out))

    outputs.write(render, written, sys.stdout)
    raise typer.Exit(comparing.exit_code(difference))
