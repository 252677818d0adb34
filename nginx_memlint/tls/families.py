"""The table of families of TLS directives: facts that contexts.py applies.

A new family, or a new version threshold, is a record here. Each record was read in the source named
in it and checked against the real servers (tests/nginx).
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from nginx_memlint.syntax.values import c_string, is_flag_on
from nginx_memlint.targets.targets import Target
from nginx_memlint.tree.directives_table import ROWS
from nginx_memlint.tree.expanded import Block, Setting

LOCATION_KINDS = frozenset({"server", "location", "if", "limit_except"})
"""Blocks into which ``ngx_http_merge_servers()`` and ``ngx_http_merge_locations()`` merge
location configuration: each server once, then each entry of its location queue."""

HTTP = frozenset({"http"})
HTTP_SERVER = frozenset({"server"})
STREAM_SERVER = frozenset({"stream_server"})
MAIL_SERVER = frozenset({"mail_server"})

SHARED_PASS = (1, 23, 1)
"""The first nginx whose proxy, grpc and uwsgi blocks share contexts (commit d791b4aab)."""

SHARED_LUA = (0, 10, 26)
"""The first lua-nginx-module whose blocks share contexts (commit 592a91c1)."""

SHARED_NJS = (0, 8, 8)
"""The first njs whose http blocks share contexts (commit f2955c8b)."""

SHARED_STREAM_NJS = (0, 9, 2)
"""The first njs whose stream servers share contexts in every build (commit 4ea1356a): before it,
``ssl_verify`` was initialized only with stream_ssl, and counts as set without. Measured on 0.9.9
and 1.0.2, and 0.8.9 without."""

FETCH_NJS = (0, 7, 0)
"""The first njs with ``js_fetch_*`` directives, and a context per block for them."""

CACHED = (1, 27, 2)
"""The first nginx that parses a CA file once and shares its certificates between contexts."""

SHUTDOWN_TIMEOUT = (1, 11, 11)
"""The first nginx with ``worker_shutdown_timeout``."""

REJECT_HANDSHAKE = (1, 19, 4)
"""The first nginx with ``ssl_reject_handshake``."""

STREAM_NAMES = (1, 25, 5)
"""The first nginx whose stream servers have names, and build contexts where a certificate is
set."""

STREAM_TRUSTED = (1, 27, 2)
"""The first nginx whose stream servers load ``ssl_trusted_certificate`` and ``ssl_crl`` without
verifying."""


class Module(NamedTuple):
    """The module of a family, and when it is part of the server.

    ``name`` is that in Target.built_in, ``object`` the shared object that ``load_module`` names.
    ``root`` is the outermost block of its directives, ``version`` the component of the target it
    comes with.
    """

    name: str
    object: str
    root: str
    version: str

    @property
    def directives(self) -> frozenset[str]:
        """The module's own directives, by the tables of all its releases."""
        return _directives(self.version, self.root)


@cache
def _directives(component: str, root: str) -> frozenset[str]:
    return frozenset(
        name
        for bringing, _, kinds, names in ROWS
        if bringing == component
        and any(kind.startswith("stream") == (root == "stream") for kind in kinds.split())
        for name in names.split()
    )


Condition = Callable[[Block, Target], bool]
SettingsOf = Callable[[Block, Target], list[Setting]]


class Family(NamedTuple):
    """A family of TLS directives: which blocks build an ``SSL_CTX``, and what they load into it.

    ``kinds``: the kinds of block that may build one. ``wants``: whether a block needs a context.
    ``trusted``: the settings whose files are loaded as CA certificates into a block's context,
    ``client``: those of them whose names are also sent to clients. ``certificate``: the directive
    that names the context's own certificates. ``overrides``: directives that give a block a context
    of its own where contexts are shared, which ``shared`` decides by version. ``reads``: all that
    ``trusted``, ``client``, ``certificate`` and ``commands`` look up. ``needs``: a block that wants
    a context has one of these in itself, and they alone decide, on any target; empty if not so.
    ``decides``: without ``needs``, all that ``wants`` looks up in blocks; empty if the target alone
    decides. ``commands``: the directive whose commands OpenSSL runs on the context, some of which
    load CA files. ``kept``: directives of which a block hands on nothing to those in it.
    ``inside``: what ``trusted`` looks up in blocks that a module reads by itself. ``module``: None
    if the family is in nginx itself, or of a module of which no target states a version: then
    ``loading`` is the object with which all blocks of the kinds want a context, whatever is in
    them. ``source``: where this was read.
    """

    name: str
    kinds: frozenset[str]
    wants: Condition
    trusted: SettingsOf
    certificate: str
    source: str
    reads: frozenset[str]
    client: SettingsOf = lambda _block, _target: []
    overrides: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    decides: frozenset[str] = frozenset()
    shared: Callable[[Target], bool] = lambda _target: False
    commands: str = ""
    kept: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    loading: str = ""
    module: Module | None = None

    def reaches(self, setting: Setting) -> bool:
        """Whether a setting that a block sees has an effect on the block's context."""
        return setting.name not in self.kept or setting.block.kind in self.kinds


