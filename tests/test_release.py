"""scripts/release tags nothing while something is missing, and scripts/notes says what is new."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents.pages import PROJECT
from tests.integrations.conftest import ENVIRONMENT, git

VERSION = "9.8.7"
CHANGELOG = f"""\
# Changelog

## [{VERSION}] - 2030-01-02

### Added

- Much.

## [9.8.6] - 2029-01-02

- Less.
"""


def run(directory: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=directory,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository that is ready for a release."""
    clone = tmp_path / "clone"
    shutil.copytree(PROJECT / "scripts", clone / "scripts")
    files = {
        "nginx_memlint/__init__.py": f'__version__ = "{VERSION}"\n',
        "nginx_memlint/report/publisher.py": 'OWNER = "a"\nSITE = "b"\nSECURITY_CONTACT = "c"\n',
        "CHANGELOG.md": CHANGELOG,
        "run-tests": "#!/bin/sh\nexit 0\n",
    }
    for name, text in files.items():
        path = clone / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (clone / "run-tests").chmod(0o755)
    git(clone, "init", "-q", "-b", "main")
    commit(clone)
    return clone


def commit(clone: Path) -> None:
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "all")


def test_a_tag_is_made(repository: Path) -> None:
    done = run(repository, "scripts/release", VERSION)
    assert done.returncode == 0, done.stderr
    assert f"git push origin main v{VERSION}" in done.stdout
    assert git(repository, "cat-file", "-t", f"v{VERSION}").stdout == "tag\n"
    again = run(repository, "scripts/release", VERSION)
    assert (again.returncode, again.stderr) == (1, f"no release: v{VERSION} is there\n")


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        ("nginx_memlint/report/publisher.py", 'OWNER = "a"', 'OWNER = ""', "OWNER is not set"),
        ("nginx_memlint/report/publisher.py", 'SITE = "b"', 'SITE = ""', "SITE is not set"),
        ("nginx_memlint/report/publisher.py", 'T = "c"', 'T = ""', "SECURITY_CONTACT is not set"),
        ("nginx_memlint/__init__.py", VERSION, "9.8.6", "another version"),
        ("CHANGELOG.md", f"[{VERSION}]", "[9.9.9]", "say in CHANGELOG.md what is new"),
        ("CHANGELOG.md", "2030-01-02", "unreleased", "no date"),
        ("run-tests", "exit 0", "exit 1", "the tests fail"),
        ("run-tests", "exit 0", "touch new", "the tests changed files"),
    ],
)
def test_nothing_is_tagged(repository: Path, path: str, old: str, new: str, reason: str) -> None:
    text = (repository / path).read_text()
    assert old in text
    (repository / path).write_text(text.replace(old, new, 1))
    commit(repository)
    done = run(repository, "scripts/release", VERSION)
    assert done.returncode == 1
    assert reason in done.stderr
    assert git(repository, "tag").stdout == ""


def test_nothing_is_tagged_of_what_is_not_committed(repository: Path) -> None:
    (repository / "left").touch()
    assert "not committed" in run(repository, "scripts/release", VERSION).stderr
    (repository / "left").unlink()
    git(repository, "switch", "-q", "-c", "another")
    assert "not the branch main" in run(repository, "scripts/release", VERSION).stderr


def test_notes(repository: Path) -> None:
    assert run(repository, "scripts/notes", VERSION).stdout == "\n### Added\n\n- Much.\n"
    assert run(repository, "scripts/notes", "9.8.5").stderr == "CHANGELOG.md has nothing of 9.8.5\n"


@pytest.mark.parametrize("script", ["release", "notes", "build"])
def test_usage(script: str, repository: Path) -> None:
    done = run(repository, f"scripts/{script}")
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: scripts/{script} ")
