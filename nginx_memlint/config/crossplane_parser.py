"""The same trees by crossplane's own parser, which is fed our tokens: a second opinion.

crossplane's lexer reads some configurations otherwise than nginx does, so ours takes its place;
all that makes directives and blocks of tokens is crossplane's. It takes several times as long.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from types import FunctionType
from typing import Any, NamedTuple, cast

import crossplane.parser

from nginx_memlint.config.shapes import BLOCK_MARK, shape_of
from nginx_memlint.config.syntax import ParsedFile
from nginx_memlint.config.tokens import Tokens


class UnsupportedCrossplaneError(Exception):
    """The installed ``crossplane`` package is not the one this program works with."""


class _Token(NamedTuple):
    """What crossplane gets: a text, and whether it is no mark; of which directive it is."""

    text: str
    is_word: bool
    number: int


class _File(ParsedFile):
    """A file whose directives have the arguments that crossplane found."""

    __slots__ = ("_args",)

    def __init__(self, path: str, name: str, tokens: Tokens, args: list[tuple[str, ...]]) -> None:
        super().__init__(path, name, tokens)
        self._args = args

    def args(self, number: int) -> tuple[str, ...]:
        """See ParsedFile."""
        return self._args[number]


def parsed(path: str, name: str, tokens: Tokens) -> ParsedFile:
    """A syntax.FileParser, as ParsedFile() itself is. Raises UnsupportedCrossplaneError."""
    check_crossplane()
    return _file(path, name, tokens, _flat(tokens))


def check_crossplane() -> None:
    """Raise UnsupportedCrossplaneError unless the imported package is crossplane itself."""
    try:
        version("ngxparse")
    except PackageNotFoundError:
        pass
    else:
        raise UnsupportedCrossplaneError(
            "the package ngxparse has replaced crossplane; install memlint in an environment of "
            "its own"
        )


def _flat(tokens: Tokens) -> list[_Token]:
    """All tokens of a file in their order; Lua is a word that is followed by a ``;``."""
    found: list[_Token] = []
    opened: list[int] = []
    for number, name in enumerate(tokens.names):
        while opened and tokens.stops[opened[-1]] == number:
            found.append(_Token("}", False, opened.pop()))
        words = [name, *(text for text, _, _ in tokens.args(number))]
        found += (_Token(word, True, number) for word in words)
        if tokens.stops[number]:
            opened.append(number)
        found.append(_Token("{" if tokens.stops[number] else ";", False, number))
    found += (_Token("}", False, number) for number in reversed(opened))
    return found


def _file(path: str, name: str, ours: Tokens, flat: list[_Token]) -> ParsedFile:
    """A file of crossplane's statements; of our tokens it has no more than where they stand."""
    tokens = Tokens(ours.data)
    tokens.error, tokens.uncounted = ours.error, ours.uncounted
    args: list[tuple[str, ...]] = []
    top: list[str] = []
    pending = [(iter(_crossplane_parse(flat)), top, -1)]
    while pending:
        rest, inside, around = pending[-1]
        statement = next(rest, None)
        if statement is None:
            pending.pop()
            if around >= 0:
                tokens.shapes[around] = shape_of(inside)
                tokens.stops[around] = len(tokens.names)
            continue
        number = len(tokens.names)
        own = flat[statement["line"]].number
        directive = sys.intern(statement["directive"])
        tokens.names.append(directive)
        tokens.starts.append(ours.starts[own])
        tokens.heads.append(ours.heads[own])
        tokens.ends.append(ours.ends[own])
        tokens.stops.append(0)
        args.append(tuple(statement["args"]))
        if "block" in statement:
            inside.append(directive + BLOCK_MARK)
            pending.append((iter(statement["block"]), [], number))
        else:
            inside.append(directive)
    tokens.shape = shape_of(top)
    return _File(path, name, tokens, args)


def _crossplane_parse(tokens: list[_Token]) -> list[dict[str, Any]]:
    """crossplane's statements for our tokens; ``line`` is the token's index."""

    def lex(_filename: str) -> Iterator[tuple[str, int, bool]]:
        return ((token.text, index, token.is_word) for index, token in enumerate(tokens))

    original = crossplane.parser.parse
    run = FunctionType(
        original.__code__, {**original.__globals__, "lex": lex}, argdefs=original.__defaults__
    )
    with _recursion_limit(sum(token.text == "{" and not token.is_word for token in tokens)):
        payload = run("", single=True, catch_errors=False, check_ctx=False, check_args=False)
    if payload["status"] != "ok":
        raise UnsupportedCrossplaneError(
            f"crossplane {version('crossplane')} failed on tokens that nginx accepts: "
            f"{payload['errors'][0]['error']}"
        )
    return cast(list[dict[str, Any]], payload["config"][0]["parsed"])


@contextmanager
def _recursion_limit(depth: int) -> Iterator[None]:
    """crossplane recurses once for each level of blocks."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + depth + 50)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
