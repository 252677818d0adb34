"""Split one file into directives exactly as nginx does.

Follows ``ngx_conf_read_token()`` (nginx, src/core/ngx_conf_file.c, read in 1.22.1) and, inside
``*_by_lua_block``, ``ngx_http_lua_conf_read_lua_token()`` with its pattern list from
util/gen-lexer-c (lua-nginx-module 0.10.23). nginx reads a file through a buffer of 4,096 bytes
and both lexers see no further than that buffer; where this decides what is accepted, it is
modelled here too.

What is ordinary is read in bulk, one match for a whole directive; what is not (Lua, errors, the
end of a file) is read token by token. Both give what crossplane's parser takes in the place of
what its own lexer gives (crossplane_parser.py).
"""

from __future__ import annotations

import re
import sys
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import islice, repeat

from nginx_memlint.files.bounds import DEFAULT_BOUNDS, exceeded
from nginx_memlint.syntax.lines import Lines

CONF_BUFFER = 4096
"""Bytes of nginx's read buffer (NGX_CONF_BUFFER): no token, comment or Lua token is longer."""

DATA_BLOCKS = frozenset(
    {"charset_map", "geo", "geoip2", "map", "match", "split_clients", "types"},
)
"""Blocks whose content is data read by a handler of their own: names in them are keys."""

LUA_BLOCK = "_by_lua_block"
"""Ending of the names of directives whose block is Lua code."""

MAX_COLUMN = 1 << 14
"""Bytes of a line in which characters are counted for columns: a line may have a hundred million
bytes, and a problem at each."""

MOST_NAMES = 4096
"""Directive names that are cached across files."""

CHUNK = 1 << 15
"""Bytes that are read at a time where directives are ordinary."""

# A token that nginx takes has fewer parts than its buffer has bytes; what has more is left to
# diagnose(), as a hundred million of them would take gigabytes.
# Atomic groups, not possessive quantifiers, where a group is repeated: those match wrong before
# Python 3.11.5 (CPython's gh-106052 and gh-100061).
# White space is space, tab, CR and LF only. A quoted token must be followed by one of
# white space, ";", "{" or ")"; an unquoted one ends at white space, ";" or "{".
_WORD = rb"""(?!["'#}])(?>(?:[^ \t\r\n;{\\$]++|\\.|\$\{*+){1,4096})(?=[ \t\r\n;{])"""
_DOUBLE = rb""""((?>(?:[^"\\]++|\\.){0,4096}))"(?=[ \t\r\n;{)])"""
_SINGLE = rb"""'((?>(?:[^'\\]++|\\.){0,4096}))'(?=[ \t\r\n;{)])"""
_TOKEN = re.compile(
    rb"[ \t\r\n]*+(?:(%b)|([;{}])|(#[^\n]*+)|%b|%b|(\Z))" % (_WORD, _DOUBLE, _SINGLE), re.DOTALL
)
_IS_WORD, _IS_MARK, _IS_COMMENT, _IS_DOUBLE, _IS_SINGLE, _IS_END = range(1, 7)

# Six groups: what is before a directive, the end of a block, a name, its arguments with the mark
# that ends them if they are plain words, or else any, and the end of the block if that is next. All
# but the first are empty where something else comes: then it takes all, so that matches always
# follow each other. It is tried on parts of a file and must match nothing that the whole would not:
# so here its line feed belongs to a comment. Plain words are what str.split() makes of them.
_TEXT = b"|".join((_WORD, _DOUBLE.replace(b"((", b"(?:(", 1), _SINGLE.replace(b"((", b"(?:(", 1)))
_DIRECTIVE = re.compile(
    rb"([ \t\r\n]*+(?>(?:#[^\n]*+\n[ \t\r\n]*+)*))(?:"
    rb"(\})"
    rb"|([a-z_]++(?=[ \t\r\n;{])|%b)"
    rb"""(?:([^;{}"'#\\\v\f\x1c-\x1f\x80-\xff]*+(?<!\$)[;{])"""
    rb"|((?>(?:[ \t\r\n]++|#[^\n]*+\n|%b)*)[;{]))"
    rb"(?>([ \t\r\n]*+\})?)"
    rb"|(?:.*+))" % (_TEXT, _TEXT),
    re.DOTALL,
)

