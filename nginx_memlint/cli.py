"""The command ``memlint``: arguments in, report out, exit status. No logic."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from nginx_memlint import __version__
from nginx_memlint.cache import user_cache
from nginx_memlint.check import check_context
from nginx_memlint.config.source import MAX_FILE_BYTES
from nginx_memlint.exit_codes import MEANINGS, Exit, FailOn, exit_code
from nginx_memlint.late import Commands, Late
from nginx_memlint.live import SLACK, TOLERANCE
from nginx_memlint.memory.targets import (
    Target,
    TargetFileError,
    UnknownTargetError,
    find_target,
    load_target,
    target_names,
)
from nginx_memlint.parallel import check_all
from nginx_memlint.report import json as json_report
from nginx_memlint.report import text as text_report
from nginx_memlint.report.screen import screen
from nginx_memlint.result import Report
from nginx_memlint.sizes import human, parse_size
from nginx_memlint.tls.families import LUA

if TYPE_CHECKING:
    import typer
    from rich.console import Console

    from nginx_memlint import cli_options as options
    from nginx_memlint.live.calibrate import Report as CalibrationReport
else:
    # start-up is what a hook pays: what only some calls need is imported when they do, and
    # nothing outside of functions and their annotations may touch these
    typer = Late("typer")
    options = Late("nginx_memlint.cli_options")

_EXIT_HELP = "Exit status: " + "; ".join(f"{code} {text}" for code, text in MEANINGS.items()) + "."

NO_WRAP = 1_000_000
"""Columns of what is no terminal: a path is never broken."""

app: typer.Typer = Commands(  # type: ignore[assignment]  # it stands for one
    name="memlint",
    help="Tells what an nginx or OpenResty configuration will cost in memory "
    "when it is started or reloaded.",
    epilog=_EXIT_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _console() -> Console:
    """Standard output; names from a configuration are never taken for markup.

    Only a terminal has a width: what goes to a file or a pipe keeps a line a line.
    """
    from rich.console import Console  # noqa: PLC0415

    width = None if sys.stdout.isatty() else NO_WRAP
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


def _target(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        find_target(name)
    except UnknownTargetError:
        from difflib import get_close_matches  # noqa: PLC0415

        close = get_close_matches(name, target_names(), 1, 0.4)
        hint = f'; did you mean "{close[0]}"?' if close else ""
        raise typer.BadParameter(
            f'"{name}" is not known{hint} (memlint targets lists all)'
        ) from None
    return name


def _target_file(path: str | None, name: str | None) -> Target | str | None:
    """The target that --target-file or --target names."""
    if path is None:
        return name
    if name is not None:
        raise typer.BadParameter("is used instead of --target", param_hint="--target-file")
    try:
        return load_target(path)
    except TargetFileError as error:
        raise typer.BadParameter(str(error), param_hint="--target-file") from None
    except OSError as error:
        raise typer.BadParameter(
            f"cannot read {path}: {error.strerror}", param_hint="--target-file"
        ) from None


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
    target_file: options.TargetFile = None,
    nginx_version: options.Version = None,
    lua_version: options.Version = None,
    stream_lua_version: options.Version = None,
    njs_version: options.Version = None,
    openssl_version: options.Version = None,
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
    jobs: Annotated[
        int,
        typer.Option("-j", "--jobs", min=0, help="Processes for several CONF; 0: one a core."),
    ] = 1,
    no_cache: Annotated[
        bool,
        typer.Option("--no-cache", help="Neither use results of earlier runs nor keep this one."),
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option(help="The least severity that makes the exit status 1.")
    ] = FailOn.ERROR,
) -> None:
    """Count TLS contexts and CA loads, estimate memory, warn before deploy."""
    blocks = _context(context)
    mapped = _path_map(path_map or [])
    server = _target_file(target_file, target)
    if sysroot is not None and not os.path.isdir(sysroot):
        raise typer.BadParameter(f'"{sysroot}" is not a directory', param_hint="--sysroot")
    if not paths:
        if prefix is None:
            raise typer.BadParameter("name a configuration", param_hint="CONF")
        paths = ["conf/nginx.conf"]
    data = _standard_input() if "-" in paths else None
    configs = check_all(
        paths,
        jobs or os.cpu_count() or 1,
        data=data,
        target=server,
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
        cache=None if no_cache else user_cache(),
    )
    _WRITERS[output_format](Report(configs=configs), screen(sys.stdout))
    sys.exit(exit_code(configs, fail_on))


@contextmanager
def _live() -> Iterator[None]:
    """Run something on the real nginx: what keeps it from running is a line and status 2."""
    from nginx_memlint.live.errors import Interrupted, LiveError  # noqa: PLC0415
    from nginx_memlint.live.process import interruptible  # noqa: PLC0415

    try:
        with interruptible():
            yield
    except LiveError as error:
        print(f"memlint: {error}", file=sys.stderr)
        raise typer.Exit(Exit.USAGE) from None
    except Interrupted as interrupt:
        print("memlint: interrupted; nginx was stopped, temporary files removed", file=sys.stderr)
        raise typer.Exit(128 + interrupt.number) from None


@contextmanager
def _progress() -> Iterator[CalibrationReport]:
    """A progress bar on standard error, if that is a terminal."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True, markup=False)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("nginx", total=None)

        def report(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield report


@app.command(
    name="calibrate",
    epilog="Exit status: 0 measured; 2 wrong usage, or nginx cannot be measured here; "
    "130 interrupted.",
)
def calibrate_command(
    nginx: options.Nginx = None,
    load_module: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH", help="A module to load, e.g. ngx_http_lua_module.so. Repeatable."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="The target file.",
            show_default="standard output",
        ),
    ] = None,
    quick: Annotated[
        bool,
        typer.Option("--quick", help=f"Measure less, in about 20 s: {options.QUICK_ACCURACY[9:]}."),
    ] = False,
) -> None:
    """Measure what the nginx installed here costs; takes about 2 minutes.

    It runs nginx on made-up configurations in a temporary directory, on unix sockets, as any
    user; your own nginx and its files are left alone. The file it writes is for memlint check
    --target-file, here or elsewhere.
    """
    from rich.console import Console  # noqa: PLC0415

    from nginx_memlint.live import text as live_text  # noqa: PLC0415
    from nginx_memlint.live.calibrate import calibrate  # noqa: PLC0415

    with _live():
        if output is not None:
            _writable(output)
        with _progress() as report:
            found = calibrate(
                nginx, load_modules=tuple(load_module or ()), quick=quick, report=report
            )
        if output is None:
            print(found.toml(), end="")
        else:
            with open(output, "w", encoding="utf-8") as file:
                file.write(found.toml())
        live_text.calibration(found, Console(stderr=True, highlight=False, markup=False))


