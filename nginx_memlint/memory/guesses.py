"""Guesses in the place of what cannot be read: a low, a likely and a high value.

A guess makes a range of each figure. The low end decides about errors, the high end about warnings.
"""

from enum import Enum
from typing import NamedTuple

from nginx_memlint.targets.bundles_table import ASSUMED, SystemBundle
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.families import JS_TRUSTED, LUA_TRUSTED


class End(Enum):
    """The end of a range, or what is likely."""

    LOW = "low"
    LIKELY = "likely"
    HIGH = "high"


ASSUMED_WORKERS = 4
"""Workers where ``worker_processes`` is auto and none are given: the low and the likely number."""

MOST_WORKERS = 64
"""The high one: processors of a large server."""


class Prior(NamedTuple):
    """The content that is guessed for a file of CA certificates, and the range in words."""

    low: Bundle
    likely: Bundle
    high: Bundle
    said: str

    def at(self, end: End) -> Bundle:
        """The content at one end."""
        bundle: Bundle = getattr(self, end.value)
        return bundle


_ONE = Bundle(1, 500)
"""A certificate with a key on a curve and short names."""

_FEW = Bundle(3, 3_300)

_SYSTEM = Bundle(150, 160_058)
"""ca-certificates 20250419, of Debian 12 and 13."""

_SMALLEST_SYSTEM = Bundle(120, 128_549)
"""Mozilla's list of August 2026 (ca-certificates 20260816): the smallest since 2015."""

_FULL = Bundle(173, 196_000)
"""Mozilla's list of 2017 with those of Debian: a load of it takes 1 MiB."""

FEW = Prior(_ONE, _FEW, _FULL, "1 certificate to a full bundle")
ANY = FEW._replace(likely=_SYSTEM)
SYSTEM = Prior(_SMALLEST_SYSTEM, _SYSTEM, _FULL, "a system's bundle, 120 to 173 certificates")

BY_DIRECTIVE: dict[str, Prior] = {LUA_TRUSTED: ANY, JS_TRUSTED: ANY}
"""Directive → its prior, if it is not FEW: scripts mostly verify public servers."""

SYSTEM_PATHS = frozenset(
    {
        "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
        "/etc/ssl/cert.pem",  # Alpine, FreeBSD
        "/etc/ssl/ca-bundle.pem",  # SUSE
        "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
        "/etc/pki/tls/certs/ca-bundle.trust.crt",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
        "/etc/ssl/certs/ca-bundle.crt",
    }
)
"""Where systems have their bundle (the paths that Go's crypto/x509 looks at, and SUSE's)."""

_BY = {False: "in the target's package", True: "assumed"}
"""Whether the target's bundle is assumed → where its number is from."""

_SYSTEM_NAMES = frozenset({"ca-certificates.crt", "tls-ca-bundle.pem", "ca-bundle.trust.crt"})


def prior(directive: str, path: str, system: SystemBundle = ASSUMED) -> Prior:
    """The prior of a file that a directive names; ``system`` is the bundle of the target."""
    name = path.rpartition("/")[2]
    if path in SYSTEM_PATHS or (name in _SYSTEM_NAMES and "trusted" in directive):
        likely = Bundle(system.certificates, system.der_bytes)
        said = f"{SYSTEM.said}, {system.certificates} {_BY[system.is_assumed]}"
        return SYSTEM._replace(likely=likely, said=said)
    return BY_DIRECTIVE.get(directive, FEW)


LONG_CHAIN = 34_000
"""Bytes of a certificate that cannot be read, at most: four on a curve, and their key (Debian 11
33,915, Debian 12 29,840); the low and the likely is one of RSA 2048."""
