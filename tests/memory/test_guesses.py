"""Ranges of what is guessed: their ends, what they are from, and what they decide."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.exit_codes import FailOn, exit_code
from nginx_memlint.memory.guesses import SYSTEM_PATHS, End, prior
from nginx_memlint.result import MemoryTotal
from tests.helpers import LUA, write
from tests.rules.bundles import pem

PHASES = MemoryTotal.__annotations__
PAIR = "ssl_certificate own.pem; ssl_certificate_key own.key;"


def tls(directory: Path, servers: int, bundle: str, main: str = "worker_processes 4;") -> Path:
    inside = "".join(
        f"server {{ listen 443 ssl; server_name s{n}; ssl_verify_client on; "
        f"ssl_client_certificate {bundle.format(n)}; }}\n"
        for n in range(servers)
    )
    text = f"{main} events {{}} http {{ {PAIR}\n{inside} }}"
    return write(directory, {"nginx.conf": text, "own.pem": pem(1)})


def status(report: ConfigReport) -> int:
    return exit_code([report], FailOn.ERROR)


def test_client_cas_that_cannot_be_read_are_no_error(tmp_path: Path) -> None:
    """300 servers that verify clients of their own: with one certificate each all is well."""
    conf = tls(tmp_path, 300, "/etc/pki/mtls/ca{}.pem")
    report = check(conf, target="debian-12")
    [finding] = [finding for finding in report.findings if finding.rule == "ML202"]
    assert finding.severity == "warning"
    assert "kills nginx" not in finding.message
    assert "ca0.pem and 299 more unreadable: 1 certificate to a full bundle" in finding.message
    assert status(report) == 0
    low, high = report.memory.low, report.memory.high
    assert low is not None
    assert high is not None
    assert low.reload_peak_worst_bytes < 200 << 20 < 4 << 30 < high.reload_peak_worst_bytes


def test_the_files_themselves_lie_in_the_range(tmp_path: Path) -> None:
    guessed = check(tls(tmp_path, 30, "/nonexistent/ca{}.pem"), target="debian-12").memory
    assert guessed.low is not None
    assert guessed.high is not None
    for count in (1, 3, 150):
        write(tmp_path, {"ca.pem": pem(count)})
        memory = check(tls(tmp_path, 30, "ca.pem"), target="debian-12").memory
        assert memory.low is memory.high is None
        assert memory.guessed == []
        for phase in PHASES:
            least, most = getattr(guessed.low, phase), getattr(guessed.high, phase)
            # the certificates of this test are larger than the least that there are
            assert least <= getattr(memory.total, phase) <= most


def test_a_system_bundle_is_an_error_even_at_its_least(tmp_path: Path) -> None:
    path = "/etc/ssl/certs/ca-certificates.crt"
    locations = " ".join(f"location /{n} {{ }}" for n in range(1000))
    inside = f"lua_ssl_trusted_certificate {path}; server {{ {locations} }}"
    write(tmp_path, {"etc/nginx/nginx.conf": f"{LUA}events {{}} http {{ {inside} }}"})
    report = check("/etc/nginx/nginx.conf", target="debian-12", workers=4, sysroot=tmp_path)
    [finding] = [finding for finding in report.findings if finding.rule == "ML202"]
    assert finding.severity == "error"
    assert status(report) == 1


@pytest.mark.parametrize(
    ("directive", "path", "certificates"),
    [
        ("ssl_client_certificate", "/etc/nginx/ca.pem", (1, 3, 173)),
        ("ssl_trusted_certificate", "/etc/nginx/chain.pem", (1, 3, 173)),
        ("lua_ssl_trusted_certificate", "/etc/nginx/ca.pem", (1, 150, 173)),
        ("proxy_ssl_trusted_certificate", "/srv/ca-certificates.crt", (120, 150, 173)),
        ("ssl_client_certificate", "/srv/ca-certificates.crt", (1, 3, 173)),
        *(("ssl_client_certificate", path, (120, 150, 173)) for path in sorted(SYSTEM_PATHS)),
    ],
)
def test_priors_differ_by_directive_and_path(
    directive: str, path: str, certificates: tuple[int, ...]
) -> None:
    bundles = [prior(directive, path).at(end) for end in End]
    assert tuple(bundle.certificates for bundle in bundles) == certificates
    assert all(low.der_bytes < high.der_bytes for low, high in pairwise(bundles))


def test_workers_are_a_range_where_nobody_says_how_many(tmp_path: Path) -> None:
    conf = tls(tmp_path, 3, "own.pem", "worker_processes auto;")
    memory = check(conf, target="debian-12").memory
    assert memory.guessed == ["workers 4–64"]
    for workers, end in ((4, memory.low), (64, memory.high)):
        assert check(conf, target="debian-12", workers=workers).memory.total == end
    assert check(conf, target="debian-12", workers=4).memory.low is None


def test_a_stated_cost_is_no_guess(tmp_path: Path) -> None:
    conf = tls(tmp_path, 3, "/nonexistent/ca.pem")
    assert check(conf, target="debian-12", unit_cost="1MiB").memory.low is None


def test_a_certificate_that_cannot_be_read_is_one_to_four(tmp_path: Path) -> None:
    conf = tls(tmp_path, 3, "ca.pem")
    (tmp_path / "own.pem").unlink()
    write(tmp_path, {"ca.pem": pem(1)})
    memory = check(conf, target="debian-12").memory
    assert memory.guessed == [f"{tmp_path}/own.pem unreadable: 1 to 4 certificates and a key"]
    assert memory.low is not None
    assert memory.high is not None
    assert memory.low.start_bytes == memory.total.start_bytes < memory.high.start_bytes


@pytest.mark.parametrize(
    ("option", "code"), [("max_memory", "ML201"), ("max_start_memory", "ML203")]
)
def test_a_budget_between_the_ends_is_a_warning(tmp_path: Path, option: str, code: str) -> None:
    conf = tls(tmp_path, 30, "/nonexistent/ca{}.pem")
    memory = check(conf, target="debian-12").memory
    assert memory.low is not None
    assert memory.high is not None
    phase = "reload_peak_worst_bytes" if option == "max_memory" else "start_bytes"
    least, most = getattr(memory.low, phase), getattr(memory.high, phase)
    for budget, severity in (
        (most, None),
        (most - 1, "warning"),
        (least, "warning"),
        (least - 1, "error"),
    ):
        findings = check(conf, target="debian-12", **{option: f"{budget}B"}).findings
        severities = [finding.severity for finding in findings if finding.rule == code]
        assert severities == ([] if severity is None else [severity])


def test_borrowed_figures_are_rounded_and_told(tmp_path: Path) -> None:
    conf = tls(tmp_path, 3, "own.pem")
    borrowed = check(conf, target="ubuntu-24.04", max_memory="1MiB")
    assert borrowed.target.borrowed == "debian-12"
    assert any("costs as measured on debian-12" in text for text in borrowed.target.assumed)
    assert "about " in borrowed.findings[0].message
    measured = check(conf, target="debian-12", max_memory="1MiB")
    assert measured.target.borrowed == ""
    assert "about " not in measured.findings[0].message
