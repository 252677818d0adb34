"""Directives whose memory is so many bytes each: one row for each directive.

Measured on Debian 12 (tests/nginx/recordings/parts-bookworm.json), without the words themselves,
which are counted as text. On Debian 11, 13 and unstable they are within 5 % of it, unless there is
a row of a later nginx.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, setting_in
from nginx_memlint.targets.versions import Version

ALWAYS = Version(())
"""Below all versions."""


FEW = 4
"""Arguments that are in the bytes of a directive. Of many, arrays double, and nginx keeps all."""


class DirectiveCost(NamedTuple):
    """Bytes in nginx's pools.

    ``each``: of one directive. ``block``: once for each block in which it stands. ``worker_each``
    and ``worker_block``: what each worker adds for itself, since the master's pages are not full.
    ``more``: of each but the first in a block. ``word``: of each argument beyond FEW.
    ``variable``: of each different argument with a ``$``, which may be a new variable.
    ``first``: the nginx from which on that is so.
    """

    name: str
    first: Version
    each: int = 0
    block: int = 0
    worker_each: int = 0
    worker_block: int = 0
    more: int = 0
    word: int = 0
    variable: int = 0


def _rows(
    names: str,
    *figures: int,
    first: Version = ALWAYS,
    more: int = 0,
    word: int = 0,
    variable: int = 0,
) -> tuple[DirectiveCost, ...]:
    row = DirectiveCost("", first, *figures)._replace(more=more, word=word, variable=variable)
    return tuple(row._replace(name=name) for name in names.split())


def _count(rows: tuple[DirectiveCost, ...], configuration: Configuration) -> Iterator[Counted]:
    names = configuration.tree.index_names()
    version = configuration.target.nginx
    for row in {row.name: row for row in rows if version >= row.first}.values():
        if row.name in names and (counted := _counted(row, configuration)):
            yield counted


def _counted(row: DirectiveCost, configuration: Configuration) -> Counted | None:
    """All directives of a row, at the body in which most of them stand."""
    tree, name = configuration.tree, row.name
    directives, blocks, fullest = tree.counts(name)
    tree.work.take(directives)
    if fullest is None:
        return None
    pool = directives * row.each + blocks * row.block + (directives - blocks) * row.more
    if row.word:
        pool += row.word * sum(
            max(0, len(directive.args) - FEW) * len(places)
            for directive, _, places in tree.written(name)
        )
    if row.variable:
        different = {arg for directive in tree.directives(name) for arg in directive.args}
        pool += row.variable * sum("$" in arg for arg in different)
    worker = directives * row.worker_each + blocks * row.worker_block
    return Counted(
        Amount(pool=pool, worker=worker), directives, setting_in(tree, *fullest, name), name
    )


def _record(
    name: str,
    function: str,
    measured: str,
    *rows: tuple[DirectiveCost, ...],
    by_target: bool = False,
) -> Record:
    listed = tuple(row for some in rows for row in some)

    def count(configuration: Configuration) -> Iterable[Counted]:
        return _count(listed, configuration)

    causes = tuple(dict.fromkeys(row.name for row in listed))
    return Record(name, causes, count, function, measured, by_target=by_target)


RECORDS: tuple[Record, ...] = (
    _record(
        "headers hidden",
        "ngx_http_upstream_hide_headers_hash()",
        "proxy_pass, 3 proxy_hide_header",
        _rows(
            "proxy_hide_header fastcgi_hide_header uwsgi_hide_header scgi_hide_header",
            95,
            1_500,
            0,
            230,
        ),
        _rows("grpc_hide_header", 95, 1_500, 0, 230),
    ),
    _record(
        "caches",
        "ngx_http_file_cache_set_slot(), ngx_http_proxy_cache_key()",
        "proxy_pass, cache; proxy_pass, cache_valid; words of proxy_no_cache, proxy_cache_bypass",
        _rows("proxy_cache_path fastcgi_cache_path uwsgi_cache_path scgi_cache_path", 1_000),
        _rows("proxy_cache_key fastcgi_cache_key uwsgi_cache_key scgi_cache_key", 300),
        _rows("proxy_cache_valid fastcgi_cache_valid", 100),
        _rows("proxy_cache_bypass proxy_no_cache", 100, word=308, variable=190),
        _rows("fastcgi_cache_bypass fastcgi_no_cache", word=308, variable=190),
        _rows("uwsgi_cache_bypass uwsgi_no_cache", word=308, variable=190),
        _rows("scgi_cache_bypass scgi_no_cache", word=308, variable=190),
    ),
    _record(
        "upstreams passed to",
        "ngx_http_proxy_pass()",
        "proxy_pass; fastcgi_pass; grpc_pass; proxy_redirect, proxy_cookie_path in one block; "
        "proxy_ssl_conf_command",
        _rows("proxy_pass", 250),
        _rows("fastcgi_pass uwsgi_pass scgi_pass grpc_pass memcached_pass", 85),
        _rows("proxy_cookie_path proxy_cookie_domain proxy_cookie_flags", 157, more=150),
        _rows("proxy_redirect", more=310),
        _rows("proxy_ssl_conf_command grpc_ssl_conf_command uwsgi_ssl_conf_command", more=100),
        _rows("ssl_conf_command lua_ssl_conf_command", more=100),
    ),
    _record(
        "rewriting",
        "ngx_http_rewrite(), ngx_http_script_compile()",
        "1/5 rewrite; 1/5 set; return",
        _rows("rewrite", 440),
        _rows("return", 330),
        _rows("set", 300),
    ),
    _record(
        "headers added, pages and files",
        "ngx_http_headers_add(), ngx_http_core_error_page(), ngx_http_core_try_files()",
        "5 add_header; 5 error_page; try_files; index; 2 sub_filter; words of error_page, "
        "try_files, index; mirror",
        _rows("add_header add_trailer", 270),
        _rows("error_page", 205, word=257),
        _rows("try_files", 770, word=77),
        _rows("auth_basic", 130),
        _rows("index", 130, word=131),
        _rows("mirror", more=50),
        _rows("sub_filter", 490),
    ),
    _record(
        "compressed types",
        "ngx_http_merge_types()",
        "10 gzip_types; words of gzip_types",
        _rows(
            "gzip_types brotli_types ssi_types sub_filter_types addition_types",
            *(0, 1_700, 0, 250),
            word=67,
        ),
    ),
    _record(
        "access rules",
        "ngx_http_access_rule()",
        "deny; 1/10 deny; set_real_ip_from; auth_request_set; auth_request_set of new variables",
        _rows("allow deny", 42, 60),
        _rows("set_real_ip_from", more=116),
        _rows("auth_request_set", more=184, variable=375),
    ),
    _record(
        "logs",
        "ngx_http_log_set_log(), ngx_http_log_compile_format()",
        "access_log; log_format; error_log of its own",
        _rows("access_log", 180),
        _rows("error_log", 150),
        _rows("log_format", 700),
    ),
    _record(
        "Lua handlers",
        "ngx_http_lua_content_by_lua(), ngx_http_lua_access_by_lua() and their like",
        "content_by_lua_block; set_by_lua_block; set_by_lua_file",
        _rows(
            "content_by_lua_block content_by_lua_file access_by_lua_block access_by_lua_file "
            "rewrite_by_lua_block rewrite_by_lua_file header_filter_by_lua_block "
            "header_filter_by_lua_file body_filter_by_lua_block log_by_lua_block log_by_lua_file "
            "balancer_by_lua_block",
            250,
            0,
            50,
        ),
        _rows("set_by_lua_block set_by_lua", 400, 0, 50),
        _rows("set_by_lua_file", 510),
    ),
    _record(
        "functions of njs",
        "ngx_http_js_set(), ngx_http_js_var(), ngx_js_import()",
        "js_set; js_var; js_import in http",
        _rows("js_set", 236),
        _rows("js_var", 440),
        _rows("js_import", more=2_300),
    ),
    _record("environment", "ngx_set_env()", "env", _rows("env", 40, 0, 5)),
)
"""A directive that takes memory is one row more."""
