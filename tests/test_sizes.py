"""Sizes as they are written: all of a text is a size, or it is none."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.sizes import (
    GIB,
    MIB,
    SIZE_PATTERN,
    check_budget,
    exact,
    parse_budget,
    parse_size,
    plural,
)

SIZES = {
    "4GiB": 4 * GIB,
    "4 GiB": 4 * GIB,
    " 4GiB ": 4 * GIB,
    "4Gi": 4 * GIB,
    "4G": 4 * GIB,
    "4g": 4 * GIB,
    "4gib": 4 * GIB,
    "4GB": 4_000_000_000,
    "512Mi": 512 * MIB,
    "512m": 512 * MIB,
    "2048Ki": 2 * MIB,
    "2048k": 2 * MIB,
    "1Ti": 1024 * GIB,
    "1t": 1024 * GIB,
    "500MB": 500_000_000,
    "1.5GiB": 3 * GIB // 2,
    "1048576": MIB,
    "1048576B": MIB,
}

NONE = [
    *("", " ", "GiB", "lots", "50%", "4,5GiB", "4/2GiB", "4GiB!", "4GiBps", "1.5.5", "1e9", "0x10"),
    *("٣", "٣GiB", "４GiB", "4\u00a0GiB", "4  GiB", "-1", "-1GiB", "+1GiB", ".5GiB", "5.GiB"),
    *("0", "0GiB", "0.0", "1.5", "1.5B", "4iB", "4Gbit", "8EiB", "9" * 5000, "1GiB 1MiB", "1GiB\0"),
]


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == parse_budget(text) == size
    assert re.search(SIZE_PATTERN, text)


@pytest.mark.parametrize("text", NONE)
def test_all_of_a_text_is_a_size_or_none(text: str) -> None:
    for parse in (parse_size, parse_budget):
        with pytest.raises(ValueError, match="is not a size like 4GiB"):
            parse(text)


@pytest.mark.parametrize(
    ("text", "guess", "way_out"),
    [
        ("4", "4GiB", "4B"),
        ("1", "1GiB", "1B"),
        ("512", "512MiB", "512B"),
        ("4096", "4096MiB", "4096B"),
        ("700000", "700000KiB", "700000B"),
    ],
)
def test_a_small_number_without_a_unit_is_asked_about(text: str, guess: str, way_out: str) -> None:
    for parse in (parse_size, parse_budget):
        with pytest.raises(ValueError, match=f"did you mean {guess}\\? if not, write {way_out}$"):
            parse(text)
        assert parse(guess) >= MIB
        assert parse(way_out) == int(text)


@pytest.mark.parametrize("text", ["512KiB", "4k", "0.5MiB", "1023Ki"])
def test_a_budget_that_nginx_never_meets_is_asked_about(text: str) -> None:
    size = parse_size(text)
    with pytest.raises(ValueError, match=f"did you mean [0-9.]+[MG]iB\\? if not, write {size}B$"):
        parse_budget(text)
    with pytest.raises(ValueError, match=f"write {size}B$"):
        check_budget(size)
    assert parse_budget(f"{size}B") == size
    assert check_budget(MIB) == MIB


@given(st.text())
def test_a_text_that_is_a_size_has_its_form(text: str) -> None:
    try:
        parse_size(text)
    except ValueError:
        return
    assert re.search(SIZE_PATTERN, text)


@pytest.mark.parametrize(
    ("count", "sign", "said"),
    [
        (0, "", "0 CA loads"),
        (1, "", "1 CA load"),
        (-1, "", "-1 CA load"),
        (1204, "", "1,204 CA loads"),
        (1, "+", "+1 CA load"),
        (-1204, "+", "-1,204 CA loads"),
    ],
)
def test_one_thing_and_several(count: int, sign: str, said: str) -> None:
    assert plural(count, "CA load", sign) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(128 * MIB, "128 MiB"), (256 << 10, "256 KiB"), (1500, "1,500 bytes"), (0, "0 bytes")],
)
def test_a_size_to_the_byte(size: int, said: str) -> None:
    assert exact(size) == said
