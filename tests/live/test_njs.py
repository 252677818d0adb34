"""The version of njs, from the bytes of a module."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from nginx_memlint.live import njs
from nginx_memlint.live.njs import njs_version


def number(major: int, minor: int, patch: int) -> bytes:
    return struct.pack("d", major * 65536 + minor * 256 + patch)


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (b"\x7fELF\0\x050.7.9\0" + number(0, 7, 9), "0.7.9"),
        (b"nginx/1.22.1\0zlib 1.2.13\x00" + number(1, 0, 2) + b"\x001.0.2\0", "1.0.2"),
        (b"0.7.9\0", None),
        (number(0, 7, 9), None),
        (b"0.7.9\0" + number(0, 7, 8), None),
        (b"0.7.9\x000.8.4\0" + number(0, 7, 9) + number(0, 8, 4), None),
        (b"10.7.9\x000.7.9.1\0" + number(0, 7, 9), None),
        (b"", None),
    ],
)
def test_a_text_counts_if_the_number_is_there_too(
    data: bytes, version: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "module.so"
    path.write_bytes(data)
    assert njs_version(str(path)) == version


def test_what_cannot_be_read_tells_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "module.so"
    assert njs_version(str(path)) is None
    assert njs_version(str(tmp_path)) is None
    path.write_bytes(b"0.7.9\0" + number(0, 7, 9))
    monkeypatch.setattr(njs, "MOST_BYTES", 13)
    assert njs_version(str(path)) is None
    monkeypatch.setattr(njs, "MOST_BYTES", 14)
    assert njs_version(str(path)) == "0.7.9"
