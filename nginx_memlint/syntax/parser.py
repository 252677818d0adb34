"""crossplane's parser, fed by our lexer: what makes trees of tokens.

crossplane's lexer reads some configurations otherwise than nginx does, so ours takes its place in
``crossplane.parser.parse()``; all that makes directives and blocks of tokens is crossplane's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain
from types import CodeType, FunctionType
from typing import Any

import crossplane.parser

from nginx_memlint.errors import MemlintError
from nginx_memlint.syntax.lexer import Lexeme

Statement = dict[str, Any]
"""``directive`` is its name, ``args`` are its arguments, ``block`` are the statements in it, if it
is a block. ``line`` is what the lexer says it is: the number of the directive in its file."""

ROOM = 100
"""Calls that may be made from within crossplane's parser, beside its own."""


def statements(lexemes: Iterator[list[Lexeme]], depth: int) -> list[Statement]:
    """crossplane's statements for what our lexer says, blocks nested so deeply at most.

    Raises MemlintError if the package ``crossplane`` is not the one this program works with.
    """
    replaced = {
        "lex": lambda _filename: chain.from_iterable(lexemes),
        # contexts are judged elsewhere; those of deep blocks would take the square of their depth
        "enter_block_ctx": lambda _statement, _context: (),
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
    found: list[Statement] = payload["config"][0]["parsed"]
    return found


def _fail(error: Exception) -> None:
    """crossplane keeps errors to itself: no file may be cut short in silence."""
    raise error


def _check(parse: FunctionType, *names: str) -> None:
    """Look for the seam: what is replaced must be what the function, and those in it, call."""
    called = {*parse.__code__.co_names}
    for inner in parse.__code__.co_consts:
        if isinstance(inner, CodeType):
            called.update(inner.co_names)
    if not called.issuperset(names):
        raise MemlintError(
            "the package crossplane was replaced by another one, perhaps ngxparse; install memlint "
            "in an environment of its own"
        )
