"""The commands, each imported when it is called, and the errors that all of them share."""

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from nginx_memlint import __version__, removed
from nginx_memlint.cli.process import tell
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import MEANINGS
from nginx_memlint.files.paths import encode
from nginx_memlint.options.record import OptionGroup
from nginx_memlint.printable import printable
from nginx_memlint.sources.main_file import MAIN_FILE
from nginx_memlint.suggest import did_you_mean

COMMANDS = (
    "check",
    "init",
    "config",
    "tree",
    "diff",
    "facts",
    "calibrate",
    "verify",
    "preflight",
    "lsp",
    "targets",
    "rules",
    "explain",
)
"""The commands: each is the ``app`` of the module of its name beside this one."""

OBVIOUS = (MAIN_FILE, "memlint.toml")
"""Files of which ``memlint`` alone checks one, beside it."""

EXIT_HELP = "Exit status: " + "; ".join(f"{code} {text}" for code, text in MEANINGS.items()) + "."


class _Commands(TyperGroup):
    """The commands by name; any mistake in arguments, wherever it is found, ends with status 2."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        # alone, it does what is obvious where there is something to check
        alone = ["check"] if any(map(os.path.exists, OBVIOUS)) else ["--help"]
        return super().parse_args(ctx, args or alone)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  click's, by version
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        if cmd_name not in COMMANDS:
            return None
        command = get_command(import_module(f"nginx_memlint.cli.{cmd_name}").app)
        command.name = cmd_name
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        name = args[0] if args else ""
        if name in removed.COMMANDS:
            raise MemlintError(removed.COMMANDS[name], name)
        if name not in COMMANDS and not name.startswith("-"):
            hint = _instead(name) or did_you_mean(name, COMMANDS)
            raise MemlintError(f'there is no command "{name}"{hint}', "COMMAND")
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        try:
            return super().make_context(*args, **options)
        except Exception as error:
            _defuse(error)
            raise

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        try:
            return super().invoke(ctx)
        except MemlintError as error:
            if error.option is not None:
                raise typer.BadParameter(printable(str(error)), param_hint=error.option) from None
            tell(*str(error).splitlines())
            raise typer.Exit(error.status) from None
        except Exception as error:
            # click's NoSuchOption, whose class moves with Typer's versions
            option = getattr(error, "option_name", None)
            if option in removed.OPTIONS:
                raise typer.BadParameter(removed.OPTIONS[option], param_hint=option) from None
            _defuse(error)
            raise


def _instead(name: str) -> str:
    """The command that somebody meant who gave a configuration, or asked for help; or nothing."""
    if os.path.exists(encode(name)):
        import shlex  # noqa: PLC0415  a mistake that is seldom made

        return f": memlint check {shlex.quote(name)} tells what it costs"
    return {"help": ": memlint --help lists them", "version": ": it is memlint --version"}.get(
        name, ""
    )


def _defuse(error: Exception) -> None:
    """Make click's message safe to print: it repeats arguments, which may be file names."""
    # its classes move with Typer's versions
    if hasattr(error, "format_message") and isinstance(getattr(error, "message", None), str):
        error.message = printable(error.message)  # type: ignore[attr-defined]


app = typer.Typer(
    name="memlint",
    cls=_Commands,
    help="Tells what an nginx or OpenResty configuration will cost in memory "
    "when it is started or reloaded.",
    epilog=EXIT_HELP,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class CommandInGroups(TyperCommand):
    """A command whose help has its options in groups: those that ``rich_help_panel`` names."""

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  click's
        """Write the arguments, then the groups in their order, then all other options."""
        order = ("Arguments", *OptionGroup, "Options")
        groups: dict[str, list[tuple[str, str]]] = {name: [] for name in order}
        for parameter in self.get_params(ctx):
            if record := parameter.get_help_record(ctx):
                is_argument = parameter.param_type_name == "argument"
                named = getattr(parameter, "rich_help_panel", None) or "Options"
                groups["Arguments" if is_argument else named].append(record)
        for name, records in groups.items():
            if records:
                with formatter.section(name):
                    formatter.write_dl(records)


class _CommandApp(typer.Typer):
    def command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401  Typer's
        return super().command(*args, **{"cls": CommandInGroups, **options})


def command_app() -> typer.Typer:
    """An app for the one command of a module."""
    return _CommandApp(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _version(value: bool) -> None:
    if value:
        print(f"memlint {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    del version
