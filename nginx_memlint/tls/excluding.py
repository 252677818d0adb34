"""Directives that nginx rejects beside others, in some kinds of locations, or for what is nowhere.

A directive of a name that nothing declares is rejected when nginx has read all files, or where it
stands if the declaration must come first. Names with variables are known only at run time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.misplaced import FORKS
from nginx_memlint.tls.modules import all_known
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


def excluding(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives beside others, in the wrong location, or with newer parameters."""
    yield from _pairs(tree)
    yield from _in_locations(tree)
    yield from _parameters_that_came_later(tree, target)
    if all_known(tree, target) and FORKS.isdisjoint(target.ships):
        yield from _wrong_parameters(tree)


def unmatched(tree: Tree) -> Iterator[Problem]:
    """Problems of names that do not fit what is declared in a whole configuration."""
    yield from _ports_of_upstreams(tree)
    yield from _nowhere(tree)


_IN_HTTP = frozenset({"http", "server", "location", "if", "limit_except"})
_KINDS = {"http": _IN_HTTP, "stream": frozenset({"stream", "stream_server"})}
"""Outermost block → the kinds of blocks in it that have settings of requests, or sessions."""


class _Exclusion(NamedTuple):
    """Two directives of which a block has one at most, and nginx's words for the second one.

    ``off``: whether either does not count if its value is ``off``.
    """

    names: tuple[str, str]
    nginx: str
    off: bool = False


_EXCLUSIONS = (
    _Exclusion(
        ("root", "alias"),
        '"{second}" directive is duplicate, "{first}" directive was specified earlier',
    ),
    *(
        _Exclusion(
            (f"{protocol}_store", f"{protocol}_cache"),
            '"{second}" directive is incompatible with "{first}"',
            off=True,
        )
        for protocol in ("proxy", "fastcgi", "uwsgi", "scgi")
    ),
)
"""``ngx_http_core_root()``, ``ngx_http_proxy_store()``, ``ngx_http_proxy_cache()`` and their like:
alike in nginx 1.10.0, 1.22.1 and 1.31.4."""


def _pairs(tree: Tree) -> Iterator[Problem]:
    for pair in _EXCLUSIONS:
        if not tree.index_names() >= {*pair.names}:
            continue
        for block in tree.having(pair.names):
            counted = [
                setting
                for setting in block.in_order(pair.names)
                if not (pair.off and c_string(setting.value) == "off")
            ]
            for setting in counted:
                if setting.name != counted[0].name:
                    nginx = pair.nginx.format(first=counted[0].name, second=setting.name)
                    yield _problem(setting, nginx)
                    break


_WITHOUT_URI = (
    '"proxy_pass" cannot have URI part in location given by regular expression, or inside named '
    'location, or inside "if" statement, or inside "limit_except" block'
)


def _in_locations(tree: Tree) -> Iterator[Problem]:
    """Problems of ``proxy_pass`` and ``alias`` where locations have no prefix to replace.

    ``ngx_http_proxy_pass()``, ``ngx_http_core_root()``: alike in nginx 1.10.0 to 1.31.4.
    """
    for block in tree.having(("proxy_pass", "alias")):
        name = block.directive.args[0] if block.directive and block.directive.args else ""
        is_location = block.kind == "location"
        if block.kind in ("if", "limit_except") or (is_location and name.startswith(("~", "@"))):
            for setting in block.settings("proxy_pass"):
                if _has_uri(setting.value):
                    yield _problem(setting, _WITHOUT_URI)
        if is_location and name.startswith("@"):
            for setting in block.settings("alias"):
                nginx = 'the "alias" directive cannot be used inside the named location'
                yield _problem(setting, nginx)


_URI = re.compile("[/?]")


def _host_and_uri(url: str) -> tuple[str, str]:
    """The host, with its port, of a URL without variables, and the URI (``ngx_parse_url()``)."""
    rest = url.partition("://")[2]
    if rest.lower().startswith("unix:"):
        path, mark, uri = rest[5:].partition(":")
        return f"unix:{path}", uri if mark else ""
    mark_of_uri = _URI.search(rest)
    end = mark_of_uri.start() if mark_of_uri else len(rest)
    return rest[:end], rest[end:]


def _has_uri(url: str) -> bool:
    return "$" not in url and "://" in url and bool(_host_and_uri(url)[1])


_HTTP_PASS = (
    *("proxy_pass", "grpc_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"),
)


