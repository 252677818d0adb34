"""The command ``memlint``: arguments in, report out, exit status. No logic."""

from __future__ import annotations

import inspect
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nginx_memlint import __version__
from nginx_memlint import fix as fixing
from nginx_memlint.baseline import Baseline, BaselineError, load, load_or_new
from nginx_memlint.check import Inspection, Options, check_context, examine
from nginx_memlint.config.source import MAX_FILE_BYTES
from nginx_memlint.exit_codes import MEANINGS, Exit, FailOn, exit_code
from nginx_memlint.live import text as live_text
from nginx_memlint.live.calibrate import QUICK_ACCURACY, calibrate
from nginx_memlint.live.calibrate import Report as CalibrationReport
from nginx_memlint.live.errors import Interrupted, LiveError
from nginx_memlint.live.installed import target_of
from nginx_memlint.live.process import interruptible
from nginx_memlint.live.verify import SLACK, TOLERANCE, verify
from nginx_memlint.memory.targets import (
    Target,
    TargetFileError,
    UnknownTargetError,
    find_target,
    load_target,
    parse_version,
    target_names,
)
from nginx_memlint.printable import printable
from nginx_memlint.report import DEFAULT, FORMATS, documentation, outputs, patch, schemas
from nginx_memlint.report import json as json_report
from nginx_memlint.report import text as text_report
from nginx_memlint.report.outputs import Output, OutputError
from nginx_memlint.report.text import console_for
from nginx_memlint.report.waiting import waiting
from nginx_memlint.result import ConfigReport, Report
from nginx_memlint.rules import engine, find_rule
from nginx_memlint.rules.ignore_unused import unused_in_all
from nginx_memlint.settings import SettingsError, all_arguments, everywhere, plan
from nginx_memlint.settings.in_force import FLAGS, Root
from nginx_memlint.sizes import human, parse_size

_EXIT_HELP = "Exit status: " + "; ".join(f"{code} {text}" for code, text in MEANINGS.items()) + "."

