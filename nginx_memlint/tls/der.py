"""The content of certificates and revocation lists that decides their memory, read from DER."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

_SEQUENCE, _SET, _BIT_STRING, _OBJECT, _TIMES = 0x30, 0x31, 0x03, 0x06, (0x17, 0x18)
_VERSION, _EXTENSIONS, _OTHER_NAME = 0xA0, 0xA3, 0xA0
_EC_KEY = bytes.fromhex("2a8648ce3d0201")
_STANDARD = (bytes.fromhex("551d"), bytes.fromhex("2b06010505"))
"""How the identifiers of extensions begin that OpenSSL has in its tables: id-ce and id-pe."""

_ALTERNATIVE_NAMES = bytes.fromhex("551d11")
_CONSTRAINTS = bytes.fromhex("551d1e")
_POINTS = bytes.fromhex("551d1f")
_READ = (_ALTERNATIVE_NAMES, _CONSTRAINTS, _POINTS)

_FIELDS, _FIELDS_OF_LIST, _FIELDS_OF_EXTENSION = 10, 7, 3
"""The most that a TBSCertificate, a TBSCertList and an Extension have (RFC 5280)."""


class Facts(NamedTuple):
    """Of a certificate: bytes of DER, extensions, attributes of subject and issuer.

    ``foreign``: extensions that OpenSSL does not know. ``name_bytes``: DER of subject and issuer.
    ``names``: alternative names, ``other_names`` those of them of kinds with a type of their own;
    ``constraints`` of names, and distribution ``points``. ``key_bits``: about how long its public
    key is; ``has_ec_key``: whether it is one on a curve.
    """

    size: int
    extensions: int = 0
    foreign: int = 0
    attributes: int = 0
    name_bytes: int = 0
    names: int = 0
    other_names: int = 0
    constraints: int = 0
    points: int = 0
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


def _inside(data: bytes, element: Element) -> Iterator[Element]:
    return _elements(data, element[1], element[2])


def _first(data: bytes, element: Element, most: int) -> list[Element]:
    """The first elements inside: a list of all could take 70 times the memory of the data."""
    return [*islice(_inside(data, element), most)]


def _count(data: bytes, element: Element) -> int:
    return sum(1 for _ in _inside(data, element))


def _signed(der: bytes, most: int) -> list[Element]:
    """The first fields of what is signed in a certificate or a revocation list."""
    [outer] = _first(der, (_SEQUENCE, 0, len(der)), 1)
    return _first(der, _first(der, outer, 1)[0], most)


@lru_cache(maxsize=1024)
def certificate_facts(der: bytes) -> Facts:
    """The facts of a certificate; of one that is malformed, its size alone."""
    try:
        return _certificate(der)
    except (IndexError, ValueError):
        return Facts(len(der))


def _certificate(der: bytes) -> Facts:
    fields = _signed(der, _FIELDS)
    if fields[0][0] == _VERSION:
        fields = fields[1:]
    _, _, issuer, _, subject, key = fields[:6]
    algorithm, bits = _first(der, key, 2)
    values: dict[bytes, Element] = {}
    extensions = foreign = 0
    for listed in [field for field in fields[6:] if field[0] == _EXTENSIONS][:1]:
        for extension in _inside(der, _first(der, listed, 1)[0]):
            _, start, end = _first(der, extension, 1)[0]
            identifier = der[start:end]
            extensions += 1
            foreign += not identifier.startswith(_STANDARD)
            if identifier in _READ:
                values[identifier] = extension
    names = Counter(tag for tag, _, _ in _listed(der, values.get(_ALTERNATIVE_NAMES)))
    constraints = _listed(der, values.get(_CONSTRAINTS))
    return Facts(
        size=len(der),
        extensions=extensions,
        foreign=foreign,
        attributes=_count(der, issuer) + _count(der, subject),
        name_bytes=issuer[2] - issuer[1] + subject[2] - subject[1],
        names=names.total(),
        other_names=names[_OTHER_NAME],
        constraints=sum(_count(der, subtrees) for subtrees in constraints),
        points=sum(1 for _ in _listed(der, values.get(_POINTS))),
        has_ec_key=der[algorithm[1] : algorithm[2]].find(_EC_KEY) >= 0,
        key_bits=8 * (bits[2] - bits[1]),
    )


def _listed(der: bytes, extension: Element | None) -> Iterator[Element]:
    """The elements of the list that an extension is."""
    if extension is not None:
        [value] = _first(der, _first(der, extension, _FIELDS_OF_EXTENSION)[-1], 2)
        yield from _inside(der, value)


class Revoked(NamedTuple):
    """Of a revocation list: how many certificates it names, and the extensions of these entries."""

    entries: int
    extensions: int = 0


def revoked(der: bytes) -> Revoked:
    """The contents of a revocation list (TBSCertList.revokedCertificates); malformed: none."""
    try:
        fields = _signed(der, _FIELDS_OF_LIST)
    except (IndexError, ValueError):
        return Revoked(0)
    times = [number for number, (tag, _, _) in enumerate(fields) if tag in _TIMES]
    rest = fields[times[-1] + 1 :] if times else []
    if not rest or rest[0][0] != _SEQUENCE:
        return Revoked(0)
    entries = extensions = 0
    for entry in _elements(der, rest[0][1], rest[0][2]):
        entries += 1
        for listed in _first(der, entry, 3)[2:]:
            extensions += _count(der, listed)
    return Revoked(entries, extensions)
