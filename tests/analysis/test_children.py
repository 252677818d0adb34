"""--jobs: its processes end when the command does, however that ends; a killed one is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint.analysis.children import Killed, run_each

TIMEOUT = 60.0

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux's /proc")

# the command, in which to read a configuration of that name takes for ever
DRIVER = """
import os, sys, time
from nginx_memlint.analysis import parallel
from nginx_memlint.__main__ import main

really = parallel.examine

def examine(job):
    if job.name.endswith("slow.conf"):
        open(os.environ["MARKS"] + "/" + str(os.getpid()), "w").close()
        while True:
            {wait}
    return really(job)

parallel.examine = examine
{more}
main()
"""
SLEEP, COUNT = "time.sleep(600)", "sum(range(1000))"

# a child that has only just begun when its parent is killed
LATE = """
fork = os.fork
def late():
    process = fork()
    if process == 0:
        open(os.environ["MARKS"] + "/" + str(os.getpid()), "w").close()
        time.sleep(1)
    return process
os.fork = late
"""


class Command:
    """A memlint that runs, and the numbers of those of its children that read for ever."""

    def __init__(self, process: subprocess.Popen[str], marks: Path) -> None:
        self.process = process
        self._marks = marks

    def children(self, count: int) -> list[int]:
        """Wait until so many have begun."""

        def have_begun() -> bool:
            assert self.process.poll() is None, self.process.communicate()
            return len(list(self._marks.iterdir())) >= count

        until(have_begun)
        return [int(path.name) for path in self._marks.iterdir()]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lives(process: int) -> bool:
    """Whether there is such a process, other than one that only waits to be waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@contextmanager
def running(
    tmp_path: Path, *arguments: str, wait: str = SLEEP, more: str = ""
) -> Iterator[Command]:
    marks = tmp_path / "marks"
    marks.mkdir()
    script = DRIVER.format(wait=wait, more=more)
    with subprocess.Popen(
        [sys.executable, "-c", script, "check", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "MARKS": str(marks)},
        start_new_session=True,
    ) as process:
        try:
            yield Command(process, marks)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Of five configurations the second and the fourth are read for ever."""
    names = ["a.conf", "b-slow.conf", "c.conf", "d-slow.conf", "e.conf"]
    for name in names:
        (tmp_path / name).write_text("events {} http { server { location / { } } }")
    return names


@pytest.mark.parametrize("wait", [SLEEP, COUNT], ids=["sleeping", "at work"])
@pytest.mark.parametrize("number", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT"])
def test_no_process_stays(number: str, wait: str, files: list[str], tmp_path: Path) -> None:
    """Nor does any hold the standard output and error open, which are read to their ends here."""
    with running(tmp_path, "--jobs", "2", *files, wait=wait) as command:
        children = command.children(2)
        assert all(map(lives, children))
        for child in children:
            assert os.readlink(f"/proc/{child}/fd/1") == os.devnull
        command.process.send_signal(signal.Signals[number])
        out, err = command.process.communicate(timeout=TIMEOUT)
        until(lambda: not any(map(lives, children)))
    interrupted = number == "SIGINT"
    assert (out, err) == ("", "memlint: interrupted\n" if interrupted else "")
    assert command.process.returncode == (130 if interrupted else -signal.Signals[number])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_that_has_just_begun_does_not_stay(
    number: signal.Signals, files: list[str], tmp_path: Path
) -> None:
    with running(tmp_path, "--jobs", "2", *files, more=LATE) as command:
        children = command.children(1)
        command.process.send_signal(number)
        command.process.communicate(timeout=TIMEOUT)
        until(lambda: not any(map(lives, children)))


def test_ctrl_c_on_a_terminal(files: list[str], tmp_path: Path) -> None:
    """It comes to all of the processes, and there is one word of it."""
    with running(tmp_path, "--jobs", "2", *files) as command:
        children = command.children(2)
        os.killpg(command.process.pid, signal.SIGINT)
        out, err = command.process.communicate(timeout=TIMEOUT)
        until(lambda: not any(map(lives, children)))
    assert (command.process.returncode, out, err) == (130, "", "memlint: interrupted\n")


@pytest.mark.parametrize("jobs", [2, 5])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_killed_child_is_told(
    number: signal.Signals, jobs: int, files: list[str], tmp_path: Path
) -> None:
    """With the configuration's name; the others are read."""
    with running(tmp_path, "--jobs", str(jobs), "--format", "json", *files) as command:
        killed = set[int]()
        while len(killed) < 2:
            for child in command.children(len(killed) + 1):
                if child not in killed:
                    os.kill(child, number)
                    killed.add(child)
        out, err = command.process.communicate(timeout=TIMEOUT)
    assert (command.process.returncode, err) == (3, "")
    configs = json.loads(out)["configs"]
    assert [config["path"] for config in configs] == files
    assert [config["complete"] for config in configs] == [True, False, True, False, True]
    for config in configs:
        if not config["complete"]:
            [problem] = config["problems"]
            assert problem["file"] == config["path"]
            assert f"was killed by {number.name}" in problem["message"]
            assert "memory" in problem["message"]
        else:
            assert config["problems"] == []


