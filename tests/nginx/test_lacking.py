"""Something lacks, or stands twice, which nginx sees once it has read a block, or all."""

from __future__ import annotations

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

SERVER = "server { listen 127.0.0.1:8080; %s }\n"
STREAM = "server { listen 127.0.0.1:9090; %s }\n"
MAIL = "mail { auth_http 127.0.0.1:1; %s }\n"
PASS = "location / { %s }"
PORTS = "".join(f"listen 127.0.0.1:{port}; " for port in range(20_000, 20_064))
ON_A_PORT = "".join(f"listen 127.0.0.{number}:20000; " for number in range(1, 100))

HTTP = {
    "Lua in two forms": SERVER % (PASS % "content_by_lua_file a.lua;\n content_by_lua 'a()';"),
    "Lua in a block and another": "init_by_lua_block { a() }\ninit_by_lua_block { b() }"
    + SERVER % "",
    "Lua in an upstream": "upstream u { server 0.0.0.1; balancer_by_lua_block { a() }\n"
    "balancer_by_lua_file b.lua; }" + SERVER % "",
    "Lua of no phase": SERVER % "\nfoo_by_lua_block { a() }",
    "Lua of no phase, a file": SERVER % "\nfoo_by_lua_file a;",
    "an empty upstream": "upstream u {\n zone u 64k;\n }\n" + SERVER % "",
    "an address twice": "server { listen 8080;\n listen *:8080; }",
    "IPv6 twice": "server { listen [::]:8080;\n listen [0:0::0]:8080; }",
    "the default port": "server { listen 127.0.0.1;\n listen 127.0.0.1:80; }",
    "a socket twice": "server { listen unix:/tmp/a;\n listen unix:/tmp/a; }",
    "a range of ports": "server { listen 8080-8083;\n listen 8082; }",
    "options twice": "server { listen 8080 backlog=5; }\n server { listen *:8080 rcvbuf=4k; }",
    "two defaults": "server { listen 8080 default; }\n server { listen *:8080 default_server; }",
    "TLS without a certificate": "server {\n listen 127.0.0.1:8443 ssl; }",
    "TLS of a second server": "server { listen 8443 ssl; ssl_reject_handshake on; }\n"
    "server { listen 8443; server_name a; }",
    "TLS by ssl": SERVER % "\n ssl on;",
    "TLS by ssl, without a key": SERVER % "\n ssl on; ssl_certificate a;",
    "a word in a map": "map $uri $x {\n a;\n}" + SERVER % "",
    "three words in a map": "map $uri $x {\n a b c;\n}" + SERVER % "",
    "a word in geo": "geo $x {\n a;\n}" + SERVER % "",
    "a word of later releases in geo": "geo $x {\n volatile;\n}" + SERVER % "",
    "a word in charset_map": "charset_map a b {\n 80;\n}" + SERVER % "",
    "an include in charset_map": "charset_map a utf-8 {\n include a;\n}" + SERVER % "",
    **{
        f"{line} in charset_map to {to}": f"charset_map a {to} {{\n {line};\n}}" + SERVER % ""
        for to, lines in {
            "b": ("100 41", "80 100", "80 zz", "'' 41", "80 ''", "-1 41", "80 E282AC"),
            "UTF-8": (
                *("80 41", "80 ''", "80 C2", "80 E282A", "80 F0908080", "80 C1A9", "80 E08080"),
                *("80 C241", "80 C2A9zz", "80 0xC2", "80 'C2A9 '", "80 E28241", "G0 C2A9"),
            ),
        }.items()
        for line in lines
    },
    "charset_map of one charset": "\ncharset_map a A {\n}" + SERVER % "",
    "charset_map twice": "charset_map a b {\n}\ncharset_map B a {\n}" + SERVER % "",
    "no percentage": "split_clients $uri $x {\n 50 a;\n * b; }" + SERVER % "",
    "a thousandth of a percent": "split_clients $uri $x {\n 0.001% a; }" + SERVER % "",
    "more than all": "split_clients $uri $x {\n 50% a; 60% b;\n }" + SERVER % "",
    "a zone of another use": "limit_conn_zone $uri zone=x:1m;\n" + SERVER % "limit_req zone=x;",
}
"""Inside of http: what nginx rejects, with file and line."""

