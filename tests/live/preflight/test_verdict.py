"""The verdict on machines made of files, with a configuration that is there."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live.preflight import files
from nginx_memlint.live.preflight import verdict as module
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.verdict import Fit, Preflight, preflight
from nginx_memlint.options.record import read_keywords
from nginx_memlint.sizes import GIB, MIB
from tests.helpers import BUNDLE, LUA, http, write
from tests.live.preflight.machine import MASTER, UPTIME, Machine

UNIT = "/system.slice/nginx.service"
OLD = "nginx: worker process is shutting down"
TARGET = read_keywords({"target": "debian-12"})
LOCATIONS = "".join(f"location /l{number} {{ }}\n" for number in range(2000))
NEEDS = 25 * MIB
"""About what a reload of these locations needs with two workers."""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "machine")
    made.nginx(2, anonymous=15 * MIB)
    return made


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    return write(tmp_path / "conf", {"nginx.conf": http(f"server {{\n{LOCATIONS}}}", main="")})


def ask(machine: Machine, conf: Path, wait: float = 0.0) -> Preflight:
    return preflight(str(conf), TARGET, pid=str(MASTER), wait=wait, root=machine.root)


def free(machine: Machine, size: int, **files: int | str) -> None:
    """Leave so much in nginx's group."""
    machine.group(UNIT, memory_max=GIB, memory_current=GIB - size, **files)


def test_it_fits(machine: Machine, conf: Path) -> None:
    result = ask(machine, conf)
    assert result.verdict is Fit.FITS
    assert result.reason.endswith("would be left")
    assert result.helps == []
    assert NEEDS * 0.8 < result.need.most_bytes < NEEDS * 1.2
    assert sum(part.bytes for part in result.need.parts) == pytest.approx(
        result.need.most_bytes, abs=5
    )
    assert [(each.kind, each.processes) for each in result.processes] == [
        ("master", 1),
        ("workers", 2),
    ]


@pytest.mark.parametrize(
    ("left", "verdict", "reason"),
    [
        (64 * MIB, Fit.FITS, "would be left"),
        (20 * MIB, Fit.MAY_NOT, "if all old workers exit at once"),
        (MIB, Fit.DOES_NOT, "the least that it needs is"),
        (0, Fit.DOES_NOT, "the least that it needs is"),
    ],
)
def test_by_what_is_left(
    machine: Machine, conf: Path, left: int, verdict: Fit, reason: str
) -> None:
    free(machine, left)
    result = ask(machine, conf)
    assert result.verdict is verdict
    assert reason in result.reason
    assert (f"memory.max of {UNIT}" in result.reason) is (verdict is not Fit.FITS)
    assert result.room[0].name == f"memory.max of {UNIT}"


def test_a_later_reload_is_likely_to_fit_where_the_worst_would_not(
    machine: Machine, conf: Path
) -> None:
    machine.nginx(2, anonymous=32 * MIB, reloads=1)
    free(machine, 20 * MIB)
    assert ask(machine, conf).verdict is Fit.MAY_NOT


def test_swap_is_no_room_for_nginx(conf: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "swap", swap=GIB)
    machine.nginx(2, anonymous=15 * MIB)
    files: dict[str, int | str] = {"memory_swap.max": "max", "memory_swap.current": 0}
    free(machine, MIB, **files)
    result = ask(machine, conf)
    assert result.verdict is Fit.MAY_NOT
    assert "would have to be swapped" in result.reason


def test_a_high_limit_slows_down(machine: Machine, conf: Path) -> None:
    machine.group(UNIT, memory_max="max", memory_high=GIB, memory_current=GIB - MIB)
    result = ask(machine, conf)
    assert result.verdict is Fit.MAY_NOT
    assert "slowed down" in result.reason


def test_the_machine_itself_may_be_what_is_short(conf: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "small", available=MIB)
    machine.nginx(2, anonymous=15 * MIB)
    result = ask(machine, conf)
    assert result.verdict is Fit.DOES_NOT
    assert result.reason.startswith("MemAvailable: ")


def test_the_group_of_nginx_counts_and_not_that_of_memlint(machine: Machine, conf: Path) -> None:
    machine.write("proc/self/cgroup", "0::/user.slice\n")
    machine.group("/user.slice", memory_max=MIB, memory_current=MIB)
    assert ask(machine, conf).verdict is Fit.FITS


