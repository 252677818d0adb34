"""Directives that nginx wants in a block, by release, and where another module may bring them."""

from __future__ import annotations

import pytest

from nginx_memlint import check

STREAM = b"events {}\nstream { server { listen 1; %s } }\n"
HTTP = b"events {}\nhttp { %s server { } }\n"


def _complete(data: bytes, version: str | None) -> bool:
    stated = {"target": "debian-12", "set": {"nginx": version}} if version else {}
    return check("-", data=data, **stated).complete


@pytest.mark.parametrize(
    ("version", "accepted"), [("1.10.0", False), ("1.27.0", False), ("1.27.1", True), (None, True)]
)
def test_a_handler(version: str | None, accepted: bool) -> None:
    """From 1.27.1 on, connections without a handler are closed; of no target nobody knows."""
    assert _complete(STREAM % b"", version) == accepted


@pytest.mark.parametrize(("version", "accepted"), [("1.11.3", True), ("1.11.4", False)])
def test_a_listen(version: str, accepted: bool) -> None:
    data = STREAM.replace(b"listen 1;", b"return a;") % b""
    assert _complete(data, version) == accepted


@pytest.mark.parametrize("inside", [b"state /a;", b"jdomain a;"])
def test_servers_of_another_module(inside: bytes) -> None:
    data = HTTP % (b"upstream u { zone u 64k; %s }" % inside)
    data = b"load_module modules/ngx_http_upstream_jdomain_module.so;\n" + data
    assert check("-", data=data, target="debian-12").complete


def test_a_module_around_it() -> None:
    assert check("-", data=HTTP % b"docker_endpoint unix:/a; upstream u { }").complete
    assert not check("-", data=HTTP % b"upstream u { }").complete


def test_a_fragment_lacks_nothing() -> None:
    for context, text in {
        ("http",): b"limit_req zone=x; server { listen 80; listen 80; }",
        ("mail",): b"server { listen 25; }",
    }.items():
        assert check("-", data=text, context=context).complete


@pytest.mark.parametrize(("version", "accepted"), [("1.29.2", False), ("1.29.3", True)])
def test_words_of_geo(version: str, accepted: bool) -> None:
    assert _complete(HTTP % b"geo $x { volatile; }", version) == accepted
    assert _complete(HTTP % b"geo $x { volatile; }", None)
