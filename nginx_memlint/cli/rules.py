"""``memlint rules``."""

from __future__ import annotations

import sys

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import FormatOption, TextOrJson, takes
from nginx_memlint.report import documentation
from nginx_memlint.report.screen import console_for

app = command_app()


@app.command()
@takes()
def rules(output_format: FormatOption = TextOrJson.TEXT, **_: object) -> None:
    """List the rules."""
    if output_format is TextOrJson.JSON:
        print(documentation.as_json())
    else:
        documentation.table(console_for(sys.stdout))
