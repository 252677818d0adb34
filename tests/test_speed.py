"""No step may become superlinear, nor far slower than crossplane; nothing here knows seconds.

What grows is counted in lines of Python that are run, which the load of a machine does not change.
What is compared with crossplane runs in turn with it, until the least of either is within the
bound or all rounds are over. The real figures are in docs/benchmarks.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.inputs import many_files, many_roots, one_file, shapes, small
from benchmarks.measure import measure
from nginx_memlint import check
from tests.helpers import SAMPLES, http, memlint, write
from tests.hostile.work import lines_run
from tests.rules.bundles import pem

CHECK: list[str | Path] = [sys.executable, "-m", "nginx_memlint", "check"]
CROSSPLANE: list[str | Path] = [sys.executable, "-m", "crossplane", "parse"]
ROUNDS = 8
"""At most: one is enough on an idle machine."""


def least(command: list[str | Path], before: tuple[float, int] | None) -> tuple[float, int]:
    """CPU time and peak memory of a process, or those of a run before if they were less."""
    run = measure([*map(str, command)], str(Path(command[-1]).parent))
    assert run.status in (0, 1)
    cpu, peak = before or (run.cpu, run.peak)
    return min(cpu, run.cpu), min(peak, run.peak)


def assert_beside_crossplane(conf: Path, *, cpu: float, memory: float) -> None:
    """A check takes at most so many times what ``crossplane parse`` takes."""
    ours = theirs = None
    for _ in range(ROUNDS):
        ours, theirs = least([*CHECK, conf], ours), least([*CROSSPLANE, conf], theirs)
        if ours[0] <= cpu * theirs[0] and ours[1] <= memory * theirs[1]:
            return
    pytest.fail(f"CPU seconds and bytes: memlint {ours}, crossplane {theirs}")


def test_locations_that_are_alike(tmp_path: Path) -> None:
    assert_beside_crossplane(write(tmp_path, dict(one_file(20_000))), cpu=0.85, memory=1.5)


def test_locations_of_many_shapes(tmp_path: Path) -> None:
    assert_beside_crossplane(write(tmp_path, dict(shapes(10_000))), cpu=1.1, memory=1.45)


def test_the_incident() -> None:
    assert_beside_crossplane(SAMPLES / "incident/nginx.conf", cpu=1.7, memory=1.95)


def test_a_small_configuration(tmp_path: Path) -> None:
    assert_beside_crossplane(write(tmp_path, dict(small())), cpu=4.2, memory=2.2)


@pytest.mark.parametrize(
    "make",
    [one_file, shapes, lambda count: many_files(count, count // 8)],
    ids=["one file", "shapes", "files"],
)
def test_memory_is_linear(make: Callable[[int], dict[str, str]], tmp_path: Path) -> None:
    sizes = (0, 2_000, 8_000)
    confs = [write(tmp_path / str(size), dict(make(size) if size else small())) for size in sizes]
    base, few, many = (least([*CHECK, conf], None)[1] for conf in confs)
    assert many - base < 4 * 2 * max(few - base, 1 << 20)


FEW = 48


def assert_linear(once: Callable[[int], object], few: int = FEW) -> None:
    """Each further one is as much work: lines of Python, the size of a remedy's steps aside."""
    once(4 * few)  # patterns are compiled once
    least, less, more = (lines_run(lambda n=n: once(n)) for n in (few, 2 * few, 4 * few))  # type: ignore[misc]
    assert more - less < 2 * 1.2 * (less - least)


@pytest.mark.parametrize(
    "make",
    [one_file, shapes, lambda count: many_files(count, count // 8)],
    ids=["one file", "shapes", "files"],
)
def test_work_is_linear(make: Callable[[int], dict[str, str]], tmp_path: Path) -> None:
    confs = {n: write(tmp_path / str(n), dict(make(n))) for n in (400, 800, 1600)}
    assert_linear(lambda count: check(confs[count], target="debian-12"), 400)


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

    def once(depth: int) -> None:
        inside = f"{OWN}\nserver {{\n{opening * depth}{closing * depth}}}\n"
        files: dict[str, str | bytes] = {"nginx.conf": http(inside), "ca.pem": pem(2)}
        assert check(write(tmp_path / str(depth), files), target=target).blocks.location

    assert_linear(once)


def test_many_that_nothing_uses(tmp_path: Path) -> None:
    """Each of them is a finding, with a remedy that changes the tree."""

    def once(count: int) -> None:
        locations = "".join(f"location /{n} {{ {OWN} }}\n" for n in range(count))
        files: dict[str, str | bytes] = {
            "nginx.conf": http(f"server {{\n{locations}}}\n"),
            "ca.pem": pem(2),
        }
        report = check(write(tmp_path / str(count), files), target="debian-12")
        assert sum(finding.rule == "ML105" for finding in report.findings) == count

    assert_linear(once)


def test_a_remedy_for_many_files(tmp_path: Path) -> None:
    """A directive moves from http into each of them: the http block has as many parts."""
    server = "server { location /a { content_by_lua_file a.lua; } location /b { } }\n"

    def once(count: int) -> None:
        files: dict[str, str | bytes] = {f"sites/{n}.conf": server for n in range(count)}
        files["nginx.conf"] = http(f"{OWN} include sites/*.conf;")
        conf = write(tmp_path / str(count), files)
        report = check(conf, target="debian-12", unit_cost=1 << 20)
        moves = f"move lua_ssl_trusted_certificate into the blocks that run Lua ({count})"
        assert moves in {remedy.change.replace(",", "") for remedy in report.remedies}

    assert_linear(once)


def test_jobs_change_nothing(tmp_path: Path) -> None:
    write(tmp_path, dict(many_roots(200, 20)))
    files = sorted(tmp_path.glob("root-*/nginx.conf"))
    assert len(files) == 20
    one, two = (memlint("check", *files, "--jobs", str(n)) for n in (1, 2))
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)
    assert one.out.count("root-") >= 20
