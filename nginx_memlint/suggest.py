"""Suggestions of known words for unknown ones."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

CUTOFF = 0.5
"""Similarity from which a known word is suggested, from 0 to 1 (difflib)."""


MOST_LETTERS = 64
"""Letters of a word for which a suggestion is sought: it may be as long as a file."""


def closest(word: str, words: Iterable[str]) -> str | None:
    """The word that is most similar to a given one; None if none is."""
    if len(word) > MOST_LETTERS:
        return None
    return next(iter(get_close_matches(word, words, 1, CUTOFF)), None)


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``; did you mean "…"?`` with the closest word, empty if there is none."""
    close = closest(word, words)
    return f'; did you mean "{close}"?' if close is not None else ""
