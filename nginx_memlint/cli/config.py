"""``memlint config``."""

from __future__ import annotations

import sys

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    ConfigOption,
    DumpOption,
    Format,
    FormatOption,
    NoConfigOption,
    NoDumpOption,
    PathsArgument,
    given,
    takes,
)
from nginx_memlint.cli.running import tell_left_out, with_server
from nginx_memlint.options.record import Bearing
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import console_for
from nginx_memlint.report.views import settings as settings_report
from nginx_memlint.settings import all_asked, everywhere, plan
from nginx_memlint.settings.in_force import dumps_of

app = command_app()


@app.command(epilog="Exit status: 0; 2 wrong usage or settings.")
@takes(*Bearing)
def config(
    ctx: typer.Context,
    paths: PathsArgument = None,
    dump: DumpOption = None,
    no_dump: NoDumpOption = None,
    config: ConfigOption = None,
    no_config: NoConfigOption = False,
    output_format: FormatOption = Format.TEXT,
    **_: object,
) -> None:
    """Print the settings in force, and where each one is from."""
    flags = with_server(given(ctx))
    dumps = dumps_of(dump or [], no_dump or [])
    roots = plan(paths or [], flags, config=config, isolated=no_config, dumps=dumps)
    tell_left_out(roots)
    roots = roots or [everywhere(flags, config=config, isolated=no_config)]
    all_asked(roots)
    if output_format is Format.JSON:
        print(json_report.dumps(settings_report.in_force(roots)))
    else:
        settings_report.write(roots, console_for(sys.stdout))
