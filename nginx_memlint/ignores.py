"""Comments that accept findings: ``# memlint: ignore[ML101] reason``.

A comment behind code holds for the directives on its line, one alone on its line for those on the
line of the next directive. For a directive that opens a block or includes a file, that is all
that is inside. Comments of nginx only: not those of Lua, and not what looks like one in a string.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from nginx_memlint.config.syntax import Directive, ParsedFile
from nginx_memlint.config.tree import Setting, Tree

MARK = "memlint:"
ABOUT_COMMENTS = "ML9"
"""How the codes of the rules about these comments begin: no comment accepts their findings, and
no baseline."""

FORM = "# memlint: ignore[CODE] reason"

_COMMENT = re.compile(rf"#\s*{MARK}(?P<rest>.*)", re.DOTALL)
_IGNORE = re.compile(r"\s+ignore\[(?P<rules>[^\]]*)\](?P<reason>.*)", re.DOTALL)
_RULE = re.compile(r"[^\s,][^,]*?(?=\s*(?:,|$))")
_WORD = re.compile(r"\s*([\w-]*)")


@dataclass(frozen=True)
class Mark:
    """A part of a comment: its file, 1-based line and column, and its text."""

    file: ParsedFile
    line: int
    column: int
    text: str


@dataclass(eq=False)
class Ignore:
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


class Ignores:
    """All such comments of a configuration, and which of them were of use.

    ``all_read`` tells that they are no more than are read; the others accept nothing.
    """

    def __init__(self, tree: Tree) -> None:
        self.all: list[Ignore] = []
        self.all_read = True
        self._by_file: dict[str, tuple[list[int], list[Ignore]]] = {}
        self._used: set[Mark] = set()
        self._judged: frozenset[str] = frozenset()
        main = tree.main.inclusion.file.path
        for file in tree.files.values():
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
                    hint = suggestion(rule.text, list(known)) or " (memlint rules lists all)"
                    ignore.problem = f'"{rule.text}" is no rule that can be ignored{hint}'

    def accepting(self, code: str, setting: Setting | None) -> tuple[Ignore, Mark] | None:
        """The nearest comment that accepts a rule's finding about a directive, and the code in it.

        Without a directive, one that holds for all of the configuration.
        """
        found = None
        for ignore in self._around(setting):
            if ignore.problem is None and code in ignore.codes:
                self._used.add(ignore.codes[code])
                found = found or (ignore, ignore.codes[code])
        return found

    def unused(self) -> Iterator[tuple[str, Mark]]:
        """The codes of rules that were applied and have found nothing there. Ask at the end."""
        for ignore in self.all:
            if ignore.problem is None:
                for code, mark in ignore.codes.items():
                    if code in self._judged and mark not in self._used:
                        yield code, mark

    def _around(self, setting: Setting | None) -> Iterator[Ignore]:
        if setting is None:
            yield from (ignore for ignore in self.all if ignore.whole)
        elif self.all:
            for file, directive in _holders(setting):
                yield from self._at(file, directive)

    def _at(self, file: ParsedFile, directive: Directive) -> list[Ignore]:
        lines, found = self._by_file.get(posixpath.normpath(file.path), ([], []))
        if not found:
            return found
        first, last = file.head_lines(directive)
        return found[bisect_left(lines, first) : bisect_right(lines, last)]


def _line(ignore: Ignore) -> int:
    return ignore.holds_for or 0


def suggestion(word: str, known: list[str]) -> str:
    """A hint at what was meant, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415

    close = get_close_matches(word, known, 1, 0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def _holders(setting: Setting) -> Iterator[tuple[ParsedFile, Directive]]:
    """A directive, the includes that led to it, and the blocks around it."""
    yield setting.file, setting.directive
    for block in (setting.block, *setting.block.ancestors()):
        if block.directive is not None:
            yield block.inclusion.file, block.directive
    inclusion = setting.inclusion
    while inclusion.parent is not None and inclusion.via is not None:
        yield inclusion.parent.file, inclusion.via
        inclusion = inclusion.parent


def _read(file: ParsedFile, *, is_main: bool) -> Iterator[Ignore]:
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
        ignore = Ignore(mark, holds_for, is_main and offset < first_token)
        _parse(ignore, found["rest"])
        yield ignore


def _parse(ignore: Ignore, rest: str) -> None:
    """Read what stands behind the mark."""
    found = _IGNORE.match(rest)
    if found is None:
        ignore.problem = _misspelt(rest)
        return
    mark = ignore.mark
    start = mark.column + len(mark.text) - len(rest.rstrip()) + found.start("rules")
    ignore.rules = [
        Mark(mark.file, mark.line, start + rule.start(), rule[0])
        for rule in _RULE.finditer(found["rules"])
    ]
    ignore.reason = found["reason"].strip()
    if not ignore.rules:
        ignore.problem = "no rule is named in the brackets"
    elif not re.search(r"\w", ignore.reason):
        ignore.problem = "the reason is missing: say behind the brackets why this is accepted"


def _misspelt(rest: str) -> str:
    word = _WORD.match(rest)
    name = word[1] if word else ""
    if name != "ignore":
        return f'"{name}" is not known' + suggestion(name, ["ignore"])
    if rest.startswith("ignore"):
        return "there must be a blank before ignore"
    return "the rules are missing: name them in brackets right behind ignore"
