"""A CA bundle: how many certificates it holds, how large they are, until when they are valid.

What is taken and what is rejected is what ``X509_load_cert_crl_file()`` of OpenSSL 3.0 does with
such files (tests/nginx/test_bundles.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from nginx_memlint.patterns import late
from nginx_memlint.records import record

_BEGIN, _END = b"\n-----BEGIN ", b"\n-----END "
_LABEL = late(rb"([^\n]*?)-----[ \t\r]*$", re.MULTILINE)
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
_REVOCATIONS = b"X509 CRL"


class NotPemError(ValueError):
    """A file that nginx rejects as a CA bundle; the message says what is wrong with it."""


@record
class Bundle:
    """What loading a PEM file puts into an ``X509_STORE``.

    ``certificates`` is the number of distinct certificates, ``der_bytes`` their size in DER:
    a store keeps one copy of each (``X509_STORE_add_cert()``). ``repeats`` is how many more the
    file lists, which are parsed and dropped.
    """

    certificates: int
    der_bytes: int
    repeats: int = 0


def read_bundle(pem: bytes) -> Bundle | None:
    """Count the certificates of a PEM file; None if nginx rejects it."""
    try:
        return bundle_of(pem)
    except NotPemError:
        return None


def bundle_of(pem: bytes) -> Bundle:
    """Count the certificates of a PEM file. Raises NotPemError."""
    listed = certificates(pem)
    found = set(listed)
    return Bundle(len(found), sum(map(len, found)), len(listed) - len(found))


@lru_cache(maxsize=4)  # a run of many configurations mostly sees one bundle
def certificates(pem: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM file in DER, in order; none if it has revocation lists alone.

    Raises NotPemError.
    """
    found = []
    usable = False
    for label, body in _blocks(pem):
        if label in _CERTIFICATES:
            found.append(_decoded(body))
        usable = usable or label in _CERTIFICATES or label == _REVOCATIONS
    if not usable:
        raise NotPemError("holds no PEM certificate")
    return tuple(found)


def _blocks(pem: bytes) -> Iterator[tuple[bytes, bytes]]:
    pem = b"\n" + pem
    position = 0
    while begin := _line(_BEGIN, pem, position):
        end = _line(_END, pem, begin.end())
        if end is None or end[1] != begin[1]:
            raise NotPemError("has a PEM block without its end")
        yield begin[1], pem[begin.end() : end.start() - len(_END)]
        position = end.end()


def _line(mark: bytes, pem: bytes, position: int) -> re.Match[bytes] | None:
    """The label after the next mark that has one."""
    while (at := pem.find(mark, position)) >= 0:
        position = at + len(mark)
        if found := _LABEL.match(pem, position):
            return found
    return None


def _decoded(body: bytes) -> bytes:
    import base64  # noqa: PLC0415  few configurations name a bundle
    import binascii  # noqa: PLC0415

    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
        start, end = _content(der, 0)
    except (binascii.Error, IndexError):
        raise NotPemError("has a certificate that is not base64 of DER") from None
    if der[0] != _SEQUENCE or end > len(der) or start == end:
        raise NotPemError("has a certificate that is not base64 of DER")
    return der


_SEQUENCE = 0x30
_VERSION = 0xA0
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18
_MOMENT = late(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d){2}Z", re.A)


@lru_cache(maxsize=1000)
def not_after(der: bytes) -> str | None:
    """When a certificate expires (RFC 5280, 4.1.2.5), as in clock.py; None if it cannot be read."""
    try:
        at, _ = _content(der, 0)  # Certificate
        at, _ = _content(der, at)  # TBSCertificate
        if der[at] == _VERSION:
            at = _content(der, at)[1]
        for _ in range(3):  # serialNumber, signature, issuer
            at = _content(der, at)[1]
        at, _ = _content(der, at)  # Validity
        at = _content(der, at)[1]  # notBefore
        start, end = _content(der, at)
        return _time(der[at], der[start:end].decode("ascii"))
    except (IndexError, UnicodeDecodeError):
        return None


def _content(der: bytes, at: int) -> tuple[int, int]:
    """Where the content of the element at an offset starts and ends. Raises IndexError."""
    length = der[at + 1]
    start = at + 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(der[start : start + octets], "big")
        start += octets
    return start, start + length


def _time(tag: int, text: str) -> str | None:
    if tag == _UTC_TIME:  # two digits of a year: 50 and above are of the 20th century
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        return None
    return text if _MOMENT.fullmatch(text) else None
