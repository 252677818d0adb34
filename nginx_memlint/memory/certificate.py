"""The memory of certificates and revocation lists, by what is in them.

Measured on Debian 12 (OpenSSL 3.0) with a file for each thing: ``TLS server, CA, *`` and ``TLS
server, own, *`` in tests/nginx/part_cases.py.
"""

from __future__ import annotations

from collections.abc import Iterable

from nginx_memlint.targets.versions import Version
from nginx_memlint.tls.der import Facts, Revoked

CERTIFICATE, DER, EXTENSION, FOREIGN = 1_960, 2.03, 60, 100
"""Of a parsed certificate: each, a byte of DER, an extension, and more of one that OpenSSL has not
in its tables (OBJ_nid2obj())."""

ATTRIBUTE, NAME_BYTE = 98, 2.0
"""Of subject and issuer: each attribute, and each byte, of which X509_NAME keeps its DER and the
canonical form."""

EC_KEY = 1_337
"""A public key on a curve, which is parsed into a group of its own."""

NAME, OTHER_NAME, CONSTRAINT, POINT = 110, 140, 140, 285
"""Of what is decoded of certificates of one's own (ossl_x509v3_cache_extensions()), but not of CAs:
an alternative name, more of one with a type, a subtree of names, a distribution point."""

UNDECODED = Version((3, 5))
"""The first OpenSSL that was seen to decode none of it when a certificate is loaded: 3.5.7 and
3.6.5, where 1.1.1 and 3.0 do. Those between are taken for such as do."""

CRL, CRL_ENTRY, CRL_EXTENSION = 1_550, 208, 188
"""Of a revocation list, of each entry with a serial of 20 bytes (shorter ones take 198), and of
each extension of an entry, such as its reason (X509_REVOKED)."""

CRL_COPY = 35
"""Of each entry, its DER: a list keeps that of all of them in one piece (X509_CRL_INFO.enc)."""

CRL_AGAIN = 1_950
"""Of a list that a context has from its CA file already, and drops (X509_STORE_add_crl())."""

SENT, SENT_ATTRIBUTE, SENT_BYTE = 190, 36, 5.5
"""Of a CA's name that is sent to clients (SSL_load_client_CA_file()): each, each of its attributes
and bytes; a subject is taken for half of the names in a certificate."""

STOCK_SENT = SENT + 3.5 * SENT_ATTRIBUTE + 96 * SENT_BYTE
"""Of the samples' bundle, on the average: that is Costs.client_ca_name."""


def certificate_bytes(facts: Facts) -> int:
    """Bytes that a parsed certificate takes."""
    size = CERTIFICATE + DER * facts.size + EXTENSION * facts.extensions + FOREIGN * facts.foreign
    size += ATTRIBUTE * facts.attributes + NAME_BYTE * facts.name_bytes
    return round(size + EC_KEY * facts.has_ec_key)


STOCK = CERTIFICATE + 4 * EXTENSION + 7 * ATTRIBUTE + 192 * NAME_BYTE + 0.28 * EC_KEY
"""Beside its DER, of a certificate of the samples' bundle, as they are on the average there. Costs
of a server are those of such a bundle (targets/costs_table.py)."""


def beyond_stock(certificates: Iterable[Facts]) -> float:
    """Bytes that certificates take beyond so many of their size from the stock bundle.

    Those that are malformed are taken for such.
    """
    return sum(
        certificate_bytes(facts) - STOCK - DER * facts.size
        for facts in certificates
        if facts.attributes
    )


def own_bytes(facts: Facts, openssl: Version) -> int:
    """Bytes that a certificate of one's own takes."""
    if openssl >= UNDECODED:
        return certificate_bytes(facts)
    names = NAME * facts.names + OTHER_NAME * facts.other_names
    decoded = names + CONSTRAINT * facts.constraints + POINT * facts.points
    return certificate_bytes(facts) + decoded


def sent_bytes(certificates: Iterable[Facts], each: int) -> float:
    """Bytes of CAs' names that are sent to clients, if those of the stock bundle take ``each``."""
    sizes = (
        SENT + SENT_ATTRIBUTE * facts.attributes / 2 + SENT_BYTE * facts.name_bytes / 2
        if facts.attributes
        else STOCK_SENT
        for facts in certificates
    )
    return each / STOCK_SENT * sum(sizes)


def revocation_bytes(lists: Iterable[Revoked]) -> int:
    """Bytes that revocation lists take in a context."""
    return sum(CRL + CRL_ENTRY * one.entries + CRL_EXTENSION * one.extensions for one in lists)
