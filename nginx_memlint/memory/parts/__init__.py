"""The things that take memory in a configuration: a list of records, each counted in the tree.

To add one: a row in ``directives.py`` if it is so many bytes a directive, or else a record beside
its like. tests/nginx/measure_parts.py measures it.
"""

from __future__ import annotations

from nginx_memlint.memory.parts import (
    addresses,
    arrays,
    base,
    blocks,
    certificates,
    data,
    directives,
    expressions,
    geo,
    modsecurity,
    passed,
    scripts,
    upstreams,
)
from nginx_memlint.memory.parts.record import Configuration, CostPart, Record, part_of

RECORDS: tuple[Record, ...] = (
    *base.RECORDS,
    *scripts.RECORDS,
    *modsecurity.RECORDS,
    *blocks.RECORDS,
    *addresses.RECORDS,
    *arrays.RECORDS,
    *expressions.RECORDS,
    *directives.RECORDS,
    *passed.RECORDS,
    *data.RECORDS,
    *geo.RECORDS,
    *upstreams.RECORDS,
    *certificates.RECORDS,
)
"""All that is counted beside OpenSSL's contexts, CA certificates and zones."""


def parts(configuration: Configuration, before: list[CostPart] | None = None) -> list[CostPart]:
    """The parts of a configuration, in the order of the records.

    ``before`` are those of the tree on another server: only records that are by_target differ.
    """
    kept = {} if before is None else {part.name: part for part in before}
    listed = (
        part_of(record, configuration)
        if record.by_target or before is None
        else kept.get(record.name)
        for record in RECORDS
    )
    return [part for part in listed if part is not None]
