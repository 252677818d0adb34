"""Links lead somewhere: between pages, to a part of a page, to files of the project."""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.documents.pages import FOR_DEVELOPERS, PAGES, PROJECT, README, Page
from tests.documents.recipes import recipes

BY_NAME = {page.name: page for page in PAGES}
ELSEWHERE = re.compile(r"https://[\w.-]+(/|$)")
FRONT_PAGE_WORDS = 900
NAMED = re.compile(
    r"(?:docs|fuzz|nginx_memlint|requirements|sample_confs|schemas|templates|tests)/[\w./-]+"
)
MODULE = re.compile(r"python -m ((?:tests|nginx_memlint|fuzz|benchmarks)[\w.]*)")


def broken(page: Page) -> list[str]:
    """The links of a page that lead nowhere; those to the web are only looked at."""
    return [link for link in page.links if not ELSEWHERE.match(link) and not leads(page, link)]


def leads(page: Page, link: str) -> bool:
    """Whether a link within the project has a file, and a heading in it if it names one."""
    path, _, anchor = link.partition("#")
    name = page.name
    if path:
        name = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    if anchor:
        return name in BY_NAME and anchor in BY_NAME[name].anchors
    return not name.startswith("..") and (PROJECT / name).exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_files_are_there(page: Page) -> None:
    """Files and modules of the project that sentences name, but those that a recipe adds."""
    added = {step.file for recipe in recipes() for step in recipe.steps}
    spans = re.findall(r"`([^`\n]+)`", page.text)
    paths = {span for span in spans if NAMED.fullmatch(span)}
    modules = set(MODULE.findall(page.text))
    names = [*(paths - added), *(module.replace(".", "/") for module in modules)]
    assert [name for name in names if not exists(name)] == []


def exists(name: str) -> bool:
    return any((PROJECT / f"{name}{end}").exists() for end in ("", ".py"))


@pytest.mark.parametrize(
    "link",
    ["docs/nosuch.md", "docs/usage.md#nosuch", "#nosuch", "../elsewhere", "http://example.org/"],
)
def test_a_wrong_link_is_found(link: str) -> None:
    page = Page("README.md")
    page.__dict__["text"] = f"# Title\n\n[words]({link})\n"
    assert broken(page) == [link]


def test_the_front_page_leads_to_all_others() -> None:
    """Itself, and by the page of all rules to that of each."""
    linked = {link.partition("#")[0] for link in README.links}
    rules = {f"docs/{link}" for link in BY_NAME["docs/rules.md"].links}
    assert {page.name for page in PAGES} - {README.name} <= linked | rules


def test_the_front_page_is_short() -> None:
    assert len(README.text.split()) <= FRONT_PAGE_WORDS


def test_names_of_pages() -> None:
    """Capitals at the top, where people look for them; small letters in docs/."""
    for page in PAGES:
        name = page.name.removesuffix(".md")
        assert re.fullmatch(r"[A-Z]+|docs/[a-z]+|docs/rules/ml\d{3}", name), name
    assert {page.name for page in PAGES} >= FOR_DEVELOPERS
