"""Options that several commands share; imported when Typer is."""

from __future__ import annotations

from typing import Annotated

import typer

from nginx_memlint.live.calibrate import QUICK_ACCURACY
from nginx_memlint.memory.targets import parse_version

__all__ = ["QUICK_ACCURACY", "Nginx", "TargetFile", "Version"]


def _version_number(text: str | None) -> str | None:
    if text is not None:
        try:
            parse_version(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return text


TargetFile = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="The server it is for, as measured there by memlint calibrate."
    ),
]
Version = Annotated[
    str | None,
    typer.Option(
        callback=_version_number,
        metavar="VERSION",
        show_default=False,
        help="Instead of the target's.",
    ),
]
Nginx = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The nginx binary.", show_default="the first found here"),
]
