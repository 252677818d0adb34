"""Arrays that reading a configuration needs for a while: glibc keeps their room in its heap.

For each map, and each address with several servers, nginx makes arrays for many names
(ngx_hash_keys_array_init() with NGX_HASH_LARGE), and frees them when it has made a hash of them.
The first ones are mapped and unmapped. After that glibc takes so large pieces from its heap (its
M_MMAP_THRESHOLD has risen), where what was allocated meanwhile keeps it from giving them back.
"""

from __future__ import annotations

from collections.abc import Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.addresses import addresses
from nginx_memlint.memory.parts.record import Configuration, Counted, Record
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import LOCATION_KINDS
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree

HASH = 10_007 * 40
"""Zeroed lists for the values of a hash (NGX_HASH_LARGE_HSIZE, ngx_array_t)."""

OF_NAMES, OF_MAP = 3 * HASH, 4 * HASH
"""Those of names: exact ones, and wildcards at either end. A map has one for its values, too."""

UNTOUCHED = 3 * 16_384 * 32
"""Arrays of keys that lie before them (NGX_HASH_LARGE_ASIZE, ngx_hash_key_t)."""

ENOUGH = 40
"""Names whose hash may be too large for the chunk of a pool that nginx is filling: then something
lies behind the arrays. With 40 and 80 names that was so, with 50 and 60 not, from 100 on always."""


def _freed(configuration: Configuration) -> Iterator[Counted]:
    tree, target = configuration.tree, configuration.target
    maps = [
        block
        for block in tree.of_kinds(frozenset({DATA}))
        if block.directive is not None and block.directive.name == "map"
    ]
    hashed = [one for one in addresses(configuration).values() if one.servers > 1 and one.names]
    size = 0
    at: Block | Setting | None = None
    if any(sum(len(body.directives) for body, _ in block.parts) >= ENOUGH for block in maps[1:]):
        at = maps[-1]
        size = max(0, min(OF_MAP, OF_MAP + UNTOUCHED - allocated_after(maps[-1], tree, target)))
    if max((one.names for one in hashed[0 if maps else 1 :]), default=0) >= ENOUGH:
        size = max(size, OF_NAMES)
        at = at or hashed[-1].first
    if size:
        yield Counted(Amount(freed=size), 1, at, "arrays for names")


def allocated_after(block: Block, tree: Tree, target: Target) -> int:
    """Bytes of the servers and locations after a block, which take the room of what it freed."""
    last = 0
    for place, each in enumerate(tree.all_blocks):
        if each is block:
            last = place
    after = tree.all_blocks[last:]
    return sum(each.kind in LOCATION_KINDS for each in after) * target.costs.location


RECORDS: tuple[Record, ...] = (
    Record(
        "arrays for names",
        ("map", "server_name"),
        _freed,
        "ngx_hash_keys_array_init(), for ngx_http_map_block() and ngx_http_server_names()",
        "two addresses with 100 names; two maps of 200 keys",
    ),
)
