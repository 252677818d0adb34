from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.rules.finding import BIG, http, of, report

CA = "lua_ssl_trusted_certificate ca.pem;"
JS = "js_fetch_trusted_certificate ca.pem;"
HANDLER = "access_by_lua_file a.lua;"


def servers(count: int, inside: str = "") -> str:
    return f"server {{ {inside} }}\n" * count


def stream_servers(inside: str) -> str:
    return "".join(f"server {{ listen {port}; {inside} }}\n" for port in range(1, 4))


@pytest.mark.parametrize(
    ("version", "count"), [("0.10.13", 1), ("0.10.25", 1), ("0.10.26", 0), ("0.10.31", 0)]
)
def test_lua_until_0_10_25(tmp_path: Path, version: str, count: int) -> None:
    inside = CA + servers(3, HANDLER)
    assert len(http(tmp_path, inside, "ML101", set={"lua": version}, **BIG)) == count


@pytest.mark.parametrize(("version", "count"), [("0.7.0", 1), ("0.8.7", 1), ("0.8.8", 0)])
def test_njs_from_0_7_0_to_0_8_7(tmp_path: Path, version: str, count: int) -> None:
    inside = JS + servers(3, "location / { js_content m.f; }")
    assert len(http(tmp_path, inside, "ML101", set={"njs": version}, **BIG)) == count


def test_njs_before_0_7_0_has_no_such_directive(tmp_path: Path) -> None:
    checked = report(tmp_path, f"http {{ {JS} server {{ }} }}", set={"njs": "0.6.2"})
    assert [problem.nginx for problem in checked.problems] == [
        'unknown directive "js_fetch_trusted_certificate"'
    ]


@pytest.mark.parametrize(("version", "count"), [("0.8.9", 1), ("0.9.1", 1), ("0.9.2", 0)])
def test_njs_in_stream_until_0_9_1(tmp_path: Path, version: str, count: int) -> None:
    text = f"stream {{ {JS} {stream_servers('js_preread m.f; return a;')} }}"
    assert len(of(report(tmp_path, text, set={"njs": version}, **BIG), "ML101")) == count


@pytest.mark.parametrize("target", ["openresty-1.21.4.4", "openresty-1.31.1.1"])
def test_stream_lua_in_every_version(tmp_path: Path, target: str) -> None:
    text = f"stream {{ {CA} {stream_servers('content_by_lua_file c;')} }}"
    [finding] = of(report(tmp_path, text, target=target, set={"nginx": "1.25.3"}, **BIG), "ML101")
    assert "3 times" in finding.message


@pytest.mark.parametrize(("loads", "count"), [(2, 0), (3, 1)])
def test_from_64_mib_on(tmp_path: Path, loads: int, count: int) -> None:
    findings = http(tmp_path, CA + servers(loads, HANDLER), "ML101", **BIG)
    assert len(findings) == count
    if findings:
        assert findings[0].bytes == 64 << 20


def test_set_in_each_block_that_needs_it(tmp_path: Path) -> None:
    assert http(tmp_path, servers(9, CA + HANDLER), "ML101", **BIG) == []


def test_the_costliest_places_come_first(tmp_path: Path) -> None:
    inside = f"{CA} {HANDLER} server {{ }} server {{ location /a {{ }} location /b {{ }} }}"
    [finding] = http(tmp_path, inside, "ML101", **BIG)
    assert [related.message for related in finding.related] == [
        "server: 3 loads, 96.0 MiB",
        "server: 1 load, 32.1 MiB",
    ]
    assert finding.related[0].bytes > finding.related[1].bytes


@pytest.mark.parametrize(
    "inside",
    [
        # the handler stands around the directive: all inherit it
        f"{HANDLER} server {{ {CA} location /a {{ }} location /b {{ }} }}",
        # in the server itself
        f"{CA} server {{ {HANDLER} location /a {{ }} }} server {{ {HANDLER} }}",
        # for any request: nobody knows to which upstream
        f"{CA} upstream u {{ server 127.0.0.1; balancer_by_lua_file b; }} server {{ "
        "location /a { proxy_pass http://$host; } }",
    ],
)
def test_not_moved_where_all_or_none_can_be_told_apart(tmp_path: Path, inside: str) -> None:
    for finding in http(tmp_path, inside, "ML101", **BIG):
        assert finding.remedy is not None
        assert not finding.remedy.change.startswith(("move lua", "remove"))


