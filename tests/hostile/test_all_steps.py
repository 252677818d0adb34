"""One budget for all that a command reads, whoever has named it, in however many processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint.settings.survey import MOST_TRIED
from tests.helpers import write
from tests.hostile.limited import limited, slow

ROOTS = 12
READ = 4
"""Roots that are read: half of the last one is beyond."""

# the command with a bound of its own
DRIVER = """
import sys
from dataclasses import replace
from nginx_memlint.files import bounds
most = int(sys.argv.pop(1))
bounds.DEFAULT_BOUNDS = bounds.DEFAULT_BOUNDS._replace(all_steps=most)
from nginx_memlint.__main__ import main
main()
"""


def memlint(directory: Path, most: int, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DRIVER, str(most), *args],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A dozen roots in settings, links to one file of some work."""
    locations = "".join(f"location /{n} {{ return 204; }}\n" for n in range(200))
    (tmp_path / "real.conf").write_text(
        f"events {{}}\nhttp {{ server {{ listen 80;\n{locations} }} }}\n"
    )
    for number in range(ROOTS):
        (tmp_path / f"{number:02}.conf").symlink_to("real.conf")
    roots = ", ".join(f'"{number:02}.conf"' for number in range(ROOTS))
    (tmp_path / "memlint.toml").write_text(f"roots = [{roots}]\n")
    return tmp_path


@pytest.fixture
def most(fleet: Path) -> int:
    from nginx_memlint.analysis.examine import examine
    from nginx_memlint.analysis.job import Job

    return (2 * READ - 1) * examine(Job(str(fleet / "real.conf"))).steps // 2


def unread(report: dict[str, Any]) -> list[str]:
    paths = []
    for config in report["configs"]:
        if not config["complete"]:
            [problem] = config["problems"]
            assert "the configurations before it take more than" in problem["message"]
            assert "bound all-steps; --trusted lifts it" in problem["message"]
            assert problem["file"] == config["path"]
            paths.append(config["path"])
    return paths


def test_those_of_settings(fleet: Path, most: int) -> None:
    done = memlint(fleet, most, "check", "--format", "json")
    assert done.returncode == 3, done.stderr
    assert unread(json.loads(done.stdout)) == [f"{n:02}.conf" for n in range(READ, ROOTS)]


def test_the_text_names_each(fleet: Path, most: int) -> None:
    done = memlint(fleet, most, "check")
    assert done.returncode == 3
    rows = [line for line in done.stdout.splitlines() if line.startswith("NOT ALL READ ")]
    assert [row.split()[-1] for row in rows] == [f"{n:02}.conf" for n in range(READ, ROOTS)]
    assert any("all-steps" in line for line in done.stdout.splitlines())


@pytest.mark.parametrize("jobs", [2, 3, 7])
def test_processes_make_no_difference(jobs: int, fleet: Path, most: int) -> None:
    alone = memlint(fleet, most, "check", "--format", "json")
    shared = memlint(fleet, most, "check", "--format", "json", "--jobs", str(jobs))
    assert (shared.returncode, shared.stdout) == (alone.returncode, alone.stdout)


def test_those_that_are_named(fleet: Path, most: int) -> None:
    """A hook's pattern may name as many: where names are from cannot be told."""
    names = [f"{number:02}.conf" for number in range(ROOTS)]
    done = memlint(fleet, most, "check", "--no-config", "--format", "json", "--", *names)
    assert done.returncode == 3
    assert unread(json.loads(done.stdout)) == names[READ:]


def test_trusted_lifts_it(fleet: Path, most: int) -> None:
    done = memlint(fleet, most, "check", "--trusted", "--jobs", "2")
    assert done.returncode == 0, done.stdout


def test_one_is_always_read(fleet: Path) -> None:
    done = memlint(fleet, 0, "check", "--no-config", "real.conf")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("option", ["--fix", "--show-fix"])
def test_fixes(option: str, fleet: Path, most: int) -> None:
    done = memlint(fleet, most, "check", option)
    assert done.returncode == 3
    said = [line for line in done.stderr.splitlines() if "could not be read in full" in line]
    assert len(said) == ROOTS - READ


def test_tree(fleet: Path, most: int) -> None:
    done = memlint(fleet, most, "tree")
    assert done.returncode == 3
    assert done.stdout.count("all-steps") == ROOTS - READ


def test_diff(fleet: Path, most: int) -> None:
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "m"],
    ):
        subprocess.run(["git", *command], cwd=fleet, check=True)
    # of the fourth root the second side is begun as well, if not much is left
    done = memlint(fleet, 2 * most + most // 8, "diff", "--base", "HEAD", "--format", "json")
    assert done.returncode == 3, done.stderr
    roots = json.loads(done.stdout)["roots"]
    incomplete = [root["path"] for root in roots if not root["new"]["complete"]]
    assert sorted(incomplete) == [f"{n:02}.conf" for n in range(READ, ROOTS)]


def test_init(fleet: Path, most: int) -> None:
    """Each is tried in some ways, which counts."""
    for link in [path for path in fleet.iterdir() if path.is_symlink()]:
        link.unlink()
        link.write_bytes((fleet / "real.conf").read_bytes())
    done = memlint(fleet, most, "init")
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if "while reloading" in line][1:] == []
    said = f"not looked at: {ROOTS} more configurations: name other directories"
    assert said in done.stderr


@slow
def test_init_keeps_no_tree(tmp_path: Path) -> None:
    """Two configurations of some kilobytes are 320 MB of trees, all ways of them together."""
    for number in range(2):
        files = {f"f{step}": f"include f{step + 1};" * 10 for step in range(1, 4)}
        files |= {"nginx.conf": "events {} http { include f1; }"}
        files |= {"f4": "server { location / { return 204; } }\n" * 20}
        write(tmp_path, {f"{number}/{name}": text for name, text in files.items()})
    run = limited("init", cwd=tmp_path, memory=320 << 20)
    assert run.code == 0, run.err
    assert run.out.count("20,000 servers") == 2


def test_init_reads_so_many_parts(tmp_path: Path) -> None:
    write(tmp_path, {f"{number}.conf": "server { }" for number in range(MOST_TRIED + 3)})
    run = limited("init", cwd=tmp_path)
    assert run.code == 0, run.err
    assert "not looked at: 3 more configurations: name other directories" in run.err


def most_memory(directory: Path, *args: str) -> int:
    """Bytes that the command takes at most (``ru_maxrss``)."""
    with subprocess.Popen(
        [sys.executable, "-m", "nginx_memlint", *args],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1)
    return used.ru_maxrss * 1024


@slow
@pytest.mark.parametrize("command", ["check --fix", "check --show-fix", "diff --base HEAD"])
def test_no_more_than_one_tree_is_kept(command: str, tmp_path: Path) -> None:
    """With the bound on all steps, there may be as many trees as nothing could hold."""
    servers = "server {}\n" * 20_000
    for number in range(4):
        write(tmp_path / f"{number}", {"nginx.conf": f"events {{}} http {{ {servers} }}"})
    write(tmp_path, {"memlint.toml": 'roots = ["?"]\ntarget = "debian-12"\n'})
    for words in ("init", "add .", "-c user.name=a -c user.email=a@example.com commit -m a"):
        subprocess.run(["git", *words.split()], cwd=tmp_path, check=True, capture_output=True)
    one, all_ = (most_memory(tmp_path, *command.split(), *named) for named in (["0"], []))
    assert all_ < 1.5 * one
