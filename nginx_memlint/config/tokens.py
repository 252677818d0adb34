"""Split one file into tokens exactly as nginx does.

Follows ``ngx_conf_read_token()`` (nginx, src/core/ngx_conf_file.c, read in 1.22.1) and, inside
``*_by_lua_block``, ``ngx_http_lua_conf_read_lua_token()`` with its pattern list from
util/gen-lexer-c (lua-nginx-module 0.10.23). nginx reads a file through a buffer of 4,096 bytes
and both lexers see no further than that buffer; where this decides what is accepted, it is
modelled here too.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

CONF_BUFFER = 4096
"""Bytes of nginx's read buffer (NGX_CONF_BUFFER): no token, comment or Lua token is longer."""

DATA_BLOCKS = frozenset(
    {"charset_map", "geo", "geoip2", "map", "match", "split_clients", "types"},
)
"""Blocks whose content is data read by a handler of their own: names in them are keys."""

LUA_BLOCK = "_by_lua_block"
"""Ending of the names of directives whose block is Lua code."""

MAX_COLUMN = 1 << 14
"""Bytes of a line in which characters are counted for columns: a line may have a hundred million,
and a problem at each."""

# A token that nginx takes has fewer parts than its buffer has bytes; what has more is left to
# diagnose(), as a hundred million of them would take gigabytes.
# White space is space, tab, CR and LF only. A quoted token must be followed by one of
# white space, ";", "{" or ")"; an unquoted one ends at white space, ";" or "{".
_TOKEN = re.compile(
    rb"""[ \t\r\n]*+(?:
      ([^ \t\r\n;{}"'\#\\$][^ \t\r\n;{\\$]*+)(?=[ \t\r\n;{])      # 1 word
    | ([;{}])                                                     # 2 punctuation
    | (\#[^\n]*+)                                                 # 3 comment
    | "((?:[^"\\]++|\\.){0,4096}+)"(?=[ \t\r\n;{)])                      # 4 double-quoted
    | '((?:[^'\\]++|\\.){0,4096}+)'(?=[ \t\r\n;{)])                      # 5 single-quoted
    | ((?!["'\#}])(?:[^ \t\r\n;{\\$]++|\\.|\$\{*+){1,4096}+)(?=[ \t\r\n;{])   # 6 word with \ or $
    | (\Z)                                                        # 7 end of file
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORD, _PUNCTUATION, _COMMENT, _DOUBLE, _SINGLE, _ODD_WORD, _END = range(1, 8)

_LUA_TOKEN = re.compile(
    rb"""(\{)|(\})|(\[=*\[)|(--\[=*\[)|(?:\]=*\]|--[^\n]*"""
    rb"""|"(?:\\[^\n]|[^"\n\\])*"|'(?:\\[^\n]|[^'\n\\])*')"""
)
_LUA_OPEN, _LUA_CLOSE, _LUA_LONG, _LUA_LONG_COMMENT = range(1, 5)

_ESCAPE = re.compile(rb"""\\(["'\\trn])""")
_ESCAPED = {b"t": b"\t", b"r": b"\r", b"n": b"\n"}
_LONG_LINE = re.compile(rb"[^\n]{%d}" % (CONF_BUFFER - 1))


class ConfSyntaxError(Exception):
    """nginx would reject this file: ``message`` is nginx's, ``line`` the line it names.

    ``offset`` is the byte at which reading stops.
    """

    def __init__(self, message: str, line: int, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.offset = offset


@dataclass(slots=True)
class Tokens:
    """The tokens of one file, as parallel lists.

    ``values`` are decoded as UTF-8 with surrogate escapes, nginx's own escapes resolved, without
    quotes. ``starts`` and ``ends`` are byte offsets into ``data``, quotes included, end
    exclusive. ``lines`` are 1-based. A Lua block is one quoted token, its braces excluded, and a
    ``;``. ``error`` is set when nginx would reject the file; then the lists end with the last
    complete directive before it, and its open blocks are closed.
    """

    data: bytes
    values: list[str] = field(default_factory=list)
    quoted: list[bool] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    max_depth: int = 0
    error: ConfSyntaxError | None = None
    uncounted: list[tuple[int, int]] = field(default_factory=list)
    """(Offset, number) of line feeds that nginx does not count: see _ReadBuffer."""
    _feeds: list[int] | None = None

    def comments(self, containing: bytes = b"#") -> list[tuple[int, int, str]]:
        """The comments that contain some bytes as (line, byte offset, text with its ``#``).

        In file order. Of a file that nginx would reject, those before what is wrong.
        """
        found = []
        data = self.data
        end_of_read = self.ends[-1] if self.error and self.ends else len(data)
        position = line = 0
        while 0 <= (hit := data.find(containing, position)) < end_of_read:
            token = bisect_right(self.starts, hit) - 1
            end = self.ends[token] if token >= 0 else 0
            if end <= hit:  # between tokens is nothing but blanks and comments
                start = data.find(b"#", max(end, data.rfind(b"\n", end, hit) + 1))
                end = data.find(b"\n", hit)
                end = len(data) if end < 0 else end
                text = data[start:end].decode("utf-8", "surrogateescape")
                found.append((line + data.count(b"\n", position, start) + 1, start, text))
            line += data.count(b"\n", position, end)
            position = end
        return found

    def line_of(self, offset: int) -> int:
        """The 1-based line of a byte offset."""
        return bisect_left(self.feeds, offset) + 1

    @property
    def feeds(self) -> list[int]:
        """The offsets of all line feeds."""
        if self._feeds is None:
            self._feeds = [found.start() for found in re.finditer(b"\n", self.data)]
        return self._feeds

    def line_start(self, line: int) -> int:
        """The offset of a 1-based line."""
        return self.feeds[line - 2] + 1 if line > 1 else 0

    def nginx_line_of(self, offset: int) -> int:
        """The line that nginx names in messages about a byte offset."""
        return self.line_of(offset) - sum(n for end, n in self.uncounted if end <= offset)

    def reject(self, message: str, offset: int, line_at: int | None = None) -> ConfSyntaxError:
        """The error at an offset; `line_at` is an offset in the line that nginx names for it."""
        line = self.nginx_line_of(offset if line_at is None else line_at)
        return ConfSyntaxError(message, line, offset)

    def column_of(self, offset: int) -> int:
        """The 1-based column of a byte offset, in characters; behind MAX_COLUMN, in bytes."""
        start = self.line_start(self.line_of(offset))
        counted = min(offset, start + MAX_COLUMN)
        characters = len(self.data[start:counted].decode("utf-8", "surrogateescape"))
        return characters + offset - counted + 1


def tokenize(data: bytes, *, in_data_block: bool = False) -> Tokens:
    """Split a file into tokens.

    ``in_data_block`` says that the file is included inside a block of DATA_BLOCKS. Never raises:
    what nginx would reject is in ``Tokens.error``.
    """
    tokens = Tokens(data)
    try:
        _Lexer(tokens, in_data_block).run()
    except ConfSyntaxError as error:
        tokens.error = error
        _close_blocks(tokens)
    return tokens


class _Lexer:
    """State of one pass over a file."""

    def __init__(self, tokens: Tokens, in_data_block: bool) -> None:
        self.tokens = tokens
        self.data = tokens.data
        self.blocks_are_data = [in_data_block]
        self.buffer = _ReadBuffer(tokens)

    def run(self) -> None:  # noqa: PLR0912, PLR0915  one loop, one branch per kind of token
        tokens, data = self.tokens, self.data
        values, quoted = tokens.values, tokens.quoted
        starts, ends, lines = tokens.starts, tokens.ends, tokens.lines
        depth = 0
        first = 0  # index of the first token of the directive being read
        line = 1
        counted = 0  # the offset up to which `line` counts
        count_lines = data.count
        check_comments = _LONG_LINE.search(data) is not None
        match = _TOKEN.scanner(data).match  # type: ignore[attr-defined]  # undocumented, fast
        while (found := match()) is not None:
            kind = found.lastindex
            start, end = found.span(kind)
            if kind == _COMMENT:
                if check_comments:
                    self.check_length(start, end, "", complete=False)
                continue
            line += count_lines(b"\n", counted, start)
            counted = start
            if kind == _WORD or (kind >= _DOUBLE and kind != _END):
                raw = found[kind]
                if b"\\" in raw:
                    raw = _ESCAPE.sub(_unescape, raw)
                in_quotes = kind in (_DOUBLE, _SINGLE)
                if end - start >= CONF_BUFFER - 3:
                    self.check_length(start, end, '"' if kind == _DOUBLE else "'", in_quotes)
                values.append(raw.decode("utf-8", "surrogateescape"))
                quoted.append(in_quotes)
                starts.append(start - in_quotes)
                ends.append(end + in_quotes)
                lines.append(line)
                continue
            if kind == _END:
                if len(values) > first:
                    break
                if depth:
                    message = 'unexpected end of file, expecting "}"'
                    raise tokens.reject(message, len(data))
                return
            mark = found[kind].decode()
            has_name = len(values) > first
            if has_name == (mark == "}"):
                raise tokens.reject(f'unexpected "{mark}"', start)
            name = values[first] if has_name else ""
            if mark != "{":
                depth -= mark == "}"
                if depth < 0:
                    raise tokens.reject('unexpected "}"', start)
                if mark == "}":
                    self.blocks_are_data.pop()
                elif name.endswith(LUA_BLOCK) and not self.blocks_are_data[-1]:
                    message = f'directive "{name}" has no opening "{{"'
                    raise tokens.reject(message, start)
            elif self.blocks_are_data[-1]:
                raise tokens.reject('unexpected "{"', start)
            elif name.endswith(LUA_BLOCK):
                close = self.buffer.read_lua_block(end)
                values.append(data[end : close - 1].decode("utf-8", "surrogateescape"))
                quoted.append(True)
                starts.append(end)
                ends.append(close - 1)
                lines.append(line)
                start, end, mark = close - 1, close, ";"
                line += count_lines(b"\n", counted, start)
                counted = start
                match = _TOKEN.scanner(data, close).match  # type: ignore[attr-defined]
            else:
                depth += 1
                tokens.max_depth = max(tokens.max_depth, depth)
                self.blocks_are_data.append(name in DATA_BLOCKS)
            values.append(mark)
            quoted.append(False)
            starts.append(start)
            ends.append(end)
            lines.append(line)
            first = len(values)
        self.diagnose(len(values) > first)

    def check_length(
        self, start: int, end: int, quote: str, in_quotes: bool = False, *, complete: bool = True
    ) -> None:
        """Raise if nginx's buffer is full before the token in data[start:end] is complete."""
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
        """Raise what nginx says where no token matches."""
        tokens, data = self.tokens, self.data
        gap = tokens.ends[-1] if tokens.ends else 0
        blank = re.compile(rb"(?:[ \t\r\n]++|#[^\n]*(?:\n|\Z))*+").match(data, gap)
        start = blank.end() if blank else gap
        if start < len(data) and (quote := data[start : start + 1]) in (b'"', b"'"):
            closed = re.compile(
                rb"%b(?:[^%b\\]++|\\.){0,4096}+%b" % (quote, quote, quote), re.DOTALL
            )
            if found := closed.match(data, start):
                self.check_length(start + 1, found.end() - 1, quote.decode(), True)
                if found.end() < len(data):
                    wrong = data[found.end() : found.end() + 1].decode("utf-8", "surrogateescape")
                    raise tokens.reject(f'unexpected "{wrong}"', found.end())
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
        """Refill as ngx_conf_read_token() does up to `position`."""
        while self.last < position:
            self.refill(self.token_start(self.last))

    def refill(self, base: int) -> None:
        self.base = base
        self.last = min(base + CONF_BUFFER, len(self.data))

    def token_start(self, offset: int) -> int:
        """nginx's `start` when all bytes before `offset` are consumed."""
        if offset == self.after_lua:
            return offset
        tokens, data = self.tokens, self.data
        index = bisect_right(tokens.starts, offset - 1) - 1
        end = 0
        if index >= 0 and tokens.starts[index] >= self.after_lua:
            end = tokens.ends[index]
            if not tokens.quoted[index] and tokens.values[index] in (";", "{", "}"):
                if offset == end:
                    return offset
            elif offset <= end + 1:
                return tokens.starts[index] + tokens.quoted[index]
        end = max(end, self.after_lua)
        comment = data.find(b"#", max(end, data.rfind(b"\n", end, offset) + 1), offset)
        return comment if comment >= 0 else offset - 1

    def read_lua_block(self, position: int) -> int:
        """Read a Lua block whose ``{`` ends at `position`; return the offset after its ``}``."""
        self.replay(position)
        depth = 1
        open_brace = position - 1
        while depth:
            found = self.next_lua_token(position, open_brace)
            position = found.end()
            kind = found.lastindex
            if kind == _LUA_OPEN:
                depth += 1
                open_brace = position - 1
            elif kind == _LUA_CLOSE:
                depth -= 1
            elif kind in (_LUA_LONG, _LUA_LONG_COMMENT):
                position = self.close_long_bracket(found)
        self.after_lua = position
        return position

    def next_lua_token(self, position: int, open_brace: int) -> re.Match[bytes]:
        """``ngx_http_lua_conf_read_lua_token()``: the next match that the buffer holds."""
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
            found = _LUA_TOKEN.search(self.data, position, self.last)
            if found is not None:
                return found
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
        closing = opening[0].lstrip(b"-").replace(b"[", b"]")
        closed = self.data.find(closing, opening.end(), self.last)
        if closed < 0:
            raise self.tokens.reject(
                f'Lua code block missing the closing long bracket "{closing.decode()}", '
                "the inlined Lua code may be too long",
                opening.start(),
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


def _unescape(match: re.Match[bytes]) -> bytes:
    return _ESCAPED.get(match[1], match[1])


def _close_blocks(tokens: Tokens) -> None:
    """Cut after the last complete directive and close what is open, to count what was read."""
    depth = 0
    keep = 0
    for index, (value, quoted) in enumerate(zip(tokens.values, tokens.quoted, strict=True)):
        if not quoted and value in (";", "{", "}"):
            depth += (value == "{") - (value == "}")
            keep = index + 1
    for column in (tokens.values, tokens.quoted, tokens.starts, tokens.ends, tokens.lines):
        del column[keep:]
    for _ in range(depth):
        tokens.values.append("}")
        tokens.quoted.append(False)
        end = tokens.ends[-1]
        tokens.starts.append(end)
        tokens.ends.append(end)
        tokens.lines.append(tokens.lines[-1])
