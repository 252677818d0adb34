"""Text from a configuration, made safe to print: no control characters, no direction marks."""

from __future__ import annotations

import re

# C0, DEL, C1, line and paragraph separators, bidirectional controls, zero-width, surrogates
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def printable(text: str) -> str:
    r"""The text with unsafe characters as escapes: ``\x1b``, ``\u202e``, ``\xff`` for a byte."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
