"""Shapes of TLS as servers have it, drawn by chance: keys, chains, names, CAs, lists, sharing.

A seed and a number always give the same shape. Its certificates are made by ``openssl`` once, one
for each kind of thing in it; those of further hosts are copies in which a number is another. Their
signatures are then wrong, which is of no account: nothing verifies them when they are loaded.
"""

from __future__ import annotations

import base64
import random
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.nginx.cache import cache_dir
from tests.nginx.part_cases import CIPHERS
from tests.nginx.prefix import CERTIFICATE, main_conf
from tests.nginx.stack import Stack

SHAPES = 100
CONNECTIONS = 512
"""``worker_connections``: more than there are sockets."""

TIMEOUT = 60.0
NUMBER = "00000000"
"""Digits that are replaced in the certificates of further hosts."""

KEYS = {
    "rsa2048": ("RSA", "rsa_keygen_bits:2048"),
    "rsa3072": ("RSA", "rsa_keygen_bits:3072"),
    "rsa4096": ("RSA", "rsa_keygen_bits:4096"),
    "ec256": ("EC", "ec_paramgen_curve:P-256"),
    "ec384": ("EC", "ec_paramgen_curve:P-384"),
}
PREFIXES = {"proxy": "proxy_pass https", "grpc": "grpc_pass grpcs", "uwsgi": "uwsgi_pass suwsgi"}
"""Module that passes requests on → its directive, and the scheme of TLS."""

PUBLIC = (
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=serverAuth,clientAuth",
    "authorityInfoAccess=OCSP;URI:http://o.example.org,caIssuers;URI:http://i.example.org/",
    "certificatePolicies=2.23.140.1.2.1",
    "1.3.6.1.4.1.11129.2.4.2=DER:" + "04:81:f0:" + ":".join(["5a"] * 240),
)
"""Extensions that public CAs put into a server's certificate, transparency's timestamps among
them."""

GENERAL = (
    "ssl_protocols TLSv1.2 TLSv1.3;",
    f"ssl_ciphers {CIPHERS};",
    "ssl_prefer_server_ciphers on;",
    "ssl_session_cache shared:TLS:10m;",
    "ssl_session_timeout 1d;",
    "ssl_ecdh_curve X25519:prime256v1;",
)


@dataclass(frozen=True)
class Contents:
    """The certificates of a file: the kinds of their keys, how many there are, and their names."""

    kinds: tuple[str, ...]
    length: int = 1
    names: int = 2
    style: str = "public"
    """``public``, ``private`` (few extensions) or ``tiny`` (none)."""
    repeats: int = 0
    """How many of the last certificates are in the file twice."""


@dataclass(frozen=True)
class Shape:
    """One configuration: how many hosts of which section, and what each of them has."""

    section: str
    """``http``, ``stream``, ``mail``, one of PREFIXES, or ``stream proxy``."""
    hosts: int
    workers: int
    certificates: Contents | None
    files: int
    """The number of different files of certificates that hosts share; 0: each has its own."""
    client: Contents | None = None
    verifies: bool = True
    trusted: Contents | None = None
    revoked: int = 0
    has_reasons: bool = False
    tickets: int = 0
    extras: tuple[str, ...] = field(default=())
    """Words of what else there is: ``dhparam``, ``stapling``, ``location``, ``outside`` (what
    hosts have is in the block around them)."""
    general: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """The shape in words."""
        words = [f"{self.hosts} of {self.section}"]
        if (leaf := self.certificates) is not None:
            sharing = f" in {self.files} files" if self.files else ""
            words.append(f"{'+'.join(leaf.kinds)} {leaf.style}, chain {leaf.length}{sharing}")
            words.append(f"{leaf.names} names")
        for word, contents in (("client CAs", self.client), ("trusted CAs", self.trusted)):
            if contents is not None:
                words.append(f"{contents.length + contents.repeats} {word} {contents.style}")
        if self.revoked:
            words.append(f"{self.revoked} revoked")
        words += [f"{self.tickets} ticket keys"] * bool(self.tickets)
        return ", ".join((*words, *self.extras))


