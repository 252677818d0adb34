"""``memlint check``."""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from nginx_memlint.analysis.budget import Budget, not_begun
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.analysis.parallel import inspect
from nginx_memlint.cli.app import EXIT_HELP, command_app
from nginx_memlint.cli.options import (
    Given,
    IsolatedOption,
    OutputOption,
    PathsArgument,
    deciding,
    formats_option,
    given,
    number_option,
    takes,
)
from nginx_memlint.cli.process import tell
from nginx_memlint.cli.running import checked, planned, standard_input, until_interrupted
from nginx_memlint.cli.waiting import waiting
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit, FailOn, exit_code, failing
from nginx_memlint.options.record import Bearing, OptionGroup
from nginx_memlint.printable import printable
from nginx_memlint.report import DEFAULT, FORMATS, outputs, writer
from nginx_memlint.report.detail import Detail
from nginx_memlint.report.outputs import Output
from nginx_memlint.result import ConfigReport, Report
from nginx_memlint.settings.in_force import Root, tree_that_lists
from nginx_memlint.sizes import plural

if TYPE_CHECKING:
    from nginx_memlint.acceptance.baseline import Baseline
    from nginx_memlint.sources.buffers import Buffers

app = command_app()

MOST_JOBS = 1024
"""Processes that can be asked for: more than cores of any machine would only wait."""


@app.command(epilog=EXIT_HELP)
@takes(*Bearing)
def check(
    ctx: typer.Context,
    paths: PathsArgument = None,
    isolated: IsolatedOption = False,
    formats: Annotated[list[str] | None, formats_option(FORMATS)] = None,
    output: OutputOption = None,
    jobs: Annotated[
        int,
        number_option(
            int,
            0,
            MOST_JOBS,
            "-j",
            "--jobs",
            help="Processes that read configurations, if there are several; 0: one a core.",
        ),
    ] = 1,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Accept the findings in FILE: report what is new or has grown.",
            rich_help_panel=OptionGroup.VERDICT,
        ),
    ] = None,
    write_baseline: Annotated[
        bool,
        typer.Option(
            "--write-baseline",
            help="Write all findings to the baseline's FILE.",
            rich_help_panel=OptionGroup.VERDICT,
        ),
    ] = False,
    show_suppressed: Annotated[
        bool,
        typer.Option(
            "--show-suppressed",
            help="List accepted findings in the text too.",
            rich_help_panel=OptionGroup.OUTPUT,
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "-v",
            "--verbose",
            help="In the text: all findings, remedies and phases, counts, and where figures come "
            "from.",
            rich_help_panel=OptionGroup.OUTPUT,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "-q",
            "--quiet",
            help="In the text: the verdicts alone.",
            rich_help_panel=OptionGroup.OUTPUT,
        ),
    ] = False,
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
    unsafe_fixes: Annotated[
        bool,
        typer.Option(
            "--unsafe-fixes",
            help="With --fix or --show-fix: also what may be the wrong one of two answers.",
        ),
    ] = False,
    stdin_filename: Annotated[
        str | None,
        typer.Option(
            "--stdin-filename",
            metavar="FILE",
            help="Standard input is the text of FILE, as an editor has it: CONF includes it, or "
            "without CONF it is a configuration itself.",
        ),
    ] = None,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="Check again when a file changes, until interrupted."),
    ] = False,
    **_: object,
) -> None:
    """Tell what configurations cost in memory, and what to change."""
    _refuse_pairs(ctx.params)
    told = given(ctx)
    files = {**deciding(ctx, told), "--baseline": baseline}
    typed = None if stdin_filename is None else _typed(stdin_filename, paths, told)
    if stdin_filename is not None and not paths:
        paths = [stdin_filename]

    def look(disk: "Buffers | None") -> Exit:
        roots, asked = planned(paths or [], told, files if isolated else None)
        inputs = [os.path.join(job.options.prefix or "", job.name) for job in asked]
        written = _outputs(formats or [], output, inputs)
        accepted = _baseline(baseline, write_baseline, outputs.trees(inputs))
        if any(FORMATS[item.name].breakdown for item in written):
            asked = [replace(job, options=replace(job.options, breakdown=True)) for job in asked]
        if disk is not None:
            asked = [replace(job, disk=disk) for job in asked]
            for root in roots:
                for decides in filter(None, (root.file, root.facts and root.facts.file)):
                    disk.ask(decides.path)
        detail = Detail.VERBOSE if verbose else Detail.QUIET if quiet else Detail.NORMAL
        status = Exit.OK
        if show_fix:
            _check_fix("--show-fix", asked, has_format=bool(formats or output))
            configs = _show_fix(_examined(asked), roots, unsafe=unsafe_fixes)
            written = []
        elif fix:
            _check_fix("--fix", asked, has_format=False)
            configs, status = _fix(asked, roots, unsafe=unsafe_fixes)
        else:
            configs = checked(asked, 1 if disk else jobs)  # what it reads is noted down here
        configs = [
            replace(config, fail_on=root.fail_on.value)
            for config, root in zip(configs, roots, strict=True)
        ]
        if disk is not None and disk is typed and not disk.has_read_texts():
            raise MemlintError("none of the configurations includes this file", "--stdin-filename")
        report = _accepted(configs, accepted, write_baseline)
        if show_fix:
            tell(*filter(None, map(_left, report.configs)))
        outputs.write(lambda name, out: writer(name, detail)(report, out), written, sys.stdout)
        if show_suppressed and any(item.name == DEFAULT and item.path is None for item in written):
            from nginx_memlint.report.formats import text  # noqa: PLC0415

            text.write_suppressed(report, sys.stdout)
        return max(status, _verdict(report, roots))

    if watch:
        if "-" in (paths or []):
            raise MemlintError("standard input does not change", "--watch")
        from nginx_memlint.cli.watching import look_again  # noqa: PLC0415

        look_again(look)
    raise typer.Exit(look(typed))


