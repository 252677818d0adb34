"""The baseline: findings that were there when it was written, and are accepted until they grow.

It is a JSON file, to be kept in the repository of the configurations: for each main file, named as
seen from the file's directory, the findings by their fingerprints. It holds no line numbers,
absolute paths or times, so it changes only with the findings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

from nginx_memlint.acceptance.accepted import suppressed
from nginx_memlint.acceptance.comments import ABOUT_COMMENTS
from nginx_memlint.acceptance.lowered import by_acceptance
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.json import check_amount, read_json
from nginx_memlint.files.paths import relative
from nginx_memlint.files.reading import NotRegularError
from nginx_memlint.files.signals import uninterrupted
from nginx_memlint.files.writing import write_atomically
from nginx_memlint.printable import printable
from nginx_memlint.result import (
    BaselineInfo,
    ConfigReport,
    Finding,
    GoneEntry,
    Model,
    Report,
    Suppressed,
)
from nginx_memlint.sizes import MIB, human, human_growth

MAX_SIZE = 1 << 63

if TYPE_CHECKING:
    from pydantic import TypeAdapter

STDIN = "-"


@dataclass(frozen=True, kw_only=True)
class AcceptedFinding(Model):
    """A finding that a baseline accepts."""

    rule: str
    name: str
    file: str
    """The path of the file from the baseline's directory, as of all names in a baseline."""
    bytes: int
    count: int | None = None
    """The CA loads, contexts or blocks; then bytes only explain."""


class Acceptance(NamedTuple):
    """Findings of a configuration, sorted by a baseline."""

    new: list[Finding]
    """Findings that are not in the baseline, or have grown."""
    suppressed: list[Suppressed]
    gone: list[tuple[str, AcceptedFinding]]
    """Fingerprints and entries of the baseline that no finding has."""


