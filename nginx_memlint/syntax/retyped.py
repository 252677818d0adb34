"""A file that was edited: what has changed in it is parsed alone, and takes the place of what was.

The directives of the innermost block around the change that may read otherwise are parsed. If
that fails, the block itself has changed, or ends elsewhere, and the block around it is looked at.
All before and after them reads as it did: only its offsets move. When that is not certain, or is
no less work, the file must be parsed as a whole.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile, leading, parse
from nginx_memlint.syntax.lexer import DATA_BLOCKS, LUA_BLOCK
from nginx_memlint.syntax.read_buffer import CONF_BUFFER, ReadBuffer
from nginx_memlint.syntax.tokens import CLOSE, IS_COMMENT, TOKEN, ConfSyntaxError, Tokens, matches

SHORT = CONF_BUFFER // 2
"""Bytes of a line, or of a directive's head, at the most in what is parsed alone: no word or
comment in it is too long for nginx's buffer, wherever the file ends."""

NEAR_THE_END = 4
"""A word that fills nginx's buffer is taken if no more than so many bytes come after it."""

SMALL = 1 << 14
"""Bytes that are parsed alone whatever part of the file they are."""

MOST_PARTS = 4
"""Of a file that is larger, a part of it that is parsed alone is no more than one in so many."""


class Retyped(NamedTuple):
    """Directives of one body of a file, and those that come in their place.

    ``place`` is where they are in the body. ``names`` are those of all of them, and of what is in
    them. ``is_plain``: none of them holds others, or may bring some. ``is_in_place``: each has
    another of its name instead, besides. ``tokens``: where the file's directives stand then.
    """

    file: ParsedFile
    body: Body
    place: slice
    instead: Sequence[Directive]
    names: frozenset[str]
    is_plain: bool
    is_in_place: bool
    tokens: Tokens

    def apply(self) -> None:
        """Make the change in the parsed file."""
        if self.is_in_place:
            for directive, new in zip(self.body.directives[self.place], self.instead, strict=True):
                directive.args = new.args
        else:
            self.body.replace(self.place, self.instead)
            self.file.renumber()
        self.file.tokens = self.tokens


