"""The generated samples are what their scripts write."""

from __future__ import annotations

import re
import runpy

import pytest

from nginx_memlint.tls.ca_bundle import bundle_of
from tests.helpers import BUNDLE, SAMPLES

INCIDENT = runpy.run_path(str(SAMPLES / "make_incident.py"))
BUNDLE_SCRIPT = runpy.run_path(str(SAMPLES / "make_bundle.py"))
CROWDSEC = runpy.run_path(str(SAMPLES / "make_crowdsec.py"))


@pytest.mark.parametrize("name", INCIDENT["SAMPLES"])
def test_incident_samples_are_current(name: str) -> None:
    for file, text in INCIDENT["SAMPLES"][name].items():
        assert (SAMPLES / name / file).read_text() == text


def test_crowdsec_sample_is_current() -> None:
    written = {path.name: path.read_text() for path in (SAMPLES / "crowdsec/sites").iterdir()}
    assert written == CROWDSEC["texts"]()


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
