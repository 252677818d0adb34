"""ML210: parts of which a change saves much."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.memory.parts import RECORDS
from nginx_memlint.remedies.advice import ADVICE
from tests.helpers import http, write
from tests.tls.test_der import revocation_list

MIB = 1 << 20


def _each(text: str, count: int) -> str:
    return "".join(text.replace("@", str(number)) for number in range(count))


HEADERS = "".join(f"proxy_set_header X-{n} $host; " for n in range(20))
PARAMETERS = "".join(f"fastcgi_param P{n} $host; " for n in range(20))
HIDDEN = "".join(f"proxy_hide_header X-{n}; " for n in range(20))

CASES: dict[str, tuple[str, str]] = {
    "ModSecurity's rules": (
        _each("server { listen 127.0.0.1:2@; modsecurity_rules_file crs.conf; }", 10),
        "modsecurity_rules_file crs.conf; " + _each("server { listen 127.0.0.1:2@; }", 10),
    ),
    "machines of njs": (
        "server { " + _each("location /@ { js_import m.js; }", 1_000) + "}",
        "js_import m.js; server { " + _each("location /@ { }", 1_000) + "}",
    ),
    "consistent hashes": (
        "upstream u { hash $uri consistent; server a weight=20000; server b weight=30000; }",
        "upstream u { hash $uri consistent; server a weight=2; server b weight=3; }",
    ),
    "kept connections": (
        _each("upstream u@ { server a; keepalive 2000; } ", 500),
        _each("upstream u@ { server a; keepalive 32; } ", 500),
    ),
    "headers passed on": (
        "server { " + _each(f"location /@ {{ {HEADERS} proxy_pass http://a; }}", 6_000) + "}",
        f"{HEADERS} server {{ " + _each("location /@ { proxy_pass http://a; }", 6_000) + "}",
    ),
    "parameters passed on": (
        "server { " + _each(f"location /@ {{ {PARAMETERS} fastcgi_pass a; }}", 9_000) + "}",
        f"{PARAMETERS} server {{ " + _each("location /@ { fastcgi_pass a; }", 9_000) + "}",
    ),
    "passwords of keys": (
        _each("server { ssl_password_file long; }", 200),
        _each("server { ssl_password_file short; }", 200),
    ),
}
"""Part → a configuration (the inside of http) of which it takes much, and the change made."""

FILES: dict[str, str | bytes] = {
    "m.js": "export default {};",
    "crs.conf": "SecRule ARGS x\n" * 15_000,
    "long": "0123456789abcdef\n" * 8_000,
    "short": "a\n",
}


def report(directory: Path, text: str) -> ConfigReport:
    conf = write(directory, {**FILES, "nginx.conf": text})
    return check(conf, target="debian-12", workers=1)


@pytest.mark.parametrize("part", CASES)
def test_the_change_saves_what_is_promised(part: str, tmp_path: Path) -> None:
    before, after = (report(tmp_path, http(inside)) for inside in CASES[part])
    [finding] = [one for one in before.findings if one.rule == "ML210"]
    assert (finding.severity, finding.remedy is None) == ("warning", False)
    assert finding.remedy is not None
    assert finding.bytes == finding.remedy.saves_start_bytes >= 64 * MIB
    assert not finding.remedy.fixable
    saved = before.memory.total.start_bytes - after.memory.total.start_bytes
    # the words that are no longer there, too
    words = 250 * 6_000 * 20
    assert finding.bytes == pytest.approx(saved, abs=1 * MIB) or 0 < saved - finding.bytes < words
    assert "ML210" not in {one.rule for one in after.findings}


def test_lists_that_each_context_parses(tmp_path: Path) -> None:
    """From 1.27.2 on nginx keeps one copy of a file."""
    body = base64.encodebytes(revocation_list(10_000)).decode()
    crl = f"-----BEGIN X509 CRL-----\n{body}-----END X509 CRL-----\n"
    server = "server { listen 443 ssl; ssl_certificate a; ssl_certificate_key a; ssl_crl b; }"
    conf = write(tmp_path, {"nginx.conf": http(server * 50), "b": crl})
    checked = check(conf, target="debian-12", workers=1)
    [finding] = [one for one in checked.findings if one.rule == "ML210"]
    assert finding.message.endswith("revocation lists: each context parses its own copy")
    assert finding.bytes == 49 * (1_550 + 10_000 * 208)
    newer = check(conf, target="debian-sid", workers=1)
    assert "ML210" not in {one.rule for one in newer.findings}


def test_connections_that_few_servers_reach(tmp_path: Path) -> None:
    text = "worker_processes 4; # events { worker_connections @; } http { server { } }"

    def levels(count: int, main: str = "") -> list[str]:
        conf = text.replace("#", main).replace("@", str(count))
        checked = check(write(tmp_path, {"nginx.conf": conf}), target="debian-12")
        return [one.severity for one in checked.findings if one.rule == "ML210"]

    assert (levels(262_144), levels(262_145)) == ([], ["warning"])
    # files are the limit where one is set
    assert levels(50_000, "worker_rlimit_nofile 50000;") == []
    assert levels(50_000, "worker_rlimit_nofile 49999;") == ["note"]
    assert levels(500_000, "worker_rlimit_nofile 500000;") == []


def test_machine_code(tmp_path: Path) -> None:
    inside = "server { " + _each("location ~ ^/some/path/@ { } ", 8_000) + "}"
    [finding] = [
        one
        for one in report(tmp_path, http(inside, "pcre_jit on;")).findings
        if one.rule == "ML210"
    ]
    assert finding.remedy is not None
    assert finding.remedy.change.startswith("leave pcre_jit off")
    assert finding.bytes == 8_000 * (8_820 + 32 * len("^/some/path/")) + sum(
        32 * len(str(number)) for number in range(8_000)
    )


def test_headers_that_differ_are_not_repeated(tmp_path: Path) -> None:
    headers = _each(
        f"location /@ {{ {HEADERS} proxy_set_header O @; proxy_pass http://a; }}", 6_000
    )
    checked = report(tmp_path, http(f"server {{ {headers} }}"))
    assert "ML210" not in {finding.rule for finding in checked.findings}


def test_each_record_is_about_a_part_that_is_counted() -> None:
    assert {advice.part for advice in ADVICE} <= {record.name for record in RECORDS}
    assert len({advice.part for advice in ADVICE}) == len(ADVICE)
