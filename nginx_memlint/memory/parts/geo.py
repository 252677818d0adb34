"""Blocks of networks: geo, as trees of prefixes or as tables of ranges."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, entries, full_path
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import ipv4, number
from nginx_memlint.tree.blocks import DATA

VALUE = 94
"""Of each different value (ngx_http_geo_value())."""

NODE = 61
"""A node of 32 bytes: pages of 4,096 are aligned, and the page before each holds its header."""

PAGE_NODES = 128
PAGE = PAGE_NODES * NODE
GAP = PAGE - 4_096
"""Room that a page has beside it, which other pieces may take."""

PREALLOCATED = 6
"""Levels of a tree that are there from the beginning: a page (ngx_radix_tree_create())."""

TABLE = 0x10000 * 8 + 4_600
"""Of a block with ``ranges``: a pointer for each /16."""

RANGE = 16
CHUNK = 24
"""A range in a /16, and what each /16 that has any takes beside (ngx_http_geo_block())."""

READING = 1_090
"""Of each such /16 while the block is read, 64 ranges; blocks use that one after the other."""

Network = tuple[int, int]
"""Its first bits, from the highest on, and how many of them count."""


class _Geo(NamedTuple):
    amount: Amount
    chunks: int = 0


def _geo(listed: list[Directive], configuration: Configuration) -> _Geo:
    values = {arg for entry in listed for arg in entry.args[:1]}
    size = VALUE * len(values)
    if any(entry.name == "ranges" for entry in listed):
        pieces, chunks = _ranges(listed, configuration)
        size += TABLE + RANGE * pieces + CHUNK * chunks + _ready_made(listed, configuration)
        return _Geo(Amount(pool=size), chunks)
    networks: dict[int, set[Network]] = {32: set(), 128: set()}
    for entry in listed:
        # of "delete", the network is the argument
        for text in (entry.name, *(entry.args[:1] if entry.name == "delete" else ())):
            if (network := _network(text)) is not None:
                networks[network[0]].add(network[1])
    pages = sum(_tree(some, bits) for bits, some in networks.items())
    return _Geo(Amount(pool=size, pages=pages, gaps=pages // PAGE * GAP))


def _network(text: str) -> tuple[int, Network] | None:
    """The bits of an address, and the network; None if it is none."""
    address, mark, length = text.partition("/")
    value, bits = ipv4(address), 32
    if value is None and ":" in address:
        value, bits = _ipv6(address), 128
    if value is None:
        return None
    kept = min(number(length) or 0, bits) if mark else bits
    return bits, (value >> (bits - kept) << (bits - kept), kept)


def _ipv6(text: str) -> int | None:
    from ipaddress import AddressValueError, IPv6Address  # noqa: PLC0415  few have any

    try:
        return int(IPv6Address(text))
    except AddressValueError:
        return None


def _tree(networks: Iterable[Network], bits: int) -> int:
    """Bytes of a tree, whose nodes are those of all prefixes of the networks, each once."""
    nodes = 0
    before, length_before = 0, 0
    for address, length in sorted(networks):
        common = min(bits - (address ^ before).bit_length(), length_before)
        nodes += max(0, length - max(common, PREALLOCATED))
        before, length_before = address, length
    return PAGE * -(-(PAGE_NODES - 1 + nodes) // PAGE_NODES)


def _ranges(listed: list[Directive], configuration: Configuration) -> tuple[int, int]:
    """How many pieces the /16 networks cut ranges into, and how many of these have any."""
    has_any = bytearray(0x10000)
    pieces = 0
    for entry in listed:
        first, mark, last = entry.name.partition("-")
        low, high = ipv4(first), ipv4(last)
        if mark and low is not None and high is not None and low <= high:
            low, high = low >> 16, high >> 16
            pieces += high - low + 1
            has_any[low : high + 1] = b"\1" * (high - low + 1)
    configuration.tree.work.take(pieces >> 8)
    return pieces, has_any.count(1)


def _ready_made(listed: list[Directive], configuration: Configuration) -> int:
    """Bytes of the bases that nginx reads in place of included files (FILE.bin)."""
    files = configuration.files
    paths = [
        f"{full_path(entry.args[0], configuration.tree)}.bin"
        for entry in listed
        if entry.name == "include" and entry.args
    ]
    return sum(files.facts(path, len) or 0 for path in paths if files.is_there(path))


def _blocks(configuration: Configuration) -> Iterator[Counted]:
    most = 0
    for block in configuration.tree.of_kinds(frozenset({DATA})):
        directive = block.directive
        if directive is not None and directive.name == "geo":
            listed = entries(block, configuration)
            counted = _geo(listed, configuration)
            most = max(most, counted.chunks)
            said = " ".join(["geo", *directive.args[-1:]])
            yield Counted(counted.amount, len(listed), block, said)
    if most:
        yield Counted(Amount(tables=READING * most), 0)


RECORDS: tuple[Record, ...] = (
    Record(
        "geo",
        ("geo",),
        _blocks,
        "ngx_radix32tree_insert(), ngx_radix128tree_insert(), ngx_http_geo_add_range()",
        "geo, contiguous /24; geo, sparse /24; geo, /32; geo, IPv6 /48, /64 and addresses; geo, "
        "values; geo, ranges; geo, ranges of /8; geo block; geo block, ranges",
    ),
)
