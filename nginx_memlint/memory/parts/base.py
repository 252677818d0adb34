"""Memory of nginx before anything is configured, and of each worker for itself."""

from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.memory.laws import PAGE, Amount, piece
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, since
from nginx_memlint.syntax.values import number, parse_size
from nginx_memlint.targets.targets import Target, costs_for
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree.expanded import Setting

KIB = 1024


class EmptyNginx(NamedTuple):
    """KiB of an empty configuration: of the master, of a worker without its connections, what the
    first OpenSSL context adds, and what modules add to the master: lua, js, stream, mail.

    ``keys``: what the first certificate of one's own with its key adds, ``in_loads`` the part of it
    that the first CA load adds as well. ``sorted_keys``: what each worker copies of pages with room
    between keys, which its first allocations use.
    """

    master: int
    worker: int
    openssl: int
    lua: int
    js: int = 411
    stream: int = 34
    mail: int = 20
    keys: int = 0
    in_loads: int = 0
    sorted_keys: int = 0


BASES: dict[str, EmptyNginx] = {
    "debian-11": EmptyNginx(781, 131, 35, 156),
    "debian-12": EmptyNginx(942, 202, 245, 774, keys=60, sorted_keys=14),
    "debian-13": EmptyNginx(1_471, 141, 98, 611, stream=27, keys=112, in_loads=58),
    "debian-sid": EmptyNginx(1_460, 144, 100, 644, keys=95, in_loads=56),
}
"""Measured stack → its base; js and mail, and stream but on Debian 13, are Debian 12's."""

INIT_WORKER = 550 * KIB
"""Bytes that ``init_worker_by_lua*`` takes in each worker before its script does anything."""

CONNECTION = ((Version(()), 432), (Version((1, 25)), 440))
"""Bytes of a connection and its two events (ngx_connection_t 240, ngx_event_t 96), by nginx: one is
larger with QUIC."""

DEFAULT_CONNECTIONS = 512
"""``DEFAULT_CONNECTIONS`` of ngx_event.c."""

_MODULES = {
    "lua": "http_lua",
    "js": "http_js",
    "stream": "stream",
    "mail": "mail",
}
"""Field of EmptyNginx → the module's name in its object."""


def _base(configuration: Configuration) -> Iterator[Counted]:
    target = configuration.target
    row = BASES[costs_for(target.nginx, target.openssl).name]
    costs = target.costs
    master = costs.base_master or row.master * KIB
    for field, module in _MODULES.items():
        # what is built in was measured with the rest
        if configuration.loads(module, field) and not (
            costs.base_master and field in target.built_in
        ):
            master += getattr(row, field) * KIB
    yield Counted(Amount(base=master, worker=_worker_bytes(target)))


def _worker_bytes(target: Target) -> int:
    """Bytes of a worker without its connections."""
    row = BASES[costs_for(target.nginx, target.openssl).name]
    return target.costs.base_worker or row.worker * KIB


def _openssl(configuration: Configuration) -> Iterator[Counted]:
    if configuration.groups:
        target = configuration.target
        row = BASES[costs_for(target.nginx, target.openssl).name]
        amount = Amount(library=row.openssl * KIB)
        if any(group.loads.certificates for group in configuration.groups):
            loads = any(group.loads.bundles for group in configuration.groups)
            keys = row.keys - loads * row.in_loads
            amount = amount.plus(Amount(library=keys * KIB, worker=row.sorted_keys * KIB))
        yield Counted(amount, at=configuration.groups[0].blocks[0])


def _connections(configuration: Configuration) -> Iterator[Counted]:
    each = since(configuration.target.nginx, CONNECTION)
    settings = [
        setting
        for block in configuration.tree.blocks("events")
        for name in ("worker_connections", "connections")
        for setting in block.settings(name)
    ]
    stated = number(settings[0].value) if settings else None
    count = DEFAULT_CONNECTIONS if stated is None else stated
    at = settings[0] if settings else None
    yield Counted(Amount(worker=each * count), count, at, f"worker_connections {count:,}")


THREAD = 8_500
"""Bytes of a thread: of its stack, and what nginx keeps of it (ngx_thread_pool_cycle())."""

THREAD_IN_KERNEL = 27_300
"""Bytes that the kernel takes for a thread: a stack of its own, and a page table for the other one.
A memory cgroup counts them as well (Linux 6.18, cgroup of version 1)."""

DEFAULT_POOL, DEFAULT_THREADS = "default", 32
"""The pool of ``aio threads`` (ngx_thread_pool_add()), and its threads unless they are stated."""

