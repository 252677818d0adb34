"""Headers and parameters that are passed on to upstreams, and once more for a cache.

nginx compiles them for each block in which they stand, into arrays that double when they are full;
what an array was before stays in the pool. So the fifth and the eighth header are nearly free, and
the ninth takes four kB. The arrays are counted as nginx makes them.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree.expanded import Block, Nearest, Setting

_PIECES = re.compile(r"\$(?:\{\w+\}|\w+)|[^$]+|\$")
_CODE = 16
"""A code of a script (ngx_http_script_copy_code_t, ngx_http_script_var_code_t)."""

_POINTER = 8
_FIRST = 4
"""Elements for which arrays of structures have room at first."""

_KEY = 32
"""ngx_hash_key_t"""

LENGTHS, VALUES = 64, 512
"""First bytes of the arrays of code that tell lengths, and that copy (ngx_array_create())."""

ALIKE = 4096
"""Sets of which the bytes are kept: most locations pass on what others do."""

NameValue = tuple[str, str]


class Passing(NamedTuple):
    """A module that passes something on.

    ``directive`` adds to it, ``cache`` uses a cache. ``added`` is what nginx passes on by itself,
    ``asked`` what it does for a cache, unless the directive says something else; where a value is
    empty, there is only the name. ``pair``: bytes of a name with its value. ``codes``: those that
    tell the length of a name. ``is_hashed``: the beginning of names that are kept in a hash.
    ``block``, ``each``: bytes of a block, and of each that it passes on, beside the arrays;
    ``asked_block``, ``asked_each``: that for a cache; ``worker``, ``worker_each``: of each worker.
    """

    directive: str
    cache: str
    added: tuple[NameValue, ...]
    asked: tuple[NameValue, ...]
    pair: int
    codes: int
    is_hashed: str
    block: int
    each: int
    asked_block: int
    asked_each: int
    worker: int
    worker_each: int


_HTTP = ("TE", ""), ("Keep-Alive", ""), ("Expect", ""), ("Upgrade", "")
_PROXY = (
    ("Host", "$proxy_host"),
    ("Connection", "close"),
    ("Content-Length", "$proxy_internal_body_length"),
    ("Transfer-Encoding", "$proxy_internal_chunked"),
    *_HTTP,
)
_GRPC = (
    ("Content-Length", "$content_length"),
    ("TE", "$grpc_internal_trailers"),
    *(("Host", ""), ("Connection", ""), ("Transfer-Encoding", ""), *_HTTP[1:]),
)
_CONDITIONS = (
    ("If-Modified-Since", "$upstream_cache_last_modified"),
    ("If-Unmodified-Since", ""),
    ("If-None-Match", "$upstream_cache_etag"),
    *(("If-Match", ""), ("Range", ""), ("If-Range", "")),
)
_PARAMETERS = tuple(
    (f"HTTP_{name.upper().replace('-', '_')}", value) for name, value in _CONDITIONS
)
_HOST = (("HTTP_HOST", "$host$is_request_port$request_port"),)

HOST_PASSED_ON = Version((1, 29, 5))
"""From here on parameters have HTTP_HOST unless it is set (commits 71b18973b, d8d092a49)."""

_PARAMETER = 40, 2, "HTTP_"
_PROXIED = (_PROXY, (*_PROXY, *_CONDITIONS), 32, 1, "")
HEADER_MODULES = (
    Passing("proxy_set_header", "proxy_cache", *_PROXIED, 1_037, 111, 2_500, 300, 400, 20),
    Passing("grpc_set_header", "", _GRPC, (), 32, 1, "", 1_037, 111, 0, 0, 320, 20),
)
PARAMETER_MODULES = tuple(
    Passing(f"{name}_param", f"{name}_cache", (), _PARAMETERS, *_PARAMETER, 164, each, *more)
    for name, each, *more in (
        ("fastcgi", 25, 1_340, 95, 30, 0),
        ("uwsgi", 25, 1_340, 95, 30, 0),
        ("scgi", 80, 1_340, 95, 30, 0),
    )
)
"""Measured with 1 to 24 of them on Debian 12, in 400 locations and more: within 5 %."""


def _array(first: int, sizes: Iterable[int]) -> int:
    """Bytes that an array takes while so much is added, its former places too
    (``ngx_array_push_n()``)."""
    capacity = taken = first
    used = 0
    for size in sizes:
        if used + size > capacity:
            capacity = 2 * max(size, capacity)
            taken += capacity
        used += size
    return taken


def _rounded(size: int) -> int:
    return -(-size // _POINTER) * _POINTER


@lru_cache(ALIKE)
def passed_bytes(
    module: Passing, stated: tuple[NameValue, ...], added: tuple[NameValue, ...]
) -> int:
    """Bytes of one set of what is passed on: as it is stated, and what nginx adds to that."""
    names = {name.lower() for name, _ in stated}
    pairs = [*stated, *((name, value) for name, value in added if name.lower() not in names)]
    lengths, values, hashed = [], [], 0
    for name, value in pairs:
        hashed += name.startswith(module.is_hashed)
        if not value and (module.is_hashed == "" or name.startswith(module.is_hashed)):
            continue
        pieces = _PIECES.findall(value)
        lengths += [_CODE] * (module.codes + len(pieces)) + [_POINTER]
        values.append(_rounded(_CODE + len(name)))
        values += [_CODE if p.startswith("$") else _rounded(_CODE + len(p)) for p in pieces]
        values.append(_POINTER)
    merged = len(pairs) if added else 0
    return (
        _array(LENGTHS, [*lengths, _POINTER])
        + _array(VALUES, values)
        + _array(_FIRST * _KEY, [_KEY] * hashed)
        + _array(_FIRST * module.pair, [module.pair] * merged)
    )


def _passed(modules: Iterable[Passing], configuration: Configuration) -> Iterator[Counted]:
    """Blocks in which something is stated: others have what is passed on from around them."""
    for module in modules:
        added = module.added
        if module in PARAMETER_MODULES and configuration.target.nginx >= HOST_PASSED_ON:
            added = _HOST
        name = module.directive
        alike: dict[tuple[NameValue, ...], list[Block]] = {}  # most pass on what others do
        for block in configuration.tree.having([name]):
            if directives := block.directives(name):
                alike.setdefault(_pairs(directives), []).append(block)
        for stated, blocks in alike.items():
            amount, at = _amount(module, stated, added), blocks[0].settings(name)[0]
            yield Counted(amount, len(stated) * len(blocks), at, name, len(blocks))


def _amount(module: Passing, stated: tuple[NameValue, ...], added: tuple[NameValue, ...]) -> Amount:
    pool = module.block + module.each * len(stated) + passed_bytes(module, stated, added)
    pool += _array(_FIRST * module.pair, [module.pair] * len(stated))
    return Amount(pool=pool, worker=module.worker + module.worker_each * len(stated))


def _asked(configuration: Configuration) -> Iterator[Counted]:
    """Blocks that use a cache, but those that have all of it from the block around them."""
    tree = configuration.tree
    for module in (*HEADER_MODULES, *PARAMETER_MODULES):
        if not module.cache or module.cache not in tree.index_names():
            continue
        stating = Nearest(partial(_states, module.directive))
        for block in tree.having([module.cache, module.directive]):
            used = block.effective(module.cache)
            around = block.parent.effective(module.cache) if block.parent is not None else None
            is_new = bool(block.settings(module.directive)) or not _is_used(around)
            if used is None or not _is_used(used) or not is_new:
                continue
            source = stating.of(block)
            stated = _pairs(source.directives(module.directive)) if source is not None else ()
            size = module.asked_block + module.asked_each * len(stated)
            size += passed_bytes(module, stated, module.asked)
            tree.work.take(len(stated))
            amount = Amount(pool=size, worker=module.worker)
            said = f"{used.name} {used.value}, {len(stated)} {module.directive}"
            yield Counted(amount, 1, used, said)


def _pairs(directives: Iterable[Directive]) -> tuple[NameValue, ...]:
    listed = [directive.args for directive in directives]
    return tuple([(c_string(args[0]), _alike(c_string(args[1]))) for args in listed if args[1:]])


def _alike(value: str) -> str:
    """A value that takes as many bytes; of those without variables, one for each size."""
    return value if "$" in value else _rounded(len(value)) * "-"


def _states(name: str, block: Block) -> bool:
    return bool(block.settings(name))


def _is_used(cache: Setting | None) -> bool:
    return cache is not None and cache.value != "off"


RECORDS: tuple[Record, ...] = (
    Record(
        "headers passed on",
        tuple(module.directive for module in HEADER_MODULES),
        partial(_passed, HEADER_MODULES),
        "ngx_http_proxy_init_headers()",
        "proxy_pass, 1/6/20 proxy_set_header; grpc_pass, 6 grpc_set_header",
        reads=tuple(module.directive for module in HEADER_MODULES),
    ),
    Record(
        "parameters passed on",
        tuple(module.directive for module in PARAMETER_MODULES),
        partial(_passed, PARAMETER_MODULES),
        "ngx_http_fastcgi_init_params()",
        "fastcgi_pass, 1/20 fastcgi_param; uwsgi_pass, scgi_pass",
        by_target=True,
        reads=tuple(module.directive for module in PARAMETER_MODULES),
    ),
    Record(
        "asked for caches",
        ("proxy_cache", *(module.cache for module in PARAMETER_MODULES)),
        _asked,
        "ngx_http_proxy_init_headers(), ngx_http_fastcgi_init_params(), of conditional requests",
        "proxy_pass, cache; proxy_pass, cache, 6 proxy_set_header; fastcgi_pass, cache, 20 "
        "fastcgi_param",
    ),
)
