"""CA bundles and a server certificate to measure with.

Certificates are made with the ``openssl`` command, three of them: from each, any number of
others follow by writing another number into its names. A signature is then wrong, which is of no
account: a CA file is loaded without checking it.
"""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.live.errors import LiveError

OPENSSL_TIMEOUT = 60.0
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, others
)

_NUMBER = b"00000000"
_CONFIG = f"""\
[req]
distinguished_name = name
x509_extensions = ca
prompt = no
string_mask = utf8only
[name]
C = XX
O = Synthetic Trust Services
CN = Synthetic Root CA {_NUMBER.decode()}
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
"""

_KEYS = {
    "ec": ["ecparam", "-name", "secp384r1", "-genkey", "-noout"],
    "small": ["genrsa", "2048"],
    "large": ["genrsa", "4096"],
}

EC_SHARE = 0.28
"""Part of EC keys in Mozilla's list (42 of 150 in Debian's ca-certificates, November 2026). The
rest are RSA; an EC certificate takes as much memory as an RSA one of twice its size."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bundles:
    """Two CA files of the same number of certificates that differ in their size.

    ``half`` has half of the smaller one's. ``certificate`` and ``key`` are a server's, if there
    are any. ``source`` says where they are from.
    """

    small: Path
    large: Path
    half: Path
    certificate: Path | None
    key: Path | None
    source: str


def make_bundles(directory: Path, count: int) -> Bundles:
    """Write bundles of ``count`` certificates, an even number, into a directory."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return _from_system(directory, count)
    made = {kind: _certificate(openssl, kind, directory) for kind in _KEYS}
    ec = round(count // 2 * EC_SHARE)
    rsa = count // 2 - ec

    def write(name: str, kind: str, times: int) -> Path:
        numbered = [_numbered(made["ec"], n) for n in range(1, times * ec + 1)]
        numbered += [_numbered(made[kind], n) for n in range(1, times * rsa + 1)]
        return _write(directory / name, numbered)

    return Bundles(
        write("small.pem", "small", 2),
        write("large.pem", "large", 2),
        write("half.pem", "small", 1),
        directory / "small.crt",
        directory / "small.key",
        f"{count} certificates made with openssl: {2 * ec} EC P-384, {2 * rsa} RSA 2048 or 4096",
    )


def _run(openssl: str, arguments: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            [openssl, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=OPENSSL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LiveError(f"openssl {arguments[0]} fails: {error}") from None
    if done.returncode != 0:
        raise LiveError(f"openssl {arguments[0]} fails: {done.stderr.strip()}")


def _certificate(openssl: str, kind: str, directory: Path) -> bytes:
    """A new self-signed CA certificate in DER."""
    key, certificate = directory / f"{kind}.key", directory / f"{kind}.crt"
    config = directory / "openssl.cnf"
    config.write_text(_CONFIG)
    name, *options = _KEYS[kind]
    # genrsa takes the number of bits last
    sized = [*options[:-1], "-out", str(key), options[-1]]
    _run(openssl, [name, *sized] if name == "genrsa" else [name, *options, "-out", str(key)])
    _run(
        openssl,
        ["req", "-new", "-x509", "-sha256", "-days", "3650", "-config", str(config)]
        + ["-key", str(key), "-out", str(certificate)],
    )
    [der] = _ders(certificate.read_text())
    return der


def _numbered(der: bytes, number: int) -> bytes:
    return der.replace(_NUMBER, b"%08d" % number)


def _ders(pem: str) -> list[bytes]:
    return [base64.b64decode(match[1]) for match in _PEM.finditer(pem)]


def _write(path: Path, ders: Sequence[bytes]) -> Path:
    lines = []
    for der in ders:
        text = base64.b64encode(der).decode()
        lines.append("-----BEGIN CERTIFICATE-----")
        lines += [text[at : at + 64] for at in range(0, len(text), 64)]
        lines.append("-----END CERTIFICATE-----")
    path.write_text("\n".join(lines) + "\n")
    return path


def _from_system(directory: Path, count: int) -> Bundles:
    """The smallest and the largest certificates of the machine's bundle."""
    for name in SYSTEM_BUNDLES:
        path = Path(name)
        ders = sorted(set(_ders(path.read_text("utf-8", "replace"))), key=len) if path.is_file() else []
        if len(ders) >= 2:
            half = max(1, min(count // 2, len(ders) // 4))
            small = ders[: 2 * half]
            return Bundles(
                _write(directory / "small.pem", small),
                _write(directory / "large.pem", ders[-2 * half :]),
                _write(directory / "half.pem", small[::2]),
                None,
                None,
                f"{2 * half} small and {2 * half} large certificates of {name}: there is no "
                "openssl command to make some with",
            )
    raise LiveError("needs CA certificates: install the openssl command, or ca-certificates")
