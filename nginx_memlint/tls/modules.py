"""The modules that a server loads: the objects that ``load_module`` names."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from nginx_memlint.problems import Problem
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.host_facts import HostFacts
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import FAMILIES
from nginx_memlint.tree.directives_table import ROWS
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.stand_ins import is_at_home
from nginx_memlint.tree.tree import Tree

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

_BY_BLOCKS = frozenset({"ngx_http_acme_module.so", "ngx_http_auth_ldap_module.so"})
"""Objects whose contexts are counted by the blocks that they bring, or because they are loaded."""

KNOWN = _COUNTED | WITHOUT_CONTEXTS | _OF_NGINX | _BY_BLOCKS

_IN_TABLE = _COUNTED | _OF_NGINX | {"ndk_http_module.so"}
"""Objects all of whose directives are in the table; Debian's NDK brings none (its strings)."""


def objects(tree: Tree) -> frozenset[str]:
    """The file names of the shared objects that the configuration loads."""
    if "objects" not in tree.memo:
        names = frozenset(load.taken_for for load in _loaded(tree))
        tree.memo["objects"] = names
    loaded: frozenset[str] = tree.memo["objects"]
    return loaded


class Need(NamedTuple):
    """An object that must be loaded before another one.

    ``built``: the builds of nginx of which that is known. ``symbol``: the symbol that nginx 1.22.1
    of Debian 12 says is undefined without it.
    """

    object: str
    built: str
    symbol: str


NEEDS = {
    "ngx_http_lua_module.so": Need("ndk_http_module.so", "ndk separate", "ndk_set_var_value"),
    "ngx_stream_js_module.so": Need(
        "ngx_stream_module.so", "stream separate", "ngx_stream_top_filter"
    ),
}


class _Bringing(NamedTuple):
    """The objects that bring a block, and the builds of nginx that have it only in these.

    Without a ``built``, no build has it in itself, as far as builds are known.
    """

    objects: frozenset[str] = frozenset()
    built: str = ""


_BROUGHT = {
    ("main", "stream"): _Bringing(frozenset({"ngx_stream_module.so"}), "stream separate"),
    ("main", "mail"): _Bringing(frozenset({"ngx_mail_module.so"}), "mail separate"),
    ("main", "rtmp"): _Bringing(frozenset({"ngx_rtmp_module.so"})),
    ("http", "geoip2"): _Bringing(frozenset({"ngx_http_geoip2_module.so"})),
    ("stream", "geoip2"): _Bringing(frozenset({"ngx_stream_geoip2_module.so"})),
    ("http", "acme_issuer"): _Bringing(frozenset({"ngx_http_acme_module.so"})),
    ("http", "otel_exporter"): _Bringing(frozenset({"ngx_otel_module.so"})),
    # of NGINX Plus
    **dict.fromkeys(
        (("main", "mgmt"), ("http", "oidc_provider"), ("http", "match"), ("stream", "match")),
        _Bringing(),
    ),
}
"""Kind of block and the name of a block in it → what brings that."""


_SEPARATE = {
    "src/http/modules/ngx_http_xslt_filter_module.c": "ngx_http_xslt_filter_module.so",
    "src/http/modules/ngx_http_image_filter_module.c": "ngx_http_image_filter_module.so",
    "src/http/modules/ngx_http_geoip_module.c": "ngx_http_geoip_module.so",
    "src/http/modules/perl/ngx_http_perl_module.c": "ngx_http_perl_module.so",
    "src/stream/ngx_stream_geoip_module.c": "ngx_stream_geoip_module.so",
    "src/ngx_http_lua_module.c": "ngx_http_lua_module.so",
    "nginx/ngx_http_js_module.c": "ngx_http_js_module.so",
    "nginx/ngx_stream_js_module.c": "ngx_stream_js_module.so",
}
"""Modules of nginx itself that packages have in an object of their own, as they have stream
(debian/rules of Debian's nginx) → the object."""


_BROUGHT_BY = {
    (name, "stream" if "/ngx_stream_" in path else "http"): _SEPARATE[path]
    for _, path, _, names in ROWS
    if path in _SEPARATE
    for name in names.split()
}
"""Directive and outermost block → the object that brings it."""


def all_known(tree: Tree, target: Target) -> bool:
    """Whether it is known of a configuration's nginx which directives and blocks it has.

    An object of an unknown name may bring any, and an include that found nothing may load what
    does.
    """
    is_built = target.stated and any(word.endswith(" separate") for word in target.built)
    return is_built and objects(tree) <= KNOWN and all(tree.matched.values())


def all_in_table(tree: Tree, target: Target) -> bool:
    """Whether nginx rejects each directive that is in no table, in a configuration."""
    return all_known(tree, target) and objects(tree) <= _IN_TABLE and tree.main.has("events")


