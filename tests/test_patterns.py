"""Regular expressions that are compiled late."""

from __future__ import annotations

import re

import pytest

from nginx_memlint.patterns import late


def test_it_is_the_same_expression() -> None:
    pattern = late(r"(a+)$", re.MULTILINE)
    found = pattern.search("baa\nb")
    assert found is not None
    assert found.span(1) == (1, 3)
    assert pattern.sub("", "a\na") == "\n"
    assert pattern.flags == re.compile(r"(a+)$", re.MULTILINE).flags


def test_it_is_compiled_when_it_is_used() -> None:
    pattern = late(rb"(")
    with pytest.raises(re.error):
        pattern.match(b"")


def test_it_has_no_more_than_they_have() -> None:
    with pytest.raises(AttributeError):
        _ = late("a").no_such  # type: ignore[attr-defined]
