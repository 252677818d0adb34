"""The content of certificates and revocation lists."""

from __future__ import annotations

import base64
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nginx_memlint.tls.ca_bundle import certificates
from nginx_memlint.tls.der import Facts, certificate_facts, revoked
from tests.helpers import BUNDLE

LISTED = certificates(BUNDLE.read_bytes())


def element(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x83]) + size.to_bytes(3, "big")
    return bytes([tag]) + length + content


def revocation_list(entries: int, *, with_next: bool = True, reasons: int = 0) -> bytes:
    time = element(0x17, b"250101000000Z")
    reason = element(0x30, element(0x06, b"\x55\x1d\x15"), element(0x04, b"\x0a\1\1"))
    extensions = [element(0x30, *[reason] * reasons)] if reasons else []
    entry = element(0x30, element(0x02, b"\x5a" * 20), time, *extensions)
    listed = [element(0x30, *[entry] * entries)] if entries else []
    times = [time, time] if with_next else [time]
    version, algorithm, issuer = element(0x02, b"\1"), element(0x30), element(0x30)
    inside = element(0x30, version, algorithm, issuer, *times, *listed)
    return element(0x30, inside, algorithm, element(0x03, b"\0"))


def test_every_public_ca_is_understood() -> None:
    facts = [certificate_facts(der) for der in LISTED]
    assert len(facts) == 150
    assert all(fact.extensions >= 2 and fact.attributes >= 4 for fact in facts)
    assert {fact.has_ec_key for fact in facts} == {True, False}
    for fact, der in zip(facts, LISTED, strict=True):
        assert fact.size == len(der)
        # an RSA key says its length in bits, with a little around it
        assert fact.key_bits < 1_000 if fact.has_ec_key else 2_000 < fact.key_bits < 4_400


@pytest.mark.parametrize("entries", [0, 1, 300])
@pytest.mark.parametrize("with_next", [True, False])
@pytest.mark.parametrize("reasons", [0, 1, 2])
def test_entries_of_a_revocation_list(entries: int, with_next: bool, reasons: int) -> None:
    der = revocation_list(entries, with_next=with_next, reasons=reasons)
    assert revoked(der) == (entries, entries * reasons)


@pytest.mark.parametrize("inside", ["names", "points", "extensions", "attributes", "fields"])
def test_no_list_is_made_of_what_a_certificate_holds(inside: str) -> None:
    """Two bytes are an element, of which there may be millions; a list takes 70 times as much."""
    many = element(0x82) * 50_000
    full = {inside: many}
    extensions = [
        element(0x30, element(0x06, identifier), element(0x04, element(0x30, full.get(name, b""))))
        for name, identifier in (("names", b"\x55\x1d\x11"), ("points", b"\x55\x1d\x1f"))
    ]
    if inside == "extensions":
        extensions += [element(0x30, element(0x06, b"\x2a"))] * 20_000
    issuer = element(0x30, full.get("attributes", b""))
    key = element(0x30, element(0x30), element(0x03, b"\0"))
    last = element(0xA3, element(0x30, *extensions)) + full.get("fields", b"")
    fields = [element(0x02, b"\1"), element(0x30), issuer, element(0x30), element(0x30), key, last]
    der = element(0x30, element(0x30, *fields))
    tracemalloc.start()
    try:
        facts = certificate_facts(der)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert facts.names == (50_000 if inside == "names" else 0)
    assert facts.points == (50_000 if inside == "points" else 0)
    assert facts.attributes == (50_000 if inside == "attributes" else 0)
    assert facts.extensions == (20_002 if inside == "extensions" else 2)
    assert peak < len(der)


@given(st.binary(max_size=60) | st.binary(max_size=60).map(base64.b64encode))
def test_nothing_makes_it_fail(data: bytes) -> None:
    assert certificate_facts(data) == Facts(len(data))
    assert min(revoked(data)) >= 0


@given(st.integers(0, 1400), st.integers(0, 255))
def test_a_changed_byte_makes_it_not_fail(at: int, value: int) -> None:
    der = bytearray(LISTED[0])
    der[at % len(der)] = value
    assert certificate_facts(bytes(der)).size == len(der)
