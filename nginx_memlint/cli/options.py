"""The parameters of commands: made from the fields of options.Options, and some shared ones."""

import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from nginx_memlint.errors import MemlintError
from nginx_memlint.options.record import (
    OPTIONS,
    Bearing,
    Option,
    OptionGroup,
    OptionPlace,
    options_in,
)
from nginx_memlint.report import DEFAULT, Format
from nginx_memlint.report.screen import Color, colored
from nginx_memlint.settings.in_force import Value, dumps_of
from nginx_memlint.sizes import WrittenBudget
from nginx_memlint.targets.names import HOST

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
NginxOption = Annotated[
    str | None,
    typer.Option(
        "--nginx-binary",
        metavar="PATH",
        help="The nginx binary.",
        show_default="the first found here",
    ),
]


def output_option(help: str, group: OptionGroup | None = None) -> Any:  # noqa: ANN401  Typer's
    """The option that names the file that a command writes."""
    return typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help=help,
        show_default="standard output",
        rich_help_panel=group,
    )


OutputOption = Annotated[
    str | None, output_option("Write to FILE, if there is one format.", OptionGroup.OUTPUT)
]
IsolatedOption = Annotated[
    bool,
    typer.Option(
        "--isolated",
        help="Let nothing in what is checked decide what is reported: no settings, no comment "
        "that accepts findings, no baseline from there.",
        rich_help_panel=OptionGroup.VERDICT,
    ),
]


def formats_option(choice: Mapping[str, Format]) -> Any:  # noqa: ANN401  Typer's
    """The option that names the output formats of a command, each with a file."""
    return typer.Option(
        "--format",
        metavar="NAME[:FILE]",
        autocompletion=lambda: list(choice),
        help=f"Output format: {', '.join(choice)}. Repeatable, each with a file.",
        show_default=DEFAULT,
        rich_help_panel=OptionGroup.OUTPUT,
    )


class TextOrJson(StrEnum):
    """Output formats of commands that print a table or JSON."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[
    TextOrJson,
    typer.Option("--format", help="Output format.", rich_help_panel=OptionGroup.OUTPUT),
]


def number_option(
    kind: type[int] | type[float],
    least: float,
    most: float,
    *names: str,
    **shown: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401  Typer's
    """An option whose value is a number in a range; what is none is told in our words."""
    what = "whole number" if kind is int else "number"

    def parsed(text: str) -> float:
        with suppress(ValueError, OverflowError):
            if least <= (value := kind(text)) <= most and str(text).isascii():
                return value
        raise typer.BadParameter(f'"{text}" is not a {what} from {least:,} to {most:,}')

    return typer.Option(*names, parser=parsed, **{"metavar": "N", **shown})


_SHARED: dict[str, tuple[Any, object]] = {
    "dump": (
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="FILE is the output of nginx -T, to be checked. Repeatable.",
            rich_help_panel=OptionGroup.FILES,
        ),
    ),
    "no_dump": (
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="FILE is an ordinary file, though it begins like the output of nginx -T. "
            "Repeatable.",
            rich_help_panel=OptionGroup.FILES,
        ),
    ),
    "config": (
        str | None,
        typer.Option(
            metavar="FILE",
            help="The settings file.",
            show_default="memlint.toml or pyproject.toml, in the nearest directory above CONF",
            rich_help_panel=OptionGroup.FILES,
        ),
    ),
    "no_config": (
        bool,
        typer.Option(
            "--no-config",
            help="Use no settings file, as for what you do not trust.",
            rich_help_panel=OptionGroup.FILES,
        ),
    ),
}
"""Options of all commands that read configurations: name → type and Typer's description."""


class Given(NamedTuple):
    """Options on the command line that several commands share.

    ``flags`` are values by option; ``dumps`` are as settings.in_force.dumps_of() makes them.
    """

    flags: dict[str, Any]
    dumps: dict[str, Value]
    config: str | None
    no_config: bool


def takes(*bearings: Bearing, only: Collection[str] = ()) -> Callable[[Command], Command]:
    """Give a command the flags of all options that bear on something, or of those in ``only``.

    With those that bear on something come the options for settings files and dumps, and with any
    ``--color``. A command that has ``**_: object`` for all of them reads them with given().
    """

    def give(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        shared = [_shared(name) for name in _SHARED] if bearings else []
        shared.append(_COLOR)
        more = [
            _parameter(option)
            for option in options_in(OptionPlace.FLAG)
            if option.name in only or option.bearing in bearings
        ]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*parameters, *shared, *more]
        )
        return command

    return give


