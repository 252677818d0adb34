"""``memlint calibrate``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import NginxOption, output_option
from nginx_memlint.cli.running import live
from nginx_memlint.cli.writing import check_writable, write
from nginx_memlint.errors import MemlintError
from nginx_memlint.live.calibrate import QUICK_ACCURACY, ReportProgress
from nginx_memlint.live.calibrate import calibrate as measure
from nginx_memlint.report.views import live as live_text
from nginx_memlint.targets.target_file import read_table

app = command_app()


@contextmanager
def _progress() -> Iterator[ReportProgress]:
    """A progress bar on standard error, if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True, markup=False)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("nginx", total=None)

        def report(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield report


@app.command(
    epilog="Exit status: 0 measured; 2 wrong usage, or nginx cannot be measured here; "
    "130 interrupted.",
)
def calibrate(
    nginx: NginxOption = None,
    load_module: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="A module to load, e.g. ngx_http_lua_module.so; its code runs with your rights. "
            "Repeatable.",
        ),
    ] = None,
    output: Annotated[str | None, output_option("The target file.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Measure less, in half a minute: {QUICK_ACCURACY[9:]}.")
    ] = False,
) -> None:
    """Measure what the nginx here costs, in about 2 minutes.

    It runs nginx on made-up configurations in a temporary directory, on unix sockets, as any
    user; your own nginx and its files are left alone. The file it writes is for memlint check
    --target-file, here or elsewhere; facts that memlint facts has written into it stay there.
    What is measured is this nginx with its allocator: LD_PRELOAD chooses another.
    """
    with live():
        if output is not None:
            check_writable(output)
        with _progress() as report:
            calibration = measure(
                nginx, load_modules=tuple(load_module or ()), quick=quick, report=report
            )
        if output is None:
            print(calibration.toml(), end="")
        else:
            kept: dict[str, Any] = {}
            with suppress(MemlintError):
                kept = read_table(output)
            write(output, calibration.toml(kept))
        live_text.calibration(calibration, Console(stderr=True, highlight=False, markup=False))
