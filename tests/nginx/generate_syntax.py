"""Write nasty but valid, and nearly valid, nginx configurations for the differential test.

`generate(seed)` gives the same files for the same seed. What it writes is meant to be accepted by
nginx, or rejected for its syntax: values are such that no directive finds fault with their
meaning. The traps are in the tables; the functions only put them together.
"""

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BUFFER = 4096
"""nginx's read buffer: what is longer than it, or crosses its end, is where errors hide."""

SHARE_OF_DEFECTS = 0.55
"""How many cases get something that ought to be rejected."""

HEADER = (
    b"daemon off; pid logs/nginx.pid; error_log stderr;\n"
    b"events { worker_connections 64; }\n"
    b"http { access_log off; types_hash_max_size 4096; variables_hash_max_size 4096;\n"
    b"client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3;\n"
    b"uwsgi_temp_path t4; scgi_temp_path t5; "
)
"""The beginning of every main file; its http block is left open."""


@dataclass
class Case:
    """One configuration: paths and contents are bytes, the paths relative to the prefix."""

    seed: int
    files: dict[bytes, bytes] = field(default_factory=dict)
    links: dict[bytes, bytes] = field(default_factory=dict)
    directories: list[bytes] = field(default_factory=list)

    def write(self, prefix: Path) -> Path:
        """Write all files below an empty directory; return the path of nginx.conf."""
        root = os.fsencode(prefix)
        for name in (b"logs", *self.directories):
            os.makedirs(os.path.join(root, name), exist_ok=True)
        for name, content in self.files.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content)
        for name, target in self.links.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.symlink(target, path)
        return prefix / "nginx.conf"


# What may stand between tokens. A carriage return does not end a comment, only a line feed does.
BLANKS = (
    *(b" ", b"\n", b"\n    ", b"\t", b"\r\n", b"\r", b" \t\r\n ", b" # comment\n", b"\n#}\n"),
    *(b" # ; { \" ' \\\n", b" #\\\n", b"\n#\r}\r{\r;\n", b" ##\n", b" # content_by_lua_block {\n"),
    *(b"\n# --[[ \n", b" # ${\n", b" #\xff\x00\xc2\xa0\n"),
)

# White space of other kinds than nginx's, and other bytes that are parts of a token to it.
ODD_BYTES = (
    *(b"\x0c", b"\x0b", b"\xc2\x85", b"\xc2\xa0", b"\xe3\x80\x80", b"\xef\xbb\xbf", b"\x1c"),
    *(b"\xff", b"\xc3\xa9", b"\xf0\x9f\x92\xa9", b"\xed\xa0\x80", b"\x7f", b"\x00"),
)

# Pieces of an unquoted token. The first of the token is always from WORDS.
WORDS = (b"a", b"x", b"/p", b"server", b"location", b"=", b"*", b"[[", b"--[[", b"(", b")", b"0")
UNQUOTED = (
    *(*WORDS, *ODD_BYTES, b"a}b", b"}", b"}}", b"\\;", b"\\{", b"\\}", b"\\ ", b"\\\n", b"\\\r\n"),
    *(b"\\\t", b"\\#", b'a"b', b"a'b", b"''", b'"', b"#", b"\\\\", b'\\"', b"\\'", b"\\t", b"\\r"),
    *(b"\\n", b"\\\xff", b"]]", b"--", b"?", b"<>", b"\\a"),
)

# Pieces of a quoted token besides the other kind of quote.
QUOTED = (
    *(*WORDS, *ODD_BYTES, b" ", b"\n", b"\r\n", b"{", b"}", b";", b"#", b"\t", b"", b"\n\n"),
    *(b"; }", b"# }\n", b'\\"', b"\\'", b"\\\\", b"\\\n", b"\\t", b"\\n", b"\\ ", b"\\{"),
    *(b"\\\\\\\\", b"include nope.conf;", b"content_by_lua_block {", b"server {", b"--[[", b"[=["),
)

# Pieces with a dollar sign: for values in which nginx looks for variables, and for all others.
VARIABLES = (b"${uri}", b"$uri/", b"${arg_a}", b"$arg_b/", b"${uri}${uri}", b"$args=")
DOLLARS = (*VARIABLES, b"$", b"${", b"${{", b"$$", b"${}", b"\\${", b"$\\{", b"${{{{a")

