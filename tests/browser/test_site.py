"""The documents as a site, in a real browser: .ci/run builds it and says where by MEMLINT_SITE."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Browser

pytestmark = pytest.mark.xdist_group("browser")  # one is enough

PHONE, DESKTOP = 360, 1200


class Site(NamedTuple):
    """The built pages, and the URL at which a server of this machine has them."""

    directory: Path
    url: str


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    if not (place := os.environ.get("MEMLINT_SITE")):
        pytest.skip("needs a site: scripts/site DIRECTORY, and MEMLINT_SITE=DIRECTORY")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=place)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield Site(Path(place), f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()


def visit(browser: Browser, site: Site, page: str) -> None:
    """Load a page: it says nothing to the console, and asks nobody else for anything."""
    browser.messages()
    browser.requests()
    browser.driver.get(site.url + page)
    browser.wait(lambda: browser.run("return document.readyState") == "complete")
    assert browser.messages() == []
    elsewhere = [url for url in browser.requests() if not url.startswith((site.url, "data:"))]
    assert elsewhere == []


@pytest.mark.parametrize(
    ("width", "dark"), [(PHONE, True), (DESKTOP, False)], ids=["dark phone", "light desktop"]
)
def test_every_page(browser: Browser, site: Site, width: int, dark: bool) -> None:
    built = {path.relative_to(site.directory).as_posix() for path in site.directory.rglob("*.html")}
    pages = sorted(built - {"report.html", "404.html"})
    assert len(pages) > 30
    browser.emulate(dark=dark, width=width)
    for page in pages:
        visit(browser, site, page)
        assert browser.run("return document.documentElement.scrollWidth") <= width, page
        color = browser.run("return getComputedStyle(document.body).backgroundColor")
        channels = [int(part) for part in color[color.index("(") + 1 : -1].split(",")[:3]]
        assert (max(channels) < 80) == dark, page


def test_a_search_needs_no_other_host(browser: Browser, site: Site) -> None:
    visit(browser, site, "index.html")
    browser.one("input.md-search__input").send_keys("worker_shutdown_timeout")
    browser.wait(lambda: bool(browser.texts(".md-search-result__item h1")))
    browser.one("input.md-search__input").send_keys(Keys.ESCAPE)
    assert browser.messages() == []
    assert [url for url in browser.requests() if not url.startswith((site.url, "data:"))] == []


def test_a_rule_is_led_to(browser: Browser, site: Site) -> None:
    visit(browser, site, "rules.html")
    link = browser.one("article a[href='rules/ml101.html']")
    browser.run("arguments[0].click()", link)
    browser.wait(lambda: "ml101" in browser.driver.current_url)
    assert browser.texts("h1")[0].startswith("ML101 lua-bundle-inherited")
