"""``memlint config``."""

from __future__ import annotations

import sys
from typing import Any

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    FormatOption,
    PathsArgument,
    TextOrJson,
    given,
    takes,
)
from nginx_memlint.cli.running import tell_left_out, with_server
from nginx_memlint.options.record import Bearing
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import console_for
from nginx_memlint.report.views import settings as settings_report
from nginx_memlint.settings import all_asked, everywhere, plan

app = command_app()


@app.command(epilog="Exit status: 0; 2 wrong usage or settings.")
@takes(*Bearing)
def config(
    ctx: typer.Context,
    paths: PathsArgument = None,
    output_format: FormatOption = TextOrJson.TEXT,
    **_: object,
) -> None:
    """Print the settings in force, and where each one is from."""
    told = given(ctx)
    flags = with_server(told.flags)
    where: dict[str, Any] = {"config": told.config, "isolated": told.no_config}
    roots = plan(paths or [], flags, dumps=told.dumps, **where)
    tell_left_out(roots)
    roots = roots or [everywhere(flags, **where)]
    all_asked(roots)
    if output_format is TextOrJson.JSON:
        print(json_report.dumps(settings_report.in_force(roots)))
    else:
        settings_report.write(roots, console_for(sys.stdout))
