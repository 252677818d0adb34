"""Make the pictures of the page that the documents show: ``python -m tests.browser.pictures``.

It prints how long the page of the largest one takes until its treemap is drawn, and its size.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from nginx_memlint import Report, check
from nginx_memlint.report.formats import html
from tests.browser.conftest import Browser, started
from tests.documents.pages import PROJECT
from tests.helpers import SAMPLES

DIRECTORY = PROJECT / "docs/screens"
MADE_OF = DIRECTORY / "made-of.sha256"
"""A digest of what the page is made of when the pictures were made."""

SEVERAL = ("incident", "incident-small-bundle", "incident-moved", "healthy", "shared")


class Screen(NamedTuple):
    """A picture: samples of a page, and the window it is seen in."""

    samples: tuple[str, ...]
    width: int
    height: int
    dark: bool = False
    budget: str | None = None
    to: str = ""
    """A selector of what is scrolled to."""


SCREENS = {
    "desktop.png": Screen(("incident",), 1200, 1500, budget="8GiB"),
    "treemap.png": Screen(("incident",), 1200, 800, to=".explorer"),
    "dark.png": Screen(("incident",), 1200, 900, dark=True, budget="8GiB"),
    "phone.png": Screen(("incident",), 390, 1400, budget="8GiB"),
    "several.png": Screen(SEVERAL, 1200, 900, budget="4GiB"),
}


def digest() -> str:
    """A digest of the files that the page is made of."""
    parts = sorted((PROJECT / "nginx_memlint/report/formats/html").glob("page.*"))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def page_of(screen: Screen) -> str:
    """The page of a picture: paths are as they are in the directory of the samples."""
    with chdir(SAMPLES):
        configs = [
            check(name, target="debian-12", max_memory=screen.budget, breakdown=True)
            for name in screen.samples
        ]
    return html.page(Report(configs=configs))


def take(browser: Browser, screen: Screen, page: Path) -> bytes:
    """Open a page in the window of a picture, and take it."""
    browser.emulate(dark=screen.dark, width=screen.width, height=screen.height)
    browser.open(page)
    if screen.to:
        browser.run(f"document.querySelector('{screen.to}').closest('section').scrollIntoView()")
    time.sleep(0.5)
    shot = browser.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    return base64.b64decode(shot["data"])


def seconds_to_open(browser: Browser, page: Path) -> float:
    """The time from asking for a page until its treemap is drawn."""
    browser.open(page)
    milliseconds: float = browser.run("return performance.getEntriesByName('drawn')[0].startTime")
    return milliseconds / 1000


@contextmanager
def quiet(directory: Path) -> Iterator[Browser]:
    """A browser whose console must stay empty."""
    with started(directory) as browser:
        yield browser
        assert browser.messages() == []


def main() -> None:
    """Write all pictures."""
    DIRECTORY.mkdir(exist_ok=True)
    with TemporaryDirectory() as temporary, quiet(Path(temporary) / "profile") as browser:
        page = Path(temporary) / "report.html"
        for name, screen in SCREENS.items():
            page.write_text(page_of(screen))
            data = take(browser, screen, page)
            (DIRECTORY / name).write_bytes(data)
            print(f"{name}: {len(data):,} bytes; page {page.stat().st_size:,} bytes")
            if name == "desktop.png":
                opened = [seconds_to_open(browser, page) for _ in range(5)]
                print(f"drawn {sorted(opened)[2]:.2f} s after it is asked for (median of 5)")
    MADE_OF.write_text(f"{digest()}\n")


if __name__ == "__main__":
    main()
