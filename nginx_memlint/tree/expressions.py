"""Regular expressions in a configuration, and those of them that PCRE refuses."""

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block, Inclusion
from nginx_memlint.tree.pcre import complaint
from nginx_memlint.tree.tree import Tree


class Listed(NamedTuple):
    """Expressions in one place; ``times``: how often the place is read."""

    texts: list[str]
    at: Block | tuple[Body, int]
    said: str
    times: int = 1


def listed(tree: Tree) -> list[Listed]:
    """The regular expressions of all directives that have some, those of a place together."""
    if "expressions" not in tree.memo:
        tree.memo["expressions"] = [*_listed(tree)]
    expressions: list[Listed] = tree.memo["expressions"]
    return expressions


def _listed(tree: Tree) -> Iterator[Listed]:
    for block in tree.of_kinds(frozenset({"location", "if"})):
        if block.directive is not None and (text := _of_block(block)):
            yield Listed([text], block, block.kind)
    for name, is_first in (("server_name", False), ("rewrite", True), ("valid_referers", False)):
        for body, directives, places in tree.occurrences(name):
            texts = [
                arg
                for directive in directives
                for arg in (directive.args[:1] if is_first else directive.args)
                if is_first or arg.startswith("~")
            ]
            if texts:
                tree.work.take(len(places))
                compiled = [p for p in places if tree.all_blocks[p].kind not in _WITHOUT]
                if compiled:
                    yield Listed(texts, (body, compiled[0]), name, len(compiled))
    for block in tree.of_kinds(frozenset({DATA})):
        if block.directive is not None and block.directive.name == "map":
            texts = [
                entry.name
                for body, _ in block.parts
                for entry in body.directives
                if entry.name.startswith("~")
            ]
            if texts:
                yield Listed(texts, block, "map")


_WITHOUT = frozenset({"mail", "mail_server"})
"""Blocks whose ``server_name`` is a text, whatever it begins with."""

_OPERATORS = frozenset({"~", "~*", "!~", "!~*"})


def _of_block(block: Block) -> str:
    """The regular expression of a location or an ``if``; empty if it has none."""
    assert block.directive is not None
    args = block.directive.args
    if block.kind == "location":
        return args[-1] if args and args[0].startswith("~") else ""
    return args[2] if len(args) > 2 and args[1] in _OPERATORS else ""


def _judged(tree: Tree) -> Iterator[tuple[str, str, Block | tuple[Body, int]]]:
    """Words, the expressions in them, and the place where they stand."""
    for texts, at, said, _ in listed(tree):
        for text in texts:
            pattern = text
            if said == "map":
                pattern = text[1:].removeprefix("*")
            elif said in ("server_name", "valid_referers"):
                pattern = text[1:]
            elif isinstance(at, Block) and said == "location" and _is_one_word(at):
                pattern = text[1:].removeprefix("*")
            yield text, pattern, at
    for name, (beginning, caseless) in _OTHERS.items():
        for directive, body, places_of in tree.written(name):
            for word in directive.args if name == "gzip_disable" else directive.args[:1]:
                if word.startswith(beginning):
                    pattern = word.removeprefix(beginning).removeprefix(caseless)
                    yield word, pattern, (body, places_of[0])


_OTHERS = {
    "fastcgi_split_path_info": ("", ""),
    "gzip_disable": ("", ""),
    "proxy_redirect": ("~", "*"),
    "proxy_cookie_domain": ("~", ""),
    "proxy_cookie_path": ("~", "*"),
}
"""Directives whose first argument is an expression if it begins so, and what may follow to say that
case does not count; of ``gzip_disable`` all are expressions."""


def _is_one_word(block: Block) -> bool:
    return block.directive is not None and len(block.directive.args) == 1


def problems(tree: Tree) -> Iterator[Problem]:
    """Problems of expressions that ``pcre2_compile()`` refuses."""
    standing: dict[Block | tuple[Body, int], dict[str, Standing]] = {}
    for text, pattern, at in _judged(tree):
        tree.work.take(1 + len(text) // _A_STEP)
        if wrong := complaint(pattern):
            if at not in standing:
                standing[at] = places(tree, at)
            message = f'"{text}" is no regular expression: {wrong}'
            yield Problem.at(*standing[at][text], message)


_A_STEP = 64
"""Characters of an expression that are read in one step of work."""

Standing: TypeAlias = tuple[Inclusion, Directive]


def places(tree: Tree, at: Block | tuple[Body, int]) -> dict[str, Standing]:
    """Words of a place where expressions stand → the first directive, or line of data, with it."""
    if not isinstance(at, Block):
        body, place = at
        parts = [(body, tree.inclusion(place, body))]
    elif at.kind == DATA:
        parts = at.parts
    else:
        assert at.directive is not None
        return dict.fromkeys(at.directive.args, (at.inclusion, at.directive))
    standing: dict[str, Standing] = {}
    for body, inclusion in parts:
        tree.work.take(len(body.directives))
        for directive in body.directives:
            for word in (directive.name, *directive.args):
                standing.setdefault(word, (inclusion, directive))
    return standing