SHORT = (b"a", b"B}c", b'd"e', b"f'", b"\\#g", b"'h i'", b'"j;"', b"\xff", b"k\x0c", b"${")

FILE_NAMES = (
    *(b"a.conf", b"b.conf", b"A.conf", b"_x.conf", b"1.conf", b"ab.conf", b"z.conf", b"-.conf"),
    *(b"*.conf", b"[x].conf", b"a\\b.conf", b"\xc3\xa9.conf", b"\xff.conf", b"a b.conf"),
    *(b"a'b.conf", b'a"b.conf', b"a;b.conf", b"a{b}.conf", b"#.conf", b"$x.conf", b"a?.conf"),
    *(b"x]y.conf", b"a^.conf", b"!.conf", b"~.conf", b"\xc2\xa0.conf", b"a\x0cb.conf"),
)
DOT_NAMES = (b".a.conf", b".conf", b"..conf", b".\xff.conf")

# Patterns over FILE_NAMES; a directory is put in front.
PATTERNS = (
    *(b"*", b"*.conf", b"?.conf", b"[ab].conf", b"[^a].conf", b"[!a]*.conf", b"[^a]*", b"[a-z]*"),
    *(b"[[:alpha:]]*", b"[[:digit:]]*.conf", b"[[:upper:][:digit:]]*", b"[^[:alnum:]]*", b"?*"),
    *(b"\\*.conf", b"\\[x].conf", b"[[]x].conf", b"[]x]*", b"a[\\\\]b.conf", b"[*]*", b".*"),
    *(b"a\\?*.conf", b"*[.]conf", b"**.conf", b"[a", b"a[b", b"*.none", b"[]", b"[a-]*", b"[z-a]*"),
    *(b"[\xff\xc3]*", b"*\xa9*", b"[[.a.]]*", b"[[=a=]]*", b"[[:nope:]]*", b"[-a]*", b"?.con[f]"),
    *(b"*b.conf", b"[[:punct:]]*", b"[^]]*", b"[!]]*", b"[\\]x]*", b"a*[b]*"),
)
DIRECTORY_PATTERNS = (
    *(b"d%d", b"d%d/", b"./d%d", b"d%d/.", b"[d]%d", b"?%d", b"[^e]%d", b"\\d%d", b"d[%d]", b"x%d"),
)

# Lua code; what stands in it must leave the braces balanced.
LUA = (
    *(b" local x = 1 ", b"\nngx.say('}')\n", b' s = "{" ', b" t = { { }, {} } ", b" a[b[1]] = 2 "),
    *(b" -- }\n", b" --{ \\\n", b" -- ' \" [[ \n", b"--[[ } ]]", b"--[==[ ]] } ]=] ]==]"),
    *(b"--[ }\n", b" [[ } ' \" ]] ", b"[=[ ]] } ]=]", b"[==[ ]=] { \n ]==]", b"[===[\n}\n]===]"),
    *(b" ]] ", b" ]=] ", b'"\\""', b"'\\''", b'"\\\\"', b"'\\\\'", b"'\"}'", b'"\'}"'),
    *(b" -- it's\n", b"'--[[ }'", b" x = 'a \n", b' x = "b \n', b" '\\\n", b"- -", b"[ [", b"--"),
    *(b"\n", b"\r", b"--\r}\n", b" \xff\x00\xc2\xa0 ", b"${", b" # ", b" ; ", b"[=", b"==["),
    *(b"--[=\n", b"[[\\]]", b"'\\z'", b'"\t"', b" a--[[b]]c ", b"''", b'""', b"[[]]", b"--[[]]"),
    *(b"{}", b"{-}"),
)
LUA_FILLER = (b"x", b"xy ", b"abc\n", b"\n", b"v = v + 1\n", b"local function f() end\n", b"= ")

