"""Names that nothing declares, or that are declared for another use, in a whole configuration.

nginx refuses such a name when it has read all files, or where it stands if the declaration must
come first. Names with variables are known only at run time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.addresses import ALIKE, peer_complaint
from nginx_memlint.refusals.record import (
    IN_HTTP,
    IN_STREAM,
    UPSTREAMS,
    Refusal,
    by_name,
    of_nginx,
    refused,
)
from nginx_memlint.refusals.urls import host_and_uri
from nginx_memlint.syntax.directives import Directive
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.tree import Tree


def undeclared_names(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of names that do not fit what is declared."""
    upstreams = {kind: _upstreams(kind, tree) for kind in UPSTREAMS}
    rows = [
        *(
            Refusal(name, IN_HTTP, partial(_against_port, upstreams["upstream"], schemes))
            for name, schemes in _PASSES.items()
        ),
        Refusal("proxy_pass", IN_STREAM, partial(_against_port, upstreams["stream_upstream"], ())),
        Refusal("access_log", IN_HTTP, partial(_format, _formats("http", tree) | {"combined"})),
        Refusal("access_log", IN_STREAM, partial(_format, _formats("stream", tree))),
        Refusal(
            "aio", IN_HTTP, partial(_thread_pool, _declared("thread_pool", "main", tree) | _POOLS)
        ),
    ]
    declared_by = ("log_format", "thread_pool", "upstream")
    yield from refused(tree, target, by_name(rows), "names", declared_by)
    yield from _late_formats(tree)


_PASSES: dict[str, tuple[str, ...]] = {
    "proxy_pass": ("http://", "https://"),
    "grpc_pass": ("grpc://", "grpcs://"),
    "uwsgi_pass": ("uwsgi://", "suwsgi://"),
    **dict.fromkeys(("fastcgi_pass", "scgi_pass", "memcached_pass"), ()),
}
"""Directive → what its URLs begin with; without it they are an address."""


def _upstreams(kind: str, tree: Tree) -> frozenset[str]:
    """The names of upstreams, whose case counts for nothing."""
    return frozenset(
        block.directive.args[0].lower()
        for block in tree.blocks(kind)
        if block.directive is not None and block.directive.args
    )


def _declared(directive: str, root: str, tree: Tree) -> set[str]:
    """The names that a directive declares in an outermost block."""
    return {
        setting.value
        for block in tree.having((directive,))
        if tree.root_of(block).kind == root
        for setting in block.settings(directive)
    }


def _formats(root: str, tree: Tree) -> set[str]:
    return {name.lower() for name in _declared("log_format", root, tree)}


def _against_port(upstreams: frozenset[str], schemes: tuple[str, ...], args: Sequence[str]) -> str:
    """The error of nginx about an address, its port, or the absence of one; or nothing."""
    value = args[0]
    if "$" in value:
        return ""
    is_url = value.lower().startswith(schemes)
    host = host_and_uri(value)[0] if is_url else value
    if wrong := peer_complaint(host):
        return f'{wrong} in upstream "{value.partition("://")[2] if is_url else value}"'
    return _of_host(upstreams, host, is_url)


@lru_cache(ALIKE)
def _of_host(upstreams: frozenset[str], host: str, is_url: bool) -> str:
    """The error about a host and its port, which are well-formed; or nothing."""
    if host[:5].lower() == "unix:" or host.startswith("["):
        return ""
    name, mark, port = host.partition(":")
    is_upstream = name.lower() in upstreams
    if mark and is_upstream:
        return f'upstream "{name}" may not have port {int(port)}'
    if not mark and not is_upstream and not is_url:
        return f'no port in upstream "{name}"'
    return ""


def _format(formats: set[str], args: Sequence[str]) -> str:
    """``ngx_http_log_set_log()``, ``ngx_stream_log_set_log()``: case counts for nothing."""
    if len(args) == 1 or c_string(args[0]) == "off":
        return ""
    return "" if args[1].lower() in formats else f'unknown log format "{args[1]}"'


def _late_formats(tree: Tree) -> Iterator[Problem]:
    """Problems of formats of logs that are declared only after a log has them."""
    for root in tree.blocks("http", "stream") if "log_format" in tree.index_names() else ():
        order = [*root.in_order(("log_format", "access_log", "server"))]
        declared: dict[str, int] = {}
        used: dict[Directive, int] = {}
        for place, setting in enumerate(order):
            if setting.name == "log_format":
                declared.setdefault(setting.value.lower(), place)
            else:
                used.setdefault(setting.directive, place)
        if max(declared.values(), default=0) < min(used.values(), default=len(order)):
            continue
        for block in tree.having(("access_log",)):
            server = tree.servers.of(block)
            if tree.root_of(block) is not root or (server is None and block is not root):
                continue
            for setting in block.settings("access_log"):
                directive = server.directive if server is not None else setting.directive
                args = setting.directive.args
                name = args[1] if len(args) > 1 else ""
                place = used.get(directive, len(order)) if directive is not None else len(order)
                if declared.get(name.lower(), 0) > place:
                    yield of_nginx(setting, f'unknown log format "{name}"')


_POOLS = {"default", ""}
"""Names of pools that are always there; the empty one stands for no name."""


def _thread_pool(pools: set[str], args: Sequence[str]) -> str:
    """``ngx_thread_pool_init_conf()``."""
    name = args[0].removeprefix("threads=")
    is_declared = name == args[0] or "$" in name or name in pools
    return "" if is_declared else f'unknown thread pool "{name}"'
