"""Run the rules: drafts in, findings out, with severity, place, fingerprint and suppression."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from nginx_memlint import result
from nginx_memlint.acceptance.accepted import PathIgnores, suppressed
from nginx_memlint.acceptance.comments import ABOUT_COMMENTS, Mark
from nginx_memlint.files.paths import encode, relative
from nginx_memlint.policy import Policy
from nginx_memlint.printable import printable
from nginx_memlint.remedies.proposals import other_allocator
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.rules import RULES, codes, ignore_unused
from nginx_memlint.rules.rule import Draft, Rule
from nginx_memlint.syntax.directives import ParsedFile
from nginx_memlint.tree.changes import obstacle
from nginx_memlint.tree.expanded import Block, Setting

MAX_RELATED = 5

MAX_QUOTED = 1000
"""Characters of a line that are quoted: a whole file may be on one line."""

_ORDER = {"error": 0, "warning": 1, "note": 2}

_IGNORABLE = {
    name: rule.code
    for rule in RULES
    if not rule.code.startswith(ABOUT_COMMENTS)
    for name in (rule.code, rule.name)
}
"""Code or name → code, of the rules whose findings a comment may accept."""


def no_rules(policy: Policy) -> Policy:
    """A policy without findings, for outputs that show none."""
    lowered = tuple(item for item in policy.lowered if item.of == "figures")
    severities = dict.fromkeys(codes())
    return Policy(severities=severities, lowered=lowered, problems=policy.problems)


@dataclass(eq=False, repr=False)
class Outcome:
    """The findings, worst first, with those that were accepted and the changes worth making."""

    findings: list[result.Finding] = field(default_factory=list)
    suppressed: list[result.Suppressed] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    fixes: list[Proposal] = field(default_factory=list)
    """For each finding, the best of its changes that edits files."""
    unlisted: int = 0
    """The number of findings beyond the bound."""


def run(situation: Situation, policy: Policy, *, complete: bool = True) -> Outcome:
    """Apply every rule that is not off, then the comments and settings that accept findings.

    ``complete`` says that the configuration was read in full: only then can a comment be unused.
    """
    outcome = Outcome()
    fingerprints = _Fingerprints(situation)
    severities = {rule.code: policy.severities.get(rule.code, rule.severity) for rule in RULES}
    judged = [code for code, severity in severities.items() if severity and complete]
    situation.ignores.prepare(_IGNORABLE, judged)
    path_ignores = PathIgnores(policy.ignores, situation.tree.work)
    for rule in RULES:
        severity = severities[rule.code]
        if severity is None or (outcome.unlisted and rule.code == ignore_unused.CODE):
            continue
        drafts = sorted(rule.check(situation), key=lambda draft: -draft.bytes)
        most = situation.tree.source.bounds.findings
        outcome.unlisted += max(0, len(drafts) - most)
        for draft in drafts[:most]:
            situation.tree.work.take(1 + len(draft.places or ()))
            chosen = severity if rule.code in policy.severities else draft.severity or severity
            finding = _finding(rule, chosen, draft, situation, fingerprints)
            accepted = _ignored(finding, draft, situation) or path_ignores.accepting(finding)
            if accepted is not None:
                outcome.suppressed.append(accepted)
                continue
            outcome.findings.append(finding)
            outcome.proposals += draft.proposals or ()
            outcome.fixes += [p for p in draft.proposals or () if p.change is not None][:1]
    if outcome.findings:
        outcome.proposals += other_allocator(situation)
    outcome.findings.sort(key=lambda finding: _ORDER[finding.severity])
    return outcome


def _ignored(
    finding: result.Finding, draft: Draft, situation: Situation
) -> result.Suppressed | None:
    """The record of a finding that a comment accepts, else None."""
    if draft.comment is not None:
        return None
    accepted = situation.ignores.accepting(finding.rule, draft.setting)
    if accepted is None:
        return None
    ignore, code = accepted
    place = result.Location(file=printable(code.file.name), line=code.line, column=code.column)
    return suppressed(finding, "ignore", printable(ignore.reason), place)


def shown(outcome: Outcome, code: str) -> set[tuple[str, int, int]]:
    """The places of a rule's findings: file, line and column."""
    return {(f.file, f.line, f.column) for f in outcome.findings if f.rule == code}


def place_of(setting: Setting | None, situation: Situation) -> tuple[str, int, int]:
    """The file, line and column of a finding at a directive."""
    file, line, column, _ = _position(setting, situation)
    return printable(file.name), line, column


def remedies(now: Situation, proposals: list[Proposal]) -> list[result.Remedy]:
    """The proposals as results, each once, the largest saving first."""
    distinct = {remedy.change: remedy for remedy in (remedy_of(now, p) for p in proposals)}
    return sorted(distinct.values(), key=lambda remedy: -remedy.saves_peak_bytes)


def remedy_of(now: Situation, proposal: Proposal) -> result.Remedy:
    """A proposal as a result, with the bytes that it saves."""
    if proposal not in now.remedies:
        now.remedies[proposal] = _remedy(now, proposal)
    return now.remedies[proposal]


