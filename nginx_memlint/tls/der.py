"""The content of certificates and revocation lists that decides their memory, read from DER."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_SEQUENCE, _SET, _BIT_STRING, _OBJECT, _TIMES = 0x30, 0x31, 0x03, 0x06, (0x17, 0x18)
_VERSION, _EXTENSIONS, _OF_LIST, _DNS_NAME = 0xA0, 0xA3, 0xA0, 0x82
_EC_KEY = bytes.fromhex("2a8648ce3d0201")
_ALTERNATIVE_NAMES = bytes.fromhex("551d11")


class Facts(NamedTuple):
    """Of a certificate: bytes of DER, extensions, attributes of subject and issuer, names.

    ``key_bits``: about how long its public key is; ``has_ec_key``: whether it is one on a curve.
    """

    size: int
    extensions: int = 0
    attributes: int = 0
    names: int = 0
    has_ec_key: bool = False
    key_bits: int = 2048


Element = tuple[int, int, int]
"""Tag, and where the content begins and ends."""


def _elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """The elements between two offsets; those that are malformed end it."""
    while start + 2 <= end:
        tag, length = data[start], data[start + 1]
        start += 2
        if length & 0x80:
            count = length & 0x7F
            if not 0 < count <= 4 or start + count > end:
                return
            length = int.from_bytes(data[start : start + count], "big")
            start += count
        if start + length > end:
            return
        yield tag, start, start + length
        start += length


def _inside(data: bytes, element: Element) -> list[Element]:
    return [*_elements(data, element[1], element[2])]


@lru_cache(maxsize=1024)
def certificate_facts(der: bytes) -> Facts:
    """The facts of a certificate; of one that is malformed, its size alone."""
    try:
        return _certificate(der)
    except (IndexError, ValueError):
        return Facts(len(der))


def _certificate(der: bytes) -> Facts:
    [outer] = [*_elements(der, 0, len(der))][:1]
    fields = _inside(der, _inside(der, outer)[0])
    if fields[0][0] == _VERSION:
        fields = fields[1:]
    _, _, issuer, _, subject, key = fields[:6]
    attributes = len(_inside(der, issuer)) + len(_inside(der, subject))
    algorithm, bits = _inside(der, key)[:2]
    listed = [field for field in fields[6:] if field[0] == _EXTENSIONS]
    extensions = _inside(der, _inside(der, listed[0])[0]) if listed else []
    return Facts(
        len(der),
        len(extensions),
        attributes,
        sum(_names(der, extension) for extension in extensions),
        der[algorithm[1] : algorithm[2]].find(_EC_KEY) >= 0,
        8 * (bits[2] - bits[1]),
    )


def _names(der: bytes, extension: Element) -> int:
    """How many DNS names an extension lists."""
    name, *_, value = _inside(der, extension)
    if der[name[1] : name[2]] != _ALTERNATIVE_NAMES:
        return 0
    [listed] = _inside(der, value)
    return sum(tag == _DNS_NAME for tag, _, _ in _inside(der, listed))


def revoked(der: bytes) -> int:
    """How many certificates a revocation list names (TBSCertList.revokedCertificates)."""
    try:
        [outer] = [*_elements(der, 0, len(der))][:1]
        fields = _inside(der, _inside(der, outer)[0])
    except (IndexError, ValueError):
        return 0
    times = [number for number, (tag, _, _) in enumerate(fields) if tag in _TIMES]
    rest = fields[times[-1] + 1 :] if times else []
    if not rest or rest[0][0] != _SEQUENCE:
        return 0
    return sum(1 for _ in _elements(der, rest[0][1], rest[0][2]))