class CommandFile(Setting):
    """A ``*_conf_command`` that makes OpenSSL load a CA file into a context.

    nginx hands the command to ``SSL_CONF_cmd()``: its own cache of certificates has no part in it.
    """

    __slots__ = ()

    @property
    def value(self) -> str:
        """The name of the file, the directive's second argument."""
        return self.directive.args[1]


_CA_COMMANDS = frozenset({"verifycafile", "chaincafile"})
"""Commands of ``SSL_CONF_cmd()`` that read a file of CAs at once, in lower case as it ignores
case. Those for directories and stores read when a certificate is verified."""


def command_files(settings: list[Setting]) -> tuple[CommandFile, ...]:
    """Those of some ``*_conf_command`` that load a CA file."""
    return tuple(
        CommandFile(setting.directive, setting.inclusion, setting.block)
        for setting in settings
        if len(setting.directive.args) > 1 and c_string(setting.value).lower() in _CA_COMMANDS
    )


def _value(block: Block, name: str) -> str:
    """The first argument of a directive that a block sees; empty where it is not set."""
    setting = block.effective(name)
    return setting.value if setting is not None else ""


def _nearest(name: str) -> SettingsOf:
    """The nearest setting of a name, if its value is not empty: that ends the inheritance."""

    def settings(block: Block, _target: Target) -> list[Setting]:
        setting = block.effective(name)
        return [setting] if setting is not None and setting.value else []

    return settings


def _when(condition: Condition, then: SettingsOf) -> SettingsOf:
    def settings(block: Block, target: Target) -> list[Setting]:
        return then(block, target) if condition(block, target) else []

    return settings


def is_on(name: str) -> Condition:
    """Whether a flag that a block sees is on."""
    return lambda block, _target: is_flag_on(_value(block, name))


def verifies_clients(block: Block, _target: Target) -> bool:
    """Whether a server asks its clients for certificates."""
    return _value(block, "ssl_verify_client").lower() not in ("", "off")


def listens_with_ssl(listen: Setting) -> bool:
    """Whether a ``listen`` asks for TLS."""
    return "ssl" in map(c_string, listen.directive.args[1:])


def _listens_with_ssl(block: Block) -> bool:
    return any(map(listens_with_ssl, block.settings("listen")))


_HAS_CERTIFICATE = frozenset({"ssl_certificate", "ssl_reject_handshake"})


def _has_certificate(block: Block, target: Target) -> bool:
    if block.effective("ssl_certificate") is not None:
        return True
    return target.nginx >= REJECT_HANDSHAKE and is_on("ssl_reject_handshake")(block, target)


def _stream_ssl_wants(block: Block, target: Target) -> bool:
    if target.nginx >= STREAM_NAMES:
        return _has_certificate(block, target)
    return _listens_with_ssl(block)


def _stream_ssl_trusts(block: Block, target: Target) -> bool:
    return target.nginx >= STREAM_TRUSTED or verifies_clients(block, target)


def _mail_ssl_wants(block: Block, target: Target) -> bool:
    starttls = _value(block, "starttls").lower() not in ("", "off")
    return starttls or is_on("ssl")(block, target) or _listens_with_ssl(block)


def _pass_overrides(prefix: str) -> frozenset[str]:
    settings = (
        "protocols",
        "ciphers",
        "certificate",
        "certificate_key",
        "password_file",
        "verify",
        "verify_depth",
        "trusted_certificate",
        "crl",
        "session_reuse",
        "conf_command",
    )
    return frozenset(f"{prefix}_{setting}" for setting in settings)


def _pass_reads(prefix: str) -> frozenset[str]:
    return frozenset(
        f"{prefix}_{name}"
        for name in ("verify", "trusted_certificate", "certificate", "conf_command")
    )


_SSL_READS = frozenset(
    {
        "ssl_trusted_certificate",
        "ssl_client_certificate",
        "ssl_verify_client",
        "ssl_certificate",
        "ssl_conf_command",
    }
)


