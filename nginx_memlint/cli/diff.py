"""``memlint diff``."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    given,
    read_size,
    takes,
)
from nginx_memlint.cli.running import planned, standard_input, with_server
from nginx_memlint.diff import compare as comparing
from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import Bearing
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import Page
from nginx_memlint.report.views import diff_markdown, diff_text
from nginx_memlint.settings import asked, everywhere

app = command_app()


class DiffFormat(StrEnum):
    """Output formats of a comparison."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command(
    epilog="Exit status: 0 growth within --max-growth, or none given; 1 more than that, or "
    "memory or counts that have grown and are over a budget; 2 wrong "
    "usage or settings; 3 a configuration could not be read or parsed in full; "
    "4 an internal error.",
)
@takes(Bearing.FIGURES, Bearing.RELOADS, Bearing.COUNTS, only=("max_memory", "max_start_memory"))
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
    output_format: Annotated[
        DiffFormat,
        typer.Option("--format", help="Output format; markdown is a pull request's comment."),
    ] = DiffFormat.TEXT,
    **_: object,
) -> None:
    """Show what a change costs, by phase, cause, server and file.

    All options hold for both sides. Settings files are used with --base.
    """
    told = given(ctx)
    if base is None and told.config is not None:
        raise MemlintError("is for --base", "--config")
    if base is None:
        options = asked(everywhere(with_server(told.flags), isolated=True))
        paths = [*(paths or []), *(path for path in told.dumps if path not in (paths or []))]
        if "-" in paths:
            options = replace(options, data=standard_input(trusted=options.trusted))
        said = {path: flag.value for path, flag in told.dumps.items()}
        difference = comparing.compared(paths, options, max_growth=max_growth, dumps=said)
    else:
        jobs = planned(paths or [], told)[1]
        difference = comparing.since(base, jobs, max_growth=max_growth)
    if output_format is DiffFormat.JSON:
        print(json_report.dumps(difference))
    elif output_format is DiffFormat.MARKDOWN:
        diff_markdown.write(difference, sys.stdout)
    else:
        diff_text.write(difference, Page(sys.stdout))
    raise typer.Exit(comparing.exit_code(difference))
