"""All that bounds the memory of nginx, on machines made of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.live.preflight.room import MACHINE, RoomLimit, room_around
from nginx_memlint.sizes import GIB, MIB
from tests.live.preflight.machine import MASTER, Machine

UNIT = "/system.slice/nginx.service"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.nginx()
    return made


def limits(machine: Machine) -> dict[str, RoomLimit]:
    return {limit.name: limit for limit in room_around(MASTER, machine.root)}


def test_without_groups_it_is_what_the_machine_has(machine: Machine) -> None:
    assert {name: limit.free for name, limit in limits(machine).items()} == {MACHINE: 8 * GIB}


def test_the_least_of_nested_groups_is_first(machine: Machine) -> None:
    machine.group(UNIT, memory_max=2 * GIB, memory_current=GIB)
    machine.group("/system.slice", memory_max=4 * GIB, memory_current=3 * GIB + 512 * MIB)
    first, second, third = room_around(MASTER, machine.root)
    assert (first.name, first.free) == ("memory.max of /system.slice", 512 * MIB)
    assert (second.name, second.free) == (f"memory.max of {UNIT}", GIB)
    assert third.name == MACHINE


def test_a_group_without_a_limit_is_none(machine: Machine) -> None:
    machine.group(UNIT, memory_max="max", memory_high="max", memory_current=GIB)
    assert set(limits(machine)) == {MACHINE}


def test_a_missing_controller_is_no_limit(machine: Machine) -> None:
    """The root of version 2 has no memory.max, and a group whose controller is off neither."""
    machine.group(UNIT, cgroup_controllers="cpu pids")
    assert set(limits(machine)) == {MACHINE}


def test_pages_of_files_count_as_free(machine: Machine) -> None:
    machine.group(UNIT, memory_max=GIB, memory_current=GIB)
    stat = {"inactive_file": 300, "active_file": 200, "slab_reclaimable": 50, "anon": 400}
    stat |= {"file_mapped": 80, "file_dirty": 15, "file_writeback": 5}
    text = "".join(f"{name} {size * MIB}\n" for name, size in stat.items())
    machine.write(f"sys/fs/cgroup{UNIT}/memory.stat", text)
    assert limits(machine)[f"memory.max of {UNIT}"].free == 450 * MIB


def test_at_a_high_limit_nothing_is_killed(machine: Machine) -> None:
    machine.group(UNIT, memory_max=2 * GIB, memory_high=GIB, memory_current=512 * MIB)
    of_unit = limits(machine)
    assert of_unit[f"memory.max of {UNIT}"].kills
    assert not of_unit[f"memory.high of {UNIT}"].kills


@pytest.mark.parametrize(
    ("files", "swap"),
    [
        ({}, 0),
        ({"memory_swap.max": "max", "memory_swap.current": 0}, 3 * GIB),
        ({"memory_swap.max": GIB, "memory_swap.current": 256 * MIB}, 768 * MIB),
        ({"memory_swap.max": 0, "memory_swap.current": 0}, 0),
    ],
)
def test_swap_is_told_apart(files: dict[str, str | int], swap: int, tmp_path: Path) -> None:
    machine = Machine(tmp_path, swap=3 * GIB)
    machine.nginx()
    machine.group(UNIT, memory_max=GIB, memory_current=GIB, **files)
    limit = limits(machine)[f"memory.max of {UNIT}"]
    assert (limit.free, limit.swap) == (0, swap)


def test_version_1_in_a_container(tmp_path: Path) -> None:
    """The group's own path is not there: what is mounted is the group itself."""
    machine = Machine(tmp_path, swap=GIB)
    machine.nginx()
    machine.write(f"proc/{MASTER}/cgroup", "4:cpu,memory:/docker/0123\n0::/\n")
    group = "sys/fs/cgroup/memory"
    for name, value in {
        "limit_in_bytes": 512 * MIB,
        "usage_in_bytes": 400 * MIB,
        "memsw.limit_in_bytes": 768 * MIB,
        "memsw.usage_in_bytes": 450 * MIB,
    }.items():
        machine.write(f"{group}/memory.{name}", f"{value}\n")
    machine.write(
        f"{group}/memory.stat",
        f"inactive_file {MIB}\ntotal_inactive_file {30 * MIB}\ntotal_active_file {9 * MIB}\n"
        f"total_mapped_file {4 * MIB}\n",
    )
    limit = limits(machine)["memory.limit_in_bytes of /"]
    assert (limit.free, limit.swap) == ((112 + 35) * MIB, (318 - 112) * MIB)


def test_version_1_without_a_limit(machine: Machine) -> None:
    machine.write(f"proc/{MASTER}/cgroup", "4:memory:/\n")
    machine.write("sys/fs/cgroup/memory/memory.limit_in_bytes", f"{(1 << 63) - 4096}\n")
    machine.write("sys/fs/cgroup/memory/memory.usage_in_bytes", f"{GIB}\n")
    assert set(limits(machine)) == {MACHINE}


@pytest.mark.parametrize("text", ["", "nonsense\n", "-5\n", "9" * 5000, "१२\n"])
def test_what_is_no_number_is_no_limit(machine: Machine, text: str) -> None:
    machine.group(UNIT, memory_max=text, memory_current=GIB)
    assert set(limits(machine)) == {MACHINE}


def test_a_group_beyond_the_mount_leads_nowhere_else(machine: Machine) -> None:
    machine.write(f"proc/{MASTER}/cgroup", "0::/../../secret\n")
    machine.write("sys/secret/memory.max", "1\n")
    machine.write("sys/secret/memory.current", "1\n")
    assert set(limits(machine)) == {MACHINE}
