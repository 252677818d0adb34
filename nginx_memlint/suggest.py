"""Suggestions for words that are not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.5
"""How much a known word must be like the one that was given, from 0 to 1 (difflib)."""


MOST_LETTERS = 64
"""Letters of a word that may be like a known one: a word may be as long as a file."""


def closest(word: str, words: Iterable[str]) -> str | None:
    """The known word that is most like a word; None if none is close."""
    if len(word) > MOST_LETTERS:
        return None
    return next(iter(get_close_matches(word, words, 1, CUTOFF)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``; did you mean "…"?`` if a known word is close, else nothing."""
    close = closest(word, words)
    return f'; did you mean "{close}"?' if close is not None else ""
