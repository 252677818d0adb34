"""crossplane's parser makes every tree: nothing else does, and nothing of it is lost or changed."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from shutil import which
from types import FrameType
from typing import Any

import crossplane
import crossplane.parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.syntax import parser as crossplane_parser
from nginx_memlint.syntax.directives import Body, parse
from nginx_memlint.syntax.lexer import lex
from nginx_memlint.syntax.parser import ROOM
from nginx_memlint.syntax.tokens import Tokens
from tests.helpers import SAMPLES, http, memlint, write
from tests.nginx.generate_syntax import generate
from tests.syntax.test_lexer import CONFIGS

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
    b"'#' # c\n '#a' { '#b' '#c'; # d\n }",
    b"content_by_lua_block { local a = '}' --[[ } ]] } b;",
    b"x { content_by_lua_block { } y { set_by_lua_block $a { return 1 } } } z;",
    b"content_by_lua_block { ",
    b"map $a $b { a b; include c; '' d; content_by_lua_block e; }",
    b"types { text/html html; { }",
    b"\xef\xbb\xbfa; \xff\xfe b;",
    b"a \\{ \\; \\# \\\\; b \\n\\t;",
    b"a \x1cb\x1d c\x85d \x0b\x0c e\xa0f;",
    b"a $; b ${; c ${d} $e{ f$; }",
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


Row = tuple[int, str, list[str], bool]
"""How many blocks are around a directive, its name, its arguments, whether it is a block."""


def told(data: bytes, *, in_data_block: bool) -> list[Row]:
    """The directives of a file as the lexer alone gives them, without crossplane."""
    rows: list[Row] = []
    words: list[str] = []
    depth = 0
    for part in lex(Tokens(data), in_data_block=in_data_block):
        for text, _, is_word in part:
            if is_word:
                words.append(text)
                continue
            if text == "}":
                assert words == []
            else:
                name, *args = words
                args = without_parentheses(args) if name == "if" else args
                rows.append((depth, name, args, text == "{"))
                words = []
            depth += (text == "{") - (text == "}")
    assert (words, depth) == ([], 0)
    return rows


def without_parentheses(args: list[str]) -> list[str]:
    """An ``if``'s arguments without the outer parentheses, which may be tokens of their own."""
    if args and args[0].startswith("(") and args[-1].endswith(")"):
        args[0] = args[0][1:].lstrip()
        args[-1] = args[-1][:-1].rstrip()
        return args[not args[0] : len(args) - (not args[-1])]
    return args


def tree(body: Body) -> list[Row]:
    """The directives of a file's tree, walked without recursion: blocks nest deeply."""
    rows: list[Row] = []
    pending = [(0, directive) for directive in reversed(body.directives)]
    while pending:
        depth, directive = pending.pop()
        inner = directive.body
        rows.append((depth, directive.name, [*directive.args], inner is not None))
        if inner is not None:
            pending += [(depth + 1, directive) for directive in reversed(inner.directives)]
    return rows


def same(data: bytes, *, in_data_block: bool = False) -> None:
    file = parse(data, "/a", "a", in_data_block=in_data_block)
    assert tree(file.body) == told(data, in_data_block=in_data_block)


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


def test_directives_are_numbered_in_their_order() -> None:
    data = b"a { b; c { d; } e; } f { }"
    file = parse(data, "/a", "a")
    pending = [*file.body.directives]
    names = {}
    while pending:
        directive = pending.pop()
        names[directive.token] = directive.name
        pending += directive.body.directives if directive.body else []
    assert names == dict(enumerate("abcdef"))
    assert [data[start : start + 1].decode() for start in file.tokens.starts] == [*"abcdef"]


