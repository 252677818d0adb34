"""What commands have in common once their arguments are words and numbers.

Nothing here needs Typer, which takes longer to import than most checks take: an ordinary
``memlint check`` comes here straight from start.py, all other commands by way of cli.py.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nginx_memlint.config.bounds import bounds_for
from nginx_memlint.exit_codes import Exit, exit_code
from nginx_memlint.inspection import Inspection, check_context, examine
from nginx_memlint.memory.targets import Target, TargetFileError, load_target
from nginx_memlint.parallel import Call, check_all, check_one
from nginx_memlint.printable import printable
from nginx_memlint.report import DEFAULT, FORMATS, outputs
from nginx_memlint.report.outputs import Output, OutputError
from nginx_memlint.report.waiting import waiting
from nginx_memlint.result import ConfigReport, Report
from nginx_memlint.settings import all_arguments, plan
from nginx_memlint.settings.in_force import Root, dumps_among

if TYPE_CHECKING:
    from nginx_memlint.baseline import Baseline
    from nginx_memlint.options import Options, Parser


class UsageError(Exception):
    """An argument that cannot be used; ``option`` names it, None if that is plain."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


def check(
    paths: Sequence[str],
    flags: Mapping[str, Any],
    *,
    config: str | None = None,
    no_config: bool = False,
    formats: Sequence[str] = (),
    output: str | None = None,
    baseline: str | None = None,
    write_baseline: bool = False,
    show_suppressed: bool = False,
    show_fix: bool = False,
    fix: bool = False,
    jobs: int = 1,
    parser: Parser = "memlint",
) -> int:
    """``memlint check``: the exit status. ``flags`` are by settings' FLAGS, as given.

    Raises UsageError and SettingsError before anything is written.
    """
    roots, arguments = planned(paths, flags, config, no_config)
    for options in arguments:
        options["parser"] = parser
    inputs = [os.path.join(root.values["prefix"].value or "", root.path or "") for root in roots]
    written = _outputs(formats, output, inputs)
    accepted = _baseline(baseline, write_baseline, outputs.trees(inputs))
    breakdown = any(FORMATS[item.name].breakdown for item in written)
    if fix and show_fix:
        raise UsageError("writes what --show-fix shows: give one of them", "--fix")
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
        configs = checked(roots, arguments, breakdown=breakdown, jobs=jobs)
    if any(config.suppressed for config in configs):
        from nginx_memlint.rules.ignore_unused import unused_in_all  # noqa: PLC0415

        configs = unused_in_all(configs)
    report = Report(configs=configs)
    if accepted is not None:
        if write_baseline:
            accepted = _written(accepted, report)
        report = accepted.applied(report)
    try:
        outputs.write(report, written, sys.stdout)
    except OutputError as error:
        print(f"memlint: {error}", file=sys.stderr)
        return Exit.USAGE
    if show_suppressed and any(item.name == DEFAULT and item.path is None for item in written):
        from nginx_memlint.report import text  # noqa: PLC0415

        text.write_suppressed(report, sys.stdout)
    verdicts = zip(report.configs, roots, strict=True)
    verdict = max(exit_code([config], root.fail_on) for config, root in verdicts)
    return max(status, verdict)


def planned(
    paths: Sequence[str], flags: Mapping[str, Any], config: str | None, no_config: bool
) -> tuple[list[Root], list[Options]]:
    """The configurations to read, and the arguments of check() for each."""
    flags = understood(flags)
    if not paths and "prefix" in flags and not dumps_among(flags):
        paths = ["conf/nginx.conf"]
    roots = plan(paths, flags, config=config, isolated=no_config)
    arguments = all_arguments(roots)
    if not roots:
        raise UsageError("name a configuration, or list roots in memlint.toml", "CONF")
    return roots, arguments


