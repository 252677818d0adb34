"""Sockets on which servers listen: those that nginx rejects, and servers on them without TLS.

The checks follow ``ngx_http_add_addresses()``, ``ngx_http_ssl_init()``,
``ngx_http_init_listening()`` and their like in stream and mail, read in nginx 1.10.0, 1.18.0,
1.22.1, 1.26.0 and 1.30.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.addresses import SocketAddress, addresses
from nginx_memlint.tls.families import REJECT_HANDSHAKE, STREAM_NAMES, is_on
from nginx_memlint.tls.lacking import is_strange, strange
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


class _Socket:
    """An address with the servers on it, and what their ``listen`` say of it together."""

    __slots__ = ("default", "has_default", "has_options", "servers", "tls")

    def __init__(self, server: Block) -> None:
        self.default = server
        self.has_default = False
        self.has_options = False
        self.servers: dict[Block, None] = {}
        self.tls = ""
        """The parameter that asks for TLS."""


class _Key(NamedTuple):
    """A socket among all others."""

    root: str
    is_datagram: bool
    address: SocketAddress


def listens(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of addresses that are stated twice, of too many, and of TLS without certificates."""
    sockets: dict[_Key, _Socket] = {}
    for server in tree.blocks(*SERVERS):
        root = tree.root_of(server).kind
        for setting in server.in_order(("listen",)):
            complaint = ""
            words = [c_string(word) for word in setting.directive.args[1:]]
            is_datagram = not set(words).isdisjoint(_DATAGRAMS)
            for address in addresses(setting.value, _DEFAULT_PORT.get(server.kind, 0)):
                tree.work.take()
                key = _Key(root, is_datagram, address)
                complaint = complaint or _add(sockets, key, words, server, target)
            if complaint:
                yield Problem.of_nginx(setting.inclusion, setting.directive, complaint)
    yield from _without_certificates(tree, sockets, target)
    yield from _too_many(tree, sockets, target)


def _add(
    sockets: dict[_Key, _Socket], key: _Key, words: list[str], server: Block, target: Target
) -> str:
    """Note that a server listens on a socket; return what nginx has against it, or nothing."""
    text = key.address.text
    is_first = key not in sockets
    socket = sockets.setdefault(key, _Socket(server))
    options = any(w in _OPTIONS or w.startswith(_OPTIONS_WITH_VALUES) for w in words)
    is_default = not set(words).isdisjoint(_DEFAULT)
    complaint = ""
    if not is_first and not _may_share(key.root, target):
        complaint = f'duplicate "{text}" address and port pair'
    elif server in socket.servers:
        complaint = f"a duplicate listen {text}"
    elif options and socket.has_options:
        complaint = f"duplicate listen options for {text}"
    elif is_default and socket.has_default:
        complaint = f"a duplicate default server for {text}"
    socket.servers[server] = None
    socket.has_options |= options
    socket.tls = socket.tls or next((w for w in words if w in ("ssl", "quic")), "")
    if is_default and not socket.has_default:
        socket.default, socket.has_default = server, True
    return complaint


def _may_share(root: str, target: Target) -> bool:
    """Whether several servers may listen on one address; if that is not known, they may."""
    if root == "stream":
        return not target.stated or target.nginx >= STREAM_NAMES
    return root == "http"


def _without_certificates(
    tree: Tree, sockets: dict[_Key, _Socket], target: Target
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
        suspects = [*socket.servers] if _rejects(default, target) else [default]
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


def _too_many(tree: Tree, sockets: dict[_Key, _Socket], target: Target) -> Iterator[Problem]:
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


def _bound(sockets: dict[_Key, _Socket]) -> int:
    """The number of sockets: one of all interfaces serves the other addresses of its port.

    Not counted are names of hosts, and port 80 of servers that state none.
    """
    by_port: dict[tuple[str, bool, str, int], list[tuple[SocketAddress, _Socket]]] = {}
    for (root, is_datagram, address), socket in sockets.items():
        place = root, is_datagram, address.family, address.port
        by_port.setdefault(place, []).append((address, socket))
    count = 0
    for beside in by_port.values():
        has_wildcard = any(address.is_wildcard for address, _ in beside)
        count += sum(
            address.is_wildcard or socket.has_options or not has_wildcard
            for address, socket in beside
        )
    return count