app = typer.Typer(
    name="memlint",
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


def _server(name: str | None, path: str | None, binary: str | None = None) -> Target | str | None:
    """The server that --target, --target-file or --nginx-binary names, one of them."""
    given = {"--target": name, "--target-file": path, "--nginx-binary": binary}
    options = [option for option, value in given.items() if value is not None]
    if len(options) > 1:
        raise typer.BadParameter(f"is used instead of {options[0]}", param_hint=options[-1])
    if binary is not None:
        with _live():
            return target_of(binary)
    if path is None:
        return name
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


def _seconds(limit: float | None) -> float | None:
    if limit is not None and not 0 < limit < float("inf"):
        raise typer.BadParameter(f"{limit} is not a positive number")
    return limit


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


def _outputs(formats: list[str], output: str | None, inputs: list[str]) -> list[Output]:
    try:
        found = outputs.parse(formats, output, inputs)
    except OutputError as error:
        raise typer.BadParameter(str(error), param_hint=error.option) from None
    for item in found:
        if item.path is None and sys.stdout.isatty() and not FORMATS[item.name].terminal:
            raise typer.BadParameter(f"{item.name} is for a file: add --output FILE")
    return found


def _check_sysroot(sysroot: str | None) -> None:
    if sysroot is not None and not os.path.isdir(sysroot):
        raise typer.BadParameter(f'"{sysroot}" is not a directory', param_hint="--sysroot")


def _standard_input() -> bytes:
    try:
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1) if sys.stdin else b""
    except OSError as error:
        raise typer.BadParameter(f"standard input: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise typer.BadParameter(f"standard input is larger than {MAX_FILE_BYTES >> 20} MiB")
    return data


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
        help="nginx.conf, a directory that holds it, an nginx -T dump, or - for standard "
        "input. Several are several configurations.",
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
        min=1, max=4096, metavar="N", help="Worker processes, where the configuration says auto."
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


@contextmanager
def _settings() -> Iterator[None]:
    """Mistakes in settings are lines and status 2."""
    try:
        yield
    except SettingsError as error:
        for line in str(error).splitlines():
            print(f"memlint: {line}", file=sys.stderr)
        raise typer.Exit(Exit.USAGE) from None


def _flags(ctx: typer.Context) -> dict[str, Any]:
    """What was given on the command line and can be set, by its key."""
    given = {
        key: ctx.params[name]
        for name in ctx.params
        if (key := name.replace("_", "-")) in FLAGS
        and (source := ctx.get_parameter_source(name)) is not None
        and not source.name.startswith("DEFAULT")
    }
    _check_sysroot(given.get("sysroot"))

    def server() -> Target | str | None:
        return _server(*map(given.get, ("target", "target-file", "nginx-binary")))

    read: dict[str, Callable[[Any], Any]] = {
        "context": _context,
        "path-map": _path_map,
        "fail-on": lambda level: level.value,
        "target-file": lambda _: server(),
        "nginx-binary": lambda _: server(),
    }
    return given | {key: read[key](value) for key, value in given.items() if key in read}


def _roots(
    paths: list[str] | None, ctx: typer.Context, config: str | None, no_config: bool
) -> tuple[list[Root], list[Options]]:
    """The configurations to read, and the arguments of check() for each."""
    flags = _flags(ctx)
    if not paths and "prefix" in flags:
        paths = ["conf/nginx.conf"]
    with _settings():
        roots = plan(paths or [], flags, config=config, isolated=no_config)
        arguments = all_arguments(roots)
    if not roots:
        message = "name a configuration, or list roots in memlint.toml"
        raise typer.BadParameter(message, param_hint="CONF")
    return roots, arguments


def _check_roots(
    roots: list[Root], arguments: list[Options], *, breakdown: bool
) -> list[ConfigReport]:
    """The reports; what they were made from is let go, one after the other."""
    return [found.report for found in _examined(roots, arguments, breakdown=breakdown)]


def _examined(
    roots: list[Root], arguments: list[Options], *, breakdown: bool
) -> Iterator[Inspection]:
    data = _standard_input() if any(root.path == "-" for root in roots) else None
    for root, options in zip(roots, arguments, strict=True):
        with waiting(f"reading {printable(root.path or '')}"):
            found = examine(root.path or "", **options | {"data": data, "breakdown": breakdown})
        yield found


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
            parser=_size,
            metavar="SIZE",
            help="The budget, e.g. 4GiB: a worst reload peak above it is an error; without a "
            "budget, one above 4 GiB is.",
        ),
    ] = None,
    max_start_memory: Annotated[
        int | None,
        typer.Option(parser=_size, metavar="SIZE", help="The budget at a start: more is an error."),
    ] = None,
    max_zones_memory: Annotated[
        int | None,
        typer.Option(
            parser=_size,
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
    context: _ContextOption = None,
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
    roots, arguments = _roots(paths, ctx, config, no_config)
    inputs = [os.path.join(root.values["prefix"].value or "", root.path or "") for root in roots]
    written = _outputs(formats or [], output, inputs)
    accepted = _baseline(baseline, write_baseline)
    breakdown = any(FORMATS[item.name].breakdown for item in written)
    if fix and show_fix:
        message = "writes what --show-fix shows: give one of them"
        raise typer.BadParameter(message, param_hint="--fix")
    status = Exit.OK
    if show_fix:
        _check_fix("--show-fix", roots, has_format=bool(formats or output))
        found = list(_examined(roots, arguments, breakdown=breakdown))
        configs = [inspection.report for inspection in found]
        _show_fix(found)
        written = []
    elif fix:
        _check_fix("--fix", roots, has_format=False)
        configs, status = _fix(roots, arguments, breakdown=breakdown)
    else:
        configs = _check_roots(roots, arguments, breakdown=breakdown)
    report = Report(configs=unused_in_all(configs))
    if accepted is not None:
        if write_baseline:
            accepted = _written(accepted, report)
        report = accepted.applied(report)
    try:
        outputs.write(report, written, sys.stdout)
    except OutputError as error:
        print(f"memlint: {error}", file=sys.stderr)
        raise typer.Exit(Exit.USAGE) from None
    if show_suppressed and any(item.name == DEFAULT and item.path is None for item in written):
        text_report.write_suppressed(report, console_for(sys.stdout))
    verdicts = zip(report.configs, roots, strict=True)
    verdict = max(exit_code([config], root.fail_on) for config, root in verdicts)
    raise typer.Exit(max(status, verdict))


def _check_fix(option: str, roots: list[Root], *, has_format: bool) -> None:
    """Complain about options that do not go together."""
    reason = ""
    if option == "--show-fix" and has_format:
        reason = "prints a patch, not a report: leave --format and --output out"
    elif any(root.values["context"].value for root in roots):
        reason = "needs whole configurations: other files may need what a fragment holds"
    elif option == "--fix" and any(root.path == "-" for root in roots):
        reason = "changes files: standard input is none"
    if reason:
        raise typer.BadParameter(reason, param_hint=option)


def _show_fix(found: list[Inspection]) -> None:
    plans = fixing.plans(found)
    patch.write(plans, sys.stdout)
    for made in plans:
        _tell([*made.notes, *made.refusals])


def _fix(
    roots: list[Root], arguments: list[Options], *, breakdown: bool
) -> tuple[list[ConfigReport], Exit]:
    options = {root.path or "": given for root, given in zip(roots, arguments, strict=True)}

    def examined(path: str) -> Inspection:
        with waiting(f"reading {printable(path)}"):
            return examine(path, **options[path] | {"breakdown": breakdown})

    try:
        with interruptible():
            done = fixing.fix(list(options), examined)
    except Interrupted as interrupt:
        _tell(["interrupted; no configuration is left half changed"])
        raise typer.Exit(128 + interrupt.number) from None
    _tell(done.said)
    status = Exit.FINDINGS if done.refused else Exit.OK
    return done.reports, Exit.INTERNAL if done.broken else status


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"memlint: {line}", file=sys.stderr)


def _baseline(path: str | None, write: bool) -> Baseline | None:
    """The baseline to be applied or written anew."""
    if path is None:
        if write:
            raise typer.BadParameter("needs --baseline FILE", param_hint="--write-baseline")
        return None
    try:
        return load_or_new(path) if write else load(path)
    except BaselineError as error:
        raise typer.BadParameter(str(error), param_hint="--baseline") from None


def _written(baseline: Baseline, report: Report) -> Baseline:
    """Write the baseline anew, unless a finding may be missing."""
    if unread := [config.path for config in report.configs if not config.complete]:
        print(f"memlint: baseline not written: not read in full: {unread[0]}", file=sys.stderr)
        return baseline
    baseline = baseline.updated(report.configs)
    try:
        baseline.write()
    except BaselineError as error:
        raise typer.BadParameter(str(error), param_hint="--baseline") from None
    count = sum(map(len, baseline.roots.values()))
    what = f"{count:,} finding{'s' * (count != 1)}"
    print(f"memlint: {printable(baseline.path)} written: it accepts {what}", file=sys.stderr)
    return baseline


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
            if option.name.replace("_", "-") in FLAGS and option.name not in without
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
    with _settings():
        flags = _flags(ctx)
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

    roots, arguments = _roots(paths, ctx, config, no_config)
    arguments = [given | {"policy": engine.NO_RULES} for given in arguments]
    configs = _check_roots(roots, arguments, breakdown=True)
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
        raise typer.BadParameter("is for --base", param_hint="--config")
    try:
        if base is None:
            [options] = all_arguments([everywhere(_flags(ctx), isolated=True)])
            options["data"] = _standard_input() if "-" in (paths or []) else None
            found = diff.diff(paths or [], max_growth=max_growth, **options)
        else:
            roots, arguments = _roots(paths, ctx, config, no_config)
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
def _live() -> Iterator[None]:
    """Run something on the real nginx: what keeps it from running is a line and status 2."""
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
        bool, typer.Option("--quick", help=f"Measure less, in about 20 s: {QUICK_ACCURACY[9:]}.")
    ] = False,
) -> None:
    """Measure what the nginx here costs, in about 2 minutes.

    It runs nginx on made-up configurations in a temporary directory, on unix sockets, as any
    user; your own nginx and its files are left alone. The file it writes is for memlint check
    --target-file, here or elsewhere.
    """
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
            Path(output).write_text(found.toml(), "utf-8")
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
    output_format: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TEXT,
) -> None:
    """Run nginx -t and compare its memory with the estimate.

    It takes all the memory and time of a start. Like any nginx -t it opens what the configuration
    names: as root it may create log files and the pid file. What each worker adds, and reloads,
    are not part of it.
    """
    server = _server(target, target_file)
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
