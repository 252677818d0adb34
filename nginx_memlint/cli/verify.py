"""``memlint verify``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import (
    FormatOption,
    NginxOption,
    TextOrJson,
    given,
    number_option,
    takes,
)
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.running import live, with_server
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live import SLACK, TOLERANCE
from nginx_memlint.live.consent import Foreign, described
from nginx_memlint.live.verify import verify as compare
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import console_for
from nginx_memlint.report.views import live as live_text
from nginx_memlint.settings import asked, everywhere
from nginx_memlint.sizes import human

app = command_app()


@app.command(
    epilog="Exit status: 0 they agree; 1 they do not; 2 wrong usage, or too little memory; 3 the "
    "configuration could not be read in full, or nginx rejects it; 130 interrupted.",
)
@takes(only=("target", "target_file", "set", "workers", "unit_cost", "lua_heap", "prefix"))
def verify(
    ctx: typer.Context,
    path: Annotated[
        str, typer.Argument(metavar="CONF", help="nginx.conf, or a directory that holds it.")
    ],
    nginx: NginxOption = None,
    tolerance: Annotated[
        float,
        number_option(
            float,
            0,
            10,
            metavar="PART",
            help=f"Part by which memory may differ; less than {human(SLACK)} never counts.",
        ),
    ] = TOLERANCE,
    force: Annotated[
        bool, typer.Option("--force", help="Run nginx -t even if memory is short.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Load modules, and run Perl and engines, that the configuration names and that "
            "are not the system's own.",
            show_default="asked on a terminal, refused elsewhere",
        ),
    ] = False,
    timeout: Annotated[
        float | None,
        number_option(
            float,
            1,
            86400,
            metavar="SECONDS",
            help="End what is run after so many seconds.",
            show_default="120 for each run of nginx, and 20 times the CPU that is predicted",
        ),
    ] = None,
    reloads: Annotated[
        int,
        number_option(
            int,
            0,
            1000,
            help="Also start nginx for real, in namespaces of its own, and reload it N times. "
            "Needs root.",
            show_default="0, nginx -t alone",
        ),
    ] = 0,
    output_format: FormatOption = TextOrJson.TEXT,
    **_: object,
) -> None:
    """Run nginx -t and compare its memory with the estimate.

    Without --target, the estimate is for the nginx here. It takes all the memory and time of a
    start. Like any nginx -t it trusts the configuration: it loads what load_module names, as the
    user who runs it, and opens what else is named. As root it may create log files, the pid file
    and directories, and give those to the user that the configuration names.

    What each worker adds, and reloads, are seen with --reloads: nginx is started as root starts it,
    in a network of its own that leads nowhere, and what it writes is gone afterwards.
    """
    options = asked(everywhere(with_server(given(ctx).flags), isolated=True))

    def announce(run: str, memory: int, cpu: float, available: int) -> None:
        tell(
            f"{run} will take about {human(memory)} of memory and {cpu:.1f} s of CPU; "
            f"{human(available)} is available"
        )

    def consent(foreign: list[Foreign]) -> bool:
        if yes:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        tell("nginx would run what is not the system's own:", *described(foreign))
        return typer.confirm("Do you trust this configuration?", err=True)

    with live():
        comparison = compare(
            path,
            options,
            nginx=nginx,
            tolerance=tolerance,
            force=force,
            timeout=timeout,
            reloads=reloads,
            consent=consent,
            announce=announce,
        )
    if output_format is TextOrJson.JSON:
        print(json_report.dumps(comparison))
    else:
        live_text.verification(comparison, console_for(sys.stdout))
    if comparison.agrees is None:
        raise typer.Exit(Exit.INCOMPLETE)
    raise typer.Exit(Exit.OK if comparison.agrees else Exit.FINDINGS)
