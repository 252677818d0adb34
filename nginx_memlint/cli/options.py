"""The parameters of commands: those of options.Options, made from its fields, and shared ones."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import typer

from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import OPTIONS, Bearing, Option, Place, options_in

Command = TypeVar("Command", bound=Callable[..., None])

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CONF",
        help="nginx.conf, a directory that holds it, or - for standard input, which may be the "
        "output of nginx -T. Several are several configurations.",
        show_default="the roots that memlint.toml lists",
    ),
]
ConfigOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The settings file.",
        show_default="memlint.toml or pyproject.toml, in the nearest directory above CONF",
    ),
]
NoConfigOption = Annotated[
    bool, typer.Option("--no-config", help="Use no settings file, as for what you do not trust.")
]
DumpOption = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="FILE is the output of nginx -T, to be checked. Repeatable."),
]
NoDumpOption = Annotated[
    list[str] | None,
    typer.Option(
        "--no-dump",
        metavar="FILE",
        help="FILE is an ordinary file, though it begins like the output of nginx -T. Repeatable.",
    ),
]
NginxOption = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The nginx binary.", show_default="the first found here"),
]


class Format(StrEnum):
    """Output formats of commands that print a table or JSON."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Output format.")]


def takes(*bearings: Bearing, only: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command the flags of all options that bear on something, or of a few.

    A command that has ``**_: object`` for them reads them with given().
    """

    def give(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [
            _parameter(option)
            for option in options_in(Place.FLAG)
            if option.name in only or option.bearing in bearings
        ]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *more]
        )
        return command

    return give


def _parameter(option: Option) -> inspect.Parameter:
    names = [option.short, option.flag] if option.short else [option.flag]
    kind = option.kind
    if kind.switch:
        annotation: Any = Annotated[bool, typer.Option(*names, help=option.help)]
        default: object = False
    else:
        shown = option.default if isinstance(option.default, str) else False
        annotation = Annotated[
            list[str] | None if kind.repeatable else str | None,
            typer.Option(*names, metavar=kind.metavar, help=option.help, show_default=shown),
        ]
        default = None
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def given(ctx: typer.Context) -> dict[str, Any]:
    """The values of options that stand on the command line, by name. Raises MemlintError."""
    found: dict[str, Any] = {}
    for name, value in ctx.params.items():
        source = ctx.get_parameter_source(name)
        is_flag = name in OPTIONS and Place.FLAG in OPTIONS[name].places
        if not is_flag or source is None or source.name.startswith("DEFAULT"):
            continue
        try:
            found[name] = OPTIONS[name].kind.read(value)
        except (TypeError, ValueError) as error:
            raise MemlintError(str(error), OPTIONS[name].flag) from None
    return found


def read_size(text: str) -> int:
    """A parser of Typer's for sizes."""
    try:
        return int(OPTIONS["unit_cost"].kind.read(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
