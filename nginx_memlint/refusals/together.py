"""Directives that nginx refuses beside others in a block, or in that kind of location."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nginx_memlint.problems import Problem
from nginx_memlint.refusals.hashes import hosts_of
from nginx_memlint.refusals.record import IN_HTTP, IN_STREAM, Clash, Clashes, clashing
from nginx_memlint.refusals.urls import uri_of
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.expanded import Block, Setting
from nginx_memlint.tree.tree import Tree


def together(tree: Tree, target: Target) -> Iterator[Problem]:
    """Problems of directives beside others, in the order of the table."""
    yield from clashing(tree, target, _ROWS)


def _either(first: str, second: str, nginx: str, off: str | None = None) -> Clash:
    """Two directives of which a block has one at most; none counts whose value is ``off``."""
    names = first, second

    def clashes(block: Block) -> Iterator[tuple[Setting, str]]:
        counted = [s for s in block.in_order(names) if off is None or c_string(s.value) != off]
        for setting in counted:
            if setting.name != counted[0].name:
                yield setting, nginx.format(first=counted[0].name, second=setting.name)
                return

    return Clash(names, IN_HTTP, clashes)


def _once(
    directive: str,
    kinds: frozenset[str],
    name_in: Callable[[Sequence[str]], str],
    nginx: str = '"{directive}" directive is duplicate',
    taken: frozenset[str] = frozenset(),
    since: tuple[int, ...] = (),
) -> Clash:
    """A directive that a block has once for each name; ``taken`` are there from the beginning."""

    def clashes(block: Block) -> Iterator[tuple[Setting, str]]:
        seen = set(taken)
        for setting in block.settings(directive):
            block.inclusion.work.take()
            name = name_in([c_string(arg) for arg in setting.directive.args])
            if name in seen:
                yield setting, nginx.format(name=name, directive=directive)
            elif name:
                seen.add(name)

    return Clash((directive,), kinds, clashes, since=since)


def _first(args: Sequence[str]) -> str:
    return args[0] if args else ""


def _export(args: Sequence[str]) -> str:
    """``ngx_js_import()`` writes an import for each: a name can be declared once."""
    return args[0].rpartition("/")[2].removesuffix(".js") if len(args) == 1 else _first(args)


def _zone(args: Sequence[str]) -> str:
    return next((word for word in args if word.startswith("zone=")), "")


def _backups(methods: tuple[str, ...]) -> Clashes:
    """Backups after a method without ``NGX_HTTP_UPSTREAM_BACKUP`` among its flags."""

    def clashes(block: Block) -> Iterator[tuple[Setting, str]]:
        has_method = False
        for setting in block.in_order(("server", *methods)):
            if setting.name != "server":
                has_method = True
            elif has_method and "backup" in map(c_string, setting.directive.args[1:]):
                yield setting, 'balancing method does not support parameter "backup"'

    return clashes


def _is_inside(block: Block, *beginnings: str) -> bool:
    """Whether a block is a location whose words begin so."""
    words = block.directive.args if block.directive is not None else ()
    return block.kind == "location" and bool(words) and words[0].startswith(beginnings)


def _with_uri(block: Block) -> Iterator[tuple[Setting, str]]:
    if block.kind in ("if", "limit_except") or _is_inside(block, "~", "@"):
        for setting in block.settings("proxy_pass"):
            if uri_of(setting.value):
                yield setting, _WITHOUT_URI


_WITHOUT_URI = (
    '"proxy_pass" cannot have URI part in location given by regular expression, or inside named '
    'location, or inside "if" statement, or inside "limit_except" block'
)


def _aliases(block: Block) -> Iterator[tuple[Setting, str]]:
    for setting in block.settings("alias") if _is_inside(block, "@") else ():
        yield setting, 'the "alias" directive cannot be used inside the named location'


def _redirects(block: Block) -> Iterator[tuple[Setting, str]]:
    """``proxy_redirect default`` before ``proxy_pass``, or beside one with variables."""
    passed: Setting | None = None
    for setting in block.in_order(("proxy_pass", "proxy_redirect")):
        if setting.name == "proxy_pass":
            passed = setting
        elif [c_string(arg) for arg in setting.directive.args] == ["default"]:
            if passed is None:
                after = 'should be placed after the "proxy_pass" directive'
                yield setting, f'"proxy_redirect default" {after}'
            elif "$" in passed.value:
                other = 'cannot be used with "proxy_pass" directive with variables'
                yield setting, f'"proxy_redirect default" {other}'


_LINKS = ("secure_link", "secure_link_md5")


def _links(block: Block) -> Iterator[tuple[Setting, str]]:
    for setting in block.settings("secure_link_secret")[:1]:
        if block.kind != "http" and block.has_any(_LINKS):
            mixed = '"secure_link_secret" cannot be mixed with "secure_link" and "secure_link_md5"'
            yield setting, mixed


def _mirrors(block: Block) -> Iterator[tuple[Setting, str]]:
    """``mirror off`` stands alone."""
    settings = block.settings("mirror")
    values = {c_string(setting.value) for setting in settings}
    if len(settings) > 1 and "off" in values:
        yield settings[1], '"mirror" directive is duplicate'


def _referers(block: Block) -> Iterator[tuple[Setting, str]]:
    """``ngx_http_referer_merge_conf()`` wants a host, and ``ngx_hash_add_key()`` each only once."""
    hosts: set[str] = set()
    has_names = False
    settings = block.settings("valid_referers")
    for setting in settings:
        args = setting.directive.args
        block.inclusion.work.take(len(args))
        has_names = has_names or "server_names" in args
        for host in map(str.lower, hosts_of(args)):
            if host in hosts:
                yield setting, f'conflicting parameter "{host}"'
                return
            hosts.add(host)
    for setting in settings:
        if not hosts and not has_names and not _WITHOUT_HOSTS.isdisjoint(setting.directive.args):
            without = 'the "none" or "blocked" referers are specified in the "valid_referers"'
            yield setting, f"{without} directive without any valid referer"
            return


_WITHOUT_HOSTS = frozenset({"none", "blocked"})


def _patterns(block: Block) -> Iterator[tuple[Setting, str]]:
    """``ngx_http_sub_filter()`` counts those of a block in a byte."""
    for setting in block.settings("sub_filter")[_MOST_PATTERNS:][:1]:
        yield setting, f"number of search patterns exceeds {_MOST_PATTERNS}"


_MOST_PATTERNS = 255

_FORMAT = 'duplicate "log_format" name "{name}"'
_INCOMPATIBLE = '"{second}" directive is incompatible with "{first}"'
_BALANCERS = tuple(f"balancer_by_lua{form}" for form in ("", "_block", "_file"))
_METHODS = ("hash", "random", *_BALANCERS)

_ROWS = (
    _either(
        *("root", "alias"),
        '"{second}" directive is duplicate, "{first}" directive was specified earlier',
    ),
    *(
        _either(f"{protocol}_store", f"{protocol}_cache", _INCOMPATIBLE, off="off")
        for protocol in ("proxy", "fastcgi", "uwsgi", "scgi")
    ),
    Clash(("proxy_pass",), IN_HTTP, _with_uri),
    Clash(("alias",), IN_HTTP, _aliases),
    Clash(("proxy_redirect",), IN_HTTP, _redirects),
    Clash(("secure_link_secret",), IN_HTTP, _links),
    _once("js_import", IN_HTTP | IN_STREAM, _export, '"{name}" has already been declared'),
    _once("return", frozenset({"stream_server"}), lambda _: "text"),
    _once("real_ip_header", IN_HTTP, lambda _: "header", since=(1, 11, 0)),
    _once("slice", IN_HTTP, lambda _: "size"),
    _once("lua_regex_match_limit", IN_HTTP, lambda _: "number"),
    _once("proxy_next_upstream", IN_STREAM, lambda _: "flag"),
    _once("server_name", frozenset({"mail", "mail_server"}), lambda _: "name"),
    Clash(("mirror",), IN_HTTP, _mirrors),
    Clash(("valid_referers",), IN_HTTP, _referers),
    Clash(("sub_filter",), IN_HTTP, _patterns),
    _once("log_format", frozenset({"http"}), _first, _FORMAT, frozenset({"combined"})),
    _once("log_format", frozenset({"stream"}), _first, _FORMAT),
    _once("thread_pool", frozenset({"main"}), _first, 'duplicate thread pool "{name}"'),
    _once("limit_conn", IN_HTTP | IN_STREAM, _first),
    _once("limit_req", IN_HTTP, _zone),
    Clash((*_METHODS, "ip_hash"), frozenset({"upstream"}), _backups((*_METHODS, "ip_hash"))),
    Clash(_METHODS, frozenset({"stream_upstream"}), _backups(_METHODS)),
)
"""``ngx_http_core_root()``, ``ngx_http_proxy_store()``, ``ngx_http_proxy_cache()``,
``ngx_http_proxy_pass()``, ``ngx_http_proxy_redirect()``, ``ngx_http_secure_link_merge_conf()``,
``ngx_stream_return()``, ``ngx_http_log_set_format()``, ``ngx_thread_pool()``,
``ngx_http_limit_conn()``, ``ngx_http_limit_req()``, ``ngx_http_upstream_server()``,
``ngx_http_realip()``, ``ngx_http_mirror()`` and their like:
alike in nginx 1.10.0, 1.22.1 and 1.31.4; ``random`` is there from 1.15.1."""
