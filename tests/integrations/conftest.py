"""A repository of the project as it is here, for programs that install from one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integrations.hostile import hostile_tree, traps_sprung
from tests.integrations.runners import PROJECT, Runner, run, step

ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "tests"), ("EMAIL", "tests@localhost"))
    },
}


def git(
    directory: Path, *arguments: str | Path, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run git in a directory, apart from the user's own settings."""
    return subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-C", directory, *arguments],
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=check,
    )


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A repository with the files as they are here, and its commit."""
    copy = tmp_path_factory.mktemp("project") / "nginx-memlint"
    listed = git(PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    for name in filter(None, listed.split("\0")):
        source = PROJECT / name
        if source.is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy / name)
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    git(copy, "commit", "-q", "-m", "as it is")
    return copy, git(copy, "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="session")
def installed(project: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the action makes, from a checkout with a pip and a venv of its own."""
    temporary = tmp_path_factory.mktemp("installed")
    hostile_tree(temporary / "tree")
    done = run(
        step("Install"),
        temporary / "tree",
        RUNNER_TEMP=str(temporary),
        MEMLINT_PYTHON=sys.executable,
        GITHUB_ACTION_PATH=str(project[0]),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert traps_sprung(temporary / "tree") == []
    return temporary / "memlint"


@pytest.fixture
def runner(installed: Path, tmp_path: Path) -> Runner:
    """A runner that has done the steps before memlint is run."""
    runner = Runner(tmp_path / "tree", tmp_path / "temporary")
    runner.tree.mkdir()
    runner.temporary.mkdir()
    (runner.temporary / "memlint").symlink_to(installed)
    return runner
