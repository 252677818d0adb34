"""Contexts are priced by the suites in their lists of ciphers, whoever sets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.ciphers import suites
from tests.helpers import LUA, write
from tests.memory.test_parts import part, report
from tests.nginx.part_cases import CIPHERS


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("HIGH:!aNULL:!MD5", 128),
        ("DEFAULT", 60),
        ("DEFAULT:!SHA1", 60),
        (CIPHERS, 9),
        ("ECDHE-RSA-AES128-GCM-SHA256 AES128-SHA", 5),
        ("ALL:-RC4:@STRENGTH", 128),
        ("", 3),
    ],
)
def test_suites_of_a_list(text: str, count: int) -> None:
    assert suites(text) == count


OWN = "ssl_certificate a; ssl_certificate_key a;"
FEW = f"ssl_ciphers {CIPHERS};"
LOCATION = "location / { proxy_pass https://127.0.0.1; }"


@pytest.mark.parametrize(
    ("inside", "contexts", "listed"),
    [
        (f"server {{ {OWN} }}", 11_600, 128),
        (f"{FEW} server {{ {OWN} }} server {{ {OWN} }}", 2 * 11_600, 2 * 9),
        (f"{FEW} server {{ {OWN} ssl_ciphers HIGH; }}", 11_600, 128),
        (f"{FEW} server {{ {OWN} }} server {{ {OWN} ssl_ciphers 'DEFAULT'; }}", 23_200, 69),
        (f"server {{ {LOCATION} }}", 12_210, 60),
        (f"server {{ proxy_{FEW} {LOCATION} }}", 12_210, 9),
        (f"server {{ {OWN} {LOCATION} }}", 11_600 + 12_210, 128 + 60),
    ],
)
def test_contexts_by_what_nginx_sets(
    inside: str, contexts: int, listed: int, tmp_path: Path
) -> None:
    counted = part(report(tmp_path, inside, main=""), "TLS contexts")
    assert counted.heap_bytes == contexts + 24 * listed


def test_contexts_of_lua_are_as_they_were_measured(tmp_path: Path) -> None:
    counted = part(report(tmp_path, f"{FEW} server {{ }}", LUA), "TLS contexts")
    assert counted.heap_bytes == 14_450


@pytest.mark.parametrize(
    ("section", "inside", "suites_of_list"),
    [
        ("stream", f"{FEW} server {{ listen 1 ssl; {OWN} }}", 9),
        ("mail", f"server {{ listen 1 ssl; protocol imap; {OWN} }}", 128),
    ],
)
def test_those_of_stream_and_mail(
    section: str, inside: str, suites_of_list: int, tmp_path: Path
) -> None:
    write(tmp_path, {"nginx.conf": f"events {{ }} {section} {{ {inside} }}"})
    checked = check(tmp_path / "nginx.conf", target="debian-12")
    assert part(checked, "TLS contexts").heap_bytes == 11_600 + 24 * suites_of_list
