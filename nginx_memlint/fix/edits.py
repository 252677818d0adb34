"""A change as edits of the files' bytes: bytes that belong to no changed directive stay.

A directive is deleted with its line if nothing else stands on it; comments on the line or between
its arguments stay, but a comment behind a directive that is moved goes with it. A directive is
inserted as its own bytes, quotes included: on a line of its own with the block's indentation and
the line's ending, or in the line if the block goes on there and there is no such comment. In its
place an include of a snippet may be put.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from nginx_memlint.fix.snippets import InsertKey, Snippet, insert_key
from nginx_memlint.syntax.directives import Directive, ParsedFile
from nginx_memlint.tree.changes import TreeChange
from nginx_memlint.tree.expanded import Setting

DEFAULT_INDENT = b"    "

_BLANK = b" \t"
_WHITE = b" \t\r\n"
_REST_OF_WHITE_LINE = re.compile(rb"[ \t\r]*(?:\n|\Z)")
_REST_WITHOUT_CODE = re.compile(rb"[ \t\r]*(?:#[^\n]*)?\n")
_COMMENT_BEHIND = re.compile(rb"[ \t]*(#[^\n]*)")
_FIRST_INDENT = re.compile(rb"^([ \t]+)[^ \t\r\n#]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Splice:
    """Whole lines of a file, data[start:end], and the bytes that replace them."""

    start: int
    end: int
    text: bytes


def spliced(data: bytes, splices: Iterable[Splice]) -> bytes:
    """The bytes of a file after its splices, which are in order."""
    parts = []
    done = 0
    for splice in splices:
        parts += [data[done : splice.start], splice.text]
        done = splice.end
    return b"".join([*parts, data[done:]])


def lines(setting: Setting) -> bytes:
    """A directive as lines of a file, with the comment behind it."""
    inserted = _inserted_of(setting)
    newline = b"\r\n" if b"\r\n" in setting.file.tokens.data else b"\n"
    return inserted.whole + newline


def edits(
    change: TreeChange, instead: Mapping[InsertKey, Snippet] | None = None
) -> dict[str, list[Splice]]:
    """The splices that make a change, in order: path as nginx sees it → splices.

    ``instead`` are the snippets that are included in the place of directives; it is not for this
    function to write them. The files must have been parsed without an error. Only directives
    without a block are deleted.
    """
    work: dict[str, _Edits] = {}
    carried: set[tuple[str, int]] = set()
    """The directives whose bytes are put somewhere, or stand in a snippet."""

    def of(file: ParsedFile) -> _Edits:
        return work.setdefault(file.path, _Edits(file))

    for block, setting in change.insert:
        assert block.directive is not None
        key = insert_key(block.directive, setting)
        snippet = instead.get(key) if instead else None
        into = of(block.inclusion.file)
        if snippet is not None:
            into.insert(block.directive, snippet.path, _Inserted(snippet.include))
            carried |= snippet.carried
        elif into.insert(block.directive, key, _inserted_of(setting)):
            carried.add(setting.key)
    for setting in change.delete:
        of(setting.file).delete(setting.directive, is_moved=setting.key in carried)
    return {path: of_file.splices() for path, of_file in work.items()}


class _Inserted(NamedTuple):
    """The bytes of a directive that is inserted, and of the comment behind it."""

    text: bytes
    comment: bytes = b""

    @property
    def whole(self) -> bytes:
        """The directive and its comment as one line, or more if it has a comment in it."""
        return b" ".join(filter(None, self))


def _inserted_of(setting: Setting) -> _Inserted:
    start, end = _extent(setting.file, setting.directive)
    behind = _behind(setting.file, setting.directive)
    data = setting.file.tokens.data
    return _Inserted(data[start:end], b"" if behind is None else behind[1].rstrip(b" \t\r"))


def _behind(file: ParsedFile, directive: Directive) -> re.Match[bytes] | None:
    """The comment behind a directive, if nothing else stands on the lines of the two."""
    data = file.tokens.data
    start, end = _extent(file, directive)
    before = data[data.rfind(b"\n", 0, start) + 1 : start]
    return None if before.strip(_BLANK) else _COMMENT_BEHIND.match(data, end)


@dataclass(frozen=True, slots=True)
class _Step:
    """A directive to delete, or a block's directive and the texts to insert after its ``{``.

    The comments of a directive that ``is_moved`` are not kept in its old place.
    """

    start: int
    end: int
    directive: Directive
    texts: tuple[_Inserted, ...] = ()
    is_moved: bool = False


class _Edits:
    """The directives to delete from and insert into one file."""

    def __init__(self, file: ParsedFile) -> None:
        self.file = file
        self.data = file.tokens.data
        self.deleted: dict[int, _Step] = {}
        self.inserted: dict[int, tuple[Directive, dict[object, _Inserted]]] = {}

    def delete(self, directive: Directive, *, is_moved: bool) -> None:
        start, end = _extent(self.file, directive)
        if is_moved and (behind := _behind(self.file, directive)):
            end = behind.start(1) + len(behind[1].rstrip(b"\r"))
        self.deleted[directive.token] = _Step(start, end, directive, is_moved=is_moved)

    def insert(self, into: Directive, key: object, text: _Inserted) -> bool:
        """Insert once, even if several places that include the block's file are named.

        Whether it is these bytes that are inserted.
        """
        _, texts = self.inserted.setdefault(into.token, (into, {}))
        return texts.setdefault(key, text) is text

    def splices(self) -> list[Splice]:
        steps = [*self.deleted.values()]
        for into, texts in self.inserted.values():
            offset = self.file.opening(into)
            steps.append(_Step(offset, offset, into, tuple(texts.values())))
        splices: list[Splice] = []
        lines: list[_Step] = []  # on lines that touch each other
        first = last = 0
        for step in sorted(steps, key=lambda step: step.start):
            if not lines or step.start >= last:
                if lines:
                    splices.append(Splice(first, last, self._lines(lines, first, last)))
                lines = []
                first = self.data.rfind(b"\n", 0, step.start) + 1
            lines.append(step)
            last = max(last, self.data.find(b"\n", step.end) + 1 or len(self.data))
        if lines:
            splices.append(Splice(first, last, self._lines(lines, first, last)))
        return splices

    def _lines(self, steps: list[_Step], first: int, last: int) -> bytes:
        """The bytes data[first:last] after the steps; made from the end, so offsets stay valid."""
        data = self.data
        done: list[bytes] = []  # what comes behind, the last part first
        stop = last
        for step in reversed(steps):
            tail = data[step.end : stop]
            while done and b"\n" not in tail and _REST_OF_WHITE_LINE.match(tail):
                tail += done.pop()
            stop = step.start
            if step.texts:
                done.append(self._inserted(tail, step))
                continue
            blank = stop
            while blank > first and data[blank - 1] in _BLANK:
                blank -= 1
            indent = data[blank:stop] if blank == first or data[blank - 1] in b"\n" else None
            tokens, token = self.file.tokens, step.directive.token
            comments = [] if step.is_moved else tokens.comments_in(token)
            keep, tail = _deleted(indent, tail, comments)
            done.append(tail)
            stop = stop if keep else blank
        return b"".join([data[first:stop], *reversed(done)])

    def _inserted(self, tail: bytes, step: _Step) -> bytes:
        """The bytes after a block's ``{``, with the step's directives put before them."""
        if rest := _REST_WITHOUT_CODE.match(tail):
            newline = b"\r\n" if rest[0].endswith(b"\r\n") else b"\n"
            indent = self._indent(step.directive)
            inner = b"".join(indent + one.whole + newline for one in step.texts)
            return rest[0] + inner + tail[rest.end() :]
        if any(one.comment for one in step.texts):  # what follows it needs a line of its own
            newline = b"\r\n" if b"\r\n" in self.data else b"\n"
            lead = newline + self._indent(step.directive)
            return b"".join(lead + one.whole for one in step.texts) + lead + tail.lstrip(_BLANK)
        gap = b"" if tail[0] in _WHITE else b" "
        return b" " + b" ".join(one.text for one in step.texts) + gap + tail

    def _indent(self, block: Directive) -> bytes:
        """The indentation of a block's first directive, else one step more than the block's."""
        tokens = self.file.tokens
        if block.body and block.body.directives:
            first = tokens.starts[block.body.directives[0].token]
            before = self.data[self.data.rfind(b"\n", 0, first) + 1 : first]
            if not before.strip(_BLANK):
                return before
        start = tokens.starts[block.token]
        line = self.data[self.data.rfind(b"\n", 0, start) + 1 : start]
        return line[: len(line) - len(line.lstrip(_BLANK))] + self._indent_step

    @cached_property
    def _indent_step(self) -> bytes:
        """The first indentation in the file, or a default."""
        indent = _FIRST_INDENT.search(self.data)
        return indent[1] if indent else DEFAULT_INDENT


def _deleted(indent: bytes | None, tail: bytes, comments: list[bytes]) -> tuple[bool, bytes]:
    """Whether the blanks before a deleted directive stay, and the bytes after it.

    ``indent`` are these blanks, None if more stands before the directive on its line.
    """
    white = _REST_OF_WHITE_LINE.match(tail)
    if comments:  # the last of them brings the line's end
        kept = (indent or b"").join(comment + b"\n" for comment in comments)
        return True, kept + (
            tail[white.end() :] if white else (indent or b"") + tail.lstrip(_BLANK)
        )
    if white is None:
        return True, tail.lstrip(_BLANK)
    return False, tail if indent is None else tail[white.end() :]


def _extent(file: ParsedFile, directive: Directive) -> tuple[int, int]:
    tokens = file.tokens
    return tokens.starts[directive.token], tokens.ends[directive.token]