def _writable(path: str) -> None:
    """Complain before the work is done, not after it."""
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else directory, os.W_OK):
        raise typer.BadParameter(f"cannot write {path}", param_hint="--output")


@app.command(
    name="verify",
    epilog="Exit status: 0 they agree; 1 they do not; 2 wrong usage, or too little memory; 3 the "
    "configuration could not be read in full, or nginx rejects it; 130 interrupted.",
)
def verify_command(
    path: Annotated[
        str, typer.Argument(metavar="CONF", help="nginx.conf, or a directory that holds it.")
    ],
    nginx: options.Nginx = None,
    target: Annotated[
        str | None,
        typer.Option(
            callback=_target,
            metavar="NAME",
            help="The server to estimate for.",
            show_default="the nginx here",
        ),
    ] = None,
    target_file: options.TargetFile = None,
    nginx_version: options.Version = None,
    lua_version: options.Version = None,
    stream_lua_version: options.Version = None,
    njs_version: options.Version = None,
    openssl_version: options.Version = None,
    unit_cost: Annotated[
        int | None,
        typer.Option(parser=_size, metavar="SIZE", help="Memory of one CA load, e.g. 1MiB."),
    ] = None,
    prefix: Annotated[
        str | None, typer.Option("-p", "--prefix", metavar="DIR", help="As nginx -p.")
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=10.0,
            help=f"Part by which memory may differ; less than {human(SLACK)} never counts.",
        ),
    ] = TOLERANCE,
    force: Annotated[
        bool, typer.Option("--force", help="Run nginx -t even if memory is short.")
    ] = False,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
) -> None:
    """Run nginx -t on a configuration and compare its memory with the estimate.

    It takes all the memory and time of a start. Like any nginx -t it opens what the configuration
    names: as root it may create log files and the pid file. What each worker adds, and reloads,
    are not part of it.
    """
    from nginx_memlint.live import text as live_text  # noqa: PLC0415
    from nginx_memlint.live.verify import verify  # noqa: PLC0415

    server = _target_file(target_file, target)
    versions = {
        "nginx": nginx_version,
        "lua": lua_version,
        "stream_lua": stream_lua_version,
        "njs": njs_version,
        "openssl": openssl_version,
    }

    def announce(memory: int, cpu: float, available: int) -> None:
        print(
            f"memlint: nginx -t will take about {human(memory)} of memory and {cpu:.1f} s of CPU; "
            f"{human(available)} is available",
            file=sys.stderr,
        )

    with _live():
        found = verify(
            path,
            nginx=nginx,
            target=server,
            versions=versions,
            unit_cost=unit_cost,
            prefix=prefix,
            tolerance=tolerance,
            force=force,
            announce=announce,
        )
    if output_format is Format.JSON:
        print(json_report.dumps(found))
    else:
        live_text.verification(found, _console())
    if found.agrees is None:
        raise typer.Exit(Exit.INCOMPLETE)
    raise typer.Exit(Exit.OK if found.agrees else Exit.FINDINGS)


