"""Values that nginx accepts and values that it rejects, where memlint once took them otherwise."""

from __future__ import annotations

import re

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

SERVER = "server { listen 127.0.0.1:8080; location / { %s } }"
LOCATIONS = "server { listen 127.0.0.1:8080; location %s { } location %s { } location %s { } }"

ACCEPTED = {
    "sets of protocols": SERVER
    % "proxy_ssl_protocols TLSv1.2; proxy_ssl_protocols TLSv1.3; proxy_pass https://127.0.0.1;",
    "the name of a zone": "upstream a { zone ${POOL} 64k; server 127.0.0.1; } " + SERVER % "",
    "a file that is not opened": SERVER
    % "proxy_pass https://127.0.0.1; proxy_ssl_trusted_certificate ${CA}.pem;",
    "a location inside a NUL": "server { listen 127.0.0.1:8080; "
    'location "/a\0b" { location /a { } } }',
    "a name like a location's up to a NUL": LOCATIONS % ("/a", '"/a\0b"', "/b"),
    "one between two that are alike": LOCATIONS % ('"/a\0b"', '"/a\0bc"', '"/a\0x"'),
    "an exact one of a name up to a NUL": LOCATIONS % ('"/a\0b"', '= "/a\0b"', "/a"),
    "a filter's name": "server { listen 127.0.0.1:8080 accept_filter=$X; }",
    "a socket's name": "server { listen unix:${X}; }",
    "upstreams of http and stream": "upstream a { server 127.0.0.1; } " + SERVER % "",
    "a key like a zone": "limit_conn_zone zone=a:b zone=c:1m; " + SERVER % "",
    "a limit_except in each location": SERVER
    % "limit_except GET { } location /a { limit_except GET { } }",
    "a pass in each block": SERVER
    % "proxy_pass http://127.0.0.1; if ($uri) { proxy_pass https://127.0.0.1; }",
    "a flag in capitals, and a NUL": SERVER % 'proxy_ssl_verify "OFF\0x";',
    "a word in capitals": "ssl_verify_client OPTIONAL; " + SERVER % "",
    "a URL in capitals": SERVER % "proxy_pass HTTPS://127.0.0.1;",
    "a URL by a variable": SERVER % "proxy_pass $uri;",
}

REJECTED = {
    "one zone for two uses": "limit_req_zone $uri zone=a:1m rate=1r/s; "
    "limit_conn_zone $uri zone=a:1m; " + SERVER % "",
    "one zone for two caches": "proxy_cache_path c keys_zone=my:1m; "
    "fastcgi_cache_path f keys_zone=my:1m; " + SERVER % "",
    "a zone's name up to a NUL": "limit_req_zone $uri zone=x:1m rate=1r/s; "
    + SERVER % 'limit_req "zone=x\0y";',
    "names alike up to a NUL": LOCATIONS % ("/a", '"/a\0b"', '"/a\0c"'),
    "exact ones alike": LOCATIONS % ('= "/a\0b"', '"/a\0bc"', '= "/a\0c"'),
    "an exact one between": LOCATIONS % ('"/a\0b"', '= "/a\0bc"', '"/a\0x"'),
    "an upstream twice": "upstream a { server 127.0.0.1; } upstream A { server 127.0.0.1; } "
    + SERVER % "",
    "a password file twice": "ssl_password_file a; ssl_password_file a; " + SERVER % "",
    "a variable in braces in a condition": SERVER % "if (${uri} = a) { }",
    "a location beside a NUL": "server { listen 127.0.0.1:8080; "
    'location "/a\0b" { location /ab { } } }',
    "a size and more": "limit_req_zone $uri zone=a:1m:x rate=1r/s; " + SERVER % "",
    "a variable for a file that is opened": SERVER
    % "proxy_pass https://127.0.0.1; proxy_ssl_verify on; "
    "proxy_ssl_trusted_certificate ${CA}.pem;",
}

