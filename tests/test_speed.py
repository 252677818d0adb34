"""No step may become superlinear, nor far slower than crossplane; nothing here knows seconds.

Short runs on a machine that may be busy: what is compared runs in turn, the best of a few counts,
and the bounds have much slack. The real figures are in docs/BENCHMARKS.md.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.inputs import many_files, many_roots, one_file, shapes, small
from benchmarks.measure import Run, measure
from nginx_memlint import check

from .helpers import SAMPLES, http, write
from .rules.bundles import pem

CHECK: list[str | Path] = [sys.executable, "-m", "nginx_memlint", "check"]
CROSSPLANE: list[str | Path] = [sys.executable, "-m", "crossplane", "parse"]
ROUNDS = 2


def least(*commands: list[str | Path]) -> list[Run]:
    """The least CPU time and memory of each: load of others adds to either."""
    runs: list[list[Run]] = [[] for _ in commands]
    for _ in range(ROUNDS):
        for command, own in zip(commands, runs, strict=True):
            own.append(measure([*map(str, command)], str(Path(command[-1]).parent)))
    assert all(run.status in (0, 1) for own in runs for run in own)
    return [Run(0, min(run.cpu for run in own), min(run.peak for run in own), 0) for own in runs]


@pytest.mark.parametrize(
    "make",
    [one_file, shapes, lambda count: many_files(count, count // 8)],
    ids=["one file", "shapes", "files"],
)
def test_time_and_memory_are_linear(make: Callable[[int], dict[str, str]], tmp_path: Path) -> None:
    sizes = (0, 2_000, 8_000)
    confs = [write(tmp_path / str(size), dict(make(size) if size else small())) for size in sizes]
    base, few, many = least(*([*CHECK, conf] for conf in confs))
    assert many.cpu - base.cpu < 4 * 2 * max(few.cpu - base.cpu, 0.01)
    assert many.peak - base.peak < 4 * 2 * max(few.peak - base.peak, 1 << 20)


def test_faster_than_crossplane_parses_what_is_alike(tmp_path: Path) -> None:
    conf = write(tmp_path, dict(one_file(20_000)))
    ours, theirs = least([*CHECK, conf], [*CROSSPLANE, conf])
    assert ours.cpu < 0.7 * theirs.cpu
    assert ours.peak < 1.8 * theirs.peak


def test_faster_than_crossplane_parses_what_is_not(tmp_path: Path) -> None:
    conf = write(tmp_path, dict(shapes(10_000)))
    ours, theirs = least([*CHECK, conf], [*CROSSPLANE, conf])
    assert ours.cpu < 0.85 * theirs.cpu
    assert ours.peak < 1.5 * theirs.peak


def test_the_incident_beside_crossplane() -> None:
    conf = SAMPLES / "incident/nginx.conf"
    ours, theirs = least([*CHECK, conf], [*CROSSPLANE, conf])
    assert ours.cpu < 1.9 * theirs.cpu
    assert ours.peak < 2.5 * theirs.peak


def test_starts_about_as_fast_as_crossplane(tmp_path: Path) -> None:
    conf = write(tmp_path, dict(small()))
    ours, theirs = least([*CHECK, conf], [*CROSSPLANE, conf])
    assert ours.cpu < 6 * theirs.cpu


def assert_linear(once: Callable[[int], float]) -> None:
    """Eight times as much takes eight times as long, with slack; the load of others adds to it."""
    few = min(once(150) for _ in range(ROUNDS))
    most = 8 * 2.2 * max(few, 0.004)
    assert any(once(1200) < most for _ in range(ROUNDS))


OWN = "lua_ssl_trusted_certificate ca.pem;"
NESTED = {
    "plain": ("location /a {\n", "}\n"),
    "running Lua": ("location /a { content_by_lua_block { x }\n", "}\n"),
    "each with its own": (f"location /a {{ {OWN}\n", "}\n"),
    "passing on": (
        "location /a { proxy_pass https://a; proxy_ssl_verify on; "
        "proxy_ssl_trusted_certificate ca.pem;\n",
        "}\n",
    ),
    "ifs": ("location /a { if ($a) {\n", "} }\n"),
}


@pytest.mark.parametrize("target", ["debian-12", "debian-13"])
@pytest.mark.parametrize("kind", NESTED)
def test_deep_nesting_is_linear(kind: str, target: str, tmp_path: Path) -> None:
    opening, closing = NESTED[kind]

    def conf(depth: int) -> Path:
        inside = f"{OWN}\nserver {{\n{opening * depth}{closing * depth}}}\n"
        files: dict[str, str | bytes] = {"nginx.conf": http(inside), "ca.pem": pem(2)}
        return write(tmp_path / str(depth), files)

    def once(depth: int) -> float:
        path = conf(depth)
        began = time.process_time()
        assert check(path, target=target).blocks.location
        return time.process_time() - began

    assert_linear(once)


def test_many_that_nothing_uses(tmp_path: Path) -> None:
    """Each of them is a finding, with a remedy that changes the tree."""

    def once(count: int) -> float:
        locations = "".join(f"location /{n} {{ {OWN} }}\n" for n in range(count))
        files: dict[str, str | bytes] = {
            "nginx.conf": http(f"server {{\n{locations}}}\n"),
            "ca.pem": pem(2),
        }
        conf = write(tmp_path / str(count), files)
        began = time.process_time()
        report = check(conf, target="debian-12")
        assert sum(finding.rule == "ML105" for finding in report.findings) == count
        return time.process_time() - began

    assert_linear(once)


def test_a_remedy_for_many_files(tmp_path: Path) -> None:
    """A directive moves from http into each of them: the http block has as many parts."""
    server = "server { location /a { content_by_lua_file a.lua; } location /b { } }\n"

    def once(count: int) -> float:
        files: dict[str, str | bytes] = {f"sites/{n}.conf": server for n in range(4 * count)}
        files["nginx.conf"] = http(f"{OWN} include sites/*.conf;")
        conf = write(tmp_path / str(count), files)
        began = time.process_time()
        report = check(conf, target="debian-12", unit_cost=1 << 20)
        moves = f"move lua_ssl_trusted_certificate into the blocks that run Lua ({4 * count})"
        assert moves in {remedy.change.replace(",", "") for remedy in report.remedies}
        return time.process_time() - began

    assert_linear(once)


def test_jobs_change_nothing(tmp_path: Path) -> None:
    write(tmp_path, dict(many_roots(200, 20)))
    files = sorted(tmp_path.glob("root-*/nginx.conf"))
    assert len(files) == 20
    from .helpers import memlint

    one, two = (memlint("check", *files, "--jobs", str(n)) for n in (1, 2))
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)
    assert one.out.count("root-") >= 20
