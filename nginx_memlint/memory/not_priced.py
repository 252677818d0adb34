"""Memory that no configuration tells, so that it is in no figure.

One row for each such thing. What is new is one more row.
"""

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.memory.parts import modsecurity
from nginx_memlint.refusals.unknown import COMPARED, doubts
from nginx_memlint.syntax.values import c_string
from nginx_memlint.tls import modules
from nginx_memlint.tree import blocks
from nginx_memlint.tree.expanded import Setting
from nginx_memlint.tree.strangers import KNOWN, strangers
from nginx_memlint.tree.tree import Tree


class Unknown(NamedTuple):
    """Something that takes memory, and why it cannot be known how much.

    ``causes`` are the directives and blocks that bring it; one that ends in ``*`` stands for all
    that begin so.
    """

    what: str
    why: str
    causes: tuple[str, ...]


LUA_HEAPS = Unknown(
    "Lua heaps",
    "what a script keeps is decided when it runs (luaL_newstate())",
    ("init_by_lua*", "init_worker_by_lua*"),
)
"""The memory that ``--lua-heap`` states."""

PERL = Unknown(
    "Perl's interpreter",
    "its modules are loaded into each configuration (ngx_http_perl_create_interpreter())",
    ("perl", "perl_set", "perl_modules", "perl_require"),
)

PRELOADED = Unknown(
    "njs objects", "files are kept as objects (ngx_js_preload)", ("js_preload_object",)
)

KEPT_BY_SCRIPTS = frozenset({LUA_HEAPS.what, PERL.what, PRELOADED.what})
"""Names of rows whose memory is decided when a script runs, or by a file that it takes whole."""

_COMMANDS = ("ClientCAPath", "ClientCAStore", "RequestCAPath", "RequestCAStore")
"""Commands of OpenSSL whose memory is decided by what a directory or a store holds."""

NAMES_SENT = Unknown(
    "CA names from directories and stores",
    "OpenSSL reads all that is in it for each context, and keeps the names (SSL_CONF_cmd())",
    tuple(f"*_conf_command {command}" for command in _COMMANDS),
)

UNKNOWN: tuple[Unknown, ...] = (
    LUA_HEAPS,
    NAMES_SENT,
    PERL,
    Unknown(
        "Passenger's processes",
        "applications run beside nginx, as many as there are requests",
        ("passenger_*", "rails_*", "union_station_*"),
    ),
    Unknown(
        "ModSecurity's rules from elsewhere",
        "each directive fetches and parses its own copy: the Core Rule Set 3.3 takes 16 MiB",
        ("modsecurity_rules_remote",),
    ),
    Unknown("NAXSI's rules", "they are compiled for each location", ("MainRule", "BasicRule")),
    Unknown(
        "certificates by ACME",
        "accounts, orders and keys are kept as long as the service runs, and an issuer without a "
        "bundle takes the system's (nginx-acme)",
        ("acme_issuer", "acme_*"),
    ),
    Unknown("OpenID Connect sessions", "they come with users (NGINX Plus)", ("oidc_provider",)),
    Unknown("traces", "they are batched before they are sent (nginx-otel)", ("otel_exporter",)),
    Unknown(
        "LDAP caches and CAs",
        "caches fill with users; each connection loads ssl_ca_file (nginx-auth-ldap)",
        ("ldap_server", "auth_ldap*"),
    ),
    Unknown("usage reports", "connections and metrics (NGINX Plus)", ("mgmt",)),
    Unknown("synchronised zones", "buffers for each member (NGINX Plus)", ("zone_sync*",)),
    Unknown("RTMP streams", "buffers for each stream (nginx-rtmp-module)", ("rtmp",)),
    Unknown("Nchan's messages", "they come with publishers", ("nchan_*", "push_stream_*")),
    Unknown("WebAssembly", "each worker has its virtual machines", ("wasm*", "proxy_wasm*")),
    Unknown("PageSpeed's caches", "they fill with pages", ("pagespeed*",)),
    Unknown(
        "XML", "stylesheets and entities are kept as trees", ("xslt_stylesheet", "xml_entities")
    ),
    PRELOADED,
    Unknown("OCSP responses", "each context keeps the file", ("ssl_stapling_file",)),
    Unknown("GeoIP data", "whole files may be held in memory", ("geoip_*",)),
)
"""All that is not priced, in the order in which it is listed."""

