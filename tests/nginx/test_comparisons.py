"""Texts are compared and modules loaded as in nginx: keys like directives, NUL bytes, new names.

Each configuration is one that nginx accepts, and memlint must count what nginx counts.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.report import FORMATS
from nginx_memlint.tls.families import FAMILIES
from tests.helpers import memlint
from tests.nginx.compare_counts import false_warnings
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import MODULES_DIR, Stack

NAMES = sorted(
    {name for family in FAMILIES for name in family.reads | family.overrides | family.decides}
    | {"js_error", "js_import", "js_content", "lua_page", "content_by_lua_block", "access_by_lua"}
    | {"init_worker_by_lua_block", "lua_shared_dict", "proxy_pass", "listen", "server_name"}
)
"""Names of directives that count, as keys."""

PAIRS = " ".join(f"{name} '{value}';" for name in NAMES for value in ("on",))
LISTS = " ".join(f"{name} ext{number};" for number, name in enumerate(NAMES))
SPLIT = f"10% lua_page; 20% js_error; 30% {NAMES[0]}; * x;"

WORDS = {"PAIRS": PAIRS, "LISTS": LISTS, "SPLIT": SPLIT}
NETS = "10.0.0.0/8 js_error; 127.0.0.1 lua_page; default ssl_certificate;"

DATA = {
    "map": "map $uri $m { PAIRS }",
    "map by an include": "map $uri $m { include pairs.conf; }",
    "map by a glob": "map $uri $m { include pair*.conf; }",
    "geo": f"geo $g {{ {NETS} }}",
    "geo by an include": "geo $g { include nets.conf; }",
    "split_clients": "split_clients $uri $s { SPLIT }",
    "types": "types_hash_max_size 4096; types { LISTS }",
    "types by an include": "types_hash_max_size 4096; types { include lists.conf; }",
    "types in a server": "types_hash_max_size 4096; server { LISTEN types { LISTS } }",
    "types in a location": "types_hash_max_size 4096; "
    "server { LISTEN location / { types { LISTS } } }",
    "charset_map": "charset_map koi8-r windows-1251 { C0 FE; C1 E0; }",
    "upstream": "upstream lua_page { server 127.0.0.1:1; } "
    "upstream js_error { server 127.0.0.1:1; }",
    "bundles in a map": "map $uri $m { lua_ssl_trusted_certificate CA; js_fetch_verify on; } "
    "server { LISTEN location / { } }",
    "bundle below a map's own": "map $uri $m { ssl_trusted_certificate ''; } "
    "ssl_trusted_certificate CA; server { LISTENSSL PAIR }",
}
"""The inside of http, and in capitals what stands for directives and paths."""


def check_both(
    stack: Stack, site: Site, text: str, *, options: dict[str, str] | None = None
) -> None:
    """Compare the counts of both, of a configuration that nginx accepts."""
    conf = write_conf(site.prefix, text)
    run = stack.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    report = check(conf, target="debian-12", **(options or {}))
    assert report.complete, report.problems
    assert false_warnings(report) == []
    assert (report.ssl_contexts, report.ca_loads) == (run.counts.contexts, run.counts.loads)


def filled(text: str, site: Site) -> str:
    """Directives and paths in the place of words in capitals."""
    words = WORDS | {
        "LISTEN": site.plain(),
        "LISTENSSL": site.ssl(),
        "PAIR": site.pair,
        "CA": str(site.bundle),
        "CRT": str(site.certificate),
        "KEY": str(site.key),
        "SOCKET": f"unix:{site.prefix}/nul.sock",
        "CERTIFICATES": f"ssl_certificate {site.certificate}\0x; ssl_certificate_key {site.key}\0;",
    }
    return re.sub(r"\b[A-Z]{2,}\b", lambda match: words.get(match[0], match[0]), text)


def write_included(site: Site) -> None:
    for name, text in (("pairs", PAIRS), ("nets", NETS), ("lists", LISTS)):
        write_conf(site.prefix, text, f"{name}.conf")


@pytest.mark.parametrize("inside", DATA.values(), ids=DATA)
@pytest.mark.parametrize("loads", ["", "ngx_http_lua_module", "ngx_http_js_module"])
def test_keys_are_no_directives(inside: str, loads: str, all_modules: Stack, site: Site) -> None:
    write_included(site)
    modules = all_modules.load_lines(loads) if loads else ""
    text = main_conf(site.prefix, filled(inside, site), modules=modules)
    check_both(all_modules, site, text)


STREAM_DATA = {
    "map": "map $remote_addr $m { PAIRS }",
    "geo": f"geo $g {{ {NETS} }}",
    "split_clients": "split_clients $remote_addr $s { SPLIT }",
    "upstream": "upstream js_error { server 127.0.0.1:1; }",
}


@pytest.mark.parametrize("inside", STREAM_DATA.values(), ids=STREAM_DATA)
def test_keys_in_stream_are_no_directives(inside: str, all_modules: Stack, site: Site) -> None:
    server = "server { LISTEN proxy_pass 127.0.0.1:1; }"
    text = main_conf(
        site.prefix,
        stream=filled(f"{inside} {server}\n", site),
        modules=all_modules.load_lines("ngx_stream_module"),
    )
    check_both(all_modules, site, text)


NUL = {
    "a flag": "server { LISTEN location / { proxy_pass https://127.0.0.1; "
    "proxy_ssl_trusted_certificate CA; proxy_ssl_verify on\0x; } }",
    "a flag in capitals": "server { LISTEN location / { grpc_pass grpcs://127.0.0.1:1; "
    "grpc_ssl_trusted_certificate CA; grpc_ssl_verify ON\0; } }",
    "a flag that is off": "server { LISTEN location / { uwsgi_pass suwsgi://127.0.0.1:1; "
    "uwsgi_ssl_trusted_certificate CA; uwsgi_ssl_verify off\0on; } }",
    "reject": "server { SOCKETSSL ssl_reject_handshake on\0off; }",
    "do not reject": "server { LISTEN ssl_reject_handshake off\0on; }",
    "listen": "server { listen SOCKET ssl\0z; PAIR }",
    "a bundle": "server { LISTEN ssl_trusted_certificate CA\0x; PAIR }",
    "a bundle of clients": "server { LISTEN ssl_client_certificate CA\0; ssl_verify_client on; "
    "PAIR }",
    "a relative bundle": "server { LISTEN ssl_trusted_certificate ca.pem\0/x; PAIR }",
    "a certificate": "server { LISTENSSL CERTIFICATES }",
    "a certificate with a variable behind": "server { LISTENSSL ssl_certificate CRT\0$host; "
    "ssl_certificate_key KEY\0$host; }",
    "a variable behind": "server { LISTEN location / { proxy_pass http://127.0.0.1\0$host; } }",
    "a zone": "ssl_session_cache shared:a\0b:1m; server { LISTENSSL PAIR "
    "ssl_session_cache shared:a\0c:1m; }",
    "an include": "server { LISTEN include more.conf\0x; }",
    "an include in a map": "map $uri $m { include pairs.conf\0x; }",
    "a key of a map": 'map $uri $m { "include\0x" pairs.conf; }',
    "a key of a geo": "geo $g { include\0 nets.conf; }",
    "a key of types": "types_hash_max_size 4096; types { include\0include lists.conf; }",
    "a key of parts": "split_clients $uri $s { 10% include\0; * x; }",
    "a glob": "server { LISTEN include mor*.conf\0[; }",
    "a name": "server { LISTEN server_name a\0b; location /a\0b { } location ~ a\0b { } }",
}


@pytest.mark.parametrize("inside", NUL.values(), ids=NUL)
def test_nul(inside: str, all_modules: Stack, site: Site) -> None:
    write_included(site)
    write_conf(site.prefix, "location /more { }", "more.conf")
    write_conf(site.prefix, site.bundle.read_text(), "ca.pem")
    inside = inside.replace("SOCKETSSL", "listen SOCKET ssl;")
    check_both(all_modules, site, main_conf(site.prefix, filled(inside, site)))


@pytest.mark.parametrize("kind", ["map $uri $m", "geo $g", "types"])
def test_nul_in_a_key_that_includes(kind: str, bookworm: Stack, site: Site) -> None:
    text = main_conf(site.prefix, f"{kind} {{\ninclude\0x missing.conf;\n}}\n")
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    [problem] = check(conf, target="debian-12").problems
    assert not run.accepted
    assert problem.nginx is not None
    assert f"{problem.nginx} in {problem.file}:{problem.line}" in run.messages


STREAM_NUL = {
    "a flag": "server { LISTEN proxy_pass 127.0.0.1:1; proxy_ssl on\0off; }",
    "a flag that is off": "server { LISTEN proxy_pass 127.0.0.1:1; proxy_ssl off\0; }",
    "verification": "server { LISTEN proxy_pass 127.0.0.1:1; proxy_ssl on; "
    "proxy_ssl_verify oN\0; proxy_ssl_trusted_certificate CA\0; }",
    "listen": "server { listen SOCKET ssl\0z; PAIR proxy_pass 127.0.0.1:1; }",
}


@pytest.mark.parametrize("inside", STREAM_NUL.values(), ids=STREAM_NUL)
def test_nul_in_stream(inside: str, all_modules: Stack, site: Site) -> None:
    text = main_conf(
        site.prefix,
        stream=filled(inside, site) + "\n",
        modules=all_modules.load_lines("ngx_stream_module"),
    )
    check_both(all_modules, site, text)


MAIL_NUL = {
    "listen": "server { listen SOCKET ssl\0z; PAIR protocol imap; }",
    "the old flag": "server { LISTEN ssl on\0; PAIR protocol imap; }",
    "the old flag, off": "server { LISTEN ssl off\0on; PAIR protocol imap; }",
}


@pytest.mark.parametrize("inside", MAIL_NUL.values(), ids=MAIL_NUL)
def test_nul_in_mail(inside: str, all_modules: Stack, site: Site) -> None:
    text = main_conf(site.prefix, modules=all_modules.load_lines("ngx_mail_module"))
    text += f"mail {{ auth_http 127.0.0.1; {filled(inside, site)} }}\n"
    check_both(all_modules, site, text)


SERVER = "server { LISTEN location / { } }"


@pytest.mark.parametrize("ending", ["", "\0.x", "\0", "\0/other.so"])
def test_nul_in_a_module(ending: str, bookworm: Stack, site: Site) -> None:
    modules = bookworm.load_lines("ngx_http_lua_module").replace(".so;", f".so{ending};")
    text = main_conf(site.prefix, filled(SERVER, site), modules=modules)
    check_both(bookworm, site, text)


@pytest.mark.parametrize("is_link", [True, False])
@pytest.mark.parametrize("name", ["ngx_http_lua_module", "ngx_http_js_module"])
@pytest.mark.parametrize("inside", ["", "lua_ssl_verify_depth 2;", "js_fetch_verify_depth 2;"])
def test_renamed_modules(
    inside: str, name: str, is_link: bool, all_modules: Stack, site: Site
) -> None:
    """A link or a copy of a module is told; what a link leads to is counted."""
    language = "js" if "js" in name else "lua"
    if inside and not inside.startswith(language):
        return
    other = site.prefix / "harmless.so"
    module = Path(MODULES_DIR, f"{name}.so")
    if is_link:
        other.symlink_to(module)
    else:
        shutil.copy(module, other)
    modules = all_modules.load_lines(name).replace(str(module), str(other))
    text = main_conf(site.prefix, filled(f"{inside} {SERVER}", site), modules=modules)
    conf = write_conf(site.prefix, text)
    run = all_modules.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    report = check(conf, target="debian-12")
    [problem] = report.problems
    assert report.complete
    assert (problem.file, problem.line) == (str(conf), 1 if language == "js" else 2)
    if is_link:
        assert f'"harmless.so" is {name}.so on this machine' in problem.message
    else:
        assert '"harmless.so" is no module that is known here' in problem.message
    if is_link or inside:
        assert report.ssl_contexts == run.counts.contexts == 2


@pytest.mark.parametrize("format_name", [name for name in FORMATS if name != "html"])
def test_a_renamed_module_is_told_in_every_format(format_name: str, site: Site) -> None:
    text = main_conf(site.prefix, filled(SERVER, site), modules="load_module /x/harmless.so;\n")
    done = memlint("check", "--format", format_name, write_conf(site.prefix, text))
    assert done.code == 0
    assert "harmless.so" in done.out