def _pass_family(name: str, scheme: str) -> Family:
    """The family of a module that passes requests on: proxy, grpc or uwsgi."""
    directive = f"{name}_pass"
    prefix = f"{name}_ssl"

    def wants(block: Block, _target: Target) -> bool:
        for passing in block.directives(directive):
            value = passing.args[0] if passing.args else ""
            # with a variable anywhere the scheme is known only at run time
            if "$" in value or value.lower().startswith(scheme):
                return True
        return False

    return Family(
        name=prefix,
        kinds=LOCATION_KINDS,
        wants=wants,
        trusted=_when(is_on(f"{prefix}_verify"), _nearest(f"{prefix}_trusted_certificate")),
        certificate=f"{prefix}_certificate",
        commands=f"{prefix}_conf_command",
        reads=_pass_reads(prefix),
        needs=frozenset({directive}),
        overrides=_pass_overrides(prefix),
        shared=lambda target: target.nginx >= SHARED_PASS,
        source=f"nginx ngx_http_{name}_pass(), ngx_http_{name}_merge_loc_conf(); "
        f"ngx_http_{name}_merge_ssl() since 1.23.1",
    )


LUA_TRUSTED = "lua_ssl_trusted_certificate"
JS_TRUSTED = "js_fetch_trusted_certificate"

_LUA_OVERRIDES = frozenset(
    {
        "lua_ssl_protocols",
        "lua_ssl_ciphers",
        "lua_ssl_verify_depth",
        "lua_ssl_certificate",
        "lua_ssl_certificate_key",
        LUA_TRUSTED,
        "lua_ssl_crl",
        "lua_ssl_key_log",
        "lua_ssl_conf_command",
    }
)
_JS_OVERRIDES = frozenset(
    {
        "js_fetch_protocols",
        "js_fetch_ciphers",
        "js_fetch_verify",
        "js_fetch_verify_depth",
        JS_TRUSTED,
    }
)

_LUA_READS = frozenset({LUA_TRUSTED, "lua_ssl_certificate", "lua_ssl_conf_command"})


def _shares_stream_js(target: Target) -> bool:
    since = SHARED_NJS if "stream_js with ssl" in target.built else SHARED_STREAM_NJS
    return target.njs >= since


def _issuer_trusts(block: Block, _target: Target) -> list[Setting]:
    """An issuer verifies unless it is told not to; what is around it says nothing about that."""
    trusted = block.inside("ssl_trusted_certificate")
    verify = block.inside("ssl_verify")
    if any(not is_flag_on(setting.value) for setting in verify):
        return []
    return [setting for setting in trusted if setting.value]


def _has_secure_ldap(block: Block, _target: Target) -> bool:
    return bool(block.settings("ldap_server")) and any(
        setting.value.lower().startswith("ldaps://")
        for server in block.children
        if server.kind == "ldap_server"
        for setting in server.inside("url")
    )


LUA = Family(
    name="lua",
    kinds=LOCATION_KINDS,
    wants=lambda _block, _target: True,
    trusted=_nearest(LUA_TRUSTED),
    certificate="lua_ssl_certificate",
    commands="lua_ssl_conf_command",
    reads=_LUA_READS,
    overrides=_LUA_OVERRIDES,
    shared=lambda target: target.lua >= SHARED_LUA,
    module=Module("lua", "ngx_http_lua_module.so", "http", "lua"),
    source="lua-nginx-module ngx_http_lua_merge_loc_conf(); ngx_http_lua_merge_ssl() since 0.10.26",
)

STREAM_LUA = Family(
    name="stream_lua",
    kinds=STREAM_SERVER,
    wants=lambda _block, _target: True,
    trusted=_nearest(LUA_TRUSTED),
    certificate="lua_ssl_certificate",
    commands="lua_ssl_conf_command",
    # ngx_stream_lua_create_srv_conf() does not mark it as not set, up to 0.0.20rc2
    kept=frozenset({"lua_ssl_conf_command"}),
    reads=_LUA_READS,
    module=Module("stream_lua", "ngx_stream_lua_module.so", "stream", "stream_lua"),
    source="stream-lua-nginx-module ngx_stream_lua_merge_srv_conf()",
)

