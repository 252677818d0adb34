"""Values that nginx reads otherwise in some releases, and words of directives that take few.

Read in nginx 1.10.0, 1.14.0, 1.22.1 and 1.31.4, lua-nginx-module 0.10.7 to 0.10.31 and njs 0.7.9.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from nginx_memlint.refusals.addresses import is_address, is_network
from nginx_memlint.refusals.own_values import each_word, is_one, one_argument
from nginx_memlint.refusals.record import IN_HTTP, IN_STREAM, UPSTREAMS, Refusal
from nginx_memlint.refusals.slots import slot
from nginx_memlint.syntax.values import (
    c_string,
    milliseconds,
    number,
    parse_offset,
    parse_size,
    seconds,
)

_WITH_CODE = "init rewrite access content header_filter body_filter log"
_MAIN = frozenset({"main"})
_MAIL = frozenset({"mail", "mail_server"})
_UPSTREAM = frozenset({"upstream"})
_INVALID = '"{name}" directive invalid value'
_WRONG_COUNT = 'invalid number of arguments in "{name}" directive'

_CACHES = "proxy_{0} fastcgi_{0} uwsgi_{0} scgi_{0}"
_IGNORED = (
    "bitmask X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering "
    "X-Accel-Charset Expires Cache-Control Set-Cookie Vary"
)

_SLOTS = (
    Refusal(
        _CACHES.format("ignore_headers") + " grpc_ignore_headers",
        IN_HTTP,
        slot(_IGNORED),
        is_plain=True,
    ),
    Refusal(_CACHES.format("cache_methods"), IN_HTTP, slot("bitmask GET HEAD POST"), is_plain=True),
    Refusal("server_tokens", IN_HTTP, slot("enum off on build"), is_plain=True),
    Refusal(_CACHES.format("limit_rate"), IN_HTTP, slot("size"), until=(1, 27, 0)),
    Refusal("slice", IN_HTTP, slot("size"), is_plain=True),
    Refusal("http2_push_preload", IN_HTTP, slot("flag"), until=(1, 25, 1)),
    Refusal("http2_max_concurrent_pushes", IN_HTTP, slot("num"), until=(1, 25, 1)),
    Refusal("proxy_protocol", IN_STREAM | _MAIL, slot("flag"), until=(1, 31, 4)),
    Refusal("keepalive_timeout", _UPSTREAM, slot("msec")),
    Refusal("lua_code_cache", IN_HTTP, slot("flag")),
    Refusal("lua_regex_cache_max_entries lua_regex_match_limit", IN_HTTP, slot("num")),
)
"""Directives that a function of nginx's own reads, but not in all releases: ``proxy_limit_rate``
takes variables since 1.27.0. ``ngx_http_lua_code_cache()`` and its like call such a function."""


def _access(args: Sequence[str]) -> str:
    """``ngx_conf_set_access_slot()``."""
    wrong = next((word for word in args if not re.fullmatch(_ACCESS, c_string(word))), None)
    return "" if wrong is None else f'invalid value "{wrong}"'


_ACCESS = r"(?:user|group|all):rw?"


def _is_aio(value: str) -> bool:
    """``ngx_http_core_set_aio()``; ``sendfile`` is FreeBSD's."""
    return c_string(value) in ("off", "on", "sendfile", "threads") or value.startswith("threads=")


def _symbolic_links(args: Sequence[str]) -> str:
    """``ngx_http_disable_symlinks()``."""
    for word in args:
        if c_string(word) not in _SYMBOLIC_LINKS and not word.startswith("from="):
            return f'invalid parameter "{word}"'
    if all(word.startswith("from=") for word in args):
        return '"{name}" must have "off", "on" or "if_not_owner" parameter'
    return ""


_SYMBOLIC_LINKS = ("off", "on", "if_not_owner")


def _random(args: Sequence[str]) -> str:
    """``ngx_http_upstream_random()``, and that of stream; NGINX Plus has more methods."""
    expected = zip(args, ("two", "least_conn"), strict=False)
    wrong = next((word for word, only in expected if c_string(word) != only), None)
    return "" if wrong is None else f'invalid parameter "{wrong}"'


def _flags_of_cookies(args: Sequence[str]) -> str:
    """``ngx_http_proxy_cookie_flags()``: a cookie wants flags."""
    is_taken = len(args) > 1 or c_string(args[0]) == "off"
    return "" if is_taken else f'invalid parameter "{args[0]}"'


def _open_log_file_cache(args: Sequence[str]) -> str:
    """``ngx_http_log_open_file_cache()``, and that of stream."""
    most: int | None = 0
    for word in args:
        name, _, value = word.partition("=")
        if name == "max":
            most = number(value)
        read = _OF_LOG_FILES.get(name)
        if (c_string(word) != "off") if read is None else (read(value) is None):
            return f'invalid "open_log_file_cache" parameter "{word}"'
    is_off = "off" in map(c_string, args)
    return "" if most or is_off else '"open_log_file_cache" must have "max" parameter'