def retyped(
    file: ParsedFile,
    data: bytes,
    *,
    in_data_block: bool = False,
    max_depth: int = DEFAULT_BOUNDS.block_depth,
) -> Retyped | None:
    """The edit that gives a file these bytes; None if it must be parsed as a whole.

    ``in_data_block`` and ``max_depth`` are those with which the file was parsed.
    """
    old = file.tokens.data
    if file.tokens.error is not None:
        return None
    same = alike(old, data)
    most = min(len(old), len(data)) - same
    changed_to = len(old) - min(most, alike(old[same:][::-1], data[same:][::-1]))
    around = _around(file, same, changed_to)
    for depth in range(len(around), -1, -1):
        body = around[depth - 1].body if depth else file.body
        assert body is not None
        first, last, start, end = _part(file, body, around[:depth], same, changed_to)
        new_end = end + len(data) - len(old)
        if new_end - start > max(SMALL, len(data) // MOST_PARTS):
            return None
        is_data = around[depth - 1].name in DATA_BLOCKS if depth else in_data_block
        part = parse(
            data[start:new_end],
            file.path,
            file.name,
            in_data_block=is_data,
            max_depth=max_depth - depth,
            max_lua=file.tokens.max_lua,
        )
        if part.error is None and _ends_alone(part.tokens, data, new_end):
            place = slice(first, last)
            return _edit(file, data, body, place, part, around[:depth], start, end)
    return None


def _edit(
    file: ParsedFile,
    data: bytes,
    body: Body,
    place: slice,
    part: ParsedFile,
    around: Sequence[Directive],
    start: int,
    end: int,
) -> Retyped | None:
    """The edit that puts a part of a file in the place of directives of a body; None if what comes
    after it, or is in it, may not read as it does alone."""
    if not _is_short(part.tokens) or any(_has_mark(body) for body in (file.body, part.body)):
        return None
    first, last = (bisect_left(file.tokens.heads, offset) for offset in (start, end))
    if _may_be_too_long(file.tokens, first, start):
        return None
    by = len(data) - len(file.tokens.data)
    moved = _moved(file.tokens, data, first, last, start, part.tokens, around, by)
    if not _has_lua_as_before(moved):
        return None
    old, new = body.directives[place], part.body.directives
    before, after = _alike_around(old, new, file.tokens, part.tokens)
    old, new = old[before : len(old) - after], new[before : len(new) - after]
    for directive in _all(new):
        directive.move(file)
    names = [[directive.name for directive in listed] for listed in (old, new)]
    is_plain = not leading((*old, *new))
    return Retyped(
        file,
        body,
        slice(place.start + before, place.stop - after),
        new,
        frozenset(directive.name for listed in (old, new) for directive in _all(listed)),
        is_plain,
        is_plain and names[0] == names[1],
        moved,
    )


def alike(one: bytes, other: bytes) -> int:
    """The number of first bytes that are alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _around(file: ParsedFile, start: int, end: int) -> list[Directive]:
    """The blocks whose content a part of a file is in, the outermost first."""
    tokens, body = file.tokens, file.body
    around: list[Directive] = []
    while True:
        place = bisect_right(body.directives, start, key=lambda d: tokens.starts[d.token])
        block = body.directives[place - 1] if place else None
        if block is None or block.body is None:
            return around
        if file.opening(block) > start or tokens.ends[block.token] <= end:
            return around
        around.append(block)
        body = block.body


def _part(
    file: ParsedFile, body: Body, around: Sequence[Directive], start: int, end: int
) -> tuple[int, int, int, int]:
    """The directives of a body that may read otherwise after a change, and the bytes they are in.

    The one after the change is among them, as its beginning may be taken for a word of another.
    """
    tokens, directives = file.tokens, body.directives
    first = bisect_right(directives, start, key=lambda d: tokens.ends[d.token])
    last = bisect_left(directives, end, first, key=lambda d: tokens.starts[d.token])
    last = min(last + 1, len(directives))
    begin, stop = 0, len(tokens.data)
    if around:
        begin, stop = file.opening(around[-1]), tokens.ends[around[-1].token] - 1
    if first:
        begin = tokens.ends[directives[first - 1].token]
    if last < len(directives) or (last and tokens.ends[directives[last - 1].token] >= end):
        stop = tokens.ends[directives[last - 1].token]
    return first, last, begin, stop


def _ends_alone(part: Tokens, data: bytes, end: int) -> bool:
    """Whether no comment in which a part ends goes on after it."""
    position = max(part.ends, default=0)
    while (token := TOKEN.match(part.data, position)) is not None:
        if token.lastindex == IS_COMMENT and token.end() == len(part.data):
            return data[end : end + 1] in (b"\n", b"")
        if token.end() == position:
            break
        position = token.end()
    return True


def _may_be_too_long(tokens: Tokens, number: int, start: int) -> bool:
    """Whether nginx takes a long word or comment before an offset for where the file ends."""
    is_long = number > 0 and tokens.heads[number - 1] - tokens.starts[number - 1] > SHORT
    after_comment = start > SHORT and tokens.data.rfind(b"\n", start - SHORT, start) < 0
    return len(tokens.data) - start <= NEAR_THE_END and (is_long or after_comment)


def _is_short(tokens: Tokens) -> bool:
    """Whether nothing in a part of a file may be too long for nginx's buffer."""
    data, heads = tokens.data, tokens.heads
    return max(map(len, data.split(b"\n"))) <= SHORT and all(
        heads[number] - start <= SHORT or data[heads[number]] == CLOSE
        for number, start in enumerate(tokens.starts)
    )


def _has_mark(body: Body) -> bool:
    """Whether the first directive has a byte order mark in its name, which counts there alone."""
    return any(directive.name.startswith("\ufeff") for directive in body.directives[:1])


def _alike_around(
    old: Sequence[Directive], new: Sequence[Directive], before: Tokens, after: Tokens
) -> tuple[int, int]:
    """How many directives are as they were, at the beginning and at the end."""

    def differ(step: int, number: int) -> bool:
        at = number if step > 0 else -1 - number
        return not _is_alike(old[at], new[at], before, after)

    most = min(len(old), len(new))
    first = next((number for number in range(most) if differ(1, number)), most)
    most -= first
    return first, next((number for number in range(most) if differ(-1, number)), most)


def _is_alike(one: Directive, other: Directive, before: Tokens, after: Tokens) -> bool:
    """Whether two directives have the same words, and so has all that is in them."""
    pending = [(one, other)]
    while pending:  # no recursion: blocks nest deeply
        one, other = pending.pop()
        if (one.name, one.args, one.body is None) != (other.name, other.args, other.body is None):
            return False
        if one.name == "if" and _words(before, one) != _words(after, other):
            return False
        if one.body is not None and other.body is not None:
            if len(one.body.directives) != len(other.body.directives):
                return False
            pending += zip(one.body.directives, other.body.directives, strict=True)
    return True


def _words(tokens: Tokens, directive: Directive) -> list[str]:
    """The words of a condition, whose parentheses are not among its arguments."""
    return [text for text, _, _ in tokens.args(directive.token)]


def _all(directives: Sequence[Directive]) -> Iterator[Directive]:
    """Directives, and all that are in them."""
    pending = [*directives]
    while pending:
        directive = pending.pop()
        yield directive
        if directive.body is not None:
            pending += directive.body.directives


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