OTHERS = {
    "stream without listen": ("stream", "server {\n return a;\n}\n"),
    "stream without handler": ("stream", STREAM % "\njs_preread a.b;\n"),
    "an empty upstream in stream": ("stream", "upstream u {\n }" + STREAM % "return a;"),
    "an address twice in stream": ("stream", 2 * (STREAM % "return a;")),
    "a map in stream": ("stream", "map $remote_addr $x {\n a; }" + STREAM % "return a;"),
    "TLS without a certificate in stream": ("stream", "server { listen 1 ssl;\n return a; }"),
    "TLS without a key in stream": (
        "stream",
        "server { listen 1 ssl;\n return a; ssl_certificate a; }",
    ),
    "mail without listen": ("mail", "server {\n protocol smtp;\n}"),
    "mail without protocol": ("mail", "server {\n listen 127.0.0.1:9125;\n}"),
    "an address twice in mail": ("mail", 2 * "server { listen 9125; protocol smtp; }\n"),
    "TLS without a certificate in mail": (
        "mail",
        "server {\n listen 9125; protocol smtp;\n starttls on; }",
    ),
    "TLS without a key in mail": (
        "mail",
        "server {\n listen 9125 ssl; protocol smtp;\n ssl_certificate a; }",
    ),
}
"""In stream and mail: what nginx rejects, with file and line."""

WITHOUT_LINE = {
    "a zone for requests": SERVER % "limit_req zone=x;",
    "a zone for connections": "limit_conn x 1;" + SERVER % "",
    "an upstream's zone": "upstream u { server 127.0.0.1; zone z; }" + SERVER % "",
    "a certificate without a key": SERVER % "ssl_certificate a;",
    "a key of another block": "ssl_certificate a;" + SERVER % "ssl_certificate_key b;"
    "server { listen 81; }",
    "two certificates and a key": SERVER
    % "ssl_certificate a; ssl_certificate b; ssl_certificate_key c;",
    **{
        f"a certificate for {name}": SERVER
        % (PASS % f"{name}_pass {scheme}://127.0.0.1:1; {name}_ssl_certificate a;")
        for name, scheme in {"proxy": "https", "grpc": "grpcs", "uwsgi": "suwsgi"}.items()
    },
    "an empty certificate": SERVER
    % (PASS % "proxy_pass https://127.0.0.1; proxy_ssl_certificate '';"),
    "more addresses than connections": f"server {{ {PORTS} }}",
}
"""Inside of http: what nginx rejects without naming a line."""

AT_THE_END = {
    f"a cache of {name}": (name, SERVER % f"{name}_cache x;")
    for name in ("proxy", "fastcgi", "uwsgi", "scgi")
}
"""Inside of http: a cache's name and text that nginx rejects when http ends."""

