"""Run the rules: drafts in, findings out, with severity, place, fingerprint and suppression."""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from nginx_memlint import result
from nginx_memlint.config.syntax import ParsedFile
from nginx_memlint.config.tree import Block, Setting
from nginx_memlint.policy import Policy
from nginx_memlint.printable import printable
from nginx_memlint.remedies import Proposal
from nginx_memlint.rules import RULES
from nginx_memlint.rules.rule import Draft, Rule
from nginx_memlint.situation import Situation

MAX_RELATED = 5

_ORDER = {"error": 0, "warning": 1, "note": 2}


@dataclass(slots=True)
class Outcome:
    """What the rules found, worst first, what was accepted, and all changes worth making."""

    findings: list[result.Finding] = field(default_factory=list)
    suppressed: list[result.Suppressed] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)


def run(situation: Situation, policy: Policy) -> Outcome:
    """Apply every rule that is not off."""
    outcome = Outcome()
    fingerprints: Counter[str] = Counter()
    for rule in RULES:
        if policy.severities.get(rule.code, rule.severity) is None:
            continue
        for draft in rule.check(situation):
            usual = draft.severity or rule.severity
            severity = policy.severities.get(rule.code) or usual
            outcome.findings.append(_finding(rule, severity, draft, situation, fingerprints))
            outcome.proposals += draft.proposals or ()
    outcome.findings.sort(key=lambda finding: _ORDER[finding.severity])
    return outcome


def is_shown(outcome: Outcome, code: str, setting: Setting | None, situation: Situation) -> bool:
    """Whether a finding of a rule on a directive is among the findings."""
    file, line, column, _ = _position(setting, situation)
    place = (code, printable(file.name), line, column)
    return any(place == (f.rule, f.file, f.line, f.column) for f in outcome.findings)


def remedies(now: Situation, proposals: list[Proposal]) -> list[result.Remedy]:
    """The proposals as results, each once, those that save most first."""
    found = {remedy.change: remedy for remedy in (remedy_of(now, p) for p in proposals)}
    return sorted(found.values(), key=lambda remedy: -remedy.saves_peak_bytes)


def remedy_of(now: Situation, proposal: Proposal) -> result.Remedy:
    """A proposal and what it saves."""
    before, after = now.estimate, proposal.after.estimate
    return result.Remedy(
        change=printable(proposal.text),
        start_bytes=after.start,
        peak_bytes=after.reload_peak_worst,
        saves_start_bytes=before.start - after.start,
        saves_peak_bytes=before.reload_peak_worst - after.reload_peak_worst,
        ca_loads=proposal.after.ca_loads,
        fixable=proposal.change is not None,
    )


def _finding(
    rule: Rule,
    severity: result.Severity,
    draft: Draft,
    situation: Situation,
    fingerprints: Counter[str],
) -> result.Finding:
    file, line, column, length = _position(draft.setting, situation)
    places = draft.places or []
    proposals = draft.proposals or []
    fingerprint = _fingerprint(rule, draft.setting, situation)
    fingerprints[fingerprint] += 1
    if fingerprints[fingerprint] > 1:
        fingerprint += f"-{fingerprints[fingerprint]}"
    return result.Finding(
        rule=rule.code,
        name=rule.name,
        severity=severity,
        message=printable(draft.message),
        file=printable(file.name),
        line=line,
        column=column,
        end_column=column + length,
        source=printable(file.source_line(line).strip()),
        bytes=draft.bytes,
        related=[
            _related(place.at, place.message, place.bytes, situation)
            for place in places[:MAX_RELATED]
        ],
        related_total=len(places),
        remedy=remedy_of(situation, proposals[0]) if proposals else None,
        fingerprint=fingerprint,
    )


def _related(at: Block | Setting, message: str, size: int, situation: Situation) -> result.Related:
    file, line, column, _ = _position(at, situation)
    return result.Related(
        file=printable(file.name),
        line=line,
        column=column,
        message=printable(message),
        bytes=size,
    )


def _position(at: Block | Setting | None, situation: Situation) -> tuple[ParsedFile, int, int, int]:
    """File, line, column and length of a directive's name; the main file's start without one."""
    if at is None or at.directive is None:
        return situation.tree.main.inclusion.file, 1, 1, 0
    file = at.inclusion.file
    span = file.span(at.directive)
    return file, span.line, span.column, len(at.directive.name)


def _fingerprint(rule: Rule, setting: Setting | None, situation: Situation) -> str:
    """Of rule, relative file, the blocks around and the directive; never a line or its place."""
    parts = [rule.code]
    if setting is not None:
        parts.append(posixpath.relpath(setting.file.path, situation.tree.directory or "/"))
        parts += reversed(list(_around(setting.block)))
        parts.append(setting.name)
    text = "\0".join(parts)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _around(block: Block) -> Iterator[str]:
    for outer in (block, *block.ancestors()):
        names = outer.own("server_name") or outer.own("listen") if "server" in outer.kind else []
        yield " ".join([outer.label, *(arg for name in names[:1] for arg in name.directive.args)])
