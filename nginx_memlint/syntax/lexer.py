"""Split one file into directives exactly as nginx does.

Follows ``ngx_conf_read_token()`` (nginx, src/core/ngx_conf_file.c, read in 1.22.1). nginx reads a
file through a buffer of 4,096 bytes and sees no further; where this decides what is accepted, it is
modelled here too, and for Lua in read_buffer.py.

What is ordinary is read in bulk, one match for a whole directive; what is not (Lua, errors, the
end of a file) is read token by token. Both give what crossplane's parser takes in the place of
what its own lexer gives (parser.py).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.syntax.read_buffer import CONF_BUFFER, ReadBuffer
from nginx_memlint.syntax.tokens import (
    CLOSE,
    DOUBLE,
    IS_COMMENT,
    IS_DOUBLE,
    IS_END,
    IS_MARK,
    IS_WORD,
    OPEN,
    SINGLE,
    TOKEN,
    WORD,
    BeyondBoundError,
    ConfSyntaxError,
    Tokens,
    text_of,
)

DATA_BLOCKS = frozenset(
    {"charset_map", "geo", "geoip2", "map", "match", "split_clients", "types"},
)
"""Blocks whose content is data read by a handler of their own: names in them are keys."""

LUA_BLOCK = "_by_lua_block"
"""Ending of the names of directives whose block is Lua code."""

MOST_NAMES = 4096
"""Directive names that are cached across files."""

CHUNK = 1 << 15
"""Bytes that are read at a time where directives are ordinary."""

# Six groups: what is before a directive, the end of a block, a name, its arguments with the mark
# that ends them if they are plain words, or else any, and the end of the block if that is next. All
# but the first are empty where something else comes: then it takes all, so that matches always
# follow each other. It is tried on parts of a file and must match nothing that the whole would not:
# so here its line feed belongs to a comment. Plain words are what str.split() makes of them.
_TEXT = b"|".join((WORD, DOUBLE.replace(b"((", b"(?:(", 1), SINGLE.replace(b"((", b"(?:(", 1)))
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

_BLANK = re.compile(rb"(?>(?:[ \t\r\n]++|#[^\n]*+(?:\n|\Z)){0,4096})")

Lexeme = tuple[str, int, bool]
"""One item that crossplane's parser takes: a text, the number of its directive in the file (of a
name, else 0), and whether it is a word, whatever it looks like, or a mark (``;``, ``{``, ``}``)."""

_MARKS: dict[int, Lexeme] = {ord(mark): (mark, 0, False) for mark in "{};"}


class _CachedNames(dict[bytes, str]):
    """A cache from names as they are written to names, shared by all files."""

    def __missing__(self, raw: bytes) -> str:
        if len(self) >= MOST_NAMES:
            self.clear()
        name = self[raw] = sys.intern(text_of(raw[1:-1] if raw[:1] in (b'"', b"'") else raw))
        return name


_names = _CachedNames()


def words_in(data: bytes) -> list[str]:
    """The words of a directive, from any of them up to its mark, which is the last byte."""
    words, place = [], 0
    while (token := TOKEN.match(data, place)) is not None:
        kind = token.lastindex or IS_END
        if kind in (IS_MARK, IS_END):
            break
        if kind != IS_COMMENT:
            words.append(text_of(token[kind]))
        place = token.end()
    return words


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
        self.buffer = ReadBuffer(tokens)

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
            if isinstance(error, BeyondBoundError):
                for places in (self.tokens.starts, self.tokens.heads, self.tokens.ends):
                    del places[:]

    def read_many(self, position: int, limit: int) -> int:
        """Read ordinary directives before an offset in bulk; return the offset where they end."""
        tokens, data, opened, add = self.tokens, self.data, self.opened, self.lexemes.append
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
                if mark == OPEN:
                    if self.is_data:
                        return position
                    self.open(name)
                add((name, number, True))
                for word in plain[:-1].decode().split() if plain else words_in(any_args):
                    add((word, 0, True))
                add(_MARKS[mark])
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

    def read_one(self, position: int) -> int | None:
        """Read a directive or the end of a block; return where it ends, None at the file's end."""
        tokens, data = self.tokens, self.data
        begin = -1
        name = ""
        while (match := TOKEN.match(data, position)) is not None:
            kind = match.lastindex or 0
            start, end = match.span(kind)
            position = match.end()
            if kind == IS_COMMENT:
                self.check_length(start, end, "", complete=False)
            elif kind == IS_END:
                if begin >= 0:
                    break
                if self.opened:
                    message = 'unexpected end of file, expecting "}"'
                    raise tokens.reject(message, len(data))
                return None
            elif kind != IS_MARK:
                in_quotes = kind != IS_WORD
                if end - start >= CONF_BUFFER - 3:
                    self.check_length(start, end, '"' if kind == IS_DOUBLE else "'", in_quotes)
                if begin < 0:
                    begin, name = start - in_quotes, text_of(match[kind])
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
        _, *words = words_in(self.data[begin : head + 1])
        if is_lua:
            opening, head = head, self.buffer.read_lua_block(head + 1) - 1
            words.append(self.data[opening + 1 : head].decode("utf-8", "surrogateescape"))
            mark = ";"
        elif mark == "{":
            self.open(name)
        number = len(tokens.starts)
        self.lexemes.append((sys.intern(name), number, True))
        self.lexemes += [(word, 0, True) for word in words]
        self.lexemes.append(_MARKS[ord(mark)])
        tokens.starts.append(begin)
        tokens.heads.append(head)
        tokens.ends.append(head + 1)
        self.last_end = head + 1
        return head + 1

    def open(self, name: str) -> None:
        """Open the block of the directive that is added next."""
        if len(self.opened) >= self.max_depth:
            what = f"blocks are nested deeper than {self.max_depth:,}"
            raise BeyondBoundError(what, "block-depth")
        self.opened.append((len(self.tokens.starts), self.is_data))
        self.is_data = name in DATA_BLOCKS

    def close(self, end: int) -> None:
        """Close the innermost block, which ends before a byte offset."""
        number, self.is_data = self.opened.pop()
        self.lexemes.append(_MARKS[CLOSE])
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
