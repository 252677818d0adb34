"""Regular expressions, by how long they are and what is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, setting_in
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.expressions import listed

EXPRESSION, CODE = 200, 8_820
"""Each, and its machine code with ``pcre_jit on`` (pcre2_compile(), pcre2_jit_compile())."""

CHARACTER, CHARACTER_CODE = 3, 32
CLASS, CLASS_CODE = 36, 265
"""A class has a bit for each character (OP_CLASS)."""

ALTERNATIVE, ALTERNATIVE_CODE = 5, 480
REWRITE_CODE = 450
"""More for a ``rewrite``, whose expressions mostly capture."""

MOST = 65_535
"""Bytes of the largest that PCRE compiles (``LINK_SIZE`` 2)."""

_TOKEN = re.compile(
    r"([^\\\[(){|]++)|\\.|\[\^?\]?(?:\\.|\[:\w*:\]|[^\]\\])*\]?"
    r"|\{(\d{1,5})(?:,(\d{0,5}))?\}|.",
    re.DOTALL,
)
"""The first group is characters that are compiled one by one, the others how often a group is."""


class _Size(NamedTuple):
    """Bytes of a compiled expression, and of its machine code."""

    compiled: int = 0
    code: int = 0

    def plus(self, other: _Size) -> _Size:
        return _Size(self.compiled + other.compiled, self.code + other.code)


_CHARACTER = _Size(CHARACTER, CHARACTER_CODE)
_CLASS = _Size(CLASS, CLASS_CODE)
_ALTERNATIVE = _Size(ALTERNATIVE, ALTERNATIVE_CODE)


@lru_cache(maxsize=4096)
def expression_size(text: str) -> _Size:
    """The bytes of an expression; a group that is repeated is there as often (``(ab){9}``)."""
    groups = [_Size(EXPRESSION, CODE)]
    last: _Size | None = None
    for token in _TOKEN.finditer(text):
        piece, before, last = token[0], last, None
        if piece == "(":
            groups.append(_ALTERNATIVE)
            continue
        if piece == ")" and len(groups) > 1:
            size = last = groups.pop()
        elif token[1]:
            size = _repeated(_CHARACTER, len(piece))
        elif token[2] and before:
            size = _repeated(before, int(token[3] or token[2]) - 1)
        else:
            size = _ALTERNATIVE if piece == "|" else _CLASS if piece[0] == "[" else _CHARACTER
        groups[-1] = groups[-1].plus(size)
    size = _Size()
    for group in groups:
        size = size.plus(group)
    if size.compiled <= MOST:
        return size
    return _Size(MOST, size.code * MOST // size.compiled)


def _repeated(group: _Size, times: int) -> _Size:
    return _Size(max(0, group.compiled * times), max(0, group.code * times))


def _expressions(configuration: Configuration) -> Iterator[Counted]:
    tree = configuration.tree
    has_jit = configuration.has_jit
    for texts, at, said, times in listed(tree):
        tree.work.take(sum(map(len, texts)) >> 4)
        sizes = [expression_size(text) for text in texts]
        pool = times * sum(size.compiled for size in sizes)
        code = times * sum(size.code for size in sizes) if has_jit else 0
        if said == "rewrite":
            code += times * REWRITE_CODE * len(texts) if has_jit else 0
        place = at if isinstance(at, Block) else setting_in(tree, *at, said)
        yield Counted(Amount(pool=pool, code=code), times * len(texts), place, said)


RECORDS: tuple[Record, ...] = (
    Record(
        "regular expressions",
        ("location ~", "if ~", "server_name ~", "rewrite", "valid_referers ~", "map ~"),
        _expressions,
        "ngx_regex_compile()",
        "location ~, with 1000 letters, 100 classes, 100 alternatives; server_name ~; 1 rewrite; "
        "map, regex; the same with pcre_jit",
    ),
)
