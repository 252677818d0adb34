"""Lines of ``map``, ``geo`` and their like that nginx rejects."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.files.paths import encode
from nginx_memlint.problems import Problem
from nginx_memlint.refusals.addresses import NO_ADDRESS, is_network
from nginx_memlint.refusals.hashes import CACHE_LINE, longest_key, longest_part, unbuilt
from nginx_memlint.refusals.lacking import at_end
from nginx_memlint.refusals.record import in_force
from nginx_memlint.refusals.variables import malformed
from nginx_memlint.syntax.values import c_string, ipv4, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree


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


_PERCENTAGE = r"0*([0-9]{0,17})(?:\.([0-9]{0,2}))?%"

_WHOLE = 10_000
"""Hundredths of a percent (``ngx_atofp()`` with two digits after the point)."""

_INTEGERS = 2**32
"""Values of a share, which is a ``uint32_t``; 0 stands for the rest, as ``*`` does."""


def _percentages(block: Block) -> Iterator[Problem]:
    """Problems of the shares of a ``split_clients`` (``ngx_conf_split_clients_block()``)."""
    total, is_over = 0, False
    for body, inclusion in block.parts:
        for line in body.directives:
            match = re.fullmatch(_PERCENTAGE, line.name)
            share = int(match[1] + (match[2] or "").ljust(2, "0")) if match else 0
            if line.name != "*" and not 0 < share < 2**63:
                nginx = f'invalid percent value "{line.name}"'
                yield Problem.of_nginx(inclusion, line, nginx)
                return
            share %= _INTEGERS
            is_over = is_over or total + share > _WHOLE
            total = total + share if share else _WHOLE
    if is_over and block.directive is not None:
        yield at_end(block, "percent total is greater than 100%")


def _is_range(text: str) -> bool:
    """Whether nginx takes a text for a range (``ngx_http_geo_range()``)."""
    first, mark, last = text.partition("-")
    low, high = ipv4(first), ipv4(last)
    return bool(mark) and low is not None and high is not None and low <= high < NO_ADDRESS


_BEFORE_RANGES = frozenset({"proxy", "include"})
"""Directives of a ``geo`` that put nothing into its tree of networks."""

_BROADCAST = "255.255.255.255"
"""A network of ``geo``, though it is read as ``INADDR_NONE`` (``ngx_http_geo_cidr_value()``)."""

_NO_NETWORKS = frozenset({"default", "include", "ranges", "proxy_recursive", "volatile"})


def _networks(block: Block) -> Iterator[Problem]:
    """Problems of the networks, or ranges, of a ``geo``."""
    has_ranges = any(body.of("ranges") for body, _ in block.parts)
    for body, inclusion in block.parts:
        has_network = False
        for line in body.directives:
            name = c_string(line.name)
            if name == "ranges" and not line.args and has_network:
                first = 'the "ranges" directive must be the first directive inside "geo" block'
                yield Problem.of_nginx(inclusion, line, first)
                return
            has_network = has_network or (len(line.args) == 1 and name not in _BEFORE_RANGES)
            if len(line.args) != 1 or name in _NO_NETWORKS:
                continue
            network = line.args[0] if name in ("delete", "proxy") else line.name
            is_taken = is_network(network) or c_string(network) == _BROADCAST
            if has_ranges and name != "proxy" and not _is_range(network):
                yield Problem.of_nginx(inclusion, line, f'invalid range "{network}"')
            elif (not has_ranges or name == "proxy") and not is_taken:
                yield Problem.of_nginx(inclusion, line, f'invalid network "{network}"')


_KEYLESS = frozenset({"default", "include", "volatile", "hostnames"})


def _conflicting_keys(block: Block) -> Iterator[Problem]:
    """A problem of a key of a ``map`` that stands there twice, whatever its case."""
    seen: set[bytes] = set()
    for body, inclusion in block.parts:
        for line in body.directives:
            key = line.name.removeprefix("\\")
            if len(line.args) != 1 or line.name.startswith("~") or line.name in _KEYLESS:
                continue
            if encode(key).lower() in seen:
                yield Problem.of_nginx(inclusion, line, f'conflicting parameter "{key}"')
                return
            seen.add(encode(key).lower())


def _long_keys(block: Block) -> Iterator[Problem]:
    """Problems of a second ``default`` of a ``map``, and of a key that fits into no bucket."""
    stated = block.parent.settings("map_hash_bucket_size") if block.parent is not None else []
    bucket_size = number(stated[0].value) if stated else CACHE_LINE
    if bucket_size is None:
        return
    yield from _conflicting_keys(block)
    defaults = [(line, place) for body, place in block.parts for line in body.of("default")]
    for line, inclusion in defaults[1:2]:
        yield Problem.of_nginx(inclusion, line, "duplicate default map parameter")
    most = longest_key(bucket_size)
    has_hostnames = any(body.of("hostnames") for body, _ in block.parts)
    for body, inclusion in block.parts:
        for line in body.directives:
            key = line.name.removeprefix("\\")
            if len(line.args) != 1 or line.name.startswith("~") or line.name in _KEYLESS:
                continue
            if (longest_part(key) if has_hostnames else len(encode(key))) > most:
                yield unbuilt("map_hash", bucket_size, key, inclusion, line)
                return


_WITH_TEXTS = frozenset({"map", "split_clients"})
"""Data whose first argument is a text with variables."""

_TEXTS_IN_MAPS = (1, 11, 2)
"""The first nginx in which values of a ``map`` are such texts (``ngx_http_map()``)."""


def _texts(block: Block, target: Target) -> Iterator[Problem]:
    """Problems of malformed variables in the source of data, and in the values of a ``map``."""
    if block.directive is None or block.directive.name not in _WITH_TEXTS:
        return
    for source in block.directive.args[:1]:
        if wrong := malformed(source)[0]:
            yield Problem.of_nginx(block.inclusion, block.directive, wrong)
    if block.directive.name != "map" or not in_force(target, _TEXTS_IN_MAPS):
        return
    for body, inclusion in block.parts:
        for line in body.directives:
            is_value = len(line.args) == 1 and line.name != "include"
            if is_value and (wrong := malformed(line.args[0])[0]):
                yield Problem.of_nginx(inclusion, line, wrong)


_CODE = "0*[0-9A-Fa-f]{1,2}"
"""A byte, as ``ngx_hextoi()`` reads it."""

_CODES = "(?:[0-9A-Fa-f]{2})+"


def _is_character(text: str) -> bool:
    """Whether bytes begin with a character of UTF-8 that is at most U+FFFF (``ngx_utf8_decode()``).

    What follows the character is not looked at.
    """
    first, *others = bytes.fromhex(text) if re.fullmatch(_CODES, text) else b"\0"
    more = 1 if 0xC2 <= first < 0xE0 else 2 if 0xE0 <= first < 0xF0 else 3
    if more == 3 or len(others) < more or min(others[:more]) < 0x80:
        return False
    return first != 0xE0 or others[0] & 0x3F >= 0x20


def _codes(block: Block) -> Iterator[Problem]:
    """A problem of the characters of a ``charset_map`` (``ngx_http_charset_map()``)."""
    assert block.directive is not None
    is_utf8 = block.directive.args[-1].lower() == "utf-8"
    for body, inclusion in block.parts:
        for line in body.directives:
            if len(line.args) != 1:
                continue
            [value] = line.args
            is_taken = _is_character(value) if is_utf8 else re.fullmatch(_CODE, value)
            if not re.fullmatch(_CODE, line.name):
                yield Problem.of_nginx(inclusion, line, f'invalid value "{line.name}"')
                return
            if not is_taken:
                yield Problem.of_nginx(inclusion, line, f'invalid value "{value}"')
                return


def _charset_pairs(tree: Tree) -> Iterator[Problem]:
    """Problems of a second ``charset_map`` for a pair (``ngx_http_charset_map_block()``)."""
    seen: set[frozenset[str]] = set()
    for block in tree.blocks(blocks.DATA):
        directive = block.directive
        if directive is None or directive.name != "charset_map" or len(directive.args) != 2:
            continue
        pair = frozenset(map(str.lower, directive.args))
        between = '"charset_map" between{} "{}" and "{}"'.format
        if len(pair) == 1:
            same = between(" the same charsets", *directive.args)
            yield Problem.of_nginx(block.inclusion, directive, same)
        elif pair in seen:
            twice = f"duplicate {between('', *directive.args)}"
            yield Problem.of_nginx(block.inclusion, directive, twice)
        seen.add(pair)


def wrong_lines(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of lines with too few or too many words in a ``map`` and its like."""
    yield from _charset_pairs(tree)
    for block in tree.blocks(blocks.DATA):
        name = block.directive.name if block.directive else ""
        if check := _CHECKS.get(name):
            yield from check(block)
        yield from _texts(block, target)
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


_CHECKS = {
    "split_clients": _percentages,
    "geo": _networks,
    "map": _long_keys,
    "charset_map": _codes,
}
"""Block of data → a check of its own."""
