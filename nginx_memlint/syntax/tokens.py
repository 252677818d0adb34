"""The words of one file, and where its directives stand.

A word is what ``ngx_conf_read_token()`` takes for one (nginx, src/core/ngx_conf_file.c, read in
1.22.1).
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, exceeded
from nginx_memlint.syntax.lines import Lines

MAX_COLUMN = 1 << 14
"""Bytes of a line in which characters are counted for columns: a line may have a hundred million
bytes, and a problem at each."""

# A token that nginx takes has fewer parts than its buffer has bytes; what has more is left to
# diagnose(), as a hundred million of them would take gigabytes.
# Atomic groups, not possessive quantifiers, where a group is repeated: those match wrong before
# Python 3.11.5 (CPython's gh-106052 and gh-100061).
# White space is space, tab, CR and LF only. A quoted token must be followed by one of
# white space, ";", "{" or ")"; an unquoted one ends at white space, ";" or "{".
WORD = rb"""(?!["'#}])(?>(?:[^ \t\r\n;{\\$]++|\\.|\$\{*+){1,4096})(?=[ \t\r\n;{])"""
DOUBLE = rb""""((?>(?:[^"\\]++|\\.){0,4096}))"(?=[ \t\r\n;{)])"""
SINGLE = rb"""'((?>(?:[^'\\]++|\\.){0,4096}))'(?=[ \t\r\n;{)])"""
TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:(%b)|([;{}])|(#[^\n]*+)|%b|%b|(\Z))" % (WORD, DOUBLE, SINGLE), re.DOTALL
)
IS_WORD, IS_MARK, IS_COMMENT, IS_DOUBLE, IS_SINGLE, IS_END = range(1, 7)

_ESCAPE = re.compile(rb"""\\(["'\\trn])""")
_ESCAPED = {b"t": b"\t", b"r": b"\r", b"n": b"\n"}

Token = tuple[str, int, int]
"""One word: its text (nginx's escapes resolved, without quotes), and the byte offsets of its start
and end, quotes included, end exclusive."""

OPEN, CLOSE = b"{}"


class ConfSyntaxError(Exception):
    """nginx would reject this file: ``message`` is nginx's, ``line`` the line it names.

    ``offset`` is the byte offset at which reading stops.
    """

    def __init__(self, message: str, line: int, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.offset = offset


class BeyondBoundError(ConfSyntaxError):
    """A file has more of something than memlint reads; nginx itself has no such limit."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(exceeded(what, name), 1, 0)


class Tokens:
    """Where the directives of one file stand, in their order; offsets are bytes of ``data``.

    A directive begins at ``starts``, has the ``;``, ``{`` or, if it is Lua, the closing ``}`` after
    its arguments at ``heads``, and ends before ``ends``. ``error`` is set when nginx would reject
    the file; then the lists end with the last complete directive before it, and its open blocks
    are closed. All are filled while lex() is read.
    """

    def __init__(self, data: bytes, max_lua: int = DEFAULT_BOUNDS.lua_tokens) -> None:
        self.data = data
        self.max_lua = max_lua
        self.starts = array("I")
        self.heads = array("I")
        self.ends = array("I")
        self.error: ConfSyntaxError | None = None
        self.lua = 0
        """Tokens of Lua that were read to find the ends of its blocks."""
        self.uncounted: list[tuple[int, int]] = []
        """(Byte offset, number) of line feeds that nginx does not count (read_buffer.py)."""
        self._lines = Lines(data)

    def args(self, number: int) -> list[Token]:
        """The tokens of a directive after its name."""
        return [*self._tokens(self.starts[number], self.heads[number])][1:]

    def end_of_name(self, number: int) -> int:
        """The byte offset at which a directive's name ends, quotes included."""
        start = self.starts[number]
        return next(self._tokens(start, self.heads[number]))[2]

    def top(self) -> Iterator[int]:
        """The numbers of the directives that are in no block."""
        number = 0
        while number < len(self.starts):
            yield number
            number = bisect_left(self.starts, self.ends[number], number + 1)

    def comments(self, containing: bytes = b"#") -> list[tuple[int, int, str]]:
        """The comments that contain some bytes, each as (line, byte offset, text with its ``#``).

        They come in file order. Of a file that nginx would reject, those before the error are
        given.
        """
        comments = []
        data = self.data
        end_of_read = self._end_of_read()
        position = 0
        while 0 <= (hit := data.find(containing, position)) < end_of_read:
            number = bisect_right(self.starts, hit) - 1
            head = self.heads[number] if number >= 0 else -1
            if hit <= head:
                starts = self._comments_in(number)
                position = head + 1
            else:  # here are only blanks, comments and the ends of blocks
                starts = [data.find(b"#", max(head + 1, data.rfind(b"\n", 0, hit) + 1))]
                position = self._line_end(hit)
            for start in starts:
                comment = data[start : self._line_end(start)]
                if start >= 0 and containing in comment:
                    text = comment.decode("utf-8", "surrogateescape")
                    comments.append((self.line_of(start), start, text))
        return comments

    def line_of(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return self._lines.of(offset)

    def line_after(self, offset: int) -> int | None:
        """The line of the first token from an offset on that is no comment; None at the end."""
        while (match := TOKEN.match(self.data, offset)) is not None:
            if match.lastindex == IS_END:
                return None
            if match.lastindex != IS_COMMENT:
                return self.line_of(match.start(match.lastindex or 0))
            offset = match.end()
        return None

    def text_of_line(self, line: int, most: int) -> bytes:
        """The first bytes of a 1-based line, without its line feed; empty if there is none."""
        start = self._lines.start(line)
        if start is None:
            return b""
        end = self.data.find(b"\n", start, start + most)
        return self.data[start : start + most if end < 0 else end]

    def nginx_line_of(self, offset: int) -> int:
        """The line that nginx names in messages about a byte offset."""
        return self.line_of(offset) - sum(n for end, n in self.uncounted if end <= offset)

    def reject(self, message: str, offset: int, line_at: int | None = None) -> ConfSyntaxError:
        """The error at a byte offset; ``line_at`` is an offset in the line nginx names for it."""
        line = self.nginx_line_of(offset if line_at is None else line_at)
        return ConfSyntaxError(message, line, offset)

    def column_of(self, offset: int) -> int:
        """The 1-based column of a byte offset, in characters; after MAX_COLUMN, in bytes."""
        start = self._lines.start(self._lines.of(offset)) or 0
        counted = min(offset, start + MAX_COLUMN)
        characters = len(self.data[start:counted].decode("utf-8", "surrogateescape"))
        return characters + offset - counted + 1

    def _line_end(self, offset: int) -> int:
        end = self.data.find(b"\n", offset)
        return len(self.data) if end < 0 else end

    def _end_of_read(self) -> int:
        """The byte offset up to which the file was understood: its size, or where its error is."""
        if self.error is None:
            return len(self.data)
        return max(self.ends, default=0)

    def comments_in(self, number: int) -> list[bytes]:
        """The comments between a directive's name and its end, without their line feeds."""
        starts = self._comments_in(number)
        return [self.data[start : self._line_end(start)] for start in starts]

    def _comments_in(self, number: int) -> list[int]:
        """The byte offsets of the comments between a directive's name and its end."""
        return [
            match.start(IS_COMMENT)
            for match in matches(self.data, self.starts[number])
            if match.lastindex == IS_COMMENT
        ]

    def _tokens(self, start: int, head: int) -> Iterator[Token]:
        data = self.data
        end = start
        for match in matches(data, start):
            end = match.end()
            if match.lastindex != IS_COMMENT:
                kind = match.lastindex or 0
                yield text_of(match[kind]), match.start(kind) - (kind != IS_WORD), end
        if data[head] == CLOSE:
            start = data.index(b"{", end) + 1
            yield data[start:head].decode("utf-8", "surrogateescape"), start, head


def matches(data: bytes, start: int) -> Iterator[re.Match[bytes]]:
    """Matches of words and comments from an offset up to the mark that ends them or begins Lua."""
    while (match := TOKEN.match(data, start)) is not None and match.lastindex != IS_MARK:
        yield match
        start = match.end()


def text_of(raw: bytes) -> str:
    """The text of a word without its quotes, nginx's escapes resolved."""
    if b"\\" in raw:
        raw = _ESCAPE.sub(_unescape, raw)
    return raw.decode("utf-8", "surrogateescape")


def _unescape(match: re.Match[bytes]) -> bytes:
    return _ESCAPED.get(match[1], match[1])
