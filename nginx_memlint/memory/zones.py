"""Shared memory that the configuration declares: zones, held as long as the service runs.

A zone of the same name and size is kept through a reload (``ngx_init_cycle()``), so it counts once
in every phase. One whose size was changed is held in both sizes until the old workers are gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nginx_memlint.problems import Problem
from nginx_memlint.sources.source import encode
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tree.tree import Setting, Tree

_Declared = tuple[str, str]
"""Name and size as written; an empty size refers to a zone declared elsewhere."""


@dataclass(frozen=True)
class Zone:
    """A zone: its name, its size in bytes, the directive that declares it first."""

    name: str
    size: int
    setting: Setting


def _named(prefix: str, first: int = 0) -> Callable[[tuple[str, ...]], Iterator[_Declared]]:
    """An argument like ``zone=name:size``, behind some that are something else: a key, a path."""

    def declared(args: tuple[str, ...]) -> Iterator[_Declared]:
        for arg in args[first:]:
            if arg.startswith(prefix):
                name, _, size = arg.removeprefix(prefix).partition(":")
                yield name, size

    return declared


def _positional(args: tuple[str, ...]) -> Iterator[_Declared]:
    """Name and size as first and second argument."""
    if args:
        yield args[0], args[1] if len(args) > 1 else ""


def _size_alone(name: str) -> Callable[[tuple[str, ...]], Iterator[_Declared]]:
    """A zone without a name of its own, its size the first argument."""
    return lambda args: iter([(name, args[0])] if args else [])


DIRECTIVES: dict[str, Callable[[tuple[str, ...]], Iterator[_Declared]]] = {
    "limit_req_zone": _named("zone=", 1),
    "limit_conn_zone": _named("zone=", 1),
    "proxy_cache_path": _named("keys_zone=", 1),
    "fastcgi_cache_path": _named("keys_zone=", 1),
    "uwsgi_cache_path": _named("keys_zone=", 1),
    "scgi_cache_path": _named("keys_zone=", 1),
    "ssl_session_cache": _named("shared:"),
    "ssl_ocsp_cache": _named("shared:"),
    "zone": _positional,  # in upstream
    "lua_shared_dict": _positional,
    "js_shared_dict_zone": _named("zone="),
    "keyval_zone": _named("zone="),  # NGINX Plus
    "vhost_traffic_status_zone": _named("shared:"),  # nginx-module-vts
    "check_shm_size": _size_alone("check_upstream"),  # nginx_upstream_check_module
    "push_stream_shared_memory_size": _size_alone("push_stream"),
}
"""Directives that declare shared memory, and where in their arguments."""

MAX_SIZE = 1 << 63
"""``NGX_MAX_SIZE_T_VALUE`` and one."""

_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20}


def parse_size(text: str) -> int | None:
    """Bytes of a size as ``ngx_parse_size()`` reads it: digits and K or M; None if it is none."""
    match = re.fullmatch(r"([0-9]+)([kKmM]?)", text)
    size = int(match[1]) * _UNITS[match[2].lower()] if match else None
    return size if size is not None and size < MAX_SIZE else None


def zones(tree: Tree) -> tuple[list[Zone], list[Problem]]:
    """The zones that the configuration declares, and the declarations nginx would reject."""
    found: dict[tuple[int, str], Zone] = {}
    problems = []
    for setting in _settings(tree):
        for name, text in DIRECTIVES[setting.directive.name](setting.directive.args):
            if not text:
                continue
            size = parse_size(text)
            key = len(encode(name)), c_string(name)  # ngx_shared_memory_add() compares both
            known = found.get(key)
            if size is None:
                problems.append(_problem(setting, f'invalid zone size "{text}"'))
            elif known is None:
                found[key] = Zone(name, size, setting)
            elif _use(known.setting) != _use(setting):
                message = f'the shared memory zone "{name}" is already declared for a different use'
                problems.append(_problem(setting, message))
            elif known.size != size:
                message = f'the size {size} of shared memory zone "{name}" conflicts with already '
                problems.append(_problem(setting, message + f"declared size {known.size}"))
    return list(found.values()), problems


def _use(setting: Setting) -> tuple[str, str]:
    """What a zone is for, as the tag that ``ngx_shared_memory_add()`` compares: the module's."""
    block = setting.block
    while block.parent is not None and block.parent.parent is not None:
        block = block.parent
    return setting.directive.name, block.kind


def _settings(tree: Tree) -> Iterator[Setting]:
    """In the order in which nginx comes to them within a block."""
    for block in tree.having(DIRECTIVES):
        names = set(block.names())
        found = [s for name in DIRECTIVES if name in names for s in block.own(name)]
        part = {id(inclusion): number for number, (_, inclusion) in enumerate(block.parts)}
        yield from sorted(found, key=lambda s: (part[id(s.inclusion)], s.key[1]))


def _problem(setting: Setting, message: str) -> Problem:
    return Problem.at(setting.inclusion, setting.directive, message, nginx=message)
