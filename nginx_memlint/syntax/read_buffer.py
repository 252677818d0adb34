"""nginx's read buffer, which decides where a ``*_by_lua_block`` ends and what is too long in it.

Follows ``ngx_http_lua_conf_read_lua_token()`` with its pattern list from util/gen-lexer-c
(lua-nginx-module 0.10.23): it sees no further than the buffer of 4,096 bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache

from nginx_memlint.syntax.tokens import (
    IS_COMMENT,
    IS_DOUBLE,
    IS_END,
    IS_MARK,
    IS_SINGLE,
    TOKEN,
    BeyondBoundError,
    ConfSyntaxError,
    Tokens,
)

CONF_BUFFER = 4096
"""Bytes of nginx's read buffer (NGX_CONF_BUFFER): no token, comment or Lua token is longer."""

_LUA_STRINGS = {
    b'"': rb""""(?>(?:\\[^\n]|[^"\n\\]++)*)\"""",
    b"'": rb"""'(?>(?:\\[^\n]|[^'\n\\]++)*)'""",
}


@cache
def _lua_tokens(quotes: bytes) -> re.Pattern[bytes]:
    """The pattern of a Lua token and what is before it, where these quotes may begin strings.

    What is before a token is passed over in bulk: trying the token at each byte takes four times as
    long. A quote that begins no string is the last of the groups.
    """
    strings = b"".join(b"|" + _LUA_STRINGS[quotes[at : at + 1]] for at in range(len(quotes)))
    return re.compile(
        rb"(?>(?:[^][{}%b-]++|(?!\[=*\[|\]=*\]|--)[][-])*)"
        rb"(?:(\{)|(\})|(\[=*\[)|(--\[=*\[)|(?:\]=*\]|--[^\n]*%b)|([%b]))"
        % (quotes, strings, quotes or rb"^\s\S")
    )


_LUA_OPEN, _LUA_CLOSE, _LUA_LONG, _LUA_LONG_COMMENT, _LUA_QUOTE = range(1, 6)


class ReadBuffer:
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
        self._passed = -1  # what is before it has been looked at for last_token()
        self._token: re.Match[bytes] | None = None  # the last token there
        self._coming: re.Match[bytes] | None = None  # the token that comes next
        self._quotes = b"\"'"  # those that may begin a string before the end of their line
        self._line_end = -1

    def replay(self, position: int) -> None:
        """Refill the buffer as ngx_conf_read_token() does up to ``position``."""
        while self.last < position:
            self.refill(self.token_start(self.last))

    def refill(self, base: int) -> None:
        """Have as much of the file from a byte offset on as the buffer holds."""
        self.base = base
        self.last = min(base + CONF_BUFFER, len(self.data))
        self._line_end = -1

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
            if kind == IS_MARK:
                if offset == end:
                    return offset
            elif offset <= end + 1:
                return start
        end = max(end, self.after_lua)
        # no comment is longer than the buffer; white space may be
        end = max(end, offset - CONF_BUFFER)
        comment = data.find(b"#", max(end, data.rfind(b"\n", end, offset) + 1), offset)
        return comment if comment >= 0 else offset - 1

    def last_token(self, offset: int) -> re.Match[bytes] | None:
        """The last token that begins before an offset and after the last Lua block.

        Offsets come in order, and each token is matched once: between two directives, or in one,
        there may be as many as a file holds.
        """
        starts = self.tokens.starts
        index = bisect_left(starts, offset) - 1
        position = max(self.after_lua, starts[index] if index >= 0 else 0)
        if position > self._passed:
            self._passed, self._token, self._coming = position, None, None
        while True:
            self._coming = match = self._coming or TOKEN.match(self.data, self._passed)
            if match is None:
                break
            kind = match.lastindex or 0
            in_quotes = kind in (IS_DOUBLE, IS_SINGLE)
            if kind == IS_END or match.start(kind) - in_quotes >= offset:
                break
            if kind != IS_COMMENT:
                self._token = match
            self._passed, self._coming = match.end(), None
        return self._token

    def read_lua_block(self, position: int) -> int:
        """Read a Lua block whose ``{`` ends at ``position``; return the offset after its ``}``.

        Raises ConfSyntaxError, BeyondBoundError among them.
        """
        self.replay(position)
        depth = 1
        open_brace = position - 1
        while depth:
            token = self.next_lua_token(position, open_brace)
            self.tokens.lua += 1
            if self.tokens.lua > self.tokens.max_lua:
                what = f"a file has more than {self.tokens.max_lua:,} tokens of Lua"
                raise BeyondBoundError(what, "lua-tokens")
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
            token = self.lua_token(position)
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

    def lua_token(self, position: int) -> re.Match[bytes] | None:
        """The first Lua token in the buffer from an offset on; None if there is none.

        A quote that nothing closes in its line is none. Nor are those of its kind that come after
        it there: a backslash is before each, so what would close them would close the first. Each
        is passed over without a look at the rest of the line, which would take the line's square.
        """
        while True:
            if position >= self._line_end:
                self._quotes, self._line_end = b"\"'", self.last
            token = _lua_tokens(self._quotes).match(self.data, position, self._line_end)
            if token is None:
                if self._line_end == self.last:
                    return None
                position = self._line_end
            elif token.lastindex == _LUA_QUOTE:
                position = token.end()
                self._quotes = self._quotes.replace(token[_LUA_QUOTE], b"")
                line_end = self.data.find(b"\n", position, self._line_end)
                self._line_end = self._line_end if line_end < 0 else line_end
            else:
                return token

    def close_long_bracket(self, opening: re.Match[bytes]) -> int:
        """The byte offset behind the end of a long bracket; raises ConfSyntaxError."""
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
        """The error of a block whose ``{`` at a byte offset nothing ends."""
        return self.tokens.reject(
            "unexpected end of file, expecting terminating characters for lua code block",
            open_brace,
        )

    def too_long(self, offset: int) -> ConfSyntaxError:
        """The error of a token that begins at a byte offset and does not end in the buffer."""
        return self.tokens.reject(
            "too long lua code block, probably missing terminating characters", offset
        )
