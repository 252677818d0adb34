"""The pictures of the page in the documents: of the page as it is made now."""

from __future__ import annotations

import struct

import pytest

from tests.browser.pictures import DIRECTORY, MADE_OF, SCREENS, digest
from tests.documents.pages import page


def test_they_are_of_the_page_as_it_is() -> None:
    assert MADE_OF.read_text() == f"{digest()}\n", "run python -m tests.browser.pictures"


@pytest.mark.parametrize("name", SCREENS)
def test_each_is_the_window_it_is_said_to_be(name: str) -> None:
    data = (DIRECTORY / name).read_bytes()
    screen = SCREENS[name]
    assert data.startswith(b"\x89PNG\r\n")
    assert struct.unpack(">II", data[16:24]) == (screen.width, screen.height)
    assert len(data) < 300_000


def test_each_is_shown() -> None:
    text = page("docs/formats.md").text
    shown = {path.name for path in DIRECTORY.iterdir() if path.suffix == ".png"}
    assert shown == SCREENS.keys()
    for name in shown:
        assert f"](screens/{name})" in text