def test_a_killed_child_in_text(files: list[str], tmp_path: Path) -> None:
    with running(tmp_path, "--jobs", "2", *files[:2]) as command:
        [child] = command.children(1)
        os.kill(child, signal.SIGKILL)
        out, err = command.process.communicate(timeout=TIMEOUT)
    assert (command.process.returncode, err) == (3, "")
    assert "b-slow.conf: the process that read it was killed by SIGKILL" in out


def square(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    if number == 4:
        raise UnsendableError(1, 2)
    if number == 5:
        os._exit(7)
    return number * number


class UnsendableError(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")
        # arguments that __init__() does not take are no obstacle once tblib, of Dask, is imported
        self.sum = lambda: one + two


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the children that are started."""
    started: list[int] = []
    fork = os.fork

    def remembering() -> int:
        if process := fork():
            started.append(process)
        return process

    monkeypatch.setattr(os, "fork", remembering)
    return started


def test_results_are_in_the_order_of_items(forked: list[int]) -> None:
    items = [9, 1, 2, 8, 0] * 20
    assert run_each(square, items, 3) == [item * item for item in items]
    assert 1 <= len(forked) <= 3
    assert not any(map(lives, forked))
    assert run_each(square, [], 3) == []


@pytest.mark.parametrize(
    ("item", "expected"),
    [(3, ValueError("three")), (4, RuntimeError("UnsendableError: 1 and 2"))],
)
def test_what_the_work_raises_is_raised(item: int, expected: Exception, forked: list[int]) -> None:
    with pytest.raises(type(expected), match=f"^{expected}$"):
        run_each(square, [1, item, 2], 2)
    assert not any(map(lives, forked))


def test_a_child_that_ends_by_itself() -> None:
    assert run_each(square, [1, 5, 2, 5], 2) == [1, Killed(7), 4, Killed(7)]
    assert str(Killed(7)) == "ended before it was done"
    assert str(Killed(None)) == "ended before it was done"
    assert str(Killed(-signal.SIGKILL)) == "was killed by SIGKILL"
    assert str(Killed(-40)) == "was killed by signal 40"


@pytest.mark.parametrize("most", [0, 1])
def test_no_more_processes_can_be_had(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fork = os.fork
    tries: list[Any] = []

    def failing() -> int:
        tries.append(None)
        if len(tries) > most:
            raise BlockingIOError("Resource temporarily unavailable")
        return fork()

    monkeypatch.setattr(os, "fork", failing)
    assert run_each(square, [1, 2, 6, 7], 4) == [1, 4, 36, 49]
    assert len(tries) > most


def test_no_file_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    assert run_each(square, [1, 5, 2], 2) == [1, Killed(7), 4]
    assert os.listdir("/proc/self/fd") == before


def test_children_are_ignored_by_who_started_this() -> None:
    """Then the system does not tell how one ended."""
    script = """
import os, signal
from nginx_memlint.analysis.children import run_each
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print(run_each(lambda number: number or os._exit(1), [1, 0, 2], 2))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=TIMEOUT, check=True
    )
    assert done.stdout == "[1, Killed(status=None), 2]\n"
