"""The uses of CA certificates: what a directive's are for, and which blocks use them.

There is one record for each directive that names a CA bundle. Where the use cannot be told, the
certificates count as used.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.targets import Target
from nginx_memlint.tls.families import JS_TRUSTED, LUA_TRUSTED, by_name
from nginx_memlint.tree.blocks import DATA, WITHOUT_SETTINGS
from nginx_memlint.tree.expanded import Block, Nearest, Setting
from nginx_memlint.tree.tree import Tree

Users = Callable[[Tree, Block], dict[int, Block]]
"""Finds the blocks below a root block of a tree that use a directive's certificates, by id()."""


class Use(NamedTuple):
    """The use of a directive's certificates, below a ``root`` block (http, stream, mail).

    ``users``: which blocks use them. ``unused``: in words, that none does. ``mover``: the users in
    words, where the directive may be moved to them. ``risk``: what it means for the blocks that
    build a context of the ``family``, where that is not intended. ``requests``: the users that
    serve requests, if processes may use them without one, and ``process``: the directives that do.
    ``switch``: the directive that turns the use on, which somebody may have forgotten.
    """

    directive: str
    root: str
    family: str
    users: Users
    unused: str
    mover: str = ""
    risk: str = ""
    requests: Users | None = None
    process: str = ""
    switch: str = ""


@dataclass(eq=False, repr=False)
class Unused:
    """A directive as written whose certificates nothing uses in any place that includes it.

    ``exposed`` are the blocks to which Use.risk applies.
    """

    use: Use
    places: list[Setting] = field(default_factory=list)
    exposed: list[Block] = field(default_factory=list)


def reach(setting: Setting) -> Iterator[Block]:
    """The blocks that see a setting: its own, and those below that do not set it themselves."""
    pending = [setting.block]
    while pending:
        block = pending.pop()
        yield block
        pending += [inner for inner in reversed(block.children) if not inner.has(setting.name)]


def places(tree: Tree, settings: Collection[Setting]) -> list[Setting]:
    """The settings of these directives in all places that include their files."""
    keys = {setting.key for setting in settings}
    names = {setting.name for setting in settings}
    return [
        setting
        for block in tree.having(names)
        for name in names
        for setting in block.settings(name)
        if setting.key in keys
    ]


def unused(tree: Tree, target: Target) -> dict[tuple[str, int], Unused]:
    """The directives whose certificates no block uses, by Setting.key."""
    candidates: dict[tuple[str, int], Unused] = {}
    used: set[tuple[str, int]] = set()
    users = users_of(tree)
    for block in tree.having(_DIRECTIVES):
        root = tree.root_of(block)
        for use in USES:
            if use.root != root.kind:
                continue
            for setting in block.settings(use.directive):
                if not setting.value or any(users.has(use, root, b) for b in reach(setting)):
                    used.add(setting.key)
                    continue
                entry = candidates.setdefault(setting.key, Unused(use))
                entry.places.append(setting)
                if use.risk:
                    family = by_name(use.family)
                    entry.exposed += [
                        inner
                        for inner in reach(setting)
                        if inner.kind in family.kinds and family.wants(inner, target)
                    ]
    return {key: entry for key, entry in candidates.items() if key not in used}


