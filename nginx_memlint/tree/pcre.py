"""Regular expressions that PCRE refuses, as far as its versions agree.

Nothing is said of what is not understood. ``parse_regex()`` of PCRE2 10.42 and ``compile_branch()``
of PCRE 8.39, which were asked of millions of random expressions.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<comment>\(\?\#[^)]*(?P<closed>\))?)
    | (?P<verb>\(\*[^)]*(?P<ended>\))?)
    | (?P<escape>\\(?:[xpPkgoN]\{[^{}\\]*\}|.)?)
    | (?P<class>\[\^?\]?(?>(?:\\.|\[:\^?\w*:\]|[^\]\\])*)(?P<end>\])?)
    | (?P<open>\((?:\?(?:<?[=!]|[:>|]|(?:P?<(?P<name>[A-Za-z_]\w*)>)|[imsJU]+:))?)
    | (?P<close>\))
    | (?P<times>[*+?]|\{(?P<least>[0-9]+)(?:,(?P<most>[0-9]*))?\})
    | (?P<other>\|)
    | [^()\\\[*+?{|]+  # characters that mean themselves
    | .
    """,
    re.DOTALL | re.VERBOSE | re.ASCII,
)

_OTHERWISE_READ = re.compile(r"\\[QEc]|\(\?[a-zA-Z]*x|\(\?\^")
"""Quoted text, and white space that does not count: in them marks may be text."""

_OTHER_GROUP = re.compile(r"\(\*|\(\?(?!<?[=!]|[:>|]|P?<[A-Za-z_]\w*>|[imsJU]+:)", re.ASCII)
"""Groups whose beginning is not understood: options for what follows, recursion, conditions,
comments, verbs."""

_OF_NAMES = {
    "p": re.compile(r"[^{]|\Z"),
    "k": re.compile(r"\{[^{}\\]*\}|<[^<>\\]*>|'[^'\\]*'"),
    "g": re.compile(r"\{[^{}\\]*\}|<[^<>\\]*>|'[^'\\]*'|[0-9+-]"),
    "o": re.compile(r"\{[^{}\\]*\}"),
}
_OF_NAMES["P"] = _OF_NAMES["p"]
"""Letters after a backslash → what follows where no name in brackets is part of the token."""

_RANGE = re.compile(r"\\.|\[:(\^?)(\w*):\]|([A-Za-z0-9])-([A-Za-z0-9])", re.DOTALL | re.ASCII)
_OF_POSIX = frozenset(
    {
        *("alpha", "lower", "upper", "alnum", "ascii", "blank", "cntrl", "digit", "graph", "print"),
        *("punct", "space", "word", "xdigit"),
    }
)

_MOST_TIMES = 65_535
_DEEPEST = 250
"""Parentheses inside one another: ``PARENS_NEST_LIMIT`` as both libraries are built."""

_ALWAYS_REFERENCES = "1234567"
"""Digits after a backslash that are the number of a group, whatever groups there are."""


def complaint(text: str) -> str:
    """The error of PCRE in an expression; nothing if it is taken, or may be."""
    if _OTHERWISE_READ.search(text):
        return ""
    expression = _Expression(text)
    for token in _TOKEN.finditer(text):
        if token["ended"]:
            return ""  # a verb may change what follows, or be a group
        if wrong := expression.complaint(token):
            return wrong
    return expression.complaint_at_end()


def captures(text: str) -> int | None:
    """How many groups of an expression are captured; None if it is not understood."""
    expression = _Expression(text)
    if _OTHERWISE_READ.search(text) or not expression.is_understood or "(?|" in text:
        return None
    for token in _TOKEN.finditer(text):
        expression.complaint(token)
    return expression.groups


class _Expression:
    """An expression up to a token."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_understood = not _OTHER_GROUP.search(text)
        self.has_unique_names = self.is_understood and "J" not in text and "(?|" not in text
        self.depth = 0
        self.groups = 0
        self.reference = 0
        self.names: set[str] = set()
        self.is_item = False
        """Whether there is something that can be repeated."""
        self.has_times = False
        """Whether it was just said how often something is repeated, but not how greedily."""

    def complaint(self, token: re.Match[str]) -> str:
        """The error that a token is where it stands."""
        if token["comment"] or token["verb"]:
            return "" if token["closed"] else "a parenthesis is not closed"
        if token["times"]:
            return self._times(token)
        self.has_times = False
        self.is_item = token["open"] is None and token["other"] is None
        if token["class"]:
            return _class(token["class"], is_closed=bool(token["end"]))
        if token["escape"]:
            return self._escape(token)
        if token["open"]:
            return self._group(token)
        self.depth -= bool(token["close"])
        return "a parenthesis is closed that was not opened" if self.depth < 0 else ""

    def complaint_at_end(self) -> str:
        """The error in what is there when all was read."""
        if self.depth:
            return "a parenthesis is not closed"
        is_missing = self.is_understood and self.reference > self.groups
        return f"there is no group {self.reference}" if is_missing else ""

    def _times(self, token: re.Match[str]) -> str:
        is_number = token["least"] is not None
        if self.has_times and token[0] in ("+", "?"):
            self.has_times = False  # possessive, or lazy
            return ""
        if self.is_understood and not self.is_item and not is_number:
            return f'"{token[0]}" does not follow what can be repeated'
        self.is_item, self.has_times = is_number, True
        numbers = [int(digits) for digits in (token["least"], token["most"]) if digits]
        if any(number > _MOST_TIMES for number in numbers):
            return f"a number of times is greater than {_MOST_TIMES}"
        return "the greatest number of times comes first" if numbers != sorted(numbers) else ""

    def _escape(self, token: re.Match[str]) -> str:
        following = self.text[token.end() : token.end() + 1]
        if token[0] == "\\":
            return "a backslash is the end"
        if token[0][1] in _ALWAYS_REFERENCES and not following.isdecimal():
            self.reference = max(self.reference, int(token[0][1]))
        named = _OF_NAMES.get(token[0][1:])
        is_taken = named is None or named.match(self.text, token.end())
        return "" if is_taken else f'after "{token[0]}" there is no name with an end'

    def _group(self, token: re.Match[str]) -> str:
        name: str | None = token["name"]
        self.depth += 1
        self.groups += token["open"] == "(" or name is not None
        if self.depth > _DEEPEST and self.is_understood:
            return f"parentheses are nested more than {_DEEPEST} deep"
        if name is None:
            return ""
        is_told = name in self.names and self.has_unique_names
        self.names.add(name)
        return f'two groups have the name "{name}"' if is_told else ""


def _class(text: str, *, is_closed: bool) -> str:
    """The error in a class of characters."""
    if not is_closed:
        return "a character class has no end"
    for match in _RANGE.finditer(text, 1):
        if match[2] and match[2] not in _OF_POSIX:
            return f'there is no class "{match[2]}"'
        if match[3] and match[3] > match[4]:
            return f'the range "{match[3]}-{match[4]}" is out of order'
    return ""
