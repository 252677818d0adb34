"""Lua's handlers for TLS in servers without TLS: nginx does not start."""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.lacking import is_strange, strange
from nginx_memlint.refusals.record import of_nginx
from nginx_memlint.tls.contexts import Group
from nginx_memlint.tree.tree import Tree

HANDLERS = tuple(
    f"{handler}_by_lua{form}"
    for handler in ("ssl_client_hello", "ssl_certificate")
    for form in ("", "_block", "_file")
)


def without_tls(tree: Tree, groups: list[Group]) -> Iterator[Problem]:
    """A problem for each handler that a server without a context sees.

    ``ngx_http_lua_merge_srv_conf()``, which runs after the ssl module's: alike in lua-nginx-module
    0.10.13, 0.10.19, 0.10.23 and 0.10.29; and that of stream, in 0.0.10 and 0.0.17.
    """
    names = [name for name in HANDLERS if name in tree.index_names()]
    if not names:
        return
    unknown = strange(tree)
    told: set[tuple[str, int]] = set()
    for kind, family in _SERVERS.items():
        with_context = {
            server for group in groups if group.family == family for server in group.owners
        }
        for server in tree.blocks(kind):
            tree.work.take()
            if server in with_context or is_strange(server, unknown):
                continue
            for name in names:
                setting = server.effective(name)
                if setting is not None and setting.key not in told:
                    told.add(setting.key)
                    yield of_nginx(setting, "no ssl configured for the server")


_SERVERS = {"server": "ssl", "stream_server": "stream_ssl"}
"""Kind of server → the family of its contexts."""
