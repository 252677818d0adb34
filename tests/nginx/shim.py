"""Compile the LD_PRELOAD library `shim.c` and read what it writes."""

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from tests.nginx.cache import cache_dir

SOURCE = Path(__file__).with_name("shim.c")
FLAGS = ("-std=gnu11", "-O2", "-fPIC", "-shared", "-Wall", "-Wextra", "-Werror")
COMPILERS = {
    "glibc": ("cc",),
    # the kernel's headers are with glibc's
    "musl": (
        "musl-gcc",
        "-idirafter",
        "/usr/include",
        "-idirafter",
        "/usr/include/x86_64-linux-gnu",
    ),
}
"""libc → the compiler that makes a library for it."""

COMPILE_TIMEOUT = 60.0


@dataclass(frozen=True)
class Counts:
    """How often nginx, in one process, called OpenSSL's functions; the names are theirs."""

    SSL_CTX_new: int = 0
    SSL_CTX_new_ex: int = 0
    SSL_CTX_free: int = 0
    SSL_CTX_load_verify_locations: int = 0
    SSL_CTX_load_verify_file: int = 0
    SSL_CTX_use_certificate: int = 0
    SSL_CTX_set_client_CA_list: int = 0
    SSL_load_client_CA_file: int = 0
    X509_STORE_add_cert: int = 0
    X509_STORE_add_cert_inside: int = 0
    """Certificates that OpenSSL itself added to stores, mostly while loading CA files."""
    SSL_CONF_cmd: int = 0
    """Commands that make OpenSSL read a file of CAs."""
    PEM_read_bio_X509: int = 0
    PEM_read_bio_X509_AUX: int = 0

    @property
    def contexts(self) -> int:
        """SSL contexts built."""
        return self.SSL_CTX_new + self.SSL_CTX_new_ex

    @property
    def loads(self) -> int:
        """CA files loaded by OpenSSL itself (nginx from 1.27.2 has its own cache instead)."""
        by_nginx = self.SSL_CTX_load_verify_locations + self.SSL_CTX_load_verify_file
        return by_nginx + self.SSL_CONF_cmd


@dataclass(frozen=True)
class ProcessCounts:
    """The report of one process."""

    pid: int
    ppid: int
    """Parent when it ended: the master of a worker that did not outlive it."""
    hwm_kb: int
    """Peak RSS since exec, in kB; -1 if unknown."""
    counts: Counts


@cache
def shim_library(libc: str = "glibc") -> Path:
    """Return the compiled shim, compiling it if this version of the source has none yet."""
    source = SOURCE.read_bytes()
    command = (*COMPILERS[libc], *FLAGS)
    key = hashlib.sha256(source + " ".join(command).encode()).hexdigest()[:16]
    library = cache_dir() / f"shim-{key}.so"
    if not library.exists():
        handle, partial = tempfile.mkstemp(dir=library.parent, prefix="shim-", suffix=".partial")
        os.close(handle)
        try:
            subprocess.run(
                [*command, "-o", partial, str(SOURCE)], check=True, timeout=COMPILE_TIMEOUT
            )
            Path(partial).chmod(0o755)
            Path(partial).replace(library)
        finally:
            Path(partial).unlink(missing_ok=True)
    return library


def read_reports(text: str) -> Iterator[ProcessCounts]:
    """Yield the reports in what the shim wrote."""
    names = [field.name for field in fields(Counts)]
    for line in text.splitlines():
        report: dict[str, int] = json.loads(line)
        counts = Counts(**{name: report[name] for name in names})
        yield ProcessCounts(report["pid"], report["ppid"], report["hwm_kb"], counts)
