"""memlint preflight beside a real nginx, and the kernel as the judge of what it says."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.live.preflight.need import IN_MASTER, NewConfiguration, need_of
from nginx_memlint.live.preflight.processes import TOGETHER, ProcessSeen, Running
from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.laws_table import LAWS
from nginx_memlint.options.record import read_keywords
from nginx_memlint.sizes import GIB
from tests.helpers import Run, memlint
from tests.nginx import judged_reloads
from tests.nginx.cgroup import Cgroup, available, cgroup
from tests.nginx.measure_allocators import TIMEOUT, preloads
from tests.nginx.part_cases import Place
from tests.nginx.part_files import place_in
from tests.nginx.reload_scenarios import (
    FAR,
    KIB,
    NEAR,
    NEAR_OF_20,
    SHAPES,
    Scenario,
    is_false_alarm,
    is_short,
    is_wrong,
    judged,
    judged_again,
    run,
    scenario,
)
from tests.nginx.server import Server
from tests.nginx.stack import Stack
from tests.nginx.whole_configurations import CONFIGURATIONS, text

RECORDINGS = Path(__file__).parent / "recordings"

SCENARIOS = 8

LARGE = frozenset({"redirect farm, 60,000 entries", "blocklist of 40,000 networks"})
"""Shapes that are read for seconds."""

in_a_cgroup = pytest.mark.skipif(
    not available(), reason="no memory cgroup of version 1 can be made here"
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path)


@pytest.fixture
def server(bookworm: Stack, place: Place) -> Iterator[Server]:
    """An nginx with 1,500 hosts and two workers."""
    conf = place.prefix / "conf/nginx.conf"
    conf.parent.mkdir()
    conf.write_text(text(CONFIGURATIONS["1,500 plain hosts"](place), place, bookworm, 2))
    with bookworm.run(conf, place.prefix, timeout=TIMEOUT) as running:
        running.settled_anon_kb(TIMEOUT)
        yield running


def preflight(server: Server, *arguments: str | Path) -> Run:
    return memlint("preflight", "--pid", str(server.pid), *arguments)


def test_it_fits(server: Server) -> None:
    run = preflight(server)
    assert run.code == 0, run
    first, room, now, decides, *_ = run.out.splitlines()
    assert first.startswith(f"FITS  a reload of nginx (process {server.pid}) needs up to ")
    assert room.startswith("  room     ")
    assert "master" in now
    assert "2 workers" in now
    assert decides.endswith("new processes")


def test_versions_modules_and_configuration_are_those_that_run(
    server: Server, place: Place, bookworm: Stack
) -> None:
    result = preflight(server, "--format", "json").json
    assert result["nginx"] == bookworm.nginx
    assert result["path"] == str(place.prefix / "conf/nginx.conf")
    assert bookworm.versions()["nginx"] in result["target"]
    assert result["allocator"] == "glibc"
    measured = server.memory().anon * 1024
    by_kind = {each["kind"]: each["anonymous_bytes"] for each in result["processes"]}
    assert by_kind["master"] < measured < sum(by_kind.values())


def test_by_its_pid_file(server: Server, place: Place) -> None:
    run = memlint("preflight", "--pid", place.prefix / "logs/nginx.pid")
    assert run.code == 0
    assert f"process {server.pid}" in run.out


def test_a_command_is_run_in_its_place(server: Server, place: Place) -> None:
    done = place.prefix / "done"
    run = preflight(server, "--", "sh", "-c", f"echo $1 > {done}; exit 7", "sh", "--wait")
    assert run.code == 7
    assert done.read_text() == "--wait\n"


def test_it_reloads(server: Server) -> None:
    old = set(server.workers())
    run = preflight(server, "--", "kill", "-HUP", str(server.pid))
    assert run.code == 0
    server.wait_reloaded(old, TIMEOUT)


@contextmanager
def nginx_in_a_group(bookworm: Stack, place: Place, name: str) -> Iterator[tuple[Cgroup, Server]]:
    """nginx with two workers in a control group of its own, with a configuration of a name."""
    conf = place.prefix / "nginx.conf"
    conf.write_text(text(CONFIGURATIONS[name](place), place, bookworm, 2))
    with cgroup() as group:
        with group.inside():
            running = bookworm.run(conf, place.prefix, timeout=TIMEOUT)
            server = running.__enter__()
        try:
            server.settled_anon_kb(TIMEOUT)
            yield group, server
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            running.__exit__(None, None, None)


@in_a_cgroup
def test_what_does_not_fit_is_not_run(bookworm: Stack, place: Place) -> None:
    done = place.prefix / "done"
    with nginx_in_a_group(bookworm, place, "1,500 plain hosts") as (group, server):
        group.limit(group.usage() + (4 << 20))
        run = preflight(server, "--", "touch", done)
        assert run.code == 1
        assert run.out.startswith("DOES NOT FIT")
        assert "memory.limit_in_bytes of /" in run.out
        assert "helps    restart instead of reload" in run.out
        assert f"not run: touch {done}" in run.err
        assert not done.exists()


@in_a_cgroup
def test_it_is_killed_before_nginx(bookworm: Stack, place: Place) -> None:
    """Beside nginx in its group, as below ExecReload= or in a container, it may be too much."""
    with nginx_in_a_group(bookworm, place, "80 verified upstreams") as (group, server):
        children = server.children()
        group.limit(group.usage() + (14 << 20))
        command = [sys.executable, "-m", "nginx_memlint", "preflight", "--pid", str(server.pid)]
        with group.inside():
            beside = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        assert beside.wait(TIMEOUT) == -signal.SIGKILL
        assert group.kills() == 1
        assert server.children() == children


def test_a_command_is_not_killed_first(server: Server) -> None:
    score = Path("/proc/self/oom_score_adj").read_text()
    run = preflight(server, "--", "cat", "/proc/self/oom_score_adj")
    assert run.out.splitlines()[-1] == score.strip()


def test_metrics_in_a_file(server: Server, place: Place) -> None:
    file = place.prefix / "memlint.prom"
    run = preflight(server, "--format", "openmetrics", "--output", file)
    assert (run.code, run.out) == (0, "")
    assert file.read_text().endswith("# EOF\n")
    assert 'memlint_preflight_verdict{verdict="fits"} 1\n' in file.read_text()
    assert file.stat().st_mode & 0o044 == 0o044, "node_exporter is another user"


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is asked for what root runs")
def test_another_user_is_told_what_it_cannot_see(server: Server) -> None:
    code = (
        "import os, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        "from nginx_memlint.__main__ import main; sys.argv[0] = 'memlint'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "preflight", "--pid", str(server.pid)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if "ModuleNotFoundError" in done.stderr or "PermissionError" in done.stderr:
        pytest.skip("another user cannot read the package here")
    assert done.returncode == 3, done
    assert "not allowed to see which binary" in done.stderr
    assert "Traceback" not in done.stderr


def title_of(pid: int, title: str) -> None:
    """Write over what a process says of itself, as itself may."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    begin, end = int(stat[45]), int(stat[46])
    text = title.encode().ljust(end - begin, b"\0")[: end - begin]
    with Path(f"/proc/{pid}/mem").open("r+b", buffering=0) as memory:
        memory.seek(begin)
        memory.write(text)


