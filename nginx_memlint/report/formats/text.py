"""Text for people: the verdict first, its reasons, what would help; several as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.report.detail import Detail
from nginx_memlint.report.screen import Page, Words
from nginx_memlint.report.verdict import (
    BY,
    PASSES,
    SAID,
    is_counted,
    last_line,
    outcome,
    rank,
    taken_for,
    total,
)
from nginx_memlint.report.views import section
from nginx_memlint.result import BaselineInfo, ConfigReport, Finding, Lowered, Report
from nginx_memlint.sizes import human

MAX_LOWERED = 20
MAX_GONE = 20
MAX_IN_FULL = 2
"""Configurations with findings that are shown in full; where there are more, all are in short."""
MAX_IN_SHORT = 5
MAX_CAUSES = 3
"""Lines on one configuration in short."""
MAX_ROWS = 1000
"""Configurations in the table of all."""
MAX_NOTES = 5


def write(report: Report, out: TextIO, detail: Detail = Detail.NORMAL) -> None:
    """Write the report."""
    page = Page(out)
    configs = report.configs
    worst_first = sorted(configs, key=rank)
    failing = [config for config in worst_first if outcome(config) not in PASSES]
    if len(configs) == 1 and detail is Detail.QUIET:
        page.line(*section.headline(configs[0]))
    elif detail is not Detail.QUIET:
        shown = failing if len(configs) > 1 else configs
        if detail is Detail.VERBOSE or len(shown) <= MAX_IN_FULL:
            for config in shown:
                section.write(config, page, detail)
        else:
            _in_short(shown, page)
        if len(configs) > 1 and shown:
            page.line()
    if len(configs) > 1:
        _overview(worst_first, page)
        if detail is not Detail.QUIET:
            _notes([config for config in configs if outcome(config) in PASSES], page)
    for line in lowered_lines(item for config in configs for item in config.lowered):
        page.line((line, "dim"))
    if report.baseline is not None:
        _gone(report.baseline, page)
    if len(configs) > 1 or (failing and detail is not Detail.QUIET):
        more = ". More: --verbose" if failing and detail is Detail.NORMAL else ""
        page.line((last_line(configs), "bold"), more)


def lowered_lines(lowered: Iterable[Lowered]) -> Iterator[str]:
    """Lines on entries that may lower the report, each place once, up to MAX_LOWERED."""
    listed = unique(lowered)
    if listed:
        yield "decided by settings, comments and baselines"
    for item in listed[:MAX_LOWERED]:
        place = item.file if item.line is None else f"{item.file}:{item.line}"
        yield f"  {place}: {item.what}"
    if len(listed) > MAX_LOWERED:
        yield f"  and {len(listed) - MAX_LOWERED:,} more (--format json)"


def write_suppressed(report: Report, out: TextIO) -> None:
    """Write the accepted findings, each with what accepts it."""
    page = Page(out)
    for config in report.configs:
        if config.suppressed:
            page.line()
            page.line(f"accepted in {config.path}")
        for finding in config.suppressed:
            by = BY[finding.by]
            if finding.ignore is not None:
                by += f" at {finding.ignore.file}:{finding.ignore.line}"
            if finding.reason:
                by += f": {finding.reason}"
            line = f"{finding.severity} {finding.rule}: {finding.message}"
            page.line(f"  {finding.file}:{finding.line}: {line}")
            page.line((f"      by {by}", "dim"))


def _in_short(configs: Sequence[ConfigReport], page: Page) -> None:
    """A line for each place where something was found, the worst configurations first."""
    for config in configs[:MAX_IN_SHORT]:
        problems = [
            f"{problem.file}:{problem.line or 1}: {problem.message}" for problem in config.problems
        ]
        places: dict[tuple[str, int], list[Finding]] = {}
        for finding in config.findings:
            places.setdefault((finding.file, finding.line), []).append(finding)
        lines = [*problems, *(_cause(findings) for findings in places.values())]
        last = MAX_CAUSES if len(lines) <= MAX_CAUSES else MAX_CAUSES - 1
        for line in lines[:last]:
            page.whole(line)
        if rest := len(lines) - last if len(lines) > last else 0:
            page.line(f"{config.path}: {rest:,} more")
    if len(configs) > MAX_IN_SHORT:
        page.line(f"and {len(configs) - MAX_IN_SHORT:,} more configurations with findings")


def _cause(findings: Sequence[Finding]) -> str:
    """A line, which may be cut, on the findings of one place."""
    first = findings[0]
    codes = " ".join(dict.fromkeys(finding.rule for finding in findings))
    message = next((f.message for f in findings if f.rule not in SAID), first.message)
    return f"{first.file}:{first.line}: {first.severity} {codes}: {message}"


def _overview(configs: Sequence[ConfigReport], page: Page) -> None:
    """A table of all configurations, the worst first."""
    has_budget = any(config.budget_bytes is not None for config in configs)
    heads = ["", "start", "one reload", "in a row", *["budget"] * has_budget, "configuration"]
    rows: list[list[Words]] = [[(head, "dim") for head in heads]]
    for config in configs[:MAX_ROWS]:
        said = outcome(config)
        size = config.memory.total
        least = "" if config.complete else "≥ "
        sizes: list[Words] = [
            f"{least}{total(config, of_phase)}" if is_counted(config) else "–"
            for of_phase in (
                size.start_bytes,
                size.reload_peak_bytes,
                size.reload_peak_worst_bytes,
            )
        ]
        if has_budget:
            sizes.append("" if config.budget_bytes is None else human(config.budget_bytes))
        rows.append([(said.words, said.style), *sizes, config.path])
    page.table(rows, right=range(1, len(heads) - 1))
    if len(configs) > MAX_ROWS:
        page.line(f"and {len(configs) - MAX_ROWS:,} more (--format json)")
    servers = {f"for {taken_for(config)}": None for config in configs}
    for line in list(servers)[:MAX_NOTES]:
        page.line((line, "dim"))
    if len(servers) > MAX_NOTES:
        page.line((f"and {len(servers) - MAX_NOTES:,} other servers (--format json)", "dim"))


def _notes(configs: Iterable[ConfigReport], page: Page) -> None:
    """Lines on what is accepted, guessed or not priced of configurations that are only a row."""
    listed = [
        f"{config.path}: {note}"
        for config in configs
        for note in (*section.accepted(config), *section.notes(config))
    ]
    for line in listed[:MAX_NOTES]:
        page.line((line, "dim"))
    if len(listed) > MAX_NOTES:
        page.line((f"and {len(listed) - MAX_NOTES:,} more such (--format json)", "dim"))


def _gone(baseline: BaselineInfo, page: Page) -> None:
    """Write the entries of the baseline that no finding has any more."""
    count = len(baseline.gone)
    if not count:
        return
    removed = {entry.root for entry in baseline.gone if not entry.root_exists}
    what = "1 entry is gone" if count == 1 else f"{count:,} entries are gone"
    if removed:
        what += f" (there is no {', '.join(sorted(removed)[:MAX_GONE])} any more)"
    page.line(f"baseline {baseline.path}: {what}: write it anew with --write-baseline")
