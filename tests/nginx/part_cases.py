"""Configurations that measure one thing each: a text that is repeated, and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.nginx.prefix import listen

SERVER = "server {{ listen {listen}; {units} }}\n"
LOCATION = "server {{ listen {listen}; location / {{ {units} }} }}\n"
UPSTREAM = "upstream u {{ {units} }}\nserver {{ listen {listen}; }}\n"
HTTP = "{units}\nserver {{ listen {listen}; }}\n"
PASSING = (
    "server {{ listen {listen}; location / {{ proxy_pass http://127.0.0.1:8080; {units} }} }}\n"
)
MANY = (2_000, 10_000)
"""Sizes of what takes few bytes."""


class Place(NamedTuple):
    """Files around the configuration, which a case may name."""

    prefix: Path
    certificates: dict[str, tuple[Path, Path]]
    """By kind: the file of the chain, and of the key."""
    files: dict[str, Path]
    """CA files, revocation lists and parameters."""

    @property
    def listen(self) -> str:
        """The argument of ``listen``."""
        return listen(self.prefix)


Unit = Callable[[Place, int], str]


@dataclass(frozen=True)
class Case:
    """``unit`` is repeated inside ``around``, by two different ``sizes``."""

    unit: Unit
    around: str = SERVER
    sizes: tuple[int, int] = (400, 1600)
    http: str = ""
    main: str = ""
    modules: tuple[str, ...] = ()
    section: str = "http"

    def text(self, place: Place, count: int) -> str:
        """The inside of the section with so many units."""
        units = "\n".join(self.unit(place, number) for number in range(count))
        return self.http + self.around.format(units=units, listen=place.listen)


def _plain(text: str) -> Unit:
    """A text in which ``{i}`` is the unit's number."""
    return lambda _place, number: text.replace("{i}", str(number))


def _location(inside: str = "") -> Unit:
    return _plain(f"location /l{{i}} {{ {inside} }}")


def _words(name: str, last: str = "") -> str:
    """A server with one directive, whose words are the units."""
    return f"server {{{{ listen {{listen}}; {name} {{units}} {last}; }}}}\n"


def times(text: str, count: int) -> str:
    return " ".join(text.replace("{k}", str(number)) for number in range(count))


def _ip(number: int, step: int = 1) -> str:
    number *= step
    return f"{10 + number // 65536}.{number // 256 % 256}.{number % 256}"


def _tls(kind: str) -> Unit:
    def unit(place: Place, number: int) -> str:
        chain, key = place.certificates[kind]
        return (
            f"server {{ listen {place.listen} ssl; server_name s{number}; "
            f"ssl_certificate {chain}; ssl_certificate_key {key}; }}"
        )

    return unit


def _with_file(text: str, name: str) -> Unit:
    """A TLS server with a directive that names a file."""

    def unit(place: Place, number: int) -> str:
        return _tls("rsa2048-1")(place, number)[:-1] + text.format(place.files[name]) + " }"

    return unit


def _trusting(text: str, *names: str, sizes: tuple[int, int] = (25, 100)) -> Case:
    """TLS servers with directives that name files."""

    def unit(place: Place, number: int) -> str:
        files = [place.files[name] for name in names]
        return _tls("rsa2048-1")(place, number)[:-1] + text.format(*files) + " }"

    return Case(unit, "{units}", sizes=sizes)


CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""Suites as many servers list them."""


def _addresses(count: int, names: int = 1) -> Unit:
    """A server with names that listens on so many addresses."""
    listens = " ".join(f"listen 127.0.0.1:2{at:04};" for at in range(count))

    def unit(_place: Place, number: int) -> str:
        named = " ".join(f"s{number}-{at}.example.com" for at in range(names))
        return f"server {{ {listens} server_name {named}; }}"

    return unit


def _octets(number: int) -> str:
    return f"2001:db8:{number * 40503 % 65536:x}:{number * 30011 % 65536:x}"


LUA = ("ngx_http_lua_module",)
JS = ("ngx_http_js_module",)
STREAM = ("ngx_stream_module",)
MAIL = ("ngx_mail_module",)

CONTENTS = (
    "plain",
    "p384",
    "rsa2048",
    "rsa4096",
    "attributes",
    "long",
    "dns",
    "ip",
    "uri",
    "email",
    "rid",
    "other",
    "constraints",
    "points",
    "policies",
    "info",
    "extensions",
)
"""Names of certificates, each with one thing in it (part_files.py)."""

_FASTCGI = "fastcgi_pass 127.0.0.1:9000;"
_PROXY = "proxy_pass http://127.0.0.1:8080;"
_TYPES = times("type/t{k} e{k};", 3)

CASES: dict[str, Case] = {
    # blocks
    "location": Case(_location()),
    "location =": Case(_plain("location = /l{i} { }")),
    "location ~": Case(_plain("location ~ ^/l{i}/x { }")),
    "location ~, pcre_jit": Case(_plain("location ~ ^/l{i}/x { }"), main="pcre_jit on;"),
    "location ~, 1000 letters": Case(
        _plain("location ~ ^/l{i}/" + "abcdefghij" * 100 + " { }"), sizes=(200, 800)
    ),
    "location ~, 1000 letters, pcre_jit": Case(
        _plain("location ~ ^/l{i}/" + "abcdefghij" * 100 + " { }"),
        sizes=(200, 800),
        main="pcre_jit on;",
    ),
    "location ~*, 1000 letters": Case(
        _plain("location ~* ^/l{i}/" + "abcdefghij" * 100 + " { }"), sizes=(200, 800)
    ),
    "location ~, 100 classes": Case(
        _plain("location ~ ^/l{i}/" + "[a-z]" * 100 + " { }"), sizes=(200, 800)
    ),
    "location ~, 100 classes, pcre_jit": Case(
        _plain("location ~ ^/l{i}/" + "[a-z]" * 100 + " { }"),
        sizes=(200, 800),
        main="pcre_jit on;",
    ),
    "location ~, 100 alternatives": Case(
        _plain("location ~ ^/l{i}/(" + times("word{k}", 100).replace(" ", "|") + ") { }"),
        sizes=(200, 800),
    ),
    "location ~, 100 alternatives, pcre_jit": Case(
        _plain("location ~ ^/l{i}/(" + times("word{k}", 100).replace(" ", "|") + ") { }"),
        sizes=(200, 800),
        main="pcre_jit on;",
    ),
    "location @": Case(_plain("location @l{i} { }")),
    "nested location": Case(_plain("location /l{i} { location /l{i}/a { } }"), sizes=(200, 800)),
    "if in server": Case(_plain("if ($http_x) { }")),
    "if ~ in server": Case(_plain("if ($http_x ~ ^a{i}) { }")),
    "if in location": Case(_location("if ($http_x) { }"), sizes=(200, 800)),
    "limit_except": Case(_location("limit_except GET { deny all; }"), sizes=(200, 800)),
    "server": Case(
        lambda place, i: f"server {{ listen {place.listen}; server_name s{i}; }}", "{units}"
    ),
    "server without name": Case(lambda place, _: f"server {{ listen {place.listen}; }}", "{units}"),
    "server and location": Case(
        lambda place, i: (
            f"server {{ listen {place.listen}; server_name s{i}; location / {{ return 204; }} }}"
        ),
        "{units}",
    ),
    "server and own socket": Case(
        lambda place, i: f"server {{ listen unix:{place.prefix}/s{i}.sock; }}",
        "{units}",
        sizes=(50, 250),
    ),
    "server, 1 address": Case(_addresses(1), "{units}"),
    "server, 11 addresses": Case(_addresses(11), "{units}"),
    "server, 10 names, 1 address": Case(_addresses(1, 10), "{units}"),
    "server, 10 names, 11 addresses": Case(_addresses(11, 10), "{units}"),
    "listen, ports": Case(
        lambda _, i: f"listen 127.0.0.1:{20000 + i};",
        "server {{ {units} }}\n",
        sizes=(500, 1500),
    ),
    "server_name": Case(_plain("server_name n{i}.example.com;")),
    "server_name *.": Case(_plain("server_name *.n{i}.example.com;")),
    "server_name ~": Case(_plain("server_name ~^n{i}$;")),
    # what stands in a location
    "proxy_pass": Case(_location(_PROXY)),
    "proxy_pass, variable": Case(_location("proxy_pass http://$host;")),
    "proxy_pass, upstream": Case(
        _location("proxy_pass http://u;"), http="upstream u { server 127.0.0.1; }"
    ),
    "proxy_pass, 1 proxy_set_header": Case(_location(f"{_PROXY} proxy_set_header A $host;")),
    "proxy_pass, 6 proxy_set_header": Case(
        _location(_PROXY + times("proxy_set_header X-Header-{k} $host;", 6))
    ),
    "proxy_pass, 20 proxy_set_header": Case(
        _location(_PROXY + times("proxy_set_header X-Header-{k} $host;", 20))
    ),
    "proxy_pass, proxy_set_header in server": Case(
        _location(_PROXY), http=times("proxy_set_header X-Header-{k} $host;", 6)
    ),
    "proxy_pass, 3 proxy_hide_header": Case(
        _location(_PROXY + times("proxy_hide_header X-Header-{k};", 3))
    ),
    "proxy_pass, cache": Case(
        _location(f"{_PROXY} proxy_cache c; proxy_cache_key $host$request_uri;"),
        http="proxy_cache_path temp/pc keys_zone=c:1m;",
    ),
    "proxy_pass, cache_valid": Case(
        _location(f"{_PROXY} proxy_cache c; proxy_cache_valid 200 1h;"),
        http="proxy_cache_path temp/pc keys_zone=c:1m; proxy_cache_key $uri;",
    ),
    "proxy_pass, cache, 6 proxy_set_header": Case(
        _location(_PROXY + "proxy_cache c;" + times("proxy_set_header X-Header-{k} $host;", 6)),
        http="proxy_cache_path temp/pc keys_zone=c:1m;",
    ),
    "proxy_redirect": Case(_location(f"{_PROXY} proxy_redirect http://a/ http://b/;")),
    "proxy_cookie_path": Case(_location(f"{_PROXY} proxy_cookie_path /a/ /b/;")),
    "proxy_next_upstream and timeouts": Case(
        _location(
            f"{_PROXY} proxy_next_upstream error timeout; proxy_read_timeout 5s; "
            "proxy_connect_timeout 5s; proxy_buffers 8 16k; client_max_body_size 1m;"
        )
    ),
    "fastcgi_pass": Case(_location(_FASTCGI)),
    "fastcgi_pass, 1 fastcgi_param": Case(_location(f"{_FASTCGI} fastcgi_param A $host;")),
    "fastcgi_pass, 20 fastcgi_param": Case(
        _location(_FASTCGI + times("fastcgi_param PARAM_{k} $host;", 20))
    ),
    "fastcgi_pass, 20 fastcgi_param in http": Case(
        _location(_FASTCGI), http=times("fastcgi_param PARAM_{k} $host;", 20)
    ),
    "fastcgi_pass, cache, 20 fastcgi_param": Case(
        _location(f"{_FASTCGI} fastcgi_cache c;" + times("fastcgi_param PARAM_{k} $host;", 20)),
        http="fastcgi_cache_path temp/fc keys_zone=c:1m;",
    ),
    "uwsgi_pass, 20 uwsgi_param": Case(
        _location("uwsgi_pass 127.0.0.1:9000;" + times("uwsgi_param PARAM_{k} $host;", 20))
    ),
    "scgi_pass, 20 scgi_param": Case(
        _location("scgi_pass 127.0.0.1:9000;" + times("scgi_param PARAM_{k} $host;", 20))
    ),
    "grpc_pass": Case(_location("grpc_pass grpc://127.0.0.1:9000;")),
    "grpc_pass, 6 grpc_set_header": Case(
        _location("grpc_pass grpc://127.0.0.1:9000;" + times("grpc_set_header X-{k} $host;", 6))
    ),
    "return 204": Case(_location("return 204;")),
    "return, text": Case(_location("return 301 https://$host$request_uri;")),
    "1 rewrite": Case(_location("rewrite ^/a{i}/(.*)$ /b/$1 last;")),
    "5 rewrite": Case(_location(times("rewrite ^/a{k}/(.*)$ /b/$1 last;", 5))),
    "1 rewrite, pcre_jit": Case(_location("rewrite ^/a{i}/(.*)$ /b/$1 last;"), main="pcre_jit on;"),
    "1 set": Case(_location("set $a 1;")),
    "5 set": Case(_location(times("set $a{k} $host;", 5))),
    "set of new variables": Case(_plain("set $a{i} 1;")),
    "1 add_header": Case(_location("add_header X-A b;")),
    "5 add_header": Case(_location(times("add_header X-A{k} b{k};", 5))),
    "5 error_page": Case(_location(times("error_page 40{k} /e{k};", 5))),
    "try_files": Case(_location("try_files $uri $uri/ /index.php?$args;")),
    "root": Case(_location("root /srv/www;")),
    "root, variable": Case(_location("root /srv/$host;")),
    "alias": Case(_location("alias /srv/www/;")),
    "index": Case(_location("index index.php index.html;")),
    "expires": Case(_location("expires 30d;")),
    "3 types": Case(_location(f"types {{ {_TYPES} }}")),
    "100 types": Case(_location(f"types {{ {times('type/t{k} e{k};', 100)} }}"), sizes=(100, 400)),
    "10 gzip_types": Case(_location(f"gzip on; gzip_types {times('text/t{k}', 10)};")),
    "limit_req": Case(
        _location("limit_req zone=z burst=5;"),
        http="limit_req_zone $binary_remote_addr zone=z:1m rate=1r/s;",
    ),
    "limit_conn": Case(
        _location("limit_conn z 5;"), http="limit_conn_zone $binary_remote_addr zone=z:1m;"
    ),
    "auth_basic": Case(_location('auth_basic "closed"; auth_basic_user_file {i};')),
    "auth_request": Case(_location("auth_request /auth;")),
    "access_log off": Case(_location("access_log off;")),
    "access_log": Case(_location("access_log logs/a.log;")),
    "access_log of its own": Case(_location("access_log logs/a{i}.log;"), sizes=(100, 400)),
    "access_log, buffer": Case(
        _location("access_log logs/a{i}.log combined buffer=64k;"), sizes=(100, 400)
    ),
    "error_log of its own": Case(_location("error_log logs/e{i}.log;"), sizes=(100, 400)),
    "2 sub_filter": Case(_location(times("sub_filter a{k} b{k};", 2))),
    "5 valid_referers": Case(_location(f"valid_referers none {times('r{k}.example.com', 5)};")),
    "valid_referers server_names": Case(
        _location("valid_referers server_names;"),
        "server {{ listen {listen}; "
        + times("server_name n{k}.example.com;", 100)
        + " {units} }}\n",
        sizes=(100, 400),
    ),
    "100 valid_referers": Case(
        _location("valid_referers " + times("n{k}.example.com", 100) + ";"), sizes=(100, 400)
    ),
    "1 deny": Case(_location("deny 10.0.0.1;")),
    "10 deny": Case(_location(times("deny 10.0.0.{k};", 10))),
    "deny": Case(lambda _, i: f"deny {_ip(i)}.1;", sizes=(2000, 10000)),
    # data
    "map, short": Case(
        _plain("k{i} v{i};"),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
        http="map_hash_max_size 65536; map_hash_bucket_size 128;",
    ),
    "map, one value": Case(
        _plain("k{i} 1;"),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
        http="map_hash_max_size 65536; map_hash_bucket_size 128;",
    ),
    "map, redirects": Case(
        _plain("/old/section/page-number-{i}.html /new/section/the-page-with-number-{i}/;"),
        "map $uri $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
        http="map_hash_max_size 65536; map_hash_bucket_size 256;",
    ),
    "map, default hash size": Case(
        _plain("k{i} v{i};"),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(4000, 16000),
        http="map_hash_bucket_size 8192;",
    ),
    "map, variable value": Case(
        _plain("k{i} $host{i};".replace("{i};", ";")),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
        http="map_hash_max_size 65536; map_hash_bucket_size 128;",
    ),
    "map, hostnames": Case(
        _plain("*.k{i}.example.com v{i};"),
        "map $host $m {{ hostnames; {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
        http="map_hash_max_size 65536; map_hash_bucket_size 128;",
    ),
    "map, regex": Case(
        _plain("~^k{i} v{i};"),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(1000, 4000),
    ),
    "map, regex, pcre_jit": Case(
        _plain("~^k{i} v{i};"),
        "map $host $m {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(500, 2000),
        main="pcre_jit on;",
    ),
    "map block": Case(_plain("map $host $m{i} { default 0; a 1; }"), HTTP),
    "geo, contiguous /24": Case(
        lambda _, i: f"{_ip(i)}.0/24 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
    ),
    "geo, sparse /24": Case(
        lambda _, i: f"{_ip(i, 7)}.0/24 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
    ),
    "geo, /32": Case(
        lambda _, i: f"{_ip(i, 3)}.{i % 250} 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
    ),
    "geo, values": Case(
        lambda _, i: f"{_ip(i)}.0/24 v{i};",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(5000, 20000),
    ),
    "geo, ranges": Case(
        lambda _, i: f"{_ip(i)}.0-{_ip(i)}.255 1;",
        "geo $g {{ ranges; {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(10000, 40000),
    ),
    "geo block": Case(_plain("geo $g{i} { default 0; 10.0.0.0/8 1; }"), HTTP),
    "geo block, ranges": Case(
        _plain("geo $g{i} { ranges; default 0; 10.0.0.0-10.0.0.9 1; }"), HTTP, sizes=(10, 40)
    ),
    "geo, ranges of /8": Case(
        lambda _, i: f"{i}.0.0.0-{i}.255.255.255 1;",
        "geo $g {{ ranges; {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(50, 200),
    ),
    "geo, IPv6 /48": Case(
        lambda _, i: f"{_octets(i).rpartition(':')[0]}::/48 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(5000, 20000),
    ),
    "geo, IPv6 /64": Case(
        lambda _, i: f"{_octets(i)}::/64 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(2000, 8000),
    ),
    "geo, IPv6 addresses": Case(
        lambda _, i: f"{_octets(i)}::1 1;",
        "geo $g {{ {units} }}\n" + SERVER.replace("{units}", ""),
        sizes=(1000, 4000),
    ),
    "charset_map": Case(_plain("charset_map a{i} b{i} { }"), HTTP, sizes=(200, 400)),
    "charset_map, utf-8": Case(_plain("charset_map a{i} utf-8 { }"), HTTP, sizes=(200, 400)),
    "split_clients": Case(_plain("split_clients $host $s{i} { 10% a; 20% b; * c; }"), HTTP),
    "types in http": Case(
        _plain("type/t{i} e{i};"),
        "types {{ {units} }}\n" + SERVER.replace("{units}", ""),
        http="types_hash_max_size 16384;",
    ),
    "log_format": Case(_plain("log_format f{i} '$remote_addr - [$time_local] $request';"), HTTP),
    # upstreams
    "upstream, 1 server": Case(
        _plain("upstream u{i} { server 127.0.0.1:8{i}; }".replace("8{i}", "8001")), HTTP
    ),
    "upstream, 2 servers": Case(
        _plain("upstream u{i} { server 127.0.0.1:8001; server 127.0.0.2:8001; }"), HTTP
    ),
    "upstream, 8 servers": Case(
        _plain("upstream u{i} { " + times("server 127.0.0.1:800{k};", 8) + " }"), HTTP
    ),
    "upstream, keepalive 32": Case(
        _plain("upstream u{i} { server 127.0.0.1:8001; keepalive 32; }"), HTTP
    ),
    "upstream, keepalive 512": Case(
        _plain("upstream u{i} { server 127.0.0.1:8001; keepalive 512; }"), HTTP, sizes=(50, 200)
    ),
    "upstream, zone": Case(
        _plain("upstream u{i} { zone z{i} 64k; server 127.0.0.1:8001; }"), HTTP, sizes=(100, 400)
    ),
    "upstream, zone, 8 servers": Case(
        _plain("upstream u{i} { zone z{i} 64k; " + times("server 127.0.0.1:800{k};", 8) + " }"),
        HTTP,
        sizes=(100, 400),
    ),
    "upstream, consistent": Case(
        _plain(
            "upstream u{i} { hash $uri consistent; server 127.0.0.1:8001; server 127.0.0.1:8002; }"
        ),
        HTTP,
        sizes=(100, 400),
    ),
    "upstream, consistent, weight 20": Case(
        _plain(
            "upstream u{i} { hash $uri consistent; server 127.0.0.1:8001 weight=20; "
            "server 127.0.0.1:8002 weight=20; }"
        ),
        HTTP,
        sizes=(20, 80),
    ),
    "upstream, least_conn": Case(
        _plain("upstream u{i} { least_conn; server 127.0.0.1:8001; }"), HTTP
    ),
    "servers in one upstream": Case(
        lambda _, i: f"server {_ip(i)}.1:8000;", UPSTREAM, sizes=(2000, 10000)
    ),
    # zones
    "limit_req_zone, MiB": Case(
        _plain("limit_req_zone $binary_remote_addr zone=z{i}:1m rate=1r/s;"), HTTP, sizes=(50, 200)
    ),
    "keys_zone, MiB": Case(
        lambda place, i: f"proxy_cache_path {place.prefix}/temp/c{i} keys_zone=c{i}:1m;",
        HTTP,
        sizes=(20, 80),
    ),
    "zone of 16 MiB": Case(
        _plain("limit_req_zone $binary_remote_addr zone=z{i}:16m rate=1r/s;"), HTTP, sizes=(10, 40)
    ),
    # TLS
    **{
        f"TLS server, {kind}": Case(_tls(kind), "{units}", sizes=(100, 400))
        for kind in ("rsa2048-1", "rsa2048-3", "rsa4096-1", "rsa4096-3", "ec256-1", "ec256-3")
    },
    "TLS server, CA of 20": Case(
        _with_file("ssl_trusted_certificate {};", "ca20"), "{units}", sizes=(25, 100)
    ),
    "TLS server, 6 ciphers": _trusting(f"ssl_ciphers {CIPHERS};", sizes=(100, 400)),
    "TLS server, ciphers DEFAULT": _trusting("ssl_ciphers DEFAULT;", sizes=(100, 400)),
    "TLS server, client CAs of 20": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on;", "ca20"
    ),
    "TLS server, client CA, plain": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on;", "ca-plain", sizes=(100, 400)
    ),
    "TLS server, client CA, long": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on;", "ca-long", sizes=(100, 400)
    ),
    "TLS server, CAs of 20 named twice": _trusting(
        "ssl_client_certificate {0}; ssl_verify_client on; ssl_trusted_certificate {0};", "ca20"
    ),
    "TLS server, CAs of 5 and 20": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on; ssl_trusted_certificate {};",
        "ca5",
        "ca20",
    ),
    "TLS server, CRL of 100 beside its CA": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on; ssl_crl {};",
        "issuer",
        "crl100",
        sizes=(50, 200),
    ),
    "TLS server, CRL of 100 in the CA file": _trusting(
        "ssl_client_certificate {}; ssl_verify_client on;", "crl100", sizes=(50, 200)
    ),
    "TLS server, EC CA": Case(
        _with_file("ssl_trusted_certificate {};", "ec"), "{units}", sizes=(100, 400)
    ),
    "TLS server, CRL of 1000": Case(
        _with_file("ssl_client_certificate {0}; ssl_verify_client on; ssl_crl {0};", "crl1000"),
        "{units}",
        sizes=(20, 80),
    ),
    "TLS server, CRL of 100": Case(
        _with_file("ssl_client_certificate {0}; ssl_verify_client on; ssl_crl {0};", "crl100"),
        "{units}",
        sizes=(20, 80),
    ),
    "TLS server, CRL of 1000 with reasons": Case(
        _with_file(
            "ssl_client_certificate {0}; ssl_verify_client on; ssl_crl {0};", "crl1000-reasons"
        ),
        "{units}",
        sizes=(20, 80),
    ),
    **{
        f"TLS server, CA, {name}": Case(
            _with_file("ssl_trusted_certificate {};", f"ca-{name}"), "{units}", sizes=(100, 400)
        )
        for name in CONTENTS
    },
    **{
        f"TLS server, own, {name}": Case(_tls(f"own-{name}"), "{units}", sizes=(100, 400))
        for name in CONTENTS
    },
    "TLS server, passwords": Case(
        _with_file("ssl_password_file {};", "passwords"), "{units}", sizes=(20, 80)
    ),
    "TLS server, short passwords": Case(
        _with_file("ssl_password_file {};", "passwords-short"), "{units}", sizes=(20, 80)
    ),
    "TLS server, ClientCAFile": Case(
        _with_file("ssl_conf_command ClientCAFile {};", "ca20"), "{units}", sizes=(25, 100)
    ),
    "TLS server, RequestCAFile": Case(
        _with_file("ssl_conf_command RequestCAFile {};", "ca20"), "{units}", sizes=(25, 100)
    ),
    "TLS server, Certificate": Case(
        _with_file("ssl_conf_command Certificate {};", "ec"), "{units}", sizes=(100, 400)
    ),
    "TLS server, dhparam": Case(_with_file("ssl_dhparam {};", "dh"), "{units}", sizes=(100, 400)),
    "TLS server, stapling": Case(
        _with_file("ssl_stapling on; ssl_trusted_certificate {};", "issuer"),
        "{units}",
        sizes=(100, 400),
        http="resolver 127.0.0.1;",
    ),
    "proxy_pass https": Case(_location("proxy_pass https://127.0.0.1;")),
    # stream and mail
    "stream server": Case(
        lambda place, i: (
            f"server {{ listen unix:{place.prefix}/t{i}.sock; proxy_pass 127.0.0.1:1; }}"
        ),
        "{units}",
        sizes=(50, 250),
        modules=STREAM,
        section="stream",
    ),
    "stream server, upstream": Case(
        lambda place, i: (
            f"upstream u{i} {{ server 127.0.0.1:1; }} "
            f"server {{ listen unix:{place.prefix}/t{i}.sock; proxy_pass u{i}; }}"
        ),
        "{units}",
        sizes=(50, 250),
        modules=STREAM,
        section="stream",
    ),
    "stream server, ports": Case(
        lambda _, i: f"server {{ listen 127.0.0.1:{20000 + 10 * i}-{20009 + 10 * i}; return a; }}",
        "{units}",
        sizes=(50, 150),
        modules=STREAM,
        section="stream",
    ),
    "mail server": Case(
        lambda place, i: f"server {{ listen unix:{place.prefix}/t{i}.sock; protocol imap; }}",
        "auth_http 127.0.0.1/a; server_name a; {units}",
        sizes=(50, 250),
        modules=MAIL,
        section="mail",
    ),
    # modules
    "lua location": Case(_location(), modules=LUA, sizes=(200, 800)),
    "lua server": Case(
        lambda place, i: f"server {{ listen {place.listen}; server_name s{i}; }}",
        "{units}",
        modules=LUA,
        sizes=(200, 800),
    ),
    "content_by_lua_block": Case(
        _location("content_by_lua_block { ngx.say({i}) }"), modules=LUA, sizes=(200, 800)
    ),
    "js location": Case(_location(), modules=JS, sizes=(200, 800)),
    "js_import in location": Case(_location("js_import m.js;"), modules=JS, sizes=(20, 80)),
    **{
        f"js_import of 100 kB, {name}": Case(
            _location(f"js_import {name}.js;"), modules=JS, sizes=(5, 20)
        )
        for name in ("long", "data", "dense", "comments")
    },
    "js_path": Case(_location("js_path .;"), modules=JS, sizes=(20, 80), http="js_import m.js;"),
    "lua_shared_dict, MiB": Case(
        _plain("lua_shared_dict d{i} 1m;"), HTTP, modules=LUA, sizes=(20, 80)
    ),
    # directives of which a block may have many
    "set_real_ip_from": Case(lambda _, i: f"set_real_ip_from {_ip(i)}.0/24;", sizes=MANY),
    "proxy_redirect in one block": Case(_plain("proxy_redirect /a{i} b;"), PASSING, sizes=MANY),
    "proxy_cookie_path in one block": Case(
        _plain("proxy_cookie_path /a{i} b;"), PASSING, sizes=MANY
    ),
    "proxy_ssl_conf_command": Case(
        _plain("proxy_ssl_conf_command Options a{i};"), SERVER, sizes=MANY
    ),
    "auth_request_set": Case(_plain("auth_request_set $a b;"), sizes=MANY),
    "auth_request_set of new variables": Case(_plain("auth_request_set $a{i} b;"), sizes=MANY),
    "words of error_page": Case(_plain("404"), _words("error_page", "/x"), sizes=MANY),
    "words of gzip_types": Case(_plain("a/b{i}"), _words("gzip_types"), sizes=MANY),
    "words of index": Case(_plain("a{i}"), _words("index"), sizes=MANY),
    "words of try_files": Case(_plain("/a{i}"), _words("try_files", "=404"), sizes=MANY),
    "words of proxy_no_cache": Case(_plain("$arg_a{i}"), _words("proxy_no_cache"), sizes=MANY),
    "words of proxy_cache_bypass": Case(_plain("$uri"), _words("proxy_cache_bypass"), sizes=MANY),
    "mirror": Case(_plain("mirror /a{i};"), sizes=MANY),
    "set_by_lua_block": Case(_plain("set_by_lua_block $x { return 1 }"), modules=LUA, sizes=MANY),
    "set_by_lua_file": Case(_plain("set_by_lua_file $x /x/$uri;"), modules=LUA, sizes=MANY),
    "js_import in http": Case(
        _plain("js_import m{i} from m.js;"), HTTP, modules=JS, sizes=(50, 200)
    ),
    "js_set": Case(
        _plain("js_set $a{i} m.f;"), HTTP, http="js_import m from m.js;", modules=JS, sizes=MANY
    ),
    "js_var": Case(_plain("js_var $a{i} b;"), HTTP, modules=JS, sizes=MANY),
    # the rest
    "comments, kB": Case(_plain("#" + "x" * 1022), HTTP, sizes=(400, 1600)),
    "env": Case(_plain("env A{i};"), "{units}", section="main", sizes=(400, 1600)),
    "include": Case(_plain("include empty.conf;"), HTTP),
}
"""Name → the case."""