BROKEN = """
import sys
from shutil import which
import crossplane.parser
def parse(filename, onerror=None, single=False, check_ctx=True, check_args=True):
    raise SystemError("broken " + repr((lex, enter_block_ctx))[:1])
lex = enter_block_ctx = None
crossplane.parser.parse = parse
from nginx_memlint.__main__ import main
sys.argv = ["memlint", *sys.argv[1:]]
main()
"""
COMMANDS = (
    ["check", "nginx.conf"],
    ["check", "--format", "json", "nginx.conf"],
    ["check", "--show-fix", "nginx.conf"],
    ["check", "--fix", "nginx.conf"],
    ["check", "nginx.conf", "other.conf", "--jobs", "2"],
    ["tree", "nginx.conf"],
    ["diff", "nginx.conf", "other.conf"],
    ["verify", "nginx.conf"],
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_it_no_command_works(arguments: list[str], tmp_path: Path) -> None:
    if arguments[0] == "verify" and not which("nginx", path="/usr/sbin"):
        pytest.skip("needs nginx")
    text = http("server { }")
    write(tmp_path, {"nginx.conf": text, "other.conf": text})
    command = [sys.executable, "-c", BROKEN, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 4
    assert "internal error: SystemError: broken (" in done.stderr
    assert done.stdout == ""


def test_every_directive_passes_through_it(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        {
            "nginx.conf": http("include a/*; server { location /a { if ($a) { b c; } } }", ""),
            "a/1": "map $a $b { c d; } # e\n",
            "a/2": "server { content_by_lua_block { f() } ",
        },
    )
    made: Counter[str] = Counter()

    def trace(frame: FrameType, event: str, result: Any) -> None:
        place = frame.f_code.co_filename, frame.f_code.co_name
        if event == "return" and place == (crossplane.parser.__file__, "_parse"):
            made.update(statement["directive"] for statement in result)

    sys.setprofile(trace)
    try:
        report = check(conf)
    finally:
        sys.setprofile(None)
    assert report.blocks.location == 1
    assert made == Counter(
        {"http": 1, "include": 1, "server": 2, "location": 1, "if": 1, "b": 1, "map": 1, "c": 1}
        | {"content_by_lua_block": 1, "events": 1}
        | {"worker_processes": 1, "worker_shutdown_timeout": 1}
    )


def test_an_error_on_the_way_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """crossplane itself takes a RuntimeError of a lexer for the end of the file."""

    def failing(*_args: object, **_options: object) -> Any:
        yield [("a", 0, True), (";", 0, False)]
        raise RuntimeError("of our own")

    monkeypatch.setattr("nginx_memlint.syntax.directives.lex", failing)
    with pytest.raises(RuntimeError, match="of our own"):
        parse(b"a; b;", "/a", "a")


def test_others_have_crossplane_as_it_is(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { 'a' b; }")})
    before = crossplane.parser.parse, crossplane.parser.lex, sys.getrecursionlimit()
    theirs = crossplane.parse(str(conf))
    check(conf)
    assert (crossplane.parser.parse, crossplane.parser.lex, sys.getrecursionlimit()) == before
    assert crossplane.parse(str(conf)) == theirs


@pytest.mark.parametrize("name", ["a", "location"])
def test_deep_nesting(name: str) -> None:
    depth = 10_000
    data = f"{name} {{ ".encode() * depth + b"} " * depth
    directives = parse(data, "/a", "a").body.directives
    for _ in range(depth - 1):
        [directive] = directives
        assert directive.body is not None
        directives = directive.body.directives
    assert [directive.name for directive in directives] == [name]


def test_room_within_the_parser() -> None:
    """The limit is raised by what the file's depth takes, and by no more than that."""
    limits = []

    def lexemes() -> Any:
        limits.append(sys.getrecursionlimit())
        yield []

    before = sys.getrecursionlimit()
    crossplane_parser.statements(lexemes(), 7)
    assert limits == [before + 7 + ROOM]


def not_crossplane(filename: str, onerror: Callable[[Exception], None]) -> None:
    """A parse() as ngxparse has it: it makes the tree itself, with a lexer of its own."""
    raise AssertionError(filename, onerror)


def test_a_package_that_is_not_crossplane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crossplane.parser.parse", not_crossplane)
    with pytest.raises(MemlintError, match="an environment of its own"):
        parse(b"", "/a", "a")


def test_a_package_that_is_not_crossplane_is_told(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    code = BROKEN.replace("repr((lex, enter_block_ctx))[:1]", "''")
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(conf)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "memlint: the package crossplane was replaced by another one, perhaps ngxparse; "
        "install memlint in an environment of its own\n"
    )


def test_the_option_is_gone(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    for value in ("crossplane", "memlint"):
        run = memlint("check", conf, "--parser", value)
        assert (run.code, run.out) == (2, "")
        said = " ".join(run.err.replace("│", " ").split())
        assert "crossplane's parser builds every tree: leave it out" in said
