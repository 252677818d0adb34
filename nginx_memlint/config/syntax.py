"""One file's bytes to a tree of directives. The only module that imports crossplane.

crossplane's parser builds the tree; the tokens it builds it from are ours (tokens.py), because
crossplane's lexer reads some configurations differently from nginx. The seam is the name
``lex`` that ``crossplane.parser.parse`` looks up: it runs here with a namespace of its own in
which ``lex`` gives our tokens, so crossplane itself is left as it is for other users of it.
Where crossplane expects a line number it is given the token's index, which leads to line,
column and offsets.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from types import FunctionType
from typing import Any, cast

import crossplane.parser

from nginx_memlint.config.blocks import CORE_NAMES
from nginx_memlint.config.bounds import DEFAULT_BOUNDS, exceeded
from nginx_memlint.config.tokens import MAX_COLUMN, ConfSyntaxError, Tokens, tokenize

_BRANCH_NAMES = CORE_NAMES | {"include"}


class UnsupportedCrossplaneError(Exception):
    """The installed ``crossplane`` package is not the one this program works with."""


class TooDeepError(ConfSyntaxError):
    """Blocks are nested deeper than is read, whatever nginx says."""


@dataclass(slots=True, eq=False)
class Directive:
    """One directive: its name, arguments, line, and the index of its first token.

    ``line`` is where the name starts. ``body`` is None unless it ended with ``{``. The
    parentheses of an ``if`` are not in ``args``.
    """

    name: str
    args: tuple[str, ...]
    line: int
    token: int
    body: Body | None = None


@dataclass(eq=False)
class Body:
    """The content of a block or a file: directives in order."""

    directives: list[Directive] = field(default_factory=list)

    @cached_property
    def named(self) -> dict[str, list[Directive]]:
        """The directives by name."""
        found: dict[str, list[Directive]] = {}
        for directive in self.directives:
            found.setdefault(directive.name, []).append(directive)
        return found

    @cached_property
    def branches(self) -> list[Directive]:
        """The directives that lead on: blocks, includes, and what is only named like a block."""
        names = _BRANCH_NAMES
        return [d for d in self.directives if d.body is not None or d.name in names]


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """Where something stands: 1-based line and column (characters), byte offsets, end exclusive."""

    line: int
    column: int
    start: int
    end: int


@dataclass(slots=True, eq=False)
class ParsedFile:
    """One file: ``path`` as nginx sees it, ``name`` as the user does, and its tree.

    ``error`` is set when nginx would reject the file; ``body`` then holds what stands before it.
    """

    path: str
    name: str
    tokens: Tokens
    body: Body
    error: ConfSyntaxError | None

    def span(self, directive: Directive) -> Span:
        """The directive's name."""
        return self._token_span(directive.token)

    def arg_span(self, directive: Directive, index: int) -> Span:
        """The directive's argument `index` as written, quotes included.

        For an ``if`` the tokens count, parentheses included.
        """
        return self._token_span(directive.token + 1 + index)

    def whole_span(self, directive: Directive) -> Span:
        """The directive from its name to its ``;`` or its block's ``}``."""
        first = self._token_span(directive.token)
        return Span(first.line, first.column, first.start, self.tokens.ends[self.last(directive)])

    def last(self, directive: Directive) -> int:
        """Index of the directive's last token: its ``;`` or its block's ``}``."""
        tokens = self.tokens
        last = directive.token
        depth = 0
        while True:
            last += 1
            if not tokens.quoted[last]:
                value = tokens.values[last]
                depth += (value == "{") - (value == "}")
                if depth == 0 and value in (";", "}"):
                    return last

    def opening(self, directive: Directive) -> int:
        """The byte offset behind the ``{`` of a directive with a block."""
        return self.tokens.ends[self._end(directive)]

    def count_args(self, directive: Directive) -> int:
        """The number of the directive's arguments as nginx counts them, parentheses included."""
        return self._end(directive) - directive.token - 1

    def nginx_line(self, directive: Directive) -> int:
        """The line nginx names in messages about the directive: where its ``;`` or ``{`` is."""
        return self.tokens.nginx_line_of(self.tokens.starts[self._end(directive)])

    def head_lines(self, directive: Directive) -> tuple[int, int]:
        """The lines from the directive's name to its ``;`` or ``{``, first and last."""
        lines = self.tokens.lines
        return lines[directive.token], lines[self._end(directive)]

    def _end(self, directive: Directive) -> int:
        """Index of the token after the directive's arguments."""
        tokens = self.tokens
        index = directive.token + 1
        while tokens.quoted[index] or tokens.values[index] not in (";", "{"):
            index += 1
        return index

    def source_line(self, line: int) -> str:
        """The text of a 1-based line, without its line feed; of a long one, the beginning."""
        tokens = self.tokens
        if line > len(tokens.feeds) + 1:
            return ""
        start = tokens.line_start(line)
        end = tokens.feeds[line - 1] if line <= len(tokens.feeds) else len(tokens.data)
        text = tokens.data[start : min(end, start + MAX_COLUMN)].decode("utf-8", "surrogateescape")
        return f"{text} …" if end > start + MAX_COLUMN else text

    def _token_span(self, index: int) -> Span:
        tokens = self.tokens
        start = tokens.starts[index]
        return Span(tokens.lines[index], tokens.column_of(start), start, tokens.ends[index])


def parse(
    data: bytes,
    path: str,
    name: str,
    *,
    in_data_block: bool = False,
    max_depth: int = DEFAULT_BOUNDS.block_depth,
) -> ParsedFile:
    """Parse one file; includes are left as directives.

    ``in_data_block``: the file is included inside a ``map``, ``geo`` or the like. Blocks deeper
    than ``max_depth`` are an error.
    """
    check_crossplane()
    with no_cyclic_gc():
        tokens = tokenize(data, in_data_block=in_data_block)
        if tokens.max_depth > max_depth:
            what = f"blocks are nested deeper than {max_depth:,}"
            error = TooDeepError(exceeded(what, "block-depth"), 1, 0)
            return ParsedFile(path, name, tokens, Body(), error)
        body = _body(_crossplane_parse(tokens), tokens)
    return ParsedFile(path, name, tokens, body, tokens.error)


def check_crossplane() -> None:
    """Raise UnsupportedCrossplaneError unless the imported package is crossplane itself."""
    try:
        version("ngxparse")
    except PackageNotFoundError:
        pass
    else:
        raise UnsupportedCrossplaneError(
            "the package ngxparse has replaced crossplane; install memlint in an environment of "
            "its own (pipx install nginx-memlint)"
        )


def _crossplane_parse(tokens: Tokens) -> list[dict[str, Any]]:
    """crossplane's statements for our tokens; ``line`` is the token's index."""

    def lex(_filename: str) -> Iterator[tuple[str, int, bool]]:
        return zip(tokens.values, count(), tokens.quoted, strict=False)

    original = crossplane.parser.parse
    run = FunctionType(
        original.__code__, {**original.__globals__, "lex": lex}, argdefs=original.__defaults__
    )
    with _recursion_limit(tokens.max_depth):
        payload = run("", single=True, catch_errors=False, check_ctx=False, check_args=False)
    if payload["status"] != "ok":
        raise UnsupportedCrossplaneError(
            f"crossplane {version('crossplane')} failed on tokens that nginx accepts: "
            f"{payload['errors'][0]['error']}"
        )
    return cast(list[dict[str, Any]], payload["config"][0]["parsed"])


def _body(statements: list[dict[str, Any]], tokens: Tokens) -> Body:
    """crossplane's dictionaries as our records; iterative, since blocks nest deeply."""
    lines = tokens.lines
    root = Body()
    pending = [(statements, root)]
    while pending:
        source, target = pending.pop()
        append = target.directives.append
        for statement in source:
            token = statement["line"]
            directive = Directive(
                statement["directive"], tuple(statement["args"]), lines[token], token
            )
            if "block" in statement:
                directive.body = Body()
                pending.append((statement["block"], directive.body))
            append(directive)
    return root


@contextmanager
def _recursion_limit(depth: int) -> Iterator[None]:
    """crossplane recurses once for each level of blocks."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + depth + 50)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@contextmanager
def no_cyclic_gc() -> Iterator[None]:
    """Reading makes many small objects and no garbage: collecting meanwhile only costs time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
