from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.policy import Policy
from tests.rules.finding import BIG, http, of, report

LUA = "lua_ssl_trusted_certificate ca.pem;"
JS = "js_fetch_trusted_certificate ca.pem;"
PAIR = "ssl_certificate c.crt; ssl_certificate_key c.key;"
TRUSTED = f"{PAIR} ssl_trusted_certificate ca.pem;"
CLIENT = f"{PAIR} ssl_client_certificate ca.pem;"
TLS = "server { listen 443 ssl; %s }"
PASS = "proxy_ssl_trusted_certificate ca.pem;"
UPSTREAM = "location / { proxy_pass https://127.0.0.1; %s }"

UNUSED = {
    "no Lua": f"{LUA} server {{ }}",
    "Lua that runs before there are connections": f"{LUA} init_by_lua_file i; server {{ }}",
    "Lua elsewhere": f"server {{ {LUA} }} server {{ access_by_lua_file a; }}",
    "worker's Lua, but not in http": f"init_worker_by_lua_file w; server {{ {LUA} }}",
    "overridden where Lua runs": f"{LUA} server {{ }} server {{ lua_ssl_trusted_certificate "
    "many.pem; access_by_lua_file a; }",
    "a setting that is only named like a handler": f"{LUA} rewrite_by_lua_no_postpone on; "
    "server { }",
    "a key in a map": f"{LUA} map $a $b {{ access_by_lua 1; }} server {{ }}",
    "no JavaScript": f"{JS} js_import main from m.js; js_shared_dict_zone zone=a:1m; server {{ }}",
    "JavaScript elsewhere": f"server {{ {JS} }} server {{ location / {{ js_content m.f; }} }}",
    "no verification": TRUSTED + TLS % "",
    "verification switched off": TRUSTED + TLS % "ssl_verify_client off; ssl_stapling off;",
    "verification without it": TRUSTED + TLS % "" + "server { listen 1; ssl_verify_client on; "
    "ssl_client_certificate ca.pem; ssl_trusted_certificate many.pem; }",
    "client certificates not asked for": CLIENT + TLS % "",
    "upstream not verified": PASS + f"server {{ {UPSTREAM % ''} }}",
    "verification off": PASS + f"server {{ {UPSTREAM % 'proxy_ssl_verify off;'} }}",
}

USED = {
    "Lua": f"{LUA} server {{ location / {{ content_by_lua_file c; }} }}",
    "Lua around it": f"access_by_lua_file a; server {{ location / {{ {LUA} }} }}",
    "Lua in an if": f"{LUA} server {{ location / {{ if ($a) {{ rewrite_by_lua_file r; }} }} }}",
    "Lua that sets a variable may start a timer": f"{LUA} server {{ set_by_lua_file $a s; }}",
    "Lua in an upstream": f"upstream u {{ server 127.0.0.1; balancer_by_lua_file b; }} "
    f"server {{ {LUA} }}",
    "Lua in the handshake": LUA + TLS % f"{PAIR} ssl_certificate_by_lua_file s;",
    "Lua in a worker": f"{LUA} init_worker_by_lua_file w; server {{ }}",
    "Lua at a worker's end": f"{LUA} exit_worker_by_lua_file w; server {{ }}",
    "JavaScript": f"{JS} server {{ location / {{ js_content m.f; }} }}",
    "JavaScript for a variable": f"js_set $a m.f; server {{ location / {{ {JS} }} }}",
    "periodic JavaScript": f"{JS} server {{ location @p {{ js_periodic m.f; }} }}",
    "verification": TRUSTED + TLS % "ssl_verify_client optional; ssl_client_certificate ca.pem;",
    "verification by the application": TRUSTED + TLS % "ssl_verify_client optional_no_ca;",
    "stapling": TRUSTED + TLS % "ssl_stapling on;",
    "OCSP": TRUSTED + TLS % "ssl_ocsp leaf;",
    "Lua that verifies": TRUSTED + TLS % "ssl_certificate_by_lua_file s;",
    "client certificates asked for": CLIENT + TLS % "ssl_verify_client on;",
    "one of two servers": CLIENT + TLS % "ssl_verify_client on;" + TLS % "",
    "upstream verified": PASS + f"server {{ {UPSTREAM % 'proxy_ssl_verify on;'} }}",
    "no TLS to the upstream": PASS + "server { location / { proxy_pass http://127.0.0.1; } }",
    "no server has a certificate": "ssl_trusted_certificate ca.pem; server { }",
    "an empty value": 'server { lua_ssl_trusted_certificate ""; }',
}


MODULES = {"stream-lua": "0.0.14", "njs": "0.8.1"}
"""Versions with all these directives."""


@pytest.mark.parametrize("inside", UNUSED.values(), ids=UNUSED)
def test_unused(inside: str, tmp_path: Path) -> None:
    [finding] = http(tmp_path, inside, "ML105", set=MODULES)
    assert finding.severity == "note"
    assert (finding.bytes > 0) == (finding.remedy is not None)
    assert finding.bytes or finding.related


@pytest.mark.parametrize("inside", USED.values(), ids=USED)
def test_used_or_without_cost(inside: str, tmp_path: Path) -> None:
    assert http(tmp_path, inside, "ML105", set=MODULES) == []


