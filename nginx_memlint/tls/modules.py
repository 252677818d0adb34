"""The modules that a server loads: the objects that ``load_module`` names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from nginx_memlint.problems import Problem
from nginx_memlint.sources.source import FileSystem
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree.tree import Setting, Tree

_COUNTED = frozenset(family.module.object for family in FAMILIES if family.module is not None)

WITHOUT_CONTEXTS = frozenset(
    {
        *("ndk_http_module.so", "ngx_http_auth_pam_module.so", "ngx_http_brotli_filter_module.so"),
        *("ngx_http_brotli_static_module.so", "ngx_http_cache_purge_module.so"),
        *("ngx_http_dav_ext_module.so", "ngx_http_echo_module.so", "ngx_http_fancyindex_module.so"),
        *("ngx_http_geoip2_module.so", "ngx_http_geoip_module.so", "ngx_http_memc_module.so"),
        *("ngx_http_headers_more_filter_module.so", "ngx_http_image_filter_module.so"),
        *("ngx_http_modsecurity_module.so", "ngx_http_perl_module.so"),
        *("ngx_http_set_misc_module.so", "ngx_http_srcache_filter_module.so"),
        *("ngx_http_subs_filter_module.so", "ngx_http_uploadprogress_module.so"),
        *("ngx_http_upstream_fair_module.so", "ngx_http_xslt_filter_module.so"),
        *("ngx_rtmp_module.so", "ngx_stream_geoip2_module.so", "ngx_stream_geoip_module.so"),
    }
)
"""Objects of Debian 12's packages that refer to neither ``ngx_ssl_create()`` nor ``SSL_CTX_new()``
(their dynamic symbols; nchan's does)."""

_OF_NGINX = frozenset({"ngx_stream_module.so", "ngx_mail_module.so"})
"""Objects of nginx's own modules, whose contexts are counted by the blocks that they bring."""

KNOWN = _COUNTED | WITHOUT_CONTEXTS | _OF_NGINX


def objects(tree: Tree) -> frozenset[str]:
    """The file names of the shared objects that the configuration loads."""
    if "objects" not in tree.memo:
        names = frozenset(taken_for for _, _, taken_for in _loaded(tree))
        tree.memo["objects"] = names
    loaded: frozenset[str] = tree.memo["objects"]
    return loaded


def unknown(tree: Tree) -> Iterator[Problem]:
    """Problems of shared objects with unknown names: they may be any module."""
    for setting, name, taken_for in _loaded(tree):
        if name in KNOWN:
            continue
        if taken_for in KNOWN:
            message = f'load_module: "{name}" is {taken_for} on this machine, and counted as that'
        else:
            message = (
                f'load_module: "{name}" is no module that is known here: TLS contexts that it may '
                "build are not counted"
            )
        yield Problem.at(setting.inclusion, setting.directive, message, complete=True)


def _loaded(tree: Tree) -> Iterator[tuple[Setting, str, str]]:
    """Each ``load_module``, the name of its object, and the name of the file this leads to here."""
    for setting in tree.main.settings("load_module"):
        path = c_string(setting.value)  # dlopen()
        name = path.rpartition("/")[2]
        yield setting, name, name if name in KNOWN else _linked(tree, path)


def _linked(tree: Tree, path: str) -> str:
    """The name of the file that a path leads to on this machine, or the path's own if unknown."""
    if path.startswith("/") and isinstance(tree.source, FileSystem):
        with suppress(OSError):
            path = tree.source.real_path(path)
    return path.rpartition("/")[2]