@app.command()
def targets() -> None:
    """List the named servers: versions, and whether Lua's contexts are per block or shared."""
    from rich.table import Table  # noqa: PLC0415

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
            sharing = "shared" if LUA.shared(target) else "per block"
        table.add_row(name, *shown, sharing)
    _console().print(table)


@app.command()
def schema() -> None:
    """Print the JSON Schema of --format json."""
    import json  # noqa: PLC0415

    print(json.dumps(json_report.schema(), indent=2))


_PLAIN = {
    "--target": ("target", _target),
    "--format": ("output_format", Format),
    "--fail-on": ("fail_on", FailOn),
    "--prefix": ("prefix", str),
    "--sysroot": ("sysroot", str),
    "--context": ("context", str),
    "--jobs": ("jobs", int),
}
"""Options of check that are understood without Typer: parameter, conversion."""


def plain_call(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The parameters of an ordinary ``memlint check``, which is spared the import of Typer.

    None if it is anything else, or wrong.
    """
    if not arguments or arguments[0] != "check":
        return None
    paths: list[str] = []
    call: dict[str, Any] = {"paths": paths}
    rest = iter(arguments[1:])
    for argument in rest:
        if not argument.startswith("-"):
            paths.append(argument)
            continue
        if argument == "--no-cache":
            call["no_cache"] = True
            continue
        name, mark, value = argument.partition("=")
        parameter, convert = _PLAIN.get(name, ("", str))
        if not parameter or parameter in call:
            return None
        try:
            call[parameter] = convert(value if mark else next(rest))  # type: ignore[operator]
        except (StopIteration, ValueError):
            return None
        except Exception as error:
            if isinstance(error, typer.BadParameter):
                return None
            raise
    return call if paths else None


def run() -> None:
    """Run the command that the arguments name; ends with SystemExit."""
    call = plain_call(sys.argv[1:])
    if call is not None:
        try:
            check_command(**call)
        except Exception as error:
            if not isinstance(error, typer.BadParameter):
                raise
    app()


def main() -> NoReturn:
    """Run the command; the exit status is one of exit_codes.Exit."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    gc.disable()  # there is next to no garbage, and the process ends soon
    try:
        run()
    except SystemExit as end:
        _leave(end)
    except BrokenPipeError:
        # the reader has gone: not an error of ours, and nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.OK)
    except Exception as error:  # the last resort: a line, not a traceback
        print(f"memlint: internal error: {type(error).__name__}: {error}", file=sys.stderr)
        print("Please report it, with the configuration if you can.", file=sys.stderr)
        sys.exit(Exit.INTERNAL)
    sys.exit(Exit.OK)


def _leave(end: SystemExit) -> NoReturn:
    """End the process without taking apart what it has read, which may take long."""
    sys.stdout.flush()
    sys.stderr.flush()
    code = end.code
    if isinstance(code, int | None):
        os._exit(code or 0)
    raise end
