"""Names and docstrings, as a stranger meets them: by a search, or one alone in an editor."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import nginx_memlint

PACKAGE = Path(nginx_memlint.__file__).parent
PROJECT = Path(__file__).parent.parent


def parsed(folder: Path) -> dict[str, ast.Module]:
    """The modules below a folder, by their paths in the directory that holds it."""
    return {
        str(path.relative_to(folder.parent)): ast.parse(path.read_text("utf-8"))
        for path in folder.rglob("*.py")
    }


@cache
def package() -> dict[str, ast.Module]:
    """The modules of the package."""
    return parsed(PACKAGE)


@cache
def read_by_people() -> dict[str, ast.Module]:
    """The modules that people read, tests of the package among them."""
    tests, fuzz, benchmarks = (parsed(PROJECT / name) for name in ("tests", "fuzz", "benchmarks"))
    return package() | tests | fuzz | benchmarks


VAGUE = {"found", "own", "here", "known"}
"""Names that tell nothing of the value: a setting, a match or a path is called that."""

DEPENDENT = re.compile(r"(The same|See|What|As)\b")
"""Beginnings of docstrings that need another one to be understood, or have no subject."""


def types(module: ast.Module) -> Iterator[tuple[str, int]]:
    """The classes, and the names that a module gives to types, each with its line."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            yield node.name, node.lineno
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name) and re.fullmatch(r"_*[A-Z]\w*[a-z]\w*", target.id):
                yield target.id, node.lineno


def test_no_two_types_have_one_name() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module, tree in package().items():
        for name, line in types(tree):
            places[name.strip("_")].append(f"{module}:{line}")
    assert {name: lines for name, lines in places.items() if len(lines) > 1} == {}


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The variables, attributes and parameters of a module, each with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute):
            yield node.attr, node.lineno
        elif isinstance(node, ast.arg | ast.keyword):
            yield node.arg or "", node.lineno
        elif isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno


def test_names_say_what_they_hold() -> None:
    vague = [
        f"{module}:{line}: {name}"
        for module, tree in read_by_people().items()
        for name, line in names(tree)
        if name.strip("_") in VAGUE
    ]
    assert vague == []


def docstrings(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """All docstrings, those of attributes included, each with its line."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value, value.lineno


def test_docstrings_stand_alone() -> None:
    dependent = [
        f"{module}:{line}: {text.splitlines()[0]}"
        for module, tree in read_by_people().items()
        for text, line in docstrings(tree)
        if DEPENDENT.match(text)
    ]
    assert dependent == []
