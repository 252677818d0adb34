"""Problems and findings as one list, from which all formats for machines are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.acceptance.lowered import unique
from nginx_memlint.printable import printable
from nginx_memlint.report.advice import advice
from nginx_memlint.result import (
    ConfigReport,
    Finding,
    Lowered,
    NotPricedInfo,
    ProblemInfo,
    Related,
    Report,
    Severity,
    Suppressed,
)
from nginx_memlint.rules.reading import LOWERED, NOT_PRICED, READING


class Issue(NamedTuple):
    """A line of a report. All text is printable; ``bytes`` are those of the finding."""

    rule: str
    name: str
    severity: Severity
    message: str
    file: str
    line: int | None
    fingerprint: str
    bytes: int = 0
    column: int | None = None
    end_column: int | None = None
    """The column after the end of the directive's name; None if it is unknown."""
    advice: str = ""
    """The change that saves most; empty if there is none."""
    related: tuple[Related, ...] = ()

    @property
    def text(self) -> str:
        """The message, and the advice on a line of its own."""
        return f"{self.message}\n{self.advice}" if self.advice else self.message

    def at(self, file: str) -> str:
        """One line ``path:line:col: severity CODE message``, with the given name of the file."""
        place = f"{file}:{self.line or 1}:{self.column or 1}"
        return f"{place}: {self.severity} {self.rule} {self.message}"


def issues(config: ConfigReport) -> Iterator[Issue]:
    """The problems of a configuration, its findings in order, and what is not priced."""
    yield from map(_of_problem, config.problems)
    yield from map(_of_finding, config.findings)
    yield from map(_of_not_priced, config.not_priced)


def lowered(report: Report) -> Iterator[Issue]:
    """Entries of settings, comments and baselines that may lower the report, each once."""
    distinct = unique(item for config in report.configs for item in config.lowered)
    return map(of_lowered, distinct)


def of_lowered(item: Lowered) -> Issue:
    """The line for what may have lowered a report."""
    return Issue(
        rule=LOWERED.code,
        name=LOWERED.name,
        severity=LOWERED.severity,
        message=printable(item.what),
        file=printable(item.file),
        line=item.line,
        fingerprint=printable(f"{LOWERED.code}:{item.file}:{item.what}"),
    )


def suppressed(config: ConfigReport) -> Iterator[tuple[Suppressed, Issue]]:
    """The findings that were accepted."""
    for item in config.suppressed:
        yield (
            item,
            Issue(
                rule=item.rule,
                name="",
                severity=item.severity,
                message=printable(item.message),
                file=printable(item.file),
                line=item.line,
                fingerprint=printable(item.fingerprint),
                bytes=item.bytes,
            ),
        )


def _of_problem(problem: ProblemInfo) -> Issue:
    chain = f" (included from {' → '.join(problem.chain)})" if problem.chain else ""
    return Issue(
        rule=READING.code,
        name=READING.name,
        severity="warning" if problem.complete else "error",
        message=printable(f"{problem.message}{chain}"),
        file=printable(problem.file),
        line=problem.line,
        column=problem.column,
        fingerprint=printable(f"{READING.code}:{problem.file}:{problem.message}"),
    )


def _of_not_priced(item: NotPricedInfo) -> Issue:
    what = f"not counted: {item.what} ({item.name})"
    return Issue(
        rule=NOT_PRICED.code,
        name=NOT_PRICED.name,
        severity=NOT_PRICED.severity,
        message=printable(what),
        file=printable(item.file),
        line=item.line,
        column=None,
        end_column=None,
        advice="",
        fingerprint=printable(f"{NOT_PRICED.code}:{item.file}:{item.name}"),
        bytes=0,
    )


def _of_finding(finding: Finding) -> Issue:
    has_end = finding.end_column > finding.column
    return Issue(
        rule=finding.rule,
        name=finding.name,
        severity=finding.severity,
        message=printable(finding.message),
        file=printable(finding.file),
        line=finding.line,
        column=finding.column,
        end_column=finding.end_column if has_end else None,
        advice=advice(finding.remedy) if finding.remedy else "",
        fingerprint=printable(finding.fingerprint),
        bytes=finding.bytes,
        related=tuple(finding.related),
    )
