"""CA bundles: how many certificates a PEM file holds, and how large they are.

A file is accepted or rejected as ``X509_load_cert_crl_file()`` of OpenSSL 3.0 does it
(tests/nginx/test_bundles.py).
"""

from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from nginx_memlint.tls.der import Facts, Revoked, certificate_facts, revoked

_BEGIN, _END, _DASHES = b"\n-----BEGIN ", b"\n-----END ", b"-----"
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE"}
_REVOCATIONS = b"X509 CRL"
_WHITE_SPACE = b" \t\n\r\v\f"


class NotPemError(ValueError):
    """A file is rejected as a CA bundle; the message says what is wrong with it."""


class Bundle(NamedTuple):
    """The certificates that one load of a PEM file puts into an ``X509_STORE``.

    ``certificates`` is the number of distinct certificates, ``der_bytes`` their size in DER: a
    store keeps one copy of each (``X509_STORE_add_cert()``). ``repeats`` is how many more the file
    lists, which are parsed and dropped. ``revoked`` is what each of its revocation lists names,
    ``facts`` what is in the certificates, ``marks`` a hash of each in this process; none where
    that is not known.
    """

    certificates: int
    der_bytes: int
    repeats: int = 0
    revoked: tuple[Revoked, ...] = ()
    facts: tuple[Facts, ...] = ()
    marks: tuple[int, ...] = ()


_PEM_MARKS, _PEM_LINE, _DER_LINE = 54, 65, 48
"""Bytes of PEM around a certificate, of a whole line of it, and of the DER in that."""

PEM_OF_ONE = 1_500
"""Bytes of PEM that a CA's certificate has on the average (ca-certificates 20250419: 1,501)."""


def sized_bundle(certificates: int, pem_bytes: int) -> Bundle:
    """A bundle of so many certificates, in a file of so many bytes without other text.

    The DER of Debian's and the samples' bundle is 0.2 % less.
    """
    inside = pem_bytes - _PEM_MARKS * certificates
    return Bundle(certificates, inside * _DER_LINE // _PEM_LINE)


def pem_size(certificates: int, der_bytes: int) -> int:
    """Bytes of a file of so many certificates, without other text."""
    return _PEM_MARKS * certificates - -der_bytes * _PEM_LINE // _DER_LINE


def read_bundle(pem: bytes) -> Bundle | None:
    """Count the certificates of a PEM file; None if nginx rejects it."""
    try:
        return bundle_of(pem)
    except NotPemError:
        return None


def bundle_of(pem: bytes) -> Bundle:
    """Count the certificates of a PEM file. Raises NotPemError."""
    listed = certificates(pem)
    distinct = dict.fromkeys(listed)
    lists = tuple(map(revoked, revocations(pem))) if _REVOCATIONS in pem else ()
    facts = tuple(map(certificate_facts, distinct))
    size = sum(map(len, distinct))
    marks = tuple(map(hash, distinct))
    return Bundle(len(distinct), size, len(listed) - len(distinct), lists, facts, marks)


@lru_cache(maxsize=4)  # a run of many configurations mostly sees one bundle
def certificates(pem: bytes) -> tuple[bytes, ...]:
    """The certificates of a PEM file in DER, in order; none if it has revocation lists alone.

    Raises NotPemError.
    """
    decoded = []
    usable = False
    for label, body in _blocks(pem):
        if label in _CERTIFICATES:
            decoded.append(_decoded(body))
        usable = usable or label in _CERTIFICATES or label == _REVOCATIONS
    if not usable:
        raise NotPemError("holds no PEM certificate")
    return tuple(decoded)


def _blocks(pem: bytes) -> Iterator[tuple[bytes, bytes]]:
    pem = b"\n%b\n" % pem
    position = 0
    while begin := _line(_BEGIN, pem, position):
        label, _, start = begin
        end = _line(_END, pem, start)
        if end is None or end[0] != label:
            raise NotPemError("has a PEM block without its end")
        _, stop, position = end
        yield label, pem[start:stop]


def _line(mark: bytes, pem: bytes, position: int) -> tuple[bytes, int, int] | None:
    """The label of the next mark that has one, the mark's offset, and where its line ends."""
    while (at := pem.find(mark, position)) >= 0:
        end = pem.index(b"\n", at + len(mark))
        line = pem[at + len(mark) : end].rstrip(b" \t\r")
        if line.endswith(_DASHES):
            return line.removesuffix(_DASHES), at, end
        position = end
    return None


def _decoded(body: bytes) -> bytes:
    import binascii  # noqa: PLC0415  few configurations name a bundle

    try:
        der = binascii.a2b_base64(body.translate(None, _WHITE_SPACE), strict_mode=True)
        start, end = _content(der, 0)
    except (binascii.Error, IndexError):
        raise NotPemError("has a certificate that is not base64 of DER") from None
    if der[0] != _SEQUENCE or end > len(der) or start == end:
        raise NotPemError("has a certificate that is not base64 of DER")
    return der


_SEQUENCE = 0x30


def _content(der: bytes, at: int) -> tuple[int, int]:
    """The offsets at which the content of a DER element starts and ends; raises IndexError."""
    length = der[at + 1]
    start = at + 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(der[start : start + octets], "big")
        start += octets
    return start, start + length


def revocations(pem: bytes) -> tuple[bytes, ...]:
    """The revocation lists of a PEM file in DER, in order, without those that are malformed.

    Raises NotPemError for a block without an end.
    """
    lists = []
    for label, body in _blocks(pem):
        if label == _REVOCATIONS:
            with suppress(NotPemError):
                lists.append(_decoded(body))
    return tuple(lists)
