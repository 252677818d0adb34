"""Paths that several directives of a configuration name, and that nginx gives to one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.record import IN_HTTP, of_nginx
from nginx_memlint.syntax.values import c_string, milliseconds, number, parse_size
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.tree import Tree

_PROTOCOLS = ("proxy", "fastcgi", "uwsgi", "scgi")
_CACHES = tuple(f"{protocol}_cache_path" for protocol in _PROTOCOLS)
_TEMPORARY = tuple(f"{name}_temp_path" for name in (*_PROTOCOLS, "client_body"))


def one_place(tree: Tree, _target: Target) -> Iterator[Problem]:
    """Problems of paths of caches that are named again, and of logs with different buffers."""
    yield from _paths(tree)
    yield from _buffered_logs(tree)


def _paths(tree: Tree) -> Iterator[Problem]:
    """``ngx_add_path()``: alike in nginx 1.10.0 to 1.31.4. A relative path is one of the prefix."""
    owners: dict[str, Setting] = {}
    for name in (*_CACHES, *_TEMPORARY):
        for setting in _settings(tree, name):
            path = c_string(setting.value)
            first = owners.setdefault(path, setting)
            if first is not setting and (name in _CACHES or first.name in _CACHES):
                place = f"{first.file.name}:{first.directive.line}"
                nginx = f'the same path name "{path}" used in {place} and'
                yield of_nginx(setting, nginx)


def _buffered_logs(tree: Tree) -> Iterator[Problem]:
    """``ngx_http_log_set_log()``: a file's logs have one buffer, with what is said of it."""
    buffers: dict[str, tuple[int | None, ...]] = {}
    for setting in _settings(tree, "access_log"):
        path, *_ = args = setting.directive.args
        buffer = _buffer(args[2:])
        if buffer[0] and None not in buffer and buffers.setdefault(path, buffer) != buffer:
            wrong = "already defined with conflicting parameters"
            yield of_nginx(setting, f'access_log "{path}" {wrong}')


_DEFAULT_BUFFER = 64 << 10
"""Bytes of the buffer of a log that is compressed, unless they are stated."""


def _buffer(words: Sequence[str]) -> tuple[int | None, int | None, int | None]:
    """A log's size of the buffer, its time to be flushed, and its level of compression."""
    size: int | None = 0
    flush: int | None = 0
    level: int | None = 0
    for word in words:
        if word.startswith("buffer="):
            size = parse_size(word[7:])
        elif word.startswith("flush="):
            flush = milliseconds(word[6:])
        elif word == "gzip" or word.startswith("gzip="):
            size = size or _DEFAULT_BUFFER
            level = number(word[5:] or "1")
    return size, flush, level


def _settings(tree: Tree, name: str) -> Iterator[Setting]:
    for block in tree.having((name,)):
        if block.kind in IN_HTTP:
            for setting in block.settings(name):
                tree.work.take()
                if setting.directive.args:
                    yield setting