SAID = {
    "two limit_excepts": SERVER % "limit_except GET { } limit_except POST { }",
    **{
        f"{name}_pass twice": SERVER % f"{name}_pass {url}; {name}_pass {url};"
        for name, url in {
            **dict.fromkeys(("grpc", "uwsgi", "fastcgi", "scgi", "memcached"), "127.0.0.1:1"),
            "proxy": "http://127.0.0.1",
        }.items()
    },
    "a flag": SERVER % "proxy_ssl_verify yes; proxy_pass https://127.0.0.1;",
    "an empty flag": "ssl_reject_handshake ''; " + SERVER % "",
    "a word": "ssl_verify_client yes; " + SERVER % "",
    "a word and a NUL": 'ssl_verify_client "off\0x"; ' + SERVER % "",
    "a URL": SERVER % "proxy_pass https:/127.0.0.1;",
    "no URL": SERVER % 'proxy_pass "";',
}
"""Configurations that memlint rejects in the words of nginx."""


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, main_conf(site.prefix, ACCEPTED[name]))
    run = bookworm.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    report = check(conf, prefix=str(site.prefix), target="debian-12")
    assert report.complete, report.problems


@pytest.mark.parametrize("name", REJECTED)
def test_rejected(name: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, main_conf(site.prefix, REJECTED[name]))
    assert not bookworm.test(conf, prefix=site.prefix).accepted
    assert not check(conf, prefix=str(site.prefix), target="debian-12").complete


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, main_conf(site.prefix, SAID[name]))
    run = bookworm.test(conf, prefix=site.prefix)
    [problem] = check(conf, prefix=str(site.prefix), target="debian-12").problems
    assert f"{problem.nginx} in {problem.file}:{problem.line}" in run.messages


VERIFYING = {
    "proxy": SERVER % "proxy_pass https://127.0.0.1; proxy_ssl_verify on;",
    "grpc": SERVER % "grpc_pass grpcs://127.0.0.1:1; grpc_ssl_verify on;",
    "uwsgi": "uwsgi_ssl_verify on; " + SERVER % "uwsgi_pass suwsgi://127.0.0.1:1;",
    "proxy, an empty name": "proxy_ssl_trusted_certificate CA; "
    + SERVER
    % 'proxy_pass https://127.0.0.1; proxy_ssl_verify on; proxy_ssl_trusted_certificate "";',
    "proxy, a command": SERVER
    % "proxy_pass https://127.0.0.1; proxy_ssl_verify on; proxy_ssl_conf_command VerifyCAFile CA;",
    "clients": "ssl_verify_client on; server { SSL }",
    "clients, another CA": "server { SSL ssl_verify_client on; ssl_trusted_certificate CA; }",
    "clients, perhaps": "server { SSL ssl_verify_client optional; }",
}
NOT_VERIFYING = {
    "proxy, http": "proxy_ssl_verify on; " + SERVER % "proxy_pass http://127.0.0.1;",
    "proxy, off": "proxy_ssl_verify on; "
    + SERVER % "proxy_ssl_verify off; proxy_pass https://127.0.0.1;",
    "no context": "ssl_verify_client on; " + SERVER % "",
    "clients, with any CA": "server { SSL ssl_verify_client optional_no_ca; }",
    "clients": "server { SSL ssl_verify_client on; ssl_client_certificate CA; }",
}


def _with_files(text: str, site: Site) -> str:
    text = text.replace("SSL", f"{site.ssl()} {site.pair}").replace("CA;", f"{site.bundle};")
    return main_conf(site.prefix, text)


@pytest.mark.parametrize("name", VERIFYING)
def test_verification_without_a_ca(name: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, _with_files(VERIFYING[name], site))
    run = bookworm.test(conf, prefix=site.prefix)
    [problem] = check(conf, target="debian-12").problems
    assert problem.nginx
    assert f"[emerg] {problem.nginx}\n" in _without_numbers(run.messages)
    assert not problem.complete


@pytest.mark.parametrize("name", NOT_VERIFYING)
def test_no_verification(name: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, _with_files(NOT_VERIFYING[name], site))
    assert bookworm.test(conf, prefix=site.prefix).accepted
    assert check(conf, target="debian-12").complete


@pytest.mark.parametrize(
    ("trusted", "complete"), [("ssl_trusted_certificate CA;", True), ("", False)]
)
def test_either_ca(trusted: str, complete: bool, site: Site) -> None:
    """nginx 1.27.2 and later verify clients by ssl_trusted_certificate, too."""
    text = _with_files(f"server {{ SSL ssl_verify_client on; {trusted} }}", site)
    report = check(write_conf(site.prefix, text), target="debian-sid")
    assert report.complete == complete
    said = "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client"
    assert [problem.nginx for problem in report.problems] == [said] * (not complete)


