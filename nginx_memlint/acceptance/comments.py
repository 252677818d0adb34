"""Comments that accept findings: ``# memlint: ignore[ML101] reason``.

A comment after code holds for the directives on its line, one alone on its line for those on the
line of the next directive. For a directive that opens a block or includes a file, it holds for
everything inside. Comments of nginx count only: not those of Lua, nor what looks like one in a
string.
"""

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias, TypeVar

from nginx_memlint.suggest import did_you_mean
from nginx_memlint.syntax.directives import Directive, ParsedFile
from nginx_memlint.tree.expanded import Block, Inclusion, Setting
from nginx_memlint.tree.tree import Tree

MARK = "memlint:"
ABOUT_COMMENTS = "ML9"
"""Beginning of the codes of rules about these comments: no comment accepts their findings, and no
baseline."""

FORM = "# memlint: ignore[CODE] reason"

_COMMENT = re.compile(rf"#\s*{MARK}(?P<rest>.*)", re.DOTALL)
_IGNORE = r"(?s)\s+ignore\[(?P<rules>[^\]]*)\](?P<reason>.*)"
_WORD = r"\s*([\w-]*)"


class Mark(NamedTuple):
    """A part of a comment: its file, 1-based line and column, and its text."""

    file: ParsedFile
    line: int
    column: int
    text: str


@dataclass(eq=False, repr=False)
class IgnoreComment:
    """One comment that begins ``memlint:``.

    ``holds_for`` is the line whose directives it accepts findings of, None if none follows;
    ``whole`` tells that it stands before all directives of the main file. ``rules`` are codes or
    names as written, each with its place; ``codes`` are the codes they mean. A comment with a
    ``problem``, which says what is wrong with it, accepts nothing.
    """

    mark: Mark
    holds_for: int | None
    whole: bool
    rules: list[Mark] = field(default_factory=list)
    codes: dict[str, Mark] = field(default_factory=dict)
    reason: str = ""
    problem: str | None = None


_BlockOrInclusion = TypeVar("_BlockOrInclusion", Block, Inclusion)

Accepted: TypeAlias = "tuple[IgnoreComment, Mark] | None"
"""A comment that accepts a rule's code, and the place of the code in it; None if there is none."""


