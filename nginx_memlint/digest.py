"""SHA-256, without loading OpenSSL for it if Python has its own.

OpenSSL's library takes 3 ms and 3.6 MB (Python 3.11), a good part of what most checks take. The
standard library's ``random`` takes its digest from the same modules, for the same reason.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

_OWN = ("_sha2", "_sha256")
"""Of Python 3.12 and later, of 3.11."""


def sha256(data: bytes) -> Any:  # noqa: ANN401
    """As hashlib.sha256()."""
    return _function()(data)


@cache
def _function() -> Any:  # noqa: ANN401
    for module in _OWN:
        with suppress(ImportError):
            return __import__(module).sha256
    import hashlib  # noqa: PLC0415

    return hashlib.sha256