def test_helps(machine: Machine, conf: Path) -> None:
    machine.nginx(2, anonymous=32 * MIB, reloads=2)
    for pid in (201, 202):
        machine.process(pid, OLD, parent=MASTER, started=100.0, anonymous=32 * MIB)
    machine.children(101, 102, 201, 202)
    free(machine, 2 * MIB)
    waits, restart, *_ = ask(machine, conf).helps
    assert waits.startswith("wait for 2 old workers (--wait 60s)")
    assert restart.startswith("restart instead of reload")
    assert "drops all connections" in restart


def with_stores(directory: Path) -> Path:
    locations = "".join(f"location /l{number} {{ }}\n" for number in range(50))
    bundle = "lua_ssl_trusted_certificate ca.pem;"
    text = http(f"{bundle}\nserver {{\n{locations}}}", main=LUA)
    return write(directory, {"nginx.conf": text, "ca.pem": "no certificate\n"})


def test_the_changes_of_a_check_are_among_what_helps(machine: Machine, tmp_path: Path) -> None:
    conf = with_stores(tmp_path / "stores")
    conf.with_name("ca.pem").write_bytes(BUNDLE.read_bytes())
    free(machine, MIB)
    result = ask(machine, conf)
    assert any("lua_ssl_trusted_certificate" in each for each in result.helps)
    assert any("jemalloc" in each for each in result.helps)


