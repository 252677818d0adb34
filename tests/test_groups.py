"""Tests of a group run in one process, which makes what they share once."""

from __future__ import annotations

import pytest

GROUP = "grouped"


@pytest.mark.xdist_group(GROUP)
def test_groups_are_heeded(request: pytest.FixtureRequest) -> None:
    """The version of the test runner may silently not do so: then each process makes all of it."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("needs --dist loadgroup, as ./run-tests gives it")
    assert request.node.nodeid.endswith(f"@{GROUP}")