# What is before a token is passed over in bulk: trying the token at each byte takes four times as
# long.
_LUA_STRING = rb""""(?:\\[^\n]|[^"\n\\])*"|'(?:\\[^\n]|[^'\n\\])*'"""
_LUA_TOKEN = re.compile(
    rb"""(?>(?:[^][{}"'-]++|(?!\[=*\[|\]=*\]|--|%b)[]["'-])*)"""
    rb"""(?:(\{)|(\})|(\[=*\[)|(--\[=*\[)|(?:\]=*\]|--[^\n]*|%b))""" % (_LUA_STRING, _LUA_STRING)
)
_LUA_OPEN, _LUA_CLOSE, _LUA_LONG, _LUA_LONG_COMMENT = range(1, 5)

_ESCAPE = re.compile(rb"""\\(["'\\trn])""")
_ESCAPED = {b"t": b"\t", b"r": b"\r", b"n": b"\n"}

_BLANK = re.compile(rb"(?>(?:[ \t\r\n]++|#[^\n]*+(?:\n|\Z)){0,4096})")

Lexeme = tuple[str, int, bool]
"""One item that crossplane's parser takes: a text, the number of its directive in the file (of a
name, else 0), and whether it is a word, whatever it looks like, or a mark (``;``, ``{``, ``}``)."""

Token = tuple[str, int, int]
"""One word: its text (nginx's escapes resolved, without quotes), and the byte offsets of its start
and end, quotes included, end exclusive."""