def understood(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Flags as given → as settings have them."""
    check_sysroot(flags.get("sysroot"))

    def named(_: object) -> Target | str | None:
        return server(*map(flags.get, ("target", "target-file", "nginx-binary")))

    read: dict[str, Callable[[Any], Any]] = {
        "context": context,
        "path-map": path_map,
        "fail-on": lambda level: level.value,
        "target-file": named,
        "nginx-binary": named,
    }
    return {**flags} | {key: read[key](value) for key, value in flags.items() if key in read}


def checked(
    roots: list[Root],
    arguments: list[Options],
    *,
    breakdown: bool,
    jobs: int = 1,
) -> list[ConfigReport]:
    """The reports; what they were made from is let go, one after the other."""
    data = _standard_input(roots, arguments)
    jobs = jobs or os.cpu_count() or 1
    each: Options = {
        "data": data,
        "breakdown": breakdown,
        "jobs": max(1, jobs // len(roots)),
    }
    calls: list[Call] = [
        (root.path or "", {**options, **each})
        for root, options in zip(roots, arguments, strict=True)
    ]
    jobs = min(jobs, len(calls))
    if jobs > 1:
        with waiting(f"reading {len(calls):,} configurations"):
            return check_all(calls, jobs)
    reports = []
    for path, options in calls:
        with waiting(f"reading {printable(path)}"):
            reports.append(check_one((path, options)))
    return reports


def _examined(
    roots: list[Root], arguments: list[Options], *, breakdown: bool
) -> Iterator[Inspection]:
    data = _standard_input(roots, arguments)
    for root, options in zip(roots, arguments, strict=True):
        with waiting(f"reading {printable(root.path or '')}"):
            found = examine(root.path or "", **options | {"data": data, "breakdown": breakdown})
        yield found


def server(name: str | None, path: str | None, binary: str | None = None) -> Target | str | None:
    """The server that --target, --target-file or --nginx-binary names, one of them."""
    given = {"--target": name, "--target-file": path, "--nginx-binary": binary}
    options = [option for option, value in given.items() if value is not None]
    if len(options) > 1:
        raise UsageError(f"is used instead of {options[0]}", options[-1])
    if binary is not None:
        from nginx_memlint.live.installed import target_of  # noqa: PLC0415  takes long

        with live():
            return target_of(binary)
    if path is None:
        return name
    try:
        return load_target(path)
    except TargetFileError as error:
        raise UsageError(str(error), "--target-file") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", "--target-file") from None


def context(text: str | None) -> tuple[str, ...]:
    """The blocks that --context names."""
    names = tuple(name.strip() for name in text.split(",")) if text else ()
    try:
        check_context(names)
    except ValueError as error:
        raise UsageError(str(error), "--context") from None
    return names


def path_map(texts: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs that --path-map options name."""
    pairs = []
    for text in texts:
        inside, mark, outside = text.partition("=")
        if not mark or not inside.startswith("/") or not outside:
            raise UsageError(f'"{text}" is not FROM=TO with an absolute FROM', "--path-map")
        if not os.path.exists(outside):
            raise UsageError(f'there is no "{outside}"', "--path-map")
        pairs.append((inside, outside))
    return pairs


def check_sysroot(sysroot: str | None) -> None:
    """Complain unless it is a directory."""
    if sysroot is not None and not os.path.isdir(sysroot):
        raise UsageError(f'"{sysroot}" is not a directory', "--sysroot")


def standard_input(*, trusted: bool) -> bytes:
    """All of it, or more bytes than are read of a file; a line and status 2 if it cannot be had."""
    most = bounds_for(trusted=trusted).file_bytes
    parts = []
    try:
        # piece by piece: an interrupt between two of the system's calls is noticed
        while most >= 0 and sys.stdin and (part := sys.stdin.buffer.read(min(most + 1, 1 << 20))):
            parts.append(part)
            most -= len(part)
    except OSError as error:
        print(f"memlint: standard input: {error.strerror}", file=sys.stderr)
        raise SystemExit(Exit.USAGE) from None
    return b"".join(parts)


def _standard_input(roots: list[Root], arguments: list[Options]) -> bytes | None:
    given = zip(roots, arguments, strict=True)
    trusted = [options["trusted"] for root, options in given if root.path == "-"]
    return standard_input(trusted=any(trusted)) if trusted else None


@contextmanager
def live() -> Iterator[None]:
    """Run something on the real nginx: what keeps it from running is a line and status 2."""
    from nginx_memlint.live.errors import Interrupted, LiveError  # noqa: PLC0415
    from nginx_memlint.live.process import interruptible  # noqa: PLC0415

    try:
        with interruptible():
            yield
    except LiveError as error:
        print(f"memlint: {error}", file=sys.stderr)
        raise SystemExit(Exit.USAGE) from None
    except Interrupted as interrupt:
        print("memlint: interrupted; nginx was stopped, temporary files removed", file=sys.stderr)
        raise SystemExit(128 + interrupt.number) from None


def _outputs(formats: Sequence[str], output: str | None, inputs: list[str]) -> list[Output]:
    try:
        found = outputs.parse(formats, output, inputs)
    except OutputError as error:
        raise UsageError(str(error), error.option) from None
    for item in found:
        if item.path is None and sys.stdout.isatty() and not FORMATS[item.name].terminal:
            raise UsageError(f"{item.name} is for a file: add --output FILE")
    return found


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
        raise UsageError(reason, option)


def _show_fix(found: list[Inspection]) -> None:
    from nginx_memlint import fix as fixing  # noqa: PLC0415
    from nginx_memlint.report import patch  # noqa: PLC0415

    plans = fixing.plans(found)
    patch.write(plans, sys.stdout)
    for made in plans:
        _tell([*made.notes, *made.refusals])


def _fix(
    roots: list[Root], arguments: list[Options], *, breakdown: bool
) -> tuple[list[ConfigReport], Exit]:
    from nginx_memlint import fix as fixing  # noqa: PLC0415
    from nginx_memlint.live.errors import Interrupted  # noqa: PLC0415
    from nginx_memlint.live.process import interruptible  # noqa: PLC0415

    options = {root.path or "": given for root, given in zip(roots, arguments, strict=True)}

    def examined(path: str) -> Inspection:
        with waiting(f"reading {printable(path)}"):
            return examine(path, **options[path] | {"breakdown": breakdown})

    try:
        with interruptible():
            done = fixing.fix(list(options), examined)
    except Interrupted as interrupt:
        _tell(["interrupted; no configuration is left half changed"])
        raise SystemExit(128 + interrupt.number) from None
    _tell(done.said)
    status = Exit.FINDINGS if done.refused else Exit.OK
    return done.reports, Exit.INTERNAL if done.broken else status


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"memlint: {line}", file=sys.stderr)


