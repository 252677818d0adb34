"""Spans of directives, arguments and blocks; files parsed once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint import check
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.syntax.directives import Directive, ParsedFile, Span, parse
from nginx_memlint.syntax.read_buffer import ReadBuffer
from nginx_memlint.syntax.tokens import Tokens
from nginx_memlint.tree.build import build
from tests.helpers import http, write

TEXT = """\
# täglich
user  "é x"  b;\tworker_processes
\t2 ;
http { # a }
  content_by_lua_block { return "}" }
\tif ( $a = 'x' ) { set $b c; }
}
"""


@pytest.fixture
def file() -> ParsedFile:
    return parse(TEXT.encode(), "/x", "x")


def text(file: ParsedFile, span: Span) -> str:
    return file.tokens.data[span.start : span.end].decode()


def directive(file: ParsedFile, *path: str) -> Directive:
    body = file.body
    for name in path[:-1]:
        [outer] = body.named[name]
        assert outer.body is not None
        body = outer.body
    return body.named[path[-1]][0]


@pytest.mark.parametrize(
    ("path", "name", "args", "whole", "line", "column"),
    [
        (("user",), "user", ['"é x"', "b"], 'user  "é x"  b;', 2, 1),
        (("worker_processes",), "worker_processes", ["2"], "worker_processes\n\t2 ;", 2, 17),
        (
            ("http", "content_by_lua_block"),
            "content_by_lua_block",
            [' return "}" '],
            'content_by_lua_block { return "}" }',
            5,
            3,
        ),
        (
            ("http", "if"),
            "if",
            ["(", "$a", "=", "'x'", ")"],
            "if ( $a = 'x' ) { set $b c; }",
            6,
            2,
        ),
        (("http", "if", "set"), "set", ["$b", "c"], "set $b c;", 6, 20),
    ],
)
def test_spans(
    file: ParsedFile,
    path: tuple[str, ...],
    name: str,
    args: list[str],
    whole: str,
    line: int,
    column: int,
) -> None:
    target = directive(file, *path)
    span = file.span(target)
    assert (text(file, span), span.line, span.column) == (name, line, column)
    data = file.tokens.data
    assert [data[a:b].decode() for _, a, b in file.tokens.args(target.token)] == args
    assert text(file, file.whole_span(target)) == whole
    assert (file.whole_span(target).line, file.whole_span(target).column) == (line, column)


def test_the_span_of_a_block_reaches_its_brace(file: ParsedFile) -> None:
    block = text(file, file.whole_span(directive(file, "http")))
    assert block.startswith("http { # a }")
    assert block.endswith("c; }\n}")


def test_comments(file: ParsedFile) -> None:
    assert [(line, comment) for line, _, comment in file.tokens.comments()] == [
        (1, "# täglich"),
        (4, "# a }"),
    ]


def test_a_file_included_from_many_places_is_parsed_once(
    tmp_path: Path, split: list[bytes]
) -> None:
    locations = "".join(f"location /{i} {{ include many.conf; }}" for i in range(1000))
    conf = write(
        tmp_path,
        {"nginx.conf": http(f"server {{ {locations} }}"), "many.conf": "if ($a) { return 204; }"},
    )
    tree = build(FileSystem({"/": "/"}, restricted=False), str(conf))
    assert len(split) == 2
    blocks = list(tree.blocks("if"))
    assert len(blocks) == 1000
    assert blocks[7].inclusion.chain() == (f"{conf}:5",)


def test_deep_nesting(tmp_path: Path) -> None:
    depth = 3000
    nested = "location / {" * depth + "}" * depth
    report = check(write(tmp_path, {"nginx.conf": http(f"server {{ {nested} }}")}))
    assert report.complete
    assert report.blocks.location == depth


def test_comments_that_contain_something() -> None:
    data = (
        b"a '# x'; # x 1\nb { # y\n'\n#x' # y x \r\n c; # z; # x\n"
        b" content_by_lua_block { # x }\n} #x"
    )
    file = parse(data, "/a", "a")
    assert file.error is None
    assert file.tokens.comments(b"x") == [
        (1, 9, "# x 1"),
        (4, data.index(b"# y x"), "# y x \r"),
        (5, data.index(b"# z"), "# z; # x"),
        (7, len(data) - 2, "#x"),
    ]
    assert [text for _, _, text in file.tokens.comments(b"y")] == ["# y", "# y x \r"]


@given(st.binary(max_size=60))
def test_a_source_line_is_that_line(data: bytes) -> None:
    file = parse(data, "/a", "a")
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        assert file.source_line(number) == line.decode("utf-8", "surrogateescape")
    assert file.source_line(len(lines) + 1) == ""


@given(st.text("[]{}=-\"'\\\n a", max_size=40), st.integers(0, 5), st.integers(0, 40))
def test_lua_tokens_are_found_as_by_search(text: str, start: int, end: int) -> None:
    """Text that is passed over in bulk holds none of the patterns of util/gen-lexer-c."""
    pattern = re.compile(
        rb"""(\{)|(\})|(\[=*\[)|(--\[=*\[)|(?:\]=*\]|--[^\n]*"""
        rb"""|"(?:\\[^\n]|[^"\n\\])*"|'(?:\\[^\n]|[^'\n\\])*')"""
    )
    data = text.encode()
    buffer = ReadBuffer(Tokens(data))
    buffer.last = end = min(end, len(data))
    token = buffer.lua_token(start)
    expected = pattern.search(data, start, end)
    assert (token is None) == (expected is None)
    if token is not None and expected is not None:
        assert (token.lastindex, token.end()) == (expected.lastindex, expected.end())
        if kind := token.lastindex:
            assert token.span(kind) == expected.span(kind)
