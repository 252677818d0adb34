"""The bundles of CA certificates that distributions have, as their packages of November 2026 do."""

from typing import NamedTuple


class SystemBundle(NamedTuple):
    """A distribution's bundle: its distinct certificates, and bytes of DER.

    ``source`` is the package whose ``mozilla/*.crt`` were counted, all of which are in the bundle
    unless the host leaves some out (``/etc/ca-certificates.conf``); or the package, and the release
    of NSS with the list that it is made of, of which those for servers were counted
    (tests/targets/certdata.py).
    """

    certificates: int
    der_bytes: int
    source: str
    is_assumed: bool = False


_OF_2026 = 120, 128_549
_OF_NSS_3_114 = 146, 155_924
_OF_NSS_3_121 = 145, 154_758
_OF_NSS_3_98 = 147, 157_167
_OF_NSS_3_123 = 121, 129_543
_ALPINE_OF_2024 = "ca-certificates 20240226, with the list of NSS 3.98"
_ALPINE_OF_JUNE = "ca-certificates 20260611, 175 KiB of PEM: the list of NSS 3.123 has 178"
_ALPINE = "ca-certificates 20260413, with the list of NSS 3.121"
_FEDORA = "ca-certificates 2025.2.80_v9.0.304, with the list of NSS 3.114"

BUNDLES: dict[str, SystemBundle] = {
    "alpine-3.17": SystemBundle(*_OF_NSS_3_98, _ALPINE_OF_2024),
    "alpine-3.18": SystemBundle(*_OF_NSS_3_98, "assumed to be as Alpine 3.19's", is_assumed=True),
    "alpine-3.19": SystemBundle(*_OF_NSS_3_98, _ALPINE_OF_2024),
    "alpine-3.20": SystemBundle(
        *_OF_NSS_3_114, "ca-certificates 20250911, with the list of NSS 3.114: 214 KiB of PEM"
    ),
    "alpine-3.21": SystemBundle(*_OF_NSS_3_121, _ALPINE),
    "alpine-3.22": SystemBundle(*_OF_NSS_3_123, _ALPINE_OF_JUNE),
    "alpine-3.23": SystemBundle(*_OF_NSS_3_121, _ALPINE),
    "alpine-3.24": SystemBundle(*_OF_NSS_3_123, _ALPINE_OF_JUNE),
    "fedora-42": SystemBundle(*_OF_NSS_3_114, "assumed to be as Fedora 43's", is_assumed=True),
    "fedora-43": SystemBundle(*_OF_NSS_3_114, _FEDORA),
    "fedora-44": SystemBundle(*_OF_NSS_3_114, _FEDORA),
    "debian-11": SystemBundle(150, 159_591, "ca-certificates 20250419~deb12u1~deb11u1"),
    "debian-12": SystemBundle(150, 160_058, "ca-certificates 20250419~deb12u2"),
    "debian-13": SystemBundle(148, 157_919, "ca-certificates 20250419+deb13u1"),
    "debian-14": SystemBundle(*_OF_2026, "ca-certificates 20260816+nmu1"),
    "debian-sid": SystemBundle(*_OF_2026, "ca-certificates 20260816+nmu1"),
    "ubuntu-20.04": SystemBundle(146, 155_984, "ca-certificates 20240203~20.04.1"),
    "ubuntu-22.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.22.04.2"),
    "ubuntu-24.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.24.04.2"),
    "ubuntu-25.10": SystemBundle(*_OF_NSS_3_123, "ca-certificates 20260601~25.10.1"),
    "ubuntu-26.04": SystemBundle(*_OF_2026, "ca-certificates 20260816ubuntu0.26.04.2"),
}
"""Target → its bundle."""

ASSUMED = BUNDLES["debian-12"]._replace(
    source="assumed to be as Debian 12's, which is Mozilla's list of 2025 as well", is_assumed=True
)
"""The bundle of all other targets."""
