"""Blocks that nginx rejects beside or inside each other, where the command once gave way."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.helpers import http, write


@pytest.mark.parametrize("outer", ["location", "location a b c"])
def test_a_location_inside_one_of_wrong_words(outer: str, tmp_path: Path) -> None:
    inside = f"server {{ {outer} {{ location /b {{ }} }} }}"
    report = check(write(tmp_path, {"nginx.conf": http(inside)}))
    assert not report.complete
    assert any("invalid number of arguments" in p.message for p in report.problems)
