"""The documents as a site, in a real browser: .ci/run builds it and says where by MEMLINT_SITE."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Browser

PHONE, DESKTOP = 360, 1200


@pytest.fixture(scope="module")
def site() -> Path:
    if not (place := os.environ.get("MEMLINT_SITE")):
        pytest.skip("needs a site: scripts/site DIRECTORY, and MEMLINT_SITE=DIRECTORY")
    return Path(place)


def visit(browser: Browser, page: Path) -> None:
    """Load a page: it says nothing to the console, and asks nobody else for anything."""
    browser.messages()
    browser.requests()
    browser.driver.get(page.as_uri())
    browser.wait(lambda: browser.run("return document.readyState") == "complete")
    assert browser.messages() == []
    assert [url for url in browser.requests() if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page(browser: Browser, site: Path, width: int, dark: bool) -> None:
    pages = sorted({*site.rglob("*.html")} - {site / "report.html", site / "404.html"})
    assert len(pages) > 30
    browser.emulate(dark=dark, width=width)
    for page in pages:
        visit(browser, page)
        assert browser.run("return document.documentElement.scrollWidth") <= width, page
        color = browser.run("return getComputedStyle(document.body).backgroundColor")
        channels = [int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
        assert (max(channels) < 80) == dark, page


def test_a_search_needs_no_server(browser: Browser, site: Path) -> None:
    visit(browser, site / "index.html")
    browser.one("input.md-search__input").send_keys("worker_shutdown_timeout")
    browser.wait(lambda: bool(browser.texts(".md-search-result__item h1")))
    browser.one("input.md-search__input").send_keys(Keys.ESCAPE)
    assert browser.messages() == []


def test_a_rule_is_led_to(browser: Browser, site: Path) -> None:
    visit(browser, site / "rules.html")
    link = browser.one("article a[href='rules/ml101.html']")
    browser.run("arguments[0].click()", link)
    browser.wait(lambda: "ml101" in browser.driver.current_url)
    assert browser.texts("h1")[0].startswith("ML101 lua-bundle-inherited")
