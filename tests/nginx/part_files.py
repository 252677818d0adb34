"""Files that the cases name: chains of several kinds of keys, revocation lists, parameters."""

from __future__ import annotations

import re
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


def _each(text: str) -> str:
    """A list of a hundred names."""
    return ",".join(text.format(number) for number in range(100))


SCRIPT = "function handle(r) { r.return(204); }\nexport default { handle };\n"
SCRIPTS = {
    "long.js": "function f@(r) { var a = r.uri + @; if (a > @) { return a * 2; } return a; }\n",
    "data.js": "var d@ = { name: 'value @', list: [1, 2, 3, 4], inner: { a: 1, b: 2 } };\n",
    "dense.js": "var a@=b=>b+1+b+2+b+3+b+4+b+5;\n",
    "comments.js": "// comment @ that explains at some length what the code below it is for\n",
}
"""Name of a file → a line of its script, in which @ is the line's number; 100 kB of each."""

_KIB = 1024
SERIAL = 0x5A << 152
"""The first serial number of those revoked: 20 bytes, as public CAs have them."""


def place_in(directory: Path) -> Place:
    """A prefix in a directory, and the files, which are made once."""
    prefix = make_prefix(directory)
    (prefix / "m.js").write_text(SCRIPT)
    (prefix / "empty.conf").write_text("")
    for name, line in SCRIPTS.items():
        count = 100 * _KIB // len(line)
        lines = "".join(line.replace("@", str(number)) for number in range(count))
        (prefix / name).write_text(lines + SCRIPT)
    return Place(prefix, _chains(), _files())


def named_in(text: str) -> list[Path]:
    """The files of the cache that a configuration names: a stack in a root gets copies of them."""
    words = re.findall(re.escape(f"{cache_dir()}/") + r"[^\s;\"]+", text)
    return [path for path in map(Path, dict.fromkeys(words)) if path.is_file()]


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
    chains = {f"own-{name}": _made(f"ca-{name}", *made) for name, made in _CONTENTS.items()}
    for kind, options in _KEYS.items():
        authority = _made(f"{kind}-ca", options, None)
        between = _made(f"{kind}-between", options, authority)
        certificate, key = _made(f"{kind}-leaf", options, between)
        chain = _directory() / f"{kind}-3.pem"
        if not chain.exists():
            chain.write_text(
                certificate.read_text() + between[0].read_text() + authority[0].read_text()
            )
        chains[f"{kind}-1"] = certificate, key
        chains[f"{kind}-3"] = chain, key
    return chains


def _made(
    name: str,
    options: str,
    issuer: tuple[Path, Path] | None,
    extensions: tuple[str, ...] | None = None,
    subject: str = "",
) -> tuple[Path, Path]:
    """A certificate and its key; self-signed without an issuer."""
    certificate, key = _directory() / f"{name}.crt", _directory() / f"{name}.key"
    if certificate.exists():
        return certificate, key
    subject = subject or f"/C=DE/O=Example Organisation/CN={name}.example.com"
    command = f"openssl req -x509 -nodes -days 3650 -newkey {options} -keyout {key} -out".split()
    if extensions is None:
        extensions = (f"subjectAltName=DNS:{name}.example.com,DNS:www.{name}.example.com",)
    added = [word for extension in extensions for word in ("-addext", extension)]
    signed = () if issuer is None else ("-CA", str(issuer[0]), "-CAkey", str(issuer[1]))
    _run(*command, str(certificate), "-subj", subject, *added, *signed)
    return certificate, key


def _passwords(length: int = 30) -> Path:
    """A file of 100 kB of passwords that are so long."""
    path = _directory() / f"passwords-{length}"
    path.write_text(("x" * length + "\n") * (100 * _KIB // (length + 1)))
    return path


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
        "ca5": pem_bundle(5),
        "ca20": pem_bundle(20),
        "ec": _made("ec256-ca", _KEYS["ec256"], None)[0],
        "issuer": authority,
        "dh": dh,
        "crl100": _revoked(authority, key, 100),
        "crl1000": _revoked(authority, key, 1000),
        "crl1000-reasons": _revoked(authority, key, 1000, ",keyCompromise"),
        "passwords": _passwords(),
        "passwords-short": _passwords(2),
        **{f"ca-{name}": _made(f"ca-{name}", *made)[0] for name, made in _CONTENTS.items()},
    }


_EC = _KEYS["ec256"]
_CONTENTS: dict[str, tuple[str, None, tuple[str, ...], str]] = {
    "plain": (_EC, None, (), "/CN=a"),
    "p384": ("ec -pkeyopt ec_paramgen_curve:P-384", None, (), "/CN=a"),
    "rsa2048": ("rsa:2048", None, (), "/CN=a"),
    "rsa4096": ("rsa:4096", None, (), "/CN=a"),
    "attributes": (_EC, None, (), "/CN=a" + "".join(f"/OU=unit{i}" for i in range(10))),
    "long": (_EC, None, (), "/CN=a" + "".join(f"/OU={i}" + "x" * 60 for i in range(10))),
    "dns": (_EC, None, ("subjectAltName=" + _each("DNS:n{}.example.com"),), "/CN=a"),
    "ip": (_EC, None, ("subjectAltName=" + _each("IP:10.0.0.{}"),), "/CN=a"),
    "uri": (_EC, None, ("subjectAltName=" + _each("URI:http://n{}.example.com/"),), "/CN=a"),
    "email": (_EC, None, ("subjectAltName=" + _each("email:n{}@example.com"),), "/CN=a"),
    "rid": (_EC, None, ("subjectAltName=" + _each("RID:1.2.3.{}"),), "/CN=a"),
    "other": (_EC, None, ("subjectAltName=" + _each("otherName:1.2.3.{};UTF8:name"),), "/CN=a"),
    "constraints": (
        _EC,
        None,
        ("nameConstraints=" + _each("permitted;DNS:n{}.example.com"),),
        "/CN=a",
    ),
    "points": (
        _EC,
        None,
        ("crlDistributionPoints=" + _each("URI:http://n{}.example.com/"),),
        "/CN=a",
    ),
    "policies": (_EC, None, ("certificatePolicies=" + _each("1.2.3.{}"),), "/CN=a"),
    "info": (_EC, None, ("authorityInfoAccess=" + _each("OCSP;URI:http://n{}.a/"),), "/CN=a"),
    "extensions": (_EC, None, tuple(f"1.2.3.{i}=ASN1:NULL" for i in range(100)), "/CN=a"),
}
"""CA certificates, each with one thing in it: name → key, issuer, extensions, subject."""


def _revoked(authority: Path, key: Path, entries: int, reason: str = "") -> Path:
    """The CA and a list of so many certificates that it revoked, with serials of 20 bytes."""
    path = _directory() / f"crl-{entries}{reason}.pem"
    if path.exists():
        return path
    index = path.with_suffix(".index")
    index.write_text(
        "".join(
            f"R\t350101000000Z\t250101000000Z{reason}\t{SERIAL + number:040X}\tunknown"
            f"\t/CN={number}\n"
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
