"""Blocks that nginx rejects beside or inside each other, and malformed conditions.

The checks follow ``ngx_http_block()`` and its like, ``ngx_http_core_location()``,
``ngx_http_join_exact_locations()`` and ``ngx_http_rewrite_if_condition()``, which were read in
nginx 1.10.0 to 1.31.4, and agree there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from nginx_memlint.files.paths import encode
from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

ONCE = ("events", "http", "stream", "mail")
"""Blocks that may stand once in a configuration."""

MOST_WORDS = 2
"""Arguments of a location: a modifier and a name."""

_UPSTREAMS = frozenset({"upstream", "stream_upstream"})

_CHECKED = ("location", "if")

_HANDLER = re.compile(r"(?!set_by_lua)(\w+_by_lua)(?:_block|_file)?")
"""A directive that sets the handler of a phase, which a block has once (``is duplicate`` in
ngx_http_lua_directive.c and its like, read in 0.10.0 to 0.10.31, stream 0.0.2 to 0.0.17).
``set_by_lua`` is a command of the rewrite module's, of which there may be many."""


def problems(tree: Tree) -> Iterator[Problem]:
    """Problems of blocks that nginx would reject, in the order of the files."""
    yield from _blocks_twice(tree)
    yield from _loaded_late(tree)
    yield from _upstreams_twice(tree)
    yield from _limited_twice(tree)
    yield from _handlers_twice(tree)
    tree.work.take(len(tree.all_blocks))
    judged: list[tuple[int, Problem]] = []
    sound, wrong = tree.sound, set[Block | None]()
    locations: dict[Block, list[_PlacedLocation]] = {}
    outer = inner = None
    for place, block in enumerate(tree.all_blocks):
        if block.parent in sound or block.kind not in _CHECKED:
            continue
        if block.parent is None or block.directive is None:
            continue
        if block.kind == "if":
            complaint = _condition(block)
        elif 0 < len(block.directive.args) <= MOST_WORDS:  # others are told already
            if block.parent is not inner:
                inner = block.parent
                outer = _around(inner)
            location = _location(block.directive.args)
            complaint = location.complaint or _nested(location, outer)
            if not complaint and location.modifier not in _NEVER_TWICE:
                locations.setdefault(block.parent, []).append((place, block, location))
        else:
            continue
        if complaint:
            wrong.add(block.parent)
            judged.append((place, _problem(block, complaint)))
    for parent, beside in locations.items():
        tree.work.take(len(beside))
        for place, block, location in _duplicates(beside):
            wrong.add(parent)
            judged.append(
                (
                    place,
                    _problem(block, f'duplicate location "{location.name}"'),
                )
            )
    sound.update(block.parent for block in tree.all_blocks if block.parent not in wrong)
    judged.sort(key=itemgetter(0))
    yield from (problem for _, problem in judged)


def _blocks_twice(tree: Tree) -> Iterator[Problem]:
    """Problems of a second ``events``, ``http``, ``stream`` or ``mail`` block."""
    seen: set[str] = set()
    for block in tree.main.children:
        if block.kind in ONCE and block.directive is not None:
            if block.kind in seen:
                yield _problem(block, f'"{block.kind}" directive is duplicate')
            seen.add(block.kind)


def _duplicates(beside: list[_PlacedLocation]) -> Iterator[_PlacedLocation]:
    """Duplicate locations of one block, as ``ngx_http_join_exact_locations()`` finds them.

    It compares neighbours after ``ngx_http_cmp_locations()`` has sorted the locations by their
    names as C strings, exact ones first. Names of other lengths that look alike, up to a NUL, may
    stand between two that are the same.
    """
    names = [c_string(location.name) for _, _, location in beside]
    if len({*names}) == len(names):
        return
    alike: dict[str, list[_PlacedLocation]] = {}
    for name, entry in zip(names, beside, strict=True):
        alike.setdefault(name, []).append(entry)
    for entries in alike.values():
        if len(entries) == 1:
            continue
        entries.sort(key=lambda entry: not entry[2].is_exact)
        length, has_exact, has_other = -1, False, False
        for entry in entries:
            location = entry[2]
            if len(encode(location.name)) != length:
                length, has_exact, has_other = len(encode(location.name)), False, False
            elif has_exact if location.is_exact else has_other:
                yield entry
            has_exact = has_exact or location.is_exact
            has_other = has_other or not location.is_exact


