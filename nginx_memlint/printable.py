"""Text from a configuration, made safe to print: nothing that acts, hides or misleads.

What Python takes for unprintable is escaped: control characters, direction marks and other format
characters, line separators, spaces that only look like one, code points without a character,
bytes that are not UTF-8. So are the invisible characters that Unicode counts as letters or marks,
and what makes a command of a line for runners of pipelines: ``##vso[`` and ``##[`` anywhere (Azure
Pipelines, TeamCity, and GitHub's once), ``::`` at the beginning (GitHub).
"""

from __future__ import annotations

import re

_INVISIBLE = {
    *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)),
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))),
}
"""Fillers, joiners, the empty Braille pattern, and variation selectors."""

_COMMAND = re.compile(r"(?<=##)(\w{0,16})\[|\A( *):(?=:)")

_NOT_PLAIN = re.compile("[^ -~]")

_ESCAPED = r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U(000[0-9a-f]{5}|0010[0-9a-f]{4}))"


def printable(text: str) -> str:
    r"""The text with unsafe characters as escapes.

    ``\x1b`` is a byte, alone or one that is not UTF-8; ``\u202e`` and ``\U000e0001`` are code
    points. Doing it twice changes nothing.
    """
    if "##" in text or text.lstrip(" ").startswith("::"):
        text = _COMMAND.sub(_neutral, text)
    if text.isascii() and text.isprintable():
        return text
    return _NOT_PLAIN.sub(_escape, text)


def unescaped(text: str) -> str:
    r"""The name of a file before printable(), with surrogate escapes for bytes.

    A name that has ``\xff`` spelled out in four characters is taken for one with that byte.
    """
    return re.sub(_ESCAPED, _unescape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char.isprintable() and char not in _INVISIBLE:
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _neutral(match: re.Match[str]) -> str:
    name, blanks = match.groups()
    return f"{blanks}\\x3a" if name is None else f"{name}\\x5b"


def _unescape(match: re.Match[str]) -> str:
    byte, *code_points = match.groups()
    if byte:
        code = int(byte, 16)
        return chr(code if code < 0x80 else 0xDC00 + code)
    return chr(int(next(filter(None, code_points)), 16))
