"""Whole configurations of the kinds that operators run, made small enough to be reloaded here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.nginx.part_cases import Place, times
from tests.nginx.prefix import TEMP_PATHS, pem_bundle
from tests.nginx.stack import Stack

FASTCGI = times("fastcgi_param PARAM_{k} $request_uri;\n", 17)
HEADERS = (
    "proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; "
    "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
    "proxy_set_header X-Forwarded-Proto $scheme; "
)
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; "


class Site(NamedTuple):
    """A configuration: the inside of its sections."""

    http: str = ""
    stream: str = ""
    main: str = ""
    modules: tuple[str, ...] = ()
    connections: int = 768


Maker = Callable[[Place], Site]


def lines(count: int, text: str) -> str:
    return "\n".join(text.replace("@", str(number)) for number in range(count))


def _tls(place: Place, kind: str) -> str:
    chain, key = place.certificates[kind]
    return f"ssl_certificate {chain}; ssl_certificate_key {key};"


def _stock(place: Place) -> Site:
    return Site(
        f"server {{ listen {place.listen}; root /var/www/html; index index.html;\n"
        "location / { try_files $uri $uri/ =404; } }"
    )


def _websockets(place: Place) -> Site:
    return Site(
        f"upstream app {{ server 127.0.0.1:8000; keepalive 64; }}\n"
        f"server {{ listen {place.listen} ssl; {_tls(place, 'ec256-3')}\n"
        f"location /ws {{ proxy_pass http://app; proxy_http_version 1.1; {HEADERS}{UPGRADE} }}\n"
        "location / { root /srv/www; } }",
        main="worker_rlimit_nofile 200000;",
        connections=200_000,
    )


def _redirects(place: Place) -> Site:
    entries = lines(60_000, "/old/catalogue/item-@.html /new/shop/articles/@-the-same/;")
    return Site(
        "map_hash_max_size 262144; map_hash_bucket_size 256;\n"
        f"map $uri $target {{ default 0;\n{entries}\n}}\n"
        f"server {{ listen {place.listen}; if ($target) {{ return 301 $target; }}\n"
        "location / { return 404; } }"
    )


def _blocklist(place: Place) -> Site:
    networks = "\n".join(
        f"{11 + n * 11 // 65536}.{n * 11 // 256 % 256}.{n * 11 % 256}.0/{24 - n % 3} 1;"
        for n in range(40_000)
    )
    return Site(
        f"geo $blocked {{ default 0;\n{networks}\n}}\n"
        f"server {{ listen {place.listen}; if ($blocked) {{ return 403; }} }}"
    )


def _hosting(place: Place) -> Site:
    server = (
        f"server {{ listen {place.listen} ssl;\n"
        "server_name site@.example.com www.site@.example.com;\n"
        f"{_tls(place, 'rsa2048-3')} root /srv/site@/public; index index.php index.html;\n"
        "access_log off; add_header X-Frame-Options SAMEORIGIN; client_max_body_size 64m;\n"
        "location / { try_files $uri $uri/ /index.php?$args; }\n"
        f"location ~ \\.php$ {{ fastcgi_pass unix:/run/php.sock; {FASTCGI} }}\n"
        "location ~ /\\.ht { deny all; }\n"
        "location ~* \\.(css|js|png|jpg)$ { expires 30d; access_log off; } }"
    )
    return Site(lines(200, server))


def _ingress(place: Place) -> Site:
    location = (
        "location /p# { proxy_pass http://up@; set $namespace ns@; set $service svc#; "
        f"{HEADERS}{times('proxy_set_header X-Custom-{k} $request_id;', 8)}"
        "proxy_next_upstream error timeout; proxy_buffers 4 4k; }\n"
    )
    locations = "".join(location.replace("#", str(number)) for number in range(3))
    server = f"server {{ listen {place.listen}; server_name app@.example.com;\n{locations}}}\n"
    upstream = "upstream up@ { server 127.0.0.1:8001; server 127.0.0.1:8002; keepalive 32; }\n"
    return Site(lines(200, upstream) + lines(200, server), modules=("ngx_http_lua_module",))


def _gateway(place: Place) -> Site:
    location = "location /api@ { access_by_lua_block { ngx.ctx.a = @ } proxy_pass http://b; }"
    return Site(
        f"lua_ssl_trusted_certificate {pem_bundle(120)};\n"
        "upstream b { server 127.0.0.1:8001; }\nlua_shared_dict limits 10m;\n"
        f"server {{ listen {place.listen};\n{lines(60, location)}\n}}",
        modules=("ngx_http_lua_module",),
    )


def _caches(place: Place) -> Site:
    zones = lines(20, f"proxy_cache_path {place.prefix}/temp/c@ keys_zone=c@:10m max_size=1g;")
    location = (
        f"server {{ listen {place.listen}; server_name cdn@.example.com; "
        "location / { proxy_pass http://127.0.0.1:8080; proxy_cache c#; "
        "proxy_cache_key $scheme$host$request_uri; proxy_cache_valid 200 301 1h; "
        "proxy_cache_use_stale error timeout; } }"
    )
    servers = "\n".join(
        lines(10, location).replace("c#", f"c{n}").replace("cdn", f"cdn{n}-") for n in range(20)
    )
    return Site(zones + "\n" + servers)


def _revocations(place: Place) -> Site:
    crl = place.files["crl1000"]
    server = (
        f"server {{ listen {place.listen} ssl; server_name m@.example.com; "
        f"{_tls(place, 'rsa2048-1')} ssl_client_certificate {crl}; ssl_verify_client on; "
        f"ssl_crl {crl}; location / {{ proxy_pass http://127.0.0.1:8080; }} }}"
    )
    return Site(lines(60, server))


def _balancer(place: Place) -> Site:
    upstream = (
        "upstream u@ { zone u@ 64k; least_conn; "
        + times("server 10.0.{k}.1:8080;", 4)
        + " keepalive 16; }\n"
    )
    location = "location /u@/ { proxy_pass http://u@; proxy_http_version 1.1; }"
    return Site(
        lines(300, upstream) + f"server {{ listen {place.listen};\n{lines(300, location)} }}"
    )


def _streams(place: Place) -> Site:
    server = (
        f"server {{ listen unix:{place.prefix}/t@.sock; proxy_pass b@; proxy_timeout 1h; }}\n"
        "upstream b@ { server 127.0.0.1:5432; server 127.0.0.2:5432 backup; }\n"
    )
    return Site(stream=lines(250, server), modules=("ngx_stream_module",))


def _vhosts(place: Place) -> Site:
    server = (
        f"server {{ listen {place.listen}; server_name v@.example.com; "
        "location / { root /srv/v@; } }"
    )
    return Site(lines(1500, server))


def _exploits(place: Place) -> Site:
    ifs = "".join(
        f'if ($query_string ~ "[a-z0-9]{number}(select|union|drop)") {{ set $block 1; }}\n'
        for number in range(30)
    )
    server = (
        f"server {{ listen {place.listen}; server_name h@.example.com; set $block 0;\n{ifs}"
        f"location / {{ proxy_pass http://127.0.0.1:8080; {HEADERS} }} }}"
    )
    return Site(lines(40, server))


def _weights(place: Place) -> Site:
    servers = times("server 10.1.{k}.1:80 weight=20; ", 10)
    upstream = f"upstream h@ {{ hash $request_uri consistent; {servers} }}\n"
    return Site(lines(30, upstream) + f"server {{ listen {place.listen}; }}")


def _rewrites(place: Place) -> Site:
    rules = lines(1500, "rewrite ^/blog/(.*)-@$ /articles/$1/@ permanent;")
    return Site(f"server {{ listen {place.listen};\n{rules}\n}}", main="pcre_jit on;")


def _verified(place: Place) -> Site:
    location = "location /v@ { proxy_pass https://127.0.0.1:8443; }"
    return Site(
        f"proxy_ssl_verify on; proxy_ssl_trusted_certificate {pem_bundle(60)};\n"
        f"server {{ listen {place.listen};\n{lines(80, location)} }}"
    )


def _scripts(place: Place) -> Site:
    location = "location /j@ { js_import m.js; js_content m.handle; }"
    return Site(
        f"server {{ listen {place.listen};\n{lines(60, location)} }}",
        modules=("ngx_http_js_module",),
    )


CONFIGURATIONS: dict[str, Maker] = {
    "stock Debian site": _stock,
    "WebSockets, 200,000 connections a worker": _websockets,
    "redirect farm, 60,000 entries": _redirects,
    "blocklist of 40,000 networks": _blocklist,
    "hosting, 200 TLS sites with PHP": _hosting,
    "ingress, 200 hosts, Lua loaded": _ingress,
    "Lua gateway with a CA bundle": _gateway,
    "caches, 20 zones, 200 hosts": _caches,
    "mutual TLS with revocation lists": _revocations,
    "load balancer, 300 upstreams": _balancer,
    "250 stream proxies": _streams,
    "1,500 plain hosts": _vhosts,
    "40 hosts that block exploits": _exploits,
    "consistent hashes by weight": _weights,
    "1,500 rewrites, pcre_jit": _rewrites,
    "80 verified upstreams": _verified,
    "60 locations of njs": _scripts,
}
"""Name → what makes it."""


def text(site: Site, place: Place, stack: Stack, workers: int) -> str:
    """The configuration as nginx reads it; all of its files lie in its prefix."""
    prefix = place.prefix
    temp = "".join(f"    {path}_temp_path {prefix}/temp/{path};\n" for path in TEMP_PATHS)
    modules = stack.load_lines(*site.modules) if site.modules else ""
    stream = f"stream {{\n{site.stream}\n}}\n" if site.stream else ""
    return (
        f"{modules}user root;\nworker_processes {workers};\npid {prefix}/logs/nginx.pid;\n"
        f"lock_file {prefix}/logs/nginx.lock;\nerror_log stderr;\ndaemon off;\n{site.main}\n"
        f"events {{ worker_connections {site.connections}; }}\n"
        f"http {{\n    sendfile on;\n    gzip on;\n    server_tokens off;\n    access_log off;\n"
        f"{temp}{site.http}\n}}\n{stream}"
    )
