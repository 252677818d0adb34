"""``memlint targets``."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import FormatOption, TextOrJson, takes
from nginx_memlint.report import documentation
from nginx_memlint.report.screen import console_for
from nginx_memlint.targets.names import product_of, releases
from nginx_memlint.targets.products_table import PRODUCTS
from nginx_memlint.targets.targets import target_names

app = command_app()


@app.command(epilog="Exit status: 0; 2 there is no such product or server.")
@takes()
def targets(
    name: Annotated[
        str | None,
        Argument(
            metavar="[NAME]",
            autocompletion=lambda: [*PRODUCTS, *target_names()],
            help="A product, or a server: kong, kong-3.4.",
        ),
    ] = None,
    output_format: FormatOption = TextOrJson.TEXT,
    **_: object,
) -> None:
    """List the products that are known, the versions of one, or what a server is."""
    console = console_for(sys.stdout)
    product = product_of(name) if name is not None else None
    if output_format is TextOrJson.JSON:
        one = [] if name is None else [name]
        names = releases(product) if product is not None else one or target_names()
        print(documentation.targets_as_json(names))
    elif product is not None:
        documentation.targets(console, product)
    elif name is not None:
        documentation.target(console, name)
    else:
        documentation.products(console)
