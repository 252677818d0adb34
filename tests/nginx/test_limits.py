"""The limit that is named is enough for the kernel, and far less is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nginx_memlint import check
from tests.nginx.cgroup import available
from tests.nginx.measure_allocators import stores
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.prefix import write_conf
from tests.nginx.stack import Stack
from tests.nginx.survival import survives
from tests.nginx.whole_configurations import CONFIGURATIONS, Site, text

WORKERS = 4

KILLED = 0.6
"""Of the worst peak that is predicted: with so much, one of many CA stores is killed."""

SITES: dict[str, Callable[[Place], Site]] = {
    "30 CA stores": lambda place: stores(place, 30),
    "1,500 plain hosts": CONFIGURATIONS["1,500 plain hosts"],
}

pytestmark = pytest.mark.skipif(
    not available(), reason="no memory cgroup of version 1 can be made here"
)


def written(name: str, place: Place, stack: Stack) -> Path:
    """The configuration of a site, with four workers."""
    return write_conf(place.prefix, text(SITES[name](place), place, stack, WORKERS))


@pytest.mark.parametrize("name", SITES)
def test_nginx_survives_in_what_is_named(name: str, bookworm: Stack, tmp_path: Path) -> None:
    """Through twelve reloads of which all old workers exit at the same moment."""
    place = place_in(tmp_path)
    conf = written(name, place, bookworm)
    total = check(conf, target="debian-12").memory.total
    assert survives("glibc", conf, place.prefix, total.limit_bytes)


def test_nginx_is_killed_in_far_less(bookworm: Stack, tmp_path: Path) -> None:
    place = place_in(tmp_path)
    conf = written("30 CA stores", place, bookworm)
    total = check(conf, target="debian-12").memory.total
    most = round(KILLED * total.reload_peak_worst_bytes)
    assert not survives("glibc", conf, place.prefix, most)
