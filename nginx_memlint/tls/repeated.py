"""Names that a block may use once, and servers that a method of balancing does not take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree


class _NamedOnce(NamedTuple):
    """A directive that a block of some kinds has once for each name.

    ``name_in`` finds the name among the arguments, ``nginx`` has its words for a second one, and
    ``taken`` are names that are there from the beginning.
    """

    directive: str
    kinds: frozenset[str]
    name_in: Callable[[Sequence[str]], str]
    nginx: str
    taken: frozenset[str] = frozenset()


def _first(args: Sequence[str]) -> str:
    return c_string(args[0]) if args else ""


def _zone(args: Sequence[str]) -> str:
    words = [c_string(arg) for arg in args]
    return next((word for word in words if word.startswith("zone=")), "")


_HTTP = frozenset({"http", "server", "location"})
_STREAM = frozenset({"stream", "stream_server"})
_FORMAT = 'duplicate "log_format" name "{name}"'

_ONCE = (
    _NamedOnce("log_format", frozenset({"http"}), _first, _FORMAT, frozenset({"combined"})),
    _NamedOnce("log_format", frozenset({"stream"}), _first, _FORMAT),
    _NamedOnce("thread_pool", frozenset({"main"}), _first, 'duplicate thread pool "{name}"'),
    _NamedOnce("limit_conn", _HTTP | _STREAM, _first, '"limit_conn" directive is duplicate'),
    _NamedOnce("limit_req", _HTTP, _zone, '"limit_req" directive is duplicate'),
)
"""``ngx_http_log_set_format()``, ``ngx_thread_pool()``, ``ngx_http_limit_conn()``,
``ngx_http_limit_req()`` and their like: alike in nginx 1.10.0, 1.22.1 and 1.31.4."""

_WITHOUT_BACKUP = {
    "upstream": frozenset({"hash", "ip_hash", "random"}),
    "stream_upstream": frozenset({"hash", "random"}),
}
"""Kind of an upstream → methods without ``NGX_HTTP_UPSTREAM_BACKUP`` among their flags, for the
servers after them: alike in nginx 1.10.0, 1.22.1 and 1.31.4; ``random`` is there from 1.15.1."""


def repeated(tree: Tree) -> Iterator[Problem]:
    """A problem for each second use of a name, and for each backup that cannot be one."""
    for once in _ONCE:
        for block in tree.having((once.directive,)):
            if block.kind not in once.kinds:
                continue
            seen = set(once.taken)
            for setting in block.settings(once.directive):
                tree.work.take()
                name = once.name_in(setting.directive.args)
                if name in seen:
                    yield _problem(setting, once.nginx.format(name=name))
                elif name:
                    seen.add(name)
    yield from _backups(tree)


def _backups(tree: Tree) -> Iterator[Problem]:
    for kind, methods in _WITHOUT_BACKUP.items():
        names = tree.index_names() & methods
        for block in tree.blocks(kind) if names else ():
            has_method = False
            for setting in block.in_order(("server", *names)):
                tree.work.take()
                if setting.name != "server":
                    has_method = True
                elif has_method and "backup" in map(c_string, setting.directive.args[1:]):
                    nginx = 'balancing method does not support parameter "backup"'
                    yield _problem(setting, nginx)


def _problem(setting: Setting, nginx: str) -> Problem:
    return Problem.of_nginx(setting.inclusion, setting.directive, nginx)
