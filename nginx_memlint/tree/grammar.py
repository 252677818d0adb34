"""Which directive may stand in which kind of block, as ``ngx_conf_handler()`` decides it.

A kind of block is one of ``blocks.CHILDREN``, or ``server_if`` for an ``if`` that stands in a
server. A directive that is in no table is a third-party module's: it may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from itertools import islice

from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.tree import blocks
from nginx_memlint.tree.directives_table import ROWS, TAKES, TAKES_PLAIN

SERVER_IF = "server_if"
"""Kind of an ``if`` in a server, which allows fewer directives than one in a location."""

KINDS = frozenset(kind for _, _, kinds, _ in ROWS for kind in kinds.split())
"""Kinds of blocks for which the table lists the directives that may stand in them."""

_NOWHERE: frozenset[str] = frozenset()


def _allowed() -> dict[str, frozenset[str]]:
    kinds_of: dict[str, frozenset[str]] = {}
    for _, _, kinds, names in ROWS:
        inside = frozenset(kinds.split())
        for name in names.split():
            kinds_of[name] = kinds_of.get(name, _NOWHERE) | inside
    return kinds_of


def _blocks() -> dict[str, frozenset[str]]:
    kinds_of: dict[str, frozenset[str]] = {}
    for kind, inner in blocks.CHILDREN.items():
        for name in inner:
            kinds_of[name] = kinds_of.get(name, _NOWHERE) | {kind}
    return kinds_of


ALLOWED = _allowed()
"""Directive that is no block → kinds of blocks in which it may stand."""

BLOCKS = _blocks()
"""Block → kinds of blocks in which it may stand."""


def components(of: Set[str]) -> dict[tuple[str, str], str]:
    """Directive, of some, and kind of block → the component that brings it; nginx before others."""
    return {
        (name, kind): component
        for component, _, kinds, names in reversed(ROWS)
        for name in of & {*names.split()}
        for kind in kinds.split()
    }


def is_misplaced(name: str, kind: str) -> bool:
    """Tell whether a directive of the table, if it is no block, may not stand in a kind of block.

    False of kinds that are not in KINDS.
    """
    return kind in KINDS and kind not in ALLOWED.get(name, KINDS)


_MOST_ARGUMENTS = 8
"""More are counted as so many: the table tells fewer apart."""


_OLDER = frozenset({"sticky"})
"""Directives that another module had before nginx, with other arguments: that of
nginx-sticky-module takes none."""


def _masks(rows: Iterable[tuple[str, str]]) -> dict[str, int]:
    masks: dict[str, int] = {}
    for counts, names in rows:
        mask = 0
        for count in counts.split():
            least = int(count.rstrip("+"))
            most = _MOST_ARGUMENTS if count.endswith("+") else least
            mask |= (1 << most + 1) - (1 << least)
        masks.update(dict.fromkeys({*names.split()} - _OLDER, mask))
    return masks


_TAKES = _masks(TAKES)
"""Directive that is no block → the numbers of arguments that it takes, as bits."""

_TAKES_PLAIN = _TAKES | _masks(TAKES_PLAIN)
"""Directive → the numbers of arguments that nginx itself takes, none of its forks."""


def takes_so_many(name: str, count: int, *, plain: bool = False) -> bool:
    """Tell whether a directive takes so many arguments; true of one that is in no table.

    ``plain``: in nginx itself, not in one of its forks.
    """
    mask = (_TAKES_PLAIN if plain else _TAKES).get(name)
    return mask is None or bool(mask >> min(count, _MOST_ARGUMENTS) & 1)


def takes(directive: Directive, *, plain: bool = False) -> bool:
    """Tell whether nginx accepts the number of arguments of a directive that is no block."""
    is_block = directive.body is not None
    return is_block or takes_so_many(directive.name, len(directive.args), plain=plain)


def kind_in(parent: str, kind: str) -> str:
    """The kind of block for this module's tables: an ``if`` depends on the block around it."""
    return SERVER_IF if kind == "if" and parent == "server" else kind


def complaint(name: str, kind: str, *, is_block: bool) -> str:
    """The error nginx has for a directive in a kind of block, whatever its arguments; else ""."""
    if kind not in KINDS or name == "include":
        return ""
    block_kinds, plain_kinds = BLOCKS.get(name, _NOWHERE), ALLOWED.get(name, _NOWHERE)
    if kind in (block_kinds if is_block else plain_kinds):
        return ""
    if kind in plain_kinds:
        return f'directive "{name}" is not terminated by ";"'
    if kind in block_kinds:
        return f'directive "{name}" has no opening "{{"'
    if block_kinds or plain_kinds:
        return f'"{name}" directive is not allowed here'
    return ""


_LOCATION = ("http", "server", "location")

FRAGMENTS: tuple[tuple[str, ...], ...] = (
    ("http", "server"),
    _LOCATION,
    ("http",),
    ("http", "upstream"),
    ("http", "server", "location", "if"),
    ("http", "server", "location", "limit_except"),
    ("stream", "server"),
    ("stream",),
    ("stream", "upstream"),
    ("mail", "server"),
    ("mail",),
)
"""Blocks around a fragment that are tried; of those that fit equally well, the first is meant."""

MOST_COMPARED = 10_000
"""Directives of a fragment that are looked at to find where it belongs."""


def fragment_context(body: Body) -> tuple[str, ...]:
    """Find the blocks around a fragment: those in which nginx would reject least of it.

    A fragment without blocks may be meant for several; in a location, everything it costs is
    counted. Empty if nothing of it may stand in any of them.
    """
    directives = [*islice(_flat(body), MOST_COMPARED)]
    rejected = {context: _rejected(directives, _kind_of(context)) for context in FRAGMENTS}
    has_blocks = any(directive.body is not None for _, directive in directives)
    order = FRAGMENTS if has_blocks else (_LOCATION, *FRAGMENTS)
    best = min(order, key=rejected.__getitem__)
    return best if rejected[best] < len(directives) else ()


def _kind_of(context: tuple[str, ...]) -> str:
    kind = blocks.MAIN
    for name in context:
        kind = blocks.CHILDREN[kind][name]
    return kind


def _flat(body: Body) -> Iterator[tuple[int, Directive]]:
    """All directives, each with the index of the block that it is in; -1 for the outermost."""
    pending = [(-1, directive) for directive in body.directives]
    place = 0
    while pending:
        after = []
        for around, directive in pending:
            yield around, directive
            if directive.body is not None:
                after += [(place, inner) for inner in directive.body.directives]
            place += 1
        pending = after


def _rejected(directives: list[tuple[int, Directive]], kind: str) -> int:
    """The number of directives nginx would reject if the outermost stood in this kind of block.

    A rejected block is rejected with all that stands in it.
    """
    kinds: list[str | None] = []
    rejected = 0
    for around, directive in directives:
        parent = kind if around < 0 else kinds[around]
        is_block = directive.body is not None
        inner = None
        if parent is None or complaint(directive.name, parent, is_block=is_block):
            rejected += 1
        elif is_block:
            inner = blocks.CHILDREN.get(parent, {}).get(directive.name, blocks.OPAQUE)
            inner = kind_in(parent, inner)
        kinds.append(inner)
    return rejected
