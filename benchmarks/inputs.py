"""The configurations that are measured, made from numbers alone.

    python -m benchmarks.inputs large /tmp/large

Most are what generated configurations look like: many servers of many locations, each with a few
directives, no two of them equal but all alike. "shapes" is what people write: hardly any two blocks
have the same directives.
"""

from __future__ import annotations

import argparse
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

SAMPLES = Path(__file__).parent.parent / "sample_confs"
BUNDLE = SAMPLES / "ca-bundle.pem"
LUA_EVERY = 25
LOCATIONS_A_SERVER = 100

MAIN = """\
load_module modules/ndk_http_module.so;
load_module modules/ngx_http_lua_module.so;

user www-data;
worker_processes 4;
pid nginx.pid;

events {{
    worker_connections 1024;
}}

http {{
    access_log off;
    server_names_hash_bucket_size 128;
    variables_hash_max_size 4096;
    lua_ssl_trusted_certificate {bundle};

{inside}}}
"""

SMALL = """\
user www-data;
worker_processes auto;
pid nginx.pid;

events {
    worker_connections 768;
}

http {
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    default_type application/octet-stream;

    # plain HTTP leads to the site
    server {
        listen 8080 default_server;
        server_name _;
        return 301 https://$host$request_uri;
    }

    server {
        listen 8081;
        server_name www.example.com example.com;
        root /var/www/html;

        location / {
            try_files $uri $uri/ =404;
        }

        location ~* \\.(?:png|jpe?g|css|js)$ {
            expires 30d;
        }

        location /api/ {
            proxy_pass http://127.0.0.1:9000;
            proxy_set_header Host $host;
        }
    }
}
"""

LUA = """\
            access_by_lua_block {
                -- asks the account service, over TLS
                local ok = require("account").allowed(ngx.var.uri)
                if not ok then return ngx.exit(403) end
            }
"""

SNIPPETS = {
    "snippets/headers.conf": (
        "proxy_set_header Host $host;\nproxy_set_header X-Real-IP $remote_addr;\n"
    ),
    "snippets/timeouts.conf": "proxy_connect_timeout 2s;\nproxy_read_timeout 30s;\n",
}


def location(number: int, extra: str = "") -> str:
    """One location of about 150 bytes; every LUA_EVERY-th runs Lua."""
    lua = LUA if number % LUA_EVERY == 0 else ""
    return (
        f"        location /app-{number:06d}/ {{\n{lua}{extra}"
        f"            proxy_pass http://127.0.0.1:{9000 + number % 500}/v{number}/;\n"
        f"            proxy_set_header X-App a{number:06d};\n"
        "        }\n"
    )


def server(number: int, locations: range, extra: str = "") -> str:
    """One server with these locations."""
    inside = "".join(location(n, extra) for n in locations)
    return (
        "    server {\n        listen 127.0.0.1:8080;\n"
        f"        server_name tenant-{number:05d}.example.com;\n\n{inside}    }}\n"
    )


def servers(count: int, each: int = LOCATIONS_A_SERVER, extra: str = "") -> Iterator[str]:
    """Servers with `count` locations in all."""
    for number, first in enumerate(range(0, count, each)):
        yield server(number, range(first, min(first + each, count)), extra)


def main_file(inside: str) -> str:
    """A main file around the inside of ``http``."""
    return MAIN.format(bundle=BUNDLE, inside=inside)


def small() -> dict[str, str]:
    """A site as it comes: one file, four locations."""
    return {"nginx.conf": SMALL}


def one_file(count: int) -> dict[str, str]:
    """All locations in one file."""
    return {"nginx.conf": main_file("".join(servers(count)))}


def many_files(count: int, files: int) -> dict[str, str]:
    """A server a file, included by a glob."""
    each = count // files
    texts = {"nginx.conf": main_file("    include sites/*.conf;\n")}
    for number, text in enumerate(servers(count, each)):
        texts[f"sites/{number:05d}.conf"] = text
    return texts


def many_roots(count: int, roots: int) -> dict[str, str]:
    """Configurations of their own that share two snippets."""
    extra = "".join(f"            include ../{name};\n" for name in SNIPPETS)
    texts = dict(SNIPPETS)
    each = count // roots
    for number in range(roots):
        first = number * each
        text = server(number, range(first, first + each), extra)
        texts[f"root-{number:03d}/nginx.conf"] = main_file(text)
    return texts


