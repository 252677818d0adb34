"""Random edits, of files that are not saved as well: an editor's view is that of a fresh check.

    python -m tests.editor.random_edits 10000

Beside the texts as the editor has them there is a mirror: a directory in which all of them are
saved. After each edit, what a session shows, which has kept what it could of earlier ones, is
compared with what a new session shows of the mirror, without any text that is not saved.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from lsprotocol.converters import get_converter

from nginx_memlint.editor.answers import Answers, Client
from nginx_memlint.editor.session import MENDED, Asked, Followed, OpenFile, Session, View
from nginx_memlint.syntax.directives import parse
from tests.helpers import BUNDLE, LUA, write

FILES = {
    "nginx.conf": f"""{LUA}worker_processes 2;
events {{ worker_connections 512; }}
http {{
    lua_ssl_trusted_certificate ca.pem; # memlint: ignore[ML105] tested
    include conf.d/*.conf;
    server {{
        listen 80;
        include snippets/tls.inc;
        location / {{ content_by_lua_block {{ ngx.say("hi") }} }}
    }}
}}
""",
    "conf.d/a.conf": """server {
    listen 81;
    server_name a.example.org;
    location /one { proxy_pass https://127.0.0.1; }
    location /two { include snippets/tls.inc; return 200; }
}
""",
    "conf.d/b.conf": """map $uri $to { default a; /x b; include snippets/map.inc; }
server { listen 82; location ~ ^/b { access_by_lua_block { return } } }
""",
    "snippets/tls.inc": "proxy_ssl_verify on;\nproxy_ssl_trusted_certificate ca.pem;\n",
    "snippets/map.inc": "/y c;\n/z d;\n",
    "memlint.toml": 'max-memory = "64MiB"\nworkers = 2\n',
}

LINES = (
    "location /new { return 204; }",
    "server { listen 90; server_name n; }",
    "lua_ssl_trusted_certificate ca.pem;",
    "include conf.d/*.conf;",
    "include snippets/tls.inc;",
    "include nosuch.conf;",
    "lua_shared_dict d 10m;",
    "# memlint: ignore[ML101] ünïcode \U0001f980",
    "server_name \U0001f980.example.org;",
    "access_by_lua_block { local a = '}' }",
    "worker_connections 4096;",
    "}",
    "{",
    '"',
    "gzip on;",
)
PLAIN = (
    "proxy_set_header X-App a1;",
    "proxy_set_header X-$remote_addr ${host};",
    f"proxy_set_header X-{'long' * 20} 1;",
    "proxy_headers_hash_bucket_size 128;",
    "proxy_pass http://127.0.0.1:9001/x;",
    "proxy_pass https://nosuch;",
    "proxy_pass http://b:80;",
    "fastcgi_pass b;",
    "fastcgi_param HTTP_X $nosuch;",
    "access_log logs/a.log short;",
    "log_format short '$uri';",
    "aio threads=pool;",
    "thread_pool pool threads=4;",
    "set $one 1;",
    "add_header X-One $one;",
    "add_header X-One $two always;",
    "lua_ssl_trusted_certificate ca.pem;",
    "proxy_ssl_trusted_certificate ca.pem;",
    "proxy_ssl_verify on;",
    "proxy_ssl_name name;",
    "ssl_client_certificate ca.pem;",
    "listen 8443 ssl;",
    "server_name a.example.org b.example.org;",
    "keepalive_timeout 65 6O;",
    "keepalive_timeout 75;",
    "root /var/www;",
    "alias /var/www;",
    "gzip on;",
    "gzip maybe;",
    "worker_processes 4;",
    "worker_rlimit_nofile 1024;",
    "lua_shared_dict d1 10m;",
    "limit_req zone=one burst=5;",
    "limit_req_zone $binary_remote_addr zone=one:10m rate=1r/s;",
    "proxy_buffer_size 4k;",
    "proxy_busy_buffers_size 1k;",
    "client_max_body_size 1m;",
    "resolver 127.0.0.1;",
    "return 301 https://$host$request_uri;",
    "lua_code_cache off;",
    "access_by_lua_file a.lua;",
    "unheard_of 1;",
    "# memlint: ignore[ML101] for a reason",
    "# 1 comment with a ; and a }",
)
"""Lines that are no blocks, right or wrong."""

BLOCKS = (
    "location /new { return 204; }",
    "location ~ ^/(.*)$ { proxy_pass http://127.0.0.1/$1; if ($one) { set $two 1; } }",
    "location /one { access_by_lua_block { local a = '}' } location /one/in { gzip on; } }",
    "server { listen 90; server_name n; location / { proxy_pass https://b; } }",
    "upstream b { server 127.0.0.1:1; keepalive 2; }",
    "map $uri $one { default a; include snippets/map.inc; }",
    "include snippets/tls.inc;",
    "include nosuch.conf;",
    "include nosuch/*.conf;",
    "include conf.d/[ab].conf;",
    "if ($uri = / ) { return 403; }",
    "stream { server { listen 91; proxy_pass b; } }",
    "load_module modules/ngx_stream_module.so;",
    "} server { listen 92;",
)
"""Lines that are blocks, or bring files."""

WORDS = ("1", "on", "off", "$uri", "$one", "ca.pem", "'a b'", '"q"', "short", "é", "a\\ b", "16k")

SCRAPS = ("\r\n", "\r", "\f", "\u2028", "\x00", "{", "}", ";", "#", "'", '"', "\\", " ", "é", "x")

EVERYTHING = lsp.Range(lsp.Position(0, 0), lsp.Position(1 << 20, 0))


class Edits:
    """Texts in an editor, files on disk, and their mirror."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.is_calm = seed % 2 == 1
        """Whether most edits leave blocks as they are, so that a session keeps much."""
        self.disk, self.mirror = directory / "disk", directory / "same"
        for top in (self.disk, self.mirror):
            write(top, dict(FILES))
            shutil.copy(BUNDLE, top / "ca.pem")
        self.open: dict[str, str] = {}
        asked = Asked((), {"target": "debian-12"}, {}, None, isolated=False)
        self.session = Session(asked)
        self.fresh: Callable[[], Session] = lambda: Session(asked)
        self.changed: set[str] | None = None
        self.broken: list[Followed] = []
        """Configurations of which a text does not parse, so that what was read before is shown."""
        self.good: dict[str, str] = {}
        """The texts when all of them did."""

    def step(self) -> str:
        """Make one random edit; return what it was."""
        choices = [self.type] * (30 if self.is_calm else 8) + [
            self.start,
            self.stop,
            self.save,
            self.elsewhere,
            self.create,
        ]
        done = self.random.choice(choices)()
        for name in self.names():
            text = self.text(name)
            if name in self.open:
                write(self.mirror, {name: text.encode("utf-8", "surrogatepass")})
        for path in self.mirror.rglob("*"):
            name = str(path.relative_to(self.mirror))
            if path.is_file() and name not in self.names():
                path.unlink()
        return done

    def names(self) -> list[str]:
        """The files there are, saved or not, but for the bundle."""
        saved = (str(p.relative_to(self.disk)) for p in self.disk.rglob("*") if p.is_file())
        return sorted({*saved, *self.open})

    def text(self, name: str) -> str:
        return self.open[name] if name in self.open else (self.disk / name).read_bytes().decode()

    def pick(self) -> str:
        return self.random.choice([n for n in self.names() if not n.endswith((".pem", ".toml"))])

    def type(self) -> str:
        """Change a text that is open."""
        if not self.open:
            return self.start()
        name = self.random.choice(sorted(self.open))
        if self.broken and self.random.random() < 0.4:
            self.open.update((name, self.good[name]) for name in self.open if name in self.good)
            if self.changed is not None:
                self.changed.update(str(self.disk / name) for name in self.open)
            return "undo"
        if self.is_calm and self.random.random() < 0.25:
            self.open.update((name, FILES[name]) for name in self.open if name in FILES)
            if self.changed is not None:
                self.changed.update(str(self.disk / name) for name in self.open)
            return "restore"
        self.open[name] = self.edited(self.open[name])
        if self.changed is not None:
            self.changed.add(str(self.disk / name))
        return f"type {name}"

    def retyped(self, text: str) -> str:
        """A text in which a word, a line that is no block, or a comment is another."""
        rng = self.random
        lines = text.split("\n")
        at = rng.randrange(len(lines))
        match rng.randrange(8):
            case 0:
                digits = [place for place, letter in enumerate(text) if letter.isdigit()]
                if digits:
                    place = rng.choice(digits)
                    return f"{text[:place]}{rng.randrange(10)}{text[place + 1 :]}"
            case 1 | 2:
                lines.insert(at, rng.choice(("", "    ")) + rng.choice(PLAIN))
            case 3:
                if lines[at].strip() in PLAIN or not lines[at].strip():
                    del lines[at]
            case 4:
                marks = [place for place, letter in enumerate(text) if letter == ";"]
                if marks:
                    place = rng.choice(marks)
                    return f"{text[:place]} {rng.choice(WORDS)}{text[place:]}"
            case 5:
                lines[at] += rng.choice((" # note", "\r", "  ", " gzip off;"))
            case 6:
                lines.insert(at, rng.choice(BLOCKS))
            case 7:
                if lines[at].strip() in BLOCKS:
                    lines[at] = rng.choice(("", rng.choice(BLOCKS)))
        return "\n".join(lines)

    def edited(self, text: str) -> str:
        rng = self.random
        if self.is_calm and rng.random() < 0.95:
            return self.retyped(text) if rng.random() < 0.95 else rng.choice([*FILES.values()][:2])
        lines = text.split("\n")
        at = rng.randrange(len(lines) + 1)
        match rng.randrange(6):
            case 0 | 1:
                lines.insert(at, rng.choice(LINES))
            case 2:
                del lines[at : at + rng.randrange(1, 3)]
            case 3:
                offset = rng.randrange(len(text) + 1)
                return text[:offset] + rng.choice(SCRAPS) + text[offset:]
            case 4:
                offset = rng.randrange(len(text) + 1)
                return text[:offset] + text[offset + rng.randrange(1, 9) :]
            case 5:
                whole = FILES.get(rng.choice(sorted(FILES)), "")
                return whole if rng.random() < 0.3 and "http" in whole else "\n".join(lines)
        return "\n".join(lines)

    def start(self) -> str:
        """Open a file."""
        name = self.pick()
        self.open.setdefault(name, self.text(name))
        self.changed = None
        return f"open {name}"

    def stop(self) -> str:
        """Close a file without saving it."""
        if not self.open:
            return self.start()
        name = self.random.choice(sorted(self.open))
        del self.open[name]
        path = self.disk / name
        if path.exists():
            write(self.mirror, {name: path.read_bytes()})
        self.changed = None
        return f"close {name}"

    def save(self) -> str:
        """Save a file, and start again from the first texts at times."""
        if not self.open:
            return self.start()
        name = self.random.choice(sorted(self.open))
        if self.random.random() < 0.5:
            self.open[name] = FILES.get(name, "")
        write(self.disk, {name: self.open[name].encode("utf-8", "surrogatepass")})
        self.changed = None
        return f"save {name}"

    def elsewhere(self) -> str:
        """Change a file on disk that is not open, or delete it."""
        name = self.pick()
        if name in self.open:
            return self.type()
        if self.random.random() < 0.1 and name != "nginx.conf":
            (self.disk / name).unlink()
        else:
            text = (
                FILES.get(name, "") if self.random.random() < 0.7 else self.edited(self.text(name))
            )
            for top in (self.disk, self.mirror):
                write(top, {name: text.encode("utf-8", "surrogatepass")})
        self.changed = None
        return f"elsewhere {name}"

    def create(self) -> str:
        """Open a file that was never saved, where a pattern finds it."""
        name = f"conf.d/{self.random.choice('cde')}.conf"
        if name not in self.names():
            self.open[name] = self.random.choice(LINES)
            self.changed = None
        return f"create {name}"

    def shown(self) -> dict[str, Any]:
        """All that the session shows, with files named as in the mirror."""
        files = {
            (path := str(self.disk / name)): OpenFile(
                path, (self.disk / name).as_uri(), 1, self.unsaved(name), is_nginx=True
            )
            for name in self.open
        }
        view = self.session.view(files, self.changed)
        self.broken = [each for each in view.shown if each.broken is not None]
        if not self.broken:
            self.good = dict(self.open)
        shown = _shown(view, files)
        self.changed = set()
        return {uri.replace("/disk/", "/same/"): told for uri, told in shown.items()}

    def is_broken(self, followed: Followed) -> bool:
        """Whether all that is told of a configuration, nginx has against a text of it."""
        [problem] = followed.report.problems
        text = self.open[str(Path(followed.real_path(problem.file)).relative_to(self.disk))]
        data = text.encode("utf-8", "surrogatepass")
        errors = [parse(data, "", "", in_data_block=inside).error for inside in (False, True)]
        told = problem.message.removesuffix(MENDED), problem.line
        return told in [(error.message, error.line) for error in errors if error is not None]

    def unsaved(self, name: str) -> bytes | None:
        data = self.open[name].encode("utf-8", "surrogatepass")
        path = self.disk / name
        return None if path.exists() and path.read_bytes() == data else data

    def expected(self) -> dict[str, Any]:
        """All that a new session shows of the mirror."""
        files = {
            (path := str(self.mirror / name)): OpenFile(
                path, (self.mirror / name).as_uri(), 1, None, is_nginx=True
            )
            for name in self.open
        }
        return _shown(self.fresh().view(files, None), files)


def _shown(view: View, files: dict[str, OpenFile]) -> dict[str, Any]:
    answers = Answers(view, files, Client())
    converter = get_converter()
    shown: dict[str, Any] = {
        uri: sorted(map(str, converter.unstructure(listed)))
        for uri, listed in answers.diagnostics.items()
    }
    for path, file in files.items():
        shown[f"{file.uri} hints"] = converter.unstructure(answers.hints(path, EVERYTHING))
    return shown


def compare(directory: Path, seed: int, count: int) -> int:
    """Make random edits and compare after each; return how many were of texts not saved.

    Raises AssertionError for a difference.
    """
    edits = Edits(directory, seed)
    unsaved = 0
    history = []
    for _ in range(count):
        history.append(edits.step())
        unsaved += any(edits.unsaved(name) is not None for name in edits.open)
        got, expected = edits.shown(), edits.expected()
        is_right = str(got).replace("/disk", "/same") == str(expected)
        if edits.broken:
            is_right = all(map(edits.is_broken, edits.broken))
        assert is_right, (seed, len(history), history[-5:], got, expected)
    return unsaved


def main() -> None:
    """Compare as many edits as are asked for, in runs of a hundred."""
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    unsaved = 0
    for run in range(asked.count // 100):
        with tempfile.TemporaryDirectory() as directory:
            unsaved += compare(Path(directory).resolve(), asked.seed + run, 100)
        print(f"{100 * (run + 1):,} edits, {unsaved:,} with texts not saved: equal", flush=True)


if __name__ == "__main__":
    main()
