"""``memlint explain``."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import takes
from nginx_memlint.report import documentation
from nginx_memlint.report.screen import Page
from nginx_memlint.report.words import BY_NAME
from nginx_memlint.rules import codes, find_rule

app = command_app()


@app.command(epilog="Exit status: 0; 2 there is no such rule or word.")
@takes()
def explain(
    names: Annotated[
        list[str] | None,
        Argument(
            metavar="CODE | WORD",
            autocompletion=lambda: [*codes(), *BY_NAME],
            help="A rule's code or name (ML101), or a word of reports: contexts.",
            show_default="all words",
        ),
    ] = None,
    **_: object,
) -> None:
    """Print what a rule is about, or what a word of reports means."""
    page, name = Page(sys.stdout), " ".join(names or ())
    if not name:
        documentation.words(page)
    elif word := BY_NAME.get(name.lower()):
        documentation.word(word, page)
    else:
        documentation.explain(find_rule(name, BY_NAME), page)
