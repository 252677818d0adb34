"""A file of which a few directives were typed anew: they alone are parsed again.

Most edits in an editor are of plain directives of one block, or of comments. Then what stands
before them reads as it did, and so does what follows: only its offsets move. After all other edits,
and when it is not certain, the file must be parsed as a whole.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from nginx_memlint.syntax.directives import INCLUDE_KEY, LEADING, Body, Directive, ParsedFile, parse
from nginx_memlint.syntax.lexer import LUA_BLOCK
from nginx_memlint.syntax.read_buffer import CONF_BUFFER, ReadBuffer
from nginx_memlint.syntax.tokens import (
    CLOSE,
    IS_COMMENT,
    IS_END,
    IS_MARK,
    IS_WORD,
    TOKEN,
    ConfSyntaxError,
    Tokens,
    matches,
)

SHORT = CONF_BUFFER // 2
"""Bytes of what is parsed alone at the most: no word in it is too long for nginx's buffer."""

NEAR_THE_END = 4
"""A word that fills nginx's buffer is taken if no more than so many bytes come after it."""

_TOKEN = attrgetter("token")


class Retyped(NamedTuple):
    """Directives of one body of a file, and those that come in their place.

    ``place`` is where they are in the body, ``names`` those of all of them. ``keeps_names`` tells
    that each has another of its name instead. ``tokens``: where the file's directives stand then.
    """

    file: ParsedFile
    body: Body
    place: slice
    instead: Sequence[Directive]
    names: frozenset[str]
    keeps_names: bool
    tokens: Tokens

    def apply(self) -> None:
        """Make the change in the parsed file."""
        if self.keeps_names:
            for directive, new in zip(self.body.directives[self.place], self.instead, strict=True):
                directive.args = new.args
        else:
            self.body.replace(self.place, self.instead)
            self.file.renumber()
        self.file.tokens = self.tokens


def retyped(file: ParsedFile, data: bytes) -> Retyped | None:
    """The edit that gives a file these bytes; None if it must be parsed as a whole."""
    tokens, old = file.tokens, file.tokens.data
    if tokens.error is not None:
        return None
    same = _alike(old, data)
    most = min(len(old), len(data)) - same
    same_after = min(most, _alike(old[same:][::-1], data[same:][::-1]))
    changed_to = len(old) - same_after
    start = _start(tokens, same)
    end = _end(old, start, changed_to)
    new_end = _end(data, start, len(data) - same_after)
    if end is None or new_end is None or len(old) - end != len(data) - new_end:
        return None
    first, last = bisect_left(tokens.heads, start), bisect_left(tokens.heads, end)
    if _may_be_too_long(tokens, first, start):
        return None
    before, after = _plain(file, old[start:end]), _plain(file, data[start:new_end])
    if before is None or after is None or len(before.body.directives) != last - first:
        return None
    body, around = _around(file, first, start)
    moved = _moved(tokens, data, first, last, start, after.tokens, around, new_end - end)
    if not _has_lua_as_before(moved):
        return None
    instead = [
        Directive(file, first + number, directive.name, directive.args, None)
        for number, directive in enumerate(after.body.directives)
    ]
    begin = bisect_left(body.directives, first, key=_TOKEN)
    place = slice(begin, begin + last - first)
    names = [directive.name for directive in body.directives[place]]
    new_names = [directive.name for directive in instead]
    all_names = frozenset(names + new_names)
    return Retyped(file, body, place, instead, all_names, names == new_names, moved)


def _alike(one: bytes, other: bytes) -> int:
    """The number of first bytes that are alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _start(tokens: Tokens, offset: int) -> int:
    """The end of the last mark before an offset."""
    number = bisect_left(tokens.heads, offset)
    start = position = tokens.heads[number - 1] + 1 if number else 0
    while (token := TOKEN.match(tokens.data, position)) is not None:
        if token.lastindex not in (IS_MARK, IS_COMMENT) or token.end() > offset:
            break
        position = token.end()
        if token.lastindex == IS_MARK:
            start = position
    return start


def _end(data: bytes, start: int, offset: int) -> int | None:
    """The end of what begins at ``start``: the first place after an offset where nothing is open.

    None if it is too long, or the head of a block.
    """
    position = start
    is_between = True  # directives, not in one
    while (token := TOKEN.match(data, position)) is not None:
        kind, position = token.lastindex, token.end()
        if position - start >= SHORT or token[IS_MARK] == b"{":
            return None
        if kind == IS_MARK:
            if position > offset:
                return position - 1 if token[IS_MARK] == b"}" else position
            is_between = True
        elif kind == IS_END or (kind == IS_COMMENT and is_between and position >= offset):
            return position
        elif kind != IS_COMMENT:
            begin = token.start(kind or 0) - (kind != IS_WORD)
            if is_between and begin >= offset:
                return begin
            is_between = False
    return None


def _may_be_too_long(tokens: Tokens, number: int, start: int) -> bool:
    """Whether nginx takes a long word or comment before an offset for where the file ends."""
    is_long = number > 0 and tokens.heads[number - 1] - tokens.starts[number - 1] > SHORT
    after_comment = start > SHORT and tokens.data.rfind(b"\n", start - SHORT, start) < 0
    return len(tokens.data) - start <= NEAR_THE_END and (is_long or after_comment)


def _plain(file: ParsedFile, data: bytes) -> ParsedFile | None:
    """The directives in a part of a file; None if any of them is no plain one."""
    part = parse(data, file.path, file.name)
    if part.error is not None or part.tokens.lua:
        return None
    is_plain = not any(
        directive.body is not None
        or directive.name in LEADING
        or directive.name.startswith((INCLUDE_KEY, "\ufeff"))
        for directive in part.body.directives
    )
    return part if is_plain else None


def _around(file: ParsedFile, number: int, offset: int) -> tuple[Body, list[Directive]]:
    """The body in which a directive of this number would stand, and the blocks around it."""
    body, around = file.body, []
    while place := bisect_left(body.directives, number, key=_TOKEN):
        block = body.directives[place - 1]
        if block.body is None or file.tokens.ends[block.token] <= offset:
            break
        around.append(block)
        body = block.body
    return body, around


def _moved(
    tokens: Tokens,
    data: bytes,
    first: int,
    last: int,
    start: int,
    instead: Tokens,
    around: Sequence[Directive],
    by: int,
) -> Tokens:
    """Where the directives of the file stand after the edit, which moves what follows."""
    moved = Tokens(data, tokens.max_lua)
    for name in ("starts", "heads", "ends"):
        places: array[int] = getattr(tokens, name)
        rest = array("I", [place + by for place in places[last:]]) if by else places[last:]
        new = array("I", [start + place for place in getattr(instead, name)])
        setattr(moved, name, places[:first] + new + rest)
    for block in around:
        moved.ends[block.token] += by
    return moved


def _has_lua_as_before(tokens: Tokens) -> bool:
    """Whether blocks of Lua end where they are said to: nginx's buffer now holds other parts."""
    data, starts, heads = tokens.data, tokens.starts, tokens.heads
    buffer = ReadBuffer(tokens)
    place = 0
    while (place := data.find(LUA_BLOCK.encode(), place)) >= 0:
        number = bisect_right(starts, place) - 1
        place += 1
        if number < 0 or place > heads[number] or data[heads[number]] != CLOSE:
            continue
        opening = starts[number]
        for token in matches(data, opening):
            opening = token.end()
        try:
            place = buffer.read_lua_block(data.index(b"{", opening) + 1)
        except ConfSyntaxError:
            return False
        if place != heads[number] + 1:
            return False
    return True
