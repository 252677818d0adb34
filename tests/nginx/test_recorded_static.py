"""Recorded counts of a static nginx with musl and njs, whose calls gdb counted."""

from __future__ import annotations

import pytest

from nginx_memlint.targets.banner import described_target
from tests.nginx.accuracy_lua import predicted_static
from tests.nginx.recorded import CASES, load
from tests.nginx.recorded_static import NAME, digest

pytestmark = pytest.mark.xdist_group("predictions")  # made once, by one process


def test_the_recording_is_of_this_generator() -> None:
    recording, cases = load(NAME)
    assert recording["generator"] == digest()
    assert len({case.seed for case in cases}) == len(cases) >= CASES
    assert max(case.loads for case in cases) > 3


def test_recorded_counts_of_a_static_nginx() -> None:
    recording, cases = load(NAME)
    target = described_target(recording["banner"], NAME)
    assert target.platform == ("musl", "musl")
    assert target.built_in == {"js", "stream_js"}
    assert {key: target.texts[key] for key in ("nginx", "njs", "openssl")} == recording["versions"]
    assert predicted_static() == cases
