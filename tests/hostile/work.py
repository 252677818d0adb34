"""Things that repeat in a configuration, and the work they make: lines of Python that are run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from tests.helpers import LUA, write
from tests.rules.bundles import pem

CA = "lua_ssl_trusted_certificate ca.pem;"


@dataclass(frozen=True)
class Repeated:
    """Text for places of a configuration, and files beside it."""

    main: str = ""
    http: str = ""
    server: str = ""
    location: str = ""
    files: dict[str, str | bytes] = field(default_factory=dict)

    def __add__(self, other: Repeated) -> Repeated:
        return Repeated(
            self.main + other.main,
            self.http + other.http,
            self.server + other.server,
            self.location + other.location,
            self.files | other.files,
        )

    def write(self, directory: Path) -> Path:
        """The configuration's main file."""
        text = (
            f"{LUA}{self.main}worker_processes 2; worker_shutdown_timeout 1m;\nevents {{}}\n"
            f"http {{\n{self.http}server {{\nlisten 443 ssl;\n{self.server}"
            f"location / {{\n{self.location}}}\n}}\n}}\n"
        )
        return write(directory, {"ca.pem": pem(2), "nginx.conf": text, **self.files})


def numbered(text: str, count: int) -> str:
    """A line for each number, which stands where ``@`` does."""
    return "".join(f"{text}\n".replace("@", str(number)) for number in range(count))


def _nested(count: int) -> Repeated:
    return Repeated(server=numbered("location /n@ {", count) + "}" * count + "\n")


def _chain(count: int) -> Repeated:
    files: dict[str, str | bytes] = {f"chain{n}": f"include chain{n + 1};" for n in range(count)}
    files |= {f"chain{count}": numbered("include end;", count), "end": ""}
    return Repeated(http="include chain0;\n", files=files)


def _files(text: str) -> Callable[[int], Repeated]:
    def made(count: int) -> Repeated:
        files: dict[str, str | bytes] = {
            f"d/{n}.conf": text.replace("@", str(n)) for n in range(count)
        }
        return Repeated(http="include d/*.conf;\n", files=files)

    return made


