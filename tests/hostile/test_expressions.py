"""No regular expression of the package takes time that grows with the square of a text.

Each is tried on long texts made of what stands in it, in turn with an expression that matches each
character by itself. Where each character is tried with all that follow it, it takes far longer.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterable, Iterator
from itertools import chain, product
from pathlib import Path
from re import _compiler as compiler  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import nginx_memlint

LENGTH = 3000
PLAIN = re.compile(r".", re.DOTALL)
"""Takes a text character by character: some 0.1 microseconds for each."""

TIMES = 10
"""Most time for an expression, in times of PLAIN's: 100 times what is needed, a tenth of what a
square takes."""

FLAGS = re.VERBOSE | re.IGNORECASE
"""Those by which an expression is parsed in another way."""

ENDS = ("\0", "\n\0")
"""Ends of texts: where one of them is what an expression wants, the other may be not."""

CHARACTERS = ["a", *map(chr, range(256))]
"""Those that an expression may want, a letter before others."""

_PIECES = re.compile(r"[a-z]{2,}|\\?.", re.DOTALL)
_CLASSES = {r"\s": " ", r"\S": "a", r"\w": "a", r"\d": "0", r"\n": "\n", r"\t": "\t", r"\r": "\r"}


def expressions() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """All that modules keep, by their names."""
    for info in pkgutil.walk_packages(nginx_memlint.__path__, "nginx_memlint."):
        if not info.name.endswith("__main__"):
            for name, value in vars(importlib.import_module(info.name)).items():
                named = f"{info.name.partition('.')[2]}.{name}"
                kept = getattr(value, "__self__", value)  # its method may be kept
                if isinstance(kept, re.Pattern) and value.__class__ is not type:
                    yield named, kept
                for number, each in enumerate(kept.values() if isinstance(kept, dict) else ()):
                    if isinstance(each, re.Pattern) and not name.startswith("__"):
                        yield f"{named}#{number}", each


EXPRESSIONS = dict(expressions())


def pieces(expression: re.Pattern[Any]) -> list[str]:
    """Words and characters that it may want."""
    text = expression.pattern
    text = text.decode("latin-1") if isinstance(text, bytes) else text
    texts = dict.fromkeys(["a", " ", "\n", "\t"])
    for piece in _PIECES.findall(text):
        texts[_CLASSES.get(piece, piece[-1] if piece.startswith("\\") else piece)] = None
    return list(texts)


def least(parsed: Iterable[Any]) -> str:
    """A short text that what is parsed of an expression matches, where nothing looks around it."""
    text = ""
    for kind, what in parsed:
        match str(kind):
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                text += first_of((kind, what))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                text += least(what[2]) * what[0]
            case "BRANCH":
                text += least(what[1][0])
            case "SUBPATTERN":
                text += least(what[3])
            case "ATOMIC_GROUP":
                text += least(what)
    return text


def first_of(node: Any) -> str:
    """The first of CHARACTERS that a part of an expression for one of them matches, if any."""
    one = compiler.compile(parser.SubPattern(parser.State(), [node]))
    return next(filter(one.fullmatch, CHARACTERS), "")


def leads(parsed: Iterable[Any], before: str = "") -> Iterator[str]:
    """Texts that lead to each repetition of an expression."""
    for kind, what in parsed:
        match str(kind):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield before
                yield from leads(what[2], before)
            case "BRANCH":
                yield from chain.from_iterable(leads(way, before) for way in what[1])
            case "SUBPATTERN":
                yield from leads(what[3], before)
            case "ATOMIC_GROUP":
                yield from leads(what, before)
        before += least([(kind, what)])


def ways(name: str) -> set[str]:
    """How an expression is used: its methods' names."""
    root = Path(nginx_memlint.__path__[0])
    module, _, constant = name.partition("#")[0].rpartition(".")
    text = "".join(
        path.read_text("utf-8")
        for path in root.rglob(f"{module.replace('.', '/')}*")
        if path.suffix == ".py"
    )
    return set(re.findall(rf"\b{constant}(?:\[.*?\])?\.(\w+)", text)) or {"search"}


def seconds(expression: re.Pattern[Any], text: str, way: str = "finditer") -> float:
    """CPU time of looking for what matches in a text."""
    given = text if isinstance(expression.pattern, str) else text.encode("latin-1", "replace")
    began = time.process_time()
    if way in ("match", "fullmatch"):
        getattr(expression, way)(given)
    else:
        for _ in expression.finditer(given):
            pass
    return time.process_time() - began


def is_slow(expression: re.Pattern[Any], text: str, way: str) -> bool:
    """Whether it takes far longer than PLAIN: each time that they are tried, as loads change."""
    return all(
        seconds(expression, text, way) > TIMES * max(seconds(PLAIN, text), 1e-5) for _ in range(4)
    )


def slow_text(expression: re.Pattern[Any], way: str) -> str | None:
    """How a text begins of which each character takes too long, if there is one."""
    starts = pieces(expression)[:20]
    units = [*starts, *(a + b for a, b in product(starts[:6], repeat=2))]
    led = dict.fromkeys(leads(parser.parse(expression.pattern, expression.flags & FLAGS)))
    tried = chain(
        product(["", *starts[4:]], units, ["\0"]),
        product(led, starts, ENDS),
        product([""], [*filter(None, led), *(f"{text}\n" for text in led)], ENDS),
    )
    for before, unit, end in tried:
        text = before + unit * (LENGTH // len(unit)) + end
        if is_slow(expression, text, way):
            return text[:20]
    return None


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_time_is_linear(name: str) -> None:
    for way in ways(name):
        assert slow_text(EXPRESSIONS[name], way) is None, way


@pytest.mark.parametrize(
    ("pattern", "way"),
    [
        (r"[^\s,][^,]*?(?=\s*(?:,|$))", "finditer"),
        (r"\s+$", "search"),
        (r"(?:a|b)*c", "sub"),
        (r"(\(?)(.+?)([).,:;]*)", "fullmatch"),
        (r"[^\W\d]+\s*=\s*[^;]*;\n", "match"),
        (r"(?m)^import\s[\s\w]*?from", "findall"),
        (r"(?:x|(?>Set)[ \t]+)\"?[^\"\n]*[^\"\s]", "search"),
    ],
)
def test_squares_are_found(pattern: str, way: str) -> None:
    assert slow_text(re.compile(pattern), way) is not None
