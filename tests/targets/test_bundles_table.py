"""The CA bundle of each target."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.memory.guesses import SYSTEM
from nginx_memlint.targets.bundles_table import ASSUMED, BUNDLES
from nginx_memlint.targets.targets import find_target, target_names
from tests.helpers import memlint_here, write
from tests.targets.certdata import for_servers

CONF = """\
worker_processes 1;
events {}
http { server { location / {
    proxy_pass https://b;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate /etc/pki/tls/certs/ca-bundle.crt;
} } }
"""


@pytest.mark.parametrize("name", target_names())
def test_each_target_has_one_in_the_range_that_is_guessed(name: str) -> None:
    bundle = find_target(name).bundle
    assert SYSTEM.low.certificates <= bundle.certificates <= SYSTEM.high.certificates
    assert SYSTEM.low.der_bytes <= bundle.der_bytes <= SYSTEM.high.der_bytes
    assert 900 < bundle.der_bytes / bundle.certificates < 1200
    assert bundle.source
    assert bundle.is_assumed is bundle.source.startswith("assumed to be as ")
    assert bundle.is_assumed or name in BUNDLES


def test_rows_are_of_targets() -> None:
    assert BUNDLES.keys() <= set(target_names())
    assert ASSUMED not in BUNDLES.values()


@pytest.mark.parametrize(
    ("target", "certificates", "said"),
    [("ubuntu-24.04", 120, "in the target's package"), ("kong-3.4", 150, "assumed")],
)
def test_it_stands_for_the_systems_bundle_that_is_not_here(
    tmp_path: Path, target: str, certificates: int, said: str
) -> None:
    conf = write(tmp_path / "etc", {"nginx.conf": CONF})
    report = check(conf, target=target, sysroot=tmp_path)
    [finding] = [finding for finding in report.findings if finding.rule == "ML303"]
    assert f"120 to 173 certificates, {certificates} {said}" in finding.message
    bundle, costs = find_target(target).bundle, find_target(target).costs
    load = bundle.certificates * costs.certificate + bundle.der_bytes * costs.der
    assert report.memory.unit_bytes == pytest.approx(load, abs=2)


def test_targets_shows_it() -> None:
    out = memlint_here("targets", "debian-13").out
    assert "148 certificates of 157,919 bytes: ca-certificates 20250419+deb13u1" in out
    assert "assumed to be as Debian 12's" in memlint_here("targets", "kong-3.4").out
    assert "assumed to be as Alpine 3.19's" in memlint_here("targets", "alpine-3.18").out
    assert "147 certificates of 157,167 bytes: ca-certificates 20240226" in (
        memlint_here("targets", "alpine-3.17").out
    )
    assert "145 certificates of 154,758 bytes: ca-certificates 20260413" in (
        memlint_here("targets", "alpine-3.23").out
    )


LISTED = r"""
BEGINDATA
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST
CKA_LABEL UTF8 "list"
# one for servers, one for mail alone
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_ISSUER MULTILINE_OCTAL
\060\001
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\002\001
END
CKA_VALUE MULTILINE_OCTAL
\060\202\001
\377
END
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_ISSUER MULTILINE_OCTAL
\060\001
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\002\001
END
CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE
CKA_ISSUER MULTILINE_OCTAL
\060\001
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\002\002
END
CKA_VALUE MULTILINE_OCTAL
\060
END
CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST
CKA_ISSUER MULTILINE_OCTAL
\060\001
END
CKA_SERIAL_NUMBER MULTILINE_OCTAL
\002\002
END
CKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_MUST_VERIFY_TRUST
CKA_TRUST_EMAIL_PROTECTION CK_TRUST CKT_NSS_TRUSTED_DELEGATOR
"""


def test_certificates_of_a_list_are_counted_that_servers_are_verified_with() -> None:
    assert for_servers(LISTED) == (1, 4)
