"""crossplane's parser, fed by our lexer: it makes directives and blocks of lexemes.

crossplane's own lexer splits some configurations otherwise than nginx does, so ours takes its place
in ``crossplane.parser.parse()``; everything else there is used unchanged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

import crossplane.parser

from nginx_memlint.errors import MemlintError
from nginx_memlint.syntax.lexer import Lexeme

Statement = dict[str, Any]
"""``directive`` is its name, ``args`` are its arguments, ``block`` are the statements in it, if it
is a block. ``line`` is what the lexer says it is: the number of the directive in its file."""

_NO_CONTEXT = ("",)

ROOM = 100
"""Depth of calls from within crossplane's parser, beside its calls of itself."""


def statements(lexemes: Iterator[list[Lexeme]], depth: int) -> list[Statement]:
    """The statements that crossplane's parser makes of our lexer's lexemes.

    ``depth`` is how deeply blocks may be nested. Raises MemlintError if the installed package
    ``crossplane`` is not one that this program works with.
    """
    replaced = {
        "lex": lambda _filename: chain.from_iterable(lexemes),
        # none that crossplane has rows for: contexts are judged elsewhere
        "enter_block_ctx": lambda _statement, _context: _NO_CONTEXT,
    }
    parse = crossplane.parser.parse
    _check(parse, *replaced)
    # a function of its own: nobody else's use of crossplane is changed
    fed = FunctionType(parse.__code__, parse.__globals__ | replaced, argdefs=parse.__defaults__)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + depth + ROOM)  # it calls itself for each level of blocks
    try:
        payload = fed("", onerror=_fail, single=True, check_ctx=False, check_args=False)
    finally:
        sys.setrecursionlimit(before)
    parsed: list[Statement] = payload["config"][0]["parsed"]
    return parsed


def _fail(error: Exception) -> None:
    """Raise an error that crossplane would keep to itself: no file may be cut short in silence."""
    raise error


@cache
def _check(parse: FunctionType, *names: str) -> None:
    """Raise MemlintError unless crossplane's function calls the names that are replaced here."""
    called = {*parse.__code__.co_names}
    for inner in parse.__code__.co_consts:
        if isinstance(inner, CodeType):
            called.update(inner.co_names)
    if not called.issuperset(names):
        raise MemlintError(
            "the package crossplane was replaced by another one, perhaps ngxparse; install memlint "
            "in an environment of its own"
        )
