"""The findings of a change: which are new, worse or gone. They are matched by fingerprints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nginx_memlint.acceptance.baseline import has_grown
from nginx_memlint.comparison.difference import Change, FindingChange, FindingState
from nginx_memlint.result import Finding

_GRAVITY = {"note": 0, "warning": 1, "error": 2}

_ORDER: tuple[FindingState, ...] = ("new", "worse", "gone")


def finding_changes(old: Sequence[Finding], new: Sequence[Finding]) -> list[FindingChange]:
    """The findings that differ: new ones first, and of those the gravest first.

    One that says the same of another place has moved, as with a file that is renamed.
    """
    before, after = ({one.fingerprint: one for one in findings} for findings in (old, new))
    left = {_said(one): name for name, one in before.items() if name not in after}
    for finding in new:
        if finding.fingerprint not in before and (moved := left.pop(_said(finding), None)):
            del after[finding.fingerprint], before[moved]
    changes = _changes(before, after)
    return sorted(changes, key=lambda one: (_ORDER.index(one.state), -_GRAVITY[one.severity]))


def _said(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.severity, finding.message, finding.bytes, finding.count


def _changes(old: dict[str, Finding], new: dict[str, Finding]) -> Iterator[FindingChange]:
    for fingerprint, finding in new.items():
        before = old.get(fingerprint)
        if before is None:
            yield _change("new", finding, 0, finding.bytes)
        elif has_grown(finding, before) or _GRAVITY[finding.severity] > _GRAVITY[before.severity]:
            yield _change("worse", finding, before.bytes, finding.bytes)
    for fingerprint, finding in old.items():
        if fingerprint not in new:
            yield _change("gone", finding, finding.bytes, 0)


def _change(state: FindingState, finding: Finding, before: int, after: int) -> FindingChange:
    sizes = Change(before=before, after=after)
    return FindingChange(state=state, **finding.in_brief(), bytes=sizes)
