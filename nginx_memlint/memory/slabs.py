"""Shared memory that upstreams take in their zone: the pages that slabs hand out at a start.

A slab has pieces of one size, a power of two, and takes a page when the first piece is asked for
(``ngx_slab_alloc()``). So names decide how much a zone of few servers takes: each length that no
other piece rounds up to takes a page more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from nginx_memlint.files.paths import encode
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.expanded import Block

PAGE = 4096
"""Bytes of a page of memory (``ngx_pagesize``); some arm64 systems have larger ones."""

PAGE_RECORD = 24
"""``ngx_slab_page_t``: one for each page, all of them written at a start (ngx_slab_init())."""

_HEADER = 700
"""``ngx_slab_pool_t`` with its slots and their counters, before the records of pages."""

_LEAST = 8
_MOST = PAGE // 2
"""Sizes of pieces; what is larger takes whole pages."""

_CONTEXT = len(' in upstream zone ""') + 1
"""Beside the zone's name, what nginx says of it in its log (ngx_http_upstream_init_zone())."""

_PEERS, _NAME, _PEER, _ADDRESS, _ADDRESS_TEXT = 72, 16, 384, 112, 113
"""``ngx_http_upstream_rr_peers_t``, ``ngx_str_t``, ``ngx_http_upstream_rr_peer_t`` of a build with
``--with-compat``, ``ngx_sockaddr_t``, NGX_SOCKADDR_STRLEN; those of stream round up to the same."""


def upstream_zone_bytes(name: str, size: int, upstreams: Iterable[Block]) -> int:
    """Bytes that are touched at a start of a zone that some upstreams share."""
    pieces = Counter({_rounded(_CONTEXT + len(encode(name))): 1})
    for block in upstreams:
        pieces.update(map(_rounded, _pieces(block)))
    pages = -(-(_HEADER + size // PAGE * PAGE_RECORD) // PAGE)
    pages += sum(-(-each * count // PAGE) for each, count in pieces.items())
    return min(size, pages * PAGE)


def _pieces(block: Block) -> Iterator[int]:
    """The sizes that an upstream asks for (``ngx_http_upstream_zone_copy_peers()``)."""
    servers = [setting.directive.args for setting in block.settings("server")]
    name = block.directive.args[0] if block.directive and block.directive.args else ""
    yield from (_PEERS, _NAME, len(encode(c_string(name))))
    if any("backup" in args[1:] for args in servers):
        yield _PEERS
    for args in servers:
        text = len(encode(c_string(args[0]))) if args else 0
        yield from (_PEER, _ADDRESS, _ADDRESS_TEXT, text)


def _rounded(size: int) -> int:
    if size > _MOST:
        return -(-size // PAGE) * PAGE
    return max(_LEAST, 1 << (size - 1).bit_length())