def test_nothing_loads_it(tmp_path: Path) -> None:
    checked = report(tmp_path, f"http {{ {LUA} }}")
    [problem] = checked.problems
    assert problem.message == "nothing to count: there is no server in http, stream or mail"
    assert checked.complete
    assert checked.findings == []


TLS_SERVER = f"server {{ listen 1 ssl; return a; {PAIR} }}"
MAIL = f"listen 1; protocol imap; auth_http 127.0.0.1:1; {PAIR}"
PROXY = "listen 1; proxy_pass 127.0.0.1:1;"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (f"stream {{ {LUA} server {{ listen 1; proxy_pass 127.0.0.1:1; }} }}", 1),
        (f"stream {{ {LUA} server {{ listen 1; preread_by_lua_file p; return a; }} }}", 0),
        (f"stream {{ {JS} server {{ listen 1; proxy_pass 127.0.0.1:1; }} }}", 1),
        (f"stream {{ {JS} server {{ listen 1; js_access m.f; return a; }} }}", 0),
        # stream loads it only while it verifies, until 1.27.2
        (f"stream {{ {TRUSTED} {TLS_SERVER} }}", 0),
        (f"stream {{ {CLIENT} {TLS_SERVER} }}", 1),
        (f"mail {{ {CLIENT} server {{ {MAIL} listen 2 ssl; }} }}", 1),
        (
            f"mail {{ {CLIENT} server {{ ssl_verify_client on; starttls on; {MAIL} }} }}",
            0,
        ),
        (f"stream {{ server {{ {PROXY} {PASS} proxy_ssl on; }} }}", 1),
        (
            f"stream {{ server {{ {PROXY} {PASS} proxy_ssl on; proxy_ssl_verify on; }} }}",
            0,
        ),
        (f"stream {{ server {{ {PROXY} {PASS} proxy_ssl off; }} }}", 0),
    ],
)
def test_in_stream_and_mail(text: str, count: int, tmp_path: Path) -> None:
    assert len(of(report(tmp_path, text, set=MODULES), "ML105")) == count


def test_stream_loads_it_from_1_27_2_on(tmp_path: Path) -> None:
    text = f"stream {{ {TRUSTED} {TLS_SERVER} }}"
    assert len(of(report(tmp_path, text, set={"nginx": "1.27.2"}), "ML105")) == 1


@pytest.mark.parametrize(("servers", "severity"), [(1, "note"), (2, "warning")])
def test_a_warning_from_64_mib_on(tmp_path: Path, servers: int, severity: str) -> None:
    [finding] = http(tmp_path, LUA + "server { }" * servers, "ML105", **BIG)
    assert finding.severity == severity


def test_the_policy_decides_the_severity(tmp_path: Path) -> None:
    policy = Policy(severities={"ML105": "error"})
    [finding] = http(tmp_path, LUA + "server { }", "ML105", policy=policy)
    assert finding.severity == "error"
    assert (
        http(tmp_path, LUA + "server { }", "ML105", policy=Policy(severities={"ML105": None})) == []
    )


@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
def test_one_directive_one_finding(tmp_path: Path, target: str) -> None:
    """The rules on repeated loads leave it to this one."""
    options = {**BIG, "target": target}
    inside = LUA + "lua_ssl_verify_depth 2; server { lua_ssl_verify_depth 2; }" * 1
    inside += "server { lua_ssl_verify_depth 2; }" * 3
    checked = report(tmp_path, f"http {{ {inside} }}", **options)
    assert [f.rule for f in checked.findings if f.rule[:3] == "ML1"] == ["ML105"]
    inside = TRUSTED + TLS % "" * 4
    checked = report(tmp_path, f"http {{ {inside} }}", **options)
    assert [f.rule for f in checked.findings if f.rule[:3] == "ML1"] == ["ML105"]


def test_a_file_included_twice_is_unused_only_if_it_is_in_both(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"ca.conf": LUA}
    once = "server { include ca.conf; } server { include ca.conf; %s }"
    used = report(tmp_path, f"http {{ {once % 'access_by_lua_file a;'} }}", files)
    assert of(used, "ML105") == []
    [finding] = of(report(tmp_path, f"http {{ {once % ''} }}", files), "ML105")
    assert finding.file.endswith("ca.conf")
    assert "2 times" in finding.message
    assert finding.remedy is not None
    assert finding.remedy.ca_loads == 0


def test_what_is_not_known_is_not_said_to_be_unused(tmp_path: Path) -> None:
    checked = report(tmp_path, f"http {{ {LUA} server {{ include missing.conf; }} }}")
    assert not checked.complete
    assert "ML105" not in {finding.rule for finding in checked.findings}
    (tmp_path / "f.conf").write_text(f"{LUA} server {{ }}")
    fragment = check(tmp_path / "f.conf", context=["http"])
    assert fragment.complete
    assert fragment.findings == []


def test_the_risk_is_not_removed_but_said(tmp_path: Path) -> None:
    [finding] = http(tmp_path, UNUSED["upstream not verified"], "ML105")
    assert "nginx takes any certificate from these upstreams (1 block)" in finding.message
    assert finding.remedy is None
    assert [place.message for place in finding.related] == [
        "location /: nginx takes any certificate from these upstreams"
    ]
