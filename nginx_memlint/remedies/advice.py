"""Changes that make parts smaller: a record for each part of which much can be saved.

They change what nginx does, so nothing makes them by itself.
"""

from collections.abc import Callable, Iterator
from functools import partial
from math import gcd
from operator import attrgetter
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.certificates import LISTS
from nginx_memlint.memory.parts.record import CostPart
from nginx_memlint.memory.parts.scripts import MACHINES
from nginx_memlint.memory.parts.upstreams import POINTS, points_amount, weight
from nginx_memlint.remedies.proposals import WORTH_SAYING
from nginx_memlint.remedies.situation import Proposal, Situation
from nginx_memlint.syntax.values import number
from nginx_memlint.targets.targets import with_replaced
from nginx_memlint.tls.families import CACHED
from nginx_memlint.tree.tree import Tree

CONNECTIONS = 16_384
"""Connections of a worker that few servers reach; they take 7 MiB."""

MOST_CONNECTIONS = 262_144
"""Connections of a worker that a server of idle ones may have, where no limit of files is set."""

IDLE = 32
"""Idle connections that nginx's documentation has in its examples of ``keepalive``."""


class Advice(NamedTuple):
    """A part, why it takes so much, a change that helps, and what the part takes then."""

    part: str
    why: str
    change: str
    after: Callable[[Situation, CostPart], Amount]


def _fewer_connections(situation: Situation, part: CostPart) -> Amount:
    """Fewer, where there are more than files may be open, or than anybody has."""
    limits = situation.tree.main.settings("worker_rlimit_nofile")
    most = number(limits[0].value) if limits else MOST_CONNECTIONS
    if part.number <= (most or MOST_CONNECTIONS):
        return part.amount
    return part.amount.times(min(1, CONNECTIONS / part.number))


def _without_code(_: Situation, part: CostPart) -> Amount:
    return part.amount._replace(code=0)


def _few_idle(situation: Situation, part: CostPart) -> Amount:
    upstreams = sum(len(where) for _, _, where in situation.tree.occurrences("keepalive"))
    return part.amount.times(min(1, IDLE * upstreams / part.number))


def _smallest_weights(situation: Situation, _: CostPart) -> Amount:
    """Points with weights divided by what divides them all, in each upstream."""
    amount = Amount()
    for block in situation.tree.having(["hash"]):
        if any("consistent" in one.directive.args[1:] for one in block.settings("hash")):
            weights = [weight(server) for server in block.settings("server")]
            points = POINTS * sum(weights) // (gcd(*weights) or 1)
            amount = amount.plus(points_amount(points))
    return amount


_ARGS = attrgetter("args")


def _distinct(*names: str) -> Callable[[Situation, CostPart], Amount]:
    """One for all blocks that have the same directives of some names."""

    def share(tree: Tree) -> float:
        listed: set[tuple[object, ...]] = set()
        blocks = 0
        for name in names:
            for _, directives, places in tree.occurrences(name):
                blocks += len(places)
                listed.add((name, *map(_ARGS, directives)))
        return len(listed) / blocks if blocks else 1

    def after(situation: Situation, part: CostPart) -> Amount:
        tree = situation.tree
        return part.amount.times(tree.keep(f"distinct {names}", names, partial(share, tree)))

    return after


def _cached(situation: Situation, part: CostPart) -> Amount:
    """The bytes from the version on that keeps one copy of each file."""
    if situation.target.nginx >= CACHED:
        return part.amount
    dotted = ".".join(map(str, CACHED))
    other = situation.on(with_replaced(situation.target, {"nginx": dotted}))
    return next((one.amount for one in other.counted if one.name == part.name), Amount())


ADVICE: tuple[Advice, ...] = (
    Advice(
        "worker_connections",
        "every worker sets up all of its connections when it starts",
        f"set worker_connections to what a worker serves, e.g. {CONNECTIONS:,}",
        _fewer_connections,
    ),
    Advice(
        LISTS,
        "each context parses its own copy",
        f"upgrade to nginx {'.'.join(map(str, CACHED))} or later, which keeps one copy of each "
        "list, or leave the lists to servers that verify clients",
        _cached,
    ),
    Advice(
        "ModSecurity's rules",
        "each directive parses its own copy",
        "load rules that are the same once in http, and turn modsecurity on in the servers",
        _distinct("modsecurity_rules_file", "modsecurity_rules"),
    ),
    Advice(
        MACHINES,
        "each block with js_import, js_path or js_preload_object compiles all scripts anew",
        "import scripts that are the same once in http",
        _distinct("js_import", "js_path", "js_preload_object"),
    ),
    Advice(
        "consistent hashes",
        "a server has 160 points for each unit of its weight",
        "divide the weights of each upstream by what divides them all",
        _smallest_weights,
    ),
    Advice(
        "regular expressions",
        "pcre_jit keeps machine code of each expression",
        "leave pcre_jit off, or have prefixes and maps in the place of expressions",
        _without_code,
    ),
    Advice(
        "kept connections",
        "each upstream has room for as many idle connections as keepalive says, before any comes",
        f"keep fewer idle connections to each upstream, e.g. keepalive {IDLE}",
        _few_idle,
    ),
    Advice(
        "headers passed on",
        "each location that sets some has a list and a hash of its own",
        "set headers that are the same once in http or server: blocks that set none share them",
        _distinct("proxy_set_header", "grpc_set_header"),
    ),
    Advice(
        "parameters passed on",
        "each location that sets some has a list of its own",
        "set parameters that are the same once in http or server: blocks that set none share them",
        _distinct("fastcgi_param", "uwsgi_param", "scgi_param"),
    ),
    Advice(
        "headers hidden",
        "each location that hides some has a hash of its own",
        "hide headers that are the same once in http or server: blocks that hide none share them",
        _distinct(*(f"{name}_hide_header" for name in ("proxy", "fastcgi", "uwsgi", "grpc"))),
    ),
    Advice(
        "passwords of keys",
        "each directive reads the whole file",
        "give each key a file with its password alone",
        lambda _situation, _part: Amount(),
    ),
)
"""In no order; a part has one record at most."""


class Advised(NamedTuple):
    """A part that can be made smaller, the advice, and what follows from it."""

    part: CostPart
    advice: Advice
    proposal: Proposal
    saved: int
    """Bytes at a start."""


def advised(situation: Situation) -> Iterator[Advised]:
    """The parts of which at least WORTH_SAYING bytes of a start can be saved."""
    by_part = {advice.part: advice for advice in ADVICE}
    large = {part.name for part, share in situation.shares if share.start >= WORTH_SAYING}
    for part in situation.counted if situation.is_whole else ():
        advice = by_part.get(part.name)
        if advice is None or not part.number or part.name not in large:
            continue
        smaller = advice.after(situation, part)
        after = situation.with_counted(
            [one._replace(amount=smaller) if one is part else one for one in situation.counted]
        )
        saved = situation.total.start - after.total.start
        if saved >= WORTH_SAYING:
            yield Advised(part, advice, Proposal(advice.change, after), saved)
