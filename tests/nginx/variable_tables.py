"""Read the variables of nginx's modules, and write refusals/variables_table.py.

``python -m tests.nginx.variable_tables nginx=DIR``: a git directory of github.com/nginx/nginx. All
releases are read that tests/nginx/command_tables.py reads.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.nginx.command_tables import COMPONENTS, Version, _git, releases

TABLE = Path(__file__).parents[2] / "nginx_memlint" / "refusals" / "variables_table.py"

ALWAYS = ("/ngx_http_variables.c", "/ngx_stream_variables.c", "/ngx_http_upstream.c")
"""Files that are in all builds of nginx with http, or stream."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONDITIONAL = re.compile(r"^#if\b.*?^#endif", re.DOTALL | re.MULTILINE)
_ARRAY = re.compile(
    r"ngx_(?:http|stream)(?:_browser)?_variable_t\s+\w+\[\]\s*=\s*\{(.*?)\n\};", re.DOTALL
)
_COMPARED = re.compile(r'ngx_strncmp\(v\[i\]\.name\.data, "(\w+_)", \d+\)')
"""How releases before 1.11.10 know the prefixes of variables."""
_ENTRY = re.compile(r'\{\s*ngx_string\("(\w+)"\),([^{}]*)\}')
_NAME = re.compile(r'ngx_str_t\s+(\w+)\s*=\s*ngx_string\("(\w+)"\)')
_ADDED = re.compile(r"ngx_(?:http|stream)_add_variable\(cf,\s*&(\w+),\s*([^)]*)\)")

Read = dict[str, str]
"""Variable → ``fixed`` if no build may set it, ``prefix`` if all that begin so are variables."""


def _entries(text: str) -> list[tuple[str, str]]:
    """The names in tables of variables, each with the rest of its entry."""
    return [entry for array in _ARRAY.findall(text) for entry in _ENTRY.findall(array)]


@cache
def _variables(repository: str, blob: str, path: str) -> Read:
    text = _COMMENT.sub(" ", _git(repository, "cat-file", "blob", blob))
    always = {
        name
        for array in _ARRAY.findall(_CONDITIONAL.sub(" ", text))
        for name, _ in _ENTRY.findall(array)
    }
    read: Read = {}
    entries = _entries(text)
    names = dict(_NAME.findall(text))
    entries += [(name, "_PREFIX") for name in _COMPARED.findall(text)]
    entries += [(names[name], flags) for name, flags in _ADDED.findall(text) if name in names]
    for name, flags in entries:
        is_fixed = path.endswith(ALWAYS) and name in always and "_CHANGEABLE" not in flags
        read[name] = "prefix" if "_PREFIX" in flags else "fixed" if is_fixed else ""
    return read


def rows(repository: str) -> dict[tuple[str, Version, str], set[str]]:
    """Outermost block, release, and what is so of a variable in all releases since → variables."""
    tags = releases(repository, COMPONENTS["nginx"])
    since: dict[tuple[str, str], Version] = {}
    said: dict[tuple[str, str], set[str]] = defaultdict(set)
    last: set[tuple[str, str]] = set()
    for version, tag in tags:
        last = set()
        for line in _git(repository, "ls-tree", "-r", tag, "src/http", "src/stream").splitlines():
            meta, path = line.split("\t", 1)
            if path.endswith(".c"):
                for name, how in _variables(repository, meta.split()[2], path).items():
                    key = path.split("/")[1], name
                    since.setdefault(key, version)
                    said[key].add(how)
                    last.add(key)
    grouped: dict[tuple[str, Version, str], set[str]] = defaultdict(set)
    for (root, name), version in since.items():
        [how, *others] = sorted(
            said[root, name] | ({""} if (root, name) not in last else set()), key=len
        )
        grouped[root, version, how if how == "" or not others else ""].add(name)
    return grouped


HEAD = '''"""Variables that nginx's modules have, from its sources.

Made by ``python -m tests.nginx.variable_tables``; not to be edited.
"""

from __future__ import annotations

# fmt: off

ROWS: tuple[tuple[str, tuple[int, ...], str, str], ...] = (
'''

TAIL = ''')
"""Outermost block; the release that brought them, the first one that was read for older ones;
``fixed`` if no build of any release since lets a configuration set them, ``prefix`` if all names
that begin so are variables; the names. All modules that nginx comes with are read."""
'''


def main() -> None:
    """Write the module."""
    repositories = dict(arg.split("=", 1) for arg in sys.argv[1:])
    text = HEAD
    for (root, version, how), names in sorted(rows(repositories["nginx"]).items()):
        lines = textwrap.wrap(" ".join(sorted(names)), 84)
        text += f'    (\n        "{root}", {version}, "{how}",\n'
        text += (
            "".join(f'        "{line} "\n' for line in lines[:-1])
            + f'        "{lines[-1]}",\n    ),\n'
        )
    TABLE.write_text(text + TAIL)


if __name__ == "__main__":
    main()
