from __future__ import annotations

from pathlib import Path

import pytest

from tests.rules.finding import BIG, http, of, report


def inside(family: str, scheme: str, count: int = 3) -> str:
    locations = "".join(
        f"location /{n} {{ {family}_pass {scheme}127.0.0.1:9{n}; }}\n" for n in range(count)
    )
    ca = f"{family}_ssl_trusted_certificate ca.pem; {family}_ssl_verify on;"
    return f"{ca} server {{ {locations} }}"


FAMILIES = [("proxy", "https://"), ("grpc", "grpcs://"), ("uwsgi", "suwsgi://")]


@pytest.mark.parametrize(("family", "scheme"), FAMILIES)
@pytest.mark.parametrize(("version", "count"), [("1.18.0", 1), ("1.23.0", 1), ("1.23.1", 0)])
def test_until_1_23_0(tmp_path: Path, family: str, scheme: str, version: str, count: int) -> None:
    text = inside(family, scheme)
    findings = http(tmp_path, text, "ML102", set={"nginx": version}, **BIG)
    assert len(findings) == count
    if findings:
        assert findings[0].remedy is not None
        assert findings[0].remedy.change.startswith("upgrade to nginx 1.23.1")


@pytest.mark.parametrize(("version", "count"), [("1.23.0", 1), ("1.23.1", 0)])
def test_in_stream(tmp_path: Path, version: str, count: int) -> None:
    server = "server {{ listen {}; proxy_pass 127.0.0.1:1; proxy_ssl on; }}"
    servers = " ".join(map(server.format, range(1, 4)))
    text = f"stream {{ proxy_ssl_trusted_certificate ca.pem; proxy_ssl_verify on; {servers} }}"
    assert len(of(report(tmp_path, text, set={"nginx": version}, **BIG), "ML102")) == count


@pytest.mark.parametrize(("loads", "count"), [(2, 0), (3, 1)])
def test_from_64_mib_on(tmp_path: Path, loads: int, count: int) -> None:
    assert len(http(tmp_path, inside("proxy", "https://", loads), "ML102", **BIG)) == count


@pytest.mark.parametrize("scheme", ["http://", "HTTP://"])
def test_no_tls_no_finding(tmp_path: Path, scheme: str) -> None:
    assert http(tmp_path, inside("proxy", scheme), "ML102", **BIG) == []


def test_set_in_each_block(tmp_path: Path) -> None:
    """An upgrade alone does not help then."""
    each = "proxy_ssl_trusted_certificate ca.pem; proxy_ssl_verify on;"
    locations = "".join(
        f"location /{n} {{ {each} proxy_pass https://127.0.0.1; }}" for n in range(3)
    )
    [finding] = http(tmp_path, f"server {{ {locations} }}", "ML102", **BIG)
    assert finding.remedy is not None
    assert "1.23.1 or later, and set proxy_ssl_trusted_certificate" in finding.remedy.change
    assert finding.remedy.ca_loads == 1
    assert not finding.remedy.fixable
