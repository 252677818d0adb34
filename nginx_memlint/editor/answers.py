"""Answers to what an editor asks of configurations, in the protocol's types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote

from lsprotocol import types as lsp

from nginx_memlint.editor.positions import Place, Positions
from nginx_memlint.editor.session import Followed, OpenFile, View
from nginx_memlint.files.paths import encode
from nginx_memlint.fix.apply import Edit, Plan, plans
from nginx_memlint.memory.parts import RECORDS
from nginx_memlint.printable import printable
from nginx_memlint.remedies.situation import Proposal, SettingLoads, Situation
from nginx_memlint.report.advice import advice
from nginx_memlint.report.formats.markdown import code, prose
from nginx_memlint.report.issues import Issue, issues, lowered
from nginx_memlint.result import Report, Severity
from nginx_memlint.rules.phases import phases
from nginx_memlint.rules.reading import LOWERED, READING
from nginx_memlint.settings.in_force import tree_that_lists
from nginx_memlint.sizes import MIB, human, plural
from nginx_memlint.syntax.directives import ParsedFile
from nginx_memlint.tree.tree import Tree

SOURCE = "memlint"
FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.{SOURCE}"

LEAST = MIB
"""Bytes at a start from which a part is told of in its line."""

REMEDIES = 3
"""Changes that a hover lists."""

_CAUSES = {record.name: record.causes for record in RECORDS}
"""Part → the directives and blocks that bring it."""

_SEVERITIES: dict[Severity, lsp.DiagnosticSeverity] = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "note": lsp.DiagnosticSeverity.Information,
}


class LineCost(NamedTuple):
    """The cost of a line: in a few words, and in sentences."""

    line: int
    label: str
    detail: str


class Client(NamedTuple):
    """Abilities of the editor."""

    encoding: str = "utf-16"
    versions: bool = True
    """Whether edits may name the version of the text that they are for."""
    disabled: bool = True
    """Whether it shows changes that cannot be made, with the reason."""
    creates: bool = True
    """Whether edits may create files."""


class Answers:
    """The answers to all questions about one view; ``files`` are those open, by real path."""

    def __init__(self, view: View, files: Mapping[str, OpenFile], client: Client) -> None:
        self._view = view
        self._files = files
        self._client = client
        self._positions: dict[str, Positions | None] = {}
        self._plans: dict[tuple[Followed, Proposal | None], Plan] = {}

    def uri(self, path: str) -> str:
        """The URI of a file, as the editor spells it if it is open."""
        file = self._files.get(path)
        return file.uri if file else f"file://{quote(encode(path))}"

    @cached_property
    def diagnostics(self) -> dict[str, list[lsp.Diagnostic]]:
        """URI of a file → its findings, problems and remarks."""
        listed: dict[str, list[lsp.Diagnostic]] = {}
        for path, _, _, diagnostic in self._issues:
            listed.setdefault(self.uri(path), []).append(diagnostic)
        for remark in self._view.remarks:
            listed.setdefault(self.uri(remark.path), []).append(
                lsp.Diagnostic(
                    _line_range(Place(0, 0)),
                    remark.message,
                    severity=_SEVERITIES[remark.severity],
                    source=SOURCE,
                )
            )
        return listed

    @cached_property
    def _issues(self) -> list[tuple[str, Followed, Issue, lsp.Diagnostic]]:
        """Problems, findings and what lowers them, each with the real path of its file."""
        listed = []
        for followed in self._view.shown:
            reported = [*issues(followed.report), *lowered(Report(configs=[followed.report]))]
            for issue in reported:
                path = followed.real_path(issue.file)
                listed.append((path, followed, issue, self._diagnostic(followed, path, issue)))
        return listed

    def _diagnostic(self, followed: Followed, path: str, issue: Issue) -> lsp.Diagnostic:
        severity = _SEVERITIES[issue.severity]
        if issue.rule == LOWERED.code:  # it is what somebody has decided, not a doubt
            severity = lsp.DiagnosticSeverity.Hint
        related = [
            lsp.DiagnosticRelatedInformation(
                lsp.Location(
                    self.uri(followed.real_path(place.file)),
                    self._range(followed, place.file, place.line, place.column, None),
                ),
                place.message,
            )
            for place in issue.related
        ]
        return lsp.Diagnostic(
            self._range(followed, issue.file, issue.line or 1, issue.column, issue.end_column),
            self._named(followed, path, issue.text),
            severity=severity,
            code=issue.rule,
            source=SOURCE,
            related_information=related or None,
        )

    def _named(self, followed: Followed, path: str, text: str) -> str:
        """A text, with the configuration that it is about if several read the file."""
        readers = [other for other in self._view.shown if path in other.asked]
        return f"{followed.report.path}: {text}" if len(readers) > 1 else text

    def _range(
        self, followed: Followed, file: str, line: int, column: int | None, end: int | None
    ) -> lsp.Range:
        """The range of a name, or of a line's text from a column on."""
        positions = self._of(followed, file)
        if positions is None:
            return _line_range(Place(max(0, line - 1), max(0, (column or 1) - 1)))
        first = positions.of(line, column or 1)
        last = positions.of(line, end) if end else positions.end_of_line(line)
        return _range(first, max(first, last))

    def _of(self, followed: Followed, file: str) -> Positions | None:
        key = f"{followed.report.path}\0{file}"
        if key not in self._positions:
            data = followed.data(file)
            encoding = self._client.encoding
            self._positions[key] = None if data is None else Positions(data, encoding)
        return self._positions[key]

    @cached_property
    def _costs(self) -> dict[str, list[tuple[Followed, ParsedFile, LineCost]]]:
        """The costs of lines, by the real paths of their files."""
        costs: dict[str, list[tuple[Followed, ParsedFile, LineCost]]] = {}
        for followed in self._view.shown:
            situation = followed.inspection.situation
            for file, cost in _costs(situation) if situation else ():
                name = printable(file.name)
                there = cost._replace(line=followed.line(name, cost.line))
                costs.setdefault(followed.real_path(name), []).append((followed, file, there))
        return costs

    def hints(self, path: str, wanted: lsp.Range) -> list[lsp.InlayHint]:
        """The costs of lines in a range."""
        hints = []
        for followed, file, cost in self._costs.get(path, ()):
            positions = self._of(followed, printable(file.name))
            assert positions is not None
            place = positions.end_of_line(cost.line)
            if wanted.start.line <= place.line <= wanted.end.line:
                hints.append(
                    lsp.InlayHint(
                        _position(place),
                        self._named(followed, path, cost.label),
                        tooltip=cost.detail,
                        padding_left=True,
                    )
                )
        return hints

    def hover(self, path: str, position: lsp.Position) -> lsp.Hover | None:
        """The cost of a line, why it is, and what would help."""
        parts = []
        about: dict[Followed, None] = {}
        for followed, file, cost in self._costs.get(path, ()):
            positions = self._of(followed, printable(file.name))
            if positions is not None and positions.line_of(position.line) == cost.line:
                about[followed] = None
                parts.append(f"{prose(self._named(followed, path, cost.label))}\n\n{cost.detail}")
        for place, followed, issue, diagnostic in self._issues:
            if place == path and diagnostic.range.start.line == position.line:
                if issue.rule != READING.code:  # changes that save memory do not mend it
                    about[followed] = None
                text = prose(self._named(followed, path, issue.message))
                parts.append(f"**{issue.severity} {issue.rule}** {text}")
        if not parts:
            return None
        for followed in about:
            parts += _of_all(followed)
        text = "\n\n".join(parts)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text))

    def actions(self, path: str, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """The changes that --fix would make, for the lines in a range; and all of them."""
        only = params.context.only
        quick, every = lsp.CodeActionKind.QuickFix.value, FIX_ALL
        actions: list[lsp.CodeAction] = []
        for followed in self._view.shown:
            if path not in followed.asked:
                continue
            at_lines = [*self._fixes_at(followed, path, params.range)]
            for proposal in at_lines if _wants(only, quick) else ():
                action = self._action(quick, followed, proposal)
                action.diagnostics = [
                    diagnostic
                    for diagnostic in params.context.diagnostics
                    if diagnostic.source == SOURCE
                ] or None
                actions.append(action)
            if _wants(only, every) and (at_lines or only) and followed.inspection.fixes:
                actions.append(self._action(every, followed, None))
        if not self._client.disabled:
            actions = [action for action in actions if action.disabled is None]
        return actions

    def _fixes_at(self, followed: Followed, path: str, wanted: lsp.Range) -> Iterator[Proposal]:
        """The proposals, each once, that move or delete a directive in some lines."""
        texts = set()
        for proposal in followed.inspection.fixes:
            change = proposal.change
            moved = [s for _, s in change.insert] + [*change.delete] if change else []
            lines = {
                setting.directive.line: setting.file
                for setting in moved
                if followed.real_path(printable(setting.file.name)) == path
            }
            for line, file in lines.items():
                positions = self._of(followed, printable(file.name))
                assert positions is not None
                at = positions.of(line, 1).line
                if wanted.start.line <= at <= wanted.end.line and proposal.text not in texts:
                    texts.add(proposal.text)
                    yield proposal

    def _action(self, kind: str, followed: Followed, proposal: Proposal | None) -> lsp.CodeAction:
        plan = self._plan(followed, proposal)
        what = printable(proposal.text) if proposal else "all that memlint check --fix changes"
        if proposal and proposal.kind and proposal.kind.doubt:
            what += f" (unsafe: {proposal.kind.doubt})"
        saved = "" if plan.promise is None else f": {plan.promise.saved}"
        action = lsp.CodeAction(f"{what}{saved}", kind)
        reason = "; ".join(plan.refusals) if plan.promise is None else _undecodable(plan.edits)
        if reason or plan.promise is None:
            action.disabled = lsp.CodeActionDisabled(reason or "; ".join(plan.notes))
        else:
            action.edit = self._edit(plan.edits)
        return action

    def _plan(self, followed: Followed, proposal: Proposal | None) -> Plan:
        """The plan of one proposal, or of all; a file that others read as well is left alone."""
        key = followed, proposal
        if key not in self._plans:
            fixes = followed.inspection.fixes if proposal is None else [proposal]
            inspections = [
                other.inspection._replace(fixes=fixes if other is followed else ())
                for other in self._view.shown
            ]
            trees = [tree_that_lists(other.root) for other in self._view.shown]
            may_create = self._client.creates and self._client.versions
            unsafe = proposal is not None  # who chooses one knows it
            made = plans(inspections, trees, may_create=may_create, unsafe=unsafe)
            self._plans[key] = made[self._view.shown.index(followed)]
        return self._plans[key]

    def _edit(self, edits: Sequence[Edit]) -> lsp.WorkspaceEdit:
        changes: dict[str, Sequence[lsp.TextEdit]] = {}
        versions: dict[str, int | None] = {}
        for edit in edits:
            positions = Positions(edit.before, self._client.encoding)
            uri = self.uri(edit.path)
            file = self._files.get(edit.path)
            versions[uri] = file.version if file else None
            changes[uri] = [
                lsp.TextEdit(
                    _range(positions.of_offset(splice.start), positions.of_offset(splice.end)),
                    splice.text.decode(),
                )
                for splice in edit.splices
            ]
        if not self._client.versions:
            return lsp.WorkspaceEdit(changes=changes)
        new = [lsp.CreateFile(self.uri(edit.path)) for edit in edits if edit.like]
        return lsp.WorkspaceEdit(
            document_changes=[
                *new,
                *(
                    lsp.TextDocumentEdit(
                        lsp.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), [*listed]
                    )
                    for uri, listed in changes.items()
                ),
            ]
        )


