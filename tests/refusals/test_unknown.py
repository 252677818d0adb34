"""Misspelt directives of those that cost memory, and what is no directive's name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.refusals.unknown import COSTLY, near_miss
from nginx_memlint.tree import grammar
from tests.helpers import http, write

NAMES = Path(__file__).parent / "module_directives.txt"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lua_ssl_trusted_certficate", "lua_ssl_trusted_certificate"),
        ("lua_ssl_trusted_certificates", "lua_ssl_trusted_certificate"),
        ("lua_ssl_turst_certificate", None),
        ("ssl_client_certficate", "ssl_client_certificate"),
        ("proxy_ssl_verfiy_depth", "proxy_ssl_verify_depth"),
        ("lua_shared_dicts", "lua_shared_dict"),
        ("worker_proceses", "worker_processes"),
        ("ssl_dyn_rec_enable", None),
    ],
)
def test_a_near_miss(name: str, meant: str | None, tmp_path: Path) -> None:
    text = http(f"server {{\n{name} a b;\n}}")
    report = check(write(tmp_path, {"nginx.conf": text}))
    nginx = f'unknown directive "{name}"'
    said = [(p.message, p.nginx, p.complete) for p in report.problems]
    assert said == ([(f'{nginx}; did you mean "{meant}"?', nginx, False)] if meant else [])


def test_no_directive_of_a_known_module_is_one() -> None:
    names = [name for name in NAMES.read_text().split("\n") if name and name[0] != "#"]
    assert len(names) > 1000
    assert not [name for name in names if name not in grammar.ALLOWED and near_miss(name)]


def test_what_costs_is_known() -> None:
    assert COSTLY - {""} <= grammar.ALLOWED.keys()


@pytest.mark.parametrize("name", ["//", "=======", "@a", "server:"])
def test_what_is_no_name(name: str, tmp_path: Path) -> None:
    text = http(f"server {{\n{name} a;\n}}")
    [problem] = check(write(tmp_path, {"nginx.conf": text})).problems
    assert problem.nginx == f'unknown directive "{name}"'


def test_keys_are_no_directives(tmp_path: Path) -> None:
    text = http("map $a $b { // 1; lua_ssl_trusted_certficate 2; } server { }")
    assert check(write(tmp_path, {"nginx.conf": text})).problems == []


DEBIAN = {"target": "debian-12"}
FOOBAR = 'unknown directive "foobar"'


@pytest.mark.parametrize(
    ("load", "stated", "accepted"),
    [
        ("", DEBIAN, False),
        ("load_module modules/ngx_stream_module.so;\n", DEBIAN, False),
        ("", {}, True),
        ("", {"target": "openresty-1.21.4.3"}, True),
        ("load_module modules/ngx_http_echo_module.so;\n", DEBIAN, True),
        ("load_module modules/ngx_http_foobar_module.so;\n", DEBIAN, True),
        ("include modules-enabled/*.conf;\n", DEBIAN, True),
    ],
)
def test_what_no_module_has(
    load: str, stated: dict[str, Any], accepted: bool, tmp_path: Path
) -> None:
    """Where a module may be loaded of which the directives are not known, any may be its own."""
    text = load + http("server {\nfoobar on;\n}")
    report = check(write(tmp_path, {"nginx.conf": text}), **stated)
    said = [(p.nginx, p.line) for p in report.problems if p.nginx]
    line = text.split("\n").index("foobar on;") + 1
    assert said == ([] if accepted else [(FOOBAR, line)])
    assert report.complete == accepted


def test_a_fragment_may_have_any_directive() -> None:
    assert check("-", data=b"foobar on;", context=("http",), **DEBIAN).complete