LUA_IN: dict[str, tuple[bytes, ...]] = {
    "http": (
        *(b"init_by_lua_block", b"init_worker_by_lua_block", b"exit_worker_by_lua_block"),
        *(b"rewrite_by_lua_block", b"access_by_lua_block", b"log_by_lua_block"),
        *(b"server_rewrite_by_lua_block", b"ssl_session_fetch_by_lua_block"),
    ),
    "server": (
        *(b"rewrite_by_lua_block", b"access_by_lua_block", b"header_filter_by_lua_block"),
        *(b"server_rewrite_by_lua_block", b"body_filter_by_lua_block", b"log_by_lua_block"),
    ),
    "location": (
        *(b"content_by_lua_block", b"rewrite_by_lua_block", b"access_by_lua_block"),
        *(b"log_by_lua_block", b"body_filter_by_lua_block"),
    ),
    "lif": (b"content_by_lua_block", b"access_by_lua_block"),
    "upstream": (b"balancer_by_lua_block",),
}
LUA_IN["leaf"] = LUA_IN["location"]
SET_BY_LUA = frozenset({"server", "location", "leaf", "lif", "sif", "common"})
"""Contexts in which any number of `set_by_lua_block $v { }` may stand."""

ANY = b"<any>"
SCRIPT = b"<script>"
ONE = b"<short>"

SIMPLE: dict[str, tuple[tuple[bytes, ...], ...]] = {
    "main": ((b"env", ANY), (b"env", ONE)),
    "events": ((b"debug_connection", b"127.0.0.1"),),
    "http": ((b"add_header", ANY, SCRIPT), (b"gzip_types", ONE, ONE), (b"charset_types", ONE)),
    "server": ((b"add_header", ANY, SCRIPT), (b"return", b"200", SCRIPT), (b"set", b"$v", SCRIPT)),
    "location": (
        *((b"add_header", ANY, SCRIPT), (b"return", b"200", SCRIPT), (b"set", b"$v", SCRIPT)),
        *((b"gzip_types", ONE, ONE, ONE), (b"error_page", b"404", SCRIPT), (b"break",)),
    ),
    "common": ((b"return", b"200", SCRIPT), (b"set", b"$v", SCRIPT), (b"break",)),
    "sif": ((b"return", b"200", SCRIPT), (b"set", b"$v", SCRIPT), (b"break",)),
    "lif": ((b"return", b"200", SCRIPT), (b"set", b"$v", SCRIPT), (b"add_header", ANY, SCRIPT)),
    "limit_except": ((b"deny", b"all"), (b"allow", b"127.0.0.1"), (b"deny", b"10.0.0.0/8")),
    "upstream": ((b"server", b"127.0.0.1:81"), (b"server", b"127.0.0.1:82", b"weight=2")),
    "types": (
        *((ANY, b"e1"), (b"server", b"e2"), (b"location", b"e3", b"e4"), (b"if", b"(e5)")),
        *((b"content_by_lua_block", b"e6"), (b"include_", ANY), (b"map", b"types", b"geo")),
        *((b"http",), (b'"}"', b"e7"), (b"'{'", b"';'"), (SCRIPT, b"e8")),
    ),
    "map": (
        *((b"~^server", SCRIPT), (b"~content_by_lua_block", SCRIPT), (b"~*location", b"if")),
        *((b"~a+", SCRIPT), (b"'~x{2}'", SCRIPT), (b"volatile",)),
    ),
    "geo": ((b"10.0.0.0/8", ANY), (b"127.0.0.1", b"server"), (b"default", ANY), (b"::1", ANY)),
    "data": ((b"10.0.0.0/8", b"${arg_a}x"), (b"10.1.0.0/16", b"'}'")),
}

SIMPLE["leaf"] = SIMPLE["location"]

BLOCKS: dict[str, tuple[str, ...]] = {
    "main": ("http",),
    "http": (*["server"] * 12, "types", "map", "map", "geo", "upstream"),
    "server": (*["location"] * 5, "if", "if", "types"),
    "location": (*["location"] * 3, "if", "limit_except", "types"),
    "leaf": ("if", "limit_except", "types"),
}

INCLUDED_AS: dict[str, tuple[str, ...]] = {
    "server": ("server", "common"),
    "location": ("location", "common"),
    "leaf": ("common",),
    "lif": ("lif", "common"),
    "types": ("types", "data"),
    "map": ("map",),
    "geo": ("geo", "data"),
}
"""Kinds of files that may be included in a context, if not only its own. All take "empty"."""

