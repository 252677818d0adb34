"""A change as new bytes of the files: every byte that is not of a directive changed stays.

A directive is deleted with its line if nothing else stands on it; comments on the line or between
its arguments stay. A directive is inserted as its own bytes, quotes included: on a line of its own
with the block's indentation and the line's ending, or in the line if the block goes on there.
"""

from __future__ import annotations

import re

from nginx_memlint.config.changes import Change
from nginx_memlint.config.syntax import Directive, ParsedFile
from nginx_memlint.config.tree import Setting

DEFAULT_INDENT = b"    "

_BLANK = b" \t"
_WHITE = b" \t\r\n"
_REST_OF_LINE = re.compile(rb"[^\n]*\n?")
_COMMENT = re.compile(rb"#[^\n]*")
_NOTHING_BUT_COMMENT = re.compile(rb"[ \t\r]*(?:#[^\n]*)?\n")
_FIRST_INDENT = re.compile(rb"^([ \t]+)[^ \t\r\n#]", re.MULTILINE)


def edited(change: Change) -> dict[str, bytes]:
    """The files that a change touches: path as nginx sees it → what the file becomes.

    The files must have been parsed without an error.
    """
    work: dict[str, _Edits] = {}

    def edits(file: ParsedFile) -> _Edits:
        return work.setdefault(file.path, _Edits(file))

    for setting in change.delete:
        edits(setting.file).delete(setting.directive)
    for block, setting in change.insert:
        assert block.directive is not None
        edits(block.inclusion.file).insert(block.directive, setting)
    return {path: found.apply() for path, found in work.items()}


class _Edits:
    """What is to be done to one file."""

    def __init__(self, file: ParsedFile) -> None:
        self.file = file
        self.deleted: dict[int, Directive] = {}
        self.inserted: dict[int, tuple[Directive, dict[tuple[str, tuple[str, ...]], bytes]]] = {}

    def delete(self, directive: Directive) -> None:
        self.deleted[directive.token] = directive

    def insert(self, into: Directive, setting: Setting) -> None:
        """Once, however many of the places that the block's file is included in are named."""
        _, texts = self.inserted.setdefault(into.token, (into, {}))
        old = setting.directive
        texts.setdefault((old.name, old.args), _text(setting.file, old))

    def apply(self) -> bytes:
        """The file's bytes after it; from its end, so that offsets before an edit hold."""
        data = self.file.tokens.data
        steps: list[tuple[int, int, Directive, list[bytes]]] = []
        for gone in self.deleted.values():
            span = self.file.whole_span(gone)
            steps.append((span.start, span.end, gone, []))
        for into, texts in self.inserted.values():
            offset = self.file.opening(into)
            steps.append((offset, offset, into, list(texts.values())))
        done: list[bytes] = []  # what comes behind, the last part first
        stop = len(data)
        for start, end, directive, inserted in sorted(steps, key=lambda step: -step[0]):
            tail = data[end:stop]
            while b"\n" not in tail and done:
                tail += done.pop()
            if inserted:
                stop = start
                done.append(self._inserted(tail, directive, inserted))
            else:
                before = data[data.rfind(b"\n", 0, start) + 1 : start]
                kept, tail = _deleted(before, tail, self._comments(directive))
                stop = start - len(before) + len(kept)
                done.append(tail)
        return b"".join([data[:stop], *reversed(done)])

    def _comments(self, directive: Directive) -> list[bytes]:
        """The comments between a directive's name and its end, line feeds excluded."""
        tokens = self.file.tokens
        end = self.file.whole_span(directive).end
        index = directive.token
        found: list[bytes] = []
        while tokens.ends[index] < end:
            gap = tokens.data[tokens.ends[index] : tokens.starts[index + 1]]
            found += _COMMENT.findall(gap)
            index += 1
        return found

    def _inserted(self, tail: bytes, into: Directive, texts: list[bytes]) -> bytes:
        """What follows a block's ``{``, with directives put before it."""
        if found := _NOTHING_BUT_COMMENT.match(tail):
            newline = b"\r\n" if found[0].endswith(b"\r\n") else b"\n"
            indent = self._indent(into)
            lines = b"".join(indent + text + newline for text in texts)
            return found[0] + lines + tail[found.end() :]
        gap = b"" if tail[0] in _WHITE else b" "
        return b" " + b" ".join(texts) + gap + tail

    def _indent(self, block: Directive) -> bytes:
        """That of the first directive in a block, else one step more than the block's own."""
        tokens = self.file.tokens
        inside = block.body.directives if block.body else []
        if inside:
            first = tokens.starts[inside[0].token]
            if (indent := _indent_before(tokens.data, first)) is not None:
                return indent
        start = tokens.starts[block.token]
        line = tokens.data[tokens.data.rfind(b"\n", 0, start) + 1 : start]
        own = line[: _leading(line)]
        step = _FIRST_INDENT.search(tokens.data)
        return own + (step[1] if step else DEFAULT_INDENT)


def _deleted(before: bytes, tail: bytes, comments: list[bytes]) -> tuple[bytes, bytes]:
    """What stays of the line before a directive, and of what follows it, without the directive."""
    found = _REST_OF_LINE.match(tail)
    rest = found[0] if found else b""
    is_first, is_last = not before.strip(_BLANK), not rest.strip(_WHITE)
    if comments:  # the last of them brings the line's end
        indent = before if is_first else b""
        kept = indent.join(comment + b"\n" for comment in comments)
        return before, kept + (tail[len(rest) :] if is_last else indent + tail.lstrip(_BLANK))
    if not is_last:
        return before, tail.lstrip(_BLANK)
    if is_first:
        return b"", tail[len(rest) :]
    return before.rstrip(_BLANK), tail


def _indent_before(data: bytes, offset: int) -> bytes | None:
    """The white space before what begins at an offset, if it is the first on its line."""
    before = data[data.rfind(b"\n", 0, offset) + 1 : offset]
    return None if before.strip(_BLANK) else before


def _leading(text: bytes) -> int:
    """How many spaces and tabs it begins with."""
    return len(text) - len(text.lstrip(_BLANK))


def _text(file: ParsedFile, directive: Directive) -> bytes:
    span = file.whole_span(directive)
    return file.tokens.data[span.start : span.end]