ACCEPTED = {
    "characters": "charset_map a b { 80 0041; 0081 ff; }"
    "charset_map a UTF-8 { 80 C2A9; 81 E282AC80; 82 c2ff; 83 EDA080; 84 E0A080; 85 C2A9FF; }"
    + SERVER
    % "",
    "Lua that sets variables": SERVER
    % "set_by_lua $a 'return 1'; set_by_lua_block $a { return 1 }",
    "Lua on two levels": "access_by_lua 'a()';" + SERVER % "access_by_lua_block { b() }",
    "Lua of two phases": SERVER % "access_by_lua 'a()'; rewrite_by_lua_block { b() }",
    "IPv4 and IPv6": "server { listen 8080; listen [::]:8080; }",
    "one address of all": f"server {{ listen 20000; {ON_A_PORT} }}",
    "as many connections": f"server {{ {PORTS.partition(';')[2]} }}",
    "one with options": "server { listen 8080 backlog=5; } server { listen 8080; }",
    "a key alone": SERVER % "ssl_certificate_key a;",
    "no TLS": SERVER % (PASS % "proxy_pass http://127.0.0.1; proxy_ssl_certificate a;"),
    "no cache": SERVER % "proxy_cache off;",
    "no cache, and a NUL": SERVER % 'proxy_cache "off\0x";',
    "a cache by a variable": SERVER % "proxy_cache $uri;",
    "a zone that comes later": SERVER % "limit_req zone=x;"
    + "limit_req_zone $uri zone=x:1m rate=1r/s;",
    "a zone of two upstreams": "upstream a { server 127.0.0.1; zone z 64k; }"
    "upstream b { server 127.0.0.1; zone z; }" + SERVER % "",
    "words of a map": "map $uri $x { hostnames; volatile; default 1; a b; }" + SERVER % "",
    "words of geo": "geo $x { ranges; proxy_recursive; default 1; }" + SERVER % "",
    "words of types": "types { text/html; }" + SERVER % "",
    "shares": "split_clients $uri $x { .5% a b; 99.5% c; }" + SERVER % "",
    "another share": "split_clients $uri $x { 5.% a; * c; }" + SERVER % "",
}


def _conf(site: Site, stack: Stack, text: str, root: str = "http") -> str:
    names = ["ndk_http_module", "ngx_http_lua_module", "ngx_stream_module", "ngx_stream_js_module"]
    modules = stack.load_lines(*names, "ngx_mail_module")
    http = text if root == "http" else ""
    stream = text if root == "stream" else ""
    main = MAIL % text if root == "mail" else ""
    return main_conf(site.prefix, http, modules=modules, main=main, stream=stream)


def _messages(text: str, bookworm: Stack, site: Site, *, accepted: bool = False) -> list[str]:
    """Places of memlint's problems that nginx names, too; both must agree on the verdict."""
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    assert run.accepted == accepted, run.messages
    report = check(conf, prefix=str(site.prefix), target="debian-12")
    assert report.complete == accepted, report.problems
    problems = [problem for problem in report.problems if not problem.complete]
    said = [(f"{problem.nginx}", f" in {problem.file}:{problem.line}") for problem in problems]
    assert all(nginx in run.messages for nginx, _ in said), (said, run.messages)
    return [place for nginx, place in said if f"{nginx}{place}" in run.messages]


@pytest.mark.parametrize("name", HTTP)
def test_http(name: str, bookworm: Stack, site: Site) -> None:
    assert len(_messages(_conf(site, bookworm, HTTP[name]), bookworm, site)) == 1


@pytest.mark.parametrize("name", OTHERS)
def test_stream_and_mail(name: str, bookworm: Stack, site: Site) -> None:
    root, text = OTHERS[name]
    assert len(_messages(_conf(site, bookworm, text, root), bookworm, site)) == 1


@pytest.mark.parametrize("name", WITHOUT_LINE)
def test_without_a_line(name: str, bookworm: Stack, site: Site) -> None:
    _messages(_conf(site, bookworm, WITHOUT_LINE[name]), bookworm, site)


@pytest.mark.parametrize("name", AT_THE_END)
def test_unknown_caches(name: str, bookworm: Stack, site: Site) -> None:
    directive, text = AT_THE_END[name]
    _messages(_conf(site, bookworm, text), bookworm, site)
    [problem] = check(site.prefix / "nginx.conf", target="debian-12").problems
    assert problem.nginx == f'"{directive}_cache" zone "x" is unknown'


def test_mail_without_authentication(bookworm: Stack, site: Site) -> None:
    text = _conf(site, bookworm, "server {\n listen 9125; protocol smtp; }", "mail")
    assert len(_messages(text.replace("auth_http 127.0.0.1:1;", ""), bookworm, site)) == 1


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str, bookworm: Stack, site: Site) -> None:
    _messages(_conf(site, bookworm, ACCEPTED[name]), bookworm, site, accepted=True)