@pytest.mark.skipif(os.geteuid() != 0, reason="another user may not write to a worker's memory")
def test_an_old_worker_counts_whatever_it_calls_itself(server: Server) -> None:
    """One that claims to serve is one more worker that exits, and files count from its start."""
    time.sleep(TOGETHER)
    old, *others = server.workers()
    os.kill(old, signal.SIGSTOP)
    server.tell(signal.SIGHUP)
    deadline = time.monotonic() + TIMEOUT
    while len(server.children()) != 3 or others[0] in server.workers():
        assert time.monotonic() < deadline, server.output()
        time.sleep(0.01)
    for title, kind in (
        ("nginx: worker process is shutting down", "old workers"),
        ("nginx: cache manager process", "old workers"),
        ("nginx: worker process", "workers"),
        ("nginx: master process", "workers"),
    ):
        title_of(old, title)
        result = preflight(server, "--format", "json").json
        kinds = Counter({each["kind"]: each["processes"] for each in result["processes"]})
        assert kinds == Counter({"master": 1, "workers": 2}) + Counter([kind])
    os.kill(old, signal.SIGCONT)


def test_a_program_that_calls_itself_nginx() -> None:
    with subprocess.Popen(["nginx: master process nginx", "60"], executable="/bin/sleep") as liar:
        run = memlint("preflight", "--pid", str(liar.pid))
        liar.kill()
    assert run.code == 3
    assert "is not asked for its version, as it is no nginx" in run.err


def test_several_nginx_are_told_apart_by_what_they_read(
    server: Server, bookworm: Stack, place: Place
) -> None:
    other = place.prefix / "conf/other.conf"
    text = f"pid {place.prefix}/other.pid; error_log stderr; events {{}}"
    other.write_text(text)
    with bookworm.run(other, place.prefix, timeout=TIMEOUT):
        any_of_them = memlint("preflight")
        one = memlint("preflight", place.prefix / "conf/nginx.conf")
    assert any_of_them.code == 3
    assert "several nginx run here (" in any_of_them.err
    assert one.code == 0, one
    assert f"process {server.pid}" in one.out


def test_it_ends_while_it_is_looked_at(server: Server) -> None:
    server.tell(signal.SIGTERM)
    run = preflight(server)
    assert run.code in (0, 3)
    assert run.code == 0 or "process" in run.err


