"""The facts that the rule on unused certificates rests on, run on the real server."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

TIMEOUT = 60.0


def openssl(directory: Path, command: str, stdin: str = "") -> str:
    return subprocess.run(
        ["openssl", *command.split()],
        cwd=directory,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=True,
    ).stdout


def signed_leaf(directory: Path) -> None:
    """ca.pem and a leaf.pem with leaf.key that it signed."""
    request = "req -newkey rsa:2048 -nodes -keyout {0}.key -subj /CN={0}"
    openssl(directory, "req -x509 " + request.format("ca")[4:] + " -days 30 -out ca.pem")
    openssl(directory, request.format("leaf") + " -out leaf.csr")
    openssl(
        directory,
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out leaf.pem",
    )


def test_the_chain_sent_is_not_completed_from_trusted_certificates(
    bookworm: Stack, site: Site
) -> None:
    """So that a server which verifies no client sends the same without them."""
    signed_leaf(site.prefix)
    http = (
        f"server {{ {site.ssl()} ssl_certificate {site.prefix}/leaf.pem; "
        f"ssl_certificate_key {site.prefix}/leaf.key; "
        f"ssl_trusted_certificate {site.prefix}/ca.pem; }}\n"
    )
    conf = write_conf(site.prefix, main_conf(site.prefix, http))
    with bookworm.run(conf, site.prefix):
        client = f"s_client -unix {site.prefix}/s0.sock -showcerts"
        shown = openssl(site.prefix, client)
    assert shown.count("BEGIN CERTIFICATE") == 1


def test_lua_that_balances_opens_connections_only_in_timers(bookworm: Stack, site: Site) -> None:
    """With the settings of the location that passes to the upstream, not with those of http."""
    signed_leaf(site.prefix)
    marker = site.prefix / "marker"
    connecting = (
        f'local s = ngx.socket.tcp() s:connect("unix:{site.prefix}/s1.sock") '
        'said[#said + 1] = tostring((s:sslhandshake(nil, "leaf", true)) and true)'
    )
    balancer = (
        "local said = {} said[1] = tostring((pcall(ngx.socket.tcp))) "
        f"ngx.timer.at(0, function() {connecting} "
        f'local f = io.open("{marker}", "w") f:write(table.concat(said, " ")) f:close() end) '
        f'require("ngx.balancer").set_current_peer("127.0.0.1", 1)'
    )
    http = (
        "lua_ssl_verify_depth 2;\n"
        f"upstream u {{ server 127.0.0.1:1; balancer_by_lua_block {{ {balancer} }} }}\n"
        f"server {{ {site.plain()} location / {{ proxy_pass http://u; "
        f"lua_ssl_trusted_certificate {site.prefix}/ca.pem; }} }}\n"
        f"server {{ listen unix:{site.prefix}/s1.sock ssl; "
        f"ssl_certificate {site.prefix}/leaf.pem; ssl_certificate_key {site.prefix}/leaf.key; }}\n"
    )
    modules = bookworm.load_lines("ngx_http_lua_module")
    conf = write_conf(site.prefix, main_conf(site.prefix, http, modules=modules))
    with bookworm.run(conf, site.prefix):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(f"{site.prefix}/s0.sock")
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            client.recv(100)
        deadline = time.monotonic() + 10
        while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert marker.read_text() == "false true"


def test_lua_that_sets_a_variable_can_start_a_timer_that_connects(
    bookworm: Stack, site: Site
) -> None:
    marker = site.prefix / "marker"
    lua = (
        "set_by_lua_block $a { ngx.timer.at(0, function() local s = ngx.socket.tcp() "
        f'local f = io.open("{marker}", "w") f:write(tostring(s ~= nil)) f:close() end) }}'
    )
    http = f"server {{ {site.plain()} location / {{ {lua} return 204; }} }}\n"
    modules = bookworm.load_lines("ngx_http_lua_module")
    conf = write_conf(site.prefix, main_conf(site.prefix, http, modules=modules))
    with bookworm.run(conf, site.prefix):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(f"{site.prefix}/s0.sock")
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert b" 204 " in client.recv(100)
        deadline = time.monotonic() + 10
        while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert marker.read_text() == "true"