def _ports_of_upstreams(tree: Tree) -> Iterator[Problem]:
    """Problems of ``http://NAME:PORT`` where an upstream is called NAME, and of a missing port."""
    for kind, names in (("upstream", _HTTP_PASS), ("stream_upstream", ("proxy_pass",))):
        root = "stream" if kind == "stream_upstream" else "http"
        if not tree.kinds[root]:
            continue
        upstreams = {
            block.directive.args[0].lower()
            for block in tree.blocks(kind)
            if block.directive is not None and block.directive.args
        }
        for name in names:
            check = partial(_against_port, upstreams)
            yield from _complaints(tree, name, _is_one_of(_KINDS[root]), check)


def _against_port(upstreams: set[str], args: Sequence[str]) -> str:
    """The error of nginx about the port of an address, or about its absence; or nothing."""
    value = args[0] if args else ""
    is_url = "://" in value
    host = _host_and_uri(value)[0] if is_url else value
    if not host or "$" in value or host.startswith(("[", "unix:")):
        return ""
    name, mark, port = host.partition(":")
    is_upstream = name.lower() in upstreams
    if mark and is_upstream:
        stated = number(port)
        if stated is None:
            return f'invalid port in upstream "{host}"'
        return f'upstream "{name}" may not have port {stated}'
    if not mark and not is_upstream and not is_url:
        return f'no port in upstream "{name}"'
    return ""


class _Named(NamedTuple):
    """A directive that names something, and nginx's words if nothing of that name is declared.

    ``name_in`` gives the name in its arguments, or an empty text. ``declared_by`` is the directive
    whose first argument declares it in the outermost block ``root``; ``built_in`` are names that
    need none. ``folds``: whether case counts for nothing.
    """

    directive: str
    root: str
    name_in: Callable[[Sequence[str]], str]
    declared_by: str
    nginx: str
    built_in: frozenset[str] = frozenset()
    declared_in: str = ""
    folds: bool = False


def _format_of_log(args: Sequence[str]) -> str:
    return args[1] if len(args) > 1 and c_string(args[0]) != "off" else ""


def _thread_pool(args: Sequence[str]) -> str:
    name = args[0].removeprefix("threads=") if args[0].startswith("threads=") else ""
    return "" if "$" in name else name


_REFERENCES = (
    _Named(
        "access_log",
        "http",
        _format_of_log,
        "log_format",
        'unknown log format "{name}"',
        frozenset({"combined"}),
        folds=True,
    ),
    _Named(
        "access_log",
        "stream",
        _format_of_log,
        "log_format",
        'unknown log format "{name}"',
        folds=True,
    ),
    _Named(
        "aio",
        "http",
        _thread_pool,
        "thread_pool",
        'unknown thread pool "{name}"',
        frozenset({"default"}),
        declared_in="main",
    ),
)
"""``ngx_http_log_set_log()``, ``ngx_stream_log_set_log()``, ``ngx_thread_pool_init_conf()``."""


def _nowhere(tree: Tree) -> Iterator[Problem]:
    for reference in _REFERENCES:
        declared = {
            _folded(setting.value, reference)
            for block in tree.having((reference.declared_by,))
            if tree.root_of(block).kind == (reference.declared_in or reference.root)
            for setting in block.settings(reference.declared_by)
        }
        declared |= reference.built_in
        check = partial(_undeclared, reference, declared)
        yield from _complaints(tree, reference.directive, _is_one_of(_KINDS[reference.root]), check)


def _undeclared(reference: _Named, declared: set[str], args: Sequence[str]) -> str:
    name = reference.name_in(args) if args else ""
    is_declared = not name or _folded(name, reference) in declared
    return "" if is_declared else reference.nginx.format(name=name)


def _folded(name: str, reference: _Named) -> str:
    return name.lower() if reference.folds else name


def _complaints(
    tree: Tree,
    name: str,
    is_there: Callable[[Block], bool],
    complaint: Callable[[Sequence[str]], str],
    why: str = "",
) -> Iterator[Problem]:
    """Problems of the directives of a name in some blocks, of whose arguments nginx complains."""
    for body, places in tree.occurrences(name):
        if not is_there(tree.all_blocks[places[0]]):
            continue
        for directive in body.of(name):
            tree.work.take(1 + len(directive.args))
            if nginx := complaint(directive.args):
                inclusion = tree.inclusion(places[0], body)
                yield Problem.of_nginx(inclusion, directive, nginx, nginx + why)


class _Later(NamedTuple):
    """A parameter of a directive that nginx takes only since a release."""

    directive: str
    kinds: frozenset[str]
    word: str
    since: tuple[int, ...]


