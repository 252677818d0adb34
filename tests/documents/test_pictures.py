"""The pictures of the documents show what the recordings and the program say now."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.documents.pages import PAGES
from tests.documents.pictures import BOTTOM, DIRECTORY, HEIGHT, LEFT, PICTURES, RIGHT, TOP, WIDTH
from tests.nginx.accuracy_whole import RELEASES, recording

pytestmark = pytest.mark.xdist_group("predictions")  # made once, by one process

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_it_is_current(path: Path) -> None:
    drawn = PICTURES[path]()
    assert path.read_text("utf-8") == drawn, "run python -m tests.documents --predictions"


def test_each_has_a_place_in_a_page() -> None:
    assert {*DIRECTORY.iterdir()} == PICTURES.keys()
    for path in PICTURES:
        assert any(f"](pictures/{path.name})" in page.text for page in PAGES), path.name


def test_each_phase_of_each_configuration_is_a_point() -> None:
    svg = ElementTree.parse(DIRECTORY / "predicted.svg")
    rows = sum(len(recording("whole", stack)["rows"]) for stack in RELEASES)
    points = [*svg.iter(f"{SVG}circle")]
    assert len(points) == 3 * rows
    for point in points:
        # a prediction above the measurement is above the diagonal, which joins two corners
        x, y = (float(point.attrib[name]) for name in ("cx", "cy"))
        title = point.find(f"{SVG}title")
        assert title is not None
        assert title.text is not None
        ratio = float(title.text.rpartition(": ")[2])
        part = (x - LEFT) / (WIDTH - RIGHT - LEFT)
        diagonal = HEIGHT - BOTTOM - part * (HEIGHT - BOTTOM - TOP)
        assert (y <= diagonal + 1) if ratio >= 1 else (y >= diagonal - 1)
