"""The bundles of CA certificates that distributions have, as their packages of November 2026 do."""

from __future__ import annotations

from typing import NamedTuple


class SystemBundle(NamedTuple):
    """A distribution's bundle: its distinct certificates, and bytes of DER.

    ``source`` is the package whose ``mozilla/*.crt`` were counted, all of which are in the bundle
    unless the host leaves some out (``/etc/ca-certificates.conf``).
    """

    certificates: int
    der_bytes: int
    source: str
    is_assumed: bool = False


_OF_2026 = 120, 128_549

BUNDLES: dict[str, SystemBundle] = {
    "debian-11": SystemBundle(150, 159_591, "ca-certificates 20250419~deb12u1~deb11u1"),
    "debian-12": SystemBundle(150, 160_058, "ca-certificates 20250419~deb12u2"),
    "debian-13": SystemBundle(148, 157_919, "ca-certificates 20250419+deb13u1"),
    "debian-14": SystemBundle(*_OF_2026, "ca-certificates 20260816+nmu1"),
    "debian-sid": SystemBundle(*_OF_2026, "ca-certificates 20260816+nmu1"),
    "ubuntu-20.04": SystemBundle(146, 155_984, "ca-certificates 20240203~20.04.1"),
    "ubuntu-22.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.22.04.2"),
    "ubuntu-24.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.24.04.2"),
    "ubuntu-25.10": SystemBundle(121, 129_543, "ca-certificates 20260601~25.10.1"),
    "ubuntu-26.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.26.04.2"),
}
"""Target → its bundle."""

ASSUMED = BUNDLES["debian-12"]._replace(
    source="assumed to be as Debian 12's, which is Mozilla's list of 2025 as well", is_assumed=True
)
"""The bundle of all other targets: Alpine's, Fedora's and images' packages were not read."""
