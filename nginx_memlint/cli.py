"""The command ``memlint``: arguments in, report out, exit status. No logic."""

from __future__ import annotations

import io
import json
import os
import sys
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from nginx_memlint import __version__
from nginx_memlint.check import check, check_context
from nginx_memlint.config.source import MAX_FILE_BYTES
from nginx_memlint.exit_codes import MEANINGS, Exit, FailOn, exit_code
from nginx_memlint.memory.targets import (
    UnknownTargetError,
    find_target,
    parse_version,
    target_names,
)
from nginx_memlint.report import json as json_report
from nginx_memlint.report import text as text_report
from nginx_memlint.result import Report
from nginx_memlint.sizes import parse_size

_EXIT_HELP = "Exit status: " + "; ".join(f"{code} {text}" for code, text in MEANINGS.items()) + "."

app = typer.Typer(
    name="memlint",
    help="Tells what an nginx or OpenResty configuration will cost in memory "
    "when it is started or reloaded.",
    epilog=_EXIT_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _console() -> Console:
    """Standard output; names from a configuration are never taken for markup."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else 100
    return Console(highlight=False, emoji=False, markup=False, width=width)


class Format(StrEnum):
    """Output formats."""

    TEXT = "text"
    JSON = "json"


_WRITERS = {Format.TEXT: text_report.write, Format.JSON: json_report.write}


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


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _version_number(text: str | None) -> str | None:
    if text is not None:
        try:
            parse_version(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return text


def _target(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        find_target(name)
    except UnknownTargetError:
        close = get_close_matches(name, target_names(), 1, 0.4)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        raise typer.BadParameter(
            f'"{name}" is not known{hint} (memlint targets lists all)'
        ) from None
    return name


def _context(text: str | None) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    try:
        check_context(names)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--context") from None
    return names


def _path_map(texts: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        inside, mark, outside = text.partition("=")
        if not mark or not inside.startswith("/") or not outside:
            raise typer.BadParameter(
                f'"{text}" is not FROM=TO with an absolute FROM', param_hint="--path-map"
            )
        if not os.path.exists(outside):
            raise typer.BadParameter(f'there is no "{outside}"', param_hint="--path-map")
        pairs.append((inside, outside))
    return pairs


def _standard_input() -> bytes:
    try:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1) if sys.stdin else b""
    except OSError as error:
        raise typer.BadParameter(f"standard input: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise typer.BadParameter(f"standard input is larger than {MAX_FILE_BYTES >> 20} MiB")
    return data


_VersionOption = Annotated[
    str | None,
    typer.Option(
        callback=_version_number,
        metavar="VERSION",
        show_default=False,
        help="Instead of the target's.",
    ),
]


@app.command(name="check", epilog=_EXIT_HELP)
def check_command(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONF...",
            help="nginx.conf, a directory that holds it, an nginx -T dump, or - for standard "
            "input. Several are several configurations.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(
            callback=_target, metavar="NAME", help="The server it is for: see memlint targets."
        ),
    ] = None,
    nginx_version: _VersionOption = None,
    lua_version: _VersionOption = None,
    stream_lua_version: _VersionOption = None,
    njs_version: _VersionOption = None,
    openssl_version: _VersionOption = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=4096, help="Worker processes, where the configuration says auto."),
    ] = None,
    max_memory: Annotated[
        int | None,
        typer.Option(
            parser=_size,
            metavar="SIZE",
            help="The budget, e.g. 4GiB: a worst reload peak above it is an error. "
            "Without it, 4 GiB is.",
        ),
    ] = None,
    unit_cost: Annotated[
        int | None,
        typer.Option(
            parser=_size,
            metavar="SIZE",
            help="Memory of one CA load, e.g. 1MiB, instead of what the bundle weighs.",
        ),
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option(
            "-p", "--prefix", metavar="DIR", help="As nginx -p: a relative CONF is taken from it."
        ),
    ] = None,
    sysroot: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="Look absolute paths up below DIR; read nothing outside it."
        ),
    ] = None,
    path_map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FROM=TO", help="Look paths below FROM up below TO. Repeatable; longest wins."
        ),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="BLOCKS",
            help="CONF is a fragment that belongs inside these blocks, e.g. http,server.",
        ),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option(help="The least severity that makes the exit status 1.")
    ] = FailOn.ERROR,
) -> None:
    """Count TLS contexts and CA loads, estimate memory, warn before deploy."""
    blocks = _context(context)
    mapped = _path_map(path_map or [])
    if sysroot is not None and not os.path.isdir(sysroot):
        raise typer.BadParameter(f'"{sysroot}" is not a directory', param_hint="--sysroot")
    if not paths:
        if prefix is None:
            raise typer.BadParameter("name a configuration", param_hint="CONF")
        paths = ["conf/nginx.conf"]
    data = _standard_input() if "-" in paths else None
    configs = [
        check(
            path,
            data=data,
            target=target,
            nginx_version=nginx_version,
            lua_version=lua_version,
            stream_lua_version=stream_lua_version,
            njs_version=njs_version,
            openssl_version=openssl_version,
            workers=workers,
            unit_cost=unit_cost,
            max_memory=max_memory,
            prefix=prefix,
            sysroot=sysroot,
            path_map=mapped,
            context=blocks,
        )
        for path in paths
    ]
    _WRITERS[output_format](Report(configs=configs), _console())
    raise typer.Exit(exit_code(configs, fail_on))


@app.command()
def targets() -> None:
    """List the named servers: versions, and whether Lua's contexts are per block or shared."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "nginx", "lua", "stream-lua", "njs", "OpenSSL", "Lua contexts"):
        table.add_column(heading, no_wrap=True)
    for name in target_names():
        target = find_target(name)
        shown = [
            target.texts[key] if key in target.ships else "–"
            for key in ("nginx", "lua", "stream_lua", "njs", "openssl")
        ]
        sharing = "–"
        if "lua" in target.ships:
            sharing = "shared" if target.lua >= (0, 10, 26) else "per block"
        table.add_row(name, *shown, sharing)
    _console().print(table)


@app.command()
def schema() -> None:
    """Print the JSON Schema of --format json."""
    print(json.dumps(Report.model_json_schema(by_alias=True, mode="serialization"), indent=2))


def main() -> NoReturn:
    """Run the command; the exit status is one of exit_codes.Exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        app()
    except BrokenPipeError:
        # the reader has gone: not an error of ours, and nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:  # the last resort: a line, not a traceback
        print(f"memlint: internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print("Please report it, with the configuration if you can.", file=sys.stderr)
        sys.exit(Exit.INTERNAL)
    sys.exit(Exit.OK)
