"""A file is a CA bundle to memlint if it is one to the real server."""

from __future__ import annotations

import base64
import re

import pytest

from nginx_memlint.tls.ca_bundle import NotPemError, bundle_of
from tests.helpers import BUNDLE
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import main_conf, write_conf
from tests.nginx.stack import Stack

NOT_DER = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"


def variants(pem: str, key: str) -> dict[str, bytes]:
    """Files made of two good certificates and a key."""
    first, second = re.findall(r"-----BEGIN.*?-----END[^\n]*\n", pem, re.DOTALL)[:2]
    body = "".join(first.splitlines()[1:-1])
    texts = {
        "good": first + second,
        "empty": "",
        "text": "hello\n",
        "key": key,
        "key and certificate": key + first,
        "text before": "# a comment\n" + first,
        "text after": first + "trailing",
        "repeated": first * 3,
        "cut off": first + second[: len(second) // 2],
        "no end": first[: len(first) // 2],
        "not base64": first.replace(body[100:110], "**********"),
        "second not base64": first + second.replace("M", "*"),
        "not DER": NOT_DER,
        "second not DER": first + NOT_DER,
        "one line": first.replace("\n", ""),
        "one long line": f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n",
        "CRLF": first.replace("\n", "\r\n"),
        "indented": re.sub("^", "  ", first, flags=re.MULTILINE),
        "other name": first.replace("CERTIFICATE", "SOMETHING"),
        "old name": first.replace("CERTIFICATE", "X509 CERTIFICATE"),
        "other end": first.replace("END CERTIFICATE", "END X509 CERTIFICATE"),
    }
    return {"DER": base64.b64decode(body)} | {k: v.encode() for k, v in texts.items()}


def test_accepted_and_rejected(bookworm: Stack, site: Site) -> None:
    files = variants(BUNDLE.read_text(), site.key.read_text())
    differing = []
    verdicts = set()
    for name, content in files.items():
        path = site.prefix / "bundle.pem"
        path.write_bytes(content)
        http = f"server {{ {site.plain()} lua_ssl_trusted_certificate {path}; }}\n"
        modules = bookworm.load_lines("ngx_http_lua_module")
        conf = write_conf(site.prefix, main_conf(site.prefix, http, modules=modules))
        run = bookworm.test(conf, prefix=site.prefix)
        try:
            bundle = bundle_of(content)
        except NotPemError:
            predicted = None
        else:
            predicted = bundle.certificates + bundle.repeats
        # OpenSSL adds what it has read
        added = run.counts.X509_STORE_add_cert_inside if run.accepted else None
        verdicts.add(run.accepted)
        if predicted != added:
            differing.append((name, predicted, added, run.messages))
    assert differing == []
    assert verdicts == {True, False}


@pytest.mark.parametrize("directive", ["ssl_trusted_certificate", "lua_ssl_trusted_certificate"])
def test_a_bundle_that_is_missing_keeps_nginx_from_starting(
    directive: str, bookworm: Stack, site: Site
) -> None:
    http = f"server {{ {site.ssl()} {site.pair} {directive} /nonexistent/ca.pem; }}\n"
    modules = bookworm.load_lines("ngx_http_lua_module")
    conf = write_conf(site.prefix, main_conf(site.prefix, http, modules=modules))
    run = bookworm.test(conf, prefix=site.prefix)
    assert not run.accepted
    assert "/nonexistent/ca.pem" in run.messages
