"""Arguments that nginx refuses: values, and words that a directive does not take.

The checks follow the functions that set the values, read in nginx 1.10.0, 1.22.1 and 1.31.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.own_values import OWN_VALUES
from nginx_memlint.refusals.record import (
    IN_HTTP,
    UPSTREAMS,
    Complaint,
    Refusal,
    by_name,
    refused,
)
from nginx_memlint.refusals.release_values import RELEASE_VALUES
from nginx_memlint.refusals.slots import slot
from nginx_memlint.refusals.variables import TEXTS
from nginx_memlint.syntax.values import c_string, number
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree import grammar
from nginx_memlint.tree.directives_table import VALUES, WORDS_SINCE
from nginx_memlint.tree.tree import Tree


def _unless(takes: Callable[[str], object], complaint: str) -> Complaint:
    """The check of a directive's own function: the values it takes, and what it says of others."""

    def check(args: Sequence[str]) -> str:
        is_taken = len(args) != 1 or takes(args[0])
        return "" if is_taken else complaint.replace("{value}", c_string(args[0]))

    return check


def _is_url(value: str) -> bool:
    # with a variable anywhere the URL is known only at run time
    return "$" in value or value.lower().startswith(("http://", "https://"))


_MAIN = frozenset({"main"})
_EVENTS = frozenset({"events"})
_STREAM = frozenset(kind for kind in grammar.KINDS if kind.startswith("stream"))
_MAIL = frozenset(kind for kind in grammar.KINDS if kind.startswith("mail"))
_HTTP = grammar.KINDS - _MAIN - _EVENTS - _STREAM - _MAIL
_KINDS = {"main": _MAIN, "events": _EVENTS, "http": _HTTP, "stream": _STREAM, "mail": _MAIL}
"""Outermost block → the kinds of blocks in it, and itself."""

_OF_THEIR_OWN = (
    Refusal(
        "worker_processes",
        _MAIN,
        _unless(
            lambda value: number(value) is not None or c_string(value) == "auto",
            '"{name}" directive invalid value',
        ),
    ),
    Refusal(
        "worker_connections",
        _EVENTS,
        _unless(lambda value: number(value) is not None, 'invalid number "{value}"'),
    ),
    Refusal("ssl", _HTTP | _MAIL, slot("flag")),
    Refusal("keepalive", _HTTP, _unless(number, 'invalid value "{value}" in "{name}" directive')),
    Refusal("proxy_pass", _HTTP, _unless(_is_url, "invalid URL prefix")),
    Refusal("starttls", _MAIL, slot("enum off on only")),
)
"""``ngx_set_worker_processes()``, ``ngx_event_connections()``, ``ngx_http_ssl_enable()``,
``ngx_http_upstream_keepalive()``, ``ngx_http_proxy_pass()``, ``ngx_mail_ssl_starttls()``."""


def _later(words: Sequence[str], nginx: str, at: int, args: Sequence[str]) -> str:
    """The error about words that came in a later release."""
    word = next((word for word in map(c_string, args[at:]) if word.lower() in words), "")
    return nginx.format(word=word) if word else ""


def _came_with(
    since: tuple[int, ...], directive: str, kinds: frozenset[str], words: str, at: int
) -> Refusal:
    what = 'invalid parameter "{word}"' if at else 'invalid value "{word}"'
    check = partial(_later, words.lower().split(), what, at)
    why = f" before nginx {'.'.join(map(str, since))}"
    return Refusal(directive, kinds, check, until=since, why=why if at else "")


_LATER = (
    _came_with((1, 25, 0), "listen", frozenset({"server"}), "quic", 1),
    _came_with((1, 27, 3), "server", UPSTREAMS, "resolve", 1),
    *(_came_with(since, name, _KINDS[root], w, 0) for since, root, name, w in WORDS_SINCE),
)
"""``ngx_http_core_listen()``, ``ngx_http_upstream_server()`` and that of stream; NGINX Plus had
``resolve`` before. The others are in the table of nginx's directives."""


