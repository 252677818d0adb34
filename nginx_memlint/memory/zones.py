"""Shared memory that the configuration declares: zones, held as long as the service runs.

A zone of the same name and size is kept through a reload (``ngx_init_cycle()``), so it counts once
in every phase. One whose size was changed is held in both sizes until the old workers are gone.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from nginx_memlint.files.bounds import STEPS_OF
from nginx_memlint.files.paths import encode
from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.slabs import PAGE, PAGE_RECORD, upstream_zone_bytes
from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string, parse_size
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


class _Declared(NamedTuple):
    """A zone in the arguments of a directive.

    Its name, its size as written (None if there is none, which refers to a zone declared
    elsewhere), and the word that nginx repeats of what is wrong with them.
    """

    name: str
    size: str | None
    word: str


class Zone(NamedTuple):
    """A zone: its name, its size in bytes, the directive that declares it first.

    ``upstreams``: those whose servers are in it.
    """

    name: str
    size: int
    setting: Setting
    upstreams: tuple[Block, ...] = ()


ZONE_RESIDENT = 10_380
"""Bytes that are touched of any zone at a start, beside its table of pages."""


def touched(zone: Zone) -> Amount:
    """Bytes of a zone that are touched at a start, and all of it, to which it fills."""
    if zone.setting.name == "zone":  # ngx_http_upstream_zone(): noreuse
        size = upstream_zone_bytes(zone.name, zone.size, zone.upstreams)
        return Amount(zone_renewed=size, zone_reserved=2 * zone.size)
    table = ZONE_RESIDENT + zone.size // PAGE * PAGE_RECORD
    return Amount(zone_resident=min(zone.size, table), zone_reserved=zone.size)


Find = Callable[[tuple[str, ...]], Iterator[_Declared]]


def _named(prefix: str, first: int = 0) -> Find:
    """The last argument like ``zone=name:size``, behind some that are a key or a path."""

    def declared(args: tuple[str, ...]) -> Iterator[_Declared]:
        for arg in reversed(args[first:]):
            if arg.startswith(prefix):
                name, mark, _ = c_string(arg.removeprefix(prefix)).partition(":")  # ngx_strchr()
                yield _Declared(name, arg[len(prefix) + len(name) + 1 :] if mark else "", arg)
                return

    return declared


def _shared(*others: str) -> Find:
    """Each argument like ``shared:name:size``; besides, one may be a word of some others."""

    def declared(args: tuple[str, ...]) -> Iterator[_Declared]:
        for arg in args:
            if arg.startswith("shared:"):
                name, _, size = arg.removeprefix("shared:").partition(":")
                yield _Declared(name, size, arg)
            elif c_string(arg) not in others and not re.fullmatch(_BUILTIN, arg):
                yield _Declared("", "", arg)

    return declared


_BUILTIN = r"builtin:[0-9]+"
"""Sessions that OpenSSL keeps in each worker."""


def _shared_by_vts(args: tuple[str, ...]) -> Iterator[_Declared]:
    """``shared:name:size``, or else its default (ngx_http_vhost_traffic_status_module.h)."""
    yield from _named("shared:")(args or ("shared:ngx_http_vhost_traffic_status:1048575",))


def _positional(args: tuple[str, ...]) -> Iterator[_Declared]:
    """Name and size as first and second argument."""
    if args:
        size = args[1] if len(args) > 1 else None
        yield _Declared(args[0], size, args[0] if size is None else size)


def _size_alone(name: str) -> Find:
    """A zone without a name of its own, its size the first argument."""
    return lambda args: iter([_Declared(name, args[0], args[0])] if args else [])


class _Declaration(NamedTuple):
    """How a directive declares zones, and what nginx says of those that it rejects.

    ``invalid``: of a size that is none. ``least``: the least size in bytes, ``small``: of one that
    is below. ``nameless``: of one without a name, by default as of an invalid size. ``again``: of a
    second zone of the same name and size; empty where that is the first one. In these texts stand
    the ``word`` and ``name`` of the zone, the ``directive``, and the first directive's ``key``,
    which is its first argument.
    """

    find: Find
    invalid: str = 'invalid zone size "{word}"'
    least: int = 8 * PAGE
    small: str = 'zone "{word}" is too small'
    nameless: str = ""
    again: str = ""


_LIMIT = _Declaration(
    _named("zone=", 1),
    nameless='"{directive}" must have "zone" parameter',
    again='{directive} "{name}" is already bound to key "{key}"',
)
_CACHE = _Declaration(
    _named("keys_zone=", 1),
    invalid='invalid keys zone size "{word}"',
    least=2 * PAGE,
    small='keys zone "{word}" is too small',
    nameless='"{directive}" must have "keys_zone" parameter',
    again='duplicate zone "{name}"',
)

DIRECTIVES: dict[str, _Declaration] = {
    "limit_req_zone": _LIMIT,
    "limit_conn_zone": _LIMIT,
    "proxy_cache_path": _CACHE,
    "fastcgi_cache_path": _CACHE,
    "uwsgi_cache_path": _CACHE,
    "scgi_cache_path": _CACHE,
    "ssl_session_cache": _Declaration(
        _shared("off", "none", "builtin"),
        invalid='invalid session cache "{word}"',
        small='session cache "{word}" is too small',
    ),
    "ssl_ocsp_cache": _Declaration(
        _shared("off"),
        invalid='invalid OCSP cache "{word}"',
        small='OCSP cache "{word}" is too small',
    ),
    "zone": _Declaration(  # in upstream
        _positional, small='zone "{name}" is too small', nameless='invalid zone name "{name}"'
    ),
    "lua_shared_dict": _Declaration(
        _positional,
        invalid='invalid lua shared dict size "{word}"',
        least=2 * PAGE,
        small='invalid lua shared dict size "{word}"',
        nameless='invalid lua shared dict name "{name}"',
        again='lua_shared_dict "{name}" is already defined as "{name}"',
    ),
    "js_shared_dict_zone": _Declaration(
        _named("zone="), nameless='invalid zone name "{word}"', again='duplicate zone "{name}"'
    ),
    "keyval_zone": _Declaration(_named("zone=")),  # NGINX Plus
    "vhost_traffic_status_zone": _Declaration(  # nginx-module-vts
        _shared_by_vts,
        invalid='invalid shared size "{word}"',
        small='shared "{word}" is too small',
        again='vhost_traffic_status: "{name}" is already bound to key',
    ),
    # nginx_upstream_check_module and nginx-push-stream-module
    "check_shm_size": _Declaration(_size_alone("check_upstream"), least=0),
    "push_stream_shared_memory_size": _Declaration(_size_alone("push_stream"), least=0),
}
"""Directives that declare shared memory, and where in their arguments; read in nginx 1.22.1 and
1.28.0, lua-nginx-module 0.10.23, njs 1.0.2 and nginx-module-vts."""


class _Reference(NamedTuple):
    """How a directive names a zone: ``find`` as in _Declaration; and which directive declares it.

    ``nginx``: what nginx says of a zone that none declares.
    """

    find: Find
    declared_by: str
    nginx: str = 'zero size shared memory zone "{name}"'


def _cache_name(args: tuple[str, ...]) -> Iterator[_Declared]:
    """The first argument, unless it is "off" or known only at run time."""
    if len(args) == 1 and c_string(args[0]) != "off" and "$" not in args[0]:
        yield _Declared(args[0], None, args[0])


def _zone_name(args: tuple[str, ...]) -> Iterator[_Declared]:
    """The last argument like ``zone=name``, all of which is the name."""
    for arg in reversed(args):
        if arg.startswith("zone="):
            yield _Declared(arg.removeprefix("zone="), None, arg)
            return


REFERENCES: dict[str, _Reference] = {
    "limit_req": _Reference(_zone_name, "limit_req_zone"),
    "limit_conn": _Reference(_positional, "limit_conn_zone"),
    "zone": _Reference(_positional, "zone"),
    **{
        f"{name}_cache": _Reference(
            _cache_name, f"{name}_cache_path", f'"{name}_cache" zone "{{name}}" is unknown'
        )
        for name in ("proxy", "fastcgi", "uwsgi", "scgi")
    },
}
"""Directives that name a zone which may be declared anywhere (``ngx_init_cycle()``,
``ngx_http_proxy_merge_loc_conf()`` and its like, nginx 1.10.0 to 1.30.0)."""


def zones(tree: Tree) -> tuple[list[Zone], list[Problem]]:
    """The zones that the configuration declares, and the declarations nginx would reject."""
    by_name: dict[tuple[int, str], Zone] = {}
    problems = []
    upstreams: dict[tuple[int, str], list[Block]] = {}
    for block in tree.having(DIRECTIVES):
        for setting in block.in_order(DIRECTIVES):
            for declared in DIRECTIVES[setting.name].find(setting.directive.args):
                tree.work.take()
                if setting.name == "zone":
                    upstreams.setdefault(_key(declared.name), []).append(block)
                if complaint := _declare(declared, setting, by_name):
                    tree.work.take(STEPS_OF.listed)
                    problem = Problem.of_nginx(setting.inclusion, setting.directive, complaint)
                    problems.append(problem)
    listed = [
        zone._replace(upstreams=tuple(upstreams.get(key, ()))) for key, zone in by_name.items()
    ]
    return listed, problems


def undeclared(tree: Tree) -> Iterator[Problem]:
    """Problems of zones that are used, and declared nowhere or for a different use."""
    uses: dict[tuple[int, str], tuple[str, str]] = {}
    for block in tree.having(DIRECTIVES):
        for setting in block.in_order(DIRECTIVES):
            for declared in DIRECTIVES[setting.name].find(setting.directive.args):
                tree.work.take()
                if declared.size is not None:
                    uses.setdefault(_key(declared.name), _use(setting))
    told: set[tuple[str, int]] = set()
    for block in tree.having(REFERENCES):
        for setting in block.in_order(REFERENCES):
            reference = REFERENCES[setting.name]
            for declared in reference.find(setting.directive.args):
                tree.work.take()
                use = reference.declared_by, tree.root_of(block).kind
                if (seen := uses.get(_key(declared.name))) == use or setting.key in told:
                    continue
                told.add(setting.key)
                nginx = reference.nginx if seen is None else _OTHER_USE
                said = nginx.format(name=declared.name)
                yield Problem.of_nginx(setting.inclusion, setting.directive, said)


def _key(name: str) -> tuple[int, str]:
    """A name as ``ngx_shared_memory_add()`` compares it: its length, and a C string."""
    return len(encode(name)), c_string(name)


def _declare(declared: _Declared, setting: Setting, by_name: dict[tuple[int, str], Zone]) -> str:
    """Note a zone that is declared, or say what nginx has against it."""
    kind = DIRECTIVES[setting.name]
    name = declared.name
    size = parse_size(declared.size or "")
    said = {"word": declared.word, "name": name, "directive": setting.name}
    if not name:
        complaint = kind.nameless or kind.invalid
    elif declared.size is None:
        complaint = ""
    elif size is None:
        complaint = kind.invalid
    elif size < kind.least:
        complaint = kind.small
    else:
        first = by_name.setdefault(_key(name), Zone(name, size, setting))
        said |= {"key": first.setting.value, "size": f"{size}", "first": f"{first.size}"}
        complaint = "" if first.setting is setting else _conflict(first, size, setting)
    return complaint.format_map(said)


_OTHER_USE = 'the shared memory zone "{name}" is already declared for a different use'


def _conflict(first: Zone, size: int, setting: Setting) -> str:
    """The complaint of nginx about a zone whose name another one has already."""
    if _use(first.setting) != _use(setting):
        return _OTHER_USE
    if first.size != size:
        return (
            'the size {size} of shared memory zone "{name}" conflicts with already declared '
            "size {first}"
        )
    return DIRECTIVES[setting.name].again


def _use(setting: Setting) -> tuple[str, str]:
    """The use of a zone, as the tag that ``ngx_shared_memory_add()`` compares: the module's."""
    block = setting.block
    while block.parent is not None and block.parent.parent is not None:
        block = block.parent
    return setting.directive.name, block.kind
