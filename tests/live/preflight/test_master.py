"""Which nginx is meant, and what it was started with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.exit_codes import Exit
from nginx_memlint.live.preflight.kernel import Kernel
from nginx_memlint.live.preflight.master import configuration, described, find_master, launch_of
from nginx_memlint.targets.banner import parse
from tests.live.preflight.machine import MASTER, Machine

BUILT = "nginx version: nginx/1.22.1\nconfigure arguments: "
DEBIAN = BUILT + "--prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "machine")
    made.nginx()
    return made


def found_in(machine: Machine, named: str | None = None) -> int:
    return find_master(Kernel(machine.root), named)


def test_the_only_one(machine: Machine) -> None:
    assert found_in(machine) == MASTER


def test_none(tmp_path: Path) -> None:
    with pytest.raises(MemlintError, match="memlint check --max-memory host says"):
        found_in(Machine(tmp_path))


def test_by_its_number_and_by_a_pid_file(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "nginx.pid"
    file.write_text("123\n")
    assert found_in(machine, "17") == 17
    assert found_in(machine, str(file)) == 123


@pytest.mark.parametrize("text", ["", "nginx", "-1", "12 13", "1" * 63, "1" * 100_000, "¹²"])
def test_a_pid_file_that_lies(machine: Machine, text: str, tmp_path: Path) -> None:
    file = tmp_path / "nginx.pid"
    file.write_text(text)
    with pytest.raises(MemlintError) as error:
        found_in(machine, str(file))
    assert error.value.status == Exit.INCOMPLETE


def test_a_pid_file_that_is_a_fifo_is_not_waited_for(machine: Machine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "nginx.pid")
    with pytest.raises(MemlintError, match=r"nginx\.pid"):
        found_in(machine, str(tmp_path / "nginx.pid"))


def test_a_stranger_who_calls_a_process_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks means their own nginx, or else root's; the title of others is not even read."""
    machine.process(500, "nginx: master process /tmp/nginx", user=os.geteuid() + 1)
    machine.process(MASTER, "nginx: master process nginx", user=os.geteuid())
    assert found_in(machine) == MASTER
    title = Kernel.title
    monkeypatch.setattr(
        Kernel, "title", lambda self, pid: title(self, pid) if pid != 500 else pytest.fail("read")
    )
    assert found_in(machine) == MASTER


def test_several_are_to_be_told_apart(machine: Machine) -> None:
    machine.process(500, "nginx: master process nginx -c /srv/a\x1b.conf -g daemon on;")
    with pytest.raises(MemlintError) as error:
        found_in(machine)
    [before, after] = str(error.value).split(", 500: ")
    assert before.startswith("several nginx run here (100: ")
    assert after == r"nginx -c /srv/a\x1b.conf -g daemon on;): name one with --pid"
    assert error.value.status == Exit.INCOMPLETE


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ("", {}),
        (" -g daemon on; master_process on;", {"g": "daemon on; master_process on;"}),
        (" -g a; -c /x -p/y", {"g": "a;", "c": "/x", "p": "/y"}),
        (" -g env A=-c; # -c /x", {"g": "env A=-c; # -c /x"}),
        (" -c /a/b.conf -p /c", {"c": "/a/b.conf", "p": "/c"}),
        (" -c /a -c /b", {"c": "/b"}),
        (" -qc/a/b.conf -e stderr", {"c": "/a/b.conf", "e": "stderr"}),
        (" -c /a b.conf", None),
        (" -c /a -b/nginx.conf", None),
        (" -p", None),
        (" -p " + "x" * 4096, None),
    ],
)
def test_what_it_was_started_with(
    machine: Machine, options: str, given: dict[str, str] | None
) -> None:
    """A title has no marks between its words: what may be read in two ways is not read."""
    machine.process(MASTER, f"nginx: master process nginx{options}")
    launch = launch_of(Kernel(machine.root), MASTER)
    assert launch.given == given
    if given is None:
        with pytest.raises(MemlintError, match="does not tell which configuration"):
            configuration(launch, parse("nginx", DEBIAN))


def test_a_prefix_below_the_working_directory(machine: Machine) -> None:
    machine.process(MASTER, "nginx: master process nginx -p . -c a.conf")
    with pytest.raises(MemlintError, match=r"where \./a\.conf is"):
        configuration(launch_of(Kernel(machine.root), MASTER), parse("nginx", DEBIAN))
    (machine.root / f"proc/{MASTER}/cwd").symlink_to("/srv/site")
    launch = launch_of(Kernel(machine.root), MASTER)
    assert configuration(launch, parse("nginx", DEBIAN)) == ("/srv/site/./a.conf", "/srv/site/.")


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        ("", DEBIAN, "/etc/nginx/nginx.conf"),
        (" -c x.conf", DEBIAN, "/usr/share/nginx/x.conf"),
        (" -p /srv -c x.conf", DEBIAN, "/srv/x.conf"),
        (" -p /srv", BUILT, "/srv/conf/nginx.conf"),
        ("", BUILT, "/usr/local/nginx/conf/nginx.conf"),
    ],
)
def test_the_configuration_that_it_reads(
    machine: Machine, options: str, text: str, expected: str
) -> None:
    machine.process(MASTER, f"nginx: master process nginx{options}")
    launch = launch_of(Kernel(machine.root), MASTER)
    assert configuration(launch, parse("nginx", text))[0] == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", {"allocator": "jemalloc"}),
        ("/usr/lib/libtcmalloc_minimal.so.4", {"allocator": "tcmalloc"}),
        ("/usr/lib/libmimalloc.so.2.0", {"allocator": "mimalloc"}),
        ("/lib/ld-musl-x86_64.so.1", {"libc": "musl"}),
        ("/srv/libjemalloc.so.txt/libc.so.6", {}),
    ],
)
def test_the_platform(machine: Machine, path: str, expected: dict[str, str]) -> None:
    machine.write(f"proc/{MASTER}/maps", f"{'0' * 73}{path}\n")
    assert launch_of(Kernel(machine.root), MASTER).platform == expected


def test_what_may_not_be_seen(machine: Machine) -> None:
    machine.nginx(readable=False)
    (machine.root / f"proc/{MASTER}/maps").unlink()
    launch = launch_of(Kernel(machine.root), MASTER)
    assert (launch.binary, launch.platform) == (None, None)


def test_a_binary_that_was_replaced(machine: Machine) -> None:
    (machine.root / f"proc/{MASTER}/exe").symlink_to("/usr/sbin/nginx (deleted)")
    launch = launch_of(Kernel(machine.root), MASTER)
    assert (launch.binary, launch.replaced) == ("/usr/sbin/nginx", True)


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone may run what is somebody else's")
def test_a_binary_that_others_may_write_is_not_run(tmp_path: Path) -> None:
    trap = tmp_path / "nginx"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n# configure arguments:\n")
    trap.chmod(0o777)
    with pytest.raises(MemlintError, match=r"is not asked for its version.*--target"):
        described(str(trap))
    assert not (tmp_path / "was-run").exists()


def test_a_program_that_is_no_nginx_is_not_run(tmp_path: Path) -> None:
    """Under a master's title anybody may start what stands in /usr/bin."""
    trap = tmp_path / "nginx"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    trap.chmod(0o700)
    for program in (str(trap), "/usr/bin/env"):
        with pytest.raises(MemlintError, match=r"is not asked for its version, as it is no nginx"):
            described(program)
    assert not (tmp_path / "was-run").exists()
