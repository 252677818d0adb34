"""Sockets on which servers listen: those that nginx rejects, and servers on them without TLS.

The checks follow ``ngx_http_add_addresses()``, ``ngx_http_ssl_init()``,
``ngx_http_init_listening()`` and their like in stream and mail, read in nginx 1.10.0, 1.18.0,
1.22.1, 1.26.0 and 1.30.0.
"""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.addresses import SocketAddresses, addresses
from nginx_memlint.refusals.lacking import is_strange, strange
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import REJECT_HANDSHAKE, STREAM_NAMES, is_on
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

SERVERS = ("server", "stream_server", "mail_server")

_DEFAULT_PORT = {"server": 80}
"""Kind of server → the port of an address without one; others must have one."""

_OPTIONS = ("bind", "deferred", "reuseport", "multipath")
_OPTIONS_WITH_VALUES = (
    *("setfib=", "fastopen=", "backlog=", "rcvbuf=", "sndbuf=", "accept_filter="),
    *("ipv6only=o", "so_keepalive="),
)
"""Parameters that set options of a socket (``lsopt.set`` and ``lsopt.bind``)."""

_DEFAULT = ("default_server", "default")
_DATAGRAMS = ("udp", "quic")

NOT_ENOUGH = (1, 15, 2)
"""The first nginx that counts its sockets before it starts workers (``ngx_event_init_conf()``)."""

DEFAULT_CONNECTIONS = 512
"""``worker_connections`` unless set."""

_NO_CERTIFICATE = 'no "ssl_certificate" is defined for the "listen ... {}" directive'
_SSL_SINCE = (1, 15, 0)
"""The first nginx that looks for certificates of those who listen with ``ssl``."""


class _Sockets:
    """Sockets with the same servers on them, and what their ``listen`` say of them together."""

    __slots__ = ("default", "has_default", "has_options", "servers", "tls")

    def __init__(self, server: Block) -> None:
        self.default = server
        self.has_default = False
        self.has_options = False
        self.servers: list[Block] = []
        self.tls = ""
        """The parameter that asks for TLS."""


class _Key(NamedTuple):
    """Sockets among all others."""

    root: str
    is_datagram: bool
    addresses: SocketAddresses


_Host = tuple[str, bool, str, str]


class _Listen(NamedTuple):
    """A ``listen`` whose addresses are known, and what its other words say of them."""

    server: Block
    setting: Setting
    key: _Key
    has_options: bool
    is_default: bool
    tls: str

    @property
    def host(self) -> _Host:
        """All of the key but the ports."""
        return (
            self.key.root,
            self.key.is_datagram,
            self.key.addresses.family,
            self.key.addresses.host,
        )


