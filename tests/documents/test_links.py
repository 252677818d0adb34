"""Links lead somewhere: between pages, to a part of a page, to files of the project."""

from __future__ import annotations

import posixpath
import re

import pytest

from tests.documents.pages import FOR_DEVELOPERS, PAGES, PROJECT, README, Page

BY_NAME = {page.name: page for page in PAGES}
ELSEWHERE = re.compile(r"https://[\w.-]+(/|$)")
FRONT_PAGE_WORDS = 900


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


@pytest.mark.parametrize(
    "link",
    ["docs/nosuch.md", "docs/usage.md#nosuch", "#nosuch", "../elsewhere", "http://example.org/"],
)
def test_a_wrong_link_is_found(link: str) -> None:
    page = Page("README.md")
    page.__dict__["text"] = f"# Title\n\n[words]({link})\n"
    assert broken(page) == [link]


def test_the_front_page_leads_to_all_others() -> None:
    linked = {link.partition("#")[0] for link in README.links}
    assert {page.name for page in PAGES} - {README.name} <= linked


def test_the_front_page_is_short() -> None:
    assert len(README.text.split()) <= FRONT_PAGE_WORDS


def test_names_of_pages() -> None:
    """Capitals at the top, where people look for them; small letters in docs/."""
    for page in PAGES:
        name = page.name.removesuffix(".md")
        assert re.fullmatch(r"[A-Z]+|docs/[a-z]+", name), name
    assert {page.name for page in PAGES} >= FOR_DEVELOPERS
