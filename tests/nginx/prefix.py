"""Make what a test needs around its configuration: a prefix, main settings, certificates."""

import hashlib
import os
import re
import subprocess
import tempfile
from pathlib import Path

from tests.helpers import BUNDLE
from tests.nginx.cache import cache_dir

TEMP_PATHS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
OPENSSL_TIMEOUT = 60.0


def make_prefix(directory: Path) -> Path:
    """Make `directory` usable as nginx's prefix (`-p`) and return it.

    Workers run as another user, so the way to it must be open to all for requests to work.
    """
    for name in ("logs", *(f"temp/{path}" for path in TEMP_PATHS)):
        (directory / name).mkdir(parents=True, exist_ok=True)
    return directory


def main_conf(
    prefix: Path,
    http: str = "",
    *,
    modules: str = "",
    main: str = "",
    workers: int = 1,
    stream: str = "",
) -> str:
    """Return a complete configuration around the inside of its `http` (and `stream`) block.

    All of its files lie under `prefix`. `modules` are `load_module` lines (`Stack.load_lines`),
    `main` more lines for the main context.
    """
    temp = "".join(f"    {path}_temp_path {prefix}/temp/{path};\n" for path in TEMP_PATHS)
    return (
        f"{modules}"
        # workers must be able to read what the tests made, wherever that is
        f"{'user root root;' if os.geteuid() == 0 else ''}\n"
        "daemon off;\n"
        f"worker_processes {workers};\n"
        f"pid {prefix}/logs/nginx.pid;\n"
        f"lock_file {prefix}/logs/nginx.lock;\n"
        "error_log stderr;\n"
        f"{main}"
        "events { worker_connections 64; }\n"
        "http {\n"
        "    access_log off;\n"
        f"{temp}{http}"
        "}\n" + (f"stream {{\n{stream}}}\n" if stream else "")
    )


def write_conf(prefix: Path, text: str, name: str = "nginx.conf") -> Path:
    """Write a configuration into a prefix and return its path."""
    path = prefix / name
    path.write_text(text, "utf-8", "surrogateescape")
    return path


def listen(prefix: Path, number: int = 0) -> str:
    """Return a `listen` argument that needs neither a port nor rights."""
    return f"unix:{prefix}/s{number}.sock"


def listed_certificates() -> list[str]:
    """Return the PEM blocks of the samples' CA bundle."""
    return CERTIFICATE.findall(BUNDLE.read_text())


def pem_bundle(count: int) -> Path:
    """Return a cached PEM file with the first `count` certificates of the samples' bundle.

    Self-signed ones are made to fill up if it has fewer.
    """
    source = hashlib.sha256(BUNDLE.read_bytes()).hexdigest()[:8]
    path = cache_dir() / f"bundle-{count}-{source}.pem"
    if not path.exists():
        certificates = listed_certificates()[:count]
        while len(certificates) < count:
            certificate, _ = _self_signed(f"Filler-CA-{len(certificates)}")
            certificates.append(certificate)
        _write_whole(path, "".join(certificates))
    return path


def server_certificate() -> tuple[Path, Path]:
    """Return the cached files of a self-signed certificate for localhost and of its key."""
    certificate, key = cache_dir() / "server.crt", cache_dir() / "server.key"
    pair = cache_dir() / "server.pem"
    if not pair.exists():
        _write_whole(pair, "".join(_self_signed("localhost")))
    if not (certificate.exists() and key.exists()):
        text = pair.read_text()
        certificates = CERTIFICATE.findall(text)
        _write_whole(key, text.replace(certificates[0], ""))
        _write_whole(certificate, certificates[0])
    return certificate, key


def _self_signed(name: str) -> tuple[str, str]:
    """Return a new self-signed certificate and its key, both in PEM."""
    text = subprocess.run(
        (
            f"openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN={name}"
            " -keyout /dev/stdout -out /dev/stdout"
        ).split(),
        capture_output=True,
        text=True,
        timeout=OPENSSL_TIMEOUT,
        check=True,
    ).stdout
    certificate = CERTIFICATE.findall(text)[0]
    return certificate, text.replace(certificate, "")


def _write_whole(path: Path, text: str) -> None:
    """Write a file that others see complete or not at all."""
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with open(handle, "w") as file:
        file.write(text)
    Path(partial).chmod(0o644)
    Path(partial).replace(path)
