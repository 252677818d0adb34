"""The peak of reading a map, beside measurements of nginx -t (Debian 12, 1.22.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.options.record import read_keywords
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.sizes import MIB
from tests.helpers import http, write

SIZES = "map_hash_max_size 262144; map_hash_bucket_size 256;"


def redirects(count: int) -> str:
    """A map of so many paths, each to a value of its own, as it was measured."""
    lines = (f"/old/category-{n % 97}/article-{n}.html /new/{n % 53}/a{n};\n" for n in range(count))
    return f"map $request_uri $new {{\n{''.join(lines)}}}\n"


def situation(directory: Path, inside: str) -> Situation:
    conf = write(directory, {"nginx.conf": http(inside, "")})
    made = examine(Job(str(conf), read_keywords({"target": "debian-12"}))).situation
    assert made is not None
    return made


@pytest.mark.parametrize(("count", "measured"), [(20_000, 9.6), (100_000, 34.6)])
def test_the_peak_of_reading_a_map(tmp_path: Path, count: int, measured: float) -> None:
    """Without its arrays it was up to 1.6 of what was predicted; what is kept is less."""
    made = situation(tmp_path, f"{SIZES} {redirects(count)} server {{ listen 80; }}")
    assert made.test_bytes / MIB == pytest.approx(measured, rel=0.08)
    assert made.total_with(0).start < made.test_bytes - MIB


def test_contexts_come_after_the_arrays(tmp_path: Path) -> None:
    """They take the room that the arrays had."""
    tls = "listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.pem;"
    servers = f"server {{ {tls} }} " * 300
    alone = situation(tmp_path, f"{SIZES} {servers}")
    both = situation(tmp_path, f"{SIZES} {redirects(1_000)} {servers}")
    more = both.test_bytes - alone.test_bytes
    assert more == both.total_with(0).start - alone.total_with(0).start


def test_without_a_map_a_test_takes_what_a_start_does(tmp_path: Path) -> None:
    made = situation(tmp_path, "server { listen 80; }")
    whole = made.amount._replace(base=0, worker=0)
    assert made.test_bytes == sum(whole) - whole.zone_reserved
