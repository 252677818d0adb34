"""Files that the cases name: chains of several kinds of keys, revocation lists, parameters."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from tests.nginx.cache import cache_dir
from tests.nginx.part_cases import Place
from tests.nginx.prefix import make_prefix, pem_bundle

_KEYS = {
    "rsa2048": "rsa:2048",
    "rsa4096": "rsa:4096",
    "ec256": "ec -pkeyopt ec_paramgen_curve:P-256",
}
_TIMEOUT = 120.0

SCRIPT = "function handle(r) { r.return(204); }\nexport default { handle };\n"
SERIAL = 0x5A << 152
"""The first serial number of those revoked: 20 bytes, as public CAs have them."""


def place_in(directory: Path) -> Place:
    """A prefix in a directory, and the files, which are made once."""
    prefix = make_prefix(directory)
    (prefix / "m.js").write_text(SCRIPT)
    (prefix / "empty.conf").write_text("")
    return Place(prefix, _chains(), _files())


def _run(*command: str, text: str = "") -> str:
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=_TIMEOUT, check=True
    )
    return done.stdout


def _directory() -> Path:
    path = cache_dir() / "part-files-1"
    path.mkdir(exist_ok=True)
    return path


@cache
def _chains() -> dict[str, tuple[Path, Path]]:
    """Chains of one and three certificates: a leaf, and CAs of the same kind above it."""
    found = {}
    for kind, options in _KEYS.items():
        authority = _made(f"{kind}-ca", options, None)
        between = _made(f"{kind}-between", options, authority)
        certificate, key = _made(f"{kind}-leaf", options, between)
        chain = _directory() / f"{kind}-3.pem"
        if not chain.exists():
            chain.write_text(
                certificate.read_text() + between[0].read_text() + authority[0].read_text()
            )
        found[f"{kind}-1"] = certificate, key
        found[f"{kind}-3"] = chain, key
    return found


def _made(name: str, options: str, issuer: tuple[Path, Path] | None) -> tuple[Path, Path]:
    """A certificate and its key; self-signed without an issuer."""
    certificate, key = _directory() / f"{name}.crt", _directory() / f"{name}.key"
    if certificate.exists():
        return certificate, key
    subject = f"/C=DE/O=Example Organisation/CN={name}.example.com"
    command = f"openssl req -x509 -nodes -days 3650 -newkey {options} -keyout {key} -out".split()
    extensions = f"subjectAltName=DNS:{name}.example.com,DNS:www.{name}.example.com"
    signed = () if issuer is None else ("-CA", str(issuer[0]), "-CAkey", str(issuer[1]))
    _run(*command, str(certificate), "-subj", subject, "-addext", extensions, *signed)
    return certificate, key


@cache
def _files() -> dict[str, Path]:
    directory = _directory()
    dh = directory / "dh.pem"
    if not dh.exists():
        dh.write_text(
            _run(
                "openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"
            )
        )
    (authority, key), _ = _made("rsa2048-ca", _KEYS["rsa2048"], None), None
    return {
        "ca20": pem_bundle(20),
        "ec": _made("ec256-ca", _KEYS["ec256"], None)[0],
        "issuer": authority,
        "dh": dh,
        "crl100": _revoked(authority, key, 100),
        "crl1000": _revoked(authority, key, 1000),
    }


def _revoked(authority: Path, key: Path, entries: int) -> Path:
    """The CA and a list of so many certificates that it revoked, with serials of 20 bytes."""
    path = _directory() / f"crl-{entries}.pem"
    if path.exists():
        return path
    index = path.with_suffix(".index")
    index.write_text(
        "".join(
            f"R\t350101000000Z\t250101000000Z\t{SERIAL + number:040X}\tunknown\t/CN={number}\n"
            for number in range(entries)
        )
    )
    settings = path.with_suffix(".cnf")
    settings.write_text(
        f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ndefault_md=sha256\ndefault_crl_days=3650\n"
    )
    arguments = ("-config", str(settings), "-keyfile", str(key), "-cert", str(authority))
    path.write_text(authority.read_text() + _run("openssl", "ca", "-gencrl", *arguments))
    return path
