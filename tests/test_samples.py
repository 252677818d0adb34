"""The generated samples are what their scripts write."""

from __future__ import annotations

import runpy

import pytest

from .helpers import SAMPLES

INCIDENT = runpy.run_path(str(SAMPLES / "make_incident.py"))
CROWDSEC = runpy.run_path(str(SAMPLES / "make_crowdsec.py"))


@pytest.mark.parametrize("name", INCIDENT["SAMPLES"])
def test_incident_samples_are_current(name: str) -> None:
    for file, text in INCIDENT["SAMPLES"][name].items():
        assert (SAMPLES / name / file).read_text() == text


def test_crowdsec_sample_is_current() -> None:
    written = {path.name: path.read_text() for path in (SAMPLES / "crowdsec/sites").iterdir()}
    assert written == CROWDSEC["texts"]()


def test_every_sample_has_a_line_in_the_readme() -> None:
    readme = (SAMPLES / "README.md").read_text()
    for path in SAMPLES.iterdir():
        if path.is_dir() and path.name != "__pycache__":
            assert f"| `{path.name}` |" in readme
