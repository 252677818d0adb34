"""Lines and where they begin, against splitting the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.config.lines import STRIDE, Lines

TEXTS = (
    b"",
    b"\n",
    b"a",
    b"a\nb",
    b"a\nb\n",
    b"\n" * STRIDE,
    b"\n" * (2 * STRIDE + 1),
    b"a" * STRIDE + b"\n" + b"b" * STRIDE,
    (b"a" * (STRIDE - 1) + b"\n") * 3,
    (b"a" * STRIDE + b"\n") * 3,
    b"a" * (3 * STRIDE) + b"\nb",
    b"line of some bytes\n" * 1000,
)


def check(data: bytes, offsets: range) -> None:
    lines = Lines(data)
    starts = [0]
    for number, byte in enumerate(data):
        if byte == ord("\n"):
            starts.append(number + 1)
    for line, start in enumerate(starts, 1):
        assert lines.start(line) == start
    assert lines.start(len(starts) + 1) is None
    assert lines.start(len(starts) + STRIDE) is None
    for offset in offsets:
        assert lines.of(offset) == data[:offset].count(b"\n") + 1


@pytest.mark.parametrize("data", TEXTS, ids=range(len(TEXTS)))
def test_lines(data: bytes) -> None:
    check(data, range(0, len(data) + 1, 97))
    check(data, range(max(0, len(data) - 5), len(data) + 1))
    check(data, range(min(STRIDE - 1, len(data)), min(STRIDE + 2, len(data) + 1)))


@given(st.lists(st.sampled_from([b"\n", b"a" * 100, b"b" * STRIDE, b"\n" * 50]), max_size=20))
def test_any_lines(parts: list[bytes]) -> None:
    data = b"".join(parts)
    check(data, range(0, len(data) + 1, 501))
