"""Blocks: servers and locations of http, servers of stream and mail."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, since
from nginx_memlint.targets.targets import Target
from nginx_memlint.targets.versions import Version
from nginx_memlint.tls.families import SHARED_LUA, SHARED_NJS

LOCATION_LINE = 450
"""Bytes of Costs.location that are not of the block itself: its words and text."""

SERVER_LINE = 340
"""Bytes of Costs.server that are not: its words and text, its name. What two workers have of it is
not either."""

IF_MORE = 200
"""Bytes that an ``if`` takes beyond a location: its code."""

SERVER_WORKER = ((Version(()), 40), (Version((1, 19)), 425))
"""Bytes that a server takes in each worker, by the nginx since which it is so much."""

STREAM_SERVER = (
    (Version(()), Amount(pool=2_400, worker=260)),
    (Version((1, 23)), Amount(pool=2_650, worker=350)),
    (Version((1, 27)), Amount(pool=2_920, worker=430)),
)
"""A server of stream, by nginx: measured on 1.18.0 and 1.22.1, 1.26.3, and 1.30.6."""

MAIL_SERVER = Amount(pool=2_980, worker=333)


class ModuleSettings(NamedTuple):
    """Bytes of a module's settings, where they are not counted with the contexts that it builds.

    ``name`` is that in ``Target.built_in``. ``first``: the version of the module, whose key in
    ``Target`` is ``version``, since which contexts are shared.
    """

    name: str
    version: str
    first: Version
    location: int
    server: int


MODULES = (
    ModuleSettings("lua", "lua", Version(SHARED_LUA), 720, 1_130),
    ModuleSettings("js", "njs", Version(SHARED_NJS), 420, 420),
)
"""Measured with lua 0.10.28 and 0.10.29, njs 1.0.2 (0.8.9: 215)."""


def block_amount(kind: str, target: Target) -> Amount:
    """The bytes of one block of a kind itself; none for kinds that are not counted as blocks."""
    costs = target.costs
    if kind == "server":
        worker = since(target.nginx, SERVER_WORKER)
        return Amount(pool=max(0, costs.server - SERVER_LINE - 2 * worker), worker=worker)
    location = max(0, costs.location - LOCATION_LINE)
    return {
        "location": Amount(pool=location, worker=18),
        "if": Amount(pool=location + IF_MORE, worker=40),
        "limit_except": Amount(pool=location + IF_MORE, worker=40),
        "stream_server": since(target.nginx, STREAM_SERVER),
        "mail_server": MAIL_SERVER,
    }.get(kind, Amount())


def _blocks(*kinds: str) -> Callable[[Configuration], Iterator[Counted]]:
    def find(configuration: Configuration) -> Iterator[Counted]:
        for kind in kinds:
            count = configuration.tree.kinds[kind]
            if count:
                amount = block_amount(kind, configuration.target).times(count)
                said = kind.rpartition("_")[2] if kind.endswith("server") else kind
                yield Counted(amount, count, configuration.first(kind), said)

    return find


def _of_modules(configuration: Configuration) -> Iterator[Counted]:
    kinds = configuration.tree.kinds
    for module in MODULES:
        shared = getattr(configuration.target, module.version) >= module.first
        if shared and configuration.loads(f"http_{module.name}", module.name):
            size = kinds["location"] * module.location + kinds["server"] * module.server
            count = kinds["location"] + kinds["server"]
            yield Counted(Amount(pool=size), count, None, f"settings of {module.name}")


RECORDS: tuple[Record, ...] = (
    Record(
        "servers",
        ("server",),
        _blocks("server"),
        "ngx_http_core_create_srv_conf() and every module's",
        "server; server without name",
        by_target=True,
    ),
    Record(
        "locations",
        ("location", "if", "limit_except"),
        _blocks("location", "if", "limit_except"),
        "ngx_http_core_create_loc_conf() and every module's",
        "location; location =; nested location; if in server; if in location; limit_except",
        by_target=True,
    ),
    Record(
        "settings of modules",
        ("location", "server"),
        _of_modules,
        "ngx_http_lua_create_loc_conf(), ngx_http_js_create_loc_conf()",
        "lua location; lua server; js location; Debian 13 and unstable",
        by_target=True,
    ),
    Record(
        "stream servers",
        ("server in stream",),
        _blocks("stream_server"),
        "ngx_stream_core_server()",
        "stream server, with its socket, on each of the four",
        by_target=True,
    ),
    Record(
        "mail servers",
        ("server in mail",),
        _blocks("mail_server"),
        "ngx_mail_core_server()",
        "mail server, with its socket",
    ),
)