def _baseline(path: str | None, write: bool, trees: Sequence[str]) -> Baseline | None:
    """The baseline to be applied or written anew."""
    if path is None:
        if write:
            raise UsageError("needs --baseline FILE", "--write-baseline")
        return None
    from nginx_memlint.baseline import BaselineError, load, load_or_new  # noqa: PLC0415
    from nginx_memlint.files.writing import LeadsOutError, destination  # noqa: PLC0415

    try:
        destination(path, trees)
        return load_or_new(path) if write else load(path)
    except BaselineError as error:
        raise UsageError(str(error), "--baseline") from None
    except LeadsOutError as error:
        raise UsageError(f"{path}: {error.strerror}", "--baseline") from None


def _written(baseline: Baseline, report: Report) -> Baseline:
    """Write the baseline anew, unless a finding may be missing."""
    from nginx_memlint.baseline import BaselineError  # noqa: PLC0415

    if unread := [config.path for config in report.configs if not config.complete]:
        print(f"memlint: baseline not written: not read in full: {unread[0]}", file=sys.stderr)
        return baseline
    baseline = baseline.updated(report.configs)
    try:
        baseline.write()
    except BaselineError as error:
        raise UsageError(str(error), "--baseline") from None
    count = sum(map(len, baseline.roots.values()))
    what = f"{count:,} finding{'s' * (count != 1)}"
    print(f"memlint: {printable(baseline.path)} written: it accepts {what}", file=sys.stderr)
    return baseline