def without_module(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of blocks that the target's nginx does not know without a ``load_module``."""
    loaded = objects(tree)
    if not all_known(tree, target) or not tree.main.has("events"):
        return
    for around in (tree.main, *tree.blocks("http", "stream")):
        for block in around.children:
            tree.work.take()
            name = block.directive.name if block.directive is not None else ""
            bringing = _BROUGHT.get((around.kind, name))
            if bringing is None or not loaded.isdisjoint(bringing.objects):
                continue
            if not bringing.built or bringing.built in target.built:
                nginx = f'unknown directive "{name}"'
                why = f"{target.name} has no such block in itself, and no load_module brings it"
                yield Problem.of_nginx(block.inclusion, block.directive, nginx, f"{nginx}: {why}")


def of_separate_modules(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives of nginx's own modules whose object is not loaded."""
    is_accepted = isinstance(tree.source, MemoryFiles)  # a dump
    if is_accepted or not all_known(tree, target) or not tree.main.has("events"):
        return
    if "stream separate" not in target.built:
        return
    loaded = objects(tree)
    for (name, root), needed in _BROUGHT_BY.items():
        if needed in loaded or name not in tree.index_names():
            continue
        for block in tree.having((name,)):
            if tree.root_of(block).kind == root:
                for setting in block.settings(name)[:1]:
                    nginx = f'unknown directive "{name}"'
                    why = f"{target.name} has it in {needed}, and no load_module brings that"
                    said = f"{nginx}: {why}"
                    yield Problem.of_nginx(setting.inclusion, setting.directive, nginx, said)


class _Load(NamedTuple):
    """A ``load_module``: the name of its object, and of what that leads to on this machine."""

    setting: Setting
    name: str
    taken_for: str


def problems(tree: Tree, target: Target, prefix: str | None) -> Iterator[Problem]:
    """Problems of loaded objects: unknown ones, and those that nginx would reject.

    ``prefix`` is that of ``nginx -p``, in which relative names are; None if it is not known.
    """
    seen: set[str] = set()
    for load in _loaded(tree):
        inclusion, directive = load.setting.inclusion, load.setting.directive
        full = _full_path(load.setting, prefix)
        # of others, two may have one name
        key = load.taken_for if load.taken_for in KNOWN else full
        if key in seen:
            nginx = f'module "{load.taken_for.removesuffix(".so")}" is already loaded'
            yield Problem.of_nginx(inclusion, directive, nginx)
        elif need := _missing_need(load.taken_for, seen, target):
            nginx = f'dlopen() "{full}" failed ({full}: undefined symbol: {need.symbol})'
            said = f"{nginx}: {need.object} must be loaded before it"
            yield Problem.of_nginx(inclusion, directive, nginx, said)
        elif doubt := _doubtful(load, full, tree, target.host):
            yield Problem.at(inclusion, directive, f"load_module: {doubt}", complete=True)
        seen.add(key)


def _missing_need(name: str, seen: set[str], target: Target) -> Need | None:
    """The object that one needs and that is not ``seen`` before it; None if that is unknown.

    Any module may be in an object of an unknown name.
    """
    need = NEEDS.get(name)
    if need is None or need.object in seen or not seen <= KNOWN:
        return None
    return need if target.stated and need.built in target.built else None


def _doubtful(load: _Load, full: str, tree: Tree, host: HostFacts) -> str:
    """A sentence about an object that is absent or whose module is unknown, else ""."""
    if host.modules and load.name not in host.modules:
        return f"{load.name} is not on the server, as {host.name} says, which nginx needs to start"
    if full.startswith("/") and _is_missing(tree, full):
        return f"{full} is not there, and nginx does not start without it"
    if load.name == load.taken_for and load.name in KNOWN:
        return ""
    if load.taken_for in KNOWN:
        return f'"{load.name}" is {load.taken_for} on this machine, and counted as that'
    return (
        f'"{load.name}" is no module that is known here: TLS contexts that it may '
        "build are not counted"
    )


def _is_missing(tree: Tree, path: str) -> bool:
    """Whether a file is not on the server, as far as the server's files are on this machine.

    They are in a copy of its root, and on this machine if the main file is where an installed one
    is. The modules of a checkout are elsewhere.
    """
    source = tree.source
    if not source.restricted and not is_at_home(source, tree.directory):
        return False
    try:
        if source.is_partial and not source.is_dir(path.rpartition("/")[0] or "/"):
            return False  # it has other directories
        return not source.exists(path)
    except OSError:
        return False  # what is there cannot be known


def _full_path(setting: Setting, prefix: str | None) -> str:
    """The name that ``dlopen()`` is called with; relative if the prefix is not known."""
    path = c_string(setting.value)
    return path if path.startswith("/") or prefix is None else f"{prefix.rstrip('/')}/{path}"


def _loaded(tree: Tree) -> Iterator[_Load]:
    """Each ``load_module``, in nginx's order."""
    for setting in tree.main.in_order(("load_module",)):
        path = c_string(setting.value)  # dlopen()
        name = path.rpartition("/")[2]
        linked = _linked(tree, path)
        # a link of a known name may lead to a name with a version in it
        yield _Load(setting, name, linked if linked in KNOWN or name not in KNOWN else name)


def _linked(tree: Tree, path: str) -> str:
    """The name of the file that a path leads to on this machine, or the path's own if unknown."""
    if path.startswith("/") and isinstance(tree.source, FileSystem):
        with suppress(OSError):
            path = tree.source.real_path(path)
    return path.rpartition("/")[2]
