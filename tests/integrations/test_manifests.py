"""The GitHub Action, the GitLab template and the Dockerfile: linted, their commands run."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..helpers import SAMPLES, write
from ..readme import block
from .conftest import PROJECT

BIN = Path(sys.executable).parent


def lint(*command: str | Path) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "name"),
    [("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "templates/gitlab-ci.yml")],
)
def test_they_fit_their_schemas(schema: str, name: str) -> None:
    lint("check-jsonschema", "--builtin-schema", schema, PROJECT / name)


def test_the_dockerfile_is_linted() -> None:
    lint("hadolint", PROJECT / "Dockerfile")


@pytest.mark.parametrize(
    ("schema", "marker"), [("vendor.github-workflows", "github"), ("vendor.gitlab-ci", "gitlab")]
)
def test_what_the_readme_says_fits_its_schema(schema: str, marker: str, tmp_path: Path) -> None:
    path = tmp_path / "snippet.yml"
    path.write_text(block(marker))
    lint("check-jsonschema", "--builtin-schema", schema, path)


def load(name: str) -> Any:
    return yaml.safe_load((PROJECT / name).read_text())


def run(script: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A script as a runner runs it: bash -e, our memlint and python first."""
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | variables
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(("sample", "status"), [("incident", 1), ("healthy", 0), ("broken", 3)])
def test_the_action_checks(tmp_path: Path, sample: str, status: int) -> None:
    steps = load("action.yml")["runs"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == "Check"]
    summary = tmp_path / "summary.md"
    done = run(
        script,
        tmp_path,
        MEMLINT_CONFIGS=str(SAMPLES / sample),
        MEMLINT_ARGS="--target debian-12",
        RUNNER_TEMP=str(tmp_path),
        GITHUB_STEP_SUMMARY=str(summary),
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("::error" in done.stdout) == (status != 0)
    assert summary.read_text().startswith("<!-- memlint -->")


@pytest.mark.parametrize(("body", "status"), [("", 0), ("}", 3)])
def test_the_action_as_the_readme_has_it(tmp_path: Path, body: str, status: int) -> None:
    [job] = yaml.safe_load(block("github"))["jobs"].values()
    [given] = [step["with"] for step in job["steps"] if "nginx-memlint@" in step["uses"]]
    action = load("action.yml")
    assert set(given) <= set(action["inputs"])
    write(tmp_path / "nginx", {"nginx.conf": f"events {{ }}\n{body}"})
    [script] = [step["run"] for step in action["runs"]["steps"] if step.get("name") == "Check"]
    done = run(
        script,
        tmp_path,
        MEMLINT_CONFIGS=given["configs"],
        MEMLINT_ARGS=given["args"],
        RUNNER_TEMP=str(tmp_path),
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert (tmp_path / "summary.md").exists()


@pytest.mark.parametrize(("body", "status"), [("", 0), ("}", 3)])
def test_the_template_as_the_readme_has_it(tmp_path: Path, body: str, status: int) -> None:
    snippet = yaml.safe_load(block("gitlab"))
    [included] = snippet["include"]
    assert (PROJECT / included["file"]).exists()
    template = load("templates/gitlab-ci.yml")["memlint"]
    variables = snippet["memlint"]["variables"]
    assert set(variables) <= set(template["variables"])
    write(tmp_path / "nginx", {"nginx.conf": f"events {{ }}\n{body}"})
    done = run("\n".join(template["script"][1:]), tmp_path, **variables)
    assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize(("sample", "status"), [("incident", 1), ("healthy", 0)])
def test_the_template_checks(tmp_path: Path, sample: str, status: int) -> None:
    job = load("templates/gitlab-ci.yml")["memlint"]
    assert "pip install" in job["script"][0]
    done = run(
        "\n".join(job["script"][1:]),
        tmp_path,
        MEMLINT_CONFIGS=str(SAMPLES / sample),
        MEMLINT_ARGS="--target debian-12",
    )
    assert done.returncode == status, done.stdout + done.stderr
    for report in job["artifacts"]["reports"].values():
        assert (tmp_path / report).stat().st_size > 0


def test_the_dockerfile_installs_and_runs(tmp_path: Path, project: tuple[Path, str]) -> None:
    """Its commands, with the files it copies alone, in directories of this machine."""
    lines = (PROJECT / "Dockerfile").read_text().splitlines()
    words = [shlex.split(line) for line in lines if line]
    for copy in (line for line in words if line[0] == "COPY" and not line[1].startswith("--")):
        *sources, _destination = copy[1:]
        for name in sources:
            assert (project[0] / name).exists()
    source = tmp_path / "src"
    source.mkdir()
    for copy in (line for line in words if line[0] == "COPY" and not line[1].startswith("--")):
        subprocess.run(
            ["cp", "-r", *(project[0] / name for name in copy[1:-1]), source / copy[-1]], check=True
        )
    [install] = [line.removeprefix("RUN ") for line in lines if line.startswith("RUN ")]
    there = tmp_path / "memlint"
    done = run(
        f"cd {shlex.quote(str(source))}\n" + install.replace("/opt/memlint", str(there)), tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    command: list[str | Path] = [there / "bin" / "memlint", "check", SAMPLES / "healthy"]
    assert subprocess.run(command, timeout=60, check=False).returncode == 0
