"""``memlint targets``."""

from __future__ import annotations

import sys

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import takes
from nginx_memlint.report import documentation
from nginx_memlint.report.screen import console_for

app = command_app()


@app.command()
@takes()
def targets(**_: object) -> None:
    """List the named servers and their versions."""
    documentation.targets(console_for(sys.stdout))