def _remedy(now: Situation, proposal: Proposal) -> result.Remedy:
    before, after = now.total, proposal.after.total
    change = proposal.change
    fixable = change is not None and (
        proposal.is_clear or obstacle(now.tree, proposal.after.tree, change) is None
    )
    return result.Remedy(
        change=printable(proposal.text),
        start_bytes=after.start,
        peak_bytes=after.reload_peak_worst,
        saves_start_bytes=before.start - after.start,
        saves_peak_bytes=before.reload_peak_worst - after.reload_peak_worst,
        ca_loads=proposal.after.ca_loads,
        fixable=fixable,
        unsafe=proposal.kind.doubt if fixable and proposal.kind is not None else "",
    )


def _finding(
    rule: Rule,
    severity: result.Severity,
    draft: Draft,
    situation: Situation,
    fingerprints: _Fingerprints,
) -> result.Finding:
    file, line, column, length = _position(draft.comment or draft.setting, situation)
    places = draft.places or []
    proposals = draft.proposals or []
    return result.Finding(
        rule=rule.code,
        name=rule.name,
        severity=severity,
        message=printable(draft.message),
        file=printable(file.name),
        line=line,
        column=column,
        end_column=column + length,
        source=_quoted(file.source_line(line)),
        bytes=draft.bytes,
        count=draft.count,
        related=[
            _related(place.at, place.message, place.bytes, situation)
            for place in places[:MAX_RELATED]
        ],
        related_total=len(places),
        remedy=remedy_of(situation, proposals[0]) if proposals else None,
        fingerprint=fingerprints.of(rule, draft),
    )


def _quoted(line: str) -> str:
    """A line as it stands in the file; tabs in front are a column each, as nginx has it."""
    text = line.strip()
    shown = text if len(text) <= MAX_QUOTED else text[:MAX_QUOTED] + "…"
    before = len(line) - len(line.lstrip())
    return (" " * before if before <= MAX_QUOTED else "") + printable(shown)


def _related(at: Block | Setting, message: str, size: int, situation: Situation) -> result.Related:
    file, line, column, _ = _position(at, situation)
    return result.Related(
        file=printable(file.name),
        line=line,
        column=column,
        message=printable(message),
        bytes=size,
    )


def _position(
    at: Block | Setting | Mark | None, situation: Situation
) -> tuple[ParsedFile, int, int, int]:
    """File, line, column and length of a directive's name; without one, the main file's start."""
    if isinstance(at, Mark):
        return at.file, at.line, at.column, len(at.text)
    if at is None or at.directive is None:
        return situation.tree.main.inclusion.file, 1, 1, 0
    file = at.inclusion.file
    span = file.span(at.directive)
    return file, span.line, span.column, len(at.directive.name)


class _Fingerprints:
    """Fingerprints of drafts, by which the next run knows them: without lines or absolute paths."""

    def __init__(self, situation: Situation) -> None:
        self._directory = situation.tree.directory
        self._seen: Counter[str] = Counter()
        self._around: dict[tuple[str, str], dict[Block, Any]] = {}

    def of(self, rule: Rule, draft: Draft) -> str:
        """The fingerprint of a draft; the second draft with the same one gets a suffix."""
        made = self._hash(rule.code, draft).hexdigest()[:16]
        self._seen[made] += 1
        return f"{made}-{self._seen[made]}" if self._seen[made] > 1 else str(made)

    def _hash(self, code: str, draft: Draft) -> Any:  # noqa: ANN401
        if draft.identity is not None:
            return _hash(code, *draft.identity)
        if draft.comment is not None:
            path = relative(draft.comment.file.path, self._directory)
            return _hash(code, path, draft.comment.text)
        if draft.setting is None:
            return _hash(code)
        path = relative(draft.setting.file.path, self._directory)
        return _more(self._of_block(code, path, draft.setting.block), draft.setting.name)

    def _of_block(self, code: str, path: str, block: Block) -> Any:  # noqa: ANN401
        """The hash of a block and those around it; a loop, as blocks may nest thousands deep."""
        hashes = self._around.setdefault((code, path), {})
        pending = []
        around: Block | None = block
        while around is not None and around not in hashes:
            pending.append(around)
            around = around.parent
        made = _hash(code, path) if around is None else hashes[around]
        for inner in reversed(pending):
            made = hashes[inner] = _more(made, _words(inner))
        return made


def _hash(*parts: str) -> Any:  # noqa: ANN401
    import hashlib  # noqa: PLC0415  many configurations have no findings

    return hashlib.sha256(encode("\0".join(parts)))


def _more(made: Any, part: str) -> Any:  # noqa: ANN401
    """The hash with one more part."""
    made = made.copy()
    made.update(encode("\0" + part))
    return made


def _words(block: Block) -> str:
    names = block.titles() if "server" in block.kind else []
    return " ".join([block.label, *(arg for name in names[:1] for arg in name.directive.args)])
