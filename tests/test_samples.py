"""The generated samples are what their scripts write."""

from __future__ import annotations

import re
import runpy

import pytest

from nginx_memlint import check
from nginx_memlint.tls.ca_bundle import bundle_of
from tests.helpers import BUNDLE, SAMPLES

INCIDENT = runpy.run_path(str(SAMPLES / "make_incident.py"))
BUNDLE_SCRIPT = runpy.run_path(str(SAMPLES / "make_bundle.py"))
PRODUCTS = runpy.run_path(str(SAMPLES / "make_products.py"))
CROWDSEC = runpy.run_path(str(SAMPLES / "make_crowdsec.py"))


@pytest.mark.parametrize("name", INCIDENT["SAMPLES"])
def test_incident_samples_are_current(name: str) -> None:
    for file, text in INCIDENT["SAMPLES"][name].items():
        assert (SAMPLES / name / file).read_text() == text


def test_crowdsec_sample_is_current() -> None:
    written = {path.name: path.read_text() for path in (SAMPLES / "crowdsec/sites").iterdir()}
    assert written == CROWDSEC["texts"]()


@pytest.mark.parametrize("name", PRODUCTS["SAMPLES"])
def test_samples_of_products_are_current(name: str) -> None:
    assert (SAMPLES / name / "nginx.conf").read_text() == PRODUCTS["SAMPLES"][name]()


COUNTS = {
    "ingress-nginx-1.9.6": (69, 0, 0, 2),
    "ingress-nginx-1.15.1": (16, 0, 0, 1),
    "kong-3.4": (27, 20, 6, 2),
    "kong-3.9": (8, 1, 6, 1),
    "apisix-3.8": (13, 11, 1, 2),
    "apisix-3.18": (3, 1, 1, 1),
    "nginx-proxy-manager-2.11": (141, 0, 0, 0),
    "nginx-proxy-manager-2.13": (22, 0, 0, 0),
    "bunkerweb-1.5.4": (43, 34, 1, 2),
    "bunkerweb-1.6.13": (10, 1, 1, 1),
}
"""Target → TLS contexts, Lua's CA loads in http, those in stream, contexts in each worker."""


@pytest.mark.parametrize("target", COUNTS)
def test_what_a_product_s_configuration_comes_to(target: str) -> None:
    """The README of the samples says the same."""
    sample = target.rpartition("-")[0]
    report = check(SAMPLES / sample, target=target)
    loads = {name: family.ca_loads for name, family in report.families.items()}
    contexts, http, stream, workers = COUNTS[target]
    assert report.complete
    assert (report.ssl_contexts, loads["lua"], loads["stream_lua"]) == (
        contexts,
        http,
        stream,
    )
    in_workers = [part for part in report.memory.parts if part.name == "contexts of each worker"]
    assert sum(part.count for part in in_workers) == workers


def test_the_bundle_is_current_and_like_a_full_one() -> None:
    text = BUNDLE.read_text()
    assert text == BUNDLE_SCRIPT["text"]()
    bundle = bundle_of(text.encode())
    # Debian's ca-certificates of November 2026: 150 certificates, 160,058 bytes
    assert (bundle.certificates, bundle.repeats) == (150, 0)
    assert bundle.der_bytes == pytest.approx(160_058, rel=0.002)


def test_the_samples_name_no_file_of_the_machine() -> None:
    for path in SAMPLES.rglob("*.conf"):
        assert re.findall(r"\s/\S+\.(?:crt|pem|key)\b", path.read_text()) == [], path


def test_every_sample_has_a_line_in_the_readme() -> None:
    readme = (SAMPLES / "README.md").read_text()
    for path in SAMPLES.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"| `{path.name}` |" in readme