IF_CONDITIONS = (
    *((b"($arg_a)",), (b"(", b"$arg_a", b")"), (b"($arg_a", b"=", b'"a b")'), (b"(-f", b"$uri)")),
    *((b"($uri", b"~", b'"x{2}"', b")"), (b"($uri", b"~*", b"'(a|b)')")),
    *((b"($uri", b"!=", b"a}x)"), (b"(", b"$uri", b"~", b"\\.php$)")),
    *((b"($arg_a", b"=", b"${uri}#)"), (b"($uri", b"=", b'"")'), (b"($uri", b"=", b'"$arg_a\\"")')),
    *((b"($uri", b"=", b"'a' )"), (b"($arg_a", b"=", b"server)")),
)

LOCATIONS = (
    *((b"~", b"^/a"), (b"~*", b'"\\.(a|b)$"'), (b"~", b"'x{2}'"), (b"~", b"\\.php$"), (b"~^/one",)),
    *((b"~", b'"a b;"'), (b"~", b"a\\;b"), (b"~", b"a}b"), (b'"~x"',), (b"~*", b"a#x")),
    *((b"'~'", b"\\}"), (b"~", b"\xff"), (b"~", b"b\x0cc"), (b"~", b"${a"), (b"~", b'"\\\\{"')),
)

