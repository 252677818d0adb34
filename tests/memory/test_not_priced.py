"""A thing whose memory is in no figure is listed, in every format."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.not_priced import (
    MOST,
    NAMES_SENT,
    OTHER_DIRECTIVE,
    OTHER_MODULE,
    UNKNOWN,
)
from nginx_memlint.report import FORMATS
from nginx_memlint.result import Report
from tests.helpers import http, memlint_here, write
from tests.report.render import render

LUA_HEAP = "init_by_lua_block { cache = {} }"


def listed(directory: Path, inside: str, main: str = "") -> list[tuple[str, str, int]]:
    report = check(write(directory, {"nginx.conf": http(inside, main)}))
    return [(item.what, item.name, item.line) for item in report.not_priced]


def test_each_thing_once_where_it_stands_first(tmp_path: Path) -> None:
    inside = f"{LUA_HEAP}\ninit_worker_by_lua_file a;\nserver {{ echo a; }}\nserver {{ echo b; }}"
    assert listed(tmp_path, inside) == [
        ("Lua heaps", "init_by_lua_block", 4),
        ("Lua heaps", "init_worker_by_lua_file", 5),
        (OTHER_DIRECTIVE, "echo", 6),
    ]


DIRECTIVES = {
    "Lua heaps": "init_by_lua init_by_lua_file init_worker_by_lua init_worker_by_lua_file",
    "Perl's interpreter": "perl perl_modules perl_require perl_set",
    "Passenger's processes": "passenger_root passenger_enabled rails_env union_station_support",
    "ModSecurity's rules from elsewhere": "modsecurity_rules_remote",
    "NAXSI's rules": "MainRule BasicRule",
    "certificates by ACME": "acme_issuer acme_certificate acme_shared_zone",
    "OpenID Connect sessions": "oidc_provider",
    "traces": "otel_exporter",
    "LDAP caches and CAs": "ldap_server auth_ldap auth_ldap_servers auth_ldap_cache_enabled",
    "usage reports": "mgmt",
    "synchronised zones": "zone_sync zone_sync_server zone_sync_buffers",
    "RTMP streams": "rtmp",
    "Nchan's messages": "nchan_publisher nchan_message_buffer_length push_stream_publisher",
    "WebAssembly": "wasm wasm_call proxy_wasm proxy_wasm_request_headers_in_access",
    "PageSpeed's caches": "pagespeed pagespeed_statistics",
    "XML": "xslt_stylesheet xml_entities",
    "njs objects": "js_preload_object",
    "OCSP responses": "ssl_stapling_file",
    "GeoIP data": "geoip_country geoip_city geoip_org",
}
"""Row of the table → directives that bring it, as their modules' documentation names them."""


@pytest.mark.parametrize("what", DIRECTIVES)
def test_all_directives_that_bring_it_are_listed(what: str, tmp_path: Path) -> None:
    names = DIRECTIVES[what].split()
    inside = "\n".join(f"{name} a;" for name in names)
    said = {name: row for row, name, _ in listed(tmp_path, inside, main=inside + "\n")}
    assert said == dict.fromkeys(names, what)


@pytest.mark.parametrize(
    "what", ["RequestCAPath", "RequestCAStore", "ClientCAPath", "clientcastore"]
)
@pytest.mark.parametrize("directive", ["ssl_conf_command", "proxy_ssl_conf_command"])
def test_a_directory_or_a_store_of_ca_names_is_listed(
    directive: str, what: str, tmp_path: Path
) -> None:
    inside = f'server {{\n{directive} {what} /a;\n{directive} "{what}" /b; }}'
    assert listed(tmp_path, inside) == [(NAMES_SENT.what, f"{directive} {what}", 5)]


@pytest.mark.parametrize("what", ["RequestCAFile", "VerifyCAPath", "ChainCAStore", "Options"])
def test_commands_that_are_priced_or_load_nothing_are_not(what: str, tmp_path: Path) -> None:
    assert listed(tmp_path, f"server {{ ssl_conf_command {what} /a; }}") == []


def test_all_that_is_listed_has_a_directive() -> None:
    assert [row.what for row in UNKNOWN if row is not NAMES_SENT] == [*DIRECTIVES]


def test_of_modsecurity_only_rules_from_elsewhere(tmp_path: Path) -> None:
    rules = "modsecurity_rules_file /r.conf;\nmodsecurity_rules_remote k https://r.example;\n"
    others = "modsecurity on; modsecurity_transaction_id a; modsecurity_use_error_log off;"
    assert listed(tmp_path, f"{others}\n{rules}server {{ }}") == [
        ("ModSecurity's rules from elsewhere", "modsecurity_rules_remote", 6)
    ]


def test_modules_are_listed(tmp_path: Path) -> None:
    main = "load_module m/ngx_http_perl_module.so;\nload_module m/own.so;\n"
    main += "load_module m/ngx_http_lua_module.so;\n"
    assert listed(tmp_path, "server { }", main) == [
        ("Perl's interpreter", "ngx_http_perl_module.so", 1),
        (OTHER_MODULE, "own.so", 2),
    ]


def test_keys_of_a_map_and_what_nginx_has_are_not(tmp_path: Path) -> None:
    inside = "map $host $m { init_by_lua 1; echo 2; }\nserver { listen 80; return 204; }"
    assert listed(tmp_path, inside) == []


def test_no_more_than_a_hundred_are_listed(tmp_path: Path) -> None:
    inside = "\n".join(f"own_{number} a;" for number in range(MOST + 20))
    assert len(listed(tmp_path, inside)) == MOST


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_it(name: str, tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(f"{LUA_HEAP} server {{ }}")})
    report = check(conf, breakdown=True)
    assert not report.findings
    assert "init_by_lua_block" in render(name, Report(configs=[report]))


def test_the_line_that_says_ok_is_followed_by_it(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(f"{LUA_HEAP}\nserver {{ echo a; more b; }}")})
    ok, line, *_ = memlint_here("check", conf).out.splitlines()
    assert ok.startswith("ok ")
    assert line == (
        f"  not counted: Lua heaps (init_by_lua_block at {conf}:5), "
        f"{OTHER_DIRECTIVE} (echo at {conf}:6), and 1 more directive (--format json)"
    )
