"""Processes of nginx as they are seen, and those that say of themselves what is not so."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live.preflight.kernel import LARGE_PAGES, TICKS, Kernel
from nginx_memlint.live.preflight.processes import Running, look
from nginx_memlint.sizes import MIB
from tests.live.preflight.machine import MASTER, UPTIME, Machine

OLD = "nginx: worker process is shutting down"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    made.nginx(2, anonymous=4 * MIB)
    return made


def seen(machine: Machine) -> Running:
    return look(Kernel(machine.root), MASTER)


def test_master_and_workers(machine: Machine) -> None:
    running = seen(machine)
    assert running.master.anonymous == 4 * MIB
    assert running.serving == 2
    assert (running.old, running.helpers) == ((), ())
    assert running.as_started
    assert running.in_full
    assert running.now == UPTIME


def test_workers_of_a_reload_are_not_those_of_the_start(machine: Machine) -> None:
    machine.nginx(2, reloads=1)
    assert not seen(machine).as_started


def test_old_workers_by_generation(machine: Machine) -> None:
    for pid, started in ((201, 20.0), (202, 20.3), (203, 50.0)):
        machine.process(pid, OLD, parent=MASTER, started=started)
    machine.process(204, "nginx: cache manager process", parent=MASTER)
    machine.children(101, 102, 203, 201, 202, 204)
    running = seen(machine)
    assert [[worker.pid for worker in one.workers] for one in running.old] == [[201, 202], [203]]
    assert [one.started for one in running.old] == [20.0, 50.0]
    assert [helper.pid for helper in running.helpers] == [204]
    assert running.shutting_down == 3
    assert not running.as_started


@pytest.mark.parametrize(("started", "is_old"), [(20.0, True), (100.0, False), (100.1, False)])
def test_a_helper_is_no_older_than_the_workers_that_serve(
    machine: Machine, started: float, *, is_old: bool
) -> None:
    """An old worker that calls itself a helper would be hidden."""
    machine.nginx(2, reloads=1)
    machine.process(201, "nginx: cache manager process", parent=MASTER, started=started)
    machine.children(201, 101, 102)
    running = seen(machine)
    assert (running.shutting_down, len(running.helpers)) == (int(is_old), int(not is_old))


@pytest.mark.parametrize("has_workers", [False, True])
def test_a_worker_that_begins_has_the_title_of_its_master(
    machine: Machine, *, has_workers: bool
) -> None:
    """So has the new master of an upgrade, which has workers of its own."""
    machine.process(201, "nginx: master process nginx", parent=MASTER, started=100.0)
    machine.process(202, "nginx: worker process", parent=201 if has_workers else 1)
    machine.children(201, 101, 102)
    running = seen(machine)
    assert (running.serving, len(running.helpers)) == ((2, 1) if has_workers else (3, 0))


def test_a_worker_of_the_start_among_those_of_a_reload_is_no_start(machine: Machine) -> None:
    """An old worker that calls itself one that serves."""
    machine.nginx(2, reloads=1)
    machine.process(101, "nginx: worker process", parent=MASTER)
    assert not seen(machine).as_started


def test_memory_in_swap_is_its_own_as_well(machine: Machine) -> None:
    status = machine.root / f"proc/{MASTER}/status"
    status.write_text(status.read_text().replace("VmSwap:\t0 kB", "VmSwap:\t1024 kB"))
    assert seen(machine).master.anonymous == 5 * MIB


SMAPS = """\
1000-2000 r--p 00000000 fe:00 260811     /usr/sbin/nginx
Anonymous:            16 kB
Swap:                  4 kB
VmFlags: rd mr mw me
2000-3000 rw-p 00000000 00:00 0          [heap]
Anonymous:          4096 kB
Swap:                  8 kB
3000-4000 rw-p 00000000 00:00 0
AnonHugePages:      2048 kB
Anonymous:          2048 kB
Swap:                  0 kB
4000-5000 rw-p 00000000 00:00 0          [stack]
Anonymous:            32 kB
"""


def test_memory_outside_of_the_heap(machine: Machine) -> None:
    kernel = Kernel(machine.root)
    assert kernel.outside_heap(MASTER) is None
    machine.write(f"proc/{MASTER}/smaps", SMAPS)
    assert kernel.outside_heap(MASTER) == (16 + 4 + 2048) * 1024


@pytest.mark.parametrize("text", ["", "\n\n", "Anonymous: 4 kB\n", "1-2 x\nSwap: ² kB\nSwap:\n"])
def test_maps_that_make_no_sense(machine: Machine, text: str) -> None:
    machine.write(f"proc/{MASTER}/smaps", text)
    assert Kernel(machine.root).outside_heap(MASTER) == 0


def test_what_may_not_be_read_is_taken_for_shared(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.nginx(2, anonymous=4 * MIB, readable=False)
    running = seen(machine)
    assert not running.in_full
    assert (running.master.shared, running.master.private) == (4 * MIB, 0)


def test_without_the_list_of_children_parents_tell(machine: Machine) -> None:
    (machine.root / f"proc/{MASTER}/task/{MASTER}/children").unlink()
    assert seen(machine).serving == 2


@pytest.mark.parametrize("title", ["", "sshd: nginx: master process", "nginx: worker process"])
def test_a_process_that_is_no_master(machine: Machine, title: str) -> None:
    """A pid file may be stale, and its number another process's by now."""
    machine.process(MASTER, title)
    with pytest.raises(MemlintError, match="is no nginx master") as error:
        seen(machine)
    assert error.value.status == Exit.INCOMPLETE