_PAIRS = (
    ("fix", "show_fix", "writes what --show-fix shows: give one of them"),
    ("verbose", "quiet", "says more than --quiet: give one of them"),
    ("watch", "stdin_filename", "standard input does not change"),
    ("watch", "fix", "changes no files: leave --fix out"),
    ("watch", "write_baseline", "writes no files: leave --write-baseline out"),
    ("stdin_filename", "fix", "changes no files: leave --fix out"),
    ("stdin_filename", "write_baseline", "writes no files: leave --write-baseline out"),
)
"""A parameter, one that excludes it, and what the first one does."""


def _refuse_pairs(values: Mapping[str, object]) -> None:
    """Raise MemlintError for two parameters that exclude each other."""
    for name, other, message in _PAIRS:
        if values[name] and values[other]:
            raise MemlintError(message, "--" + name.replace("_", "-"))
    if values["unsafe_fixes"] and not (values["fix"] or values["show_fix"]):
        raise MemlintError("goes with --fix or --show-fix", "--unsafe-fixes")


def _typed(name: str, paths: Sequence[str] | None, told: Given) -> "Buffers":
    """This machine's files, with standard input in the place of one."""
    from nginx_memlint.sources.buffers import Buffers, real_path  # noqa: PLC0415  if it is asked for

    if "-" in (paths or ()):
        raise MemlintError("standard input is its text: leave - out", "--stdin-filename")
    return Buffers({real_path(name): standard_input(trusted=bool(told.flags.get("trusted")))})


def _accepted(
    configs: list[ConfigReport], accepted: "Baseline | None", write_baseline: bool
) -> Report:
    """The report without the findings that the baseline accepts."""
    if any(config.suppressed for config in configs):
        from nginx_memlint.rules.ignore_unused import unused_in_all  # noqa: PLC0415

        configs = unused_in_all(configs)
    report = Report(configs=configs)
    if accepted is None:
        return report
    if write_baseline:
        accepted = _written(accepted, report)
    return accepted.applied(report)


def _verdict(report: Report, roots: Sequence[Root]) -> Exit:
    verdicts = zip(report.configs, roots, strict=True)
    return max(exit_code([config], root.fail_on) for config, root in verdicts)


def _examined(jobs: Sequence[Job]) -> Iterator[Inspection]:
    budget = Budget()
    for job in jobs:
        if budget.is_over(job):
            inspection = not_begun(job)
        else:
            with waiting(f"reading {printable(job.name)}"):
                inspection = inspect(job)
            budget.take(inspection.steps)
        yield inspection
        del inspection  # a tree is large, and the next one is made


