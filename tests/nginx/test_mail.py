"""TLS contexts of mail servers, against Debian 12's nginx."""

from __future__ import annotations

import pytest

from nginx_memlint import check
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import write_conf
from tests.nginx.stack import Stack

SERVERS = [
    ("plain", "", 0, 0),
    ("certificate, not used", "{pair}", 0, 0),
    ("listen ssl", "{pair} listen {other} ssl;", 1, 0),
    ("starttls", "{pair} starttls on;", 1, 0),
    ("starttls only", "{pair} starttls only;", 1, 0),
    ("starttls off", "{pair} starttls off;", 0, 0),
    ("ssl on", "{pair} ssl on;", 1, 0),
    ("trusted, not verifying", "{pair} starttls on; ssl_trusted_certificate {ca};", 1, 0),
    (
        "verifying",
        "{pair} starttls on; ssl_client_certificate {ca}; ssl_verify_client on;",
        1,
        1,
    ),
    (
        "verifying with both",
        "{pair} starttls on; ssl_client_certificate {ca}; ssl_trusted_certificate {ca}; "
        "ssl_verify_client optional;",
        1,
        2,
    ),
]


@pytest.mark.parametrize(
    ("settings", "contexts", "loads"), [row[1:] for row in SERVERS], ids=[row[0] for row in SERVERS]
)
@pytest.mark.parametrize("inherited", [False, True])
def test_mail_servers(
    settings: str, contexts: int, loads: int, inherited: bool, all_modules: Stack, site: Site
) -> None:
    filled = settings.format(pair=site.pair, ca=site.bundle, other=f"unix:{site.prefix}/o.sock")
    outer, inner = (filled, "") if inherited and "listen" not in filled else ("", filled)
    conf = write_conf(
        site.prefix,
        f"{all_modules.load_lines('ngx_mail_module')} pid {site.prefix}/pid; error_log stderr;"
        f"events {{}} mail {{ auth_http 127.0.0.1:1; {outer} "
        f"server {{ {site.plain()} protocol imap; {inner} }} }}",
    )
    run = all_modules.test(conf, prefix=site.prefix)
    assert run.accepted, run.messages
    report = check(conf, target="debian-12")
    assert report.problems == []
    assert (report.ssl_contexts, report.ca_loads) == (contexts, loads)
    assert (run.counts.contexts, run.counts.loads) == (contexts, loads)
