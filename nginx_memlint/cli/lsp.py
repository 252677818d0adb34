"""``memlint lsp``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from nginx_memlint.cli.app import command_app
from nginx_memlint.cli.options import PathsArgument, given, takes
from nginx_memlint.cli.running import with_server
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.options.record import Bearing

app = command_app()


@app.command(epilog="Exit status: 0; 1 the editor has gone; 2 wrong usage, or pygls is missing.")
@takes(*Bearing)
def lsp(
    ctx: typer.Context,
    paths: PathsArgument = None,
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Talk on the standard streams, as always.")
    ] = True,
    **_: object,
) -> None:
    """Show costs in an editor: a language server."""
    if find_spec("pygls") is None:
        raise MemlintError("the language server needs pygls: in a clone, pip install '.[lsp]'")
    from nginx_memlint.editor.server import serve  # noqa: PLC0415  pygls may be missing
    from nginx_memlint.editor.session import Asked  # noqa: PLC0415

    told = given(ctx)
    asked = Asked(
        paths or [*told.dumps], with_server(told.flags), told.dumps, told.config, told.no_config
    )
    raise typer.Exit(Exit.OK if serve(asked) else Exit.FINDINGS)
