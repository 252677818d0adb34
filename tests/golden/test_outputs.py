"""The command's outputs are those that are kept; ``python -m tests.golden`` writes them anew."""

from __future__ import annotations

import pytest

from tests.golden.cases import COMMANDS, OUTPUTS, output


@pytest.mark.parametrize("name", COMMANDS)
def test_an_output_is_as_kept(name: str) -> None:
    assert output(name) == (OUTPUTS / name).read_text("utf-8")


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in OUTPUTS.iterdir()} == set(COMMANDS)
