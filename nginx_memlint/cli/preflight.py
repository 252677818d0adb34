"""``memlint preflight``."""

from __future__ import annotations

import os
import signal
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from nginx_memlint.cli.app import CommandInGroups, command_app
from nginx_memlint.cli.oom import stand_again
from nginx_memlint.cli.options import given, output_option, takes
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.running import until_interrupted, with_server
from nginx_memlint.cli.writing import write
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.programs import find_program
from nginx_memlint.live.preflight.verdict import Fit, Preflight
from nginx_memlint.live.preflight.verdict import preflight as ask
from nginx_memlint.options import kinds
from nginx_memlint.printable import printable
from nginx_memlint.report.formats import json as json_report
from nginx_memlint.report.screen import Page
from nginx_memlint.report.views import openmetrics
from nginx_memlint.report.views import preflight as text
from nginx_memlint.settings import asked, everywhere

app = command_app()

_COMMAND = "command"


class PreflightFormat(StrEnum):
    """Output formats of this command."""

    TEXT = "text"
    JSON = "json"
    OPENMETRICS = "openmetrics"


class _WithCommand(CommandInGroups):
    """A command line whose words after ``--`` are another command, with flags of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  click's
        if "--" in args:
            at = args.index("--")
            args, ctx.meta[_COMMAND] = args[:at], args[at + 1 :]
        return super().parse_args(ctx, args)


def _duration(text: str) -> float:
    try:
        return float(kinds.DURATION.read(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command(
    cls=_WithCommand,
    epilog="Exit status: 0 it fits, or that of COMMAND; 1 it does not, or may not; 2 wrong usage; "
    "3 it could not be told; 130 interrupted.",
)
@takes(only=("target", "target_file", "set", "unit_cost", "lua_heap", "workers", "prefix"))
def preflight(
    ctx: typer.Context,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="[CONF] [-- COMMAND...]",
            help="The nginx.conf that a reload would read; a command to be run if it fits.",
            show_default="that of the nginx that runs",
        ),
    ] = None,
    pid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The pid file, or the number, of nginx's master.",
            show_default="the nginx that runs here",
        ),
    ] = None,
    wait: Annotated[
        float | None,
        typer.Option(
            metavar="TIME",
            parser=_duration,
            help="Wait so long, e.g. 60s, for old workers to end, if a reload does not fit before.",
        ),
    ] = None,
    output_format: Annotated[
        PreflightFormat, typer.Option("--format", help="Output format.")
    ] = PreflightFormat.TEXT,
    output: Annotated[str | None, output_option("Write to FILE, in one step.")] = None,
    **_: object,
) -> None:
    """Tell whether a reload of the nginx that runs here would fit into memory, now.

    It reads the memory of nginx's processes, what the control groups around them and the machine
    have left, and the configuration that a reload would read. It changes nothing, and reloads
    nothing: a COMMAND does, which is run if the reload fits. Run it as root or as nginx's user.
    """
    command: list[str] | None = ctx.meta.get(_COMMAND)
    program = None if command is None else _program(command)
    options = asked(everywhere(with_server(given(ctx).flags), isolated=True))

    def waiting(old: int) -> None:
        if sys.stderr.isatty():
            tell(f"waiting for old workers: {old}")

    with until_interrupted("nothing was changed"):
        result = ask(path, options, pid=pid, wait=wait or 0.0, waiting=waiting)
    _write(result, output_format, output)
    if result.verdict is not Fit.FITS:
        if command:
            tell(f"not run: {printable(' '.join(command))}")
        raise typer.Exit(Exit.FINDINGS)
    if command and program:
        _become(program, command)


def _program(command: list[str]) -> str:
    """The path of a command's program. Raises MemlintError."""
    if not command:
        raise MemlintError("name the command to run", "--")
    program = command[0] if "/" in command[0] else find_program(command[0], os.defpath.split(":"))
    if program is None or not os.access(program, os.X_OK):
        raise MemlintError(f'"{command[0]}" is not a program', "--")
    return program


def _write(result: Preflight, output_format: PreflightFormat, path: str | None) -> None:
    if output_format is PreflightFormat.TEXT and path is None:
        text.write(result, Page(sys.stdout))
        return
    made = _made(result, output_format)
    if path is None:
        print(made, end="")
    else:
        write(path, made)


def _made(result: Preflight, output_format: PreflightFormat) -> str:
    if output_format is PreflightFormat.OPENMETRICS:
        return openmetrics.text(result)
    if output_format is PreflightFormat.JSON:
        return json_report.dumps(result) + "\n"
    return text.plain(result)


def _become(program: str, command: list[str]) -> None:
    """Run a command in the place of this process, whose memory is free then."""
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    stand_again()
    try:
        os.execv(program, command)
    except OSError as error:
        raise MemlintError(f"cannot run {program}: {error.strerror}", "--") from None
