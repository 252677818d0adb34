"""A CA bundle: how many certificates it holds, and how large they are."""

from __future__ import annotations

import base64
import binascii
import re

from nginx_memlint.records import record

_KIND = rb"(?:TRUSTED |X509 )?CERTIFICATE-----"
_CERTIFICATE = re.compile(
    rb"-----BEGIN %b\s((?:[^-]++|-(?!----END %b))++)-----END %b" % (_KIND, _KIND, _KIND)
)


@record
class Bundle:
    """What loading a PEM file puts into an ``X509_STORE``.

    ``certificates`` is the number of distinct certificates, ``der_bytes`` their size in DER:
    a store keeps one copy of each (``X509_STORE_add_cert()``).
    """

    certificates: int
    der_bytes: int


def read_bundle(pem: bytes) -> Bundle | None:
    """Count the certificates of a PEM file; None if there is none, which nginx rejects."""
    found = set()
    for match in _CERTIFICATE.finditer(pem):
        try:
            found.add(base64.b64decode(b"".join(match[1].split()), validate=True))
        except binascii.Error:
            return None
    return Bundle(len(found), sum(map(len, found))) if found else None
