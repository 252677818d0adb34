"""crossplane's parser, fed our tokens, gives the tree that ours gives, whatever the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.config import crossplane_parser, syntax
from nginx_memlint.config.syntax import ParsedFile

from .helpers import SAMPLES
from .nginx.generate_syntax import generate
from .test_crossplane_seam import CONFIGS

TRAPS = [
    b"",
    b"}",
    b"a",
    b"a {",
    b"a { b; } }",
    b"if ( $a = b ) { c; } if (a) { } if { } if () { } if ( ) { } if a ( b) {}",
    b"if (a; b { } c;",
    b"'if' (x) { }",
    b"a '{' ';' '}' \"#\" # c\n ; '{' { ';' '}'; }",
    b"content_by_lua_block { local a = '}' --[[ } ]] } b;",
    b"x { content_by_lua_block { } y { set_by_lua_block $a { return 1 } } } z;",
    b"content_by_lua_block { ",
    b"map $a $b { a b; include c; '' d; content_by_lua_block e; }",
    b"types { text/html html; { }",
    b"\xef\xbb\xbfa; \xff\xfe b;",
    b"a \\{ \\; \\# \\\\; b \\n\\t;",
    b"include a b; include { }",
    b"directive directive; { }",
]
WORDS = (
    *(b"if", b"(", b")", b"(a)", b"{", b"}", b";", b"#c\n", b" ", b"\n", b"'", b'"', b"\\", b"$"),
    *(b"${a", b"a", b"map", b"types", b"content_by_lua_block", b"--[[", b"]]", b"[=[", b"\xff"),
    *(b"server", b"include", b"'}'", b"';'", b'"#"', b"\0", b"\r\n", b"location"),
)
files = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from(WORDS), max_size=60).map(b" ".join),
    st.lists(st.sampled_from(WORDS), max_size=60).map(b"".join),
)


def all_of(file: ParsedFile) -> list[Any]:
    """Everything that is known of a file."""
    tokens = file.tokens
    error = tokens.error and (tokens.error.message, tokens.error.line, tokens.error.offset)
    places = (tokens.starts, tokens.heads, tokens.ends, tokens.stops)
    shapes = {number: shape.marked for number, shape in tokens.shapes.items()}
    directives = [file.directive(number) for number in range(len(tokens.names))]
    known = [(d.name, d.args, d.line, file.count_args(d), d.body is None) for d in directives]
    return [tokens.names, *map(list, places), shapes, tokens.shape.marked, error, known]


def same(data: bytes, *, in_data_block: bool = False) -> None:
    ours = syntax.parse(data, "/a", "a", in_data_block=in_data_block)
    parser = crossplane_parser.parsed
    theirs = syntax.parse(data, "/a", "a", in_data_block=in_data_block, parser=parser)
    assert all_of(theirs) == all_of(ours)


@pytest.mark.parametrize("data", TRAPS)
def test_same_tree_of_traps(data: bytes) -> None:
    same(data)
    same(data, in_data_block=True)


def test_same_tree_of_samples() -> None:
    paths = [path for path in SAMPLES.rglob("*.conf") if path.is_file()]
    paths += Path(__file__).parent.rglob("*.conf")
    assert len(paths) > 30
    for path in paths:
        same(path.read_bytes())


def test_same_tree_of_ordinary_files() -> None:
    for text in CONFIGS.values():
        same(text.encode())


@pytest.mark.parametrize("seed", range(60))
def test_same_tree_of_nasty_files(seed: int) -> None:
    for text in generate(seed).files.values():
        same(text)
        same(text, in_data_block=True)


@given(files, st.booleans())
def test_same_tree_of_anything(data: bytes, in_data_block: bool) -> None:
    same(data, in_data_block=in_data_block)