_OF_DEFAULT = ("threads", f"threads={DEFAULT_POOL}")
"""Values of ``aio`` that make that pool; others are of a pool that ``thread_pool`` makes."""


def _threads(configuration: Configuration) -> Iterator[Counted]:
    """Each worker has all threads, whether anything uses them; cache managers and loaders none."""
    tree = configuration.tree
    pools: dict[str, tuple[int, Setting]] = {}
    for block in tree.having(["aio"]):
        for setting in block.settings("aio"):
            if setting.value in _OF_DEFAULT:
                pools[DEFAULT_POOL] = DEFAULT_THREADS, setting
    for setting in tree.main.settings("thread_pool"):
        stated = [arg for arg in setting.directive.args[1:] if arg.startswith("threads=")]
        count = number(stated[0].removeprefix("threads=")) if stated else None
        pools[setting.value] = count or 0, setting
    for name, (count, setting) in pools.items():
        amount = Amount(worker=THREAD * count, threads=THREAD_IN_KERNEL * count)
        yield Counted(amount, count, setting, f"{count:,} threads of {name}")


def _init_worker(configuration: Configuration) -> Iterator[Counted]:
    for name in ("init_worker_by_lua_block", "init_worker_by_lua_file", "init_worker_by_lua"):
        for block in configuration.tree.having([name]):
            if block.kind == "http":
                yield Counted(Amount(worker=INIT_WORKER), 1, block.settings(name)[0], name)


LUA_THREAD, DEFAULT_LUA_THREADS = 32, 1024
"""Bytes of an entry (ngx_http_lua_thread_ref_t), and how many there are in the base with Lua."""


def _lua_threads(configuration: Configuration) -> Iterator[Counted]:
    """All entries are written to, whether a script runs or not."""
    for block in configuration.tree.having(["lua_thread_cache_max_entries"]):
        for setting in block.settings("lua_thread_cache_max_entries"):
            more = (number(setting.value) or 0) - DEFAULT_LUA_THREADS
            if more > 0:
                said = f"{setting.name} {setting.value}"
                yield Counted(piece(LUA_THREAD * more), more, setting, said)


def _scripts(configuration: Configuration) -> Iterator[Counted]:
    """The bytes that the user states of Lua's heap: the master's, or each worker's."""
    heap = configuration.lua_heap
    if not heap:
        return
    names = configuration.tree.index_names()
    in_master = any(name.startswith("init_by_lua") for name in names)
    in_worker = any(name.startswith("init_worker_by_lua") for name in names)
    kind = Amount(worker=heap) if in_worker and not in_master else Amount(scripts=heap)
    yield Counted(kind, 1, None, "as stated with --lua-heap")


CONNECTION_BYTES = {
    (False, False): ("connection", 529),
    (True, False): ("connection_tls", 14_533),
    (False, True): ("connection_passed", 14_052),
    (True, True): ("connection_tls_passed", 41_403),
}
"""Whether it is over TLS, and passed on → the field of Costs with what a connection takes in its
worker, and the bytes where that was not measured.

Those are of nginx 1.22.1 with OpenSSL 3.0.22 (tests/nginx/recordings/connections-bookworm.json):
kept alive between requests, or with a first piece of an answer that is not at its end.
"""

_PASSING = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass")
_CLIENTS = frozenset({"ssl", "stream_ssl", "mail_ssl"})
"""Families of contexts that clients connect to."""


def _of_clients(configuration: Configuration) -> Iterator[Counted]:
    """The connections that the user states, all of them of the costliest kind."""
    count = configuration.connections
    if count:
        over_tls = any(group.family in _CLIENTS for group in configuration.groups)
        passed_on = not configuration.tree.index_names().isdisjoint(_PASSING)
        cost, usual = CONNECTION_BYTES[over_tls, passed_on]
        size = getattr(configuration.target.costs, cost) or usual
        events = configuration.first("events")
        settings = events.settings("worker_connections") if events else []
        at = settings[0] if settings else events
        said = f"{count:,} connections, as stated with --connections"
        yield Counted(Amount(traffic=size * count), count, at, said)


HELPERS = 2
"""Beside a cache: its manager, and its loader, which ends after a minute."""

HELPER_CONNECTIONS = 512
"""``cycle->connection_n`` of ngx_cache_manager_process_cycle()."""

CACHE_PATHS = tuple(f"{name}_cache_path" for name in ("proxy", "fastcgi", "uwsgi", "scgi"))