SETTINGS = (
    "proxy_read_timeout {n}s;",
    "proxy_set_header X-Request-Id $request_id;",
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    'add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;',
    "add_header 'X-Number' \"{n}\"; # for whoever asks",
    "client_max_body_size {n}m;",
    "access_log /var/log/nginx/{n}.log combined buffer=32k;",
    "rewrite ^/old-{n}/(.*)$ /new-{n}/$1 permanent;",
    "allow 10.{n}.0.0/16; deny all;",
    "expires {n}d;",
    "gzip on; gzip_types text/css application/json;",
    'auth_basic "number {n}";',
    "proxy_buffering off;",
    "limit_rate {n}k;",
    "set $number {n};",
    'proxy_cookie_path / "/; Secure";',
    "error_page 502 503 =404 /error-{n}.html;",
)
"""Directives that may stand in a location."""

PATHS = (
    "/app-{n}/",
    "= /exact-{n}",
    '~ "^/api/v{n}/(?<id>[0-9]{{1,8}})\\.json$"',
    '~* "\\.(?:png|jpe?g|css)-{n}$"',
    "^~ /static-{n}/",
    "~ \\.php$",
)


def shaped_location(rng: random.Random, number: int, indent: str, around: str = "") -> str:
    """A location of up to seven settings and whatever else may be in it."""
    path = f"{around}inner/" if around else rng.choice(PATHS).format(n=number)
    inside = [
        setting.format(n=number % 250 + 1) for setting in rng.sample(SETTINGS, rng.randint(0, 7))
    ]
    if rng.random() < 0.15:
        inside.append(f"if ($arg_key != 'k{number}') {{ return 403; }}")
    if rng.random() < 0.05:
        inside.append(f"limit_except GET POST {{\n{indent}        deny all;\n{indent}    }}")
    if rng.random() < 0.05:
        inside.append("content_by_lua_block {\n        ngx.say('}')  -- as it is\n    }")
    elif rng.random() < 0.7:
        uri = "" if path.startswith("~") else f"/v{number}/"  # nginx takes none there
        inside.append(f"proxy_pass http://backend-{number % 97}{uri};")
    if path.startswith("/app-") and not around and rng.random() < 0.5:
        inside.append(shaped_location(rng, number, indent + "    ", path).strip())
    if rng.random() < 0.2:
        inside.insert(0, f"# number {number}: see the handbook, and do not touch")
    lines = "".join(f"{indent}    {text}\n" for text in inside)
    return f"{indent}location {path} {{\n{lines}{indent}}}\n"


def shapes(count: int) -> dict[str, str]:
    """Some `count` locations, in servers of 5 to 60, hardly two alike; all in one file."""
    rng = random.Random(count)
    parts = []
    number = 0
    while number < count:
        each = rng.randint(5, 60)
        locations = "".join(
            shaped_location(rng, n, "        ") for n in range(number, min(number + each, count))
        )
        parts.append(
            f"    server {{\n        listen 127.0.0.1:8080;  # plain\n"
            f"        server_name shop-{number}.example.com www.shop-{number}.example.com;\n"
            f"\n{locations}    }}\n\n"
        )
        number += each
    return {"nginx.conf": main_file("".join(parts))}


@dataclass(frozen=True)
class Input:
    """One configuration, or many: its name, what it is, and the files to hand over."""

    name: str
    what: str
    roots: tuple[str, ...] = ("nginx.conf",)


INPUTS = (
    Input("small", "one site in one file"),
    Input("incident", "4,000 locations in 9 files"),
    Input("large", "40,000 locations, all alike, in one file of 6 MB"),
    Input("shapes", "40,000 locations, hardly two alike, in one file of 13 MB"),
    Input("files", "40,000 locations in 5,000 included files"),
    Input(
        "roots",
        "400 configurations of 100 locations",
        tuple(f"root-{number:03d}/nginx.conf" for number in range(400)),
    ),
)


def make(name: str, directory: Path) -> None:
    """Write the input of a name into a directory; a number is that many locations in one file."""
    if name == "incident":
        shutil.copytree(SAMPLES / "incident", directory, dirs_exist_ok=True)
        main = directory / "nginx.conf"
        main.write_text(main.read_text().replace("../ca-bundle.pem", str(BUNDLE)))
        return
    texts: dict[str, Callable[[], dict[str, str]]] = {
        "small": small,
        "large": partial(one_file, 40_000),
        "shapes": partial(shapes, 40_000),
        "files": partial(many_files, 40_000, 5_000),
        "roots": partial(many_roots, 40_000, 400),
    }
    files = texts[name]() if name in texts else one_file(int(name))
    for file, text in files.items():
        path = directory / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="small, incident, large, shapes, files, roots, or a number")
    parser.add_argument("directory", type=Path)
    options = parser.parse_args()
    make(options.name, options.directory)
