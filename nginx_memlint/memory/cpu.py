"""CPU time of a start, a test or a reload beside contexts and CA files: an order of magnitude.

Measured with nginx -t of Debian 12 on one machine, by the bytes that parts take: a key 0.5 ms and
its certificate 0.15 (8 kB of a part), an entry of a revocation list 2 µs (208 bytes), a point of a
consistent hash 0.12 µs (16 bytes), an entry of a map 1.7 µs (180 bytes), a name at an address
0.3 µs, a script of 100 kB 37 ms (12.9 MB), the Core Rule Set 57 ms (17 MB).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from nginx_memlint.memory.parts.record import CostPart
from nginx_memlint.tree.tree import Tree

BY_PART = {
    "certificates": 2.5e-8,
    "revocation lists": 9e-9,
    "maps": 9e-9,
    "consistent hashes": 7.5e-9,
    "server names": 6e-9,
}
"""Part → seconds for each byte."""

OTHER = 3e-9

KEY = 0.0005
"""Of each private key that is read (SSL_CTX_use_PrivateKey())."""

SORTING = 12e-9
"""Of each two locations in one block: they are sorted one by one (ngx_queue_sort()). 20,000 took
4.8 seconds, in an order that is neither the best nor the worst."""


def part_seconds(parts: Iterable[CostPart], tree: Tree) -> float:
    """Seconds that the parts of a configuration take, with the sorting of locations."""
    around = Counter(id(block.parent) for block in tree.of_kinds(frozenset({"location"})))
    seconds = SORTING * sum(count * count for count in around.values())
    for part in parts:
        size = part.amount.pool + part.amount.in_heap
        seconds += size * BY_PART.get(part.name, OTHER)
        seconds += KEY * part.number * (part.name == "certificates")
    return seconds