REPEATED: dict[str, Callable[[int], Repeated]] = {
    "directives": lambda n: Repeated(http=numbered("gzip_types text/x@;", n)),
    "directives on a line": lambda n: Repeated(http=numbered("gzip on;", n).replace("\n", " ")),
    "wrong expressions": lambda n: Repeated(
        http="map $uri $wrong {\n" + numbered("~(@ 1;", n) + "}\n"
    ),
    "files with a wrong word": _files("add_header a b c@; access_log logs/a nofmt@;"),
    "one directive": lambda n: Repeated(location=numbered("set $a b;", n)),
    "servers": lambda n: Repeated(http=numbered("server { server_name s@; }", n)),
    "servers with TLS": lambda n: Repeated(
        http=numbered("server { listen 443 ssl; ssl_certificate a; ssl_verify_client off; }", n)
    ),
    "servers that inherit": lambda n: Repeated(
        http=numbered("server { listen 443 ssl; ssl_verify_client off; }", n)
    ),
    "servers that verify": lambda n: Repeated(
        http=numbered(
            "server { listen 443 ssl; ssl_certificate a; ssl_verify_client on; "
            "ssl_client_certificate ca.pem; ssl_trusted_certificate ca.pem; }",
            n,
        )
    ),
    "locations": lambda n: Repeated(server=numbered("location /l@ { }", n)),
    "locations that run Lua": lambda n: Repeated(
        server=numbered("location /r@ { content_by_lua_block { x } }", n)
    ),
    "nested locations": _nested,
    "ifs": lambda n: Repeated(location=numbered("if ($a) { }", n)),
    "comments": lambda n: Repeated(http=numbered("# @", n)),
    "blanks": lambda n: Repeated(http=" " * n * 20 + "\n" * n),
    "includes": lambda n: Repeated(http=numbered("include e;", n), files={"e": ""}),
    "included servers": lambda n: Repeated(
        http=numbered("include s;", n), files={"s": "server { location / { } }"}
    ),
    "included bundles": lambda n: Repeated(
        http=numbered("include b;", n), files={"b": f"server {{ {CA} location / {{ }} }}"}
    ),
    "files": _files("server { location / { } }"),
    "files of a server": lambda n: Repeated(
        server="include n/*.conf;\n",
        files={f"n/{number}.conf": f"server_name ~^s{number};" for number in range(n)},
    ),
    "files with a bundle": _files(f"server {{ server_name s@; location / {{ {CA} }} }}"),
    "chain of includes": _chain,
    "arguments": lambda n: Repeated(server="server_name" + numbered(" a@", n) + ";\n"),
    "long argument": lambda n: Repeated(server=f"server_name {'a' * min(4000, 8 * n)};\n"),
    "names of a file": lambda n: Repeated(
        http=f"include {'./' * n}e;\n", files={"e": "server { }"}
    ),
    "certificates": lambda n: Repeated(
        http=numbered("ssl_certificate c@; ssl_certificate_key k@;", n)
    ),
    "certificates of a server": lambda n: Repeated(
        server=numbered("ssl_certificate c@; ssl_certificate_key k@;", n)
    ),
    "bundles": lambda n: Repeated(server=numbered(f"location /b@ {{ {CA} }}", n)),
    "bundles that are missing": lambda n: Repeated(
        server=numbered("location /m@ { lua_ssl_trusted_certificate m@; }", n)
    ),
    "bundles with an ignore": lambda n: Repeated(
        server=numbered(f"# memlint: ignore[ML101] x\nlocation /i@ {{ {CA} }}", n)
    ),
    "bundles in one ignore": lambda n: Repeated(
        server="# memlint: ignore[ML101] x\nlocation /o {\n"
        + numbered(f"location /o/@ {{ {CA} }}", n)
        + "}\n"
    ),
    "passing locations": lambda n: Repeated(
        server=numbered(
            "location /p@ { proxy_pass https://a; proxy_ssl_verify on; "
            "proxy_ssl_trusted_certificate ca.pem; proxy_ssl_protocols TLSv1.2; }",
            n,
        )
    ),
    "inheriting locations": lambda n: Repeated(
        http="proxy_ssl_trusted_certificate ca.pem; proxy_ssl_verify on;\n" + CA,
        server=numbered("location /h@ { proxy_pass https://a; }", n),
    ),
    "patterns": lambda n: Repeated(http=numbered("include p/@*.conf;", n), files={"p/x": ""}),
    "patterns of brackets": lambda n: Repeated(
        http=f"include p/{'[a-c]' * n}*;\n", files={"p/x": ""}
    ),
    "ignores": lambda n: Repeated(http=numbered("# memlint: ignore[ML101] x", n)),
    "rules of an ignore": lambda n: Repeated(
        http="# memlint: ignore[" + "ML101, " * n + "] x\n",
    ),
    "blanks of an ignore": lambda n: Repeated(
        http=f"# memlint: ignore[ML101{' ' * n}x] x\n# memlint:{' ' * n}\n"
    ),
    "wrong ignores": lambda n: Repeated(http=numbered("# memlint: ignore", n)),
    "unknown blocks": lambda n: Repeated(http=numbered("foo@ { }", n)),
    "misplaced directives": lambda n: Repeated(location=numbered("lua_shared_dict x@ 1m;", n)),
    "missing files": lambda n: Repeated(http=numbered("include no/@;", n)),
    "absolute includes that are missing": lambda n: Repeated(
        http=numbered("include missing;", n), files={"missing": "include /nothing/d/1.conf;"}
    ),
    "cycles": lambda n: Repeated(
        http=numbered("include cycle;", n), files={"cycle": "include cycle;"}
    ),
    "keys of a map": lambda n: Repeated(http=f"map $a $b {{\n{numbered('k@ v;', n)}}}\n"),
    "maps": lambda n: Repeated(http=numbered("map $a $b@ { default 1; }", n)),
    "upstreams": lambda n: Repeated(http=numbered("upstream u@ { server a:1; zone z@ 1m; }", n)),
    "zones": lambda n: Repeated(http=numbered("lua_shared_dict z@ 1m;", n)),
    "Lua": lambda n: Repeated(http=f"init_by_lua_block {{ {'f{} ' * n}}}\n"),
    "Lua blocks": lambda n: Repeated(http=numbered("init_by_lua_block { x }", n)),
    "modules": lambda n: Repeated(main=numbered("load_module m@.so;", n)),
    "streams": lambda n: Repeated(
        main="stream {\n"
        + numbered("server { proxy_ssl on; proxy_ssl_trusted_certificate ca.pem; }", n)
        + "}\n"
    ),
    "mail servers": lambda n: Repeated(
        main="mail {\n"
        + numbered("server { ssl on; ssl_certificate a; ssl_client_certificate ca.pem; }", n)
        + "}\n"
    ),
    "bundle files": lambda n: Repeated(
        server=numbered("location /f@ { lua_ssl_trusted_certificate f@.pem; }", n),
        files={f"f{number}.pem": pem(1) for number in range(n)},
    ),
    "certificates of a bundle": lambda n: Repeated(
        http="lua_ssl_trusted_certificate big.pem;\n", files={"big.pem": pem(n)}
    ),
}
"""The name of a thing that repeats → a configuration that has so many of it."""


def lines_run(call: Callable[[], Any]) -> int:
    """Lines of Python that a call runs, each time counted: a comprehension's for each item."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        if event == "line":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count