def _helpers(configuration: Configuration) -> Iterator[Counted]:
    target = configuration.target
    paths = [
        setting
        for block in configuration.tree.having(CACHE_PATHS)
        for name in CACHE_PATHS
        for setting in block.settings(name)
    ]
    if paths:
        at = paths[0]
        each = _worker_bytes(target) + HELPER_CONNECTIONS * since(target.nginx, CONNECTION)
        yield Counted(Amount(helper=HELPERS * each), HELPERS, at, at.name)


def _logs_in_memory(configuration: Configuration) -> Iterator[Counted]:
    for block in configuration.tree.having(["error_log"]):
        for setting in block.settings("error_log"):
            _, mark, size = setting.value.partition("memory:")
            if mark and setting.value.startswith(mark):
                amount = Amount(pool=parse_size(size) or 0)
                yield Counted(amount, 1, setting, f"error_log {setting.value}")


GZIP_BUFFER = 64 << 10
"""The buffer of a log that is compressed, unless its size is stated."""


def _log_buffers(configuration: Configuration) -> Iterator[Counted]:
    """Buffers of files: malloc() notes the size in a page of each, no more is written to yet."""
    files: dict[str, Setting] = {}
    for block in configuration.tree.having(["access_log"]):
        for setting in block.settings("access_log"):
            if any(arg.startswith(("buffer=", "gzip")) for arg in setting.directive.args[1:]):
                files.setdefault(setting.value, setting)
    for setting in files.values():
        amount = Amount(pool=PAGE, unwritten=max(0, _buffer(setting) - PAGE))
        yield Counted(amount, 1, setting, f"access_log {setting.value}")


def _buffer(setting: Setting) -> int:
    """The size of a log's buffer (``ngx_http_log_set_log()``)."""
    sizes = [arg[7:] for arg in setting.directive.args[1:] if arg.startswith("buffer=")]
    return (parse_size(sizes[-1]) if sizes else None) or GZIP_BUFFER


RECORDS: tuple[Record, ...] = (
    Record(
        "nginx itself",
        (),
        _base,
        "main(), ngx_worker_process_init()",
        "an empty configuration, by modules, on each of the four",
        by_target=True,
    ),
    Record(
        "OpenSSL itself",
        (),
        _openssl,
        "EVP_PKEY_fromdata(), EVP_MD_fetch() and their like, at the first context",
        "an empty configuration, with no and one TLS server, on each of the four",
        by_target=True,
    ),
    Record(
        "worker_connections",
        ("worker_connections",),
        _connections,
        "ngx_event_process_init()",
        "1,048,576 connections and four workers took 1,730 MiB",
        by_target=True,
    ),
    Record(
        "threads",
        ("thread_pool", "aio threads"),
        _threads,
        "ngx_thread_pool_init_worker()",
        "16, 32, 128 and 512 threads, one and four workers: 8,300 to 8,550, and in the kernel "
        "27,000 to 27,300 (32 and 256 threads); Debian 12",
    ),
    Record(
        "Lua in each worker",
        ("init_worker_by_lua*",),
        _init_worker,
        "ngx_http_lua_init_worker()",
        "an empty script, Debian 12",
    ),
    Record(
        "Lua's cache of threads",
        ("lua_thread_cache_max_entries",),
        _lua_threads,
        "ngx_http_lua_init_main_conf()",
        "1 and 4 million entries, one and four workers: 32.00 to 32.01; Debian 12",
    ),
    Record(
        "cache manager and loader",
        CACHE_PATHS,
        _helpers,
        "ngx_start_cache_manager_processes()",
        "caches, 20 zones, 200 hosts",
        by_target=True,
    ),
    Record(
        "logs in memory",
        ("error_log memory:",),
        _logs_in_memory,
        "ngx_log_set_log(), ngx_log_memory_writer()",
        "error_log memory:200m: 203 MiB at a start, 3 of them the rest; Debian 12",
    ),
    Record(
        "connections",
        (),
        _of_clients,
        "ngx_create_pool(), ngx_event_pipe(), SSL_new()",
        "200 to 800 connections of each kind, Debian 12; how many is stated by the user",
    ),
    Record(
        "buffers of logs",
        ("access_log buffer=",),
        _log_buffers,
        "ngx_http_log_set_log()",
        "access_log, buffer",
    ),
    Record(
        "Lua heaps",
        ("init_by_lua*", "init_worker_by_lua*"),
        _scripts,
        "luaL_newstate()",
        "stated by the user",
    ),
)
