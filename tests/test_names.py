"""Names of types: one meaning each, as a stranger finds them by a search."""

import ast
from collections import defaultdict
from pathlib import Path

import nginx_memlint

PACKAGE = Path(nginx_memlint.__file__).parent
MODULES = {
    str(path.relative_to(PACKAGE)): ast.parse(path.read_text()) for path in PACKAGE.rglob("*.py")
}


def test_no_two_classes_have_one_name() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name.strip("_")].append(f"{module}:{node.lineno}")
    assert {name: lines for name, lines in places.items() if len(lines) > 1} == {}
