from __future__ import annotations

import pytest

from nginx_memlint.editor.positions import Positions


@pytest.mark.parametrize(("encoding", "character"), [("utf-16", 5), ("utf-8", 8), ("utf-32", 4)])
def test_characters_are_counted_as_the_editor_does(encoding: str, character: int) -> None:
    data = "a;\né \U0001f980 b;\n".encode()
    assert Positions(data, encoding).of(2, 5) == (1, character)


def test_a_carriage_return_alone_ends_a_line_of_editors_only() -> None:
    positions = Positions(b"a;\rb;\r\nc;\n", "utf-16")
    assert positions.of(1, 4) == (1, 0)
    assert positions.of(2, 1) == (2, 0)
    assert positions.line_of(1) == 1
    assert positions.line_of(2) == 2
    assert positions.end_of_line(1) == (1, 2)


def test_a_byte_order_mark_is_no_text() -> None:
    positions = Positions("\ufeffuser www;\n".encode(), "utf-16")
    assert positions.of(1, 2) == (0, 0)
    assert positions.of_offset(3) == (0, 0)


def test_form_feeds_and_line_separators_end_no_line() -> None:
    positions = Positions("a;\f\u2028b;\nc;".encode(), "utf-16")
    assert positions.of(2, 1) == (1, 0)


def test_places_beyond_the_end_are_at_the_end() -> None:
    positions = Positions(b"a;\n", "utf-16")
    assert positions.of(9, 9) == (1, 0)
    assert positions.of(1, 99) == (0, 2)
    assert positions.of_offset(3) == (1, 0)
    assert positions.line_of(99) == 2
