"""Files of which a part was typed anew are as if they were parsed as a whole."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from nginx_memlint.syntax.directives import Body, ParsedFile, parse
from nginx_memlint.syntax.read_buffer import CONF_BUFFER
from nginx_memlint.syntax.retyped import retyped

LUA = "access_by_lua_block { local a = '}' -- it's\n if a then return end }\n"

TEXT = f"""\
user  "é x"  b; # one
http {{ # a }}
  gzip on; access_log off;
  server {{
    listen 80;
    {LUA}
    location / {{ set $a 'x;y'; }} # two
    # {{long{" long" * 300}
    location /b {{
    }}
    {LUA}
  }}
  keepalive_timeout 75;
}}
worker_processes 2;
"""


def directives(body: Body) -> Iterator[tuple[int, str, tuple[str, ...], bool, int]]:
    """All that a file's directives are, those of blocks after the block."""
    for directive in body.directives:
        is_block = directive.body is not None
        yield directive.token, directive.name, directive.args, is_block, directive.line
        if directive.body is not None:
            yield from directives(directive.body)


def content(file: ParsedFile) -> list[object]:
    tokens = file.tokens
    places = tokens.starts, tokens.heads, tokens.ends
    return [[*directives(file.body)], *places, tokens.uncounted, tokens.lua, tokens.error]


def after(file: ParsedFile, text: str) -> bool:
    """Whether a part alone is parsed; then the file has another text, and is compared."""
    data = text.encode("utf-8", "surrogatepass")
    edit = retyped(file, data)
    if edit is None:
        return False
    stays = [*edit.body.directives]
    del stays[edit.place]
    edit.apply()
    assert file.tokens.data == data
    assert set(stays) <= set(edit.body.directives)
    assert content(file) == content(parse(data, "", "")), text
    return True


PLAIN = ("", " ", "\n", "1", "é", ' "a b"', "; on", "# x\n")
SCRAPS = (
    *(" ", "\n", ";", "#", "# x\n", "{", "}", "'", '"', "\\", "$", "${", "x;", "a b;", "\r\n"),
    *("server {}", "include x;", "\x00", "é", "a" * (CONF_BUFFER - 6) + ";", "\n" * 5000, LUA),
)


@pytest.mark.parametrize("seed", range(20))
def test_random_edits_give_what_parsing_all_gives(seed: int) -> None:
    rng = random.Random(seed)
    kept = 0
    for step in range(100):
        if step % 10 == 0:
            text, file = TEXT, parse(TEXT.encode(), "", "")
        begin = rng.randrange(len(text) + 1)
        length = rng.choice((0, 0, 1, rng.randrange(40)))
        scrap = rng.choice(SCRAPS if rng.random() < 0.4 else PLAIN)
        new = text[:begin] + scrap + text[begin + length :]
        if after(file, new):
            kept += 1
            text = new
        elif (whole := parse(new.encode(), "", "")).error is None and rng.random() < 0.5:
            text, file = new, whole
    assert kept > 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gzip on;", "gzip off;"),
        ("gzip on; access_log off;", "access_log off;"),
        ("gzip on; access_log off;", "gzip on; tcp_nodelay on;\n sendfile on; access_log off;"),
        ("# two", "# two or three"),
        ("/b {\n", "/b { root /a;\n"),
        ("worker_processes 2;\n", "worker_processes 2;\nworker_rlimit_nofile 1000;"),
        ("worker_processes 2;\n", ""),
        ("# {long", "# l{long"),
        ("    location /b", "\n    location /b"),
    ],
)
def test_plain_directives_and_comments_are_parsed_alone(old: str, new: str) -> None:
    assert after(parse(TEXT.encode(), "", ""), TEXT.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gzip on;", "server {}"),
        ("gzip on;", "server { location / { root /; } }"),
        ("gzip on;", "include a;"),
        ("gzip on;", LUA),
        ("gzip on;", "map $a $b { c_by_lua_block 1; }"),
        ("location / {", "location /a {"),
        ("location / {", "location /a { } location / {"),
        ("location / {", "loca location / {"),
        ("} # two", " location /c { } } # two"),
        ("} # two", "} }  server { # two"),
        ("listen 80;", "listen 80; } server {"),
        ("server {", "stream { }  server {"),
        ("local a = '}'", "local a = '"),
    ],
)
def test_blocks_are_parsed_alone(old: str, new: str) -> None:
    assert after(parse(TEXT.encode(), "", ""), TEXT.replace(old, new))


@pytest.mark.parametrize("new", ["x {}", "x;", "x_by_lua_block 1;", "include a;"])
def test_keys_of_a_map_are_none_of_nginx(new: str) -> None:
    text = "map $a $b { a 1; b 2; c 3; }"
    assert after(parse(text.encode(), "", ""), text.replace("b 2;", new)) == (new != "x {}")
    inside = text[11:-1]
    file = parse(inside.encode(), "", "", in_data_block=True)
    edit = retyped(file, inside.replace("b 2;", new).encode(), in_data_block=True)
    assert (edit is not None) == (new != "x {}")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("gzip on;", "gzip on; }"),
        ("gzip on;", "gzip on; ;"),
        ("gzip on;", "gzip on; server {"),
        ("gzip on;", "gzip 'on;"),
        ("gzip on;", "g" * CONF_BUFFER + ";"),
        ("  }\n  keepalive", "  # }\n  keepalive"),
        ("user", "\ufeffuser"),
    ],
)
def test_all_else_is_parsed_as_a_whole(old: str, new: str) -> None:
    file = parse(TEXT.encode(), "", "")
    assert retyped(file, TEXT.replace(old, new).encode()) is None


def test_lua_that_the_edit_moves_is_read_again() -> None:
    text = "user a;" + "\n" * (CONF_BUFFER - 60) + LUA.replace("return", "--[[" + "x" * 3000 + "]]")
    file = parse(text.encode(), "", "")
    assert file.error is None
    for size in range(0, 3000, 250):
        new = text.replace("user a;", "user a" + "b" * min(size, 1500) + ";" + " " * (size // 8))
        whole = parse(new.encode(), "", "")
        if retyped(file, new.encode()) is None:
            break
        assert whole.error is None
    else:
        pytest.fail("no edit moved the end of the buffer into the comment")