class UsersOf:
    """A cache of the blocks that use a directive's certificates, for each root block of a tree."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._users: dict[tuple[int, str], dict[int, Block]] = {}

    def of(self, use: Use, root: Block) -> dict[int, Block]:
        """The blocks that use the certificates of a directive, by their id()."""
        key = id(root), use.directive
        if key not in self._users:
            self._users[key] = use.users(self._tree, root)
        return self._users[key]

    def has(self, use: Use, root: Block, block: Block) -> bool:
        """Whether a block uses the certificates of a directive."""
        return id(block) in self.of(use, root)


def users_of(tree: Tree) -> UsersOf:
    """The UsersOf of a tree, made once."""
    if "users" not in tree.memo:
        tree.memo["users"] = UsersOf(tree)
    users: UsersOf = tree.memo["users"]
    return users


def use_of(tree: Tree, setting: Setting) -> Use | None:
    """The Use of a directive in the place where it stands; None if it names no CA bundle."""
    root = tree.root_of(setting.block)
    for use in USES:
        if (use.directive, use.root) == (setting.name, root.kind):
            return use
    return None


def _running(
    handler: Callable[[str], bool],
    workers: Callable[[str], bool],
    variables: Callable[[str], bool],
) -> Users:
    """Finds the blocks in which code runs: handlers are inherited.

    Handlers that run in a worker without a request use the root's settings (``workers``). Those
    that stand in an upstream run with the settings of the blocks that pass requests to it. Those
    that set a variable (``variables``) may run for any request.
    """

    def users(tree: Tree, root: Block) -> dict[int, Block]:
        handlers = {*filter(handler, tree.index_names())}
        setting = {*filter(variables, tree.index_names())}
        running: dict[int, Block] = {}
        balanced: set[str] = set()
        anywhere = False
        for block in tree.having(handlers | setting):
            if block.kind == DATA or tree.root_of(block) is not root:
                continue
            tree.work.take(len(block.parts))
            names = {one.name for body, _ in block.parts for one in body.directives}
            handles, sets = not handlers.isdisjoint(names), not setting.isdisjoint(names)
            if handles and block.kind in _UPSTREAMS:
                balanced.add(_name_of(block))
                handles = False
            anywhere = anywhere or sets or (handles and block.kind in WITHOUT_SETTINGS)
            if handles and id(block) not in running:
                running |= {id(inner): inner for inner in block.walk() if inner.kind != DATA}
        passing = _passing(root, balanced) if balanced else {}
        if anywhere or (balanced and not passing):  # another module may pass to it
            return {id(block): block for block in root.walk()}
        running |= passing
        return ({id(root): root} if any(map(workers, root.names())) else {}) | running

    return users


def _name_of(upstream: Block) -> str:
    args = upstream.directive.args if upstream.directive is not None else ()
    return c_string(args[0]).lower() if args else ""


_PASSES = (
    *("proxy_pass", "fastcgi_pass", "grpc_pass", "uwsgi_pass", "scgi_pass", "memcached_pass"),
    *("tarantool_pass", "postgres_pass", "redis2_pass", "drizzle_pass"),
)
"""Directives that pass a request to an upstream."""


def _passing(root: Block, upstreams: Collection[str]) -> dict[int, Block]:
    """The blocks that pass requests to some upstreams, and those inside them.

    A handler there cannot open a connection; a timer that it starts can, with the settings of the
    block (run on lua-nginx-module 0.10.23). What a name with variables leads to is not known.
    """
    passing: dict[int, Block] = {}
    for block in root.walk():
        if id(block.parent) in passing or any(
            "$" in setting.value or _host(c_string(setting.value)) in upstreams
            for name in _PASSES
            for setting in block.settings(name)
        ):
            passing[id(block)] = block
    return passing


def _host(address: str) -> str:
    """The host, with its port, of what a request is passed to."""
    return address.rpartition("://")[2].partition("/")[0].lower()


def _where(
    kinds: frozenset[str],
    *conditions: Callable[[Block], bool],
    around: Callable[[Block], bool] = lambda _block: False,
) -> Users:
    """Finds blocks of these kinds that meet a condition.

    Blocks inside one that meets the condition ``around`` count, too.
    """

    def users(_tree: Tree, root: Block) -> dict[int, Block]:
        nearest = Nearest(around)
        return {
            id(block): block
            for block in root.walk()
            if block.kind in kinds
            and (any(condition(block) for condition in conditions) or nearest.of(block))
        }

    return users


def _is_set(name: str) -> Callable[[Block], bool]:
    """A condition: the block sees a value of the directive other than ``off``."""

    def condition(block: Block) -> bool:
        setting = block.effective(name)
        return setting is not None and c_string(setting.value).lower() not in ("", "off")

    return condition


_UPSTREAMS = frozenset({"upstream", "stream_upstream"})

_PROCESS = ("init_worker_by_lua", "exit_worker_by_lua")
_NO_TLS = ("init_by_lua", *_PROCESS)
"""``init_by_lua*`` can neither open a connection nor start a timer (lua-nginx-module's
documentation of ngx.socket.tcp and ngx.timer.at). ``set_by_lua*`` can start one, run on 0.10.23."""

_JS_SETTINGS = frozenset(
    {
        "js_import",
        "js_include",
        "js_path",
        "js_var",
        "js_engine",
        "js_preload_object",
        "js_shared_dict_zone",
        "js_context_reuse",
        "js_context_reuse_max_size",
        "js_load_http_native_module",
        "js_load_stream_native_module",
        "js_set",
    }
)
"""njs's directives that run nothing by themselves, beside ``js_fetch_*``."""