def test_moved_into_what_passes_to_a_balancer_of_lua(tmp_path: Path) -> None:
    upstreams = "upstream U { server 127.0.0.1; balancer_by_lua_file b; } upstream v { server a; }"
    passed = [
        "proxy_pass http://u;",
        "proxy_pass https://u/path;",
        "fastcgi_pass u;",
        "grpc_pass grpcs://U;",
    ]
    others = ["proxy_pass http://v;", "proxy_pass http://u:8080;", "return 204;"]
    locations = "".join(f"location /{i} {{ {p} }}" for i, p in enumerate([*passed, *others]))
    checked = report(tmp_path, f"http {{ {CA} {upstreams} server {{ {locations} }} }}", {}, **BIG)
    [move] = [r for r in checked.remedies if r.change.startswith("move")]
    assert move.change == "move lua_ssl_trusted_certificate into the blocks that run Lua (4)"
    assert move.fixable


PASSES = (
    *("fastcgi_pass", "grpc_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"),
    *("tarantool_pass", "postgres_pass", "redis2_pass", "drizzle_pass"),
)
"""Directives beside proxy_pass whose modules call ngx_http_upstream_add(): those of nginx, and of
modules that OpenResty has or had."""


@pytest.mark.parametrize("name", PASSES)
def test_all_that_passes_to_a_balancer_of_lua(tmp_path: Path, name: str) -> None:
    upstream = "upstream u { server 127.0.0.1; balancer_by_lua_file b; }"
    inside = f"{CA} {upstream} server {{ location / {{ {name} u; }} location /a {{ }} }}"
    checked = report(tmp_path, f"http {{ {inside} }}", {}, **BIG)
    [move] = [r for r in checked.remedies if r.change.startswith("move")]
    assert move.change == "move lua_ssl_trusted_certificate into the blocks that run Lua (1)"


def test_workers_own_lua_makes_the_move_a_condition(tmp_path: Path) -> None:
    inside = f"{CA} init_worker_by_lua_file w; {servers(3)} server {{ location / {{ {HANDLER} }} }}"
    checked = report(tmp_path, f"http {{ {inside} }}", {}, **BIG)
    [move] = [r for r in checked.remedies if r.change.startswith("move")]
    assert move.change == (
        "move lua_ssl_trusted_certificate into the blocks that run Lua (1), if no timer of "
        "init_worker_by_lua* and exit_worker_by_lua* opens a TLS connection"
    )
    assert not move.fixable


def test_a_block_with_a_bundle_of_its_own_gets_no_second_one(tmp_path: Path) -> None:
    other = "lua_ssl_trusted_certificate other.pem;"
    inside = (
        f"{CA} server {{ location /a {{ {HANDLER} }} location /b {{ {other} {HANDLER} }} }}"
        f"{servers(3)}"
    )
    checked = report(tmp_path, f"http {{ {inside} }}", {"other.pem": "-"}, **BIG)
    [move] = [r for r in checked.remedies if r.change.startswith("move")]
    assert "into the blocks that run Lua (1)" in move.change


def test_not_moved_into_a_file_that_others_include(tmp_path: Path) -> None:
    """There it would be a second one, or one too many."""
    other = "lua_ssl_trusted_certificate other.pem;"
    inside = (
        f"server {{ {CA} include l.conf; location /b {{ }} location /c {{ }} }}"
        f"server {{ {other} include l.conf; }}"
    )
    files: dict[str, str | bytes] = {"l.conf": f"location /a {{ {HANDLER} }}", "other.pem": "-"}
    checked = report(tmp_path, f"http {{ {inside} }}", files, **BIG)
    assert checked.findings[0].rule == "ML303"
    assert len(of(checked, "ML101")) == 1
    assert not any(remedy.change.startswith("move") for remedy in checked.remedies)


def test_nothing_is_moved_in_a_fragment(tmp_path: Path) -> None:
    """The rest of the block, outside the fragment, is not known."""
    (tmp_path / "f.conf").write_text(CA + servers(2) + servers(1, HANDLER))
    (tmp_path / "nginx.conf").write_text("events {} http { include f.conf; }")
    options = {"context": ["http"], "target": "debian-12", **BIG}
    part = check(tmp_path / "f.conf", **options)
    assert [finding.rule for finding in part.findings][:1] == ["ML101"]
    assert not any(remedy.fixable for remedy in part.remedies)
    whole = check(tmp_path / "nginx.conf", target="debian-12", **BIG)
    assert any(remedy.fixable for remedy in whole.remedies)
