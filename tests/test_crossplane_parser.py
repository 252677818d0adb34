"""crossplane's parser, fed our tokens, gives the tree that ours gives, whatever the file."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version as real_version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint import check
from nginx_memlint.config import crossplane_parser, syntax
from nginx_memlint.config.crossplane_parser import UnsupportedCrossplaneError
from nginx_memlint.config.syntax import ParsedFile
from nginx_memlint.options import Options

from .helpers import SAMPLES, http, memlint, write
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


@pytest.mark.parametrize("name", ["incident", "incident-moved"])
def test_same_result(name: str) -> None:
    if not (SAMPLES / name).exists():
        pytest.skip(f"there is no sample {name}")
    options: Options = {"target": "debian-12"}
    theirs: Options = {"target": "debian-12", "parser": "crossplane"}
    assert check(SAMPLES / name, **options) == check(SAMPLES / name, **theirs)


@pytest.mark.parametrize(
    "text",
    [
        http("server { location / { } }"),
        http("lua_ssl_trusted_certificate ca.pem; server { location / { if ($a) { } } }"),
        http("server { }}"),
        http("server { 'a }"),
        http("include no-such.conf; server { }"),
        http("server { location { } }"),
        http("sever { }"),
        "",
    ],
)
def test_same_output(text: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": text})
    options = ("--unit-cost", "1GiB", "--format", "json")
    ours = memlint("check", conf, *options)
    theirs = memlint("check", conf, *options, "--parser", "crossplane")
    assert ours == theirs
    assert ours.code in (0, 1, 3)


def test_deep_nesting(tmp_path: Path) -> None:
    depth = 3000
    nested = "location /a { " * depth + "} " * depth
    conf = write(tmp_path, {"nginx.conf": http(f"server {{ {nested} }}")})
    report = check(conf, parser="crossplane")
    assert report.complete
    assert report.blocks.location == depth


def test_it_is_imported_only_if_asked_for(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    found = {}
    for parser in ("memlint", "crossplane"):
        code = (
            "import sys, nginx_memlint, nginx_memlint.cli\n"
            f"nginx_memlint.check(sys.argv[1], parser={parser!r})\n"
            "print(*sys.modules)"
        )
        command = [sys.executable, "-c", code, str(conf)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        found[parser] = "crossplane" in done.stdout.split()
    assert found == {"memlint": False, "crossplane": True}


def test_a_package_that_is_not_crossplane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        return "1.0" if name == "ngxparse" else real_version(name)

    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    monkeypatch.setattr(crossplane_parser, "version", version)
    with pytest.raises(UnsupportedCrossplaneError, match="an environment of its own"):
        check(conf, parser="crossplane")
    assert check(conf).complete