def _lua_handler(name: str) -> bool:
    return "_by_lua" in name and not name.startswith(_NO_TLS) and not name.endswith("_no_postpone")


def _js_handler(name: str) -> bool:
    return name.startswith("js_") and not name.startswith("js_fetch_") and name not in _JS_SETTINGS


def _tls_lua(block: Block) -> bool:
    """Whether Lua runs in the TLS handshake, where it may verify a client itself (ngx.ssl)."""
    return any(name.startswith("ssl_") and "_by_lua" in name for name in block.names())


_LUA = _running(_lua_handler, lambda name: name.startswith(_PROCESS), lambda _name: False)
_LUA_REQUESTS = _running(_lua_handler, lambda _name: False, lambda _name: False)
_JS = _running(_js_handler, lambda _name: False, lambda name: name == "js_set")

_NO_LUA = "no Lua that could open a TLS connection runs where it applies"
_NO_JS = "no JavaScript runs where it applies"
_NOT_VERIFYING = "no server that sees it verifies clients, staples OCSP responses or asks OCSP"
_MAIL_NOT_VERIFYING = "no server that sees it verifies clients"


def _server(root: str, family: str) -> tuple[Use, Use]:
    """The uses of ssl_trusted_certificate and ssl_client_certificate in http, stream or mail."""
    kinds = by_name(family).kinds
    verifies = _is_set("ssl_verify_client")
    others = () if root == "mail" else (_is_set("ssl_stapling"), _is_set("ssl_ocsp"))
    return (
        Use(
            "ssl_trusted_certificate",
            root,
            family,
            _where(kinds, verifies, *others, around=_tls_lua),
            _NOT_VERIFYING if others else _MAIL_NOT_VERIFYING,
            mover="servers that verify clients or use OCSP",
            switch="ssl_verify_client",
        ),
        Use(
            "ssl_client_certificate",
            root,
            family,
            _where(kinds, verifies),
            "ssl_verify_client is off in every server that sees it",
            mover="servers that verify clients",
            risk="no client is asked for a certificate there",
            switch="ssl_verify_client",
        ),
    )


def _pass(prefix: str, root: str, family: str) -> Use:
    """The use of proxy_ssl_trusted_certificate, or that of another module with this prefix."""
    return Use(
        f"{prefix}_ssl_trusted_certificate",
        root,
        family,
        _where(by_name(family).kinds, _is_set(f"{prefix}_ssl_verify")),
        f"{prefix}_ssl_verify is off wherever it applies",
        risk="nginx takes any certificate from these upstreams",
        switch=f"{prefix}_ssl_verify",
    )


USES = (
    *(
        Use(
            LUA_TRUSTED,
            root,
            family,
            _LUA,
            _NO_LUA,
            mover=f"{blocks} that run Lua",
            requests=_LUA_REQUESTS,
            process="init_worker_by_lua* and exit_worker_by_lua*",
        )
        for root, family, blocks in (("http", "lua", "blocks"), ("stream", "stream_lua", "servers"))
    ),
    Use(JS_TRUSTED, "http", "js_fetch", _JS, _NO_JS, mover="blocks that run JavaScript"),
    Use(JS_TRUSTED, "stream", "stream_js_fetch", _JS, _NO_JS, mover="servers that run JavaScript"),
    *_server("http", "ssl"),
    *_server("stream", "stream_ssl"),
    *_server("mail", "mail_ssl"),
    _pass("proxy", "http", "proxy_ssl"),
    _pass("grpc", "http", "grpc_ssl"),
    _pass("uwsgi", "http", "uwsgi_ssl"),
    _pass("proxy", "stream", "stream_proxy_ssl"),
)

_DIRECTIVES = frozenset(use.directive for use in USES)