def test_a_process_that_is_not_there(machine: Machine) -> None:
    with pytest.raises(MemlintError, match="there is no process 99"):
        look(Kernel(machine.root), 99)


def test_a_zombie_is_not_there(machine: Machine) -> None:
    stat = machine.root / f"proc/{MASTER}/stat"
    stat.write_text(stat.read_text().replace(") S ", ") Z "))
    with pytest.raises(MemlintError, match="there is no process"):
        seen(machine)


def test_a_server_that_reads_for_long_was_not_surely_reloaded(machine: Machine) -> None:
    machine.nginx(2, reloads=1)
    assert seen(machine).was_reloaded
    stat = machine.root / f"proc/{MASTER}/stat"
    fields = stat.read_text().rsplit(") ", 1)
    words = fields[1].split()
    words[11] = str(60 * TICKS)
    stat.write_text(f"{fields[0]}) {' '.join(words)}\n")
    running = seen(machine)
    assert running.busy_seconds == 60
    assert not running.was_reloaded
    assert not running.as_started
    for pid in (101, 102):
        machine.process(pid, "nginx: worker process", parent=MASTER, started=70.0)
    assert seen(machine).as_started


def test_a_server_that_waited_for_a_cpu_was_not_surely_reloaded(machine: Machine) -> None:
    machine.nginx(2, reloads=1)
    machine.write(f"proc/{MASTER}/schedstat", "20000000 60000000000 17\n")
    running = seen(machine)
    assert running.busy_seconds == pytest.approx(60)
    assert not running.was_reloaded


@pytest.mark.parametrize("text", ["", "1", "1 x 2", "²"])
def test_a_schedstat_that_makes_no_sense(machine: Machine, text: str) -> None:
    machine.nginx(2, reloads=1)
    machine.write(f"proc/{MASTER}/schedstat", text)
    assert seen(machine).was_reloaded


class Reused(Kernel):
    """A number that is another process's when it is looked at again."""

    looks = 0

    def text(self, pid: int, name: str) -> str:
        text = super().text(pid, name)
        if (pid, name) == (MASTER, "stat"):
            self.looks += 1
            return text.replace(" 0 0\n", " 77 0\n") if self.looks > 2 else text
        return text


def test_a_number_that_is_used_again_meanwhile(machine: Machine) -> None:
    with pytest.raises(MemlintError, match="ended while it was read"):
        look(Reused(machine.root), MASTER)


class Ending(Kernel):
    """Workers that end between one file and the next."""

    def text(self, pid: int, name: str) -> str:
        if pid != MASTER and name == "status":
            raise ProcessLookupError
        return super().text(pid, name)


def test_workers_that_end_meanwhile_are_left_out(machine: Machine) -> None:
    assert look(Ending(machine.root), MASTER).current == ()


@pytest.mark.parametrize("stat", ["", "100", "100 (nginx", "100 (nginx) S x y z", "100 () S 1"])
def test_a_stat_that_makes_no_sense(machine: Machine, stat: str) -> None:
    machine.write(f"proc/{MASTER}/stat", stat)
    with pytest.raises(MemlintError, match="there is no process"):
        seen(machine)


def of_master(machine: Machine, *, faulted: int, large: str = "always [madvise] never") -> Running:
    """A master that was given or wrote to so much, and has read 3 MB."""
    machine.process(MASTER, "nginx: master process nginx", anonymous=4 * MIB, faulted=faulted)
    machine.write(f"proc/{MASTER}/io", "rchar: 3000000\nwchar: 1\n")
    machine.write(LARGE_PAGES, f"{large}\n")
    return seen(machine)


def test_what_a_master_was_given_and_has_read(machine: Machine) -> None:
    running = of_master(machine, faulted=12 * MIB)
    assert (running.faulted, running.bytes_read) == (12 * MIB, 3_000_000)


def test_a_daemon_does_not_tell_what_was_read_before_it_was_forked(machine: Machine) -> None:
    running = of_master(machine, faulted=MIB)
    assert (running.faulted, running.bytes_read) == (None, None)


def test_large_pages_are_not_counted_as_pages(machine: Machine) -> None:
    running = of_master(machine, faulted=12 * MIB, large="[always] madvise never")
    assert (running.faulted, running.bytes_read) == (None, None)


@pytest.mark.parametrize("text", [None, "", "rchar: many\n"])
def test_what_was_read_may_not_be_told(machine: Machine, text: str | None) -> None:
    of_master(machine, faulted=12 * MIB)
    if text is None:
        (machine.root / f"proc/{MASTER}/io").unlink()
    else:
        machine.write(f"proc/{MASTER}/io", text)
    assert seen(machine).bytes_read is None
