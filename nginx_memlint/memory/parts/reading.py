"""Memory that reading a map takes for a while: ``nginx -t`` and a start have it at that moment.

nginx puts the entries of a map into arrays and lists of a pool of their own, makes a hash of them,
and destroys the pool (ngx_http_map_block(), ngx_hash_add_key()). Arrays double as they fill, and a
pool frees none of them before its end.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import NamedTuple

from nginx_memlint.memory.parts.arrays import OF_MAP
from nginx_memlint.memory.parts.data import MAP_ENTRY, MAP_LEFT_OVER, max_size_of
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

LISTS = 10_007
"""Lists of keys, and of values, by their hash (NGX_HASH_LARGE_HSIZE)."""

KEY, KEYS = 32, 16_384
"""Bytes of a key with its value, and keys for which there is room at first (ngx_hash_key_t,
NGX_HASH_LARGE_ASIZE)."""

NAME, VALUE, LISTED = 16, 8, 4
"""Bytes of a key and of a value in a list (ngx_str_t, a pointer), and how many of them it has room
for at first."""

BUCKET = 2
"""Bytes of each size of a bucket that is tried (ngx_hash_init())."""

FEW = 1e-6
"""A part of all lists that is none of them."""


class MapReading(NamedTuple):
    """Bytes that are free again once a map is read, beside what is kept of it."""

    size: int
    block: Block


def costliest(tree: Tree) -> MapReading | None:
    """The map whose reading takes most; None without one."""
    sizes = [
        MapReading(_of_map(block, tree), block)
        for block in tree.of_kinds(frozenset({DATA}))
        if block.directive is not None and block.directive.name == "map"
    ]
    return max(sizes, key=lambda reading: reading.size, default=None)


def _of_map(block: Block, tree: Tree) -> int:
    keys = 0
    values: set[str] = set()
    for body, _ in block.parts:
        tree.work.take(len(body.directives))
        keys += sum(not entry.name.startswith("~") for entry in body.directives)
        values.update(entry.args[0] for entry in body.directives if entry.args)
    lists = _in_lists(keys, NAME) + _in_lists(len(values), VALUE)
    size = OF_MAP + _in_array(keys) + lists + BUCKET * max_size_of(block)
    # what glibc keeps of that is counted with the map
    return max(0, round(size - (MAP_ENTRY + MAP_LEFT_OVER) * keys))


def _in_array(keys: int) -> int:
    """Bytes that are written to: a full array is copied into one of twice its room."""
    room = KEYS
    size = 0
    while keys > room:
        size += KEY * room
        room *= 2
    return size + KEY * keys


def _in_lists(count: int, each: int) -> float:
    """Bytes of so many things in lists, over which their hashes spread them at random."""
    if not count:
        return 0.0
    mean = count / LISTS
    size, room, most, more = 0.0, LISTED, 0, 1 - exp(-mean)
    while more > FEW:
        size += LISTS * more * room * each
        most, room = room, 2 * room
        more = 1 - sum(exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(most + 1))
    return size
