"""CA bundles for tests: certificates of one size, with the dates wanted, signed by nobody.

They are certificates to memlint, which reads no more of one than its dates; nginx would reject
them, so the tests against it use real ones.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

VALID = datetime(2040, 1, 1, tzinfo=UTC)
SIZE = 1100
"""Bytes of a certificate in DER, about the mean of Mozilla's list."""


def der(number: int, not_after: datetime = VALID) -> bytes:
    """A certificate, its serial number the number given."""
    algorithm = _tlv(0x30, _tlv(0x06, b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"))
    validity = _tlv(0x17, b"200101000000Z") + _tlv(
        0x18, not_after.strftime("%Y%m%d%H%M%SZ").encode()
    )
    signed = (
        _tlv(0xA0, _tlv(0x02, b"\x02"))
        + _tlv(0x02, number.to_bytes(4, "big"))
        + algorithm
        + _tlv(0x30, b"")
        + _tlv(0x30, validity)
    )
    tail = SIZE - len(_tlv(0x30, _tlv(0x30, signed) + algorithm)) - 6
    return _tlv(0x30, _tlv(0x30, signed) + algorithm + _tlv(0x03, bytes(tail)))


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    return bytes([tag, 0x82]) + length.to_bytes(2, "big") + content


def pem(count: int, not_after: datetime = VALID, first: int = 0) -> str:
    """So many certificates."""
    return "".join(
        f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der(n, not_after)).decode()}"
        "-----END CERTIFICATE-----\n"
        for n in range(first, first + count)
    )


def write_bundles(directory: Path) -> None:
    """The files that the examples in the rules' documentation name."""
    for name, text in {
        "ca.pem": pem(3),
        "many.pem": pem(150),
    }.items():
        (directory / name).write_text(text)
