"""C's ``glob(3)``, which nginx uses for ``include`` (``ngx_open_glob()``), over any Source.

Python's ``glob`` differs: ``[^a]``, ``[[:alpha:]]``, backslash escapes, trailing slashes. This
follows glibc with no flags in the C locale, the one nginx runs in: bytes, sorted bytewise, names
that begin with a dot only where the pattern has that dot; ``.*`` matches ``.`` and ``..`` too.
"""

from __future__ import annotations

import errno
import re
from functools import cache, lru_cache

from nginx_memlint.files.paths import decode, encode
from nginx_memlint.sources.source import ABSENT, Source

MAX_VAGUE = 2
"""Brackets whose end depends on the name that is matched: each may multiply the time it takes."""

MAX_COST = 20_000
"""Bound on cost() of all patterns of a source together: some 10 seconds for malformed brackets."""

MAX_PATTERN = 8192
"""Bytes of a pattern: twice PATH_MAX, as one has a directory and a word of nginx's 4,096 bytes."""

LONG = 64
"""Bytes of a pattern that take as long as the listing of a name, and of a path that counts as one:
paths are kept."""

_STAR, _QUESTION, _OPEN, _CLOSE, _BACKSLASH, _MINUS = b"*?[]\\-"

_SIMPLE = re.compile(rb"\[([!^]?)((?:\w-\w|[\w.])+)\]", re.ASCII)
"""A bracket that regular expressions read as glob(3) does, if its ranges are not empty."""

# The "z" is missing in glibc, too.
_CLASS = re.compile(rb"\[:([a-y]*):\]")
_EQUIVALENTS = re.compile(rb"\[=([^\0])=\]")
_SKIPPED = re.compile(rb"\[:[a-y]*:\]|\[=[^\0]=\]|\[\..*?\.\]|\\.", re.DOTALL)


def has_magic(pattern: str) -> bool:
    """Whether nginx hands an include's argument to glob(3) at all (``strpbrk(…, "*?[")``)."""
    return any(mark in pattern for mark in "*?[")


def literal(path: str) -> str:
    """The pattern that matches a path alone."""
    return re.sub(r"([*?\[\\])", r"\\\1", path)


def cost(pattern: str) -> int:
    """The time that the pattern's brackets take, in about thousands of steps of work."""
    if "[" not in pattern:
        return 0
    odd = _SIMPLE.sub(lambda bracket: b"" if _has_members(bracket) else bracket[0], encode(pattern))
    components = odd.split(b"/")
    return sum(component.count(b"[") * len(component) for component in components)


