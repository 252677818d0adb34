"""Values of directives with functions of their own, and what nginx says of those that are none.

Read in nginx 1.10.0, 1.22.1 and 1.31.4, which agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from nginx_memlint.refusals.addresses import listen_complaint, peer_complaint
from nginx_memlint.refusals.hashes import hosts_of, is_wildcard_or_name
from nginx_memlint.refusals.record import IN_HTTP, IN_STREAM, UPSTREAMS, Refusal
from nginx_memlint.syntax.values import c_string, milliseconds, number, parse_size, seconds
from nginx_memlint.tree.pcre import captures

Takes = Callable[[str], object]
"""Tells of a value whether nginx takes it."""


def is_one(parse: Callable[[str], int | None]) -> Takes:
    """The check of a value that a function reads; zero is one, too."""
    return lambda text: parse(text) is not None


def between(least: int, most: int) -> Takes:
    """The check of a number within bounds."""
    return lambda text: (value := number(text)) is not None and least <= value <= most


def _words(checks: Mapping[str, Takes], nginx: str, at: int, args: Sequence[str]) -> str:
    """The error about words, from argument ``at`` on: a check is for those that begin so."""
    for word in args[at:]:
        for beginning, takes in checks.items():
            value = word.removeprefix(beginning)
            if word.startswith(beginning) and not takes(value):
                return nginx.format(word=c_string(word), value=c_string(value))
    return ""


def each_word(
    directives: str,
    kinds: frozenset[str],
    checks: Mapping[str, Takes],
    nginx: str = 'invalid parameter "{word}"',
    at: int = 1,
) -> Refusal:
    """A row of words from argument ``at`` on: a check is for those that begin as it says."""
    return Refusal(directives, kinds, partial(_words, checks, nginx, at))


def one_argument(
    directives: str, kinds: frozenset[str], takes: Takes, nginx: str, at: int = 0
) -> Refusal:
    """A row of the argument ``at`` some place, if there is one."""
    return Refusal(directives, kinds, partial(_argument, takes, nginx, at))


def _argument(takes: Takes, nginx: str, at: int, args: Sequence[str]) -> str:
    is_taken = len(args) <= at or takes(args[at])
    return "" if is_taken else nginx.replace("{value}", c_string(args[at]))


_INVALID = '"{name}" directive invalid value'
_MOST_CODE = 999


def _returned(args: Sequence[str]) -> str:
    """``ngx_http_rewrite_return()``."""
    code = number(args[0])
    is_url = len(args) == 1 and args[0].startswith(("http://", "https://", "$scheme"))
    is_code = code is not None and code <= _MOST_CODE
    return "" if is_code or (code is None and is_url) else f'invalid return code "{args[0]}"'


_ERRORS = between(300, 599)


def _error_page(args: Sequence[str]) -> str:
    """``ngx_http_core_error_page()``; the codes stand before the URI, and before ``=``."""
    codes = args[:-1]
    if codes and codes[-1].startswith("="):
        if len(codes) == 1 or (codes[-1] != "=" and number(codes[-1][1:]) is None):
            return f'invalid value "{codes[-1]}"'
        codes = codes[:-1]
    for code in codes:
        if number(code) in (None, 499):
            return f'invalid value "{code}"'
        if not _ERRORS(code):
            return f'value "{code}" must be between 300 and 599'
    return ""


_DAY = 24 * 60 * 60


def _expires(args: Sequence[str]) -> str:
    """``ngx_http_headers_expires()``, ``ngx_http_parse_expires()``."""
    is_modified, value = len(args) == 2, args[-1]
    if is_modified and c_string(args[0]) != "modified":
        return _INVALID
    if "$" in value or (not is_modified and value in ("epoch", "max", "off")):
        return ""
    time = seconds(value[1:] if value.startswith(("@", "+", "-")) else value)
    if value.startswith("@") and is_modified:
        return '"{name}" directive daily time cannot be used with "modified" parameter'
    if time is None:
        return _INVALID
    if value.startswith("@") and time > _DAY:
        return '"{name}" directive daily time value must be less than 24 hours'
    return ""


def _open_file_cache(args: Sequence[str]) -> str:
    """``ngx_http_core_open_file_cache()``."""
    has_max = False
    for word in args:
        has_max = has_max or word.startswith("max=")
        if word.startswith("max="):
            is_taken = bool(number(word[4:]))
        elif word.startswith("inactive="):
            is_taken = seconds(word[9:]) is not None
        else:
            is_taken = c_string(word) == "off"
        if not is_taken:
            return f'invalid "open_file_cache" parameter "{word}"'
    is_off = "off" in map(c_string, args)
    return "" if has_max or is_off else '"open_file_cache" must have the "max" parameter'


def _access_log(args: Sequence[str]) -> str:
    """``ngx_http_log_set_log()`` of what is buffered."""
    words = args[2:]
    has_flush = any(word.startswith("flush=") for word in words)
    has_size = any(word.startswith(("buffer=", "gzip")) for word in words)
    if has_flush and not has_size:
        return f'no buffer is defined for access_log "{args[0]}"'
    if has_size and args[0].startswith("syslog:"):
        return "logs to syslog cannot be buffered"
    if has_size and "$" in args[0]:
        return "buffered logs cannot have variables in name"
    return ""


_LEVELS = frozenset(["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"])


def _error_log(args: Sequence[str]) -> str:
    """``ngx_log_set_levels()``; what else may be debugged depends on the modules."""
    levels = [c_string(word) for word in args[1:]]
    for place, level in enumerate(levels):
        is_debugged = level.startswith("debug_")
        if level not in _LEVELS and (not is_debugged or not _LEVELS.isdisjoint(levels[:place])):
            return f'invalid log level "{level}"'
        if level in _LEVELS and place:
            return f'duplicate log level "{level}"'
    return ""


_METHODS = frozenset(
    [
        "get",
        "head",
        "post",
        "put",
        "delete",
        "mkcol",
        "copy",
        "move",
        "options",
        "propfind",
        "proppatch",
        "lock",
        "unlock",
        "patch",
    ]
)
"""``ngx_methods_names``."""


def _limit_except(args: Sequence[str]) -> str:
    wrong = next((word for word in args if c_string(word).lower() not in _METHODS), "")
    return f'invalid method "{wrong}"' if wrong else ""


_PATHS = r"\$(?:(document|realpath)_root|\{(document|realpath)_root\})"


def _root(args: Sequence[str]) -> str:
    """``ngx_http_core_root()`` looks for the names anywhere, whatever follows them."""
    match = re.search(_PATHS, c_string(args[0]))
    name = f"${match[1] or match[2]}_root" if match else ""
    return f'the {name} variable cannot be used in the "{{name}}" directive' if name else ""


_RATE = r"0*[1-9][0-9]*(?:r/[sm])?"


def _server_name(args: Sequence[str]) -> str:
    """``ngx_http_core_server_name()``."""
    for name in args:
        if name == "~":
            return 'empty regex in server name "~"'
        if name == "." or (name.startswith("*") and (len(name) < 3 or name[1] != ".")):
            return f'server name "{name}" is invalid'
    return ""


def _referers(args: Sequence[str]) -> str:
    """``ngx_http_valid_referers()``."""
    for word in args:
        if not word:
            return 'invalid referer ""'
        if word == "~":
            return 'empty regex in "~"'
    wrong = next((host for host in hosts_of(args) if not is_wildcard_or_name(host)), "")
    return f'invalid hostname or wildcard "{wrong}"' if wrong else ""


def _peer(args: Sequence[str]) -> str:
    wrong = peer_complaint(args[0])
    return f'{wrong} in upstream "{args[0]}"' if wrong else ""


def _stream_peer(args: Sequence[str]) -> str:
    """``ngx_stream_upstream_server()`` wants a port, unless a service tells it."""
    is_host = args[0][:5].lower() != "unix:" and args[0].partition("]")[2][:1] != ":"
    has_port = ":" in args[0] if not args[0].startswith("[") else not is_host
    is_without = is_host and not has_port
    has_service = any(word.startswith("service=") for word in args[1:])
    return f'no port in upstream "{args[0]}"' if is_without and not has_service else ""


def _split_path(args: Sequence[str]) -> str:
    """``ngx_http_fastcgi_split_path_info()``."""
    groups = captures(args[0])
    is_split = groups is None or groups == 2
    return "" if is_split else f'pattern "{args[0]}" must have 2 captures'


def _temporary_path(args: Sequence[str]) -> str:
    """``ngx_conf_set_path_slot()``: levels of directories, of ten digits together at the most."""
    levels = [number(word) for word in args[1:]]
    is_taken = all(levels) and sum(level or 0 for level in levels) <= _MOST_DIGITS
    return "" if is_taken else _INVALID


_MOST_DIGITS = 10


def _cache_valid(args: Sequence[str]) -> str:
    """``ngx_http_file_cache_valid_set_slot()``."""
    if seconds(args[-1]) is None:
        return f'invalid time value "{args[-1]}"'
    for status in args[:-1]:
        if c_string(status) != "any" and (number(status) or 0) < _LEAST_STATUS:
            return f'invalid status "{status}"'
    return ""


_LEAST_STATUS = 100


def _resolver(args: Sequence[str]) -> str:
    """``ngx_resolver_create()``."""
    servers = [word for word in args if not word.startswith(_OF_RESOLVER)]
    for server in servers:
        if wrong := peer_complaint(server):
            return f'{wrong} in resolver "{server}"'
    return ""


_is_on_or_off = frozenset({"on", "off"}).__contains__
_OF_RESOLVER = ("valid=", "ipv6=", "ipv4=", "status_zone=")


def _escape(args: Sequence[str]) -> str:
    """``ngx_http_log_set_format()``, and that of stream."""
    escape = c_string(args[1]) if len(args) > 1 else ""
    is_taken = not escape.startswith("escape=") or escape[7:] in ("default", "json", "none")
    return "" if is_taken else f'unknown log format escaping "{escape[7:]}"'


def _tried(args: Sequence[str]) -> str:
    """``ngx_http_try_files()``."""
    last = args[-1]
    is_code = last.startswith("=") and "$" not in last
    return f'invalid code "{last}"' if is_code and not _CODE(last[1:]) else ""


_CODE = between(0, _MOST_CODE)


def _replaced(words: tuple[str, ...], args: Sequence[str]) -> str:
    """``ngx_http_proxy_redirect()`` and those of cookies: one argument is one of few words."""
    is_taken = len(args) > 1 or c_string(args[0]) in words
    return "" if is_taken else f'invalid parameter "{args[0]}"'


def _stream_log(args: Sequence[str]) -> str:
    """``ngx_stream_log_set_log()``: there is no format that is always declared."""
    is_taken = len(args) > 1 or c_string(args[0]) == "off"
    return "" if is_taken else "log format is not specified"


_EVENTS = frozenset(
    {
        *("select", "poll", "epoll", "kqueue", "devpoll", "/dev/poll", "eventport", "rtsig", "aio"),
        *("iocp", "win32"),
    }
)
"""Methods of any release and platform (``ngx_event_use()``)."""

_at_most_65535 = between(1, 65_535)

_TCP_ONLY = ("backlog=", "ssl", "so_keepalive=")


def _datagrams(args: Sequence[str]) -> str:
    words = [c_string(word) for word in args[1:]]
    for only in _TCP_ONLY if "udp" in words else ():
        if any(word == only or (only[-1] == "=" and word.startswith(only)) for word in words):
            parameter = only.rstrip("=")
            return f'"{{name}}" directive "{parameter}" parameter is incompatible with "udp"'
    return ""


_LIMIT = "connection limit must be less 65536"

_PROTOCOLS = "proxy_{0} fastcgi_{0} uwsgi_{0} scgi_{0}"


def _is_rate(word: str) -> bool:
    return "$" in word or parse_size(word) is not None


def _one_text(args: Sequence[str]) -> str:
    """The command of stream takes less than that of http."""
    return "" if len(args) == 1 else 'invalid number of arguments in "{name}" directive'


_SERVERS = frozenset({"server", "stream_server", "mail_server"})
_LISTEN_VALUES = {"backlog": number, "rcvbuf": is_one(parse_size), "sndbuf": is_one(parse_size)}

OWN_VALUES = (
    Refusal("return", IN_HTTP, _returned),
    Refusal("error_page", IN_HTTP, _error_page),
    Refusal("expires", IN_HTTP, _expires),
    Refusal("open_file_cache", IN_HTTP, _open_file_cache),
    Refusal("access_log", IN_HTTP, _access_log),
    Refusal("error_log", IN_HTTP | IN_STREAM | {"main", "mail", "mail_server"}, _error_log),
    Refusal("root alias", IN_HTTP, _root),
    Refusal("limit_except", frozenset({"location"}), _limit_except, is_block=True),
    one_argument("keepalive_timeout", IN_HTTP, is_one(milliseconds), _INVALID),
    one_argument("keepalive_timeout", IN_HTTP, is_one(seconds), _INVALID, at=1),
    one_argument(
        "rewrite",
        IN_HTTP,
        lambda word: c_string(word) in ("last", "break", "redirect", "permanent"),
        'invalid parameter "{value}"',
        at=2,
    ),
    one_argument(
        "limit_conn", IN_HTTP | IN_STREAM, number, 'invalid number of connections "{value}"', 1
    ),
    one_argument(
        "limit_conn", IN_HTTP | IN_STREAM, _at_most_65535, "connection limit must be less 65536", 1
    ),
    each_word(
        "limit_req_zone", IN_HTTP, {"rate=": partial(re.fullmatch, _RATE)}, 'invalid rate "{word}"'
    ),
    each_word("limit_req", IN_HTTP, {"burst=": number}, 'invalid burst value "{word}"', 0),
    each_word("limit_req", IN_HTTP, {"delay=": number}, 'invalid delay value "{word}"', 0),
    each_word("access_log", IN_HTTP, {"buffer=": parse_size}, 'invalid buffer size "{value}"', 2),
    each_word("access_log", IN_HTTP, {"flush=": milliseconds}, 'invalid flush time "{value}"', 2),
    each_word(
        "access_log", IN_HTTP, {"gzip=": between(1, 9)}, 'invalid compression level "{value}"', 2
    ),
    each_word(
        "server",
        UPSTREAMS,
        {
            "weight=": number,
            "max_fails=": is_one(number),
            "max_conns=": is_one(number),
            "fail_timeout=": is_one(seconds),
        },
    ),
    *(
        each_word("listen", _SERVERS, {f"{word}=": takes}, f'invalid {word} "{{word}}"')
        for word, takes in _LISTEN_VALUES.items()
    ),
    Refusal("server_name", frozenset({"server"}), _server_name),
    Refusal("valid_referers", IN_HTTP, _referers),
    Refusal("log_format", IN_HTTP | IN_STREAM, _escape, since=(1, 11, 8)),
    Refusal("listen", _SERVERS, listen_complaint),
    one_argument("ssl_certificate", frozenset({"server"}), len, 'cannot load certificate ""'),
    Refusal("server", UPSTREAMS, _peer),
    Refusal("server", frozenset({"stream_upstream"}), _stream_peer),
    Refusal("fastcgi_split_path_info", IN_HTTP, _split_path),
    one_argument(
        "use", frozenset({"events"}), _EVENTS.__contains__, 'invalid event type "{value}"'
    ),
    Refusal("listen", frozenset({"stream_server"}), _datagrams),
    Refusal("resolver", IN_HTTP | IN_STREAM | {"mail", "mail_server"}, _resolver),
    each_word(
        "resolver",
        IN_HTTP | IN_STREAM | {"mail", "mail_server"},
        {"valid=": is_one(seconds), **dict.fromkeys(("ipv4=", "ipv6="), _is_on_or_off)},
        "invalid parameter: {word}",
        0,
    ),
    Refusal("try_files", IN_HTTP, _tried),
    Refusal("proxy_redirect", IN_HTTP, partial(_replaced, ("off", "default"))),
    Refusal("proxy_cookie_domain proxy_cookie_path", IN_HTTP, partial(_replaced, ("off",))),
    Refusal("access_log", IN_STREAM, _stream_log),
    Refusal(_PROTOCOLS.format("temp_path"), IN_HTTP, _temporary_path),
    Refusal("client_body_temp_path", IN_HTTP, _temporary_path),
    Refusal(_PROTOCOLS.format("cache_valid"), IN_HTTP, _cache_valid),
    Refusal("return", frozenset({"stream_server"}), _one_text),
    one_argument("limit_rate limit_rate_after", IN_HTTP, _is_rate, _INVALID),
    one_argument("proxy_upload_rate proxy_download_rate", IN_STREAM, _is_rate, _INVALID),
    one_argument(
        f"{_PROTOCOLS.format('bind')} grpc_bind memcached_bind",
        IN_HTTP | IN_STREAM,
        lambda word: c_string(word) == "transparent",
        'invalid parameter "{value}"',
        at=1,
    ),
    one_argument(
        "protocol",
        frozenset({"mail_server"}),
        lambda word: c_string(word) in ("imap", "pop3", "smtp"),
        'unknown protocol "{value}"',
    ),
    Refusal(
        "resolver",
        IN_HTTP | IN_STREAM | {"mail", "mail_server"},
        lambda args: (
            ""
            if any(not word.startswith(("valid=", "ipv6=", "ipv4=")) for word in args)
            else "no name servers defined"
        ),
        is_plain=True,
        since=(1, 15, 1),
    ),
)
"""``ngx_http_core_keepalive()``, ``ngx_http_rewrite()``, ``ngx_http_limit_conn()``,
``ngx_http_limit_req_zone()``, ``ngx_http_limit_req()``, ``ngx_http_log_set_log()``,
``ngx_http_upstream_server()``, ``ngx_http_core_listen()`` and those of stream and mail,
``ngx_resolver_create()``."""