def _costs(situation: Situation) -> Iterator[tuple[ParsedFile, LineCost]]:
    """The lines that cost something, each with its file."""
    tree = situation.tree
    tops = [block for block in tree.main.children if block.directive is not None]
    for block in sorted(tops, key=lambda block: block.kind != "http")[:1]:
        file, directive = block.inclusion.file, block.directive
        assert directive is not None
        line = file.head_lines(directive)[1]
        yield file, LineCost(line, phases(situation), "All of the configuration.")
    for loads in situation.loads_by_setting:
        times = "once" if loads.loads == 1 else f"{loads.loads:,} times"
        label = f"{human(loads.total)}: read and kept {times}"
        setting = loads.setting
        line = setting.file.head_lines(setting.directive)[1]
        yield setting.file, LineCost(line, printable(label), _loaded(situation, loads))
    for part, share in situation.shares:
        if share.start < LEAST or part.name not in _CAUSES or part.at is None:
            continue
        if _stands_once(tree, _CAUSES[part.name]) and part.at.directive is not None:
            line = part.at.inclusion.file.head_lines(part.at.directive)[1]
            detail = f"At a start; {human(share.reload_peak_worst)} while reloading, at worst."
            label = f"{human(share.start)}: {part.name}"
            yield part.at.inclusion.file, LineCost(line, label, detail)