class ConfSyntaxError(Exception):
    """nginx would reject this file: ``message`` is nginx's, ``line`` the line it names.

    ``offset`` is the byte offset at which reading stops.
    """

    def __init__(self, message: str, line: int, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.offset = offset


class Tokens:
    """Where the directives of one file stand, in their order; offsets are bytes of ``data``.

    A directive begins at ``starts``, has the ``;``, ``{`` or, if it is Lua, the closing ``}`` after
    its arguments at ``heads``, and ends before ``ends``. ``error`` is set when nginx would reject
    the file; then the lists end with the last complete directive before it, and its open blocks
    are closed. All are filled while lex() is read.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = array("I")
        self.heads = array("I")
        self.ends = array("I")
        self.error: ConfSyntaxError | None = None
        self.uncounted: list[tuple[int, int]] = []
        """(Byte offset, number) of line feeds that nginx does not count: _ReadBuffer says why."""
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
        while (match := _TOKEN.match(self.data, offset)) is not None:
            if match.lastindex == _IS_END:
                return None
            if match.lastindex != _IS_COMMENT:
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
            match.start(_IS_COMMENT)
            for match in _matches(self.data, self.starts[number])
            if match.lastindex == _IS_COMMENT
        ]

    def _tokens(self, start: int, head: int) -> Iterator[Token]:
        data = self.data
        end = start
        for match in _matches(data, start):
            end = match.end()
            if match.lastindex != _IS_COMMENT:
                kind = match.lastindex or 0
                yield _text(match[kind]), match.start(kind) - (kind != _IS_WORD), end
        if data[head] == _CLOSE:
            start = data.index(b"{", end) + 1
            yield data[start:head].decode("utf-8", "surrogateescape"), start, head


_OPEN, _CLOSE = b"{}"
_MARKS: dict[int, Lexeme] = {ord(mark): (mark, 0, False) for mark in "{};"}
_NO_NUMBER, _IS_TEXT = repeat(0), repeat(True)


def _matches(data: bytes, start: int) -> Iterator[re.Match[bytes]]:
    """Matches of words and comments from an offset up to the mark that ends them or begins Lua."""
    while (match := _TOKEN.match(data, start)) is not None and match.lastindex != _IS_MARK:
        yield match
        start = match.end()


class _Names(dict[bytes, str]):
    """A cache from names as they are written to names, shared by all files."""

    def __missing__(self, raw: bytes) -> str:
        if len(self) >= MOST_NAMES:
            self.clear()
        name = self[raw] = sys.intern(_text(raw[1:-1] if raw[:1] in (b'"', b"'") else raw))
        return name


_names = _Names()


def _text(raw: bytes) -> str:
    if b"\\" in raw:
        raw = _ESCAPE.sub(_unescape, raw)
    return raw.decode("utf-8", "surrogateescape")


def _unescape(match: re.Match[bytes]) -> bytes:
    return _ESCAPED.get(match[1], match[1])


def lex(
    tokens: Tokens, *, in_data_block: bool = False, max_depth: int = DEFAULT_BOUNDS.block_depth
) -> Iterator[list[Lexeme]]:
    """Split a file into what crossplane's parser takes, part by part.

    ``in_data_block`` says that the file is included inside a block of DATA_BLOCKS. Never raises:
    what nginx would reject is in ``Tokens.error``, as are blocks deeper than ``max_depth``.
    """
    return _Lexer(tokens, in_data_block, max_depth).run()


def tokenize(data: bytes, *, in_data_block: bool = False) -> Tokens:
    """Find the directives of a file, without making a tree of them."""
    tokens = Tokens(data)
    for _ in lex(tokens, in_data_block=in_data_block):
        pass
    return tokens


class TooDeepError(ConfSyntaxError):
    """More blocks are open than memlint reads; nginx itself has no such limit."""

    def __init__(self, most: int) -> None:
        what = f"blocks are nested deeper than {most:,}"
        super().__init__(exceeded(what, "block-depth"), 1, 0)


class _Lexer:
    """State of one pass over a file.

    ``opened`` are the open blocks: the number of the directive, and whether the block around it
    holds data. ``lexemes`` are those that are not yet handed over.
    """

    def __init__(self, tokens: Tokens, in_data_block: bool, max_depth: int) -> None:
        self.tokens = tokens
        self.data = tokens.data
        self.max_depth = max_depth
        self.opened: list[tuple[int, bool]] = []
        self.lexemes: list[Lexeme] = []
        self.is_data = in_data_block
        self.last_end = 0  # of the last token
        self.last_close = 0
        self.buffer = _ReadBuffer(tokens)

    def run(self) -> Iterator[list[Lexeme]]:
        position: int | None = 0
        lua = -1
        try:
            while position is not None:
                if lua < position:
                    lua = self.data.find(LUA_BLOCK.encode(), position)
                    if lua < 0:
                        lua = len(self.data)
                self.last_end = began = position
                position = self.read_many(position, min(position + CHUNK, lua + 1))
                if position == began:
                    position = self.read_one(position)
                yield self.lexemes
                self.lexemes = []
        except ConfSyntaxError as error:
            self.tokens.error = error
            self.close_all()
            yield self.lexemes
            if isinstance(error, TooDeepError):
                for places in (self.tokens.starts, self.tokens.heads, self.tokens.ends):
                    del places[:]

    def read_many(self, position: int, limit: int) -> int:
        """Read ordinary directives before an offset in bulk; return the offset where they end."""
        tokens, data, opened, lexemes = self.tokens, self.data, self.opened, self.lexemes
        add_start, add_head, add_end = tokens.starts.append, tokens.heads.append, tokens.ends.append
        number = len(tokens.starts)
        for before, close, raw, plain, any_args, then in _DIRECTIVE.findall(data, position, limit):
            start = position + len(before)
            if raw:
                end = start + len(raw) + len(plain or any_args)
                # what is longer may hold too long a token
                if end - position > CONF_BUFFER - 4:
                    return position
                name = _names[raw]
                mark = data[end - 1]
                if mark == _OPEN:
                    if self.is_data:
                        return position
                    self.open(name)
                lexemes.append((name, number, True))
                if plain:
                    lexemes += zip(plain[:-1].decode().split(), _NO_NUMBER, _IS_TEXT, strict=False)
                else:
                    lexemes += self.words(end - len(any_args))
                lexemes.append(_MARKS[mark])
                add_start(start)
                add_head(end - 1)
                add_end(end)
                number += 1
                position = self.last_end = end
                if not then:
                    continue
                start = end + len(then) - 1
            elif not close:
                break
            if not opened or len(before) >= CONF_BUFFER:
                return position
            position = start + 1
            self.close(position)
        return position

    def words(self, start: int) -> Iterator[Lexeme]:
        """The words from a byte offset up to a mark, as lexemes."""
        for match in _matches(self.data, start):
            if match.lastindex != _IS_COMMENT:
                yield _text(match[match.lastindex or 0]), 0, True

    def read_one(self, position: int) -> int | None:
        """Read a directive or the end of a block; return where it ends, None at the file's end."""
        tokens, data = self.tokens, self.data
        begin = -1
        name = ""
        while (match := _TOKEN.match(data, position)) is not None:
            kind = match.lastindex or 0
            start, end = match.span(kind)
            position = match.end()
            if kind == _IS_COMMENT:
                self.check_length(start, end, "", complete=False)
            elif kind == _IS_END:
                if begin >= 0:
                    break
                if self.opened:
                    message = 'unexpected end of file, expecting "}"'
                    raise tokens.reject(message, len(data))
                return None
            elif kind != _IS_MARK:
                in_quotes = kind != _IS_WORD
                if end - start >= CONF_BUFFER - 3:
                    self.check_length(start, end, '"' if kind == _IS_DOUBLE else "'", in_quotes)
                if begin < 0:
                    begin, name = start - in_quotes, _text(match[kind])
                self.last_end = end + in_quotes
            else:
                mark = match[kind].decode()
                if (begin >= 0) == (mark == "}"):
                    raise tokens.reject(f'unexpected "{mark}"', start)
                return self.end_directive(begin, name, mark, start)
        self.diagnose(begin >= 0)
        return None

    def end_directive(self, begin: int, name: str, mark: str, head: int) -> int:
        """Add the directive that begins at an offset and has its mark at another."""
        tokens = self.tokens
        is_lua = name.endswith(LUA_BLOCK) and not self.is_data
        if mark == "}":
            if not self.opened:
                raise tokens.reject('unexpected "}"', head)
            self.close(head + 1)
            self.last_end = head + 1
            return head + 1
        if mark == ";" and is_lua:
            message = f'directive "{name}" has no opening "{{"'
            raise tokens.reject(message, head)
        if mark == "{" and self.is_data:
            raise tokens.reject('unexpected "{"', head)
        words = [*islice(self.words(begin), 1, None)]
        if is_lua:
            opening, head = head, self.buffer.read_lua_block(head + 1) - 1
            lua = self.data[opening + 1 : head].decode("utf-8", "surrogateescape")
            words.append((lua, 0, True))
            mark = ";"
        elif mark == "{":
            self.open(name)
        number = len(tokens.starts)
        self.lexemes += [(sys.intern(name), number, True), *words, _MARKS[ord(mark)]]
        tokens.starts.append(begin)
        tokens.heads.append(head)
        tokens.ends.append(head + 1)
        self.last_end = head + 1
        return head + 1

    def open(self, name: str) -> None:
        """Open the block of the directive that is added next."""
        if len(self.opened) >= self.max_depth:
            raise TooDeepError(self.max_depth)
        self.opened.append((len(self.tokens.starts), self.is_data))
        self.is_data = name in DATA_BLOCKS

    def close(self, end: int) -> None:
        """Close the innermost block, which ends before a byte offset."""
        number, self.is_data = self.opened.pop()
        self.lexemes.append(_MARKS[_CLOSE])
        self.tokens.ends[number] = end
        self.last_close = end

    def close_all(self) -> None:
        """Close all open blocks after an error, so that the directives before it are counted."""
        tokens = self.tokens
        end = self.last_close
        if tokens.heads:
            end = max(end, tokens.heads[-1] + 1)
        while self.opened:
            self.close(end)

    def check_length(
        self, start: int, end: int, quote: str, in_quotes: bool = False, *, complete: bool = True
    ) -> None:
        """Raise ConfSyntaxError if nginx's buffer is full before the token data[start:end] ends."""
        data, size = self.data, len(self.data)
        limit = start + CONF_BUFFER  # the buffer is full here, if the file goes on
        if limit >= size:
            return
        if not complete:
            consumed = end  # a comment, up to its line feed
            if consumed < limit:
                return
        elif in_quotes:
            # the closing quote and, unless the directive ends, one byte of white space
            consumed = end + 1
            if data[consumed : consumed + 1] in (b" ", b"\t", b"\r", b"\n"):
                consumed += 1
            if consumed < limit:
                return
            if end >= limit:
                message = f'too long parameter, probably missing terminating "{quote}" character'
                raise self.tokens.reject(message, limit, start)
        else:
            consumed = end if data[end : end + 1] in (b";", b"{") else end + 1
            if consumed < limit:
                return
        beginning = data[start : start + 10].decode("utf-8", "surrogateescape")
        message = f'too long parameter "{beginning}..." started'
        raise self.tokens.reject(message, limit, start)

    def diagnose(self, has_name: bool) -> None:
        """Raise the ConfSyntaxError that nginx has for bytes that are no token."""
        tokens, data = self.tokens, self.data
        gap = self.last_end
        start = -1
        while start < gap and (blank := _BLANK.match(data, gap)):
            start, gap = gap, blank.end()
        if start < len(data) and (quote := data[start : start + 1]) in (b'"', b"'"):
            pattern = rb"%b(?>(?:[^%b\\]++|\\.){0,4096})%b" % (quote, quote, quote)
            closed = re.compile(pattern, re.DOTALL)
            if quoted := closed.match(data, start):
                self.check_length(start + 1, quoted.end() - 1, quote.decode(), True)
                if quoted.end() < len(data):
                    wrong = data[quoted.end() : quoted.end() + 1].decode("utf-8", "surrogateescape")
                    raise tokens.reject(f'unexpected "{wrong}"', quoted.end())
            else:
                self.check_length(start + 1, len(data), quote.decode(), True)
        elif start < len(data):
            self.check_length(start, len(data), "")
        elif not has_name:
            return
        message = 'unexpected end of file, expecting ";" or "}"'
        raise tokens.reject(message, len(data))


class _ReadBuffer:
    """The part of the file that nginx has in memory: data[base:last].

    ``ngx_conf_read_token()`` refills when all is consumed, keeping the unfinished token. The Lua
    lexer refills when less than half is left; where it finds nothing in what it has, it goes on
    after that and forgets its line feeds. Only a Lua block needs to know, so the refills before
    it are replayed when one is met.
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.data = tokens.data
        self.base = 0
        self.last = min(CONF_BUFFER, len(tokens.data))
        self.after_lua = 0  # where the last Lua block ended

    def replay(self, position: int) -> None:
        """Refill the buffer as ngx_conf_read_token() does up to ``position``."""
        while self.last < position:
            self.refill(self.token_start(self.last))

    def refill(self, base: int) -> None:
        self.base = base
        self.last = min(base + CONF_BUFFER, len(self.data))

    def token_start(self, offset: int) -> int:
        """nginx's `start` when all bytes before `offset` are consumed."""
        if offset == self.after_lua:
            return offset
        data = self.data
        last = self.last_token(offset)
        end = 0
        if last is not None:
            kind = last.lastindex or 0
            start, end = last.start(kind), last.end()
            if kind == _IS_MARK:
                if offset == end:
                    return offset
            elif offset <= end + 1:
                return start
        end = max(end, self.after_lua)
        comment = data.find(b"#", max(end, data.rfind(b"\n", end, offset) + 1), offset)
        return comment if comment >= 0 else offset - 1

    def last_token(self, offset: int) -> re.Match[bytes] | None:
        """The last token that begins before an offset and after the last Lua block."""
        starts = self.tokens.starts
        index = bisect_left(starts, offset) - 1
        position = max(self.after_lua, starts[index] if index >= 0 else 0)
        last = None
        while (match := _TOKEN.match(self.data, position)) is not None:
            kind = match.lastindex or 0
            in_quotes = kind in (_IS_DOUBLE, _IS_SINGLE)
            if kind == _IS_END or match.start(kind) - in_quotes >= offset:
                break
            if kind != _IS_COMMENT:
                last = match
            position = match.end()
        return last

    def read_lua_block(self, position: int) -> int:
        """Read a Lua block whose ``{`` ends at ``position``; return the offset after its ``}``.

        Raises ConfSyntaxError.
        """
        self.replay(position)
        depth = 1
        open_brace = position - 1
        while depth:
            token = self.next_lua_token(position, open_brace)
            position = token.end()
            kind = token.lastindex
            if kind == _LUA_OPEN:
                depth += 1
                open_brace = position - 1
            elif kind == _LUA_CLOSE:
                depth -= 1
            elif kind in (_LUA_LONG, _LUA_LONG_COMMENT):
                position = self.close_long_bracket(token)
        self.after_lua = position
        return position

    def next_lua_token(self, position: int, open_brace: int) -> re.Match[bytes]:
        """The next token as ``ngx_http_lua_conf_read_lua_token()`` finds it in its buffer.

        Raises ConfSyntaxError.
        """
        size = len(self.data)
        began = start = position
        while True:
            half_empty = self.last - position < CONF_BUFFER // 2
            if position >= self.last or (half_empty and self.last < size):
                if self.last >= size:
                    raise self.unclosed(open_brace)
                if self.last - start == CONF_BUFFER:
                    raise self.too_long(began)
                self.refill(start)
            token = _LUA_TOKEN.match(self.data, position, self.last)
            if token is not None:
                return token
            if self.last >= size:
                raise self.unclosed(open_brace)
            if self.last - position == CONF_BUFFER:
                raise self.too_long(began)
            # the unmatched bytes stay in the buffer, but are not searched again, and their
            # line feeds are never counted
            lines = self.data.count(b"\n", position, self.last)
            self.tokens.uncounted.append((self.last, lines))
            start, position = position, self.last
            self.refill(start)

    def close_long_bracket(self, opening: re.Match[bytes]) -> int:
        kind = opening.lastindex or 0
        closing = opening[kind].lstrip(b"-").replace(b"[", b"]")
        closed = self.data.find(closing, opening.end(), self.last)
        if closed < 0:
            raise self.tokens.reject(
                f'Lua code block missing the closing long bracket "{closing.decode()}", '
                "the inlined Lua code may be too long",
                opening.start(kind),
            )
        return closed + len(closing)

    def unclosed(self, open_brace: int) -> ConfSyntaxError:
        return self.tokens.reject(
            "unexpected end of file, expecting terminating characters for lua code block",
            open_brace,
        )

    def too_long(self, offset: int) -> ConfSyntaxError:
        return self.tokens.reject(
            "too long lua code block, probably missing terminating characters", offset
        )
