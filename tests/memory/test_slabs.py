"""Shared memory of upstreams: pages by the sizes of what is in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.options.record import read_keywords
from tests.helpers import http, write

LONG = "ns0-dofabive_apps_example_cloud-3"


def pages(directory: Path, *upstreams: str) -> float:
    """Pages that the zones of upstreams take at a start."""
    conf = write(directory, {"nginx.conf": http(" ".join(upstreams))})
    situation = examine(Job(str(conf), read_keywords({"target": "debian-12"}))).situation
    assert situation is not None
    return situation.amount.zone_renewed / 4096


def upstream(servers: str, name: str = "u1", zone: str = "z1 64k") -> str:
    return f"upstream {name} {{ zone {zone}; {servers} }}"


def listed(count: int) -> str:
    return "".join(f"server 127.0.0.1:8{number:03};" for number in range(count))


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        # names of 2 and 14 bytes, the zone's in 22, and pieces of 128 and 512 bytes; measured: 6.0
        (upstream(listed(1)), 6),
        (upstream(listed(8)), 6),
        (upstream(listed(9)), 7),
        # a name of 33 bytes, and that of its zone, are in one page; measured: 5.0
        (upstream(listed(1), LONG, f"{LONG} 256k"), 5),
        (upstream(listed(3) + "server 127.0.0.1:9 backup;"), 6),
        (upstream(listed(1), zone="z1 32k"), 6),
        (upstream(listed(100)), 16),
        (upstream(listed(1), zone="z1 1m"), 7),
        (upstream(f"server unix:/run/{'a' * 40};"), 7),
    ],
)
def test_each_size_of_pieces_has_pages_of_its_own(tmp_path: Path, text: str, taken: int) -> None:
    assert pages(tmp_path, text) == taken


def test_upstreams_that_share_a_zone_share_its_pages(tmp_path: Path) -> None:
    both = upstream(listed(1)), upstream(listed(1), "u2", "z1")
    assert pages(tmp_path, *both) == 6
    many = [upstream(listed(4), f"u{number}", "z1 64k") for number in range(5)]
    assert pages(tmp_path, *many) == 9
