"""The forms of a refusal: of a directive for its arguments, and of a block for its directives."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.directives import Body, Directive
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.modules import all_known
from nginx_memlint.tree import grammar
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

IN_HTTP = frozenset({"http", "server", grammar.SERVER_IF, "location", "if", "limit_except"})
IN_STREAM = frozenset({"stream", "stream_server"})
UPSTREAMS = frozenset({"upstream", "stream_upstream"})

FORKS = frozenset({"angie", "freenginx", "tengine"})
"""Components that are nginx with more."""

Complaint: TypeAlias = Callable[[Sequence[str]], str]
"""Arguments of a directive → what nginx has against them, ``{name}`` for its name; or nothing."""

_Form: TypeAlias = tuple[tuple[str, ...], bool, int]
"""Kinds of the blocks that a directive is in, whether it is one, and its number of arguments."""

_Said: TypeAlias = "dict[tuple[str, ...], tuple[str, str, str] | None]"
"""Arguments → nginx's words, what is added to them, and a kind of block in which it says them."""

_Judged: TypeAlias = "dict[_Form, tuple[list[tuple[Refusal, str]], _Said]]"

Clashes: TypeAlias = Callable[[Block], Iterator[tuple[Setting, str]]]
"""Block → the directives in it that nginx refuses, and its words."""


class Refusal(NamedTuple):
    """Arguments that nginx refuses of directives in some kinds of blocks.

    ``since`` and ``until``: the first nginx that does so, and the first that does so no more.
    ``is_plain``: only nginx itself, and where no module may bring a directive of that name. ``why``
    is added to nginx's words. ``is_block``: the directive is a block.
    """

    directives: str
    kinds: frozenset[str]
    complaint: Complaint
    is_plain: bool = False
    since: tuple[int, ...] = ()
    until: tuple[int, ...] | None = None
    why: str = ""
    is_block: bool = False


class Clash(NamedTuple):
    """Directives of a block, of some kinds, that nginx refuses beside one another, or there.

    ``since``: the first nginx that does so.
    """

    directives: tuple[str, ...]
    kinds: frozenset[str]
    clashes: Clashes
    is_plain: bool = False
    since: tuple[int, ...] = ()


def by_name(rows: Iterable[Refusal]) -> Mapping[str, Sequence[Refusal]]:
    """The rows of each directive."""
    rows_of: defaultdict[str, list[Refusal]] = defaultdict(list)
    for row in rows:
        for name in row.directives.split():
            rows_of[name].append(row)
    return rows_of


def is_plain(tree: Tree, target: Target) -> bool:
    """Whether a configuration is for nginx itself, with no module of which nothing is known."""
    return all_known(tree, target) and FORKS.isdisjoint(target.ships)


def in_force(target: Target, since: tuple[int, ...], until: tuple[int, ...] | None = None) -> bool:
    """Whether a server is among the releases that refuse something; if unstated, of all of them."""
    return target.nginx >= since and (until is None or (target.stated and target.nginx < until))


def refused(
    tree: Tree,
    target: Target,
    rows_of: Mapping[str, Sequence[Refusal]],
    key: str,
    declared_by: Collection[str] = (),
) -> Iterator[Problem]:
    """Problems of arguments, in the order of the blocks; of a file that is read again, once.

    ``key`` is a name of the table; its complaints may depend on directives of ``declared_by``, too.
    """
    wrong: list[_Wrong] = []
    plain = is_plain(tree, target)
    for name in sorted(tree.index_names() & rows_of.keys()):
        rows = [
            row
            for row in rows_of[name]
            if (plain or not row.is_plain) and in_force(target, row.since, row.until)
        ]
        if rows:
            judged: _Judged = tree.keep(f"{key} judged of {name}", declared_by, dict)
            find = partial(_wrong_ones, tree, name, rows, judged)
            wrong += tree.keep(f"{key} of {name}", (name, *declared_by), find)
    wrong.sort(key=lambda one: (tree.place(one.block), one.directive.token))
    for block, directive, body, nginx, why in wrong:
        inclusion = tree.inclusion(tree.place(block), body)
        yield Problem.of_nginx(inclusion, directive, nginx, nginx + why)