def _parameters(words: tuple[str, ...], at: int, nginx: str, args: Sequence[str]) -> str:
    """The error about words, from argument ``at`` on, that are none of these.

    Those end with ``=`` if a value follows.
    """
    with_values = tuple(word for word in words if word.endswith("="))
    for word in args[at:]:
        text = c_string(word)
        if text not in words and not text.startswith(with_values):
            return nginx.format(word=word)
    return ""


def _takes(
    directives: str,
    kinds: frozenset[str],
    at: int,
    words: tuple[str, ...],
    nginx: str = 'invalid parameter "{word}"',
) -> Refusal:
    return Refusal(directives, kinds, partial(_parameters, words, at, nginx), is_plain=True)


def _has_zone(args: Sequence[str]) -> str:
    is_named = any(c_string(word).startswith("zone=") for word in args)
    return "" if is_named else '"{name}" must have "zone" parameter'


_LISTEN = (
    *("backlog=", "bind", "ipv6only=", "multipath", "proxy_protocol", "rcvbuf=", "sndbuf="),
    *("so_keepalive=", "ssl"),
)
_LISTEN_MORE = ("accept_filter=", "default_server", "deferred", "fastopen=", "reuseport", "setfib=")
_PEER = (
    *("backup", "down", "fail_timeout=", "max_conns=", "max_fails=", "resolve", "service="),
    *("weight=", "slow_start=", "route=", "drain", "sid="),
)

_PACE = ("files", "sleep", "threshold")
_CACHE = (
    *("levels=", "use_temp_path=", "keys_zone=", "inactive=", "max_size=", "min_free="),
    *(f"{who}_{what}=" for who in ("manager", "loader", "purger") for what in _PACE),
    "purger=",
)

_PARAMETERS = (
    _takes(
        "listen",
        frozenset({"server"}),
        1,
        (*_LISTEN, *_LISTEN_MORE, "default", "http2", "spdy", "quic", "http3"),
    ),
    _takes(
        "listen",
        frozenset({"stream_server"}),
        1,
        (*_LISTEN, *_LISTEN_MORE, "udp"),
        'the invalid "{word}" parameter',
    ),
    _takes("listen", frozenset({"mail_server"}), 1, _LISTEN, 'the invalid "{word}" parameter'),
    _takes("server", UPSTREAMS, 1, _PEER),
    _takes("limit_req", IN_HTTP, 0, ("zone=", "burst=", "delay=", "nodelay")),
    Refusal("limit_req", IN_HTTP, _has_zone),
    _takes(
        "proxy_cache_path fastcgi_cache_path uwsgi_cache_path scgi_cache_path",
        frozenset({"http"}),
        1,
        _CACHE,
    ),
    _takes("access_log", IN_HTTP, 2, ("buffer=", "flush=", "gzip", "gzip=", "if=")),
    _takes("add_header add_trailer", IN_HTTP, 2, ("always",)),
    _takes("fastcgi_param scgi_param uwsgi_param", IN_HTTP, 2, ("if_not_empty",)),
    _takes("hash", UPSTREAMS, 1, ("consistent",)),
)
"""``ngx_http_core_listen()``, ``ngx_stream_core_listen()``, ``ngx_mail_core_listen()``,
``ngx_http_upstream_server()``, ``ngx_http_limit_req()``, ``ngx_http_file_cache_set_slot()``,
``ngx_http_log_set_log()``, ``ngx_http_headers_add()``, ``ngx_http_upstream_param_set_slot()``,
``ngx_http_upstream_hash()`` and those of stream, in nginx 1.10.0 to 1.31.4 and NGINX Plus. The
upstream's ``sticky`` and others of third parties are not among them."""


_ROWS = by_name(
    (
        *(
            Refusal(names, _KINDS[root], slot(reading))
            for roots, reading, names in VALUES
            for root in roots.split()
        ),
        *_OF_THEIR_OWN,
        *_LATER,
        *_PARAMETERS,
        *TEXTS,
        *OWN_VALUES,
        *RELEASE_VALUES,
    )
)


def arguments(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of arguments that nginx refuses by themselves, in file order."""
    yield from refused(tree, target, _ROWS, "arguments")