OTHER_MODULE = "a module that is not known here"
OTHER_DIRECTIVE = "a directive that is not known here"

MOST = 100
"""Entries that are listed: one for each name of a directive, where it stands first."""

_OBJECTS = {"ngx_http_perl_module.so": "Perl's interpreter"}
"""Objects of known modules that take what cannot be known as soon as they are loaded."""

_EXACT = {cause: row for row in UNKNOWN for cause in row.causes if not cause.endswith("*")}

_PREFIXES = {cause[:-1]: row for row in UNKNOWN for cause in row.causes if cause.endswith("*")}


class NotPriced(NamedTuple):
    """Something in a configuration that is in no figure, and the directive that brings it."""

    what: str
    name: str
    setting: Setting


def not_priced(tree: Tree, *, lua_heap_is_known: bool = False) -> list[NotPriced]:
    """The memory of a configuration that is in no figure, at most MOST causes of it.

    ``lua_heap_is_known``: the user has stated what Lua's heaps take.
    """
    items = [
        item
        for item in (*_in_tables(tree), *_commands(tree), *_modules(tree), *_strangers(tree))
        if not (lua_heap_is_known and item.what == LUA_HEAPS.what)
    ]
    return items[:MOST]


def _in_tables(tree: Tree) -> Iterator[NotPriced]:
    """Directives and blocks of which it is known what they bring, each name once."""
    by_name = {
        name: row
        for name in tree.index_names()
        if (row := _row(name)) is not None and (name in KNOWN or name in _EXACT)
    }
    for row in UNKNOWN if by_name else ():
        for name in sorted(name for name, of in by_name.items() if of is row):
            for block in tree.having([name]):
                if block.kind not in blocks.WITHOUT_SETTINGS:
                    yield NotPriced(row.what, name, block.settings(name)[0])
                    break


def _commands(tree: Tree) -> Iterator[NotPriced]:
    """Commands of OpenSSL, each once for each directive; it does not heed their case."""
    directives = [name for name in tree.index_names() if name.endswith("_conf_command")]
    commands = {command.lower() for command in _COMMANDS}
    said = set()
    for block in tree.having(directives):
        for setting in block.in_order(directives):
            command = c_string(setting.value)
            item = setting.name, command.lower()
            if item[1] in commands and item not in said:
                said.add(item)
                yield NotPriced(NAMES_SENT.what, f"{setting.name} {command}", setting)


def _modules(tree: Tree) -> Iterator[NotPriced]:
    said = set()
    for setting in tree.main.settings("load_module"):
        name = c_string(setting.value).rpartition("/")[2]
        what = _OBJECTS.get(name, "" if name in modules.KNOWN else OTHER_MODULE)
        if what and name not in said:
            said.add(name)
            yield NotPriced(what, name, setting)


def _strangers(tree: Tree) -> Iterator[NotPriced]:
    """Directives that no table has, each name once; of misspelt ones a problem tells."""
    said: set[str] = set()
    doubtful: set[str] = set()
    for block, names in strangers(tree):
        for name in names:
            if name in said or name in doubtful or name in _EXACT or name in modsecurity.DIRECTIVES:
                continue
            tree.work.take(COMPARED)
            if doubts(name):
                doubtful.add(name)
                continue
            said.add(name)
            if len(said) > MOST:
                return
            row = _row(name)
            what = OTHER_DIRECTIVE if row is None else row.what
            yield NotPriced(what, name, block.settings(name)[0])


def _row(name: str) -> Unknown | None:
    """The row that a directive is a cause of, if any."""
    if name in _EXACT or not name.startswith(tuple(_PREFIXES)):
        return _EXACT.get(name)
    return next(row for prefix, row in _PREFIXES.items() if name.startswith(prefix))