_OF_LOG_FILES = {"max": number, "min_uses": number, "inactive": seconds, "valid": seconds}


def _browser(args: Sequence[str]) -> str:
    """``ngx_http_modern_browser()``, which says nothing of a single word."""
    if len(args) == 1:
        is_taken = c_string(args[0]) == "unlisted"
        return "" if is_taken else f'invalid parameter "{args[0]}"'
    if c_string(args[0]).lower() not in _BROWSERS:
        return f'unknown browser name "{args[0]}"'
    return "" if re.fullmatch(_VERSION, args[1]) else f'invalid browser version "{args[1]}"'


_BROWSERS = ("opera", "msie", "gecko", "safari", "konqueror")
_VERSION = r"[0-9.]*"


def _processors(args: Sequence[str]) -> str:
    """``ngx_set_cpu_affinity()``, which reads masks from their ends."""
    is_auto = c_string(args[0]) == "auto"
    if is_auto and len(args) > _MOST_OF_AUTO:
        return _WRONG_COUNT
    for mask in args[is_auto:]:
        wrong = next((char for char in reversed(mask) if char not in " 01"), "")
        if wrong:
            return f'invalid character "{wrong}" in "{{name}}"'
    return ""


_MOST_OF_AUTO = 2


def _is_priority(value: str) -> bool:
    """``ngx_set_priority()``."""
    return number(value[1:] if value[:1] in ("+", "-") else value) is not None


def _pool_size(args: Sequence[str]) -> str:
    """``ngx_http_core_pool_size()``, with 64 bits."""
    size = parse_size(args[0])
    if size is not None and size < _LEAST_POOL:
        return f"the pool size must be no less than {_LEAST_POOL}"
    is_aligned = size is None or size % _POOL_ALIGNMENT == 0
    return "" if is_aligned else f"the pool size must be a multiple of {_POOL_ALIGNMENT}"


_LEAST_POOL, _POOL_ALIGNMENT = 112, 16
"""``NGX_MIN_POOL_SIZE`` and ``NGX_POOL_ALIGNMENT``: bytes."""


def _steps(most: int, nginx: str, args: Sequence[str]) -> str:
    """``ngx_http_gzip_window()`` and ``ngx_http_gzip_hash()``: a power of two from 512 on."""
    size = parse_size(args[0])
    is_taken = size is None or (512 <= size <= most and not size & (size - 1))
    return "" if is_taken else '"{name}" directive must be ' + nginx


def _streams_index(args: Sequence[str]) -> str:
    """``ngx_http_v2_streams_index_mask()``."""
    count = number(args[0])
    is_taken = count is None or (count > 0 and not count & (count - 1))
    return "" if is_taken else '"{name}" directive must be a power of two'


def _imported(ending: str, what: str, args: Sequence[str]) -> str:
    """``ngx_js_import()`` and ``ngx_js_preload_object()``: a file's name is that of what it has."""
    name = args[0]
    if len(args) == 1:
        name = name.rpartition("/")[2].removesuffix(ending)
        if not args[0].endswith(ending):
            extended = 'use extended "from" syntax'
            return f'cannot extract {what} name from file path "{args[0]}", {extended}'
    elif c_string(args[1]) != "from":
        return f'invalid parameter "{args[1]}"'
    if not name:
        return f"empty {what} name"
    wrong = re.sub(_OF_NAMES, "", name)[:1]
    if wrong or name[0].isdigit():
        cannot = "invalid character" if wrong and wrong != name[0] else "cannot start with"
        return f'{cannot} "{wrong or name[0]}" in {what} name "{name}"'
    return ""


_OF_NAMES = "[A-Za-z0-9_]+"


def _buffer_type(args: Sequence[str]) -> str:
    """``ngx_http_js_body_filter_set()``; njs before 0.5.2 takes one argument."""
    values = [word for word in args[1:] if word.startswith("buffer_type=")]
    wrong = next((v for v in values if v[12:] not in ("string", "buffer")), "")
    must = 'it must be "string" or "buffer"'
    return f'invalid buffer_type value "{wrong}", {must}' if wrong else ""


def _runs_nothing(args: Sequence[str]) -> str:
    """``ngx_http_lua_content_by_lua()`` and its like want code, or the name of a file."""
    return "" if args[0] else "no runnable Lua code"


def _by_lua(phases: str) -> str:
    """The directives of phases whose code is looked at; ``set_by_lua`` takes none at all, too."""
    forms = ("", "_block", "_file")
    return " ".join(f"{phase}_by_lua{form}" for phase in phases.split() for form in forms)


