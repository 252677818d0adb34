"""Text before a Lua block, and in it, is read once, however long it is."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from nginx_memlint.syntax import read_buffer
from nginx_memlint.syntax.lexer import tokenize
from nginx_memlint.syntax.tokens import TOKEN

LUA = b"init_by_lua_block { }"
COUNT = 20_000


@pytest.mark.parametrize(
    "before",
    [
        b"# a comment\n" * COUNT,
        b"types { text/html" + b" abcdefgh" * COUNT + b"; }",
        b" " * 100_000,
    ],
    ids=["comments", "arguments", "blanks"],
)
def test_words_before_a_lua_block_are_matched_once(
    before: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    matched = []

    class Counted:
        def match(self, data: bytes, position: int) -> Any:
            matched.append(position)
            return TOKEN.match(data, position)

    monkeypatch.setattr(read_buffer, "TOKEN", Counted())
    tokens = tokenize(b"a b;\n" + before + LUA)
    assert tokens.error is None
    assert 1 < len(matched) < 2 * COUNT
    assert len(matched) == len(set(matched))


def _seconds(lua: bytes) -> float:
    """The least CPU time of three readings."""
    times = []
    for _ in range(3):
        began = time.process_time()
        tokens = tokenize(b"init_by_lua_block {" + lua + b"}")
        times.append(time.process_time() - began)
        assert tokens.error is None
    return min(times)


@pytest.mark.parametrize("quote", [rb"\"", rb"\'", rb"\"\'"])
def test_quotes_that_nothing_closes_take_no_square_of_their_line(quote: bytes) -> None:
    opened = quote[1:2]
    length = 1000

    def lines(of: bytes) -> bytes:
        return (opened + of * (length // len(of)) + b"\n[[]]\n") * 100

    assert _seconds(lines(quote)) < 10 * max(_seconds(lines(b"a")), 0.01)


def test_quotes_that_nothing_closes_end_with_their_line() -> None:
    for data in (b'"\\"{\n"}"\'\\\'}\'', b"' \" ' {\n\" ' \\\" } ' { \" }"):
        strings = re.compile(rb""""(?:\\[^\n]|[^"\n\\])*"|'(?:\\[^\n]|[^'\n\\])*'""")
        left = strings.sub(b"", data)
        closed = data + b"}" * (1 + left.count(b"{") - left.count(b"}"))
        tokens = tokenize(b"init_by_lua_block {" + closed + b" a b;")
        assert tokens.error is None, data
        assert len(tokens.starts) == 2, data


def test_tokens_of_lua_are_counted() -> None:
    assert tokenize(b"a b;").lua == 0
    assert tokenize(b"init_by_lua_block { {} [[x]] 'a' }").lua == 5
