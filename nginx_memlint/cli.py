"""The command ``memlint``: arguments in, report out, exit status. No logic."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from typer.core import TyperGroup

from nginx_memlint import __version__, run
from nginx_memlint.arguments import parse_workers
from nginx_memlint.config.entry import DumpOrFileError
from nginx_memlint.exit_codes import MEANINGS, Exit, FailOn, exit_code
from nginx_memlint.files.writing import destination, is_stream, write_atomically, write_stream
from nginx_memlint.live import SLACK, TOLERANCE
from nginx_memlint.live import text as live_text
from nginx_memlint.live.calibrate import QUICK_ACCURACY, calibrate
from nginx_memlint.live.calibrate import Report as CalibrationReport
from nginx_memlint.live.consent import Foreign, described
from nginx_memlint.live.errors import LiveError
from nginx_memlint.live.verify import verify
from nginx_memlint.memory.targets import (
    UnknownTargetError,
    find_target,
    parse_version,
    target_names,
)
from nginx_memlint.printable import printable
from nginx_memlint.report import DEFAULT, FORMATS, documentation, schemas
from nginx_memlint.report import json as json_report
from nginx_memlint.report.screen import console_for
from nginx_memlint.result import Report
from nginx_memlint.rules import engine, find_rule
from nginx_memlint.settings import SettingsError, all_arguments, everywhere, plan
from nginx_memlint.settings.in_force import DUMPS, FLAGS, dumps_among
from nginx_memlint.sizes import human, parse_budget, parse_size

_EXIT_HELP = "Exit status: " + "; ".join(f"{code} {text}" for code, text in MEANINGS.items()) + "."


class _Commands(TyperGroup):
    """What is wrong with arguments or settings, wherever that is found, is status 2."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  its class differs by version
        try:
            return super().invoke(ctx)
        except run.UsageError as error:
            raise typer.BadParameter(str(error), param_hint=error.option) from None
        except (SettingsError, DumpOrFileError) as error:
            for line in str(error).splitlines():
                print(f"memlint: {line}", file=sys.stderr)
            raise typer.Exit(Exit.USAGE) from None


app = typer.Typer(
    name="memlint",
    cls=_Commands,
    help="Tells what an nginx or OpenResty configuration will cost in memory "
    "when it is started or reloaded.",
    epilog=_EXIT_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """Output formats of verify."""

    TEXT = "text"
    JSON = "json"


class Parser(StrEnum):
    """What makes blocks of tokens."""

    MEMLINT = "memlint"
    CROSSPLANE = "crossplane"


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


def _budget(text: str) -> int:
    try:
        return parse_budget(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _workers(text: str) -> int:
    try:
        return parse_workers(text)
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


def _no_bounds(given: str | None) -> None:
    if given is not None:
        raise typer.BadParameter(
            "bounds are fixed: --trusted lifts all of them, for input of your own"
        )


def _seconds(limit: float | None) -> float | None:
    if limit is not None and not 0 < limit < float("inf"):
        raise typer.BadParameter(f"{limit} is not a positive number")
    return limit


_TargetFileOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="The server it is for, as measured there by memlint calibrate."
    ),
]
_VersionOption = Annotated[
    str | None,
    typer.Option(
        callback=_version_number,
        metavar="VERSION",
        show_default=False,
        help="The version there, instead of the target's.",
    ),
]

_PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="CONF",
        help="nginx.conf, a directory that holds it, or - for standard input, which may be the "
        "output of nginx -T. Several are several configurations.",
        show_default="the roots that memlint.toml lists",
    ),
]
_TargetOption = Annotated[
    str | None,
    typer.Option(
        callback=_target, metavar="NAME", help="The server it is for: see memlint targets."
    ),
]
_NginxBinaryOption = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="The server it is for, as this nginx -V and its modules say."
    ),
]
_WorkersOption = Annotated[
    int | None,
    typer.Option(
        parser=_workers,
        metavar="N",
        help="Worker processes, where the configuration says auto.",
    ),
]
_UnitCostOption = Annotated[
    int | None,
    typer.Option(
        parser=_size,
        metavar="SIZE",
        help="Memory of one CA load, e.g. 1MiB, instead of what the bundle weighs.",
    ),
]
_PrefixOption = Annotated[
    str | None,
    typer.Option(
        "-p", "--prefix", metavar="DIR", help="As nginx -p: a relative CONF is taken from it."
    ),
]
_SysrootOption = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Look absolute paths up below DIR; read nothing outside it."),
]
_PathMapOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FROM=TO", help="Look paths below FROM up below TO. Repeatable; longest wins."
    ),
]
_TrustedOption = Annotated[
    bool,
    typer.Option(
        "--trusted", help="Lift the bounds on what is read and done, for input of your own."
    ),
]
_DumpOption = Annotated[
    list[str] | None,
    typer.Option(metavar="FILE", help="FILE is the output of nginx -T, to be checked. Repeatable."),
]
_NoDumpOption = Annotated[
    list[str] | None,
    typer.Option(
        "--no-dump",
        metavar="FILE",
        help="FILE is an ordinary file, though it begins like the output of nginx -T. Repeatable.",
    ),
]
_BoundsOption = Annotated[str | None, typer.Option(hidden=True, callback=_no_bounds)]
_ContextOption = Annotated[
    str | None,
    typer.Option(
        metavar="BLOCKS",
        help="CONF is a fragment that belongs inside these blocks, e.g. http,server.",
    ),
]


_ConfigOption = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="The settings file.",
        show_default="memlint.toml or pyproject.toml, in the nearest directory above CONF",
    ),
]
_NoConfigOption = Annotated[
    bool, typer.Option("--no-config", help="Use no settings file, as for what you do not trust.")
]


@app.command(name="check", epilog=_EXIT_HELP)
def check_command(
    ctx: typer.Context,
    paths: _PathsArgument = None,
    target: _TargetOption = None,
    target_file: _TargetFileOption = None,
    nginx_binary: _NginxBinaryOption = None,
    nginx_version: _VersionOption = None,
    lua_version: _VersionOption = None,
    stream_lua_version: _VersionOption = None,
    njs_version: _VersionOption = None,
    openssl_version: _VersionOption = None,
    workers: _WorkersOption = None,
    max_memory: Annotated[
        int | None,
        typer.Option(
            parser=_budget,
            metavar="SIZE",
            help="The budget, e.g. 4GiB: a worst reload peak above it is an error; without a "
            "budget, one above 4 GiB is.",
        ),
    ] = None,
    max_start_memory: Annotated[
        int | None,
        typer.Option(
            parser=_budget, metavar="SIZE", help="The budget at a start: more is an error."
        ),
    ] = None,
    max_zones_memory: Annotated[
        int | None,
        typer.Option(
            parser=_budget,
            metavar="SIZE",
            help="The budget of all shared memory zones: more is an error.",
        ),
    ] = None,
    max_test_seconds: Annotated[
        float | None,
        typer.Option(
            callback=_seconds,
            metavar="SECONDS",
            help="The CPU time that nginx -t may take: more is a warning.",
        ),
    ] = None,
    unit_cost: _UnitCostOption = None,
    prefix: _PrefixOption = None,
    sysroot: _SysrootOption = None,
    path_map: _PathMapOption = None,
    dump: _DumpOption = None,
    no_dump: _NoDumpOption = None,
    context: _ContextOption = None,
    trusted: _TrustedOption = False,
    bounds: _BoundsOption = None,
    config: _ConfigOption = None,
    no_config: _NoConfigOption = False,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME[:FILE]",
            autocompletion=lambda: list(FORMATS),
            help=f"Output format: {', '.join(FORMATS)}. Repeatable, each with a file.",
            show_default=DEFAULT,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Write to FILE, if there is one format.",
            show_default="standard output",
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option("-j", "--jobs", min=0, help="Processes to read with; 0: one a core."),
    ] = 1,
    parser: Annotated[
        Parser,
        typer.Option(
            help="What makes blocks of tokens: crossplane's parser gives the same tree, slower, "
            "for a second opinion."
        ),
    ] = Parser.MEMLINT,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Accept the findings in FILE: report what is new or has grown."
        ),
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write all findings to the baseline's FILE.")
    ] = False,
    show_suppressed: Annotated[
        bool, typer.Option("--show-suppressed", help="List accepted findings in the text too.")
    ] = False,
    fail_on: Annotated[
        FailOn, typer.Option(help="The least severity that makes the exit status 1.")
    ] = FailOn.ERROR,
    show_fix: Annotated[
        bool,
        typer.Option(
            "--show-fix", help="Print what --fix would do as a patch, instead of a report."
        ),
    ] = False,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Move or delete directives in your files where that saves memory."
        ),
    ] = False,
) -> None:
    """Tell what configurations cost in memory, and what to change."""
    status = run.check(
        paths or [],
        _flags(ctx),
        config=config,
        no_config=no_config,
        formats=formats or [],
        output=output,
        baseline=baseline,
        write_baseline=write_baseline,
        show_suppressed=show_suppressed,
        show_fix=show_fix,
        fix=fix,
        jobs=jobs,
        parser=parser.value,
    )
    raise typer.Exit(status)


