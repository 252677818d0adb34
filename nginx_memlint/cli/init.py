"""``memlint init``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.waiting import waiting
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.writing import create
from nginx_memlint.printable import printable
from nginx_memlint.settings import proposed
from nginx_memlint.settings.survey import Survey, survey
from nginx_memlint.sizes import human, plural

app = command_app()


@app.command(epilog="Exit status: 0 proposed or written; 2 wrong usage, or no configuration.")
def init(
    directory: Annotated[
        str, typer.Argument(metavar="DIR", help="The top of the repository.")
    ] = ".",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
) -> None:
    """Look for configurations; propose settings, a hook and a pipeline.

    It asks before it writes a file, and never overwrites one.
    """
    if not os.path.isdir(directory):
        raise MemlintError(f'"{printable(directory)}" is not a directory', "DIR")
    with waiting("looking for configurations"):
        seen = survey(directory)
    for line in seen.left_out:
        tell(f"not looked at: {printable(line)}")
    if not seen.roots:
        raise MemlintError(_nothing(seen))
    for root in seen.roots:
        report = root.report
        servers = plural(report.blocks.server + report.blocks.stream_server, "server")
        worst = human(report.memory.total.reload_peak_worst_bytes)
        state = f"{servers}, {worst} while reloading" if report.complete else "not read in full"
        print(f"{printable(root.path)}: {state}")
    can_ask = sys.stdin.isatty() and sys.stdout.isatty()
    for name, text in proposed.files(directory, seen).items():
        path = name if directory == "." else os.path.join(directory, name)
        print(f"\n{printable(path)}:\n")
        print("".join(f"    {line}\n" if line else "\n" for line in text.splitlines()), end="")
        if os.path.lexists(path):
            tell(f"{printable(path)} is there already, and is not changed: add what is shown")
        elif proposed.names_nobody(text):
            tell(
                f"{printable(path)} not written: put the account that your copy of memlint is from "
                f"in the place of {proposed.UNSET}"
            )
        elif yes or (can_ask and typer.confirm(f"Write {printable(path)}?", default=True)):
            try:
                create(path, text.encode(), directory)
            except OSError as error:
                raise MemlintError(f"cannot write {printable(path)}: {error.strerror}") from None
            tell(f"{printable(path)} written")
        elif not can_ask:
            tell(f"{printable(path)} not written: --yes writes it")


def _nothing(seen: Survey) -> str:
    if seen.templates:
        first = printable(seen.templates[0])
        return f"there are templates alone, such as {first}: render them, then memlint check"
    return "there is no nginx configuration here: memlint check - reads what nginx -T prints"
