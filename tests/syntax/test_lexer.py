"""Our lexer gives crossplane's parser what its own does, wherever that reads as nginx."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crossplane
import crossplane.lexer
import pytest

from nginx_memlint.syntax import lexer as tokens_module
from nginx_memlint.syntax.directives import Body, Directive, ParsedFile, parse
from nginx_memlint.syntax.lexer import Lexeme, lex
from nginx_memlint.syntax.tokens import Tokens
from tests.helpers import SAMPLES

PLAIN = """\
user www-data;
worker_processes auto;

events { worker_connections 768; }

# the site
http {
    log_format main '$remote_addr "$request" $status';
    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }
    upstream app { server 127.0.0.1:8080 max_fails=3; server unix:/run/app.sock; }
    server {
        listen 80 default_server; listen [::]:80;
        server_name example.org *.example.org ~^www\\d+\\.example\\.org$;
        location ~* \\.(png|jpe?g)$ { expires 30d; }
        location = /health { return 200 "it's fine"; }
        location / {
            if ($request_method = POST) { return 405; }
            if ( $http_cookie ~* "id=([^;]+)(?:;|$)" ) { set $id $1; }
            add_header X-Multi "one
two";
            proxy_pass http://app$request_uri;
        }
        limit_except GET { deny all; }
    }
}
"""

NAMES = ("server", "location", "if", "root", "set", "add_header", "return", "proxy_pass", "x")
WORDS = (
    *("a", "$uri", "${uri}x", "/p/a.b", "~", "=", "1m", "*.org", "a:b", "a=b", "(a)", "[::]:80"),
    *("a'b", 'a"b', "a#b", "\\.php$", "\\d+", "^/a", "é", "a,b", "@x", "%", "a\\\\b", "-"),
)
STRINGS = (
    *('""', "''", '"a b"', "'a;b'", '"{}"', "'#'", '"a\nb"', "'\"'", '"\'"', '"é"', '"$uri;"'),
    *("'\\'a'", '"\\"a"', "'a\\.b'"),
)
BLANKS = (" ", "\n", "\t", "  ", "\n\n    ", "\r\n", " # comment\n", "\n# }\n")


def generated(seed: int) -> str:
    """A configuration without anything that crossplane reads in another way than nginx."""
    rng = random.Random(seed)
    text: list[str] = []
    depth = 0
    for _ in range(rng.randint(1, 40)):
        text += [rng.choice(NAMES)]
        for _ in range(rng.randint(1, 4)):
            text += [rng.choice(BLANKS), rng.choice(rng.choice((WORDS, STRINGS)))]
        if rng.random() < 0.3:
            text += [rng.choice(BLANKS), "{", rng.choice(BLANKS)]
            depth += 1
        else:
            text += [";", rng.choice(BLANKS)]
        while depth and rng.random() < 0.25:
            text += ["}", rng.choice(BLANKS)]
            depth -= 1
    return "".join(text) + "}" * depth + "\n"


CONFIGS = {
    "plain": PLAIN,
    "empty": "",
    "braces": "'{' a { '{' b; } '}' '{' { c ';'; }",
    "sample": (SAMPLES / "incident" / "tenants" / "00-09.conf").read_text(),
    **{f"seed_{n}": generated(n) for n in range(300)},
}


@pytest.fixture(params=CONFIGS)
def text(request: pytest.FixtureRequest) -> str:
    return CONFIGS[str(request.param)]


@pytest.fixture
def path(text: str, tmp_path: Path) -> str:
    conf = tmp_path / "nginx.conf"
    conf.write_bytes(text.encode())
    return str(conf)


def test_same_tokens(text: str, path: str) -> None:
    file = parse(text.encode(), path, path)
    assert file.error is None
    theirs = [
        (_unescaped(value), line)
        for value, line, quoted in crossplane.lexer.lex(path)
        if quoted or (value[:1] != "#" and value not in ("{", "}", ";"))
    ]
    if "_by_lua_block" in text:  # whose line is its end's for crossplane
        assert [value for value, _ in _flat(file)] == [value for value, _ in theirs]
    else:
        assert _flat(file) == theirs


def test_same_tree(text: str, path: str) -> None:
    payload = crossplane.parse(path, single=True, check_ctx=False, check_args=False)
    assert payload["status"] == "ok"
    ours = parse(text.encode(), path, path)
    assert ours.error is None
    assert _plain(ours.body) == _without_comments(payload["config"][0]["parsed"])


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 50])
def test_where_a_part_ends_does_not_matter(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text.encode() for text in CONFIGS.values() if len(text) < 2000]
    whole = [_all_of(text) for text in texts]
    monkeypatch.setattr(tokens_module, "CHUNK", chunk)
    assert [_all_of(text) for text in texts] == whole


def test_read_in_bulk_as_token_by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken ones, too: cut anywhere, with a byte changed."""
    rng = random.Random(7)
    texts = []
    for text in [*CONFIGS.values()] * 3:
        data = bytearray(text.encode()[: rng.randrange(1, 3000)])
        if data:
            data[rng.randrange(len(data))] = rng.choice(b"{};#\"'\\$ \nx")
        texts.append(bytes(data))

    bulk = [_all_of(data) for data in texts]
    monkeypatch.setattr(tokens_module, "_DIRECTIVE", re.compile(b"()()()()(.*+)()", re.DOTALL))
    assert [_all_of(data) for data in texts] == bulk
    assert sum(read[-2] is not None for read in bulk) > 100


def _all_of(data: bytes) -> list[Any]:
    """All that the lexer finds, and where."""
    tokens = Tokens(data)
    lexemes: list[Lexeme] = [lexeme for part in lex(tokens) for lexeme in part]
    error = tokens.error and (tokens.error.message, tokens.error.line, tokens.error.offset)
    places = (tokens.starts, tokens.heads, tokens.ends)
    return [lexemes, *map(list, places), error, tokens.comments()]


def _flat(file: ParsedFile) -> list[tuple[str, int]]:
    """All tokens but the marks, with their lines."""
    tokens = file.tokens
    texts = []
    for directive in _all_directives(file.body):
        texts.append((directive.name, directive.line))
        texts += [(text, tokens.line_of(start)) for text, start, _ in tokens.args(directive.token)]
    return texts


def _all_directives(body: Body) -> Iterator[Directive]:
    """All of a file, in their order."""
    for directive in body.directives:
        yield directive
        if directive.body is not None:
            yield from _all_directives(directive.body)


def _unescaped(value: str) -> str:
    """crossplane leaves escaped backslashes as they are, nginx makes one of two."""
    return value.replace("\\\\", "\\")


def _plain(body: Body) -> list[Any]:
    def one(directive: Directive) -> list[Any]:
        args = list(directive.args)
        inside = None if directive.body is None else _plain(directive.body)
        return [directive.name, args, directive.line, inside]

    return [one(directive) for directive in body.directives]


def _without_comments(statements: list[dict[str, Any]]) -> list[Any]:
    return [
        [
            statement["directive"],
            [_unescaped(argument) for argument in statement["args"]],
            statement["line"],
            _without_comments(statement["block"]) if "block" in statement else None,
        ]
        for statement in statements
        if statement["directive"] != "#"
    ]
