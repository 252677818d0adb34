"""What takes memory in a configuration: a list of records, each counted in the tree.

To add one: a row in ``directives.py`` if it is so many bytes a directive, or else a record beside
its like. tests/nginx/measure_parts.py measures it.
"""

from __future__ import annotations

from nginx_memlint.memory.parts import base, blocks, certificates, data, directives, upstreams
from nginx_memlint.memory.parts.record import Configuration, CostPart, Record, found

RECORDS: tuple[Record, ...] = (
    *base.RECORDS,
    *blocks.RECORDS,
    *directives.RECORDS,
    *data.RECORDS,
    *upstreams.RECORDS,
    *certificates.RECORDS,
)
"""All that is counted beside OpenSSL's contexts, CA certificates and zones."""


def parts(configuration: Configuration) -> list[CostPart]:
    """What takes memory, in the order of the records."""
    listed = (found(record, configuration) for record in RECORDS)
    return [part for part in listed if part is not None]
