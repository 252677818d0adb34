"""Whoever follows a recipe of CONTRIBUTING.md has what it promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.pages import PROJECT
from tests.documents.recipes import Recipe, changed, copy_project, follow, recipes
from tests.hostile.limited import slow

RECIPES = recipes()


@slow
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_recipe(recipe: Recipe, tmp_path: Path) -> None:
    copy_project(tmp_path)
    follow(recipe, tmp_path)
    for check in (["check"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *check, "-q", *recipe.sources]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout


def test_there_is_one_for_each_kind() -> None:
    assert [recipe.title for recipe in RECIPES] == [
        "Add a rule",
        "Add a family of directives",
        "Add a target",
        "Add an option",
        "Add an output format",
    ]
    for recipe in RECIPES:
        languages = [step.block.language for step in recipe.steps]
        assert {"diff", "sh"} <= {*languages}
        assert any(step.block.shown for step in recipe.steps), "a recipe shows what comes of it"


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_a_recipe_changes_only_what_is_there(recipe: Recipe) -> None:
    for step in recipe.steps:
        if step.block.language == "diff":
            assert step.file is not None
            assert (PROJECT / step.file).is_file(), step.file


@pytest.mark.parametrize(
    ("diff", "result"),
    [
        (" b\n+x\n", "a\nb\nx\nc\nb2\n"),
        (" a\n-b\n+x\n", "a\nx\nc\nb2\n"),
        ("-a\n@@\n c\n+x\n", "b\nc\nx\nb2\n"),
    ],
)
def test_a_change(diff: str, result: str) -> None:
    assert changed("a\nb\nc\nb2\n", diff) == result


@pytest.mark.parametrize("diff", [" d\n+x\n", "+x\n", " b\n a\n+x\n"])
def test_a_change_that_has_no_place(diff: str) -> None:
    with pytest.raises(ValueError, match="stands"):
        changed("a\nb\nc\nb2\n", diff)
