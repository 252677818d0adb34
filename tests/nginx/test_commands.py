"""Configuration commands of OpenSSL that read CA files: each is a load, and costs as much."""

from __future__ import annotations

import os

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

PASS = "location / { %s_pass %s://127.0.0.1:1; }"
STREAM = "server { listen unix:SOCKET%s; proxy_pass 127.0.0.1:1; %s }"
CASES = {
    "ssl": ("ssl_conf_command VerifyCAFile CA; server { SSL PAIR } server { PLAIN PAIR }", "", 2),
    "ssl, in any case": ("server { SSL PAIR ssl_conf_command verifycaFILE CA; }", "", 1),
    "ssl, beside a directive": (
        "server { SSL PAIR ssl_trusted_certificate CA; ssl_conf_command ChainCAFile CA; }",
        "",
        2,
    ),
    "ssl, without a context": ("ssl_conf_command VerifyCAFile CA; server { PLAIN }", "", 0),
    "ssl, others": (
        "server { SSL PAIR ssl_conf_command Options -Bugs; ssl_conf_command RequestCAFile CA; "
        "ssl_conf_command VerifyCAPath /etc/ssl/certs; }",
        "",
        0,
    ),
    "replaced": (
        "ssl_conf_command VerifyCAFile CA; ssl_conf_command ChainCAFile CA; server { SSL PAIR } "
        "server { PLAIN PAIR ssl_conf_command Options -Bugs; }",
        "",
        2,
    ),
    "beside nginx.conf": ("server { SSL PAIR ssl_conf_command VerifyCAFile BESIDE; }", "", 1),
    "a NUL": ('server { SSL PAIR ssl_conf_command "VerifyCAFile\0x" "CA\0x"; }', "", 1),
    "proxy": (
        f"proxy_ssl_conf_command VerifyCAFile CA; server {{ PLAIN {PASS % ('proxy', 'https')} }}",
        "",
        1,
    ),
    "grpc": (
        f"grpc_ssl_conf_command VerifyCAFile CA; server {{ PLAIN {PASS % ('grpc', 'grpcs')} }}",
        "",
        1,
    ),
    "uwsgi": (
        f"uwsgi_ssl_conf_command VerifyCAFile CA; server {{ PLAIN {PASS % ('uwsgi', 'suwsgi')} }}",
        "",
        1,
    ),
    "lua": ("lua_ssl_conf_command VerifyCAFile CA; server { PLAIN location / { } }", "", 2),
    "stream": (
        "",
        f"ssl_conf_command VerifyCAFile CA; {STREAM % ('1 ssl', 'PAIR')}"
        f"proxy_ssl_conf_command ChainCAFile CA; {STREAM % ('2', 'proxy_ssl on;')}",
        2,
    ),
}
"""Insides of http and of stream, and the number of loads. Capitals stand for other text."""


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_commands(case: tuple[str, str, int], all_modules: Stack, site: Site) -> None:
    words = {
        "SSL": site.ssl(),
        "PLAIN": site.plain(1),
        "PAIR": site.pair,
        " CA": f" {site.bundle}",
        '"CA': f'"{site.bundle}',
        "BESIDE": os.path.relpath(site.bundle, site.prefix),
        "SOCKET": str(site.prefix / "x"),
    }
    http, stream, loads = case
    for word, text in words.items():
        http, stream = http.replace(word, text), stream.replace(word, text)
    modules = all_modules.load_lines(*(["ngx_http_lua_module"] if "lua" in http else []))
    text = main_conf(site.prefix, http, modules=modules, stream=stream)
    conf = write_conf(site.prefix, text)
    run = all_modules.test(conf, prefix=site.prefix)
    report = check(conf, target="debian-12")
    assert run.accepted, run.messages
    assert (run.counts.contexts, run.counts.loads) == (report.ssl_contexts, loads)
    assert (report.ca_loads, report.complete) == (loads, True)
    assert not report.guesses


@pytest.mark.parametrize("target", ["debian-12", "debian-sid"])
def test_price(target: str, site: Site) -> None:
    """A command costs as much as a directive that parses the file, cache or not."""
    servers = "".join(f"server {{ {site.ssl(n)} {site.pair} }} " for n in range(4))
    memory = []
    for said in ("", "ssl_trusted_certificate", "ssl_conf_command VerifyCAFile"):
        inside = f"{said} {site.bundle}; {servers}" if said else servers
        conf = write_conf(site.prefix, main_conf(site.prefix, inside))
        memory.append(check(conf, target=target).memory.loads_bytes)
    none, by_directive, by_command = memory
    assert none == 0
    if target == "debian-12":
        assert by_command == by_directive
    else:
        assert by_command > by_directive