def _shared(name: str) -> inspect.Parameter:
    kind, option = _SHARED[name]
    default = False if kind is bool else None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option]
    )


def _colored(ctx: typer.Context, value: Color) -> None:
    ctx.with_resource(colored(value))


_COLOR = inspect.Parameter(
    "color",
    inspect.Parameter.KEYWORD_ONLY,
    default=Color.AUTO,
    annotation=Annotated[
        Color,
        typer.Option(
            "--color",
            callback=_colored,
            help="Colours in text for people.",
            rich_help_panel=OptionGroup.OUTPUT,
        ),
    ],
)


def _parameter(option: Option) -> inspect.Parameter:
    names = [option.short, option.flag] if option.short else [option.flag]
    kind = option.kind
    if kind.switch:
        annotation: Any = Annotated[
            bool, typer.Option(*names, help=option.help, rich_help_panel=option.group)
        ]
        default: object = False
    else:
        choices = kind.choices
        shown = option.default if isinstance(option.default, str) else False
        annotation = Annotated[
            list[str] | None if kind.repeatable else str | None,
            typer.Option(
                *names,
                metavar=kind.metavar,
                autocompletion=(lambda: list(choices())) if choices is not None else None,
                help=option.help,
                show_default=shown,
                rich_help_panel=option.group,
            ),
        ]
        default = None
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def given(ctx: typer.Context) -> Given:
    """The shared options on the command line. Raises MemlintError."""
    told = ctx.params.get
    dumps = dumps_of(told("dump") or [], told("no_dump") or [])
    return Given(_flags(ctx), dumps, told("config"), bool(told("no_config")))


def deciding(ctx: typer.Context, told: Given) -> dict[str, str | None]:
    """The files that decide what is reported, by the option that names each."""
    return {
        "--config": told.config,
        "--target-file": told.flags.get("target_file"),
        "--nginx-v": told.flags.get("nginx_v"),
        "--max-memory": _file_of_budget(ctx.params["max_memory"]),
    }


def _file_of_budget(text: str | None) -> str | None:
    """The file that ``--max-memory`` takes a budget from, if any."""
    if text is None or ":" not in text:
        return None
    from nginx_memlint.live.budgets import file_of  # noqa: PLC0415  seldom asked for

    return file_of(text)


def _flags(ctx: typer.Context) -> dict[str, Any]:
    """The values of options that are given on the command line, by name. Raises MemlintError."""
    flags: dict[str, Any] = {}
    for name, value in ctx.params.items():
        source = ctx.get_parameter_source(name)
        is_flag = name in OPTIONS and OptionPlace.FLAG in OPTIONS[name].places
        if not is_flag or source is None or source.name.startswith("DEFAULT"):
            continue
        try:
            flags[name] = _sourced(name, value) or OPTIONS[name].kind.read(value)
        except (TypeError, ValueError) as error:
            raise MemlintError(str(error), OPTIONS[name].flag) from None
    return flags


def _sourced(name: str, value: object) -> WrittenBudget | int | None:
    """The value that a flag takes from this machine, if it does. Raises MemlintError."""
    if name not in _SOURCED or not isinstance(value, str) or value[:1].isdecimal():
        return None
    try:
        return _SOURCED[name](value)
    except MemlintError as error:
        raise MemlintError(str(error), OPTIONS[name].flag) from None


def _budget(text: str) -> WrittenBudget | None:
    from nginx_memlint.live.budgets import budget_from  # noqa: PLC0415  seldom asked for

    return budget_from(text)


def _workers(text: str) -> int | None:
    from nginx_memlint.live.host import processors  # noqa: PLC0415  seldom asked for

    return processors() if text == HOST else None


_SOURCED: dict[str, Callable[[str], WrittenBudget | int | None]] = {
    "max_memory": _budget,
    "workers": _workers,
}
"""Option whose flag names where on this machine its value is → what reads that."""


def read_size(text: str) -> int:
    """The bytes of a size, as a parser for Typer."""
    try:
        return int(OPTIONS["unit_cost"].kind.read(text))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
