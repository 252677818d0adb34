"""Write the incident and its remedies: 4,000 locations, one line in ``http``.

    python sample_confs/make_incident.py

The scenario is the published one ("My experience with lua-nginx, openssl, strace, gdb, glibc and
Linux VM", E. Efendi, 2017): a generated configuration of many locations, a few of which run Lua.
The files are checked in; a test makes sure that they are what this script writes.
"""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
SERVERS = 80
LOCATIONS = 50
SERVERS_A_FILE = 10
LUA_EVERY = 25
BUNDLE = "../ca-bundle.pem"
TRUSTED = f"lua_ssl_trusted_certificate {BUNDLE};"

MAIN = """\
# {title}
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;

{workers}
pid nginx.pid;
error_log stderr;

events {{
    worker_connections 1024;
}}

http {{
    access_log off;
    server_names_hash_bucket_size 128;
{http}
    include tenants/*.conf;
}}
"""

LUA = """\
        access_by_lua_block {
            -- asks the account service, over TLS
            local ok = require("account").allowed(ngx.var.uri)
            if not ok then return ngx.exit(403) end
        }
"""


def location(server: int, number: int, inner: str) -> str:
    """One location; every LUA_EVERY-th runs Lua."""
    lua = inner + LUA if number % LUA_EVERY == 0 else ""
    return (
        f"    location /app-{number:02d}/ {{\n{lua}"
        f"        return 200 tenant-{server:02d};\n    }}\n"
    )


def server(number: int, inner: str) -> str:
    """One server with its locations."""
    locations = "".join(location(number, n, inner) for n in range(LOCATIONS))
    return (
        f"server {{\n    listen 127.0.0.1:8080;\n"
        f"    server_name tenant-{number:02d}.example.com;\n\n{locations}}}\n"
    )


SNIPPET = "lua_ssl_trusted_certificate.conf"


def files(
    title: str, http: str, inner: str = "", workers: str = "worker_processes auto;"
) -> dict[str, str]:
    """One sample: file names and texts. ``inner`` stands in each location that runs Lua."""
    http = f"    {http}\n" if http else ""
    found = {"nginx.conf": MAIN.format(title=title, http=http, workers=workers)}
    for first in range(0, SERVERS, SERVERS_A_FILE):
        numbers = range(first, first + SERVERS_A_FILE)
        text = "\n".join(server(number, inner) for number in numbers)
        found[f"tenants/{first:02d}-{numbers[-1]:02d}.conf"] = text
    return found


SAMPLES = {
    "incident": files("The incident: one line too many, in http.", TRUSTED),
    "incident-moved": {
        **files(
            "The incident, mended: the directive only where Lua opens TLS connections.",
            "",
            f"        include {SNIPPET};\n",
            "worker_processes 4;\nworker_shutdown_timeout 60s;",
        ),
        SNIPPET: f"{TRUSTED}\n",
    },
    "incident-small-bundle": files(
        "The incident, mended in part: a bundle of the CAs needed.",
        "lua_ssl_trusted_certificate account-ca.pem;",
    ),
}


def main() -> None:
    """Write all samples beside this script."""
    for sample, texts in SAMPLES.items():
        for name, text in texts.items():
            path = HERE / sample / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
