"""Blocks of keys and values: map, geo, split_clients, types; and the text of all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from math import exp

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import number
from nginx_memlint.tree.blocks import DATA
from nginx_memlint.tree.expanded import Block, Inclusion

MAP_BLOCK = 950
MAP_ENTRY = 30
"""Beside its words and the element of its hash."""

MAP_LEFT_OVER = 30
"""Of each entry: arrays that double while a map is read are freed, and glibc keeps those that lie
between others. From 5,000 to 200,000 entries it is 10 to 45, up and down, as their number is."""

MAX_SIZE = 2_048
"""``map_hash_max_size`` by default."""

MAP_VALUE = 31
MAP_VALUE_BYTE = 0.4
"""Of each different value, and of each byte of it beside its words."""

MAP_WILDCARD = 160
MAP_REGEX = 290

RADIX_NODE = 61
"""A node of 32 bytes: pages of 4,096 are aligned, and the page before each holds its header."""

GEO_VALUE = 94
GEO_RANGE = 16

SPLIT_CLIENTS = 190
"""For each part."""

TYPES_BLOCK = 2_030
TYPE = 89
TYPE_IN_HTTP = 148

TEXT = "text of the configuration"
"""Name of the part that changes with every word."""

INCLUSION = 38
"""Of each time that a file is read."""

DEBUG_BUILDS = ("debian-", "ubuntu-")
"""Targets whose nginx is built ``--with-debug``: it keeps the text of every file for ``-T``."""


def _entries(block: Block, configuration: Configuration) -> list[Directive]:
    listed = [directive for body, _ in block.parts for directive in body.directives]
    configuration.tree.work.take(len(listed))
    return listed


def hash_bytes(count: int, keys: int, max_size: int) -> int:
    """Bytes of a hash of so many keys, of so many bytes together (``ngx_hash_init()``).

    An element has a pointer, its length and its key, rounded up to 8; a bucket that is used ends
    with a pointer and is rounded up to 64; each bucket has a pointer.
    """
    buckets = max(1, min(max_size, count // 4))
    if max_size > 10_000 and max_size < 100 * count:
        buckets = max_size - 1_000
    used = buckets * (1 - exp(-count / buckets))
    return round(8 * buckets + count * 13.5 + keys + 40 * used)


def _map(block: Block, entries: list[Directive]) -> Amount:
    plain = wildcards = regexes = keys = 0
    values: set[str] = set()
    for entry in entries:
        name = entry.name
        if name.startswith("~"):
            regexes += 1
        else:
            plain += 1
            keys += len(name)
            wildcards += name.startswith(("*.", ".")) or name.endswith(".*")
        values.update(entry.args)
    sizes = block.parent.settings("map_hash_max_size") if block.parent is not None else []
    size = sizes[0].value if sizes else ""
    max_size = number(size) or MAX_SIZE
    pool: float = MAP_BLOCK + (MAP_ENTRY + MAP_LEFT_OVER) * plain + MAP_VALUE * len(values)
    pool += MAP_VALUE_BYTE * sum(map(len, values))
    pool += hash_bytes(plain, keys, max_size) if plain else 0
    return Amount(tables=round(pool + MAP_WILDCARD * wildcards + MAP_REGEX * regexes))


def _geo(_block: Block, entries: list[Directive]) -> Amount:
    """A radix tree's nodes are those of all prefixes of the networks, each once."""
    values = {arg for entry in entries for arg in entry.args[:1]}
    pool = GEO_VALUE * len(values)
    if any(entry.name == "ranges" for entry in entries):
        return Amount(pool=pool + GEO_RANGE * len(entries))
    networks = sorted({network for e in entries if (network := _network(e.name)) is not None})
    nodes = 0
    before, length_before = 0, 0
    for address, length in networks:
        common = 32 - (address ^ before).bit_length()
        nodes += max(0, length - min(common, length_before))
        before, length_before = address, length
    others = sum(":" in entry.name for entry in entries)
    return Amount(pool=pool, pages=RADIX_NODE * (nodes + 40 * others))


def _network(text: str) -> tuple[int, int] | None:
    """Address and length of an IPv4 network."""
    address, mark, length = text.partition("/")
    numbers = address.split(".")
    if len(numbers) != 4 or not all(n.isdecimal() and n.isascii() and len(n) < 4 for n in numbers):
        return None
    bits = int(length) if mark and length.isdecimal() and len(length) < 3 else 32
    value = 0
    for part in numbers:
        value = value << 8 | int(part) & 255
    bits = min(bits, 32)
    return value >> (32 - bits) << (32 - bits), bits


def _split_clients(_block: Block, entries: list[Directive]) -> Amount:
    return Amount(pool=SPLIT_CLIENTS * len(entries))


def _types(block: Block, entries: list[Directive]) -> Amount:
    count = sum(len(entry.args) for entry in entries)
    if block.parent is not None and block.parent.kind == "http":
        return Amount(pool=TYPE_IN_HTTP * count)
    return Amount(pool=TYPES_BLOCK + TYPE * count)


def _blocks(
    name: str, amount: Callable[[Block, list[Directive]], Amount]
) -> Callable[[Configuration], Iterator[Counted]]:
    def count(configuration: Configuration) -> Iterator[Counted]:
        for block in configuration.tree.of_kinds(frozenset({DATA})):
            directive = block.directive
            if directive is not None and directive.name == name:
                entries = _entries(block, configuration)
                said = " ".join([name, *directive.args[-1:]])
                yield Counted(amount(block, entries), len(entries), block, said)

    return count


def _text(configuration: Configuration) -> Iterator[Counted]:
    """The words of each inclusion, and where nginx keeps it, the text of each file."""
    tree = configuration.tree
    inclusions = {inclusion for block in tree.all_blocks for _, inclusion in block.parts}
    times: Counter[object] = Counter(inclusion.file for inclusion in inclusions)
    first: dict[object, Inclusion] = {}
    for inclusion in inclusions:
        first.setdefault(inclusion.file, inclusion)
    is_kept = configuration.target.name.startswith(DEBUG_BUILDS)
    for file, inclusion in first.items():
        tokens = inclusion.file.tokens
        words = (sum(tokens.heads) - sum(tokens.starts) + INCLUSION) * times[file]
        kept = len(tokens.data) if is_kept else 0
        yield Counted(Amount(pool=words + kept), 1, None, "")


RECORDS: tuple[Record, ...] = (
    Record(
        "maps",
        ("map",),
        _blocks("map", _map),
        "ngx_http_map_block(), ngx_hash_init()",
        "map, short; map, one value; map, redirects; map, hostnames; map, regex; map block",
    ),
    Record(
        "geo",
        ("geo",),
        _blocks("geo", _geo),
        "ngx_radix32tree_insert(), ngx_http_geo_range()",
        "geo, contiguous /24; geo, sparse /24; geo, /32; geo, values; geo, ranges",
    ),
    Record(
        "split_clients",
        ("split_clients",),
        _blocks("split_clients", _split_clients),
        "ngx_conf_split_clients_block()",
        "split_clients",
    ),
    Record(
        "types",
        ("types",),
        _blocks("types", _types),
        "ngx_http_core_types(), ngx_hash_init()",
        "3 types; 100 types; types in http",
    ),
    Record(
        TEXT,
        (),
        _text,
        "ngx_conf_read_token(); ngx_conf_add_dump() where it is built with debugging",
        "comments, kB; include",
    ),
)