# Statements that nginx rejects somewhere or everywhere; put where a statement may stand.
BAD_STATEMENTS = (
    *(b"server;", b"server x { }", b"location { }", b"location a b c { }", b"location /x;", b"if;"),
    *(b"if { }", b"include;", b"include a b;", b"include missing.conf;", b"include empty_dir;"),
    *(b"include empty_dir/;", b'include "";', b"include missing/x.conf;", b"include { }", b"{"),
    *(b";", b"}", b"{ }", b"; ;", b'"a"b;', b"'a'\"b\";", b'"a"#\n;', b"types;", b"http { }"),
    *(b"events { }", b"server { server { } }", b"limit_except GET { }", b"limit_except;"),
    *(b"limit_except { }", b"content_by_lua_block;", b"content_by_lua_block 'x';"),
    *(b"set_by_lua_block $v;", b"location", b"types { a { } }", b"types { } }"),
    *(b"types { include; }", b"types { include missing; }", b"types { include a b; }"),
    *(b"types { server { } }", b"types { a }", b"map $uri $m { a b c; }"),
    *(b"map $uri $m { server { } }", b"geo $g { include *.none; }", b"geo $g { include a b; }"),
    *(b"map $uri $m { include a b; }", b"geo $g { x; }", b"upstream u1 { server 127.0.0.1 { } }"),
    *(b"upstream u2 { location / { } }", b"upstream { }", b"upstream a b { }", b"upstream u3;"),
    b"server { location / { limit_except GET { if ($a) { } } } }",
    *(b"server { limit_except GET { } }", b"if ($arg_a) { location / { } }"),
    *(b"if ($arg_a) { server { } }", b"geo;", b"map $uri $x;", b"server\n\n{ location\n/a\n\n; }"),
    *(b"include\nmissing.conf\n;", b"server { } ;", b"charset_map;", b"server { location /y }"),
    *(b"server { include missing_in_server.conf; }", b"split_clients;", b"include link_loop;"),
    *(b"include link_dangling;", b"include link_dang*;", b"include link_loo[p];"),
    *(b"include self.conf;", b"include twin1.conf;", b"include a\x00b;", b"include \\;", b"http;"),
    *(b"map $uri $m { include twin1.conf; }", b"stream { server { } }", b"mail { server { } }"),
    *(b"location / { types { include self.conf; } }", b"events;", b"limit_except GET;", b"if (a);"),
    *(b"server { location ~~ /x { } }", b"server { location /y { } location /y { } }"),
    *(b"server { location /a { location /b { } } }", b"server { if ($arg_a > 5) { } }"),
    *(b"server { location = /a { location /a/b { } } }", b"server { if (arg_a) { } }"),
    *(b"server { location @a { location /b { } } }", b"server { location /a { location @b { } } }"),
    *(b"server { if ($arg_a) { if ($arg_b) { } } }", b"server { listen\n80\n{\n} }"),
    *(b"server { location =/q { } location = /q { } }", b"server { location '' /x { } }"),
    b"server { location /q { } location ^~ /q { } }",
    b"server { location /q { } location = /q { } location ~ /q { } location ~ /q { } }",
)
BAD_ENDS = (
    *(b"}", b"{", b";", b"a", b'"', b"'", b'"a', b"'a b", b"#", b"\\", b"a {", b"a;}", b"$", b"${"),
)
BAD_BYTES = (
    *(b"{", b"}", b";", b'"', b"'", b"\\", b"#", b"\n", b"\r", b" ", b"$", b"(", b")", b"[", b"]"),
    *(b"-", b"=", b"--", b"[[", b"]]", b"--[[", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\x0c", b"${"),
)
HELPERS: dict[bytes, bytes] = {
    b"self.conf": b"include self.conf;\n",
    b"twin1.conf": b"include twin2.conf;\n",
    b"twin2.conf": b"\ninclude twin1.conf;\n",
}
"""Files that lead in a circle, for BAD_STATEMENTS."""

LINKS: dict[bytes, bytes] = {b"link_loop": b"link_loop", b"link_dangling": b"nowhere"}


def generate(seed: int, preamble: bytes = b"") -> Case:
    """The case of a seed; `preamble` (load_module lines) starts the main file."""
    return _Generator(random.Random(seed), Case(seed), preamble).run()


class _Generator:
    """Writes one case."""

    def __init__(self, rng: random.Random, case: Case, preamble: bytes) -> None:
        self.rng = rng
        self.case = case
        self.start = preamble + HEADER
        self.out = bytearray()
        self.number = 0
        self.budget = rng.choice((10, 30, 60, 120, 250))
        self.depth = 0
        self.shared = False  # whether what is written may be included twice in one block
        self.fragments: dict[str, list[bytes]] = {}
        self.bad = rng.random() < SHARE_OF_DEFECTS
        self.bad_statement = self.bad and rng.random() < 0.5
        self.edgy = rng.random() < 0.3

    def run(self) -> Case:
        """Write the main file, the files it includes, and perhaps one defect."""
        case = self.case
        if self.bad_statement:
            case.files.update(HELPERS)
            case.links.update(LINKS)
            case.directories.append(b"empty_dir")
        main = self.main_file()
        case.files[b"nginx.conf"] = main
        if self.bad and not self.bad_statement:
            self.damage(len(self.start))
        return case

    # -- random choices ---------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def serial(self) -> int:
        self.number += 1
        return self.number

    # -- writing ----------------------------------------------------------------------------

    def main_file(self) -> bytes:
        """nginx.conf."""
        self.out = bytearray(self.start)
        self.content("http", self.rng.randint(2, 25))
        self.put(b"}")
        if self.chance(0.1):
            self.put(self.rng.choice((b"#", b"# }", b"\n\n", b"#\r", b"\r", b" # end\n")))
        return bytes(self.out)

    def put(self, text: bytes) -> None:
        self.out += text

    def blank(self, *, needed: bool = True) -> None:
        """White space and comments; at least one byte of the former if needed."""
        if not needed and self.chance(0.6):
            return
        if self.chance(0.75):
            self.put(b" ")
            return
        for _ in range(self.rng.randint(1, 3)):
            self.put(self.rng.choice(BLANKS))
        if self.edgy and self.chance(0.1):
            self.to_edge()

    def to_edge(self) -> None:
        """Fill up until shortly before the end of the read buffer, if it is filled evenly."""
        target = -len(self.out) % BUFFER - self.rng.randint(-3, 20)
        if target <= 0:
            return
        kind = self.rng.randrange(4)
        if kind == 0:
            self.put(self.rng.choice((b" ", b"\n", b"\r", b"\t")) * target)
        elif kind == 1:
            self.put(b" #" + b"c" * target + b"\n")
        elif kind == 2:
            self.put(b" # short }\n" * (target // 11) + b" " * (target % 11))
        else:
            self.put(b" #" + b"long" * (self.rng.randint(4070, 4105) // 4) + b"cc\n")

    def long(self) -> bytes:
        """Text about as long as the read buffer."""
        size = self.rng.choice((4085, 4090, 4093, 4094, 4095, 4096, 4097, 5000, 2048, 8192))
        return self.rng.choice((b"L", b"l\\n", b"m}", b"\xc3\xa9")) * (size // 2) + b"y" * (
            self.rng.randint(0, 3)
        )

    def token(self, template: bytes) -> None:
        """One argument: a literal, or text of a kind."""
        if template == ANY:
            self.put(self.value((*DOLLARS,)))
        elif template == SCRIPT:
            self.put(self.value(VARIABLES))
        elif template == ONE:
            self.put(self.rng.choice(SHORT))
        else:
            self.put(template)

    def value(self, dollars: Sequence[bytes]) -> bytes:
        """A value as written: quoted or not, with pieces of the tables."""
        rng = self.rng
        quote = rng.choice((b"", b"", b'"', b"'"))
        pieces: Sequence[bytes] = QUOTED if quote else UNQUOTED
        text = rng.choice(WORDS) if not quote or self.chance(0.7) else b""
        for _ in range(rng.randint(0, 5)):
            text += rng.choice(dollars) if self.chance(0.15) else rng.choice(pieces)
        if self.edgy and self.chance(0.02):
            text += self.long()
        if quote:
            other = b"'" if quote == b'"' else b'"'
            return quote + text + (other if self.chance(0.1) else b"") + quote
        return text

    def name(self, name: bytes) -> None:
        """A directive's name, at times in quotes."""
        quote = self.rng.choice((b"", b"", b"", b"", b"", b"", b"", b'"', b"'"))
        self.put(quote + name + quote)

    def end(self, mark: bytes) -> None:
        """The `;` or `{`, if need be after white space."""
        after_dollar = self.out.endswith((b"$", b"${", b"\\"))
        self.blank(needed=mark == b"{" and (after_dollar or self.chance(0.8)))
        self.put(mark)

    def simple(self, parts: Sequence[bytes]) -> None:
        """A directive that ends with `;`."""
        for index, part in enumerate(parts):
            if index:
                self.blank()
            self.token(part) if index else self.first(part)
        self.end(b";")

    def first(self, part: bytes) -> None:
        if part in (ANY, SCRIPT, ONE) or not part[:1].isalpha():
            self.token(part)
        else:
            self.name(part)

    # -- blocks and their content -----------------------------------------------------------

    def content(self, context: str, statements: int) -> None:
        """Statements of a context."""
        self.blank(needed=False)
        for _ in range(statements):
            if self.budget <= 0:
                break
            self.budget -= 1
            self.statement(context)
            self.blank(needed=False)
        self.bad_here(context)

    def bad_here(self, context: str) -> None:
        """Put a bad statement, once, somewhere, in the main file's http block at the latest."""
        last = context == "http" and self.depth == 0
        if self.bad_statement and self.chance(1.0 if last else 0.12):
            self.bad_statement = False
            self.put(b" " + self.rng.choice(BAD_STATEMENTS))
            self.blank(needed=False)

    def statement(self, context: str) -> None:
        """One directive or block that may stand in the context."""
        blocks = BLOCKS.get(context, ())
        choice = self.rng.random()
        if choice < 0.52 and blocks:
            self.block(context, self.rng.choice(blocks))
        elif choice < 0.6:
            self.include(context)
        elif choice < 0.75 and context in SET_BY_LUA:
            self.lua(b"set_by_lua_block", b"$v")
        elif choice < 0.77 and self.edgy:
            self.to_edge()
        elif choice < 0.775 and context in ("server", "location"):
            self.deep(self.rng.choice((20, 20, 60, 300, 1500)))
        elif SIMPLE.get(context):
            self.simple(self.rng.choice(SIMPLE[context]))

    def block(self, context: str, kind: str) -> None:
        """A block of a kind: its name, arguments and content."""
        if self.depth > 12:
            return
        inside = {"if": "sif" if context == "server" else "lif"}.get(kind, kind)
        arguments = self.arguments(kind)
        if kind == "location" and context == "server" and not self.shared and self.chance(0.4):
            inside, arguments = "leaf", self.unique_location()
        self.name(kind.encode())
        for argument in arguments:
            self.blank()
            self.put(argument)
        self.end(b"{")
        shared, self.shared = self.shared, False
        self.depth += 1
        self.lua_once(inside)
        if kind == "upstream":
            self.simple(SIMPLE["upstream"][0])
        self.content(inside, self.rng.randint(0, 8))
        self.depth -= 1
        self.shared = shared
        self.put(b"}")

    def unique_location(self) -> Sequence[bytes]:
        """Arguments of a location that may be there only once."""
        number = self.serial()
        unique: Sequence[Sequence[bytes]] = (
            *((b"=", b"/e%d" % number), (b"=/e%d" % number,), (b"^~", b"/n%d" % number)),
            *((b"/p%d" % number,), (b"@n%d" % number,), (b"'/q %d{'" % number,)),
            *((b"/r%d}" % number,), (b"/s\\{%d" % number,), (b"/\xff%d" % number,)),
        )
        return self.rng.choice(unique)

    def arguments(self, kind: str) -> Sequence[bytes]:
        """Arguments with which a block is accepted wherever it stands."""
        number = self.serial()
        if kind == "if":
            return self.rng.choice(IF_CONDITIONS)
        table: dict[str, Sequence[Sequence[bytes]]] = {
            "location": LOCATIONS,
            "limit_except": ((b"GET",), (b"GET", b"POST"), (b'"HEAD"',)),
            "map": ((b"$uri", b"$m%d" % number), (b'"${uri}x"', b"$m%d" % number)),
            "geo": ((b"$g%d" % number,), (b"$arg_a", b"$g%d" % number)),
            "upstream": ((b"u%d" % number,), (b"'u}%d'" % number,), (b"u}%d" % number,)),
        }
        return self.rng.choice(table[kind]) if kind in table else ()

    def deep(self, levels: int) -> None:
        """Locations inside one another."""
        for _ in range(levels):
            self.put(self.rng.choice((b"location ~ x{", b"location ~ '}' {\n", b"location ~x{#\n")))
        self.put(b"}" * levels)

    # -- Lua ---------------------------------------------------------------------------------

    def lua_once(self, context: str) -> None:
        """Some of the Lua blocks that may be in a block once each."""
        names = LUA_IN.get(context, ())
        for name in self.rng.sample(names, len(names)):
            if self.chance(0.12):
                self.blank(needed=False)
                self.lua(name)

    def lua(self, name: bytes, *arguments: bytes) -> None:
        """A block of Lua code."""
        self.name(name)
        for argument in arguments:
            self.blank()
            self.put(argument)
        self.end(b"{")
        self.put(b" ")
        for _ in range(self.rng.randint(0, 8)):
            self.put(
                self.rng.choice(LUA) + self.rng.choice((b"", b"\n", b"\n", b"\n", b"\n", b"\n"))
            )
            if self.edgy and self.chance(0.06):
                self.lua_filler()
        self.put(self.rng.choice((b"", b"\n", b" ", b"-- }\n", b"--[[ } ]]", b"[[ } ]]")))
        if self.out.endswith(b"-"):
            self.put(b"\n")
        self.put(b"}")

    def lua_filler(self) -> None:
        """Code without any brace, quote, bracket or comment, or a long one of those."""
        size = self.rng.choice((500, 1500, 2000, 2047, 2049, 2500, 4000, 4095, 4097, 6000))
        size += self.rng.randint(-3, 3)
        unit = self.rng.choice(LUA_FILLER)
        around = self.rng.choice(
            (
                (b"", b""),
                (b"", b""),
                (b"--[[", b"]]"),
                (b"[=[", b"]=]"),
                (b"--", b"\n"),
                (b'"', b'"'),
            )
        )
        if around[0] in (b"--", b'"'):
            unit = b"x } {"
        self.put(around[0] + unit * (size // len(unit)) + around[1])

    # -- includes ----------------------------------------------------------------------------

    def include(self, context: str) -> None:
        """An include of files made for it, or of earlier ones."""
        self.name(b"include")
        self.blank()
        kind = self.rng.choice((*INCLUDED_AS.get(context, (context,)), "empty"))
        patterns = self.fragments.setdefault(kind, [])
        if not patterns or (self.chance(0.5) and self.budget > 0):
            patterns.append(self.fragment_pattern(kind, plain=kind in ("geo", "data")))
        argument = self.rng.choice(patterns)
        self.put(self.spelled(argument))
        self.end(b";")

    def fragment_pattern(self, kind: str, *, plain: bool) -> bytes:
        """Make one or more files of a kind; return what to include."""
        number = self.serial()
        if plain or self.chance(0.5):
            return self.plain_fragment(kind, number)
        directory = b"d%d" % number
        for name in self.rng.sample(FILE_NAMES, self.rng.randint(1, 5)):
            self.case.files[directory + b"/" + name] = self.fragment(kind)
        if self.chance(0.5):
            self.case.files[directory + b"/" + self.rng.choice(DOT_NAMES)] = self.fragment(kind)
        if self.chance(0.1):
            self.case.links[directory + b"/link.conf"] = self.rng.choice(
                (b"nowhere", b"../nginx.conf/x", b"link.conf")
                if self.bad and self.chance(0.2)
                else (b"../" + self.plain_fragment(kind, self.serial()),)
            )
        if self.bad and self.chance(0.03):
            self.case.directories.append(directory + b"/sub")
        where = self.rng.choice(DIRECTORY_PATTERNS) if self.chance(0.2) else b"d%d"
        return where % number + b"/" + self.rng.choice(PATTERNS)

    def plain_fragment(self, kind: str, number: int) -> bytes:
        """One file to be included by its name, or by a symbolic link's."""
        names = [name for name in FILE_NAMES if not any(mark in name for mark in b"*?[")]
        path = b"f%d" % number + self.rng.choice(names)
        if self.chance(0.2):
            path = b"s/" + path
        self.case.files[path] = self.fragment(kind)
        if self.chance(0.1):
            link = b"l%d.conf" % number
            self.case.links[link] = path
            return link
        return path

    def fragment(self, kind: str) -> bytes:
        """The content of an included file."""
        outer, self.out = self.out, bytearray()
        outer_depth, self.depth = self.depth, self.depth + 4
        outer_shared, self.shared = self.shared, True
        if kind == "empty":
            self.blank(needed=False)
        else:
            self.content(kind, self.rng.randint(0, 4))
        self.put(self.rng.choice((b"", b"\n", b"# no line feed", b"\r", b" ", b"#")))
        content = bytes(self.out)
        self.out, self.depth, self.shared = outer, outer_depth, outer_shared
        return content

    def spelled(self, path: bytes) -> bytes:
        """A path as an argument: quoted, escaped or, where it can be, as it is."""
        quote = self.rng.choice((b'"', b"'"))
        if any(mark in path for mark in b" ;{") or path.startswith((b"#", b'"', b"'")):
            return quote + _escape(path, quote) + quote
        if self.chance(0.3):
            return quote + _escape(path, quote) + quote
        return path.replace(b"\\", b"\\\\")

    # -- defects -----------------------------------------------------------------------------

    def damage(self, header: int) -> None:
        """Spoil one of the files at one place."""
        names = sorted(self.case.files)
        name = b"nginx.conf" if self.chance(0.6) else self.rng.choice(names)
        content = self.case.files[name]
        least = header if name == b"nginx.conf" else 0
        place = self.rng.randint(least, max(least, len(content)))
        damages: tuple[Callable[[bytes, int], bytes], ...] = (
            self.cut,
            self.cut,
            self.insert,
            self.insert,
            self.drop,
            self.drop_mark,
            self.drop_mark,
            self.replace,
            self.copy,
            self.start_with_bom,
        )
        damage = self.rng.choice(damages)
        if damage == self.start_with_bom and name == b"nginx.conf":
            damage = self.cut  # there it is an unknown directive
        self.case.files[name] = damage(content, place)

    def cut(self, content: bytes, place: int) -> bytes:
        return content[:place] + (self.rng.choice(BAD_ENDS) if self.chance(0.3) else b"")

    def insert(self, content: bytes, place: int) -> bytes:
        return content[:place] + self.rng.choice(BAD_BYTES) + content[place:]

    def drop(self, content: bytes, place: int) -> bytes:
        return content[:place] + content[place + self.rng.choice((1, 1, 2, 5, 50)) :]

    def drop_mark(self, content: bytes, place: int) -> bytes:
        """Leave out the next brace, semicolon, quote or bracket."""
        mark = self.rng.choice(b"{};\"'[]")
        at = content.find(bytes([mark]), place)
        return content if at < 0 else content[:at] + content[at + 1 :]

    def replace(self, content: bytes, place: int) -> bytes:
        return content[:place] + self.rng.choice(BAD_BYTES) + content[place + 1 :]

    def copy(self, content: bytes, place: int) -> bytes:
        end = place + self.rng.randint(1, 40)
        return content[:end] + content[place:]

    def start_with_bom(self, content: bytes, _place: int) -> bytes:
        return b"\xef\xbb\xbf" + content


def _escape(path: bytes, quote: bytes) -> bytes:
    return path.replace(b"\\", b"\\\\").replace(quote, b"\\" + quote)
