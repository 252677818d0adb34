"""``memlint facts``."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import NginxOption
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.running import live
from nginx_memlint.cli.writing import check_writable, write
from nginx_memlint.errors import MemlintError
from nginx_memlint.live.facts import gather, summary, with_costs
from nginx_memlint.printable import printable
from nginx_memlint.settings.files import FACTS
from nginx_memlint.targets.target_file import read_table, text_of

app = command_app()


@app.command(
    epilog="Exit status: 0 written; 2 wrong usage, or there is no nginx here; 3 the configuration "
    "could not be read; 130 interrupted.",
)
def facts(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="CONF",
            help="The nginx.conf whose certificates are looked at.",
            show_default="that of the nginx here",
        ),
    ] = None,
    nginx: NginxOption = None,
    output: Annotated[
        str,
        typer.Option("-o", "--output", metavar="FILE", help="The target file; - prints it."),
    ] = FACTS,
) -> None:
    """Write down what no configuration tells of the server here, for its repository.

    That is the versions of nginx and its modules, libc, allocator, processors, the limit over
    nginx, and of each file of certificates how many it holds, how large they are, and its hash: no
    content, and nothing of a key but its size. Put the file beside nginx.conf: memlint check, diff
    and the hook take it from there, on every machine alike. Costs that memlint calibrate has
    measured stay in it.
    """
    is_file = output != "-"
    if is_file:
        check_writable(output)
    with live():
        gathered = gather(path, nginx)
    row, notes = gathered.row, gathered.notes
    if is_file:
        with suppress(MemlintError):
            row, is_kept = with_costs(row, read_table(output))
            if not is_kept:
                notes.append("what was measured of another nginx is gone: run memlint calibrate")
    text = text_of(
        row, ["Written by memlint facts, for memlint check of this configuration", *notes]
    )
    if is_file:
        write(output, text)
        tell(f"{printable(output)} written: {summary(row)}", *notes)
    else:
        print(text, end="")
        tell(*notes)
