"""Whether a reload fits, for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nginx_memlint.live.preflight.verdict import (
    Fit,
    NeedInfo,
    NeedPart,
    Preflight,
    ProcessesInfo,
    RoomInfo,
)
from nginx_memlint.report.views.preflight import plain, span
from nginx_memlint.sizes import GIB, MIB

RESULT = Preflight(
    verdict=Fit.MAY_NOT,
    reason='memory.max of /a"b\\c: 5.0 GiB is likely',
    path="/etc/nginx/nginx.conf",
    pid=812,
    nginx="/usr/sbin/nginx",
    target="nginx 1.22.1",
    allocator="glibc",
    unchanged=True,
    need=NeedInfo(
        least_bytes=2 * GIB,
        likely_bytes=5 * GIB,
        most_bytes=9 * GIB,
        parts=[NeedPart(name="the new configuration", bytes=9 * GIB)],
        command_bytes=GIB,
    ),
    room=[
        RoomInfo(
            name='memory.max of /a"b\\c',
            limit_bytes=8 * GIB,
            used_bytes=4 * GIB,
            reclaimable_bytes=MIB,
            free_bytes=4 * GIB + MIB,
            swap_bytes=0,
            kills=True,
        ),
        RoomInfo(
            name="MemAvailable",
            limit_bytes=64 * GIB,
            used_bytes=8 * GIB,
            reclaimable_bytes=0,
            free_bytes=56 * GIB,
            swap_bytes=GIB,
            kills=True,
        ),
    ],
    processes=[
        ProcessesInfo(
            kind="master",
            processes=1,
            since_seconds=12_000.0,
            anonymous_bytes=GIB,
            zones_bytes=MIB,
        ),
        ProcessesInfo(
            kind="old workers",
            processes=2,
            since_seconds=61.5,
            anonymous_bytes=2 * GIB,
            zones_bytes=MIB,
        ),
        ProcessesInfo(
            kind="old workers",
            processes=1,
            since_seconds=30.0,
            anonymous_bytes=GIB,
            zones_bytes=MIB,
        ),
    ],
    waited_seconds=0.0,
    helps=["wait"],
    unseen=["the allocator"],
    problems=[],
)
"""A result in which each part is there."""


def test_the_lines() -> None:
    assert plain(RESULT).splitlines() == [
        "MAY NOT FIT  a reload of nginx (process 812) needs up to 9.0 GiB more, 4.0 GiB is free",
        '  room     memory.max of /a"b\\c: 8.0 GiB, 4.0 GiB of it used, '
        "1.0 MiB of that reclaimable",
        "  now      master 1.0 GiB for 3 h 20 min; 2 old workers 1.0 GiB for 1 min 1 s; "
        "old workers 1.0 GiB for 30 s; /etc/nginx/nginx.conf unchanged",
        '  decides  memory.max of /a"b\\c: 5.0 GiB is likely; in all 9.0 GiB the new configuration',
        "  helps    wait",
        "  unseen   the allocator",
    ]


def test_how_long_it_waited() -> None:
    waited = plain(replace(RESULT, waited_seconds=59.6))
    assert waited.endswith("  waited   60 s, 3 old workers left\n")
    gone = replace(RESULT, waited_seconds=3.0, processes=RESULT.processes[:1])
    assert plain(gone).endswith("  waited   3 s, no old workers left\n")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (200_000, "2 d 7 h")],
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text
