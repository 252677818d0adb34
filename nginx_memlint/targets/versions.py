"""Versions as nginx, its modules and OpenSSL write them."""

from __future__ import annotations

import re
from typing import NewType

Version = NewType("Version", tuple[int, ...])
"""A version's numbers; a letter counts as one more number: 1.1.1w is (1, 1, 1, 23)."""


def parse_version(text: str) -> Version:
    """Read a version as nginx, its modules and OpenSSL write them.

    Raises ValueError.
    """
    match = re.fullmatch(
        r"v?([0-9]{1,9}(?:\.[0-9]{1,9}){0,9})(?:([a-z])|[-+~]?(?:rc|R)[0-9]*)?", text.strip()
    )
    if not match:
        raise ValueError(f'"{text}" is not a version like 1.22.1')
    numbers = [int(number) for number in match[1].split(".")]
    if match[2]:
        numbers.append(ord(match[2]) - ord("a") + 1)
    return Version(tuple(numbers))