LUA_WITHOUT_TLS = {
    "a server": SERVER % "" + "server { ssl_certificate_by_lua_block { a() } }",
    "http": "server { SSL }\nssl_certificate_by_lua_block { a() }\n" + SERVER % "" + SERVER % "",
    "client hello": "server { ssl_client_hello_by_lua_file a; SSL }\n"
    "server { ssl_client_hello_by_lua_file b.lua; }",
}
LUA_WITH_TLS = {
    "http": "server { SSL }\nssl_certificate_by_lua_block { a() }",
    "a server": "server { SSL ssl_certificate_by_lua_block { a() } }" + SERVER % "",
    "no server": "ssl_certificate_by_lua_block { a() }",
    "certificates alone": "server { PAIR ssl_certificate_by_lua_block { a() } }",
}


@pytest.mark.parametrize("name", [*LUA_WITHOUT_TLS, *(f"with TLS: {n}" for n in LUA_WITH_TLS)])
def test_lua_for_tls(name: str, bookworm: Stack, site: Site) -> None:
    is_taken = name.startswith("with TLS: ")
    text = LUA_WITH_TLS[name[10:]] if is_taken else LUA_WITHOUT_TLS[name]
    text = _with_files(text.replace("PAIR", site.pair), site)
    conf = write_conf(site.prefix, bookworm.load_lines("ngx_http_lua_module") + text)
    run = bookworm.test(conf, prefix=site.prefix)
    assert run.accepted == is_taken
    told = [problem.nginx for problem in check(conf, target="debian-12").problems if problem.nginx]
    assert told == [] if is_taken else [*{*told}] == ["no ssl configured for the server"]
    assert all(said in run.messages for said in told)


def _without_numbers(messages: str) -> str:
    return re.sub(r" [0-9]+#[0-9]+:", "", messages)


@pytest.mark.parametrize("value", ["4", "0", "07", "auto", '"auto\0x"'])
def test_workers(value: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, _with_workers(value, site))
    assert bookworm.test(conf, prefix=site.prefix).accepted
    assert check(conf, target="debian-12").complete


@pytest.mark.parametrize("value", ["+4", '"4 "', "4k", "AUTO", '""', "1.5", f"{1 << 63}", '"4\0"'])
def test_wrong_workers(value: str, bookworm: Stack, site: Site) -> None:
    conf = write_conf(site.prefix, _with_workers(value, site))
    run = bookworm.test(conf, prefix=site.prefix)
    [problem] = check(conf, target="debian-12").problems
    assert problem.nginx == '"worker_processes" directive invalid value'
    assert f"{problem.nginx} in {problem.file}:{problem.line}" in run.messages


def _with_workers(value: str, site: Site) -> str:
    text = main_conf(site.prefix, SERVER % "")
    return text.replace("worker_processes 1;", f"worker_processes {value};")


@pytest.mark.parametrize(
    "where", ["at the end", "in a file", "after a file", "after a file, in another"]
)
def test_a_module_that_is_loaded_late(where: str, bookworm: Stack, site: Site) -> None:
    module = bookworm.load_lines("ngx_mail_module")
    whole = main_conf(site.prefix, SERVER % "")
    head, events, rest = whole.partition("events")
    write_conf(site.prefix, module, "module.conf")
    write_conf(site.prefix, f"{events}{rest}", "rest.conf")
    text = {
        "at the end": f"{whole}{module}",
        "in a file": f"{whole}include module.conf;",
        "after a file": f"{head}include rest.conf;\n{module}",
        "after a file, in another": f"{head}include rest.conf;\ninclude module.conf;",
    }[where]
    conf = write_conf(site.prefix, text)
    run = bookworm.test(conf, prefix=site.prefix)
    assert not run.accepted
    [problem] = check(conf, prefix=str(site.prefix)).problems
    assert f"{problem.nginx} in {problem.file}:{problem.line}" in run.messages
    assert problem.nginx == '"load_module" directive is specified too late'
    assert problem.nginx in run.messages
