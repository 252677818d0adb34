"""Comments that accept findings: ``# memlint: ignore[ML101] reason``.

A comment behind code holds for the directives on its line, one alone on its line for those on the
line of the next directive. For a directive that opens a block or includes a file, that is all
that is inside. Comments of nginx only: not those of Lua, and not what looks like one in a string.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple, TypeAlias, TypeVar

from nginx_memlint.suggest import did_you_mean
from nginx_memlint.syntax.directives import Directive, ParsedFile
from nginx_memlint.tree.tree import Block, Inclusion, Setting, Tree

MARK = "memlint:"
ABOUT_COMMENTS = "ML9"
"""How the codes of the rules about these comments begin: no comment accepts their findings, and
no baseline."""

FORM = "# memlint: ignore[CODE] reason"

_COMMENT = re.compile(rf"#\s*{MARK}(?P<rest>.*)", re.DOTALL)
_IGNORE = re.compile(r"\s+ignore\[(?P<rules>[^\]]*)\](?P<reason>.*)", re.DOTALL)
_WORD = re.compile(r"\s*([\w-]*)")


class Mark(NamedTuple):
    """A part of a comment: its file, 1-based line and column, and its text."""

    file: ParsedFile
    line: int
    column: int
    text: str


@dataclass(eq=False)
class IgnoreComment:
    """One comment with the mark.

    ``holds_for`` is the line whose directives it accepts findings of, None if none follows;
    ``whole`` tells that it stands before all directives of the main file. ``rules`` are codes or
    names as written, each with its place; ``codes`` what they mean. ``problem`` says what is wrong
    with it, if anything is: then it accepts nothing.
    """

    mark: Mark
    holds_for: int | None
    whole: bool
    rules: list[Mark] = field(default_factory=list)
    codes: dict[str, Mark] = field(default_factory=dict)
    reason: str = ""
    problem: str | None = None


_Node = TypeVar("_Node", Block, Inclusion)

Accepted: TypeAlias = "tuple[IgnoreComment, Mark] | None"
"""A comment that accepts a code, and the code in it."""


class Ignores:
    """All such comments of a configuration, and which of them were of use; none unless ``used``.

    ``all_read`` tells that they are no more than are read; the others accept nothing.
    """

    def __init__(self, tree: Tree, *, used: bool = True) -> None:
        self._work = tree.work
        self.all: list[IgnoreComment] = []
        self.all_read = True
        self._by_file: dict[str, tuple[list[int], list[IgnoreComment]]] = {}
        self._used: set[Mark] = set()
        self._on_lines: dict[tuple[str, int, int, str], Accepted] = {}
        self._known: dict[tuple[Block | Inclusion, str], Accepted] = {}
        self._judged: frozenset[str] = frozenset()
        main = tree.main.inclusion.file.path
        for file in tree.files.values() if used else ():
            path = posixpath.normpath(file.path)
            if MARK.encode() in file.tokens.data and path not in self._by_file:
                most = tree.source.bounds.findings - len(self.all)
                found = list(islice(_read(file, is_main=file.path == main), most + 1))
                self.all_read = self.all_read and len(found) <= most
                found = found[:most]
                self.all += found
                found = [ignore for ignore in found if ignore.holds_for is not None]
                found.sort(key=_line)
                self._by_file[path] = [_line(ignore) for ignore in found], found

    def prepare(self, known: Mapping[str, str], judged: Iterable[str]) -> None:
        """Look the rules up: ``known`` has a code for each name and code.

        ``judged`` are the codes of the rules that are applied to all of the configuration.
        """
        self._judged = frozenset(judged)
        for ignore in self.all:
            for rule in ignore.rules:
                code = known.get(rule.text) or known.get(rule.text.upper())
                if code is not None:
                    ignore.codes[code] = rule
                elif ignore.problem is None:
                    hint = did_you_mean(rule.text, known) or " (memlint rules lists all)"
                    ignore.problem = f'"{rule.text}" is no rule that can be ignored{hint}'

    def accepting(self, code: str, setting: Setting | None) -> Accepted:
        """The nearest comment that accepts a rule's finding about a directive, and the code in it.

        Without a directive, one that holds for all of the configuration.
        """
        if setting is None:
            return self._first((ignore for ignore in self.all if ignore.whole), code)
        if not self.all:
            return None
        # all of them are asked: each that accepts it is of use
        found = (
            self._at(setting.file, setting.directive, code),
            self._outwards(setting.block, code),
            self._through(setting.inclusion, code),
        )
        return found[0] or found[1] or found[2]

    def unused(self) -> Iterator[tuple[str, Mark]]:
        """The codes of rules that were applied and have found nothing there. Ask at the end."""
        for ignore in self.all:
            if ignore.problem is None:
                for code, mark in ignore.codes.items():
                    if code in self._judged and mark not in self._used:
                        yield code, mark

    def _first(self, ignores: Iterable[IgnoreComment], code: str) -> Accepted:
        """The first of some comments that accepts a code; all that do are of use."""
        found = None
        for ignore in ignores:
            self._work.take()
            if ignore.problem is None and code in ignore.codes:
                self._used.add(ignore.codes[code])
                found = found or (ignore, ignore.codes[code])
        return found

    def _at(self, file: ParsedFile, directive: Directive, code: str) -> Accepted:
        """Of the comments that hold for a directive itself."""
        path = posixpath.normpath(file.path)
        lines, found = self._by_file.get(path, ([], []))
        if not found:
            return None
        key = (path, *file.head_lines(directive), code)
        if key not in self._on_lines:  # thousands of both may be on a line
            _, first, last, _ = key
            here = found[bisect_left(lines, first) : bisect_right(lines, last)]
            self._on_lines[key] = self._first(here, code)
        return self._on_lines[key]

    def _outwards(self, block: Block | None, code: str) -> Accepted:
        """Of the comments that hold for a block and those around it, the nearest."""
        return self._nearest(block, code, lambda inner: (inner.inclusion, inner.directive))

    def _through(self, inclusion: Inclusion | None, code: str) -> Accepted:
        """Of the comments that hold for the includes that led to a file, the nearest."""
        return self._nearest(inclusion, code, lambda inner: (inner.parent, inner.via))

    def _nearest(
        self,
        node: _Node | None,
        code: str,
        place: Callable[[_Node], tuple[Inclusion | None, Directive | None]],
    ) -> Accepted:
        """Of the comments that hold for the places of a node and those around it, the nearest."""
        known = self._known
        passed: list[_Node] = []
        while node is not None and (node, code) not in known:
            passed.append(node)
            node = node.parent
        found = None if node is None else known[node, code]
        self._work.take(1 + len(passed))
        for inner in reversed(passed):
            inclusion, directive = place(inner)
            if inclusion is not None and directive is not None:
                found = self._at(inclusion.file, directive, code) or found
            known[inner, code] = found
        return found


def _line(ignore: IgnoreComment) -> int:
    return ignore.holds_for or 0


def _read(file: ParsedFile, *, is_main: bool) -> Iterator[IgnoreComment]:
    tokens = file.tokens
    first_token = tokens.starts[0] if tokens.starts else 0
    following: int | None = 0  # the line of the token after the last comment
    for line, offset, comment in tokens.comments(MARK.encode()):
        found = _COMMENT.search(comment)
        if found is None:
            continue
        holds_for: int | None = line
        before = tokens.data[tokens.data.rfind(b"\n", 0, offset) + 1 : offset]
        if not before.strip():
            if following is not None and following < line:
                following = tokens.line_after(offset)
            holds_for = following
        column = tokens.column_of(offset)
        mark = Mark(file, line, column + found.start(), found[0].rstrip())
        ignore = IgnoreComment(mark, holds_for, is_main and offset < first_token)
        _parse(ignore, found["rest"])
        yield ignore


def _parse(ignore: IgnoreComment, rest: str) -> None:
    """Read what stands behind the mark."""
    found = _IGNORE.match(rest)
    if found is None:
        ignore.problem = _misspelt(rest)
        return
    mark = ignore.mark
    column = mark.column + len(mark.text) - len(rest.rstrip()) + found.start("rules")
    for part in found["rules"].split(","):
        rule = part.strip()
        if rule:
            at = column + len(part) - len(part.lstrip())
            ignore.rules.append(Mark(mark.file, mark.line, at, rule))
        column += len(part) + 1
    ignore.reason = found["reason"].strip()
    if not ignore.rules:
        ignore.problem = "no rule is named in the brackets"
    elif not re.search(r"\w", ignore.reason):
        ignore.problem = "the reason is missing: say behind the brackets why this is accepted"


def _misspelt(rest: str) -> str:
    word = _WORD.match(rest)
    name = word[1] if word else ""
    if name != "ignore":
        return f'"{name}" is not known' + did_you_mean(name, ["ignore"])
    if rest.startswith("ignore"):
        return "there must be a blank before ignore"
    return "the rules are missing: name them in brackets right behind ignore"
