"""Read TOML that somebody else wrote, in bounded memory and never too deep for the parser.

tomllib takes memory that is quadratic in the parts of a key, ``a.a.a = 1``, and recurses for each
bracket. So both are counted before it sees the text.
"""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.printable import printable

MAX_BYTES = 256 << 10
"""Bytes of the largest settings file."""

MAX_PARTS = 16
"""Parts of one key: ``a.b.c`` has three."""

MAX_DEPTH = 32
"""Brackets inside brackets."""

_TOKEN = re.compile(
    r'''
      """ [^"\\]* (?: (?: \\. | "(?!"") ) [^"\\]* )* (?: "{3,5} | \\?\Z )
    | \'\'\' .*? (?: \'{3,5} | \Z )
    | " (?: [^"\\\n] | \\[^\n] )* "?
    | ' [^'\n]* '?
    | \# [^\n]*
    | [.\[\]{}=,\n]
    ''',
    re.DOTALL | re.VERBOSE,
)
"""Strings and comments, which may hold any of the marks, and the marks. A string without an end
takes everything after it, which the parser does not get to."""

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Toml(NamedTuple):
    r"""The content of a TOML file: its text, with ``\n`` at the end of each line, and its table."""

    text: str
    table: dict[str, Any]


def read_toml(path: str | os.PathLike[str], most: int = MAX_BYTES) -> Toml:
    """Read a TOML file of at most ``most`` bytes.

    Raises MemlintError as parse_toml() does, and OSError as read_file() does.
    """
    name = os.fspath(path)
    data = read_file(path, most)
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        # as PowerShell's > writes it
        is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        what = "is UTF-16 text: save it as UTF-8" if is_wide else "is not UTF-8"
        raise _error(what, name, line) from None
    return Toml(text, parse_toml(text, name))


def parse_toml(text: str, name: str = "TOML") -> dict[str, Any]:
    """The table that a TOML text holds.

    Raises MemlintError for a text that is not TOML, or that is not parsed: ``NAME:LINE:COLUMN:
    message``, as far as the place is known.
    """
    import tomllib  # noqa: PLC0415  most checks read none

    _check_nesting(text, name)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _error("is nested too deeply", name) from None
    except ValueError as error:  # or a number too long for int()
        message = str(error)
        place = _PLACE.search(message)
        line = column = None
        if place:
            message = message[: place.start()]
            line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
            column = int(place[2]) if place[2] else None
        raise _error(f"is not TOML: {message}", name, line, column) from None


def toml_string(text: str) -> str:
    """A text as a string of TOML, on one line: JSON's escapes are among TOML's."""
    import json  # noqa: PLC0415  most checks write none

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check_nesting(text: str, name: str) -> None:
    """Raise MemlintError for a key with too many parts, or brackets that are too deep."""
    parts = depth = 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark == ".":
            parts += 1
            if parts >= MAX_PARTS:
                what = f"a key has more than {MAX_PARTS} parts"
                raise _error(what, name, _line(text, match))
        elif len(mark) == 1 and mark not in "\"'#":
            parts = 0
            depth += (mark in "[{") - (mark in "]}")
            if depth > MAX_DEPTH:
                what = f"brackets are nested more than {MAX_DEPTH} deep"
                raise _error(what, name, _line(text, match))


def _error(
    message: str, name: str, line: int | None = None, column: int | None = None
) -> MemlintError:
    place = ":".join(str(part) for part in (name, line, column) if part is not None)
    return MemlintError(printable(f"{place}: {message}"))


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