def _threads(args: Sequence[str]) -> str:
    """``ngx_thread_pool()`` ignores what it does not know."""
    has_threads = any(word.startswith("threads=") for word in args[1:])
    return "" if has_threads else '"{name}" must have "threads" parameter'


def _with_off(args: Sequence[str]) -> str:
    """``ngx_http_log_set_log()`` and that of stream."""
    is_wrong = len(args) > 1 and c_string(args[0]) == "off"
    return f'invalid parameter "{args[1]}"' if is_wrong else ""


def _one_only(args: Sequence[str]) -> str:
    """The command takes less there than in other blocks, or in later releases."""
    return "" if len(args) == 1 else _WRONG_COUNT


_CACHE_PATH = _CACHES.format("cache_path")
_OF_CACHE_PATH = {
    "inactive": seconds,
    "max_size": parse_offset,
    "min_free": parse_offset,
    "loader_files": number,
    "loader_sleep": milliseconds,
    "loader_threshold": milliseconds,
    "manager_files": number,
    "manager_sleep": milliseconds,
    "manager_threshold": milliseconds,
}
"""``ngx_http_file_cache_set_slot()``."""

_HTTP = frozenset({"http"})

RELEASE_VALUES = (
    *_SLOTS,
    Refusal(_CACHES.format("store_access") + " dav_access", IN_HTTP, _access),
    one_argument("aio", IN_HTTP, _is_aio, _INVALID),
    one_argument(
        "directio",
        IN_HTTP,
        lambda value: c_string(value) == "off" or parse_offset(value) is not None,
        _INVALID,
    ),
    Refusal("disable_symlinks", IN_HTTP, _symbolic_links),
    Refusal("random", UPSTREAMS, _random, is_plain=True),
    Refusal("proxy_cookie_flags", IN_HTTP, _flags_of_cookies),
    Refusal("open_log_file_cache", IN_HTTP | IN_STREAM, _open_log_file_cache),
    Refusal("modern_browser", IN_HTTP, _browser),
    one_argument(
        "userid_mark",
        IN_HTTP,
        lambda value: c_string(value) == "off" or re.fullmatch("[0-9A-Za-z=]", value),
        '"{name}" directive value must be "off" or a single letter, digit or "="',
    ),
    one_argument(
        "userid_expires",
        IN_HTTP,
        lambda value: c_string(value) in ("max", "off") or seconds(value) is not None,
        _INVALID,
    ),
    one_argument(
        "allow deny",
        IN_HTTP | IN_STREAM,
        lambda value: value in ("all", "unix:") or is_network(value),
        'invalid parameter "{value}"',
    ),
    one_argument(
        _CACHES.format("bind") + " grpc_bind memcached_bind",
        IN_HTTP | IN_STREAM,
        lambda value: c_string(value) == "off" or "$" in value or is_address(value),
        'invalid address "{value}"',
    ),
    one_argument("worker_priority", _MAIN, _is_priority, '"{name}" directive invalid number'),
    Refusal("worker_cpu_affinity", _MAIN, _processors),
    Refusal("connection_pool_size http2_pool_size", IN_HTTP, _pool_size),
    Refusal(
        "gzip_window",
        IN_HTTP,
        lambda args: _steps(32 << 10, "512, 1k, 2k, 4k, 8k, 16k, or 32k", args),
    ),
    Refusal(
        "gzip_hash",
        IN_HTTP,
        lambda args: _steps(128 << 10, "512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k", args),
    ),
    Refusal("http2_streams_index_size", IN_HTTP, _streams_index),
    Refusal("js_import", IN_HTTP | IN_STREAM, partial(_imported, ".js", "export")),
    Refusal("js_preload_object", IN_HTTP | IN_STREAM, partial(_imported, ".json", "global")),
    Refusal("js_body_filter", IN_HTTP, _buffer_type),
    Refusal(_by_lua(_WITH_CODE), IN_HTTP, _runs_nothing),
    Refusal(_by_lua("server_rewrite"), frozenset({"server"}), _runs_nothing),
    Refusal(_by_lua("preread content"), IN_STREAM, _runs_nothing),
    Refusal("thread_pool", _MAIN, _threads),
    Refusal("access_log", IN_HTTP | IN_STREAM, _with_off),
    Refusal("keepalive", _UPSTREAM, _one_only, is_plain=True, until=(1, 29, 7)),
    Refusal("keepalive_timeout", _UPSTREAM, _one_only, is_plain=True),
    Refusal("server_name", _MAIL, _one_only, is_plain=True),
    *(
        each_word(
            _CACHE_PATH, _HTTP, {f"{word}=": is_one(read)}, f'invalid {word} value "{{word}}"'
        )
        for word, read in _OF_CACHE_PATH.items()
    ),
)
"""Rows of directives; the functions that set them are named above."""
