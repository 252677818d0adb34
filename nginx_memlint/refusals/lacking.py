"""Blocks that lack what nginx wants of them once it has read them.

A module that is in no table may bring what is lacking: where a directive of one stands in a block,
or around it, nothing is said of the block.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.addresses import addresses
from nginx_memlint.refusals.record import in_force
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.strangers import strangers
from nginx_memlint.tree.tree import Tree


class _Want(NamedTuple):
    """Something that nginx wants in a kind of block, and its words for a block without it.

    ``since`` and ``until``: the first nginx that says it, and the first that does so no more.
    ``at_end``: nginx names the line of the ``}``, else that of the ``{``.
    """

    kind: str
    is_met: Callable[[Block], bool]
    nginx: str
    since: tuple[int, ...] = ()
    until: tuple[int, ...] | None = None
    at_end: bool = False


def _any_of(*names: str) -> Callable[[Block], bool]:
    return lambda block: block.has_any(names)


_PROTOCOL_PORTS = frozenset({25, 465, 587, 110, 995, 143, 993})
"""``ngx_mail_smtp_protocol``, ``ngx_mail_pop3_protocol`` and ``ngx_mail_imap_protocol``."""


def _has_protocol(block: Block) -> bool:
    """Whether a mail server states its protocol, or a port does, or may do so."""
    if block.has("protocol"):
        return True
    for listen in block.settings("listen"):
        stated = addresses(listen.value, 0)
        if stated is None or any(stated.first <= p <= stated.last for p in _PROTOCOL_PORTS):
            return True
    return False


def _has_usual_server(block: Block) -> bool:
    """Whether an upstream has no servers at all, or one that is no backup."""
    servers = block.settings("server")
    return not servers or any(
        all(c_string(arg) != "backup" for arg in server.directive.args[1:]) for server in servers
    )


_SERVERS = "no servers are inside upstream"
_BACKUPS = 'no servers in upstream "{name}"'
_LISTEN = 'no "listen" is defined for server'

_WANTS = (
    _Want("upstream", _any_of("server"), _SERVERS, at_end=True),
    _Want("stream_upstream", _any_of("server"), _SERVERS, at_end=True),
    _Want("upstream", _has_usual_server, _BACKUPS),
    _Want("stream_upstream", _has_usual_server, _BACKUPS),
    _Want("stream_server", _any_of("listen"), _LISTEN, since=(1, 11, 4)),
    _Want("mail_server", _any_of("listen"), _LISTEN, since=(1, 11, 4)),
    _Want(
        "stream_server",
        _any_of(
            *("proxy_pass", "return", "pass"),
            *("content_by_lua", "content_by_lua_block", "content_by_lua_file"),
        ),
        "no handler for server",
        until=(1, 27, 1),
    ),
    _Want("mail_server", _has_protocol, "unknown mail protocol for server"),
    _Want(
        "mail_server",
        lambda block: block.effective("auth_http") is not None,
        'no "auth_http" is defined for server',
    ),
)
"""``ngx_http_upstream()``, ``ngx_stream_core_server()``, ``ngx_stream_core_merge_srv_conf()`` and
their like, read in all releases of nginx from 1.10.0 to 1.31.4."""


def lacking(tree: Tree, target: Target) -> Iterator[Problem]:
    """A problem for each block that lacks something, in the order of the table."""
    unknown = strange(tree)
    for want in _WANTS:
        for block in tree.blocks(want.kind) if in_force(target, want.since, want.until) else ():
            tree.work.take()
            if block.directive is None or want.is_met(block) or is_strange(block, unknown):
                continue
            if want.at_end:
                yield at_end(block, want.nginx)
            else:
                nginx = want.nginx.replace("{name}", " ".join(block.directive.args))
                yield Problem.of_nginx(block.inclusion, block.directive, nginx)


def at_end(block: Block, nginx: str) -> Problem:
    """A problem that nginx has with a block at its end, the line of the ``}``."""
    assert block.directive is not None
    line = block.inclusion.file.nginx_end_line(block.directive)
    return Problem.of_nginx(block.inclusion, block.directive, nginx)._replace(line=line)


def strange(tree: Tree) -> frozenset[Block]:
    """The blocks in which directives stand that are in no table."""
    return frozenset(block for block, _ in strangers(tree))


def is_strange(block: Block, unknown: frozenset[Block]) -> bool:
    """Whether a block, or one around it, is among those of unknown directives."""
    return bool(unknown) and (block in unknown or not unknown.isdisjoint(block.ancestors()))
