"""Files that are not whole configurations: recognised, and read with --context."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nginx_memlint import check
from nginx_memlint.cli.app import app
from tests.helpers import BUNDLE, http, write

FRAGMENTS = {
    "server { location / {} }": "http",
    "upstream u { server 127.0.0.1:80; }\nserver { location / {} }": "http",
    "map $a $b { default 1; }": "http",
    "location / { return 204; }": "http,server",
    "listen 80;\nlocation / {}": "http,server",
    "server_name a;": "http,server",
    "if ($a) { return 403; }": "http,server",
    "limit_except GET { deny all; }": "http,server,location",
    "proxy_set_header Host $host;": "http,server,location",
    "grpc_pass grpcs://a; grpc_ssl_verify on;": "http,server,location",
    "ssl_certificate /c; ssl_certificate_key /k;": "http,server",
    "server_names_hash_max_size 1024;": "http",
    "lua_shared_dict a 1m; lua_package_path /a;": "http",
    "server 1.2.3.4;": "http,upstream",
    "zone z 64k; server a; keepalive 8;": "http,upstream",
    "preread_by_lua_file /a;": "stream,server",
    "preread_by_lua_block { }\nproxy_pass a;": "stream,server",
    "ssl_preread on;": "stream,server",
    "auth_http localhost;": "mail,server",
    "server { protocol imap; listen 143; }": "mail",
    "more_set_headers a;": "http,server,location",
    "lua_ssl_trusted_certificate /ca.pem;\nserver { }": "http",
    "server { listen 53 udp; proxy_pass dns; }": "stream",
    "server { listen 5432; ssl_preread on; proxy_pass $ssl_preread_server_name; }": "stream",
    "upstream db { server 10.0.0.1:5432; }\nserver { listen 1; proxy_pass db; }": "stream",
}


@pytest.mark.parametrize(("text", "context"), FRAGMENTS.items(), ids=FRAGMENTS)
def test_a_fragment_is_recognised(text: str, context: str, tmp_path: Path) -> None:
    """Alone it is incomplete, and the message names the option with which it is whole."""
    path = tmp_path / "site.conf"
    path.write_text(text)
    report = check(path)
    assert not report.complete
    hints = {p.message.rpartition("--context ")[2] for p in report.problems}
    assert hints == {context}
    assert check(path, context=context.split(",")).problems == []


@pytest.mark.parametrize(
    "text", ["load_module ngx_http_lua_module.so;", "user www;\nworker_processes 2;"]
)
def test_no_block_is_named_for_what_stands_in_none(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.conf"
    path.write_text(text)
    [problem] = check(path).problems
    assert problem.nginx == 'no "events" section in configuration'
    assert "--context" not in problem.message


def test_what_belongs_further_in_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "grpc.conf"
    path.write_text("grpc_ssl_verify on;\ngrpc_pass grpcs://a;\n")
    report = check(path, context=["http"])
    assert [(p.line, p.nginx, p.complete) for p in report.problems] == [
        (2, '"grpc_pass" directive is not allowed here', False)
    ]
    assert check(path, context=["http", "server", "location"]).complete


def test_the_file_may_be_included_from_a_main_file_that_lacks_its_block(tmp_path: Path) -> None:
    """A whole configuration with a block out of place is no fragment."""
    path = tmp_path / "nginx.conf"
    path.write_text("events {}\nhttp {}\nlocation / {}\n")
    report = check(path)
    assert [(p.line, p.nginx) for p in report.problems] == [
        (3, '"location" directive is not allowed here')
    ]
    assert "--context" not in report.problems[0].message


def test_the_blocks_around_count_as_nginx_counts_them(tmp_path: Path) -> None:
    """A location in a server: two contexts, since nginx builds one for that server too."""
    fragment = "location / { lua_ssl_trusted_certificate /c.pem; log_by_lua a; location /x/ {} }\n"
    (tmp_path / "f.conf").write_text(fragment)
    (tmp_path / "nginx.conf").write_text("events {} http { server { include f.conf; } }")
    whole = check(tmp_path / "nginx.conf")
    part = check(tmp_path / "f.conf", context=["http", "server"])
    assert (part.ssl_contexts, part.ca_loads) == (whole.ssl_contexts, whole.ca_loads) == (3, 2)
    assert part.blocks == whole.blocks
    assert part.findings == [replace(f, file=f"{tmp_path}/f.conf") for f in whole.findings]


def test_a_main_block_in_a_fragment_is_out_of_place(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("events {} http { server {} }")
    report = check(tmp_path / "nginx.conf", context=["http"])
    assert not report.complete
    assert '"http" directive is not allowed here' in {p.nginx for p in report.problems}


def test_a_fragment_on_standard_input() -> None:
    report = check("-", data=b"server { location / {} }", context=["http"])
    assert report.complete
    assert report.blocks.location == 1


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("server", "cannot be outermost; it may be http or mail or stream"),
        ("http,location", 'cannot be inside "http"; it may be server or upstream'),
        ("http,map", 'cannot be inside "http"'),
        ("http,", 'cannot be inside "http"'),
        ("nonsense", "cannot be outermost"),
    ],
)
def test_a_context_that_cannot_be(context: str, message: str) -> None:
    with pytest.raises(ValueError, match="cannot be") as caught:
        check("x", context=context.split(","))
    assert message in str(caught.value)
    run = CliRunner().invoke(app, ["check", "--context", context, "x"])
    assert run.exit_code == 2
    assert "cannot be" in run.output


@pytest.mark.parametrize("unknown", ["before", "after"])
def test_a_file_that_an_unknown_block_reads_as_well_counts_where_it_is_known(
    tmp_path: Path, unknown: str
) -> None:
    """Its directives in the unknown block are none: they were missed in the others then."""
    lua = " ".join(f"location /{n} {{ content_by_lua_block {{ return }} }}" for n in range(30))
    blocks = ["unheard_of { include shared; }", f"server {{ include shared; {lua} }}"]
    text = http("\n".join(blocks if unknown == "before" else blocks[::-1]))
    shared = f"lua_ssl_trusted_certificate {BUNDLE};"
    report = check(write(tmp_path, {"nginx.conf": text, "shared": shared}), target="debian-12")
    assert [problem.message.partition(" (")[0] for problem in report.problems] == [
        'block "unheard_of" is not known: what it holds is not counted'
    ]
    assert report.ca_loads == 31
