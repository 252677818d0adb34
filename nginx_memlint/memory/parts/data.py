"""Blocks of keys and values: map, split_clients, types, charset_map; and the text of all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, entries, hash_bytes
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import DEBUG
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
MAP_REGEX = 60

SPLIT_CLIENTS, SPLIT_PART = 370, 72

TYPES_BLOCK = 2_030
TYPE = 89
TYPE_IN_HTTP = 148

CHARSET_MAP, CHARSET_UTF_8 = 700, 3_500
"""Tables of 256 characters both ways; to UTF-8, with up to four bytes for each."""

TEXT = "text of the configuration"
"""Name of the part that changes with every word."""

INCLUSION = 38
"""Of each time that a file is read."""

DEBUG_BUILDS = ("debian-", "ubuntu-", "rhel", "fedora-")
"""Targets whose nginx is built for debugging as well, also with other versions than theirs: it
keeps the text of every file (``NGX_DEBUG`` in ngx_conf_add_dump()). By Debian's debian/rules, and
``nginx -V`` of packages of RHEL 8, whose spec is that of Fedora."""


def max_size_of(block: Block) -> int:
    """``map_hash_max_size`` where a map stands."""
    sizes = block.parent.settings("map_hash_max_size") if block.parent is not None else []
    return number(sizes[0].value if sizes else "") or MAX_SIZE


def _map(block: Block, listed: list[Directive]) -> Amount:
    plain = wildcards = regexes = keys = 0
    values: set[str] = set()
    for entry in listed:
        name = entry.name
        if name.startswith("~"):
            regexes += 1
        else:
            plain += 1
            keys += len(name)
            wildcards += name.startswith(("*.", ".")) or name.endswith(".*")
        values.update(entry.args)
    pool: float = MAP_BLOCK + (MAP_ENTRY + MAP_LEFT_OVER) * plain + MAP_VALUE * len(values)
    pool += MAP_VALUE_BYTE * sum(map(len, values))
    pool += hash_bytes(plain, keys, max_size_of(block)) if plain else 0
    return Amount(tables=round(pool + MAP_WILDCARD * wildcards + MAP_REGEX * regexes))


def _split_clients(_block: Block, listed: list[Directive]) -> Amount:
    return Amount(pool=SPLIT_CLIENTS + SPLIT_PART * len(listed))


def _types(block: Block, listed: list[Directive]) -> Amount:
    count = sum(len(entry.args) for entry in listed)
    if block.parent is not None and block.parent.kind == "http":
        return Amount(pool=TYPE_IN_HTTP * count)
    return Amount(pool=TYPES_BLOCK + TYPE * count)


def _charset_maps(configuration: Configuration) -> Iterator[Counted]:
    """Each charset that a map names has a pointer for each of all charsets."""
    names: set[str] = set()
    for block in configuration.tree.of_kinds(frozenset({DATA})):
        directive = block.directive
        if directive is not None and directive.name == "charset_map" and len(directive.args) > 1:
            pair = [c_string(arg).lower() for arg in directive.args[:2]]
            before = len(names)
            names.update(pair)
            size = CHARSET_UTF_8 if pair[1] == "utf-8" else CHARSET_MAP
            size += 8 * (len(names) ** 2 - before**2)
            yield Counted(Amount(pool=size), 1, block, " ".join(["charset_map", *pair]))


def _blocks(
    name: str, amount: Callable[[Block, list[Directive]], Amount]
) -> Callable[[Configuration], Iterator[Counted]]:
    def count(configuration: Configuration) -> Iterator[Counted]:
        for block in configuration.tree.of_kinds(frozenset({DATA})):
            directive = block.directive
            if directive is not None and directive.name == name:
                listed = entries(block, configuration)
                said = " ".join([name, *directive.args[-1:]])
                yield Counted(amount(block, listed), len(listed), block, said)

    return count


def _text(configuration: Configuration) -> Iterator[Counted]:
    """The words of each inclusion, and where nginx keeps it, the text of each file."""
    tree = configuration.tree
    inclusions = {inclusion for block in tree.all_blocks for _, inclusion in block.parts}
    times: Counter[object] = Counter(inclusion.file for inclusion in inclusions)
    first: dict[object, Inclusion] = {}
    for inclusion in inclusions:
        first.setdefault(inclusion.file, inclusion)
    target = configuration.target
    is_kept = DEBUG in target.built or target.name.startswith(DEBUG_BUILDS)
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
        "charset maps",
        ("charset_map",),
        _charset_maps,
        "ngx_http_charset_map_block(), ngx_http_charset_postconfiguration()",
        "charset_map; charset_map, utf-8",
    ),
    Record(
        TEXT,
        (),
        _text,
        "ngx_conf_read_token(); ngx_conf_add_dump() where it is built with debugging",
        "comments, kB; include",
    ),
)