@dataclass(frozen=True)
class Baseline:
    """The accepted findings of a baseline file: main file → fingerprint → entry."""

    path: str
    roots: Mapping[str, Mapping[str, AcceptedFinding]] = field(default_factory=dict)

    @property
    def directory(self) -> str:
        """The absolute path of the directory that names in the baseline are relative to."""
        return os.path.dirname(os.path.abspath(self.path))

    def name(self, file: str) -> str:
        """The name of a file in the baseline."""
        return file if file == STDIN else relative(os.path.abspath(file), self.directory)

    def accept(self, root: str, findings: Iterable[Finding]) -> Acceptance:
        """Sort the findings of a main file into new and accepted ones.

        Counts and sizes are compared with those recorded, so that small steps add up.
        """
        entries = dict(self.roots.get(self.name(root), {}))
        result = Acceptance([], [], [])
        for finding in findings:
            entry = entries.pop(finding.fingerprint, None) if _may_accept(finding) else None
            if entry is None:
                result.new.append(finding)
            elif has_grown(finding, entry):
                result.new.append(_grown(finding, entry))
            else:
                result.suppressed.append(suppressed(finding, "baseline", ""))
        result.gone.extend(entries.items())
        return result

    def updated(self, configs: Iterable[ConfigReport]) -> Baseline:
        """The baseline that accepts the findings of these reports, and others as before.

        Main files that no longer exist are left out.
        """
        roots = {root: dict(entries) for root, entries in self.roots.items() if self._exists(root)}
        for config in configs:
            roots[self.name(config.main_file)] = {
                finding.fingerprint: AcceptedFinding(
                    rule=finding.rule,
                    name=finding.name,
                    file=self.name(finding.file),
                    bytes=finding.bytes,
                    count=finding.count,
                )
                for finding in config.findings
                if _may_accept(finding)
            }
        return Baseline(self.path, {root: entries for root, entries in roots.items() if entries})

    def applied(self, report: Report) -> Report:
        """The report with accepted findings moved out of its findings."""
        configs = []
        gone = []
        for config in report.configs:
            accepted = self.accept(config.main_file, config.findings)
            configs.append(
                replace(
                    config,
                    findings=accepted.new,
                    suppressed=[*config.suppressed, *accepted.suppressed],
                    lowered=[
                        *config.lowered,
                        *by_acceptance(accepted.suppressed, printable(self.path)),
                    ],
                )
            )
            if config.complete:
                root = self.name(config.main_file)
                gone += [self._gone(root, *entry, exists=True) for entry in accepted.gone]
        checked = {self.name(config.main_file) for config in report.configs if config.complete}
        for root, entries in self.roots.items():
            if root not in checked and not self._exists(root):
                gone += [self._gone(root, *entry, exists=False) for entry in entries.items()]
        return replace(
            report, configs=configs, baseline=BaselineInfo(path=printable(self.path), gone=gone)
        )

    def dumps(self) -> str:
        """The baseline as JSON: sorted, each value on a line of its own."""
        roots = {
            root: {
                fingerprint: {
                    "rule": entry.rule,
                    "name": entry.name,
                    "file": entry.file,
                    **({} if entry.count is None else {"count": entry.count}),
                    "bytes": entry.bytes,
                }
                for fingerprint, entry in sorted(entries.items(), key=_order)
            }
            for root, entries in sorted(self.roots.items())
        }
        content = {"memlint_baseline": 1, "roots": roots}
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"

    def write(self) -> None:
        """Write the file in one step. Raises MemlintError, and then leaves the file as it was."""
        try:
            data = self.dumps().encode()
            check_amount(data)  # what is written can be read again
            with uninterrupted():
                write_atomically(self.path, data)
        except (OSError, MemlintError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise _error(f"cannot write {self.path}: {reason}") from None

    def _exists(self, root: str) -> bool:
        return root == STDIN or os.path.lexists(os.path.join(self.directory, root))

    def _gone(
        self, root: str, fingerprint: str, entry: AcceptedFinding, *, exists: bool
    ) -> GoneEntry:
        return GoneEntry(
            root=printable(root),
            root_exists=exists,
            rule=printable(entry.rule),
            name=printable(entry.name),
            file=printable(entry.file),
            bytes=entry.bytes,
            fingerprint=fingerprint,
        )


ANOTHER_BUNDLE = 1.35
"""Times the bytes that a load of another release of a system's bundle may take: the largest of
Mozilla's lists since 2015 has 168 certificates, the smallest 128."""


def has_grown(finding: Finding, entry: AcceptedFinding | Finding) -> bool:
    """Whether a finding is of more than what its entry accepts, or than what it was before.

    With equal counts, another release of a CA bundle is no growth.
    """
    allowed = entry.bytes + slack(entry.bytes)
    if finding.count is not None and entry.count is not None:
        if finding.count > entry.count:
            return True
        allowed = max(allowed, round(entry.bytes * ANOTHER_BUNDLE))
    return finding.bytes > allowed


def slack(size: int) -> int:
    """Bytes by which a finding may outgrow its recorded size and still be accepted.

    It allows for an update of a bundle or of the estimate.
    """
    return max(size // 100, MIB)


def load(path: str, *, or_new: bool = False) -> Baseline:
    """Read a baseline; an empty one if ``or_new`` and there is no file. Raises MemlintError."""
    try:
        roots = read_json(path, _model()).roots
    except FileNotFoundError:
        if or_new:
            return Baseline(path)
        raise _error(f"there is no {path}: make it with --write-baseline") from None
    except NotRegularError as error:
        raise _error(f"{path} is not a file: it {error.strerror}") from None
    except OSError as error:
        raise _error(f"cannot read {path}: {error.strerror}") from None
    except MemlintError as error:
        raise _error(f"{path} is no baseline: {error}") from None
    accepted = [entry for entries in roots.values() for entry in entries.values()]
    if not all(0 <= number < MAX_SIZE for e in accepted for number in (e.bytes, e.count or 0)):
        raise _error(f"{path} is no baseline: a number is negative, or far too large")
    return Baseline(path, roots)


def _error(message: str) -> MemlintError:
    return MemlintError(printable(message), "--baseline")


def _model() -> TypeAdapter[Any]:
    """The pydantic model of a baseline file."""
    from pydantic import Field, TypeAdapter  # noqa: PLC0415  takes long to import

    @dataclass(frozen=True, kw_only=True)
    class BaselineFile(Model):
        memlint_baseline: Literal[1]
        roots: dict[
            str,
            dict[
                Annotated[str, Field(pattern=r"\A[0-9a-f]{16}(-[0-9]{1,9})?\z")],
                AcceptedFinding,
            ],
        ]

    return TypeAdapter(BaselineFile)


def _may_accept(finding: Finding) -> bool:
    return not finding.rule.startswith(ABOUT_COMMENTS)


def _grown(finding: Finding, entry: AcceptedFinding) -> Finding:
    more = f"its cost grew from {human(entry.bytes)} to {human(finding.bytes)}"
    more += f" ({human_growth(entry.bytes, finding.bytes)})"
    if finding.count is not None and entry.count is not None and finding.count > entry.count:
        more += f", its count from {entry.count:,} to {finding.count:,}"
    return replace(finding, message=f"{finding.message}; {more}", accepted_bytes=entry.bytes)


def _order(item: tuple[str, AcceptedFinding]) -> tuple[str, str, str]:
    fingerprint, entry = item
    return entry.rule, entry.file, fingerprint
