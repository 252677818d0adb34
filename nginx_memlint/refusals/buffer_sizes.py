"""Sizes of buffers for answers that do not fit one another: nginx does not start."""

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import has_heir, of_nginx
from nginx_memlint.syntax.values import c_string, number, parse_size
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.expanded import Block
from nginx_memlint.tree.tree import Tree

PROTOCOLS = ("proxy", "fastcgi", "uwsgi", "scgi")

PAGE = 4096
"""``ngx_pagesize``, of which the defaults are made: bytes of a page of nearly every machine."""

_DEFAULTS = (8, PAGE, PAGE)
"""How many buffers there are, their size, and that of the first one."""


class _Sizes(NamedTuple):
    """The sizes that a block sees, in bytes; None for what nginx makes of the others."""

    buffers: int
    each: int
    first: int
    busy: int | None
    write: int | None
    file: int | None


def buffer_sizes(tree: Tree, _target: Target) -> Iterator[Problem]:
    """A problem for each block in which sizes stand that nginx rejects together.

    ``ngx_http_proxy_merge_loc_conf()`` and its like for FastCGI, uwsgi and SCGI: alike in nginx
    1.10.0, 1.18.0, 1.22.1 and 1.31.4.
    """
    for protocol in PROTOCOLS:
        names = tuple(f"{protocol}_{name}" for name in _NAMES)
        if tree.index_names().isdisjoint(names):
            continue
        for block in tree.having(names):
            if block.kind == "http" and not has_heir(block, names):
                continue
            sizes = _seen(block, protocol)
            nginx = _complaint(sizes) if sizes is not None else ""
            if nginx:
                setting = next(block.in_order(names))
                yield of_nginx(setting, nginx.replace("proxy_", f"{protocol}_"))


_HEADERS = (8 << 10, 8 * 64)
"""Bytes of a buffer of ``large_client_header_buffers`` and of ``connection_pool_size``, unless they
are stated: of processors with pointers of 8 bytes."""


def pool_sizes(tree: Tree, _target: Target) -> Iterator[Problem]:
    """A problem of a connection's memory that is larger than a buffer for headers.

    ``ngx_http_core_merge_srv_conf()``: alike in nginx 1.10.0 to 1.31.4.
    """
    names = ("large_client_header_buffers", "connection_pool_size")
    for server in tree.blocks("server") if not tree.index_names().isdisjoint(names) else ():
        buffers, pool = (server.effective(name) for name in names)
        each = parse_size(buffers.directive.args[-1]) if buffers is not None else _HEADERS[0]
        size = parse_size(pool.value) if pool is not None else _HEADERS[1]
        if each is not None and size is not None and each < size:
            least = 'equal to or greater than "connection_pool_size"'
            nginx = f'the "large_client_header_buffers" size must be {least}'
            setting = buffers or pool
            assert setting is not None
            yield of_nginx(setting, nginx)
            return


_NAMES = (
    "buffers",
    "buffer_size",
    "busy_buffers_size",
    "temp_file_write_size",
    "max_temp_file_size",
)


def _seen(block: Block, protocol: str) -> _Sizes | None:
    """The sizes that a block sees; None if one of them is none, which is told elsewhere."""
    number_of, each, first = _DEFAULTS
    sizes: list[int | None] = []
    for name in _NAMES[1:]:
        setting = block.effective(f"{protocol}_{name}")
        size = parse_size(c_string(setting.value)) if setting is not None else None
        if setting is not None and size is None:
            return None
        sizes.append(size)
    buffers = block.effective(f"{protocol}_buffers")
    if buffers is not None:
        words = [c_string(word) for word in buffers.directive.args]
        given = (number(words[0]), parse_size(words[1])) if len(words) == 2 else (None, None)
        if given[0] is None or given[1] is None:
            return None
        number_of, each = given[0], given[1]
    return _Sizes(number_of, each, first if sizes[0] is None else sizes[0], *sizes[1:])


def _complaint(sizes: _Sizes) -> str:
    """nginx's words for sizes of ``proxy_*``; empty if it takes them."""
    if sizes.buffers < 2:
        return 'there must be at least 2 "proxy_buffers"'
    most = max(sizes.first, sizes.each)
    busy = 2 * most if sizes.busy is None else sizes.busy
    than = 'the maximum of the value of "proxy_buffer_size" and one of the "proxy_buffers"'
    if busy < most:
        return f'"proxy_busy_buffers_size" must be equal to or greater than {than}'
    if busy > (sizes.buffers - 1) * sizes.each:
        size = '"proxy_busy_buffers_size" must be less than the size of all "proxy_buffers"'
        return f"{size} minus one buffer"
    if sizes.write is not None and sizes.write < most:
        return f'"proxy_temp_file_write_size" must be equal to or greater than {than}'
    if sizes.file and sizes.file < most:
        zero = '"proxy_max_temp_file_size" must be equal to zero to disable temporary files usage'
        return f"{zero} or must be equal to or greater than {than}"
    return ""