class Ignores:
    """The comments of a configuration that accept findings, and which of them accepted one.

    Unless ``used``, there are none. ``all_read`` is False if they have more codes than the bound
    allows; comments beyond it accept nothing.
    """

    def __init__(self, tree: Tree, *, used: bool = True) -> None:
        self._work = tree.work
        self.all: list[IgnoreComment] = []
        self.all_read = True
        self._by_file: dict[str, tuple[list[int], list[IgnoreComment]]] = {}
        self._used: set[Mark] = set()
        self._on_lines: dict[tuple[str, int, int, str], Accepted] = {}
        self._accepted: dict[tuple[Block | Inclusion, str], Accepted] = {}
        self._judged: frozenset[str] = frozenset()
        main = tree.main.inclusion.file.path
        codes = 0
        for file in tree.files.values() if used else ():
            path = posixpath.normpath(file.path)
            if MARK.encode() in file.tokens.data and path not in self._by_file:
                comments = []
                for ignore, rest in _read(file, is_main=file.path == main):
                    codes += 1 + rest.partition("]")[0].count(",")
                    if codes > tree.source.bounds.findings:
                        self.all_read = False
                        break
                    _parse(ignore, rest)
                    comments.append(ignore)
                self.all += comments
                comments = [ignore for ignore in comments if ignore.holds_for is not None]
                comments.sort(key=_line)
                self._by_file[path] = [_line(ignore) for ignore in comments], comments

    def prepare(self, code_of: Mapping[str, str], judged: Iterable[str]) -> None:
        """Find the codes that the comments mean: ``code_of`` has one for each name and code.

        ``judged`` are the codes of the rules that are applied to all of the configuration.
        """
        self._judged = frozenset(judged)
        for ignore in self.all:
            for rule in ignore.rules:
                code = code_of.get(rule.text) or code_of.get(rule.text.upper())
                if code is not None:
                    ignore.codes[code] = rule
                elif ignore.problem is None:
                    hint = did_you_mean(rule.text, code_of) or " (memlint rules lists all)"
                    ignore.problem = f'"{rule.text}" is no rule that can be ignored{hint}'

    def accepting(self, code: str, setting: Setting | None) -> Accepted:
        """The nearest comment that accepts a rule's finding at a directive, and the code in it.

        Without a directive, a comment that holds for all of the configuration.
        """
        if setting is None:
            return self._first((ignore for ignore in self.all if ignore.whole), code)
        if not self.all:
            return None
        # all of them are asked: each that accepts it is of use
        comments = (
            self._at(setting.file, setting.directive, code),
            self._outwards(setting.block, code),
            self._through(setting.inclusion, code),
        )
        return comments[0] or comments[1] or comments[2]

    def unused(self) -> Iterator[tuple[str, Mark]]:
        """Codes in comments that accepted no finding, though their rules were applied.

        To be called after all rules.
        """
        for ignore in self.all:
            if ignore.problem is None:
                for code, mark in ignore.codes.items():
                    if code in self._judged and mark not in self._used:
                        yield code, mark

    def _first(self, ignores: Iterable[IgnoreComment], code: str) -> Accepted:
        """The first of some comments that accepts a code; all that do count as used."""
        accepted = None
        for ignore in ignores:
            self._work.take()
            if ignore.problem is None and code in ignore.codes:
                self._used.add(ignore.codes[code])
                accepted = accepted or (ignore, ignore.codes[code])
        return accepted

    def _at(self, file: ParsedFile, directive: Directive, code: str) -> Accepted:
        """A comment that holds for a directive itself and accepts a code."""
        path = posixpath.normpath(file.path)
        lines, comments = self._by_file.get(path, ([], []))
        if not comments:
            return None
        key = (path, *file.head_lines(directive), code)
        if key not in self._on_lines:  # thousands of both may be on a line
            _, first, last, _ = key
            on_lines = comments[bisect_left(lines, first) : bisect_right(lines, last)]
            self._on_lines[key] = self._first(on_lines, code)
        return self._on_lines[key]

    def _outwards(self, block: Block | None, code: str) -> Accepted:
        """The nearest comment that accepts a code for a block or one around it."""
        return self._nearest(block, code, lambda inner: (inner.inclusion, inner.directive))

    def _through(self, inclusion: Inclusion | None, code: str) -> Accepted:
        """The nearest comment that accepts a code for an include through which a file was read."""
        return self._nearest(inclusion, code, lambda inner: (inner.parent, inner.via))

    def _nearest(
        self,
        node: _BlockOrInclusion | None,
        code: str,
        place: Callable[[_BlockOrInclusion], tuple[Inclusion | None, Directive | None]],
    ) -> Accepted:
        """The nearest comment that accepts a code at the place of a node or of one around it."""
        accepted = self._accepted
        passed: list[_BlockOrInclusion] = []
        while node is not None and (node, code) not in accepted:
            passed.append(node)
            node = node.parent
        nearest = None if node is None else accepted[node, code]
        self._work.take(1 + len(passed))
        for inner in reversed(passed):
            inclusion, directive = place(inner)
            if inclusion is not None and directive is not None:
                nearest = self._at(inclusion.file, directive, code) or nearest
            accepted[inner, code] = nearest
        return nearest


def _line(ignore: IgnoreComment) -> int:
    return ignore.holds_for or 0


def _read(file: ParsedFile, *, is_main: bool) -> Iterator[tuple[IgnoreComment, str]]:
    """The comments of a file, each with its text after ``memlint:``, which is not read yet."""
    tokens = file.tokens
    first_token = tokens.starts[0] if tokens.starts else 0
    following: int | None = 0  # the line of the token after the last comment
    for line, offset, comment in tokens.comments(MARK.encode()):
        match = _COMMENT.search(comment)
        if match is None:
            continue
        holds_for: int | None = line
        before = tokens.data[tokens.data.rfind(b"\n", 0, offset) + 1 : offset]
        if not before.strip():
            if following is not None and following < line:
                following = tokens.line_after(offset)
            holds_for = following
        column = tokens.column_of(offset)
        mark = Mark(file, line, column + match.start(), match[0].rstrip())
        yield IgnoreComment(mark, holds_for, is_main and offset < first_token), match["rest"]


def _parse(ignore: IgnoreComment, rest: str) -> None:
    """Read the text after ``memlint:`` into the comment."""
    match = re.match(_IGNORE, rest)
    if match is None:
        ignore.problem = _misspelt(rest)
        return
    mark = ignore.mark
    column = mark.column + len(mark.text) - len(rest.rstrip()) + match.start("rules")
    for part in match["rules"].split(","):
        rule = part.strip()
        if rule:
            at = column + len(part) - len(part.lstrip())
            ignore.rules.append(Mark(mark.file, mark.line, at, rule))
        column += len(part) + 1
    ignore.reason = match["reason"].strip()
    if not ignore.rules:
        ignore.problem = "no rule is named in the brackets"
    elif not re.search(r"\w", ignore.reason):
        ignore.problem = "the reason is missing: say behind the brackets why this is accepted"


def _misspelt(rest: str) -> str:
    word = re.match(_WORD, rest)
    name = word[1] if word else ""
    if name != "ignore":
        return f'"{name}" is not known' + did_you_mean(name, ["ignore"])
    if rest.startswith("ignore"):
        return "there must be a blank before ignore"
    return "the rules are missing: name them in brackets right behind ignore"