@in_a_cgroup
def test_what_was_freed_is_not_needed_again() -> None:
    """A bundle was removed, and nginx reloaded since: its memory is the master's still."""
    one = Scenario("stock Debian site", 2, "glibc", 2, 0, "removed", 20, 4.0, since=1)
    outcome = run(one, one.ratio, peak=GIB)
    assert outcome.judged is not None
    most = outcome.before + outcome.judged.need.most_bytes
    assert outcome.peak <= most <= 1.5 * outcome.peak
    assert outcome.judged.processes[0].anonymous_bytes > 3 * outcome.judged.need.most_bytes


@in_a_cgroup
@pytest.mark.skipif(not os.environ.get("MEMLINT_SLOW"), reason="takes minutes: set MEMLINT_SLOW=1")
@pytest.mark.parametrize("number", range(SCENARIOS))
def test_the_kernel_agrees(number: int, bookworm: Stack) -> None:
    """Never is one killed that was said to fit, nor does one need more than was said."""
    assert bookworm.name == "bookworm"
    if not (preloads("jemalloc") or os.environ.get("MEMLINT_REQUIRE_NGINX")):
        pytest.skip("libjemalloc2 is not installed")
    seed = random.randrange(10_000, 1_000_000)
    print(f"{number}: python -m tests.nginx.reload_scenarios --seed {seed} --count 1 --out .")
    row = judged(seed)
    assert not is_wrong(row), json.dumps(row)
    assert not is_short(row), json.dumps(row)


def test_the_kernel_agreed() -> None:
    """In forty scenarios, half of them with limits that are near to what was needed."""
    judgements = judged_reloads.rows()
    assert len(judgements) == 40
    assert 0.5 <= sum(map(judged_reloads.near, judgements)) / len(judgements) <= 0.6
    assert not any(map(is_wrong, judgements))
    assert not any(map(is_short, judgements))
    assert 5 * sum(map(is_false_alarm, judgements)) <= len(judgements)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_read_is_judged_so_by_the_laws_of_now(shape: str) -> None:
    """Else they are made anew: python -m tests.documents --predictions."""
    if shape in LARGE and not os.environ.get("MEMLINT_SLOW"):
        pytest.skip("takes seconds: set MEMLINT_SLOW=1")
    for row in judged_reloads.rows():
        if row["shape"] == shape:
            assert judged_again(row) == row


@pytest.mark.parametrize("first", [1, 101, 12_345])
def test_eleven_of_twenty_limits_are_near(first: int) -> None:
    """The others lie beyond, from far too small to ample."""
    ratios = [scenario(seed).ratio for seed in range(first, first + 200)]
    low, high = NEAR
    assert sum(low <= ratio <= high for ratio in ratios) == 10 * NEAR_OF_20
    assert sum(ratio < low for ratio in ratios) > 30
    assert sum(ratio > high for ratio in ratios) > 30
    assert FAR[0] <= min(ratios) < 0.35
    assert 3 < max(ratios) <= FAR[1]


RECORDED = json.loads((RECORDINGS / "whole-bookworm.json").read_text())


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_recorded_reload_took_more(name: str, place: Place, bookworm: Stack) -> None:
    """All eight, each beside what there was before it, with 1, 2 and 4 workers."""
    rows = [row for row in RECORDED["rows"] if row["configuration"] == name]
    assert [row["workers"] for row in rows] == [1, 2, 4]
    for row in rows:
        workers = row["workers"]
        conf = place.prefix / "nginx.conf"
        conf.write_text(text(CONFIGURATIONS[name](place), place, bookworm, workers))
        situation = examine(Job(str(conf), read_keywords({"target": "debian-12"}))).situation
        assert situation is not None
        before = [row["start_kb"], *row["after_kb"]]
        took = [peak - rest for peak, rest in zip(row["peak_kb"], before, strict=False)]
        for phase, most in (("start", took[0]), ("after", max(took[1:]))):
            need = need_of(
                rested(situation.amount, workers, phase),
                NewConfiguration(situation.amount, workers, "glibc", unchanged=True),
            )
            assert need.most >= most * KIB, f"{workers} workers, {phase}"
            assert need.least <= max(took) * KIB


def rested(amount: Amount, workers: int, phase: str) -> Running:
    """An nginx that rests with a configuration, after a start or after reloads."""
    laws = LAWS["glibc"]
    sizes = (getattr(laws[kind], phase).fixed * getattr(amount, kind) for kind in IN_MASTER)
    size = round(sum(sizes))
    master = ProcessSeen(1, 0.0, size, size, 0, 0)
    worker = master._replace(started=0.1 if phase == "start" else 500.0)
    return Running(master, (worker,) * workers, (), (), 1000.0, 0.1, in_full=True)
