"""``memlint explain``."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import takes
from nginx_memlint.report import documentation
from nginx_memlint.report.screen import Page
from nginx_memlint.rules import find_rule

app = command_app()


@app.command(epilog="Exit status: 0; 2 there is no such rule.")
@takes()
def explain(
    code: Annotated[str, Argument(metavar="CODE", help="A rule's code or name: ML101.")],
    **_: object,
) -> None:
    """Print what a rule is about: why, cost, fix, examples."""
    documentation.explain(find_rule(code), Page(sys.stdout))