def _outputs(formats: Sequence[str], output: str | None, inputs: list[str]) -> list[Output]:
    chosen = outputs.parse(formats, output, inputs)
    for item in chosen:
        if item.path is None and sys.stdout.isatty() and not FORMATS[item.name].terminal:
            raise MemlintError(f"{item.name} is for a file: add --output FILE", "--format")
    return chosen


def _check_fix(option: str, jobs: Sequence[Job], *, has_format: bool) -> None:
    """Raise MemlintError for options that do not go together."""
    reason = ""
    if option == "--show-fix" and has_format:
        reason = "prints a patch, not a report: leave --format and --output out"
    elif any(job.options.context for job in jobs):
        reason = "needs whole configurations: other files may need what a fragment holds"
    elif option == "--fix" and any(job.name == "-" for job in jobs):
        reason = "changes files: standard input is none"
    if reason:
        raise MemlintError(reason, option)


def _show_fix(
    inspections: Iterable[Inspection], roots: Sequence[Root], *, unsafe: bool
) -> list[ConfigReport]:
    from nginx_memlint.fix import apply as fixing  # noqa: PLC0415
    from nginx_memlint.report.views import patch  # noqa: PLC0415

    plans = fixing.plans(inspections, list(map(tree_that_lists, roots)), unsafe=unsafe)
    patch.write(plans, sys.stdout)
    for made in plans:
        tell(*made.notes, *made.refusals)
    return [made.report for made in plans]


def _left(config: ConfigReport) -> str:
    """A sentence about what makes the exit status 1, as long as nothing is changed."""
    if not config.complete or not (listed := failing(config, FailOn(config.fail_on))):
        return ""
    more = f" and {len(listed) - 1:,} more make" if listed[1:] else " makes"
    first = f"{listed[0].rule} at {listed[0].file}:{listed[0].line}"
    return f"{config.path}: {first}{more} the exit status 1, as long as nothing is changed"


def _fix(
    jobs: Sequence[Job], roots: Sequence[Root], *, unsafe: bool
) -> tuple[list[ConfigReport], Exit]:
    from nginx_memlint.fix import apply as fixing  # noqa: PLC0415

    by_name = {job.name: job for job in jobs}
    trees = {job.name: tree_that_lists(root) for job, root in zip(jobs, roots, strict=True)}
    budget = Budget()

    def examined(path: str) -> Inspection:
        job = by_name[path]
        if budget.is_over(job) and path not in begun:
            return not_begun(job)
        with waiting(f"reading {printable(path)}"):
            inspection = inspect(job)
        if path not in begun:  # what is changed is looked at again, which is as much at most
            begun.add(path)
            budget.take(inspection.steps)
        return inspection

    begun: set[str] = set()
    with until_interrupted("no configuration is left half changed"):
        done = fixing.fix(list(by_name), examined, list(trees.values()), unsafe=unsafe)
    tell(*done.said)
    status = Exit.FINDINGS if done.refused else Exit.OK
    return done.reports, Exit.INTERNAL if done.broken else status


def _baseline(path: str | None, write: bool, trees: Sequence[str]) -> "Baseline | None":
    """The baseline to apply or to write, None if none is asked for. Raises MemlintError."""
    if path is None:
        if write:
            raise MemlintError("needs --baseline FILE", "--write-baseline")
        return None
    from nginx_memlint.acceptance.baseline import load  # noqa: PLC0415
    from nginx_memlint.files.writing import LeadsOutError, destination  # noqa: PLC0415

    try:
        destination(path, trees)
    except LeadsOutError as error:
        raise MemlintError(f"{path}: {error.strerror}", "--baseline") from None
    return load(path, or_new=write)


def _written(baseline: "Baseline", report: Report) -> "Baseline":
    """Write a baseline that accepts the report's findings, unless one may be missing."""

    if unread := [config.path for config in report.configs if not config.complete]:
        tell(f"baseline not written: not read in full: {unread[0]}")
        return baseline
    baseline = baseline.updated(report.configs)
    baseline.write()
    count = sum(map(len, baseline.roots.values()))
    what = plural(count, "finding")
    tell(f"{printable(baseline.path)} written: it accepts {what}")
    return baseline