_LATER = (
    _Later("listen", frozenset({"server"}), "quic", (1, 25, 0)),
    _Later("server", frozenset({"upstream", "stream_upstream"}), "resolve", (1, 27, 3)),
)
"""``ngx_http_core_listen()``, ``ngx_http_upstream_server()`` and that of stream; NGINX Plus had
``resolve`` before."""


def _parameters_that_came_later(tree: Tree, target: Target) -> Iterator[Problem]:
    for directive, kinds, word, since in _LATER:
        if target.stated and target.nginx < since:
            why = f" before nginx {'.'.join(map(str, since))}"
            yield from _complaints(
                tree, directive, _is_one_of(kinds), partial(_later_word, word), why
            )


def _later_word(word: str, args: Sequence[str]) -> str:
    return f'invalid parameter "{word}"' if word in map(c_string, args[1:]) else ""


def _is_one_of(kinds: frozenset[str]) -> Callable[[Block], bool]:
    return lambda block: block.kind in kinds


class _Parameters(NamedTuple):
    """Words that may follow the first arguments of a directive, in any release of nginx.

    ``at``: the first argument that is looked at. ``words`` end with ``=`` if a value follows.
    ``nginx``: its words for others.
    """

    directive: str
    kinds: frozenset[str]
    at: int
    words: tuple[str, ...]
    nginx: str = 'invalid parameter "{word}"'


_LISTEN = (
    *("backlog=", "bind", "ipv6only=", "multipath", "proxy_protocol", "rcvbuf=", "sndbuf="),
    *("so_keepalive=", "ssl"),
)
_LISTEN_MORE = ("accept_filter=", "default_server", "deferred", "fastopen=", "reuseport", "setfib=")
_PEER = (
    *("backup", "down", "fail_timeout=", "max_conns=", "max_fails=", "resolve", "service="),
    *("weight=", "slow_start=", "route=", "drain", "sid="),
)

_PARAMETERS = (
    _Parameters(
        "listen",
        frozenset({"server"}),
        1,
        (*_LISTEN, *_LISTEN_MORE, "default", "http2", "spdy", "quic", "http3"),
    ),
    _Parameters(
        "listen",
        frozenset({"stream_server"}),
        1,
        (*_LISTEN, *_LISTEN_MORE, "udp"),
        'the invalid "{word}" parameter',
    ),
    _Parameters("listen", frozenset({"mail_server"}), 1, _LISTEN, 'the invalid "{word}" parameter'),
    _Parameters("server", frozenset({"upstream", "stream_upstream"}), 1, _PEER),
    _Parameters("limit_req", _IN_HTTP, 0, ("zone=", "burst=", "delay=", "nodelay")),
    _Parameters("access_log", _IN_HTTP, 2, ("buffer=", "flush=", "gzip", "gzip=", "if=")),
    _Parameters("add_header", _IN_HTTP, 2, ("always",)),
    _Parameters("add_trailer", _IN_HTTP, 2, ("always",)),
    _Parameters("fastcgi_param", _IN_HTTP, 2, ("if_not_empty",)),
    _Parameters("scgi_param", _IN_HTTP, 2, ("if_not_empty",)),
    _Parameters("uwsgi_param", _IN_HTTP, 2, ("if_not_empty",)),
    _Parameters("hash", frozenset({"upstream", "stream_upstream"}), 1, ("consistent",)),
)
"""``ngx_http_core_listen()``, ``ngx_stream_core_listen()``, ``ngx_mail_core_listen()``,
``ngx_http_upstream_server()``, ``ngx_http_limit_req()``, ``ngx_http_log_set_log()``,
``ngx_http_headers_add()``, ``ngx_http_upstream_param_set_slot()``,
``ngx_http_upstream_hash()`` and those of stream, in nginx 1.10.0 to 1.31.4 and NGINX Plus. The
upstream's ``sticky`` and others of third parties are not among them."""


def _wrong_parameters(tree: Tree) -> Iterator[Problem]:
    for row in _PARAMETERS:
        check = partial(_wrong_parameter, row)
        yield from _complaints(tree, row.directive, _is_one_of(row.kinds), check)


def _wrong_parameter(row: _Parameters, args: Sequence[str]) -> str:
    with_values = tuple(word for word in row.words if word.endswith("="))
    for word in args[row.at :]:
        text = c_string(word)
        if text not in row.words and not text.startswith(with_values):
            return row.nginx.format(word=word)
    return ""


def _problem(setting: Setting, nginx: str) -> Problem:
    return Problem.of_nginx(setting.inclusion, setting.directive, nginx)
