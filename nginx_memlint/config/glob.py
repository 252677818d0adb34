"""C's ``glob(3)``, which nginx uses for ``include`` (``ngx_open_glob()``), over any Source.

Python's ``glob`` differs: ``[^a]``, ``[[:alpha:]]``, backslash escapes, trailing slashes. This
follows glibc with no flags in the C locale, the one nginx runs in: bytes, sorted bytewise, names
that begin with a dot only where the pattern has that dot; ``.*`` matches ``.`` and ``..`` too.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

from nginx_memlint.config.source import ABSENT, Source, decode, encode

_CLASSES = {
    b"alnum": string.ascii_letters + string.digits,
    b"alpha": string.ascii_letters,
    b"blank": " \t",
    b"cntrl": "".join(map(chr, [*range(32), 127])),
    b"digit": string.digits,
    b"graph": string.ascii_letters + string.digits + string.punctuation,
    b"lower": string.ascii_lowercase,
    b"print": string.ascii_letters + string.digits + string.punctuation + " ",
    b"punct": string.punctuation,
    b"space": " \t\n\r\v\f",
    b"upper": string.ascii_uppercase,
    b"xdigit": string.hexdigits,
}
_NAMED = re.compile(rb"\[(?::([a-z]+):|=(.)=|\.(.)\.)\]", re.DOTALL)


def has_magic(pattern: str) -> bool:
    """Whether nginx hands an include's argument to glob(3) at all (``strpbrk(…, "*?[")``)."""
    return any(mark in pattern for mark in "*?[")


def expand(source: Source, pattern: str) -> list[str]:
    """The paths that match an absolute pattern, sorted bytewise.

    No match is an empty list, as a directory that does not exist is. Raises OSError for a
    directory that may not be read: what it holds is unknown.
    """
    return sorted(_expand(source, encode(pattern)), key=encode)


def _expand(source: Source, pattern: bytes) -> list[str]:
    directory, _, name = pattern.rpartition(b"/")
    if not name and directory:
        return [path + "/" for path in _expand(source, directory) if source.is_dir(path)]
    if _is_pattern(directory):
        directories = [path for path in _expand(source, directory) if source.is_dir(path)]
    else:
        directories = [decode(_unescape(directory))]
    if not _is_pattern(name):
        literal = decode(_unescape(name))
        return [f"{d}/{literal}" for d in directories if source.exists(f"{d}/{literal}")]
    matches = _compile(name).fullmatch
    found = []
    for path in directories:
        try:
            names = [".", "..", *source.names(path or "/")]
        except OSError as error:
            if error.errno in ABSENT:
                continue
            raise
        found += [f"{path}/{entry}" for entry in names if matches(encode(entry))]
    return found


def _is_pattern(text: bytes) -> bool:
    """``__glob_pattern_type()``: a bracket that is never closed is an ordinary character."""
    text = re.sub(rb"\\.", b"", text, flags=re.DOTALL)
    return re.search(rb"[*?]|\[.*\]", text, re.DOTALL) is not None


def _unescape(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text, flags=re.DOTALL)


@lru_cache(maxsize=256)
def _compile(pattern: bytes) -> re.Pattern[bytes]:
    """``fnmatch(3)`` with FNM_PERIOD for one path component."""
    parts = [] if pattern.startswith((b".", b"\\.")) else [rb"(?!\.)"]
    position = 0
    while position < len(pattern):
        mark = pattern[position : position + 1]
        position += 1
        if mark == b"*":
            parts.append(b".*")
        elif mark == b"?":
            parts.append(b".")
        elif mark == b"[" and (bracket := _bracket(pattern, position)):
            members, position = bracket
            parts.append(_one_of(members))
        elif mark == b"\\" and position < len(pattern):
            parts.append(re.escape(pattern[position : position + 1]))
            position += 1
        else:
            parts.append(re.escape(mark))
    joined = re.sub(rb"(?:\.\*){2,}", b".*", b"".join(parts))
    return re.compile(joined, re.DOTALL)


def _one_of(members: set[int]) -> bytes:
    if not members:
        return b"(?!)"
    return b"[" + b"".join(re.escape(bytes([member])) for member in sorted(members)) + b"]"


def _bracket(pattern: bytes, position: int) -> tuple[set[int], int] | None:
    """The bytes that a bracket expression matches and the offset after it; None if unclosed."""
    negated = pattern[position : position + 1] in (b"!", b"^")
    position += negated
    first = position
    members: set[int] = set()
    while True:
        if position >= len(pattern):
            return None
        if pattern[position : position + 1] == b"]" and position > first:
            break
        named = _NAMED.match(pattern, position)
        if named and named[1] is not None:
            if named[1] not in _CLASSES:
                return set(), _end_of_bracket(pattern, named.end())
            members.update(_CLASSES[named[1]].encode())
            position = named.end()
            continue
        low, position = _member(pattern, position)
        high: int | None = low
        if pattern[position : position + 1] == b"-" and pattern[
            position + 1 : position + 2
        ] not in (
            b"]",
            b"",
        ):
            high, position = _member(pattern, position + 1)
        if low is None or high is None:
            return None
        members.update(range(low, high + 1))
    if negated:
        members = set(range(1, 256)) - members
    return members, position + 1


def _member(pattern: bytes, position: int) -> tuple[int | None, int]:
    """One character of a bracket expression, however it is written."""
    named = _NAMED.match(pattern, position)
    if named and named[1] is None:
        return (named[2] or named[3])[0], named.end()
    if pattern[position : position + 1] == b"\\":
        position += 1
    if position >= len(pattern):
        return None, position
    return pattern[position], position + 1


def _end_of_bracket(pattern: bytes, position: int) -> int:
    closed = pattern.find(b"]", position)
    return closed + 1 if closed >= 0 else len(pattern)