def _authorities(chance: random.Random) -> Contents:
    """A file of CAs: mostly a few, sometimes a bundle."""
    length = chance.choice((1, 1, 1, 2, 2, 3, 5, 10, 20, 60, 120))
    kinds = tuple(chance.sample(list(KEYS), chance.choice((1, 1, 2, 3))))
    style = chance.choice(("public", "private", "private", "tiny"))
    repeats = chance.choice((0, 0, 0, 1, length // 2))
    return Contents(kinds, length, 0, style, min(repeats, length))


def shape(seed: int, number: int) -> Shape:
    """The shape of a number."""
    chance = random.Random(f"{seed} {number}")
    often = chance.random
    section = chance.choices(
        ("http", "stream", "mail", *PREFIXES, "stream proxy"), (56, 10, 8, 10, 6, 4, 6)
    )[0]
    serves = section in ("http", "stream", "mail")
    leaves = None
    if serves or often() < 0.5:
        kinds: tuple[str, ...] = (chance.choice(list(KEYS)),)
        if serves and often() < 0.25:
            kinds = chance.choice(("rsa2048", "rsa4096")), chance.choice(("ec256", "ec384"))
        names = chance.choice((0, 1, 2, 2, 3, 5, 10, 30, 100))
        style = chance.choice(("public", "public", "private", "tiny"))
        leaves = Contents(kinds, chance.randint(1, 5), names, style, int(often() < 0.08))
    client = trusted = None
    if serves and often() < 0.25:
        client = _authorities(chance)
    if often() < (0.2 if serves else 0.65):
        trusted = _authorities(chance)
    lists = section != "mail" and (client or trusted)
    revoked = round(10 ** (3.3 * often())) if lists and often() < 0.35 else 0
    extras = [word for word in ("location", "outside") if often() < 0.3]
    if section == "http":
        extras += [word for word in ("dhparam", "stapling") if often() < 0.15]
    largest = 300 if (trusted or client or Contents(())).length < 60 and revoked < 500 else 60
    return Shape(
        section=section,
        hosts=round(largest ** often()),
        workers=chance.choice((1, 2, 4)),
        certificates=leaves,
        files=chance.choice((0, 0, 1, 3)),
        client=client,
        verifies=often() < 0.8,
        trusted=trusted,
        revoked=revoked,
        has_reasons=often() < 0.3,
        tickets=chance.choice((0, 0, 0, 1, 3)) if section in ("http", "stream") else 0,
        extras=tuple(extras),
        general=tuple(line for line in GENERAL if often() < 0.4) if serves else (),
    )


# their files


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return done.stdout


@cache
def _directory() -> Path:
    path = cache_dir() / "tls-shapes-1"
    path.mkdir(exist_ok=True)
    return path


@cache
def _key(kind: str) -> Path:
    path = _directory() / f"{kind}.key"
    if not path.exists():
        algorithm, option = KEYS[kind]
        path.write_text(_run("openssl", "genpkey", "-algorithm", algorithm, "-pkeyopt", option))
    return path


@cache
def _certificate(kind: str, name: str, style: str, names: int, issuer: str = "") -> bytes:
    """A certificate in DER: a CA if it has no names; ``issuer`` is that of its chain."""
    path = _directory() / f"{kind}-{name}-{style}-{names}-{issuer or 'itself'}.crt"
    if not path.exists():
        subject = f"/CN={name}-{NUMBER}"
        if style == "public":
            subject = "/C=XX/O=Example Trust Services" + subject
        added: list[str] = []
        if style == "public" and name == "leaf":
            added += PUBLIC
        elif style != "tiny":
            added += ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"]
        if names:
            listed = ",".join(f"DNS:w{at}.n{NUMBER}.example.com" for at in range(names))
            added.append(f"subjectAltName={listed}")
        command = ["openssl", "req", "-x509", "-days", "3650", "-key", str(_key(kind))]
        command += ["-config", str(_empty()), "-subj", subject, "-sha256"]
        for extension in added:
            command += ["-addext", extension]
        if issuer:
            _certificate(kind, issuer, style, 0)
            above = _directory() / f"{kind}-{issuer}-{style}-0-itself.crt"
            command += ["-CA", str(above), "-CAkey", str(_key(kind))]
        path.write_text(_run(*command))
    text = CERTIFICATE.findall(path.read_text())[0]
    return base64.b64decode("".join(text.split("-----")[2].split()))


@cache
def _empty() -> Path:
    """Settings of openssl that add no extensions but those that are asked for."""
    path = _directory() / "openssl.cnf"
    path.write_text("[req]\ndistinguished_name = name\n[name]\n")
    return path


def _pem(der: bytes, number: int) -> str:
    text = base64.encodebytes(der.replace(NUMBER.encode(), b"%08d" % number)).decode()
    body = "".join(text.split())
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"


class Files:
    """The files of a shape, below a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def write(self, name: str, text: str) -> Path:
        """Write a file and return its path."""
        path = self._directory / name
        path.write_text(text)
        return path

    def pair(self, contents: Contents, kind: str, number: int) -> tuple[Path, Path]:
        """The chain of a host, and its key."""
        links = [(_certificate(kind, "leaf", contents.style, contents.names, "ca1"), number)]
        for above in range(1, contents.length):
            issuer = f"ca{above + 1}" if above + 1 < contents.length else ""
            links.append((_certificate(kind, f"ca{above}", contents.style, 0, issuer), 0))
        links += links[len(links) - contents.repeats :]
        chain = self.write(f"{kind}-{number}.pem", "".join(_pem(*link) for link in links))
        return chain, _key(kind)

    def authorities(self, contents: Contents, name: str, lists: str = "") -> Path:
        """A file of CAs, and of revocation lists."""
        texts = [
            _pem(_certificate(kind, "ca1", contents.style, 0), number)
            for number in range(contents.length)
            for kind in [contents.kinds[number % len(contents.kinds)]]
        ]
        texts += texts[len(texts) - contents.repeats :]
        return self.write(name, "".join(texts) + lists)

    def revoked(self, contents: Contents, entries: int, *, has_reasons: bool) -> str:
        """A list of so many certificates that the first CA revoked."""
        kind = contents.kinds[0]
        reason = ",keyCompromise" if has_reasons else ""
        path = _directory() / f"{kind}-{contents.style}-{entries}{reason}.crl"
        if path.exists():
            return path.read_text()
        lines = (
            f"R\t350101000000Z\t250101000000Z{reason}\t{(0x5A << 120) + at:032X}\tunknown\t/CN=a\n"
            for at in range(entries)
        )
        index = path.with_suffix(".index")
        index.write_text("".join(lines))
        settings = path.with_suffix(".cnf")
        settings.write_text(
            f"[ca]\ndefault_ca=a\n[a]\ndatabase={index}\ndefault_md=sha256\ndefault_crl_days=3650\n"
        )
        _certificate(kind, "ca1", contents.style, 0)
        above = _directory() / f"{kind}-ca1-{contents.style}-0-itself.crt"
        arguments = ("-config", str(settings), "-keyfile", str(_key(kind)), "-cert", str(above))
        path.write_text(_run("openssl", "ca", "-gencrl", *arguments))
        return path.read_text()


@cache
def _parameters() -> str:
    return _run(
        "openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048"
    )


# the configuration

MODULES = {"stream": "ngx_stream_module", "mail": "ngx_mail_module"}
"""Section → the module that it needs."""


def section_of(drawn: Shape) -> str:
    """The block in which a shape's hosts are: ``http``, ``stream`` or ``mail``."""
    section = drawn.section.partition(" ")[0]
    return section if section in MODULES else "http"


def configuration(drawn: Shape, prefix: Path, stack: Stack) -> str:
    """The main file of a shape, whose other files are written into the prefix."""
    text = _text(drawn, prefix, stack)
    return text.replace("worker_connections 64", f"worker_connections {CONNECTIONS}")


def _text(drawn: Shape, prefix: Path, stack: Stack) -> str:
    files = Files(prefix)
    common = _common(drawn, files)
    hosts = []
    for number in range(drawn.hosts):
        pairs = _pairs(drawn, files, number % drawn.files if drawn.files else number)
        inside = pairs if "outside" in drawn.extras else pairs + common
        hosts.append(_host(drawn, prefix, number, inside))
    around = "".join(f"{line}\n" for line in drawn.general)
    if "outside" in drawn.extras:
        around += common
    text = around + "".join(hosts)
    section = section_of(drawn)
    loaded = stack.load_lines(MODULES[section]) if section in MODULES else ""
    if section == "mail":
        mail = f"auth_http 127.0.0.1/a;\nserver_name a;\n{text}"
        return main_conf(prefix, modules=loaded, workers=drawn.workers) + f"mail {{\n{mail}}}\n"
    if section == "stream":
        return main_conf(prefix, modules=loaded, workers=drawn.workers, stream=text)
    if drawn.section in PREFIXES:
        text = f"{around}server {{ listen unix:{prefix}/s.sock;\n{''.join(hosts)}}}\n"
    return main_conf(prefix, f"resolver 127.0.0.1;\n{text}", workers=drawn.workers)


def _prefix(drawn: Shape) -> str:
    """How the directives of a section begin."""
    if drawn.section in PREFIXES:
        return f"{drawn.section}_ssl"
    return "proxy_ssl" if drawn.section == "stream proxy" else "ssl"


def _pairs(drawn: Shape, files: Files, number: int) -> str:
    if drawn.certificates is None:
        return ""
    pairs = [files.pair(drawn.certificates, kind, number) for kind in drawn.certificates.kinds]
    name = _prefix(drawn)
    return "".join(
        f"{name}_certificate {chain};\n{name}_certificate_key {key};\n" for chain, key in pairs
    )


def _common(drawn: Shape, files: Files) -> str:
    """Directives that all hosts have."""
    lines = []
    name = _prefix(drawn)
    lists = ""
    if drawn.revoked and (above := drawn.client or drawn.trusted):
        lists = files.revoked(above, drawn.revoked, has_reasons=drawn.has_reasons)
    if drawn.client is not None:
        lines.append(f"ssl_client_certificate {files.authorities(drawn.client, 'client.pem')};")
        lines.append(f"ssl_verify_client {'on' if drawn.verifies else 'off'};")
    if drawn.trusted is not None:
        lines.append(f"{name}_trusted_certificate {files.authorities(drawn.trusted, 'ca.pem')};")
        if name != "ssl":
            lines.append(f"{name}_verify {'on' if drawn.verifies else 'off'};")
    if lists:
        lines.append(f"{name}_crl {files.write('list.pem', lists)};")
    for number in range(drawn.tickets):
        key = files.write(f"ticket{number}.key", chr(97 + number) * 80)
        lines.append(f"ssl_session_ticket_key {key};")
    if "dhparam" in drawn.extras:
        lines.append(f"ssl_dhparam {files.write('dh.pem', _parameters())};")
    if "stapling" in drawn.extras:
        lines.append("ssl_stapling on;")
    return "".join(f"{line}\n" for line in lines)


def _host(drawn: Shape, prefix: Path, number: int, inside: str) -> str:
    if drawn.section in PREFIXES:
        passing = f"{PREFIXES[drawn.section]}://127.0.0.1:9;"
        return f"location /l{number} {{ {passing}\n{inside}}}\n"
    if drawn.section == "http":
        location = "location / { return 204; }\n" if "location" in drawn.extras else ""
        listening = f"listen unix:{prefix}/s.sock ssl; server_name n{number}.example.com;"
        return f"server {{ {listening}\n{inside}{location}}}\n"
    listening = f"listen unix:{prefix}/s{number}.sock"
    if drawn.section == "stream proxy":
        return f"server {{ {listening}; proxy_pass 127.0.0.1:9; proxy_ssl on;\n{inside}}}\n"
    if drawn.section == "stream":
        return f"server {{ {listening} ssl; return a;\n{inside}}}\n"
    return f"server {{ {listening} ssl; protocol imap;\n{inside}}}\n"
