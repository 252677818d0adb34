"""Counts in the samples of products are nginx's, in http blocks: Debian lacks stream-lua."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import SAMPLES
from tests.nginx.prefix import make_prefix, pem_bundle, server_certificate, write_conf
from tests.nginx.stack import Stack

PRODUCTS = runpy.run_path(str(SAMPLES / "make_products.py"))["SAMPLES"]


@pytest.mark.parametrize("name", PRODUCTS)
def test_the_counts_are_those_of_nginx(name: str, tmp_path: Path, bookworm: Stack) -> None:
    """The bundle is a small one, and each certificate the same."""
    prefix = make_prefix(tmp_path)
    certificate, key = server_certificate()
    (prefix / "ssl").mkdir()
    text, _, _ = PRODUCTS[name]().partition("\nstream {")
    for line in text.splitlines():
        directive, _, path = line.strip().removesuffix(";").partition(" ")
        if directive == "ssl_certificate":
            (prefix / path).write_bytes(certificate.read_bytes() + key.read_bytes())
    text = text.replace("../ca-bundle.pem", str(pem_bundle(2)))
    loaded = bookworm.load_lines("ndk_http_module", "ngx_http_lua_module")
    conf = write_conf(prefix, loaded + text)
    run = bookworm.test(conf, prefix=prefix, files=[pem_bundle(2)])
    assert run.accepted, run.messages
    report = check(conf, prefix=str(prefix), target=bookworm.name)
    assert report.complete
    assert report.ssl_contexts > 0
    assert (report.ssl_contexts, report.ca_loads) == (run.counts.contexts, run.counts.loads)