def expand(source: Source, pattern: str) -> list[str]:
    """The paths that match an absolute pattern, sorted bytewise.

    It is an empty list if nothing matches or a directory does not exist. Raises OSError for a
    directory that may not be read, as what it holds is unknown, for a pattern with more than
    MAX_VAGUE malformed brackets or one that is too long, and once the source's patterns exceed
    MAX_COST.
    """
    if len(pattern) > MAX_PATTERN:
        raise OSError(errno.EINVAL, "the pattern is too long")
    if brackets := cost(pattern):
        source.meter.brackets += brackets
        if source.meter.brackets > MAX_COST:
            raise OSError(errno.EINVAL, "there are too many malformed brackets")
    paths = _expand(source, encode(pattern))
    # text of ASCII is in the order of its bytes: no second copy of a million paths
    paths.sort(key=None if all(map(str.isascii, paths)) else encode)
    return paths


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern may match a path; where that cannot be told, it may."""
    components = [part for part in encode(pattern).split(b"/") if part]
    names = [part for part in encode(path).split(b"/") if part]
    if len(components) != len(names):
        return False
    try:
        return all(
            bool(_compile(component).fullmatch(name))
            for component, name in zip(components, names, strict=True)
        )
    except OSError:
        return True


def _expand(source: Source, pattern: bytes) -> list[str]:
    """The paths that match, in no order: component by component, from the first that may match."""
    components: list[tuple[bytes, bytes]] = []
    while True:
        directory, _, name = pattern.rpartition(b"/")
        if not name:
            directory = directory.rstrip(b"/")
        if (len(directory) - len(directory.rstrip(b"\\"))) % 2:
            directory = directory[:-1]  # it was for the slash
        components.append((directory, name))
        if (name or not directory) and not _is_pattern(directory):
            break
        source.meter.list(1 + len(directory) // LONG)
        pattern = directory
    paths = _in_directories(source, [decode(_unescape(directory))], name)
    for _, name in components[-2::-1]:
        if not paths:
            break
        directories = [path for path in paths if source.is_dir(path)]
        if name:
            paths = _in_directories(source, directories, name)
        else:
            paths = [path + "/" for path in directories]
    return paths


def _in_directories(source: Source, directories: list[str], name: bytes) -> list[str]:
    """The paths in some directories whose last component matches."""
    if not _is_pattern(name) and b"\\" not in name:
        literal = decode(name)
        source.meter.list(len(directories))
        _count(source, directories, [literal])
        return [f"{d}/{literal}" for d in directories if source.exists(f"{d}/{literal}")]
    matches = None  # most patterns of a hostile file lead to no directory
    paths = []
    for path in directories:
        try:
            names = [".", "..", *source.names(path or "/")]
        except OSError as error:
            if error.errno in ABSENT:
                continue
            raise
        # names are held against long patterns for longer: those count more than once
        source.meter.list(len(names) * (len(name) // LONG))
        matches = matches or _compile(name).fullmatch
        matching = [entry for entry in names if matches(encode(entry))]
        _count(source, [path], matching)
        paths += [f"{path}/{entry}" for entry in matching]
    return paths


def _count(source: Source, directories: list[str], names: list[str]) -> None:
    """Count the bytes of paths before they are made."""
    for path in directories:
        source.meter.list(sum((len(path) + len(name)) // LONG for name in names))


def _is_pattern(text: bytes) -> bool:
    """Whether a component is a pattern: a bracket that is never closed is an ordinary character.

    This follows glibc's ``__glob_pattern_type()``.
    """
    text = re.sub(rb"\\.", b"", text, flags=re.DOTALL)
    return b"*" in text or b"?" in text or b"]" in text.partition(b"[")[2]


def _unescape(text: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", text, flags=re.DOTALL)


@lru_cache(maxsize=256)
def _compile(pattern: bytes) -> re.Pattern[bytes]:
    """A regular expression for one path component, as ``fnmatch(3)`` with FNM_PERIOD matches."""
    leading = b"" if pattern.startswith((b".", b"\\.")) else rb"(?!\.)"
    position = 0
    wild = len(pattern) - len(pattern.lstrip(b"*?"))
    if wild > 1 and pattern.startswith(b"*") and pattern.startswith(b"[", wild):
        # glibc takes the first byte that such a bracket is tried on for a leading one
        position = wild
        leading += rb".{%d}(?:(?!\.)|.+)" % pattern.count(b"?", 0, wild)
    return re.compile(leading + _translate(pattern + b"\0", position, MAX_VAGUE), re.DOTALL)


def _translate(pattern: bytes, position: int, vague: int) -> bytes:  # noqa: PLR0912
    """The rest of a pattern, which ends with a zero byte, as a regular expression.

    What stands between two stars matches a fixed number of bytes, so the first match is as good as
    any: the atomic groups keep the time from growing with a power of the name's length. ``vague``
    is how many brackets may have an end that depends on the name.
    """
    parts: list[bytes] = []
    done: list[bytes] = []
    while mark := pattern[position]:
        position += 1
        if mark == _STAR:
            if parts[:1] == [b".*?"]:
                if len(parts) > 1:
                    done.append(b"(?>" + b"".join(parts) + b")")
            else:
                done += parts
            parts = [b".*?"]
        elif mark == _QUESTION:
            parts.append(b".")
        elif mark == _OPEN and (simple := _simple(pattern, position - 1)):
            position += len(simple[0]) - 1
            parts.append(b"[" + simple[1].replace(b"!", b"^") + simple[2] + b"]")
        elif mark == _OPEN:
            # where a bracket ends can depend on what it is to match, if it is malformed
            ways: dict[int, list[int]] = {}
            for byte in range(1, 256):
                if (end := _end_of_bracket(pattern, position, byte)) is not None:
                    ways.setdefault(end, []).append(byte)
            if len(ways) != 1:
                if vague == 0:
                    raise OSError(errno.EINVAL, "the pattern's brackets are malformed")
                rests = [_one_of(ways[end]) + _translate(pattern, end, vague - 1) for end in ways]
                parts.append(b"(?:" + b"|".join(rests) + b")" if rests else b"(?!)")
                break
            [(position, members)] = ways.items()
            parts.append(_one_of(members))
        elif mark == _BACKSLASH and not pattern[position]:
            parts.append(b"(?!)")
        else:
            if mark == _BACKSLASH:
                mark = pattern[position]
                position += 1
            parts.append(re.escape(bytes([mark])))
    return b"".join(done + parts)


def _simple(pattern: bytes, position: int) -> re.Match[bytes] | None:
    """The match of a bracket at an offset that regular expressions read alike, else None."""
    bracket = _SIMPLE.match(pattern, position)
    return bracket if bracket and _has_members(bracket) else None


def _has_members(bracket: re.Match[bytes]) -> bool:
    """Whether no range of a simple bracket is empty."""
    ranges = re.findall(rb"(\w)-(\w)", bracket[2], re.ASCII)
    return all(low <= high for low, high in ranges)


def _one_of(members: list[int]) -> bytes:
    return b"[" + b"".join(re.escape(bytes([member])) for member in members) + b"]"


def _end_of_bracket(pattern: bytes, start: int, byte: int) -> int | None:
    """The offset after a bracket expression that matches a byte; None if it does not match.

    This follows fnmatch_loop.c of glibc, which is more lenient after a match than before. A bracket
    that is never closed stands for itself.
    """
    unclosed = start if byte == _OPEN else None
    negated = pattern[start] in b"!^"
    first = position = start + negated
    while pattern[position]:
        if pattern[position] == _CLOSE and position > first:
            return position + 1 if negated else None
        if member := _CLASS.match(pattern, position):
            if member[1] not in _classes():
                return None
            matched = byte in _classes()[member[1]].encode()
            position = member.end()
        elif member := _EQUIVALENTS.match(pattern, position):
            matched = byte == member[1][0]
            position = member.end()
        else:
            members = _range(pattern, position)
            if members is None:
                return None
            low, high, position = members
            matched = low <= byte <= high
        if matched:
            end = _skip_bracket(pattern, position)
            return unclosed if end == 0 else None if negated else end
    return unclosed


@cache
def _classes() -> dict[bytes, str]:
    """The members of the character classes that brackets may name, such as ``alpha``."""
    import string  # noqa: PLC0415  compiles a regular expression

    return {
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


def _range(pattern: bytes, position: int) -> tuple[int, int, int] | None:
    """The first and last byte of a range, or of a single character, and the offset after it."""
    is_symbol = pattern.startswith(b"[.", position)
    low, position = _member(pattern, position)
    if not low:
        return None
    high = low
    last = pattern[position + 1] if pattern[position] == _MINUS else 0
    if last and (is_symbol or last != _CLOSE):
        high, position = _member(pattern, position + 1)
    return (low, high, position) if high else None


def _member(pattern: bytes, position: int) -> tuple[int, int]:
    """The byte of one character of a bracket, 0 if malformed, and the offset after it."""
    if pattern.startswith(b"[.", position):
        end = pattern.find(b".]", position + 2)
        return (pattern[position + 2], end + 2) if end == position + 3 else (0, position)
    if pattern[position] == _BACKSLASH:
        position += 1
    return pattern[position], position + 1


def _skip_bracket(pattern: bytes, position: int) -> int | None:
    """The offset after a bracket that has matched; 0 if it is never closed, None if malformed."""
    while mark := pattern[position]:
        if mark == _CLOSE:
            return position + 1
        if mark == _BACKSLASH and not pattern[position + 1]:
            return None
        if member := _SKIPPED.match(pattern, position):
            position = member.end()
        elif pattern.startswith((b"[=", b"[."), position):
            return None
        else:
            position += 1
    return 0
