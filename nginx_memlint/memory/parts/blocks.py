"""Blocks: servers and locations, listening sockets, names, regular expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, setting_in
from nginx_memlint.syntax.directives import Body
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Costs
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block

LOCATION_LINE = 450
"""Bytes of Costs.location that are not of the block itself: its words and text."""

SERVER_LINE = 1_190
"""Bytes of Costs.server that are not: its words and text, its name, its workers' part."""

IF_MORE = 200
"""Bytes that an ``if`` takes beyond a location: its code."""

SERVER_WORKER = 425
"""Bytes that a server takes in each worker."""

SOCKET = Amount(pool=1_180, worker=410)
"""A listening socket (ngx_listening_t, a connection and its events)."""

NAME = 70
"""A server's name (ngx_http_add_server()), with its hash elements."""

NAME_REGEX = 230
REGEX = 230
"""A compiled regular expression (ngx_regex_compile(), pcre2_compile())."""

CODE = 9_100
"""Its machine code: ``pcre_jit on`` (pcre2_jit_compile())."""

REWRITE_CODE = 9_550
"""Machine code of a ``rewrite``, whose expressions mostly capture."""

STREAM_SERVER = Amount(pool=2_400, worker=260)
MAIL_SERVER = Amount(pool=2_980, worker=333)


def block_amount(kind: str, costs: Costs) -> Amount:
    """The bytes of one block of a kind itself; none for kinds that are not counted as blocks."""
    if kind == "server":
        return Amount(pool=max(0, costs.server - SERVER_LINE), worker=SERVER_WORKER)
    location = max(0, costs.location - LOCATION_LINE)
    return {
        "location": Amount(pool=location, worker=18),
        "if": Amount(pool=location + IF_MORE, worker=40),
        "limit_except": Amount(pool=location + IF_MORE, worker=40),
        "stream_server": STREAM_SERVER,
        "mail_server": MAIL_SERVER,
    }.get(kind, Amount())


def _blocks(*kinds: str) -> Callable[[Configuration], Iterator[Counted]]:
    def find(configuration: Configuration) -> Iterator[Counted]:
        for kind in kinds:
            count = configuration.tree.kinds[kind]
            if count:
                amount = block_amount(kind, configuration.target.costs).times(count)
                said = kind.rpartition("_")[2] if kind.endswith("server") else kind
                yield Counted(amount, count, configuration.first(kind), said)

    return find


def _sockets(configuration: Configuration) -> Iterator[Counted]:
    """Each address once; with ``reuseport``, once for each worker, which are not known here."""
    tree = configuration.tree
    first: dict[str, tuple[Body, int]] = {}
    for body, places in tree.occurrences("listen"):
        if tree.all_blocks[places[0]].kind == "server":
            for directive in body.of("listen"):
                if directive.args:
                    first.setdefault(c_string(directive.args[0]), (body, places[0]))
    tree.work.take(len(first))
    if first:
        at = setting_in(tree, *next(iter(first.values())), "listen")
        yield Counted(SOCKET.times(len(first)), len(first), at, "listen")


def _names(configuration: Configuration) -> Iterator[Counted]:
    """Names of servers, and how many of them are regular expressions."""
    tree = configuration.tree
    names = most = 0
    fullest = None
    for body, places in tree.occurrences("server_name"):
        number = len(places) * sum(len(directive.args) for directive in body.of("server_name"))
        names += number
        if number > most:
            most, fullest = number, (body, places[0])
    tree.work.take(names)
    if fullest is not None:
        at = setting_in(tree, *fullest, "server_name")
        yield Counted(Amount(pool=NAME * names), names, at, "server_name")


def _regexes(configuration: Configuration) -> Iterator[Counted]:
    """Regular expressions, by where they may stand."""
    code = CODE if configuration.has_jit else 0
    tree = configuration.tree
    by_kind: dict[str, list[Block]] = {"location": [], "if": []}
    for block in tree.of_kinds(frozenset(by_kind)):
        if block.directive is not None and _is_regex(block):
            by_kind[block.kind].append(block)
    for kind, listed in by_kind.items():
        if listed:
            amount = Amount(pool=REGEX, code=code).times(len(listed))
            yield Counted(amount, len(listed), listed[0], kind)
    for body, places in tree.occurrences("server_name"):
        args = [arg for directive in body.of("server_name") for arg in directive.args]
        count = len(places) * sum(arg.startswith("~") for arg in args)
        if count:
            amount = Amount(pool=count * NAME_REGEX, code=count * code)
            yield Counted(amount, count, setting_in(tree, body, places[0], "server_name"), "")
    if code:
        rewrites = tree.occurrences("rewrite")
        count = sum(len(body.of("rewrite")) * len(places) for body, places in rewrites)
        if count:
            at = setting_in(tree, rewrites[0][0], rewrites[0][1][0], "rewrite")
            yield Counted(Amount(code=count * REWRITE_CODE), count, at, "rewrite")
        for block in tree.of_kinds(frozenset({DATA})):
            if block.directive is not None and block.directive.name == "map":
                entries = [entry for body, _ in block.parts for entry in body.directives]
                count = sum(entry.name.startswith("~") for entry in entries)
                if count:
                    yield Counted(Amount(code=count * code), count, block, "map")


_OPERATORS = frozenset({"~", "~*", "!~", "!~*"})


def _is_regex(block: Block) -> bool:
    assert block.directive is not None
    args = block.directive.args
    if block.kind == "location":
        return bool(args) and args[0].startswith("~")
    return len(args) > 2 and args[1] in _OPERATORS


RECORDS: tuple[Record, ...] = (
    Record(
        "servers",
        ("server",),
        _blocks("server"),
        "ngx_http_core_create_srv_conf() and every module's",
        "server; server without name",
        by_target=True,
    ),
    Record(
        "locations",
        ("location", "if", "limit_except"),
        _blocks("location", "if", "limit_except"),
        "ngx_http_core_create_loc_conf() and every module's",
        "location; location =; nested location; if in server; if in location; limit_except",
        by_target=True,
    ),
    Record(
        "stream servers",
        ("server in stream",),
        _blocks("stream_server"),
        "ngx_stream_core_server()",
        "stream server, with its socket",
    ),
    Record(
        "mail servers",
        ("server in mail",),
        _blocks("mail_server"),
        "ngx_mail_core_server()",
        "mail server, with its socket",
    ),
    Record(
        "listening sockets",
        ("listen",),
        _sockets,
        "ngx_create_listening(), ngx_event_process_init()",
        "server and own socket",
    ),
    Record(
        "server names",
        ("server_name",),
        _names,
        "ngx_http_server_names()",
        "server_name; server_name *.",
    ),
    Record(
        "regular expressions",
        ("location ~", "if ~", "server_name ~", "rewrite", "map ~"),
        _regexes,
        "ngx_regex_compile()",
        "location ~; server_name ~; the same with pcre_jit",
    ),
)
