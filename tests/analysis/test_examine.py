"""Counting and estimating, without a server."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.result import WorkerCounts
from nginx_memlint.targets.targets import find_target
from tests.helpers import LUA, SAMPLES, check_http, http, write

CA = "lua_ssl_trusted_certificate /nonexistent/ca.pem;"
MIB = 1 << 20
FIRST_LOAD = find_target("debian-12").costs.first_load
NO_MORE = WorkerCounts(ssl_contexts=0, ca_loads=0)

TREE = """
server {
    if ($uri) { return 204; }
    location / { limit_except GET { deny all; } location /n { } location = /e { } }
    location ~ x { if ($b) { return 204; } }
    location @named { }
}
server { }
upstream u { server 127.0.0.1; }
map $uri $b { location 1; server 2; }
"""


def test_blocks_by_kind(tmp_path: Path) -> None:
    blocks = check_http(tmp_path, TREE).blocks
    assert asdict(blocks) == {
        "server": 2,
        "location": 5,
        "if_": 2,
        "limit_except": 1,
        "stream_server": 0,
    }


@pytest.mark.parametrize(
    ("lua", "contexts", "loads"),
    [("0.10.7", 10, 10), ("0.10.25", 10, 10), ("0.10.26", 1, 1), ("0.10.29", 1, 1)],
)
def test_sharing_began_with_0_10_26(tmp_path: Path, lua: str, contexts: int, loads: int) -> None:
    report = check_http(tmp_path, CA + TREE, target="debian-12", set={"lua": lua})
    assert (report.ssl_contexts, report.ca_loads) == (contexts, loads)
    assert report.locations_inheriting == 5


@pytest.mark.parametrize(
    "override",
    [
        "lua_ssl_protocols TLSv1.2;",
        "lua_ssl_ciphers DEFAULT;",
        "lua_ssl_verify_depth 2;",
        'lua_ssl_trusted_certificate "";',
        "lua_ssl_crl a.crl;",
        "lua_ssl_conf_command Options -Bugs;",
        "lua_ssl_certificate a.pem;",
        "lua_ssl_certificate_key a.pem;",
        "lua_ssl_key_log keys.log;",
    ],
)
def test_overrides_build_a_context_of_their_own(tmp_path: Path, override: str) -> None:
    inside = f"{CA} server {{ location /a {{ {override} location /a/b {{ }} }} location /c {{ }} }}"
    report = check_http(tmp_path, inside, target="debian-13", set={"lua": "0.10.29"})
    assert report.ssl_contexts == 2
    assert report.ca_loads == (1 if '""' in override else 2)


def test_the_http_block_is_no_override(tmp_path: Path) -> None:
    inside = f"{CA} lua_ssl_verify_depth 2; server {{ }} server {{ lua_ssl_verify_depth 3; }}"
    assert check_http(tmp_path, inside, target="debian-13").ssl_contexts == 2


def test_no_servers_no_contexts(tmp_path: Path) -> None:
    assert check_http(tmp_path, CA, target="debian-13").ssl_contexts == 0
    assert check_http(tmp_path, CA, target="debian-12").ssl_contexts == 0


@pytest.mark.parametrize(
    ("main", "inside", "target", "contexts"),
    [
        ("", "", "debian-12", 0),
        ("", "", "openresty-1.21.4.4", 2),
        (LUA, "", "debian-12", 2),
        ("load_module modules/ngx_http_geoip_module.so;", "", "debian-12", 0),
        ("", "lua_code_cache on;", "debian-12", 2),
        ("", "access_by_lua_file a.lua;", "debian-12", 2),
    ],
)
def test_contexts_exist_where_the_module_does(
    tmp_path: Path, main: str, inside: str, target: str, contexts: int
) -> None:
    text = http(f"server {{ location / {{ }} {inside} }}", main)
    report = check(write(tmp_path, {"nginx.conf": text}), target=target)
    assert report.ssl_contexts == contexts
    lacks = {f'unknown directive "{inside.split(maxsplit=1)[0]}"'} if inside else set()
    assert {problem.nginx for problem in report.problems} == lacks


def test_a_module_may_be_loaded_in_an_included_file(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        {
            "nginx.conf": http("server { }", main="include modules-enabled/*.conf;\n"),
            "modules-enabled/50-lua.conf": LUA,
        },
    )
    assert check(conf, target="debian-12").ssl_contexts == 1


def test_stream_lua_builds_one_for_each_server(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        {
            "nginx.conf": f"events {{}} stream {{ {CA} server {{ }} "
            'server { lua_ssl_trusted_certificate ""; } }'
        },
    )
    for target in ("openresty-1.21.4.4", "openresty-1.27.1.1"):
        report = check(conf, target=target)
        assert asdict(report.families["stream_lua"]) == {"ssl_contexts": 2, "ca_loads": 1}
        assert report.blocks.stream_server == 2
    # this one is older than the bundling of stream-lua, but the directive proves the module
    assert check(conf, target="openresty-1.11.2.2").ssl_contexts == 2


def test_init_worker_adds_one_to_each_worker(tmp_path: Path) -> None:
    inside = f"{CA} init_worker_by_lua_block {{ }} server {{ }}"
    old = check_http(tmp_path, inside, target="debian-12")
    assert (old.ssl_contexts, old.per_worker.ssl_contexts, old.per_worker.ca_loads) == (1, 1, 1)
    new = check_http(tmp_path, inside, target="debian-13")
    assert new.per_worker.ssl_contexts == 0
    without = check_http(tmp_path, f"{CA} server {{ }}", target="debian-12")
    difference = old.memory.start_bytes - without.memory.start_bytes
    assert difference == old.workers * old.memory.worker_bytes > 1.6 * MIB


@pytest.mark.parametrize(
    ("inside", "more"),
    [
        (f"{CA} server {{ lua_ssl_verify_depth 2; }} server {{ lua_ssl_verify_depth 3; }}", (1, 1)),
        (f"{CA} server {{ lua_ssl_verify_depth 2; }} server {{ }}", (0, 0)),
        (f"server {{ {CA} location / {{ }} }}", (1, 0)),
        (f"{CA}", (1, 1)),
    ],
)
def test_workers_build_their_own_where_no_server_hands_one_up(
    tmp_path: Path, inside: str, more: tuple[int, int]
) -> None:
    """Measured with nginx 1.26.3 and lua-nginx-module 0.10.28, four workers: 4 contexts and loads
    where both of two servers had their own, none else."""
    inside = f"init_worker_by_lua_block {{ }} {inside}"
    worker = check_http(tmp_path, inside, target="debian-13").per_worker
    assert (worker.ssl_contexts, worker.ca_loads) == more


@pytest.mark.parametrize("target", ["openresty-1.21.4.4", "openresty-1.27.1.2"])
def test_init_worker_in_stream_adds_one_in_every_version(tmp_path: Path, target: str) -> None:
    """Measured with stream-lua-nginx-module 0.0.16: one context and load in each of 4 workers."""
    init = "init_worker_by_lua_block { }"
    texts = [
        f"events {{}} stream {{ {CA} {init} server {{ }} }}",
        f"events {{}} stream {{ {CA} {init} server {{ }} }} http {{ {init} server {{ }} }}",
    ]
    of_http = 1 if target == "openresty-1.21.4.4" else 0
    for text, contexts in zip(texts, [1, 1 + of_http], strict=True):
        worker = check(write(tmp_path, {"nginx.conf": text}), target=target).per_worker
        assert (worker.ssl_contexts, worker.ca_loads) == (contexts, 1)


def test_workers_build_one_for_njs_too_without_its_bundle(tmp_path: Path) -> None:
    """Measured with nginx 1.22.1 and njs 0.7.9: two contexts in each worker, one load."""
    init, server = "init_worker_by_lua_block { }", "server { }"
    modules = LUA + "load_module modules/ngx_http_js_module.so;\n"
    js = "js_fetch_trusted_certificate many.pem;"
    for target, contexts, loads in (("debian-12", 2, 1), ("debian-13", 1, 0)):
        text = f"{modules} events {{}} http {{ {CA} {js} {init} {server} }}"
        worker = check(write(tmp_path, {"nginx.conf": text}), target=target).per_worker
        assert (worker.ssl_contexts, worker.ca_loads) == (contexts, loads)
        text = f"{modules} events {{}} http {{ {CA} {js} {server} }}"
        assert check(write(tmp_path, {"nginx.conf": text}), target=target).per_worker == NO_MORE


def test_stream_lua_hands_no_commands_on(tmp_path: Path) -> None:
    """Counted with stream-lua-nginx-module 0.0.11 to 0.0.16: no load of the block around."""
    command = "lua_ssl_conf_command VerifyCAFile many.pem;"
    init = "init_worker_by_lua_block { }"
    texts = {
        f"stream {{ {command} {init} server {{ }} server {{ {command} }} }}": (2, 1, 1, 0),
        f"http {{ {command} {init} server {{ }} server {{ {command} }} }}": (2, 2, 1, 1),
    }
    for text, expected in texts.items():
        conf = write(tmp_path, {"nginx.conf": f"events {{}} {text}"})
        report = check(conf, target="openresty-1.21.4.4")
        worker = report.per_worker
        counted = (report.ssl_contexts, report.ca_loads, worker.ssl_contexts, worker.ca_loads)
        assert counted == expected


ACME = "load_module modules/ngx_http_acme_module.so;"
TRUSTED = "ssl_trusted_certificate many.pem;"


@pytest.mark.parametrize(
    ("main", "inside", "acme", "challenge"),
    [
        ("", "acme_issuer a { uri https://a/; } acme_issuer b { uri https://b/; }", (2, 0), 1),
        ("", f"acme_issuer a {{ {TRUSTED} }} acme_issuer b {{ {TRUSTED} }}", (2, 2), 1),
        ("", f"acme_issuer a {{ ssl_verify off; {TRUSTED} }}", (1, 0), 1),
        ("", f"acme_issuer a {{ ssl_verify on; {TRUSTED} }}", (1, 1), 1),
        ("", 'acme_issuer a { ssl_trusted_certificate ""; }', (1, 0), 1),
        ("", f"{TRUSTED} acme_issuer a {{ uri https://a/; }}", (1, 0), 1),
        (ACME, "server { }", (0, 0), 1),
        ("", "server { }", (0, 0), 0),
    ],
)
def test_issuers_of_acme(
    tmp_path: Path, main: str, inside: str, acme: tuple[int, int], challenge: int
) -> None:
    """Read in the source of nginx-acme 0.4.1: a context for each, and one for challenges."""
    conf = write(tmp_path, {"nginx.conf": f"{main} events {{}} http {{ {inside} }}"})
    families = check(conf, target="debian-sid").families
    assert (families["acme"].ssl_contexts, families["acme"].ca_loads) == acme
    assert asdict(families["acme_challenge"]) == {"ssl_contexts": challenge, "ca_loads": 0}


@pytest.mark.parametrize(
    ("inside", "contexts"),
    [
        ("ldap_server a { url ldaps://a/dc=a?uid?sub; } ldap_server b { url ldaps://b/; }", 1),
        ("ldap_server a { url ldap://a/dc=a?uid?sub; ssl_ca_file many.pem; }", 0),
        ("ldap_server a { include url.conf; }", 1),
        ("ldap_server a { url LDAPS://a/; }", 1),
    ],
)
def test_servers_of_ldap_share_a_context(tmp_path: Path, inside: str, contexts: int) -> None:
    """Counted in nginx 1.25.3 with nginx-auth-ldap, commit 241200ea."""
    url, text = "url ldaps://a/;", f"events {{}} http {{ {inside} }}"
    conf = write(tmp_path, {"nginx.conf": text, "url.conf": url})
    report = check(conf, target="debian-12")
    assert asdict(report.families["auth_ldap"]) == {"ssl_contexts": contexts, "ca_loads": 0}
    assert [item.what for item in report.not_priced] == ["LDAP caches and CAs"]


def test_where_locations_inherit_from(tmp_path: Path) -> None:
    conf = write(
        tmp_path,
        {
            "nginx.conf": http(
                "include ca.conf; server { location /a { } location /b { location /b/c { } } }\n"
                "server { lua_ssl_trusted_certificate /other.pem; location / { } }\n"
                f"server {{ location / {{ {CA} location /x {{ }} }} location /n "
                '{ lua_ssl_trusted_certificate ""; location /n/m { } } }'
            ),
            "ca.conf": f"\n{CA}\n",
        },
    )
    report = check(conf, target="debian-12")
    assert report.locations_inheriting == 5
    inherited = {(Path(i.file).name, i.line): (i.locations, i.ca_loads) for i in report.inherited}
    assert inherited == {
        ("ca.conf", 2): (3, 5),
        ("nginx.conf", 6): (1, 2),
        ("nginx.conf", 7): (1, 2),
    }


def test_a_file_counts_wherever_it_is_included(tmp_path: Path) -> None:
    servers = "server { include loc.conf; }" * 5
    conf = write(
        tmp_path, {"nginx.conf": http(servers), "loc.conf": "location / { } location /b { }"}
    )
    report = check(conf, target="debian-12")
    assert (report.blocks.location, report.ssl_contexts) == (10, 15)


def test_the_laws(tmp_path: Path) -> None:
    memory = check_http(tmp_path, CA + TREE, target="debian-12", unit_cost=MIB).memory
    assert memory.unit_bytes == MIB
    assert memory.loads_bytes == 10 * MIB + FIRST_LOAD
    assert memory.rule_of_thumb_bytes == 5 * MIB
    start = memory.start_bytes
    assert start == memory.loads_bytes + memory.contexts_bytes + memory.blocks_bytes
    laws = (
        (memory.after_reload_bytes, 2 + 2 * 0.03),
        (memory.after_reload_worst_bytes, 4),
        (memory.reload_peak_bytes, 4),
        (memory.reload_peak_worst_bytes, 8),
    )
    for size, law in laws:
        assert size == pytest.approx(law * start * 1.05, abs=1)


def test_the_unit_follows_the_bundle(tmp_path: Path) -> None:
    (tmp_path / "two.pem").write_bytes(
        (SAMPLES / "incident-small-bundle" / "account-ca.pem").read_bytes()
    )
    inside = "lua_ssl_trusted_certificate two.pem; server { }"
    two = check_http(tmp_path, inside, target="debian-12").memory.unit_bytes
    (tmp_path / "two.pem").write_bytes((tmp_path / "two.pem").read_bytes() * 3)
    assert check_http(tmp_path, inside, target="debian-12").memory.unit_bytes == two
    assert 2 * 4000 < two < 2 * 8000
    unknown = check_http(tmp_path, f"{CA} server {{ }}", target="debian-12")
    assert 0.8 * MIB < unknown.memory.unit_bytes < MIB
    assert any("/nonexistent/ca.pem" in finding.message for finding in unknown.findings)


@pytest.mark.parametrize(
    ("setting", "given", "workers"),
    [
        ("worker_processes 3;", None, 3),
        ("worker_processes 3;", 8, 3),
        ("worker_processes auto;", 8, 8),
        (f"worker_processes {'9' * 4000};", 8, 8),
        ("worker_processes 0;", 8, 8),
        ("worker_processes auto;", None, 4),
        ("", None, 1),
        ("", 8, 8),
    ],
)
def test_workers(tmp_path: Path, setting: str, given: int | None, workers: int) -> None:
    conf = write(tmp_path, {"nginx.conf": f"{setting} events {{ }}"})
    assert check(conf, workers=given).workers == workers


def test_a_cache_of_certificates_makes_further_loads_cheap(tmp_path: Path) -> None:
    locations = "".join(f"location /{i} {{ {CA} }}" for i in range(50))
    inside = f"server {{ {locations} }}"
    old = check_http(tmp_path, inside, target="debian-13").memory
    new = check_http(tmp_path, inside, target="debian-sid").memory
    assert 40 * MIB < old.loads_bytes < 51 * MIB
    assert 0.8 * MIB < new.loads_bytes < 2 * MIB


def test_unknown_target() -> None:
    with pytest.raises(MemlintError):
        check("nginx.conf", target="openresty-9")


def test_incident() -> None:
    old = check(SAMPLES / "incident", target="debian-12")
    assert (old.ssl_contexts, old.ca_loads, old.locations_inheriting) == (4080, 4080, 4000)
    assert old.blocks.server == 80
    conf = str(SAMPLES / "incident" / "nginx.conf")
    assert [(finding.rule, finding.file, finding.line) for finding in old.findings] == [
        ("ML202", conf, 16),
        ("ML101", conf, 16),
        ("ML205", conf, 16),
        ("ML207", conf, 1),
    ]
    assert check(SAMPLES / "incident", target="debian-13").ssl_contexts == 1


def test_remedies_are_what_the_changed_configuration_gives() -> None:
    old = check(SAMPLES / "incident", target="debian-12")
    by_loads = {remedy.ca_loads: remedy for remedy in old.remedies}
    moved = check(SAMPLES / "incident-moved", target="debian-12")
    assert by_loads[moved.ca_loads].saves_start_bytes == pytest.approx(
        old.memory.total.start_bytes - moved.memory.total.start_bytes, rel=0.001
    )
    upgraded = check(SAMPLES / "incident", target="debian-12", set={"lua": "0.10.26"})
    remedy = by_loads[upgraded.ca_loads]
    before, after = old.memory.total, upgraded.memory.total
    assert remedy.saves_start_bytes == before.start_bytes - after.start_bytes
    peaks = before.reload_peak_worst_bytes - after.reload_peak_worst_bytes
    assert remedy.saves_peak_bytes == peaks


@pytest.mark.parametrize("name", ["healthy", "shared", "stream", "incident-moved"])
def test_samples_without_findings(name: str) -> None:
    report = check(SAMPLES / name)
    assert (report.findings, report.problems, report.complete) == ([], [], True)


def test_crowdsec_sample_is_a_warning() -> None:
    report = check(SAMPLES / "crowdsec", target="debian-12")
    assert [finding.rule for finding in report.findings] == ["ML101", "ML207"]
    assert report.findings[0].file.endswith("conf.d/bouncer.conf")


def test_a_directive_of_http_outside_of_it(tmp_path: Path) -> None:
    report = check(write(tmp_path, {"nginx.conf": http("server { }", main=f"{LUA}{CA}")}))
    assert not report.complete
    assert report.problems[0].nginx == '"lua_ssl_trusted_certificate" directive is not allowed here'