def test_it_waits_until_old_workers_are_gone(
    machine: Machine, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.process(201, OLD, parent=MASTER, started=100.0, anonymous=32 * MIB)
    machine.children(101, 102, 201)
    free(machine, MIB)
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            machine.children(101, 102)
            free(machine, 64 * MIB)

    monkeypatch.setattr(time, "sleep", sleep)
    assert ask(machine, conf, wait=3600.0).verdict is Fit.FITS
    assert slept == [module.BETWEEN] * 2


def test_it_waits_no_longer_than_it_is_told(
    machine: Machine, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.process(201, OLD, parent=MASTER, started=100.0, anonymous=32 * MIB)
    machine.children(101, 102, 201)
    free(machine, MIB)
    now = [50.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    result = ask(machine, conf, wait=2.5)
    assert result.verdict is not Fit.FITS
    assert result.waited_seconds == 2.5


def test_without_old_workers_there_is_nothing_to_wait_for(
    machine: Machine, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(machine, MIB)
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("it waits"))
    assert ask(machine, conf, wait=60.0).verdict is not Fit.FITS


def test_files_that_were_changed_since(machine: Machine, conf: Path) -> None:
    """The workers of these files were started long ago, or later than they were written."""
    assert not ask(machine, conf).unchanged
    later = UPTIME + 10.0
    machine.write("proc/uptime", f"{later}\n")
    for pid in (101, 102):
        machine.process(pid, "nginx: worker process", parent=MASTER, started=later + 3600)
    assert ask(machine, conf).unchanged


def test_a_file_that_changed_soon_after_the_start_of_workers(
    machine: Machine, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a large configuration takes seconds, which are none of its age."""
    now = time.time()
    reading = 20.0

    def slowly(job: Job) -> Inspection:
        inspection = examine(job)
        machine.write("proc/uptime", f"{UPTIME + reading} 1.00\n")
        monkeypatch.setattr(time, "time", lambda: now + reading)
        return inspection

    monkeypatch.setattr(module, "examine", slowly)
    workers = now - UPTIME
    os.utime(conf, (workers + 5, workers + 5))
    os.utime(conf.parent, (workers - 50, workers - 50))
    monkeypatch.setattr(files, "_changed", lambda place: os.lstat(place).st_mtime)
    assert not ask(machine, conf).unchanged
    os.utime(conf, (workers - 50, workers - 50))
    machine.write("proc/uptime", f"{UPTIME}.00 1.00\n")
    monkeypatch.setattr(time, "time", lambda: now)
    assert ask(machine, conf).unchanged


def test_another_directory_entry_is_a_change(machine: Machine, conf: Path) -> None:
    """A file that an include took in may have been there."""
    past = time.time() - 1000
    os.utime(conf, (past, past))
    kernel_now = Kernel(machine.root).uptime()
    assert kernel_now == UPTIME
    assert not ask(machine, conf).unchanged


@pytest.mark.parametrize("text", ["http {", "events {}\nhttp { include absent.conf; }"])
def test_what_cannot_be_read_in_full_is_not_told(
    machine: Machine, tmp_path: Path, text: str
) -> None:
    with pytest.raises(MemlintError, match="could not be read in full") as error:
        ask(machine, write(tmp_path / "broken", {"nginx.conf": text}))
    assert error.value.status == Exit.INCOMPLETE


def test_a_configuration_that_is_not_there(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(MemlintError, match="could not be read in full"):
        ask(machine, tmp_path / "absent.conf")


def test_what_may_not_be_seen_is_said(conf: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "others")
    machine.nginx(2, anonymous=15 * MIB, readable=False)
    unseen = " ".join(ask(machine, conf).unseen)
    assert "not allowed to see which libraries" in unseen
    assert "not allowed to see what processes share" in unseen


def test_whose_binary_may_not_be_seen_needs_a_target(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "others")
    machine.nginx(2, readable=False)
    with pytest.raises(MemlintError, match="not allowed to see which binary") as error:
        preflight(None, TARGET, pid=str(MASTER), root=machine.root)
    assert error.value.status == Exit.INCOMPLETE


def test_who_sees_other_files_is_not_judged_from_here(
    machine: Machine, conf: Path, tmp_path: Path
) -> None:
    """A container's nginx.conf is not this machine's."""
    (tmp_path / "container").mkdir()
    (machine.root / f"proc/{MASTER}/root").symlink_to(tmp_path / "container")
    (machine.root / "proc/self").mkdir(parents=True)
    (machine.root / "proc/self/root").symlink_to("/")
    with pytest.raises(MemlintError, match="sees other files than memlint does"):
        ask(machine, conf)


def test_who_has_other_mounts_is_not_judged_from_here(
    machine: Machine, conf: Path, tmp_path: Path
) -> None:
    """The root directory may be the same, and /etc/nginx another one."""
    for name, root, mounts in ((MASTER, tmp_path / "its", "mnt:[2]"), ("self", "/", "mnt:[1]")):
        directory = machine.root / f"proc/{name}"
        (directory / "ns").mkdir(parents=True)
        (directory / "ns/mnt").symlink_to(mounts)
        (directory / "root").symlink_to(root)
    (tmp_path / "its").symlink_to("/")
    assert ask(machine, conf).verdict is Fit.FITS
    (tmp_path / "its").unlink()
    (tmp_path / "its").mkdir()
    assert Kernel(machine.root).other_file(MASTER, [str(conf)]) == str(conf)


def test_directives_of_the_command_line_count(machine: Machine, conf: Path) -> None:
    machine.process(MASTER, "nginx: master process nginx -g include b;")
    needs = []
    for text in ("", conf.read_text().partition("events {}")[2]):
        conf.write_text("events {}")
        (conf.parent / "b").write_text(text)
        needs.append(ask(machine, conf).need.most_bytes)
    assert needs[1] > needs[0] + MIB


def test_what_changes_while_it_waits_is_read(
    machine: Machine, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.process(103, OLD, parent=MASTER, anonymous=15 * MIB)
    machine.children(101, 102, 103)
    free(machine, NEEDS // 2)

    def sleep(_seconds: float) -> None:
        free(machine, 2 * NEEDS)
        conf.write_text(http(f"server {{\n{LOCATIONS}}}" * 9, main=""))

    monkeypatch.setattr(time, "sleep", sleep)
    assert ask(machine, conf, wait=1.0).verdict is not Fit.FITS


def test_what_scripts_keep_is_in_the_memory_of_the_master(machine: Machine, tmp_path: Path) -> None:
    text = http("init_by_lua_block { kept = {} }\nserver { }", main=LUA)
    conf = write(tmp_path / "scripts", {"nginx.conf": text})
    os.utime(conf, (0, 0))
    smaps = "1000-2000 rw-p 00000000 00:00 0          [heap]\nAnonymous: {} kB\n"
    sizes = []
    for in_heap in (0, 15 << 10):
        outside = f"3000-4000 rw-p 00000000 00:00 0\nAnonymous: {(15 << 10) - in_heap} kB\n"
        machine.write(f"proc/{MASTER}/smaps", smaps.format(in_heap) + outside)
        result = ask(machine, conf)
        sizes.append(result.need.most_bytes)
        assert any("state it with --lua-heap" in sentence for sentence in result.unseen)
    assert sizes[0] < 0.8 * sizes[1], "what is in the heap may be stores, with their small pieces"
    stated = replace(TARGET, lua_heap=MIB)
    told = preflight(str(conf), stated, pid=str(MASTER), root=machine.root)
    assert not any("--lua-heap" in sentence for sentence in told.unseen)


def test_no_limit_at_all(machine: Machine, conf: Path) -> None:
    (machine.root / "proc/meminfo").unlink()
    with pytest.raises(MemlintError, match="no memory limit"):
        ask(machine, conf)
