"""Measure the bytes that a connection takes in its worker, by what it does.

Each is the growth from few connections to many, on unix sockets: kept open between requests, or
passed on, with the head of the answer and a first piece of it, whose rest does not come.
"""

from __future__ import annotations

import math
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.site import Site
from nginx_memlint.memory.parts.base import CONNECTION_BYTES
from nginx_memlint.targets.banner import Nginx

COUNTS = (100, 300)
"""Connections, few and many: with those that are passed on, fewer than 1,024 open files."""

TIMEOUT = 20.0
"""Seconds that nginx may take for a connection."""

MOST = 2_048
"""Connections that the worker may have."""

_ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"
_PIECE = 4_096

KINDS = {key: kind for kind, (key, _) in CONNECTION_BYTES.items()}
"""Key of a target file → whether it is over TLS, and passed on."""


def passes(nginx: Nginx) -> bool:
    """Whether an nginx is built with ``proxy_pass``."""
    return "--without-http_proxy_module" not in nginx.arguments


def connection_bytes(site: Site, pair: str | None) -> Iterator[tuple[str, int]]:
    """The key and the bytes of each kind of connection that the nginx of a site can have.

    ``pair`` are directives with a server's certificate; without, none is over TLS.
    """
    can_pass = passes(site.nginx)
    directory = site.directory
    listens = f"listen unix:{directory}/plain;"
    if pair is not None:
        listens += f" listen unix:{directory}/tls ssl; {pair}"
    passed = f"location /p {{ proxy_pass http://unix:{directory}/upstream; }}" if can_pass else ""
    site.configure(
        "keepalive_timeout 600s; proxy_read_timeout 600s;\n"
        f"server {{ {listens} location / {{ return 200 ok; }} {passed} }}\n",
        connections=MOST,
    )
    for key, (over_tls, passed_on) in KINDS.items():
        if (can_pass or not passed_on) and (pair is not None or not over_tls):
            yield key, _measured(site, over_tls=over_tls, passed_on=passed_on)


def _measured(site: Site, *, over_tls: bool, passed_on: bool) -> int:
    with ExitStack() as stack:
        upstream = stack.enter_context(_listening(f"{site.directory}/upstream"))
        server = stack.enter_context(site.server())
        sizes = []
        opened = 0
        for count in COUNTS:
            while opened < count:
                client = stack.enter_context(_connected(site, over_tls=over_tls))
                client.sendall(f"GET /{'p' * passed_on} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                if passed_on:
                    accepted = stack.enter_context(upstream.accept()[0])
                    accepted.settimeout(TIMEOUT)
                    accepted.recv(_PIECE)
                    accepted.sendall(_ANSWER)
                elif b" 200 " not in client.recv(_PIECE):
                    raise MemlintError("nginx does not answer on its socket")
                opened += 1
            sizes.append(server.settled().anonymous)
    few, many = COUNTS
    return max(1, math.ceil((sizes[1] - sizes[0]) / (many - few)))


def _connected(site: Site, *, over_tls: bool) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    try:
        client.settimeout(TIMEOUT)
        client.connect(f"{site.directory}/{'tls' if over_tls else 'plain'}")
        return _CONTEXT.wrap_socket(client) if over_tls else client
    except BaseException:
        client.close()
        raise


_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_CONTEXT.check_hostname = False
_CONTEXT.verify_mode = ssl.CERT_NONE


@contextmanager
def _listening(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(TIMEOUT)
        listening.bind(path)
        listening.listen(COUNTS[-1])
        try:
            yield listening
        finally:
            os.unlink(path)
