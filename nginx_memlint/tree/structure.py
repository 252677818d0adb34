"""Blocks that nginx rejects beside or inside each other, and conditions that are none.

``ngx_http_block()`` and its like, ``ngx_http_core_location()``, ``ngx_http_join_exact_locations()``
and ``ngx_http_rewrite_if_condition()``, read in nginx 1.10.0 to 1.31.4, in which they agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nginx_memlint.problems import Problem
from nginx_memlint.tree.tree import Block, Tree

ONCE = ("events", "http", "stream", "mail")
"""Blocks of which there may be one."""

MOST_WORDS = 2
"""Words of a location: a modifier and a name."""

_UPSTREAMS = ("upstream", "stream_upstream")

_CHECKED = ("location", "if")


def problems(tree: Tree) -> Iterator[Problem]:
    """What nginx would reject, in the order of the files."""
    seen: set[str] = set()
    for block in tree.main.children:
        if block.kind in ONCE and block.directive is not None:
            if block.kind in seen:
                message = f'"{block.kind}" directive is duplicate'
                yield _problem(block, message)
            seen.add(block.kind)
    yield from _loaded_late(tree)
    yield from _upstreams_twice(tree)
    locations: dict[Block, set[tuple[bool, str, int]]] = {}
    for block in tree.all_blocks:
        parent, directive = block.parent, block.directive
        if block.kind not in _CHECKED or parent is None or directive is None:
            continue
        words = [*directive.args]
        if block.kind == "if":  # with its parentheses
            words = [text for text, _, _ in block.inclusion.file.tokens.args(directive.token)]
        if not words or (block.kind == "location" and len(words) > MOST_WORDS):
            continue  # told already
        if block.kind == "if":
            complaint = _condition(words)
        else:
            location = _location(words)
            complaint = location.complaint or _nested(location, _around(parent))
            if not complaint and location.is_static:
                known = locations.setdefault(parent, set())
                if location.key in known:
                    complaint = f'duplicate location "{location.name}"'
                known.add(location.key)
        if complaint:
            yield _problem(block, complaint)


def _loaded_late(tree: Tree) -> Iterator[Problem]:
    """Modules loaded behind a block of the same file (``ngx_load_module()``, ``modules_used``)."""
    for body, inclusion in tree.main.parts:
        is_late = False
        for directive in body.directives:
            is_late = is_late or (directive.body is not None and directive.name in ONCE)
            if is_late and directive.name == "load_module":
                nginx = '"load_module" directive is specified too late'
                line = inclusion.file.nginx_line(directive)
                chain = inclusion.chain()
                yield Problem(nginx, inclusion.file.name, line, nginx=nginx, chain=chain)


def _upstreams_twice(tree: Tree) -> Iterator[Problem]:
    """Upstreams of one name, whatever its case (``ngx_http_upstream_add()``)."""
    seen: set[tuple[str, str]] = set()
    for block in tree.all_blocks:
        if block.kind in _UPSTREAMS and block.directive is not None and block.directive.args:
            name = block.directive.args[0]
            key = block.kind, name.lower()
            if key in seen:
                yield _problem(block, f'duplicate upstream "{name}"')
            seen.add(key)


def _problem(block: Block, nginx: str) -> Problem:
    file = block.inclusion.file
    line = file.nginx_line(block.directive) if block.directive is not None else None
    return Problem(nginx, file.name, line, nginx=nginx, chain=block.inclusion.chain())


@dataclass(frozen=True, slots=True)
class _Location:
    """What ``ngx_http_core_location()`` makes of the words after ``location``."""

    name: str
    modifier: str = ""
    complaint: str = ""

    @property
    def is_regex(self) -> bool:
        return self.modifier in ("~", "~*")

    @property
    def is_named(self) -> bool:
        return self.modifier == "@"

    @property
    def is_static(self) -> bool:
        """Whether a second one of the name would be a duplicate."""
        return not self.is_regex and not self.is_named

    @property
    def key(self) -> tuple[bool, str, int]:
        """The same for two that are duplicates (``ngx_filename_cmp()`` stops at a NUL)."""
        return self.modifier == "=", self.name.partition("\0")[0], len(self.name)


def _location(words: list[str]) -> _Location:
    if len(words) == MOST_WORDS:
        modifier, name = words
        if modifier not in ("=", "^~", "~", "~*"):
            return _Location(name, complaint=f'invalid location modifier "{modifier}"')
        return _Location(name, modifier)
    name = words[0]
    for modifier in ("=", "^~", "~*", "~"):
        if name.startswith(modifier):
            return _Location(name.removeprefix(modifier), modifier)
    return _Location(name, "@" if name.startswith("@") else "")


def _around(parent: Block) -> _Location | None:
    """The location that another one is in, if it is known."""
    if parent.kind != "location" or parent.directive is None:
        return None
    return _location([*parent.directive.args])


def _nested(inner: _Location, outer: _Location | None) -> str:
    if outer is None:
        return ""
    if outer.modifier == "=":
        return f'location "{inner.name}" cannot be inside the exact location "{outer.name}"'
    if outer.is_named:
        return f'location "{inner.name}" cannot be inside the named location "{outer.name}"'
    if inner.is_named:
        return f'named location "{inner.name}" can be on the server level only'
    if not inner.is_regex and not _begins_with(inner.name, outer.name):
        return f'location "{inner.name}" is outside location "{outer.name}"'
    return ""


def _begins_with(name: str, beginning: str) -> bool:
    """As ``strncmp()`` over the length of the beginning: it ends where both have a NUL."""
    before, mark, _ = beginning.partition("\0")
    return f"{name}\0".startswith(before + mark)


_COMPARISONS = ("=", "!=", "~", "~*", "!~", "!~*")
_FILE_TESTS = ("-f", "-d", "-e", "-x", "!-f", "!-d", "!-e", "!-x")


def _condition(words: list[str]) -> str:
    """What is wrong with the words after ``if``."""
    if not words[0].startswith("("):
        return f'invalid condition "{words[0]}"'
    first, last = 0, len(words) - 1
    words = [words[0][1:], *words[1:]]
    if not words[0]:
        first, words[0] = 1, "("
    if not words[last].endswith(")"):
        return f'invalid condition "{words[last]}"'
    words[last] = words[last][:-1]
    if not words[last]:
        words[last] = ")"
        last -= 1
    test, rest = words[first], last - first
    if test.startswith("${"):
        return f'unknown "{test[1:]}" variable'
    if test.startswith("$") and len(test) > 1 and rest in (0, 2):
        is_known = rest == 0 or words[first + 1] in _COMPARISONS
        return "" if is_known else f'unexpected "{words[first + 1]}" in condition'
    is_test = test in _FILE_TESTS and rest == 1
    return "" if is_test else f'invalid condition "{test}"'
