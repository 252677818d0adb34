"""Digests, without loading OpenSSL for them if Python has its own.

OpenSSL's library takes 3 ms and 3.6 MB (Python 3.11), a good part of what most checks take. The
standard library's ``random`` takes its digest from the same modules, for the same reason.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache

from nginx_memlint.annotations import Any

_OWN = {
    "blake2b": ("_blake2",),
    "sha256": ("_sha2", "_sha256"),  # of Python 3.12 and later, of 3.11
}
"""Function of hashlib → the modules that may have it."""


def sha256(data: bytes) -> Any:  # noqa: ANN401
    """As hashlib.sha256()."""
    return _function("sha256")(data)


def blake2b(data: bytes, size: int) -> Any:  # noqa: ANN401
    """As hashlib.blake2b(), of a size in bytes."""
    return _function("blake2b")(data, digest_size=size)


@cache
def _function(name: str) -> Any:  # noqa: ANN401
    for module in _OWN[name]:
        with suppress(ImportError):
            return getattr(__import__(module), name)
    import hashlib  # noqa: PLC0415

    return getattr(hashlib, name)
