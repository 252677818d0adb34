"""Upstreams: their servers, connections that are kept, points of consistent hashes."""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.memory.laws import Amount, piece
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, since
from nginx_memlint.syntax.values import number
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree.expanded import Block, Setting

BLOCK = ((Version(()), 8_560), (Version((1, 27)), 9_200))
"""An upstream itself, by nginx: above all the merged settings of its module for each (http)."""

SERVER = 860
"""A server in it (ngx_http_upstream_init_round_robin()): 780 to 896 by how many there are."""

STREAM_BLOCK = 1_330
KEPT_BY_DEFAULT = Version((1, 29, 7))
"""The first nginx whose upstreams keep connections without ``keepalive`` (commit 4fbe4b627)."""

KEPT = ((Version(()), 152), (KEPT_BY_DEFAULT, 160))
"""A connection that may be kept (ngx_http_upstream_keepalive_cache_t), by nginx."""

DEFAULT_KEPT = 32
"""How many are, where ``keepalive`` is not set (ngx_http_upstream_init_keepalive())."""

POINTS = 160
"""Points of a server for each of its weight (ngx_http_upstream_init_chash())."""

POINT = 16


MAPPED = 32 << 20
"""Bytes from which on glibc maps each piece apart, whatever was freed (DEFAULT_MMAP_THRESHOLD_MAX):
while so many points are sorted, qsort() has as much again, and gives it back."""


def points_amount(points: int) -> Amount:
    """A consistent hash: one piece with all of its points."""
    size = POINT * points
    return piece(size) if size < MAPPED else Amount(large=size)


def _blocks(kind: str, block_bytes: int, configuration: Configuration) -> Iterator[Counted]:
    for block in configuration.tree.blocks(kind):
        servers = len(block.settings("server"))
        amount = Amount(pool=block_bytes + SERVER * servers, worker=35)
        yield Counted(amount, 1, block, _said(block))


def _said(block: Block) -> str:
    return " ".join(["upstream", *(block.directive.args if block.directive else ())])


def _upstreams(configuration: Configuration) -> Iterator[Counted]:
    yield from _blocks("upstream", since(configuration.target.nginx, BLOCK), configuration)
    yield from _blocks("stream_upstream", STREAM_BLOCK, configuration)


def _kept(configuration: Configuration) -> Iterator[Counted]:
    version = configuration.target.nginx
    each = since(version, KEPT)
    for block in configuration.tree.blocks("upstream"):
        settings = block.settings("keepalive")
        for setting in settings:
            count = number(setting.value) or 0
            yield Counted(piece(each * count), count, setting, f"keepalive {count:,}")
        if not settings and version >= KEPT_BY_DEFAULT:
            yield Counted(piece(each * DEFAULT_KEPT), DEFAULT_KEPT, block, _said(block))


def _points(configuration: Configuration) -> Iterator[Counted]:
    """The points, and the room of as many that the C library's qsort() leaves free."""
    most = 0
    for block in configuration.tree.having(["hash"]):
        if block.kind not in ("upstream", "stream_upstream"):
            continue
        for setting in block.settings("hash"):
            if "consistent" in setting.directive.args[1:]:
                points = POINTS * sum(map(weight, block.settings("server")))
                said = f"{_said(block)}: {points:,} points"
                yield Counted(points_amount(points), points, setting, said)
                most = max(most, POINT * points)
    if most:
        yield Counted(Amount(freed=most) if most < MAPPED else Amount(passing=most), 0)


def weight(server: Setting) -> int:
    """The weight of a server in an upstream."""
    weights = [arg for arg in server.directive.args[1:] if arg.startswith("weight=")]
    # the last one counts (ngx_http_upstream_server())
    return (number(weights[-1].removeprefix("weight=")) if weights else None) or 1


RECORDS: tuple[Record, ...] = (
    Record(
        "upstreams",
        ("upstream", "server in upstream"),
        _upstreams,
        "ngx_http_upstream(), ngx_http_upstream_init_round_robin()",
        "upstream, 1/2/8 servers; servers in one upstream; stream server, upstream",
        by_target=True,
    ),
    Record(
        "kept connections",
        ("keepalive", "upstream"),
        _kept,
        "ngx_http_upstream_init_keepalive()",
        "upstream, keepalive 32; upstream, keepalive 512; Debian 12 and unstable",
        by_target=True,
    ),
    Record(
        "consistent hashes",
        ("hash … consistent",),
        _points,
        "ngx_http_upstream_init_chash()",
        "upstream, consistent; upstream, consistent, weight 20",
    ),
)
