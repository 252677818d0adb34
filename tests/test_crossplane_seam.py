"""Our tokens and our use of crossplane, against crossplane itself where it reads as nginx does."""

from __future__ import annotations

import random
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import crossplane.lexer
import crossplane.parser
import pytest

from nginx_memlint.config import syntax
from nginx_memlint.config.syntax import Body, Directive, parse
from nginx_memlint.config.tokens import tokenize

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


CONFIGS = {"plain": PLAIN, "empty": "", **{f"seed_{n}": generated(n) for n in range(300)}}


@pytest.fixture(params=CONFIGS)
def text(request: pytest.FixtureRequest) -> str:
    return CONFIGS[str(request.param)]


@pytest.fixture
def path(text: str, tmp_path: Path) -> str:
    conf = tmp_path / "nginx.conf"
    conf.write_bytes(text.encode())
    return str(conf)


def test_same_tokens(text: str, path: str) -> None:
    tokens = tokenize(text.encode())
    assert tokens.error is None
    ours = zip(tokens.values, tokens.lines, tokens.quoted, strict=True)
    theirs = [token for token in crossplane.lexer.lex(path) if token[2] or token[0][:1] != "#"]
    assert [*ours] == [(_unescaped(value), line, q) for value, line, q in theirs]


def test_same_tree(text: str, path: str) -> None:
    payload = crossplane.parse(path, single=True, check_ctx=False, check_args=False)
    assert payload["status"] == "ok"
    ours = parse(text.encode(), path, path)
    assert ours.error is None
    assert _plain(ours.body) == _without_comments(payload["config"][0]["parsed"])


def test_crossplane_is_left_as_it_is() -> None:
    modules = (crossplane.lexer, crossplane.parser)
    before = [dict(vars(module)) for module in modules]
    lexers = dict(crossplane.lexer.EXTERNAL_LEXERS)
    parse(PLAIN.encode(), "/nginx.conf", "/nginx.conf")
    assert [dict(vars(module)) for module in modules] == before
    assert lexers == crossplane.lexer.EXTERNAL_LEXERS


def test_crossplane_failing_on_our_tokens_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze(**_arguments: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(crossplane.parser, "analyze", analyze)
    with pytest.raises(syntax.UnsupportedCrossplaneError, match="no"):
        parse(b"user a;", "/nginx.conf", "/nginx.conf")


def test_the_fork_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(name: str) -> str:
        return {"ngxparse": "0.5.9", "crossplane": "0.5.8"}[name]

    monkeypatch.setattr(syntax, "version", installed)
    with pytest.raises(syntax.UnsupportedCrossplaneError, match="ngxparse"):
        parse(b"", "/nginx.conf", "/nginx.conf")


def test_crossplane_alone_is_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(syntax, "version", installed)
    syntax.check_crossplane()


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
