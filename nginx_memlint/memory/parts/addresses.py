"""Listening sockets, and the names of the servers behind each of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import (
    Configuration,
    Counted,
    Record,
    hash_bytes,
    setting_in,
    since,
)
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree.expanded import Block, Nearest, Setting

SOCKET = Amount(pool=1_180, worker=410)
"""A listening socket (ngx_listening_t, a connection and its events)."""

LISTEN = 107
"""Of each ``listen`` and each of its ports (ngx_parse_url()), beside its words."""

PORT = 470
"""Of each port beyond a socket (ngx_http_conf_port_t)."""

STREAM_PORT = ((Version(()), PORT), (Version((1, 23)), 765), (Version((1, 27)), 880))
"""Of each such port of stream, by nginx: measured on 1.18.0 and 1.22.1, 1.26.3, and 1.30.6."""

NAME = 70
"""A server's name (ngx_http_core_server_name())."""

MAX_SIZE = 512
"""``server_names_hash_max_size`` by default."""

REFERERS, REFERER = 13_500, 195
"""Of each block with ``valid_referers``, and of each name: arrays that are kept
(ngx_hash_keys_array_init(), ngx_http_add_referer())."""

DEFAULT = "*:80"
"""Where a server listens that does not say it."""


@dataclass(eq=False, repr=False)
class Address:
    """An address with so many ports, the servers behind it, their names and the names' bytes."""

    ports: int
    first: Setting | None = None
    servers: int = 0
    names: int = 0
    name_bytes: int = 0


def addresses(configuration: Configuration) -> dict[str, Address]:
    """Each address once; with ``reuseport``, once for each worker, which are not known here."""
    memo = configuration.tree.memo.get("addresses")
    if memo is None:
        memo = configuration.tree.memo["addresses"] = _read(configuration)
    listed: dict[str, Address] = memo
    return listed


def _read(configuration: Configuration) -> dict[str, Address]:
    listed: dict[str, Address] = {}
    for server in configuration.tree.of_kinds(frozenset({"server"})):
        names = _server_names(server)
        name_bytes = sum(map(len, names))
        listens = [setting for setting in server.settings("listen") if setting.value]
        for setting in listens or (None,):
            text = c_string(setting.value) if setting is not None else DEFAULT
            key = f"*:{text}" if text.isdecimal() else text
            address = listed.get(key)
            if address is None:
                address = listed[key] = Address(_ports(key), setting)
            address.servers += 1
            address.names += len(names)
            address.name_bytes += name_bytes
        configuration.tree.work.take(1 + len(listens))
    return listed


def _server_names(server: Block) -> list[str]:
    return [arg for setting in server.settings("server_name") for arg in setting.directive.args]


def _ports(address: str) -> int:
    """How many ports an address has: ``8000-8999`` stands for each of them (from 1.15.10)."""
    if address.startswith("unix:"):
        return 1
    first, mark, last = address.rpartition(":")[2].partition("-")
    if not mark:
        return 1
    return max(1, min(number(last) or 0, 65_535) - (number(first) or 0) + 1)


def _sockets(configuration: Configuration) -> Iterator[Counted]:
    for address in addresses(configuration).values():
        if address.first is not None:
            amount = SOCKET.plus(Amount(pool=LISTEN * address.servers))
            if not address.first.value.startswith("unix:"):
                amount = amount.plus(Amount(pool=PORT))
            yield Counted(amount.times(address.ports), address.ports, address.first, "listen")
    stream_port = since(configuration.target.nginx, STREAM_PORT)
    for server in configuration.tree.of_kinds(frozenset({"stream_server"})):
        for setting in server.settings("listen"):
            # the first is counted with the server
            if more := _ports(c_string(setting.value)) - 1:
                amount = SOCKET.plus(Amount(pool=stream_port)).times(more)
                yield Counted(amount, more, setting, "listen")


def _names(configuration: Configuration) -> Iterator[Counted]:
    """Names of servers, and a hash of them for each address that has several servers."""
    tree = configuration.tree
    for body, directives, places in tree.occurrences("server_name"):
        count = len(places) * sum(len(directive.args) for directive in directives)
        tree.work.take(count)
        at = setting_in(tree, body, places[0], "server_name")
        yield Counted(Amount(pool=NAME * count), count, at, "server_name")
    sizes = [s for http in tree.blocks("http") for s in http.settings("server_names_hash_max_size")]
    max_size = number(sizes[0].value if sizes else "") or MAX_SIZE
    for address in addresses(configuration).values():
        if address.servers > 1 and address.names:
            size = hash_bytes(address.names, address.name_bytes, max_size)
            yield Counted(Amount(pool=size * address.ports), 0, address.first, "server_name")


def _referers(configuration: Configuration) -> Iterator[Counted]:
    """Names of referers; ``server_names`` stands for all names of the server around it."""
    tree = configuration.tree
    of_server = Nearest(lambda block: block.kind == "server")
    for block in tree.having(["valid_referers"]):
        if not (settings := block.settings("valid_referers")):
            continue  # a key of a map
        args = {c_string(arg) for setting in settings for arg in setting.directive.args}
        count = sum(arg not in _NO_NAMES and not arg.startswith("~") for arg in args)
        if "server_names" in args and (server := of_server.of(block)) is not None:
            count += len(_server_names(server))
        amount = Amount(code=REFERERS + REFERER * count, worker=40)
        yield Counted(amount, count, settings[0], settings[0].name)


_NO_NAMES = frozenset({"none", "blocked", "server_names"})

RECORDS: tuple[Record, ...] = (
    Record(
        "listening sockets",
        ("listen",),
        _sockets,
        "ngx_create_listening(), ngx_event_process_init()",
        "server and own socket; listen, ports; server, 11 addresses; stream server, ports",
        by_target=True,
    ),
    Record(
        "server names",
        ("server_name",),
        _names,
        "ngx_http_core_server_name(), ngx_http_server_names()",
        "server_name; server_name *.; server, 10 names, 11 addresses",
    ),
    Record(
        "referers",
        ("valid_referers",),
        _referers,
        "ngx_http_valid_referers(), ngx_http_referer_merge_conf()",
        "5/100 valid_referers; valid_referers server_names",
    ),
)
