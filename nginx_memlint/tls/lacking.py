"""Blocks that lack what nginx wants of them once it has read them.

A module that is in no table may bring what is lacking: where a directive of one stands in a block,
or around it, nothing is said of the block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.addresses import addresses
from nginx_memlint.tree import blocks
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


_SERVERS = "no servers are inside upstream"
_LISTEN = 'no "listen" is defined for server'

_WANTS = (
    _Want("upstream", _any_of("server"), _SERVERS, at_end=True),
    _Want("stream_upstream", _any_of("server"), _SERVERS, at_end=True),
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
        if target.nginx < want.since or (not target.stated and want.until):
            continue
        if want.until is not None and target.nginx >= want.until:
            continue
        for block in tree.blocks(want.kind):
            tree.work.take()
            if block.directive is None or want.is_met(block) or is_strange(block, unknown):
                continue
            if want.at_end:
                yield _at_end(block, want.nginx)
            else:
                yield Problem.of_nginx(block.inclusion, block.directive, want.nginx)


def _at_end(block: Block, nginx: str) -> Problem:
    assert block.directive is not None
    line = block.inclusion.file.nginx_end_line(block.directive)
    return replace(Problem.of_nginx(block.inclusion, block.directive, nginx), line=line)


def strange(tree: Tree) -> frozenset[Block]:
    """The blocks in which directives stand that are in no table."""
    return frozenset(block for block, _ in strangers(tree))


def is_strange(block: Block, unknown: frozenset[Block]) -> bool:
    """Whether a block, or one around it, is among those of unknown directives."""
    return bool(unknown) and (block in unknown or not unknown.isdisjoint(block.ancestors()))


class _Keys(NamedTuple):
    """Data whose lines have so many words, and what nginx says of others.

    ``alone``: words that may stand by themselves, and the first nginx that takes them.
    """

    nginx: str
    alone: dict[str, tuple[int, ...]] = {}  # noqa: RUF012  never changed


_LINES = {
    "map": _Keys("invalid number of the map parameters", {"hostnames": (), "volatile": (1, 11, 7)}),
    "geo": _Keys(
        "invalid number of the geo parameters",
        {"ranges": (), "proxy_recursive": (), "volatile": (1, 29, 3)},
    ),
    "charset_map": _Keys("invalid parameters number"),
}
"""Block of data → its lines: ``ngx_http_map()``, ``ngx_http_geo()``, ``ngx_http_charset_map()`` and
those of stream."""


_PERCENTAGE = re.compile(r"([0-9]{0,16})(?:\.([0-9]{0,2}))?%")

_WHOLE = 10_000
"""Hundredths of a percent (``ngx_atofp()`` with two digits after the point)."""


def _percentages(block: Block) -> Iterator[Problem]:
    """Problems of the shares of a ``split_clients`` (``ngx_conf_split_clients_block()``)."""
    total = 0
    for body, inclusion in block.parts:
        for line in body.directives:
            match = _PERCENTAGE.fullmatch(line.name)
            share = int(match[1] + (match[2] or "").ljust(2, "0")) if match else 0
            if line.name == "*":
                share = _WHOLE - total
            elif share == 0:
                nginx = f'invalid percent value "{line.name}"'
                yield Problem.of_nginx(inclusion, line, nginx)
                return
            total += share
    if total > _WHOLE and block.directive is not None:
        yield _at_end(block, "percent total is greater than 100%")


def wrong_lines(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of lines with too few or too many words in a ``map`` and its like."""
    for block in tree.blocks(blocks.DATA):
        name = block.directive.name if block.directive else ""
        if name == "split_clients":
            yield from _percentages(block)
        if (keys := _LINES.get(name)) is None:
            continue
        for body, inclusion in block.parts:
            tree.work.take(len(body.directives))
            for line in body.directives:
                if len(line.args) == 1 or line.body is not None:
                    continue
                since = None if line.args else keys.alone.get(c_string(line.name))
                if since is None or (target.stated and target.nginx < since):
                    yield Problem.of_nginx(inclusion, line, keys.nginx)
