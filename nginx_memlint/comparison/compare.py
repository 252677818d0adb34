"""The cost of a change to a configuration: two reports, and each part of the cost in both.

Parts of the cost are matched by what they are, not by where they stand: moved lines and renamed
directories are no change.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, get_args

from nginx_memlint import result
from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.analysis.budget import Budget, not_begun
from nginx_memlint.analysis.job import Job
from nginx_memlint.analysis.parallel import inspect
from nginx_memlint.comparison.difference import (
    Change,
    CountChanges,
    Diff,
    DiffVerdict,
    MemoryChanges,
    ReloadOfChange,
    RootDiff,
    Side,
    TotalChanges,
)
from nginx_memlint.comparison.findings import finding_changes
from nginx_memlint.comparison.parts import Part, Parts, differences
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.files.paths import encode
from nginx_memlint.memory.laws import Total
from nginx_memlint.memory.parts.data import TEXT
from nginx_memlint.options.record import Options
from nginx_memlint.printable import printable
from nginx_memlint.result import Model
from nginx_memlint.rules import bundle_unreadable
from nginx_memlint.sizes import human, human_budget, human_range
from nginx_memlint.sources.disk import MACHINE, Disk
from nginx_memlint.sources.main_file import located

VERDICTS: tuple[DiffVerdict, ...] = get_args(DiffVerdict)


def compared(
    paths: Sequence[str | os.PathLike[str]],
    options: Options,
    *,
    base: str | None = None,
    max_growth: int | None = None,
    dumps: Mapping[str, bool] = MappingProxyType({}),
    budget: Budget | None = None,
    silent: set[str] | None = None,
) -> Diff:
    """Compare configurations as diff() does, with options that are read already.

    ``dumps`` tells of single paths whether they are dumps, instead of ``options``. ``budget``
    counts the steps of all that a command compares, ``silent`` are tops of repositories whose
    objects git does not get to read. Raises MemlintError.
    """
    # a bundle that is unreadable on both sides is no finding that differs, but a guess
    severities = {**options.policy.severities, bundle_unreadable.CODE: None}
    policy = options.policy._replace(severities=severities)
    job = Job("", replace(options, policy=policy, breakdown=False))
    silent = set() if silent is None else silent
    both = _Both(job, max_growth, budget or Budget(), silent)
    names = [os.fspath(path) for path in paths]
    if base is None:
        if len(names) != 2:
            raise MemlintError("name two configurations, OLD and NEW, or a commit with --base")
        if names == ["-", "-"]:
            raise MemlintError("only one of the two can be standard input")
        sides = [both.side(name, dump=dumps.get(name, options.dump)) for name in names]
        roots = [both.compare(*sides)]
    else:
        if "-" in names:
            raise MemlintError("standard input is in no commit: name a file, or two")
        roots = [both.with_commit(base, name) for name in names]
    return _diff(base, max_growth, roots, both.lowered)


def _diff(
    base: str | None,
    max_growth: int | None,
    roots: Iterable[RootDiff],
    lowered: Iterable[result.Lowered],
) -> Diff:
    ranked = sorted(roots, key=_rank)
    verdicts = [root.verdict for root in ranked]
    return Diff(
        verdict=min(verdicts, key=VERDICTS.index, default=VERDICTS[-1]),
        base=None if base is None else printable(base),
        max_growth_bytes=max_growth,
        roots=ranked,
        lowered=unique(lowered),
    )


def since(base: str, jobs: Iterable[Job], *, max_growth: int | None = None) -> Diff:
    """Compare configurations of a working tree with those of a commit, each with its own options.

    Raises MemlintError.
    """
    compare = partial(
        compared, base=base, max_growth=max_growth, budget=Budget(), silent=set[str]()
    )
    diffs = [compare([job.name], job.options) for job in jobs]
    roots = [root for one in diffs for root in one.roots]
    return _diff(base, max_growth, roots, (item for one in diffs for item in one.lowered))


def _rank(root: RootDiff) -> tuple[bool, int]:
    return not root.exceeds, -abs(root.memory.total.reload_peak_worst_bytes.growth)


def exit_code(difference: Diff) -> Exit:
    """The exit status: an incomplete reading outweighs growth."""
    if not all(root.complete for root in difference.roots):
        return Exit.INCOMPLETE
    return Exit.FINDINGS if any(root.exceeds for root in difference.roots) else Exit.OK


@dataclass(frozen=True, slots=True)
class _Both:
    """The job, limit and budget that both sides of a comparison share."""

    job: Job
    """The job of either side, except for its name."""
    max_growth: int | None
    budget: Budget
    silent: set[str]
    lowered: list[result.Lowered] = field(default_factory=list)
    """Entries that may lower the report, of the new configurations."""

    def side(self, name: str, disk: Disk = MACHINE, *, dump: bool | None = None) -> _SideParts:
        """Read one of the two from a disk, and keep only what is compared."""
        job = Job(name, replace(self.job.options, dump=dump), disk)
        inspection = not_begun(job) if self.budget.is_over(job) else inspect(job)
        self.budget.take(inspection.steps)
        if inspection.situation is None:
            return _SideParts(inspection.report, Total(), [], [], [], inspection.absent)
        parts = Parts(inspection.situation)
        return _SideParts(
            inspection.report,
            inspection.situation.total_without(TEXT),
            parts.causes(),
            parts.servers(),
            parts.files(),
            inspection.absent,
        )

    def with_commit(self, reference: str, name: str) -> RootDiff:
        """Compare a working tree's configuration with a commit's. Raises MemlintError."""
        from nginx_memlint.sources.git import open_commit  # noqa: PLC0415

        try:
            path = located(name, self.job.lookup)
            directory = path if os.path.isdir(encode(path)) else os.path.dirname(path)
            commit = open_commit(directory, reference)
        except MemlintError as error:
            raise MemlintError(f"{printable(name)}: {printable(str(error))}") from None
        except OSError as error:  # the working directory is gone
            raise MemlintError(f"{printable(name)}: {error.strerror}") from None
        with closing(commit):
            begun = not self.budget.is_over(self.job)
            commit.objects.is_silent = commit.top in self.silent  # one wait for all is enough
            old = self.side(name, commit, dump=self.job.options.dump)
            if begun and not commit.used:
                raise MemlintError(f"{printable(name)}: is not in {printable(commit.top)}")
            old.add_unread(commit.missing)
            if commit.objects.is_silent:
                self.silent.add(commit.top)
        new = self.side(name, dump=self.job.options.dump)
        is_new, is_gone = (
            (old.absent, new.absent) if old.absent is not new.absent else (False, False)
        )
        root = self.compare(old, new, is_new=is_new, is_gone=is_gone)
        return replace(root, commit=commit.name)

    def compare(
        self, old: _SideParts, new: _SideParts, *, is_new: bool = False, is_gone: bool = False
    ) -> RootDiff:
        """Compare two configurations; one that is absent counts as nothing."""
        counts = CountChanges(**_changes(_counts(old), _counts(new), CountChanges))
        total = TotalChanges(**_changes(_total(old), _total(new), TotalChanges))
        bytes_ = MemoryChanges(**_changes(_memory(old), _memory(new), MemoryChanges), total=total)
        causes, servers, files = (
            differences(*pair)
            for pair in (
                (old.causes, new.causes),
                (old.servers, new.servers),
                (old.files, new.files),
            )
        )
        findings = finding_changes(old.report.findings, new.report.findings)
        same = not (causes or servers or files or findings) and all(
            getattr(part, f.name).growth == 0
            for part in (counts, bytes_, total)
            for f in fields(part)
            if f.name != "total"
        )
        growth = total.reload_peak_worst_bytes.growth
        # the whole of it, as memlint check has it
        totals = old.report.memory.total, new.report.memory.total
        others = [*_budgeted(*totals, counts, self.job.options)]
        exceeded = [one for one in others if one.is_over]
        over = [
            f"{one.grown}: over the budget of {one.budget_said}" for one in exceeded if one.is_more
        ]
        budget = None if new.absent else self.job.options.max_memory
        peak = totals[1].reload_peak_worst_bytes
        is_over = budget is not None and peak > budget
        grows = self.max_growth is not None and growth > self.max_growth
        self.lowered.extend(new.report.lowered)
        remedies = [] if new.absent else new.report.remedies
        return RootDiff(
            path=new.report.path,
            verdict=_verdict(
                is_read=(is_new or old.report.complete) and (is_gone or new.report.complete),
                is_over=not new.absent and (is_over or bool(exceeded)),
                grows=grows,
                is_held=bool(others)
                or self.max_growth is not None
                or self.job.options.max_memory is not None,
            ),
            budget_bytes=budget,
            state="new" if is_new else "removed" if is_gone else "unchanged" if same else "changed",
            commit=None,
            old=None if is_new else _shown_side(old.report),
            new=None if is_gone else _shown_side(new.report),
            counts=counts,
            memory=bytes_,
            reload=None if old.absent or new.absent else _reload(old.total, new.total),
            causes=causes,
            servers=servers,
            files=files,
            findings=findings,
            remedy=max(remedies, key=lambda one: one.saves_peak_bytes, default=None),
            exceeds=bool(over) or grows or (is_over and peak > totals[0].reload_peak_worst_bytes),
            over=over,
            budget="; ".join(
                text
                for text in (
                    _standing(*totals, budget),
                    *(
                        f"over the budget of {one.budget_said} for {one.name}, as before"
                        for one in exceeded
                        if not one.is_more
                    ),
                )
                if text
            ),
        )


@dataclass(slots=True)
class _SideParts:
    """The report of one configuration, and the parts of its cost."""

    report: result.ConfigReport
    total: Total
    causes: list[Part]
    servers: list[Part]
    files: list[Part]
    absent: bool

    def add_unread(self, files: dict[str, str]) -> None:
        """Report files as problems with a reason each, unless there is one for the file.

        A bundle that could not be read has its cost guessed, and is no problem otherwise.
        """
        problems = list(self.report.problems)
        for path, reason in files.items():
            name = printable(path)
            if not any(name in problem.message or name == problem.file for problem in problems):
                problems.append(result.ProblemInfo(file=name, line=None, message=printable(reason)))
        if files:
            self.report = replace(self.report, complete=False, problems=problems)


def _shown_side(report: result.ConfigReport) -> Side:
    return Side(**{f.name: getattr(report, f.name) for f in fields(Side)})


def _changes(old: dict[str, int], new: dict[str, int], of: type[Model]) -> dict[str, Change]:
    return {
        f.name: Change(before=old[f.name], after=new[f.name])
        for f in fields(of)  # type: ignore[arg-type]
        if f.name != "total"
    }


def _counts(side: _SideParts) -> dict[str, int]:
    report = side.report
    of_blocks = {f.name: getattr(report.blocks, f.name) for f in fields(result.Blocks)}
    return of_blocks | {
        "locations_inheriting": report.locations_inheriting,
        "ssl_contexts": report.ssl_contexts,
        "ca_loads": report.ca_loads,
        "workers": 0 if side.absent else report.workers,
    }


def _verdict(*, is_read: bool, is_over: bool, grows: bool, is_held: bool) -> DiffVerdict:
    reasons = (not is_read, is_over, grows, is_held, True)
    return next(verdict for verdict, holds in zip(VERDICTS, reasons, strict=True) if holds)


class _Budgeted(NamedTuple):
    """A figure beside the worst peak that a budget is held against.

    ``grown`` says what it was and is, ``budget_said`` its budget.
    """

    name: str
    change: Change
    budget: int
    grown: str
    budget_said: str

    @property
    def is_over(self) -> bool:
        """Whether it is over its budget, also if it has not grown."""
        return self.change.after > self.budget

    @property
    def is_more(self) -> bool:
        """Whether it has grown."""
        return self.change.after > self.change.before


def _budgeted(
    old: result.MemoryTotal, new: result.MemoryTotal, counts: CountChanges, options: Options
) -> Iterator[_Budgeted]:
    """The figures beside the worst peak that have a budget."""
    if (budget := options.max_start_memory) is not None:
        start = Change(before=old.start_bytes, after=new.start_bytes)
        grown = f"{human_range(start.before, start.after)} at start"
        yield _Budgeted("memory at start", start, budget, grown, human_budget(budget))
    for name, change, most in (
        ("CA loads", counts.ca_loads, options.max_ca_loads),
        ("TLS contexts", counts.ssl_contexts, options.max_contexts),
    ):
        if most is not None:
            grown = f"{change.before:,} → {change.after:,} {name}"
            yield _Budgeted(name, change, most, grown, f"{most:,}")


def _standing(old: result.MemoryTotal, new: result.MemoryTotal, budget: int | None) -> str:
    """How the worst reload peaks stand to the budget, if there is one."""
    if budget is None:
        return ""
    over, was_over = (
        total.reload_peak_worst_bytes - budget if total.reload_peak_worst_bytes > budget else 0
        for total in (new, old)
    )
    held = f"its budget of {human_budget(budget)}"
    now = f"over {held} by {human(over)}" if over else f"within {held}"
    before = ""
    if over or was_over:
        before = f", was over by {human(was_over)}" if was_over else ", was within it"
    return now + before


def _reload(old: Total, new: Total) -> ReloadOfChange:
    """The reload from one configuration to another: one of those that it holds is the new one."""
    kept = old.after_reload - old.start + new.start
    return ReloadOfChange(
        peak_bytes=old.reload_peak - old.start + new.start,
        peak_worst_bytes=old.reload_peak_worst - old.start + new.start,
        kept_bytes=max(kept, old.after_reload),
    )


def _total(side: _SideParts) -> dict[str, int]:
    return {f"{name}_bytes": size for name, size in side.total._asdict().items()}


def _memory(side: _SideParts) -> dict[str, int]:
    return {f.name: getattr(side.report.memory, f.name) for f in fields(result.Memory)}
