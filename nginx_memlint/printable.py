"""Text from a configuration, made safe to print: nothing that acts, hides or misleads.

What Python takes for unprintable is escaped: control characters, direction marks and other format
characters, line separators, spaces that only look like one, code points without a character,
bytes that are not UTF-8. So are the invisible characters that Unicode counts as letters or marks,
and what makes a command of a line for runners of pipelines: ``##vso[`` and ``##[`` anywhere (Azure
Pipelines, TeamCity, and GitHub's once), ``::`` at the beginning (GitHub).
"""

from __future__ import annotations

import re

_INVISIBLE = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef"
)
"""Fillers, joiners, variation selectors, and the empty Braille pattern."""

_HIDDEN = f"[{_INVISIBLE}]"

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
    if char.isprintable() and not re.match(_HIDDEN, char):
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
