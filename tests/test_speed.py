"""No step may become superlinear, nor far slower than crossplane; nothing here knows seconds.

Short runs on a machine that may be busy: the bounds have much slack. The real figures are in
docs/BENCHMARKS.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.inputs import many_files, many_roots, one_file, small
from benchmarks.measure import Run, measure

from .helpers import write

CHECK = [sys.executable, "-m", "nginx_memlint", "check", "--no-cache"]
CROSSPLANE = [sys.executable, "-m", "crossplane", "parse"]
ROUNDS = 3


@pytest.fixture(autouse=True, scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Byte code is kept between the runs, as where both programs are installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


def least(command: list[str], *files: Path) -> Run:
    """The least CPU time and memory of a few runs: load of others adds to either."""
    runs = [measure([*command, *map(str, files)], str(files[0].parent)) for _ in range(ROUNDS)]
    assert all(run.status in (0, 1) for run in runs)
    return min(runs, key=lambda run: run.cpu)


@pytest.mark.parametrize(
    "make", [one_file, lambda count: many_files(count, count // 8)], ids=["one file", "files"]
)
def test_time_and_memory_are_linear(
    make: Callable[[int], dict[str, str | bytes]], tmp_path: Path
) -> None:
    sizes = (0, 2_000, 8_000)
    runs = [
        least(CHECK, write(tmp_path / str(size), make(size) if size else dict(small())))
        for size in sizes
    ]
    base, few, many = runs
    assert many.cpu - base.cpu < 4 * 2.5 * max(few.cpu - base.cpu, 0.01)
    assert many.peak - base.peak < 4 * 2 * max(few.peak - base.peak, 1 << 20)


def test_faster_than_crossplane_parses(tmp_path: Path) -> None:
    conf = write(tmp_path, dict(one_file(10_000)))
    ours, theirs = least(CHECK, conf), least(CROSSPLANE, conf)
    assert ours.cpu < 0.8 * theirs.cpu
    assert ours.peak < 1.2 * theirs.peak


def test_starts_about_as_fast_as_crossplane(tmp_path: Path) -> None:
    conf = write(tmp_path, dict(small()))
    assert least(CHECK, conf).cpu < 3 * least(CROSSPLANE, conf).cpu


def test_jobs_change_nothing(tmp_path: Path) -> None:
    write(tmp_path, dict(many_roots(200, 20)))
    files = sorted(tmp_path.glob("root-*/nginx.conf"))
    assert len(files) == 20
    from .helpers import memlint

    one, two = (memlint("check", *files, "--jobs", str(n), "--no-cache") for n in (1, 2))
    assert (one.code, one.out, one.err) == (two.code, two.out, two.err)
    assert one.out.count("root-") >= 20
