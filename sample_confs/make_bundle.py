"""Write the CA bundle of the samples: as many certificates as Mozilla's list, and as large.

    python sample_confs/make_bundle.py

What a CA load costs depends on the number, the size and the kinds of keys of the certificates. The
samples bring their own, so that their figures are the same on every machine. The certificates are
of nobody: keys and signatures are drawn from a hash, so no private key exists for any of them. A
server loads them all the same, since a CA file is loaded without checking it. The file is checked
in; a test makes sure that it is what this script writes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

PATH = Path(__file__).parent / "ca-bundle.pem"

KINDS = (
    ("rsa4096", "sha256", 38),
    ("rsa4096", "sha384", 18),
    ("rsa4096", "sha1", 6),
    ("rsa4096", "sha512", 4),
    ("rsa2048", "sha256", 24),
    ("rsa2048", "sha1", 18),
    ("p384", "sha384", 38),
    ("p256", "sha256", 4),
)
"""Keys, digests of signatures and how many: Debian's ca-certificates, November 2026 (150)."""

CURVES = {
    # SEC 2, version 2.0: the OID, the prime, b (a is -3)
    "p256": (
        "1.2.840.10045.3.1.7",
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    "p384": (
        "1.3.132.0.34",
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    ),
}

SIGNATURES = {
    ("rsa", "sha1"): "1.2.840.113549.1.1.5",
    ("rsa", "sha256"): "1.2.840.113549.1.1.11",
    ("rsa", "sha384"): "1.2.840.113549.1.1.12",
    ("rsa", "sha512"): "1.2.840.113549.1.1.13",
    ("ec", "sha256"): "1.2.840.10045.4.3.2",
    ("ec", "sha384"): "1.2.840.10045.4.3.3",
}
"""RFC 8017 and RFC 5758."""

NAMES = (
    (("C", "XX"), ("O", "Example Trust"), ("CN", "Example Root CA {}")),
    (
        ("C", "XX"),
        ("O", "Example Trust Services"),
        ("OU", "Certification Authority"),
        ("CN", "Example Primary Root CA {}"),
    ),
    (
        ("C", "XX"),
        ("O", "Example Certification Company Ltd."),
        ("CN", "Example Global Root Authority {}"),
    ),
    (
        ("C", "XX"),
        ("O", "Example"),
        ("OU", "Example Class 1 Trust Network"),
        ("CN", "Example Root G{}"),
    ),
)
"""Three or four parts, as most of Mozilla's list."""

ATTRIBUTES = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3"}

INTEGER, BITS, OCTETS, NULL, OID, UTF8, PRINTABLE, UTC_TIME = 2, 3, 4, 5, 6, 12, 19, 23
SEQUENCE, SET, VERSION, EXTENSIONS, KEY_IDENTIFIER = 0x30, 0x31, 0xA0, 0xA3, 0x80


def element(tag: int, *contents: bytes) -> bytes:
    """One element in DER."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def integer(number: int) -> bytes:
    """A positive INTEGER."""
    return element(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    content = bytearray((40 * first + second,))
    for number in rest:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | (number & 0x7F))
        content += bytes(reversed(digits))
    return element(OID, bytes(content))


def drawn(label: str, size: int) -> int:
    """A number of a size in bytes that follows from a label."""
    return int.from_bytes(hashlib.shake_256(label.encode()).digest(size), "big")


def odd_of(label: str, size: int) -> int:
    """A number that can stand for an RSA modulus: its highest and its lowest bit are set."""
    return drawn(label, size) | 1 << (8 * size - 1) | 1


def point(label: str, curve: str) -> bytes:
    """A point of a curve, uncompressed."""
    _, prime, b = CURVES[curve]
    size = prime.bit_length() // 8
    x = drawn(label, size) % prime
    while True:
        square = (x**3 - 3 * x + b) % prime
        y = pow(square, (prime + 1) // 4, prime)
        if y * y % prime == square:
            return b"\4" + x.to_bytes(size, "big") + y.to_bytes(size, "big")
        x += 1


def public_key(label: str, key: str) -> bytes:
    """A SubjectPublicKeyInfo."""
    if key in CURVES:
        algorithm = element(SEQUENCE, oid("1.2.840.10045.2.1"), oid(CURVES[key][0]))
        return element(SEQUENCE, algorithm, element(BITS, b"\0", point(label, key)))
    modulus = odd_of(label, int(key.removeprefix("rsa")) // 8)
    algorithm = element(SEQUENCE, oid("1.2.840.113549.1.1.1"), element(NULL))
    rsa = element(SEQUENCE, integer(modulus), integer(65537))
    return element(SEQUENCE, algorithm, element(BITS, b"\0", rsa))


def signature(label: str, key: str) -> bytes:
    """A signature of the size that the key would make."""
    if key in CURVES:
        size = CURVES[key][1].bit_length() // 8
        return element(SEQUENCE, *(integer(odd_of(f"{label} {n}", size)) for n in "rs"))
    return odd_of(label, int(key.removeprefix("rsa")) // 8).to_bytes(
        int(key.removeprefix("rsa")) // 8, "big"
    )


def name(number: int) -> bytes:
    """A Name: the subject, and the issuer as well."""
    return element(
        SEQUENCE,
        *(
            element(
                SET,
                element(
                    SEQUENCE,
                    oid(ATTRIBUTES[attribute]),
                    element(PRINTABLE if attribute == "C" else UTF8, value.format(number).encode()),
                ),
            )
            for attribute, value in NAMES[number % len(NAMES)]
        ),
    )


def extensions(label: str) -> bytes:
    """Those of a root: what it may do, and the identifier of its key."""
    true = b"\1\1\xff"
    identifier = hashlib.sha1(label.encode(), usedforsecurity=False).digest()
    found = (
        (oid("2.5.29.19"), true, element(OCTETS, element(SEQUENCE, true))),
        (oid("2.5.29.15"), true, element(OCTETS, element(BITS, b"\1\6"))),
        (oid("2.5.29.14"), element(OCTETS, element(OCTETS, identifier))),
        (
            oid("2.5.29.35"),
            element(OCTETS, element(SEQUENCE, element(KEY_IDENTIFIER, identifier))),
        ),
    )
    return element(EXTENSIONS, element(SEQUENCE, *(element(SEQUENCE, *parts) for parts in found)))


def certificate(number: int, key: str, digest: str) -> bytes:
    """A certificate in DER."""
    label = f"nginx-memlint sample CA {number}"
    algorithm = SIGNATURES["ec" if key in CURVES else "rsa", digest]
    null = () if key in CURVES else (element(NULL),)
    signed_with = element(SEQUENCE, oid(algorithm), *null)
    signed = element(
        SEQUENCE,
        element(VERSION, integer(2)),
        integer(odd_of(f"{label} serial", 8)),
        signed_with,
        name(number),
        element(SEQUENCE, element(UTC_TIME, b"160101000000Z"), element(UTC_TIME, b"491231235959Z")),
        name(number),
        public_key(f"{label} key", key),
        extensions(label),
    )
    return element(
        SEQUENCE, signed, signed_with, element(BITS, b"\0", signature(f"{label} signature", key))
    )


def certificates() -> Iterator[bytes]:
    """All of them, the kinds mixed evenly."""
    places = sorted(
        ((n + 0.5) / count, key, digest) for key, digest, count in KINDS for n in range(count)
    )
    for number, (_, key, digest) in enumerate(places, 1):
        yield certificate(number, key, digest)


def text() -> str:
    """The bundle in PEM."""
    lines = []
    for der in certificates():
        encoded = base64.b64encode(der).decode()
        lines.append("-----BEGIN CERTIFICATE-----")
        lines += [encoded[at : at + 64] for at in range(0, len(encoded), 64)]
        lines.append("-----END CERTIFICATE-----")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the file."""
    PATH.write_text(text())


if __name__ == "__main__":
    main()
