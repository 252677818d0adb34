"""The generated parts of the documents say what the program says now."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.documents.generated import (
    PARTS,
    PREDICTIONS,
    RULE_PAGES,
    made,
    parts_of,
    with_parts,
    without_parts,
)
from tests.documents.pages import PAGES, Page

pytestmark = pytest.mark.xdist_group("predictions")  # made once, by one process


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_parts_are_current(page: Page) -> None:
    flag = " --predictions" if PREDICTIONS & {*parts_of(page.text)} else ""
    assert page.text == with_parts(page.text), f"run python -m tests.documents{flag}"


def test_each_rule_has_a_page() -> None:
    pages = {page.path for page in PAGES if page.name.startswith("docs/rules/")}
    assert pages == RULE_PAGES.keys(), "run python -m tests.documents"


def test_each_part_has_one_place() -> None:
    assert Counter(name for page in PAGES for name in parts_of(page.text)) == Counter(list(PARTS))


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_is_not_current_is_made_anew(name: str) -> None:
    old = f"# A page\n\n<!-- {name} -->\n\n| old |\n\n<!-- end of {name} -->\n\nwritten by hand\n"
    new = with_parts(old)
    assert "| old |" not in new
    assert made(name) in new
    assert new.startswith("# A page\n\n")
    assert new.endswith("\n\nwritten by hand\n")
    assert with_parts(new) == new
    assert without_parts(new) == without_parts(old)


@pytest.mark.parametrize(
    "wrong",
    ["<!-- rules -->\n", "<!-- end of rules -->\n", "<!-- rules -->\n<!-- end of rules -->\n" * 2],
)
def test_a_part_that_does_not_end(wrong: str) -> None:
    with pytest.raises(ValueError, match="rules"):
        with_parts(wrong)
