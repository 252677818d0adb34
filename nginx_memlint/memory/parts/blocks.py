"""Blocks: servers and locations of http, servers of stream and mail."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record
from nginx_memlint.targets.targets import Costs

LOCATION_LINE = 450
"""Bytes of Costs.location that are not of the block itself: its words and text."""

SERVER_LINE = 1_190
"""Bytes of Costs.server that are not: its words and text, its name, its workers' part."""

IF_MORE = 200
"""Bytes that an ``if`` takes beyond a location: its code."""

SERVER_WORKER = 425
"""Bytes that a server takes in each worker."""

STREAM_SERVER = Amount(pool=2_400, worker=260)
MAIL_SERVER = Amount(pool=2_980, worker=333)


def block_amount(kind: str, costs: Costs) -> Amount:
    """The bytes of one block of a kind itself; none for kinds that are not counted as blocks."""
    if kind == "server":
        return Amount(pool=max(0, costs.server - SERVER_LINE), worker=SERVER_WORKER)
    location = max(0, costs.location - LOCATION_LINE)
    return {
        "location": Amount(pool=location, worker=18),
        "if": Amount(pool=location + IF_MORE, worker=40),
        "limit_except": Amount(pool=location + IF_MORE, worker=40),
        "stream_server": STREAM_SERVER,
        "mail_server": MAIL_SERVER,
    }.get(kind, Amount())


def _blocks(*kinds: str) -> Callable[[Configuration], Iterator[Counted]]:
    def find(configuration: Configuration) -> Iterator[Counted]:
        for kind in kinds:
            count = configuration.tree.kinds[kind]
            if count:
                amount = block_amount(kind, configuration.target.costs).times(count)
                said = kind.rpartition("_")[2] if kind.endswith("server") else kind
                yield Counted(amount, count, configuration.first(kind), said)

    return find


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
        "stream servers",
        ("server in stream",),
        _blocks("stream_server"),
        "ngx_stream_core_server()",
        "stream server, with its socket",
    ),
    Record(
        "mail servers",
        ("server in mail",),
        _blocks("mail_server"),
        "ngx_mail_core_server()",
        "mail server, with its socket",
    ),
)