def listens(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of addresses that are stated twice, of too many, and of TLS without certificates."""
    sockets: dict[_Key, _Sockets] = {}
    stated = [*_stated(tree)]
    edges = _edges(stated)
    pieces: dict[_Host, list[_Sockets | None]] = {h: [None] * len(p) for h, p in edges.items()}
    for listen in stated:
        key, ports, listed = listen.key, edges[listen.host], pieces[listen.host]
        begin, end = (bisect_left(ports, p) for p in (key.addresses.first, key.addresses.last + 1))
        for place in range(begin, end):
            tree.work.take(2)  # a server is kept with each
            socket = listed[place]
            if socket is None:
                span = key.addresses._replace(first=ports[place], last=ports[place + 1] - 1)
                socket = listed[place] = _Sockets(listen.server)
                sockets[key._replace(addresses=span)] = socket
            if against := _add(socket, listen, target):
                nginx = against.format(key.addresses._replace(first=ports[place]).text)
                yield Problem.of_nginx(listen.setting.inclusion, listen.setting.directive, nginx)
                break
    yield from _without_certificates(tree, sockets, target)
    yield from _too_many(tree, sockets, target)


def _stated(tree: Tree) -> Iterator[_Listen]:
    for server in tree.blocks(*SERVERS):
        root = tree.root_of(server).kind
        for setting in server.in_order(("listen",)):
            tree.work.take()
            words = [c_string(word) for word in setting.directive.args[1:]]
            stated = addresses(setting.value, _DEFAULT_PORT.get(server.kind, 0))
            if stated is not None:
                yield _Listen(
                    server,
                    setting,
                    _Key(root, not set(words).isdisjoint(_DATAGRAMS), stated),
                    any(w in _OPTIONS or w.startswith(_OPTIONS_WITH_VALUES) for w in words),
                    not set(words).isdisjoint(_DEFAULT),
                    next((w for w in words if w in ("ssl", "quic")), ""),
                )


def _edges(stated: list[_Listen]) -> dict[_Host, list[int]]:
    """For each host the ports where a range of a ``listen`` begins, and those after its end.

    All ports between two of them have the same servers, so none is looked at by itself.
    """
    edges: dict[_Host, set[int]] = {}
    for listen in stated:
        ends = listen.key.addresses.first, listen.key.addresses.last + 1
        edges.setdefault(listen.host, set()).update(ends)
    return {host: sorted(ports) for host, ports in edges.items()}


def _add(socket: _Sockets, listen: _Listen, target: Target) -> str:
    """Note that a server listens on sockets; return what nginx has against it, or nothing.

    ``{}`` stands for the address.
    """
    server = listen.server
    last = socket.servers[-1] if socket.servers else None
    complaint = ""
    if last is not None and not _may_share(listen.key.root, target):
        complaint = 'duplicate "{}" address and port pair'
    elif last is server:  # those of a server are looked at together
        complaint = "a duplicate listen {}"
    elif listen.has_options and socket.has_options:
        complaint = "duplicate listen options for {}"
    elif listen.is_default and socket.has_default:
        complaint = "a duplicate default server for {}"
    if last is not server:
        socket.servers.append(server)
    socket.has_options |= listen.has_options
    socket.tls = socket.tls or listen.tls
    if listen.is_default and not socket.has_default:
        socket.default, socket.has_default = server, True
    return complaint


def _may_share(root: str, target: Target) -> bool:
    """Whether several servers may listen on one address; if that is not known, they may."""
    if root == "stream":
        return not target.stated or target.nginx >= STREAM_NAMES
    return root == "http"


def _without_certificates(
    tree: Tree, sockets: dict[_Key, _Sockets], target: Target
) -> Iterator[Problem]:
    """Problems of servers that are reached by TLS, and have no certificate."""
    unknown = strange(tree)
    told: set[Block] = set()
    for key, socket in sockets.items():
        since = {"http": _SSL_SINCE, "stream": STREAM_NAMES}.get(key.root)
        if not socket.tls or since is None or target.nginx < since:
            continue
        default = socket.default
        if default.effective("ssl_certificate") is not None:
            continue
        suspects = socket.servers if _rejects(default, target) else [default]
        for server in suspects:
            tree.work.take()
            has_none = server.effective("ssl_certificate") is None and not _rejects(server, target)
            if has_none and server not in told and not is_strange(server, unknown):
                told.add(server)
                assert server.directive is not None
                nginx = _NO_CERTIFICATE.format(socket.tls)
                yield Problem.of_nginx(server.inclusion, server.directive, nginx)


def _rejects(server: Block, target: Target) -> bool:
    return target.nginx >= REJECT_HANDSHAKE and is_on("ssl_reject_handshake")(server, target)


def _too_many(tree: Tree, sockets: dict[_Key, _Sockets], target: Target) -> Iterator[Problem]:
    """A problem if there are more sockets than connections, of which each takes one."""
    if target.nginx < NOT_ENOUGH or not tree.main.has("events"):
        return
    stated: list[Setting] = [
        setting
        for events in tree.blocks("events")
        for setting in events.settings("worker_connections")
    ]
    connections = number(stated[0].value) if stated else DEFAULT_CONNECTIONS
    count = _bound(sockets)
    if connections is None or connections > count:
        return
    nginx = f"{connections} worker_connections are not enough for {count} listening sockets"
    for setting in stated or tree.main.settings("events"):
        yield Problem.of_nginx(setting.inclusion, setting.directive, nginx)


def _bound(sockets: dict[_Key, _Sockets]) -> int:
    """The number of sockets: one of all interfaces serves the other addresses of its port.

    Not counted are names of hosts, and port 80 of servers that state none.
    """
    of_all: dict[tuple[str, bool, str], list[SocketAddresses]] = {}
    for root, is_datagram, stated in sockets:
        if stated.is_wildcard:
            of_all.setdefault((root, is_datagram, stated.family), []).append(stated)
    served = {place: _Ports(listed) for place, listed in of_all.items()}
    count = 0
    for (root, is_datagram, stated), socket in sockets.items():
        count += stated.last + 1 - stated.first
        beside = served.get((root, is_datagram, stated.family))
        if beside is not None and not stated.is_wildcard and not socket.has_options:
            count -= beside.below(stated.last + 1) - beside.below(stated.first)
    return count


class _Ports:
    """The ports of ranges that have none in common."""

    def __init__(self, ranges: list[SocketAddresses]) -> None:
        self._ranges = sorted((each.first, each.last) for each in ranges)
        lengths = (last + 1 - first for first, last in self._ranges)
        self._before = [*accumulate(lengths, initial=0)]

    def below(self, port: int) -> int:
        """How many of them are below a port."""
        at = bisect_left(self._ranges, (port, 0))
        if not at:
            return 0
        first, last = self._ranges[at - 1]
        return self._before[at - 1] + min(port, last + 1) - first