def _loaded_late(tree: Tree) -> Iterator[Problem]:
    """Problems of load_module after a block, of whichever file (``ngx_load_module()``).

    nginx sets ``modules_used`` at the first block.
    """
    is_late = False
    for setting in tree.main.in_order((*ONCE, "load_module")):
        is_late = is_late or (setting.directive.body is not None and setting.name in ONCE)
        if is_late and setting.name == "load_module":
            nginx = '"load_module" directive is specified too late'
            yield Problem.of_nginx(setting.inclusion, setting.directive, nginx)


def _upstreams_twice(tree: Tree) -> Iterator[Problem]:
    """Problems of a second upstream of a name, in any case (``ngx_http_upstream_add()``)."""
    seen: set[tuple[str, str]] = set()
    for block in tree.of_kinds(_UPSTREAMS):
        tree.work.take()
        if block.directive is not None and block.directive.args:
            name = block.directive.args[0]
            key = block.kind, name.lower()
            if key in seen:
                yield _problem(block, f'duplicate upstream "{name}"')
            seen.add(key)


def _limited_twice(tree: Tree) -> Iterator[Problem]:
    """Problems of a second limit_except in a location (``ngx_http_core_limit_except()``)."""
    limited: set[Block | None] = set()
    for block in tree.of_kinds(frozenset({"limit_except"})):
        tree.work.take()
        if block.parent in limited:
            yield _problem(block, '"limit_except" directive is duplicate')
        limited.add(block.parent)


def _handlers_twice(tree: Tree) -> Iterator[Problem]:
    """Problems of a second handler of one phase in a block, in whatever form it is written.

    Of one that is a block of Lua, nginx does not repeat the name.
    """
    phases = {name: match[1] for name in tree.index_names() if (match := _HANDLER.fullmatch(name))}
    counts = Counter(
        place for name in phases for _, _, places in tree.written(name) for place in places
    )
    tree.work.take(counts.total())
    for place in sorted(place for place, count in counts.items() if count > 1):
        seen: set[str] = set()
        for setting in tree.all_blocks[place].in_order(phases):
            tree.work.take()
            if (phase := phases[setting.name]) in seen:
                is_block = setting.name.endswith("_block")
                nginx = "is duplicate" if is_block else f'"{setting.name}" directive is duplicate'
                message = f'"{setting.name}" directive is duplicate'
                yield Problem.of_nginx(setting.inclusion, setting.directive, nginx, message)
            seen.add(phase)


def _problem(block: Block, nginx: str) -> Problem:
    return Problem.of_nginx(block.inclusion, block.directive, nginx)


class _LocationArguments(NamedTuple):
    """The words after ``location`` as ``ngx_http_core_location()`` reads them.

    ``complaint`` is its error, empty if it has none.
    """

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
    def is_exact(self) -> bool:
        return self.modifier == "="


_PlacedLocation: TypeAlias = tuple[int, Block, _LocationArguments]
"""A location's index among all blocks, itself, and its words."""

_NEVER_TWICE = ("~", "~*", "@")
"""Modifiers of locations of which a second one of the same name is no duplicate."""

_MODIFIERS = ("=", "^~", "~*", "~")
"""In the order in which they are looked for at the beginning of a word."""


def _location(words: Sequence[str]) -> _LocationArguments:
    if len(words) == MOST_WORDS:
        modifier, name = words
        if modifier not in _MODIFIERS:
            return _LocationArguments(name, complaint=f'invalid location modifier "{modifier}"')
        return _LocationArguments(name, modifier)
    name = words[0]
    for modifier in _MODIFIERS if name.startswith(_MODIFIERS) else ():
        if name.startswith(modifier):
            return _LocationArguments(name.removeprefix(modifier), modifier)
    return _LocationArguments(name, "@" if name.startswith("@") else "")


def _around(parent: Block) -> _LocationArguments | None:
    """The words of a block's location; None if it is no location, or has no words."""
    if parent.kind != "location" or parent.directive is None or not parent.directive.args:
        return None
    return _location(parent.directive.args)


def _nested(inner: _LocationArguments, outer: _LocationArguments | None) -> str:
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
    """Whether a name begins as ``strncmp()`` over a beginning's length says.

    The comparison ends where both have a NUL.
    """
    before, mark, _ = beginning.partition("\0")
    return f"{name}\0".startswith(before + mark)


_COMPARISONS = ("=", "!=", "~", "~*", "!~", "!~*")
_FILE_TESTS = ("-f", "-d", "-e", "-x", "!-f", "!-d", "!-e", "!-x")


def _condition(block: Block) -> str:
    """The error in the words after an ``if``, parentheses included; else ""."""
    assert block.directive is not None
    args = block.inclusion.file.tokens.args(block.directive.token)
    return _wrong_words([text for text, _, _ in args]) if args else ""  # none: told already


def _wrong_words(words: list[str]) -> str:
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
