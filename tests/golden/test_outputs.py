"""The command's outputs are those that are kept; ``python -m tests.golden`` writes them anew."""

from __future__ import annotations

import pytest

from tests.golden.cases import COMMANDS, OUTPUTS, TERMINALS, output


@pytest.mark.parametrize("name", [*COMMANDS, *TERMINALS])
def test_an_output_is_as_kept(name: str) -> None:
    assert output(name) == (OUTPUTS / name).read_text("utf-8")


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in OUTPUTS.iterdir()} == {*COMMANDS, *TERMINALS}


@pytest.mark.parametrize("name", TERMINALS)
def test_nothing_is_wider_than_the_terminal(name: str) -> None:
    """Only a line of one word, which is not broken, may be."""
    wide = [
        line for line in (OUTPUTS / name).read_text("utf-8").splitlines() if too_wide(name, line)
    ]
    assert [line for line in wide if " " in line.strip()] == []


def too_wide(name: str, line: str) -> bool:
    return len(line) > TERMINALS[name][1]


@pytest.mark.parametrize("name", ["over-budget", "all-fail"])
def test_one_screen_holds_the_answer(name: str) -> None:
    """An incident, and five configurations with their causes, fit a terminal of 24 lines."""
    assert len((OUTPUTS / f"{name}.80.terminal").read_text("utf-8").splitlines()) <= 24
