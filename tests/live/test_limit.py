"""Limits on the memory of what is run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nginx_memlint.live import limit
from nginx_memlint.live.available import memory_groups
from nginx_memlint.live.limit import limit_of
from nginx_memlint.live.process import run
from nginx_memlint.sizes import GIB, MIB
from tests.live.test_verify import machine

TAKE = "x = bytearray({})"
MAP = "import mmap; mmap.mmap(-1, {})"


def python(text: str) -> list[str]:
    return [sys.executable, "-S", "-c", text]


@pytest.mark.parametrize(
    ("cgroup", "group", "files"),
    [
        ("0::/a/b\n", "a/b", {"memory.max": "", "memory.swap.max": "0"}),
        (
            "4:cpu,memory:/a\n0::/\n",
            "memory/a",
            {"memory.limit_in_bytes": "", "memory.memsw.limit_in_bytes": ""},
        ),
    ],
)
def test_a_group_inside_of_our_own(
    cgroup: str, group: str, files: dict[str, str], tmp_path: Path
) -> None:
    machine(tmp_path, cgroup, {f"sys/fs/cgroup/{group}/memory.max": "max\n"})
    with limit_of(GIB, root=tmp_path) as made:
        assert made.group is not None
        assert made.group.parent == tmp_path / "sys/fs/cgroup" / group
        assert "1.0 GiB by a control group" in made.said
        for name, text in files.items():
            assert (made.group / name).read_text() == (text or str(GIB))


def test_a_group_around_where_ours_gives_none(tmp_path: Path) -> None:
    """Groups of version 2 that hold processes have none below them that limit memory."""
    machine(tmp_path, "0::/a/b\n", {"sys/fs/cgroup/a/memory.max": "max\n"})
    (tmp_path / "sys/fs/cgroup/a/b").write_text("no directory, so none can be made in it")
    with limit_of(GIB, root=tmp_path) as made:
        assert made.group is not None
        assert made.group.parent == tmp_path / "sys/fs/cgroup/a"


def test_without_groups_it_is_the_address_space(tmp_path: Path) -> None:
    machine(tmp_path, "0::/\n", {})
    (tmp_path / "sys").write_text("")
    with limit_of(64 * MIB, MIB, tmp_path) as made:
        assert made.group is None
        assert "address space limited to 1.1 GiB, as no control group can be made" in made.said
        ended = run(python(MAP.format(2 * GIB)), 20, prepare=made.apply)
        assert ended.code != 0
        assert made.stopped(ended)
        ended = run(python("print(1)"), 20, prepare=made.apply)
        assert not made.stopped(ended)
        assert (ended.code, ended.output) == (0, "1\n")


def test_a_program_that_fails_has_not_come_to_the_limit(tmp_path: Path) -> None:
    machine(tmp_path, "0::/\n", {})
    (tmp_path / "sys").write_text("")
    with limit_of(64 * MIB, root=tmp_path) as made:
        assert not made.stopped(run(python("raise SystemExit(1)"), 20, prepare=made.apply))


def test_the_kernel_ends_what_takes_more() -> None:
    with limit_of(64 * MIB) as made:
        if made.group is None:
            pytest.skip("no control group can be made here")
        ended = run(python(TAKE.format(16 * MIB)), 20, prepare=made.apply)
        assert (ended.code, made.stopped(ended)) == (0, False)
        ended = run(python(TAKE.format(256 * MIB)), 20, prepare=made.apply)
        assert (ended.code, made.stopped(ended)) == (-9, True)
    assert not made.group.exists()


def test_what_is_left_for_other_programs_is_in_the_text() -> None:
    assert limit.Limit(GIB, GIB, None).said.endswith("watched, not limited")
    assert list(memory_groups(Path("/nowhere"))) == []


@pytest.mark.parametrize(
    ("cgroup", "group", "files"),
    [
        ("0::/a\n", "a", ("memory.max", "memory.current", "memory.peak")),
        (
            "4:memory:/a\n",
            "memory/a",
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes"),
        ),
    ],
)
def test_what_a_group_uses_and_used(
    cgroup: str, group: str, files: tuple[str, str, str], tmp_path: Path
) -> None:
    most, usage, peak = files
    machine(tmp_path, cgroup, {f"sys/fs/cgroup/{group}/{most}": ""})
    with limit_of(GIB, root=tmp_path) as made:
        assert made.group is not None
        assert made.used() is None, "the kernel is older than the file"
        (made.group / usage).write_text("5\n")
        (made.group / peak).write_text("7\n")
        assert made.used() == (5, 7)


def test_without_a_group_nothing_of_it_is_known(tmp_path: Path) -> None:
    machine(tmp_path, "0::/\n", {})
    (tmp_path / "sys").write_text("")
    with limit_of(64 * MIB, MIB, tmp_path) as made:
        assert made.used() is None
        assert not made.killed()
