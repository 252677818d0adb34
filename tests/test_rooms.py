"""The rooms of the package: imports go one way, and the core knows nothing of its leaves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import nginx_memlint

PACKAGE = Path(nginx_memlint.__file__).parent

BASICS = {
    *("errors", "exit_codes", "policy", "printable", "problems", "removed", "result", "sizes"),
    "suggest",
}
"""Modules at the top that any room may use."""

CORE = (
    *("files", "syntax", "sources", "tree", "targets", "tls", "refusals", "memory"),
    *("acceptance", "remedies", "rules", "options", "analysis"),
)
"""From bytes to findings: each room uses those before it."""

ROOMS = {name: number for number, name in enumerate(CORE)}
LEAVES = {
    "api",
    "cli",
    "comparison",
    "editor",
    "fix",
    "forge",
    "live",
    "report",
    "settings",
    "__main__",
    "__init__",
}

TOP = 12
"""Modules at the top of the package, at the most."""


MODULES = {
    str(path.relative_to(PACKAGE).with_suffix("")).replace("/", "."): path
    for path in PACKAGE.rglob("*.py")
}


TESTS = Path(__file__).parent

OTHER_TESTS = {
    "cli/test_mistakes": "mistakes in all commands",
    "report/test_agreement": "all formats beside each other",
    "rules/test_budgets": "ML201 to ML207",
    "rules/test_bundles": "ML301 and ML303",
    "rules/test_examples": "the examples of all rules",
    "rules/test_well_made": "all rules on configurations without a fault",
    "sources/test_confine": "every reader with --confine",
}
"""Tests in a room's folder that are of more than one module of it, and of what."""


def room_of(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def imports(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports when it is imported itself."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nginx_memlint"):
            parts = (node.module or "").split(".")[1:]
            for alias in node.names:
                inner = ".".join([*parts, alias.name])
                yield inner if inner in MODULES else ".".join(parts) or alias.name


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    room = room_of(module.split(".", maxsplit=1)[0])
    for imported in imports(MODULES[module]):
        theirs = room_of(imported)
        if room in BASICS:
            assert theirs in BASICS, f"{module} → {imported}"
        elif room in ROOMS and theirs not in BASICS:
            assert theirs in ROOMS, f"the core knows no leaves: {module} → {imported}"
            assert ROOMS[theirs] <= ROOMS[room], f"imports do not climb: {module} → {imported}"


def test_every_room_is_known() -> None:
    rooms = {room_of(module) for module in MODULES}
    assert rooms == BASICS | set(ROOMS) | LEAVES


def test_the_top_is_small() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= TOP


def test_there_are_no_circles() -> None:
    graph = {
        module: {
            name
            for imported in imports(path)
            for name in (imported, f"{imported}.__init__")
            if name in MODULES and name != module
        }
        for module, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " → ".join((*way, module))
        if module not in done:
            for imported in sorted(graph[module]):
                visit(imported, (*way, module))
            done.add(module)

    for module in graph:
        visit(module, ())


def test_the_tests_mirror_the_package() -> None:
    """The tests of ``nginx_memlint/tree/build.py`` stand in ``tests/tree/test_build.py``."""
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    tests = {
        str(path.relative_to(TESTS).with_suffix(""))
        for path in TESTS.rglob("test_*.py")
        if path.relative_to(TESTS).parts[0] in rooms
    }
    mirrored = {
        str(Path(name).with_name(f"test_{Path(name).name}"))
        for name in (module.replace(".", "/").removesuffix("/__init__") for module in MODULES)
    }
    assert tests - mirrored == OTHER_TESTS.keys()