def _flags(ctx: typer.Context) -> dict[str, Any]:
    """What was given on the command line and can be set, by its key."""
    return {
        key: ctx.params[name]
        for name in ctx.params
        if (key := name.replace("_", "-")) in (*FLAGS, *DUMPS)
        and (source := ctx.get_parameter_source(name)) is not None
        and not source.name.startswith("DEFAULT")
    }


_LIMITS = ("max_memory", "max_start_memory", "max_zones_memory", "max_test_seconds", "fail_on")
"""Options that have no bearing on the figures."""

_VERDICT = ("workers", *_LIMITS)
"""Options that have no bearing on what a start takes."""


def _of_check(
    without: tuple[str, ...] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command those options of check that settings have, too, but for some."""

    def give(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        options = inspect.signature(check_command, eval_str=True).parameters.values()
        more = [
            option
            for option in options
            if option.name.replace("_", "-") in (*FLAGS, *DUMPS, "bounds")
            and option.name not in without
        ]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*own, *more]
        )
        return command

    return give


@app.command(name="config", epilog="Exit status: 0; 2 wrong usage or settings.")
@_of_check()
def config_command(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONF",
            help="As for check.",
            show_default="the roots that memlint.toml lists",
        ),
    ] = None,
    config: _ConfigOption = None,
    no_config: _NoConfigOption = False,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
    **_: object,
) -> None:
    """Print the settings in force, and where each one is from."""
    flags = run.understood(_flags(ctx))
    roots = plan(paths or [], flags, config=config, isolated=no_config)
    roots = roots or [everywhere(flags, config=config, isolated=no_config)]
    all_arguments(roots)
    from nginx_memlint.report import settings as settings_report  # noqa: PLC0415

    if output_format is Format.JSON:
        print(json_report.dumps(settings_report.in_force(roots)))
    else:
        settings_report.write(roots, console_for(sys.stdout))


@app.command(
    name="tree",
    epilog="Exit status: 0 shown; 2 wrong usage; 3 a configuration could not be read in full: "
    "what was read is still shown.",
)
@_of_check(without=_VERDICT)
def tree_command(
    ctx: typer.Context,
    paths: _PathsArgument = None,
    depth: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="Levels to show; 0 for all. What is below is summed."
        ),
    ] = 3,
    top: Annotated[
        int, typer.Option(min=0, metavar="N", help="Blocks to show on each level; 0 for all.")
    ] = 5,
    config: _ConfigOption = None,
    no_config: _NoConfigOption = False,
    **_: object,
) -> None:
    """Show where the memory goes: http → server → location."""
    from nginx_memlint.report import tree as tree_report  # noqa: PLC0415

    roots, arguments = run.planned(paths or [], _flags(ctx), config, no_config)
    for options in arguments:
        options["policy"] = engine.NO_RULES
    configs = run.checked(roots, arguments, breakdown=True)
    tree_report.write(Report(configs=configs), console_for(sys.stdout), depth=depth, top=top)
    raise typer.Exit(exit_code(configs, FailOn.NEVER))


class DiffFormat(StrEnum):
    """Output formats of a comparison."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


@app.command(
    name="diff",
    epilog="Exit status: 0 growth within --max-growth, or none given; 1 more than that; 2 wrong "
    "usage or settings; 3 a configuration could not be read or parsed in full; "
    "4 an internal error.",
)
@_of_check(without=_LIMITS)
def diff_command(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OLD NEW | CONF",
            help="Two of what memlint check takes; with --base, any number that are each "
            "compared with what they were.",
            show_default="with --base, the roots that memlint.toml lists",
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="GIT_REF",
            help="Compare the working tree with this commit, e.g. main or HEAD. It is read from "
            "git's objects: nothing is checked out.",
        ),
    ] = None,
    max_growth: Annotated[
        int | None,
        typer.Option(
            parser=_size,
            metavar="SIZE",
            help="Exit with 1 if the most that a configuration takes, its worst reload peak and "
            "shared memory, grows by more.",
        ),
    ] = None,
    output_format: Annotated[
        DiffFormat,
        typer.Option("--format", help="Output format; markdown is a pull request's comment."),
    ] = DiffFormat.TEXT,
    config: _ConfigOption = None,
    no_config: _NoConfigOption = False,
    **_: object,
) -> None:
    """Show what a change costs, by phase, cause, server and file.

    All options hold for both sides. Settings files are used with --base.
    """
    from nginx_memlint import diff  # noqa: PLC0415
    from nginx_memlint.report import diff_markdown, diff_text  # noqa: PLC0415

    if base is None and config is not None:
        raise run.UsageError("is for --base", "--config")
    try:
        if base is None:
            [options] = all_arguments([everywhere(run.understood(_flags(ctx)), isolated=True)])
            dumps = dumps_among(_flags(ctx))
            paths = [*(paths or []), *(path for path in dumps if path not in (paths or []))]
            if "-" in paths:
                options["data"] = run.standard_input(trusted=options["trusted"])
            said = {path: found.value for path, found in dumps.items()}
            found = diff.compared(paths, options, max_growth=max_growth, dumps=said)
        else:
            roots, arguments = run.planned(paths or [], _flags(ctx), config, no_config)
            configurations = zip((root.path or "" for root in roots), arguments, strict=True)
            found = diff.since(base, configurations, max_growth=max_growth)
    except diff.DiffError as error:
        print(f"memlint: {error}", file=sys.stderr)
        raise typer.Exit(Exit.USAGE) from None
    if output_format is DiffFormat.JSON:
        print(json_report.dumps(found))
    elif output_format is DiffFormat.MARKDOWN:
        diff_markdown.write(found, sys.stdout)
    else:
        diff_text.write(found, console_for(sys.stdout))
    raise typer.Exit(diff.exit_code(found))


