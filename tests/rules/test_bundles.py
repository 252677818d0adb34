"""ML301 and ML303: what is in the bundles."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.policy import Policy
from nginx_memlint.tls.ca_bundle import NotPemError, bundle_of, certificates
from tests.helpers import with_bounds
from tests.rules.bundles import der, pem
from tests.rules.finding import of, report

PAIR = "ssl_certificate c; ssl_certificate_key k;"
LUA = "location /%d { lua_ssl_trusted_certificate %s; access_by_lua_file a; }"


def locations_with_bundles(count: int, bundle: str = "many.pem") -> str:
    locations = "".join(LUA % (n, bundle) for n in range(count))
    return f"http {{ server {{ {locations} }} }}"


def clients(servers: int, bundle: str) -> str:
    inside = f"{PAIR} ssl_verify_client on; ssl_client_certificate {bundle};"
    return f"http {{ {inside} {'server { listen 443 ssl; }' * servers} }}"


@pytest.mark.parametrize(("count", "reported"), [(300, 0), (350, 1)])
def test_ml301_from_256_mib_on(tmp_path: Path, count: int, reported: int) -> None:
    findings = of(report(tmp_path, locations_with_bundles(count)), "ML301")
    assert len(findings) == reported
    if findings:
        assert findings[0].remedy is not None
        assert findings[0].bytes == findings[0].remedy.saves_start_bytes >= 256 << 20
        assert "holds 150 certificates and is loaded 350 times" in findings[0].message


def test_ml301_not_of_a_bundle_of_twenty(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"many.pem": pem(20)}
    assert of(report(tmp_path, locations_with_bundles(3000), files), "ML301") == []


def test_ml301_not_where_the_loads_themselves_are_reported(tmp_path: Path) -> None:
    checked = report(tmp_path, clients(400, "many.pem"))
    assert len(of(checked, "ML103")) == 1
    assert of(checked, "ML301") == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "holds no PEM certificate"),
        (der(1), "holds no PEM certificate"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "holds no PEM"),
        (pem(2).rpartition("-----END")[0], "has a PEM block without its end"),
        (pem(1).replace("M", "*"), "not base64 of DER"),
        ("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n", "base64 of DER"),
    ],
)
def test_ml303_is_an_error_if_nginx_rejects_it(
    tmp_path: Path, content: str | bytes, reason: str
) -> None:
    checked = report(tmp_path, clients(2, "bad.pem"), {"bad.pem": content})
    [finding] = of(checked, "ML303")
    assert finding.severity == "error"
    assert reason in finding.message
    assert finding.message.endswith("nginx rejects it")
    assert not any("CA load" in guess or "a load of" in guess for guess in checked.guesses)
    priced = report(tmp_path, clients(2, "bad.pem"), {"bad.pem": content}, unit_cost=1 << 20)
    assert [priced_finding.severity for priced_finding in of(priced, "ML303")] == ["error"]


def test_ml303_is_a_note_if_it_is_not_there(tmp_path: Path) -> None:
    checked = report(tmp_path, clients(2, "/nonexistent/ca.pem"))
    [finding] = of(checked, "ML303")
    assert finding.severity == "note"
    range_ = "4.6 KiB to 1.0 MiB is guessed (1 certificate to a full bundle)"
    assert f"{range_}, and 17.2 KiB counted, for each of 2 loads" in finding.message
    assert not any("CA load" in guess or "a load of" in guess for guess in checked.guesses)
    assert of(report(tmp_path, clients(2, "/nonexistent/ca.pem"), unit_cost=1), "ML303") == []


@pytest.mark.parametrize("bounds", [{"file_bytes": 4000}, {"total_bytes": 4000}])
def test_a_bundle_that_a_bound_keeps_from_being_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds: dict[str, int]
) -> None:
    """It is there, and may cost any amount: its guess is no reason to say that all is well."""
    with_bounds(monkeypatch, **bounds)
    files: dict[str, str | bytes] = {"large.pem": pem(20)}
    [problem] = report(tmp_path, clients(2, "large.pem"), files).problems
    assert "ssl_client_certificate: " in problem.message
    assert "large.pem is not read: " in problem.message
    assert problem.line is not None
    assert not problem.complete
    assert report(tmp_path, clients(2, "large.pem"), files, unit_cost=1 << 20).problems == []


def test_ml303_switched_off_leaves_the_guess(tmp_path: Path) -> None:
    policy = Policy(severities={"ML303": None})
    checked = report(tmp_path, clients(2, "/nonexistent/ca.pem"), policy=policy)
    assert sum("a load of" in guess for guess in checked.guesses) == 1


def test_ml303_one_finding_for_a_file_however_many_name_it(tmp_path: Path) -> None:
    text = clients(2, "no.pem").replace("ssl_verify", "ssl_trusted_certificate no.pem; ssl_verify")
    [finding] = of(report(tmp_path, text), "ML303")
    assert "each of 4 loads" in finding.message


def test_names_are_escaped(tmp_path: Path) -> None:
    checked = report(tmp_path, clients(1, '"no\x1b[31m.pem"'))
    [finding] = of(checked, "ML303")
    assert "\x1b" not in finding.message
    assert "no\\x1b[31m.pem" in finding.message


def test_what_is_around_certificates_does_not_count() -> None:
    text = f"# our CAs\n{pem(2)}\nSubject: x\n{pem(1)}trailing"
    bundle = bundle_of(text.encode())
    assert (bundle.certificates, bundle.repeats) == (2, 1)
    crl = b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"
    assert bundle_of(crl).certificates == 0
    with pytest.raises(NotPemError):
        bundle_of(b"  " + pem(1).encode())


BODY = st.text("MA=+/*\n \r\t\v\0é", max_size=12).map(str.encode) | st.binary(max_size=9).map(
    lambda content: base64.encodebytes(b"\x30\x03" + content)
)


@given(body=BODY)
def test_base64_is_read_strictly(body: bytes) -> None:
    text = b"-----BEGIN CERTIFICATE-----\n%b\n-----END CERTIFICATE-----" % body
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except ValueError:
        der = b""
    if der.startswith(b"\x30") and 1 < len(der) >= 2 + der[1] and der[1]:
        assert certificates(text) == (der,)
    else:
        with pytest.raises(NotPemError):
            certificates(text)


@pytest.mark.parametrize(
    ("begin", "end", "accepted"),
    [
        ("CERTIFICATE-----", "CERTIFICATE-----", True),
        ("CERTIFICATE----- \t\r", "CERTIFICATE-----\t", True),
        ("CERTIFICATE-----x\n-----BEGIN CERTIFICATE-----", "CERTIFICATE-----", True),
        ("CERTIFICATE-----", "CERTIFICATE----\n-----END CERTIFICATE-----", False),
        ("CERTIFICATE------", "CERTIFICATE------", False),
        ("CERTIFICATE -----", "CERTIFICATE -----", False),
        ("CERTIFICATE-----", "X509 CERTIFICATE-----", False),
        ("CERTIFICATE-----", "CERTIFICATE", False),
    ],
)
def test_lines_of_labels(begin: str, end: str, accepted: bool) -> None:
    text = pem(1).replace("CERTIFICATE-----", begin, 1)
    head, _, tail = text.rpartition("CERTIFICATE-----")
    data = (head + end + tail).encode()
    try:
        assert (bundle_of(data).certificates == 1) == accepted
    except NotPemError:
        assert not accepted
