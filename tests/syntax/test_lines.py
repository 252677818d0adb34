"""Lines and where they begin, against splitting the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.syntax import lines as module
from nginx_memlint.syntax.lines import Lines

STRIDE = 128
"""Smaller than it is, as all that matters happens near it."""

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
    b"line of some bytes\n" * 100,
)


@pytest.fixture(autouse=True)
def stride(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STRIDE", STRIDE)


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
    check(data, range(len(data) + 1))


def test_lines_at_the_true_stride(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert module.STRIDE > STRIDE
    check(b"a line of some forty bytes in its length\n" * (module.STRIDE // 16), range(0, 9999, 97))


@given(st.lists(st.sampled_from([b"\n", b"a" * 10, b"b" * STRIDE, b"\n" * 50]), max_size=20))
def test_any_lines(parts: list[bytes]) -> None:
    data = b"".join(parts)
    check(data, range(0, len(data) + 1, 51))