@contextmanager
def _progress() -> Iterator[CalibrationReport]:
    """A progress bar on standard error, if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True, markup=False)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("nginx", total=None)

        def report(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total, description=name)

        yield report


_NginxOption = Annotated[
    str | None,
    typer.Option(metavar="PATH", help="The nginx binary.", show_default="the first found here"),
]


@app.command(
    name="calibrate",
    epilog="Exit status: 0 measured; 2 wrong usage, or nginx cannot be measured here; "
    "130 interrupted.",
)
def calibrate_command(
    nginx: _NginxOption = None,
    load_module: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="A module to load, e.g. ngx_http_lua_module.so; its code runs with your rights. "
            "Repeatable.",
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
        bool, typer.Option("--quick", help=f"Measure less, in about 20 s: {QUICK_ACCURACY[9:]}.")
    ] = False,
) -> None:
    """Measure what the nginx here costs, in about 2 minutes.

    It runs nginx on made-up configurations in a temporary directory, on unix sockets, as any
    user; your own nginx and its files are left alone. The file it writes is for memlint check
    --target-file, here or elsewhere.
    """
    with run.live():
        if output is not None:
            _writable(output)
        with _progress() as report:
            found = calibrate(
                nginx, load_modules=tuple(load_module or ()), quick=quick, report=report
            )
        if output is None:
            print(found.toml(), end="")
        else:
            _write(output, found.toml())
        live_text.calibration(found, Console(stderr=True, highlight=False, markup=False))


def _writable(path: str) -> None:
    """Complain before the work is done, not after it."""
    directory = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.access(path if os.path.exists(path) else directory, os.W_OK):
        raise typer.BadParameter(f"cannot write {path}", param_hint="--output")
    if not is_stream(path):
        try:
            destination(path)
        except OSError as error:
            raise typer.BadParameter(
                f"cannot write {path}: {error.strerror}", param_hint="--output"
            ) from None


def _write(path: str, text: str) -> None:
    try:
        (write_stream if is_stream(path) else write_atomically)(path, text.encode())
    except OSError as error:
        raise LiveError(f"cannot write {path}: {error.strerror}") from None


@app.command(
    name="verify",
    epilog="Exit status: 0 they agree; 1 they do not; 2 wrong usage, or too little memory; 3 the "
    "configuration could not be read in full, or nginx rejects it; 130 interrupted.",
)
def verify_command(
    path: Annotated[
        str, typer.Argument(metavar="CONF", help="nginx.conf, or a directory that holds it.")
    ],
    nginx: _NginxOption = None,
    target: Annotated[
        str | None,
        typer.Option(
            callback=_target,
            metavar="NAME",
            help="The server to estimate for.",
            show_default="the nginx here",
        ),
    ] = None,
    target_file: _TargetFileOption = None,
    nginx_version: _VersionOption = None,
    lua_version: _VersionOption = None,
    stream_lua_version: _VersionOption = None,
    njs_version: _VersionOption = None,
    openssl_version: _VersionOption = None,
    unit_cost: _UnitCostOption = None,
    prefix: _PrefixOption = None,
    tolerance: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=10.0,
            metavar="PART",
            help=f"Part by which memory may differ; less than {human(SLACK)} never counts.",
        ),
    ] = TOLERANCE,
    force: Annotated[
        bool, typer.Option("--force", help="Run nginx -t even if memory is short.")
    ] = False,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Load modules, and run Perl and engines, that the configuration names and that "
            "are not the system's own.",
            show_default="asked on a terminal, refused elsewhere",
        ),
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            max=86400.0,
            metavar="SECONDS",
            help="End what is run after so many seconds.",
            show_default="120 for each run of nginx, and 20 times the CPU that is predicted",
        ),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
) -> None:
    """Run nginx -t and compare its memory with the estimate.

    It takes all the memory and time of a start. Like any nginx -t it trusts the configuration: it
    loads what load_module names, as the user who runs it, and opens what else is named. As root it
    may create log files, the pid file and directories, and give those to the user that the
    configuration names. What each worker adds, and reloads, are not part of it.
    """
    server = run.server(target, target_file)
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

    def consent(foreign: list[Foreign]) -> bool:
        if yes:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            return False
        print("memlint: nginx -t would run what is not the system's own:", file=sys.stderr)
        for line in described(foreign):
            print(line, file=sys.stderr)
        return typer.confirm("Do you trust this configuration?", err=True)

    with run.live():
        found = verify(
            path,
            nginx=nginx,
            target=server,
            versions=versions,
            unit_cost=unit_cost,
            prefix=prefix,
            tolerance=tolerance,
            force=force,
            timeout=timeout,
            consent=consent,
            announce=announce,
        )
    if output_format is Format.JSON:
        print(json_report.dumps(found))
    else:
        live_text.verification(found, console_for(sys.stdout))
    if found.agrees is None:
        raise typer.Exit(Exit.INCOMPLETE)
    raise typer.Exit(Exit.OK if found.agrees else Exit.FINDINGS)


@app.command()
def targets() -> None:
    """List the named servers and their versions."""
    documentation.targets(console_for(sys.stdout))


class SchemaOf(StrEnum):
    """What has a JSON Schema: report/schemas.py has them."""

    CHECK = "check"
    DIFF = "diff"
    CONFIG = "config"
    VERIFY = "verify"
    SETTINGS = "settings"


@app.command(name="rules")
def rules_command(
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
) -> None:
    """List the rules."""
    if output_format is Format.JSON:
        print(documentation.as_json())
    else:
        documentation.table(console_for(sys.stdout))


@app.command(epilog="Exit status: 0; 2 there is no such rule.")
def explain(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A rule's code or name: ML101.")],
) -> None:
    """Print what a rule is about: why, cost, fix, examples."""
    try:
        rule = find_rule(code)
    except KeyError:
        close = documentation.closest(code)
        hint = f'; did you mean "{close}"?' if close else ""
        raise typer.BadParameter(
            f'"{printable(code)}" is not a rule{hint} (memlint rules lists all)', param_hint="CODE"
        ) from None
    documentation.explain(rule, console_for(sys.stdout))


@app.command()
def schema(
    of: Annotated[
        SchemaOf,
        typer.Argument(help="A command, for its --format json, or settings, for memlint.toml."),
    ] = SchemaOf.CHECK,
) -> None:
    """Print a JSON Schema."""
    print(json.dumps(schemas.schema(of), indent=2))