class _Wrong(NamedTuple):
    """A directive with wrong arguments, a block that it is in, and what is said of it."""

    block: Block
    directive: Directive
    body: Body
    nginx: str
    why: str


_UNJUDGED = ("", "", "")
"""Stands for what is said of arguments that were not judged yet."""


def _wrong_ones(tree: Tree, name: str, rows: Sequence[Refusal], judged: _Judged) -> list[_Wrong]:
    """The directives of a name whose arguments one of its rows refuses.

    ``judged`` is what was found out about some, to which this adds.
    """
    listed: list[_Wrong] = []
    blocks = tree.all_blocks
    inside = None
    for directive, body, places in tree.written(name):
        if body is not inside:
            inside = body
            is_once = len(places) == 1
            kinds = (blocks[places[0]].grammar_kind,) if is_once else _kinds(tree, places)
        args = directive.args
        form = kinds, directive.body is not None, len(args)
        if (judgement := judged.get(form)) is None:
            judgement = judged[form] = [*_checks(name, rows, *form)], {}
        checks, said = judgement
        if not checks:
            continue
        wrong = said.get(args, _UNJUDGED)  # most arguments are the same few
        if wrong is _UNJUDGED:
            wrong = said[args] = _wrong(name, args, checks)
        if wrong is not None:
            nginx, why, kind = wrong
            block = next(blocks[p] for p in places if blocks[p].grammar_kind == kind)
            listed.append(_Wrong(block, directive, body, nginx, why))
    return listed


def _kinds(tree: Tree, places: Sequence[int]) -> tuple[str, ...]:
    """The kinds of the blocks at some places, each once."""
    tree.work.take(len(places))
    return (*dict.fromkeys(tree.all_blocks[place].grammar_kind for place in places),)


def _checks(
    name: str, rows: Iterable[Refusal], kinds: tuple[str, ...], is_block: bool, count: int
) -> Iterator[tuple[Refusal, str]]:
    """The rows of a directive in some kinds of blocks, each with a kind that nginx allows.

    There is none for a number of arguments of which nginx complains: that is told already.
    """
    if count and (is_block or grammar.takes_so_many(name, count)):
        for row in rows:
            for kind in sorted(row.kinds.intersection(kinds)) if row.is_block == is_block else ():
                if not grammar.complaint(name, kind, is_block=is_block):
                    yield row, kind
                    break


def _wrong(
    name: str, args: tuple[str, ...], checks: Collection[tuple[Refusal, str]]
) -> tuple[str, str, str] | None:
    """nginx's words about a directive, what is added to them, and a kind of block with it."""
    for row, kind in checks:
        if nginx := row.complaint(args):
            return nginx.replace("{name}", name), row.why, kind
    return None


def clashing(tree: Tree, target: Target, rows: Iterable[Clash]) -> Iterator[Problem]:
    """Problems of blocks whose directives do not go together, in the order of the rows."""
    plain = is_plain(tree, target)
    for row in rows:
        if (row.is_plain and not plain) or not in_force(target, row.since):
            continue
        having = tree.having(row.directives)
        tree.work.take(len(having))
        for block in having:
            if block.grammar_kind in row.kinds:
                for setting, nginx in row.clashes(block):
                    yield of_nginx(setting, nginx)


def has_heir(http: Block, names: Collection[str]) -> bool:
    """Whether a server takes all from the block around it: only what is merged is looked at."""
    http.inclusion.work.take(len(http.children))
    return any(
        inner.kind in ("server", "stream_server") and not inner.has_any(names)
        for inner in http.children
    )


def of_nginx(setting: Setting, nginx: str) -> Problem:
    """The problem that nginx has with a directive."""
    return Problem.of_nginx(setting.inclusion, setting.directive, nginx)
