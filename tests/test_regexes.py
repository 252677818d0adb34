"""Regular expressions mean alike on each Python that is supported."""

from __future__ import annotations

import ast
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    path for folder in ("nginx_memlint", "tests", "fuzz") for path in (ROOT / folder).rglob("*.py")
)

_POSSESSIVE_GROUP = re.compile(r"(?<!\\)(?:\)|%[bs]|\\[1-9])(?:[*+?]|\{[0-9,]+\})[+]")
"""A repetition without giving back of something that is neither a character nor a class."""

ATOMS = ("a", ".", "[ab]", r"[^ab\n]", r"\w", r"\s")
QUANTIFIERS = ("*", "+", "?", "{1,3}", "{0,2}", "{2,}")


def possessive_groups(source: str) -> list[str]:
    """The texts in a Python source that repeat a group possessively, with their lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(source)
    repeated = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            value = node.value
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if match := _POSSESSIVE_GROUP.search(text):
                repeated.append(f"line {node.lineno}: {text[: match.end()]}")
    return repeated


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_group_is_repeated_possessively(path: Path) -> None:
    """Such a group matches wrong before Python 3.11.5; an atomic group means what it should.

    CPython's gh-106052 and gh-100061: Debian 12 has Python 3.11.2.
    """
    if path != Path(__file__):
        assert not possessive_groups(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "pattern",
    [r"r'(?:ab?c)*+'", "b'(a|b)++'", "'(?:a)?+'", "'(a){2,3}+'", "rb'%b*+'", r"r'(.)\1*+'"],
)
def test_a_group_that_is_repeated_possessively_is_found(pattern: str) -> None:
    assert possessive_groups(f"X = re.compile({pattern})")


@pytest.mark.parametrize(
    "pattern", [r"rb'[ab]*+c++\w?+\){2}+'", "'(?>(?:ab?c)*)'", r"r'\(a\)*+'", "'(a)+b'"]
)
def test_others_are_not(pattern: str) -> None:
    assert not possessive_groups(f"X = re.compile({pattern})")


pieces = st.tuples(st.sampled_from(ATOMS), st.sampled_from(QUANTIFIERS))


@given(
    st.lists(st.lists(pieces, min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from(["", "*", "+", "{0,3}"]),
    st.sampled_from(["", "b", "(?=b)", "(?!b)"]),
    st.text("ab \n", max_size=12),
)
def test_a_class_is_repeated_possessively_as_it_should(
    ways: list[list[tuple[str, str]]], outer: str, after: str, text: str
) -> None:
    """It matches as an atomic group around it, alone and in groups that are repeated themselves."""
    possessive = "|".join("".join(f"{atom}{often}+" for atom, often in way) for way in ways)
    atomic = "|".join("".join(f"(?>{atom}{often})" for atom, often in way) for way in ways)
    for opening in ("(?:", "(", "(?>"):
        match = re.search(f"{opening}{possessive}){outer}{after}", text, re.DOTALL)
        expected = re.search(f"{opening}{atomic}){outer}{after}", text, re.DOTALL)
        assert (match and match.span()) == (expected and expected.span())
        assert (match and match.groups()) == (expected and expected.groups())