def _stands_once(tree: Tree, names: Iterable[str]) -> bool:
    """Whether one directive alone brings a part: else no line has all that the part takes."""
    blocks = tree.having(names)
    directives = [body.of(name) for block in blocks for body, _ in block.parts for name in names]
    return sum(map(len, directives)) == 1


def _loaded(situation: Situation, loads: SettingLoads) -> str:
    """The size of one load, and the blocks that have it, in a sentence."""
    kinds: Counter[str] = Counter()
    for group in situation.groups:
        if any(bundle.key == loads.setting.key for bundle in group.loads.bundles):
            kinds.update(block.kind for block in group.blocks)
    bundle = situation.bundles.content(loads.setting)
    holds = f", {plural(bundle.certificates, 'certificate')}" if bundle else ""
    blocks = " and ".join(plural(count, kind) for kind, count in kinds.most_common())
    one = human(situation.bundles.load_bytes(loads.setting))
    return f"{one} each time{holds}; in {blocks}."


def _of_all(followed: Followed) -> Iterator[str]:
    """Sentences about the whole configuration: what would help, and what its figures are for."""
    report = followed.report
    if report.remedies:
        listed = "\n".join(f"- {prose(advice(each))}" for each in report.remedies[:REMEDIES])
        yield f"What would help most:\n\n{listed}"
    assumed = "" if report.target.stated else ", assumed"
    workers = plural(report.workers, "worker")
    yield f"{code(report.path)} on {code(report.target.name)}{assumed}, {workers}"


def _wants(only: Sequence[lsp.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether actions of a kind are asked for; a kind stands for those that it is a part of."""
    kinds = [str(getattr(each, "value", each)) for each in only or ()]
    return not kinds or any(kind == each or kind.startswith(f"{each}.") for each in kinds)


def _undecodable(edits: Iterable[Edit]) -> str:
    """The reason why edits cannot be put as text, empty if they can."""
    for edit in edits:
        try:
            edit.before.decode()
        except UnicodeDecodeError:
            return f"{printable(edit.path)} is not in UTF-8: memlint check --fix changes it"
    return ""


def _range(first: Place, last: Place) -> lsp.Range:
    return lsp.Range(_position(first), _position(last))


def _line_range(place: Place) -> lsp.Range:
    return _range(place, Place(place.line, place.character + 1))


def _position(place: Place) -> lsp.Position:
    return lsp.Position(place.line, place.character)