FAMILIES = (
    LUA,
    STREAM_LUA,
    Family(
        name="ssl",
        kinds=HTTP_SERVER,
        wants=_has_certificate,
        decides=_HAS_CERTIFICATE,
        trusted=_nearest("ssl_trusted_certificate"),
        client=_when(verifies_clients, _nearest("ssl_client_certificate")),
        certificate="ssl_certificate",
        commands="ssl_conf_command",
        reads=_SSL_READS,
        source="nginx ngx_http_ssl_merge_srv_conf()",
    ),
    _pass_family("proxy", "https://"),
    _pass_family("grpc", "grpcs://"),
    _pass_family("uwsgi", "suwsgi://"),
    Family(
        name="stream_ssl",
        kinds=STREAM_SERVER,
        wants=_stream_ssl_wants,
        decides=_HAS_CERTIFICATE | {"listen"},
        trusted=_when(_stream_ssl_trusts, _nearest("ssl_trusted_certificate")),
        client=_when(verifies_clients, _nearest("ssl_client_certificate")),
        certificate="ssl_certificate",
        commands="ssl_conf_command",
        reads=_SSL_READS,
        source="nginx ngx_stream_ssl_merge_conf(); ngx_stream_ssl_merge_srv_conf() since 1.25.5",
    ),
    Family(
        name="stream_proxy_ssl",
        kinds=STREAM_SERVER,
        wants=is_on("proxy_ssl"),
        decides=frozenset({"proxy_ssl"}),
        trusted=_when(is_on("proxy_ssl_verify"), _nearest("proxy_ssl_trusted_certificate")),
        certificate="proxy_ssl_certificate",
        commands="proxy_ssl_conf_command",
        reads=_pass_reads("proxy_ssl"),
        overrides=_pass_overrides("proxy_ssl"),
        shared=lambda target: target.nginx >= SHARED_PASS,
        source="nginx ngx_stream_proxy_merge_srv_conf(); shared as in http",
    ),
    Family(
        name="mail_ssl",
        kinds=MAIL_SERVER,
        wants=_mail_ssl_wants,
        decides=frozenset({"starttls", "ssl", "listen"}),
        trusted=_when(verifies_clients, _nearest("ssl_trusted_certificate")),
        client=_when(verifies_clients, _nearest("ssl_client_certificate")),
        certificate="ssl_certificate",
        commands="ssl_conf_command",
        reads=_SSL_READS,
        source="nginx ngx_mail_ssl_merge_conf()",
    ),
    Family(
        name="js_fetch",
        kinds=LOCATION_KINDS,
        wants=lambda _block, target: target.njs >= FETCH_NJS,
        trusted=_nearest(JS_TRUSTED),
        certificate="",
        reads=frozenset({JS_TRUSTED}),
        overrides=_JS_OVERRIDES,
        shared=lambda target: target.njs >= SHARED_NJS,
        module=Module("js", "ngx_http_js_module.so", "http", "njs"),
        source="njs ngx_http_js_merge_loc_conf(); shared since 0.8.8",
    ),
    Family(
        name="stream_js_fetch",
        kinds=STREAM_SERVER,
        wants=lambda _block, target: target.njs >= FETCH_NJS,
        trusted=_nearest(JS_TRUSTED),
        certificate="",
        reads=frozenset({JS_TRUSTED}),
        overrides=_JS_OVERRIDES,
        shared=_shares_stream_js,
        module=Module("stream_js", "ngx_stream_js_module.so", "stream", "njs"),
        source="njs ngx_stream_js_merge_srv_conf()",
    ),
    Family(
        name="acme",
        kinds=frozenset({"acme_issuer"}),
        wants=lambda _block, _target: True,
        trusted=_issuer_trusts,
        certificate="",
        reads=frozenset(),
        inside=frozenset({"ssl_trusted_certificate", "ssl_verify"}),
        source="nginx-acme Issuer::new_in() and init(), 0.1.1 to 0.4.1; read in source",
    ),
    Family(
        name="acme_challenge",
        kinds=HTTP,
        wants=lambda block, _target: bool(block.settings("acme_issuer")),
        needs=frozenset({"acme_issuer"}),
        trusted=lambda _block, _target: [],
        certificate="",
        reads=frozenset(),
        loading="ngx_http_acme_module.so",
        source="nginx-acme tls_alpn::postconfiguration(), 0.2.0 to 0.4.1; read in source",
    ),
    Family(
        name="auth_ldap",
        kinds=HTTP,
        wants=_has_secure_ldap,
        needs=frozenset({"ldap_server"}),
        trusted=lambda _block, _target: [],
        certificate="",
        reads=frozenset(),
        source="nginx-auth-ldap ngx_http_auth_ldap_parse_url(), 241200ea; run with nginx 1.25.3",
    ),
)

UPGRADES: dict[str, tuple[str, tuple[int, ...], str]] = {
    "lua": (
        "lua",
        SHARED_LUA,
        "lua-nginx-module {} or later (OpenResty 1.25.3.1, Debian 13)",
    ),
    "js_fetch": ("njs", SHARED_NJS, "njs {} or later"),
    "stream_js_fetch": ("njs", SHARED_STREAM_NJS, "njs {} or later"),
    **dict.fromkeys(
        ("proxy_ssl", "grpc_ssl", "uwsgi_ssl", "stream_proxy_ssl"),
        ("nginx", SHARED_PASS, "nginx {} or later"),
    ),
    **dict.fromkeys(
        ("ssl", "stream_ssl", "mail_ssl"),
        ("nginx", CACHED, "nginx {} or later, which parses a CA file once"),
    ),
}
"""Family → the component of the target whose version makes blocks share contexts or certificates,
that version, and what has it."""


def by_name(name: str) -> Family:
    """The family of a name; raises KeyError if there is none."""
    return _BY_NAME[name]


_BY_NAME = {family.name: family for family in FAMILIES}
