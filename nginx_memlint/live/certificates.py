"""CA bundles and a server certificate to measure with.

A few certificates are made with the ``openssl`` command: from each, any number of others follow
by writing another number into its names. The signature is then wrong, which is of no account: a
CA file is loaded without checking it. Keys and names are as mixed as in Mozilla's list, because
memory depends on both.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.programs import find_program
from nginx_memlint.files.reading import read_file
from nginx_memlint.files.writing import write_own

OPENSSL_TIMEOUT = 60.0
FILE_MOST = 16 << 20
"""Bytes of the largest bundle; Mozilla's list has 230,000."""
SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, others
)

_NUMBER = b"00000000"
_CONFIG = """\
[req]
distinguished_name = name
x509_extensions = {extensions}
prompt = no
string_mask = utf8only
[name]
{name}
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:true
subjectKeyIdentifier = hash
"""

_NAMES = (
    f"C = XX\nO = Synthetic Trust\nCN = Root CA {_NUMBER.decode()}",
    f"C = XX\nO = Synthetic Trust Services\nOU = Certification Authority\n"
    f"CN = Synthetic Root CA {_NUMBER.decode()}",
    f"C = XX\nO = Synthetic Certification Services Company Ltd.\n"
    f"CN = Synthetic Global Root Certificate Authority {_NUMBER.decode()}",
    f"C = XX\nO = Synthetic\nOU = Synthetic Class 1 Trust Network\n"
    f"CN = Synthetic Root G{_NUMBER.decode()}",
)
"""Subjects of the certificates: half have four parts, half three; Mozilla's list has 3.5 on
average."""

_KEYS = {
    "ec": ["ecparam", "-name", "secp384r1", "-genkey", "-noout"],
    "small": ["genrsa", "2048"],
    "large": ["genrsa", "4096"],
}

EC_SHARE = 0.28
"""Part of EC keys in Mozilla's list (42 of 150 in Debian's ca-certificates, November 2026). The
rest are RSA; an EC certificate takes as much memory as an RSA one of twice its size."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class BundlePair:
    """Two CA files with the same number of certificates, which differ in their size.

    ``certificate`` and ``key`` are a server's, if there are any. ``source`` says where they are
    from.
    """

    small: Path
    large: Path
    certificate: Path | None
    key: Path | None
    source: str


def make_bundles(directory: Path, count: int) -> BundlePair:
    """Write bundles of ``count`` certificates, an even number, into a directory."""
    openssl = find_program("openssl")
    if openssl is None:
        return _from_system(directory, count)
    made = {kind: _certificates(openssl, kind, directory) for kind in _KEYS}
    _certificate(openssl, "server", "CN = localhost", directory / "small.key", directory)
    ec = round(count // 2 * EC_SHARE)

    def write(name: str, kind: str, certificates: int, of_ec: int) -> Path:
        kinds = _spread(certificates, of_ec, kind)
        return _write(
            directory / name,
            [_numbered(made[k][n % len(_NAMES)], n + 1) for n, k in enumerate(kinds)],
        )

    return BundlePair(
        write("small.pem", "small", count, 2 * ec),
        write("large.pem", "large", count, 2 * ec),
        directory / "server.crt",
        directory / "small.key",
        f"{count} certificates made with openssl: {2 * ec} EC P-384, {count - 2 * ec} RSA 2048 "
        "or 4096",
    )


def _spread(count: int, of_ec: int, other: str) -> list[str]:
    """A list of ``count`` kinds of keys, ``of_ec`` of them EC, evenly spread."""
    return ["ec" if (n + 1) * of_ec // count > n * of_ec // count else other for n in range(count)]


def _run(openssl: str, arguments: Sequence[str], directory: Path) -> None:
    try:
        done = subprocess.run(
            [openssl, *arguments],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=OPENSSL_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MemlintError(f"openssl {arguments[0]} fails: {error}") from None
    if done.returncode != 0:
        raise MemlintError(f"openssl {arguments[0]} fails: {done.stderr.strip()}")


def _certificates(openssl: str, kind: str, directory: Path) -> list[bytes]:
    """A CA certificate for each of _NAMES, in DER; one key signs them all."""
    key = directory / f"{kind}.key"
    name, *options = _KEYS[kind]
    # genrsa takes the number of bits last
    _run(openssl, [name, *options[:-1], "-out", key.name, options[-1]], directory)
    return [_certificate(openssl, "ca", names, key, directory) for names in _NAMES]


def _certificate(openssl: str, extensions: str, name: str, key: Path, directory: Path) -> bytes:
    """A new self-signed certificate, in DER, which is also left in a file."""
    config, certificate = directory / "openssl.cnf", directory / f"{extensions}.crt"
    write_own(config, _CONFIG.format(extensions=extensions, name=name).encode())
    _run(
        openssl,
        f"req -new -x509 -sha256 -days 3650 -config {config.name}"
        f" -key {key.name} -out {certificate.name}".split(),
        directory,
    )
    [der] = _ders(_text(certificate))
    return der


def _numbered(der: bytes, number: int) -> bytes:
    return der.replace(_NUMBER, b"%08d" % number)


def _ders(pem: str) -> list[bytes]:
    return [base64.b64decode(match[1]) for match in _PEM.finditer(pem)]


def _text(path: Path) -> str:
    return read_file(path, FILE_MOST).decode("utf-8", "replace")


def _write(path: Path, ders: Sequence[bytes]) -> Path:
    lines = []
    for der in ders:
        text = base64.b64encode(der).decode()
        lines.append("-----BEGIN CERTIFICATE-----")
        lines += [text[at : at + 64] for at in range(0, len(text), 64)]
        lines.append("-----END CERTIFICATE-----")
    write_own(path, "\n".join([*lines, ""]).encode())
    return path


def _from_system(directory: Path, count: int) -> BundlePair:
    """Bundles of the smallest and of the largest certificates of the machine's own bundle."""
    for name in SYSTEM_BUNDLES:
        path = Path(name)
        if not path.is_file():
            continue
        ders = sorted(set(_ders(_text(path))), key=len)
        if len(ders) >= 2:
            half = max(1, min(count // 2, len(ders) // 4))
            small = ders[: 2 * half]
            return BundlePair(
                _write(directory / "small.pem", small),
                _write(directory / "large.pem", ders[-2 * half :]),
                None,
                None,
                f"{2 * half} small and {2 * half} large certificates of {name}: there is no "
                "openssl command to make some with",
            )
    raise MemlintError("needs CA certificates: install the openssl command, or ca-certificates")
