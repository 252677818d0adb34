"""The GitHub Action, the GitLab template and the Dockerfile: linted, their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documents.pages import block
from tests.helpers import SAMPLES, copy_sample, write
from tests.integrations.conftest import PROJECT, git
from tests.integrations.hostile import LINES, hostile_tree, traps_sprung

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
    given = {"MEMLINT_ISOLATED": "false"}
    environment = os.environ | given | {"PATH": f"{BIN}:{os.environ['PATH']}"} | variables
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def step(name: str) -> str:
    """The script of a step of the action."""
    steps = load("action.yml")["runs"]["steps"]
    [script] = [step["run"] for step in steps if step.get("name") == name]
    return str(script)


@pytest.mark.parametrize(("sample", "status"), [("incident", 1), ("healthy", 0), ("broken", 3)])
def test_the_action_checks(tmp_path: Path, sample: str, status: int) -> None:
    copy_sample(sample, tmp_path / sample)
    script = step("Check")
    summary = tmp_path / "summary.md"
    done = run(
        script,
        tmp_path,
        MEMLINT_CONFIGS=sample,
        MEMLINT_ARGS="--target=debian-12",
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
    done = run(
        step("Check"),
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
    done = run("\n".join(template["script"][2:]), tmp_path, **variables)
    assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize(("sample", "status"), [("incident", 1), ("healthy", 0)])
def test_the_template_checks(tmp_path: Path, sample: str, status: int) -> None:
    copy_sample(sample, tmp_path / sample)
    job = load("templates/gitlab-ci.yml")["memlint"]
    done = run(
        "\n".join(job["script"][2:]),
        tmp_path,
        MEMLINT_CONFIGS=sample,
        MEMLINT_ARGS="--target=debian-12",
    )
    assert done.returncode == status, done.stdout + done.stderr
    for report in job["artifacts"]["reports"].values():
        assert (tmp_path / report).stat().st_size > 0


def test_the_runner_s_files_decide_nothing(tmp_path: Path) -> None:
    """Debian's nginx.conf names directories that a runner may have."""
    write(tmp_path / "runner", {"sites/a.conf": "server { server_name secret.example; }"})
    include = f"include {tmp_path}/runner/sites/*.conf;"
    write(tmp_path / "work", {"nginx.conf": f"events {{ }} http {{ {include} }}"})
    template = "\n".join(load("templates/gitlab-ci.yml")["memlint"]["script"][2:])
    for script in (step("Check"), template):
        done = run(
            script,
            tmp_path / "work",
            MEMLINT_CONFIGS="nginx.conf",
            MEMLINT_ARGS="",
            RUNNER_TEMP=str(tmp_path),
            GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
        )
        assert done.returncode == 3, done.stdout + done.stderr
        assert "--confine" in done.stdout
        assert "secret" not in done.stdout


INTEGRATIONS = ["action", "template"]


def script_of(integration: str) -> tuple[str, str]:
    """The shell text that installs memlint, and the one that runs it."""
    if integration == "action":
        return step("Install"), step("Check")
    guard, install, check = load("templates/gitlab-ci.yml")["memlint"]["script"]
    return f"{guard}\n{install}", check


def checked(integration: str, tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run memlint as an integration does, in tmp_path/tree."""
    given = {"RUNNER_TEMP": str(tmp_path), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    given |= {"MEMLINT_CONFIGS": "", "MEMLINT_ARGS": ""}
    return run(script_of(integration)[1], tmp_path / "tree", **given | variables)


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_hostile_names(integration: str, tmp_path: Path) -> None:
    names = hostile_tree(tmp_path / "tree", lines=False)
    out = tmp_path / "out.json"
    arguments = f"\n--target=debian-12\n\n--format=json:{out}\n"
    done = checked(integration, tmp_path, MEMLINT_CONFIGS="\n".join(names), MEMLINT_ARGS=arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert traps_sprung(tmp_path / "tree") == []
    assert [config["path"] for config in json.loads(out.read_text())["configs"]] == names


@pytest.mark.parametrize("integration", INTEGRATIONS)
@pytest.mark.parametrize("name", ["-", "--", "--nginx-binary=evil", *LINES])
def test_a_hostile_name_by_itself(integration: str, name: str, tmp_path: Path) -> None:
    """A name of several lines is several names: none of them is read, run or an option."""
    hostile_tree(tmp_path / "tree")
    done = checked(integration, tmp_path, MEMLINT_CONFIGS=name)
    assert done.returncode in (0, 2, 3)
    assert "Usage: memlint check" not in done.stdout
    assert traps_sprung(tmp_path / "tree") == []


@pytest.mark.parametrize("integration", INTEGRATIONS)
@pytest.mark.parametrize(("isolated", "status"), [("", 0), ("false", 0), ("true", 3), ("yes", 2)])
def test_isolated(integration: str, isolated: str, status: int, tmp_path: Path) -> None:
    """Settings of the tree name a context for half a configuration; isolated, they say nothing."""
    settings = "context = ['http']\n"
    write(tmp_path / "tree", {"nginx.conf": "server { }", "memlint.toml": settings})
    done = checked(integration, tmp_path, MEMLINT_CONFIGS="nginx.conf", MEMLINT_ISOLATED=isolated)
    assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_an_argument_is_a_line(integration: str, tmp_path: Path) -> None:
    hostile_tree(tmp_path / "tree")
    done = checked(
        integration,
        tmp_path,
        MEMLINT_CONFIGS="a b/nginx.conf",
        MEMLINT_ARGS="--target debian-12 $(touch pwned) *",
    )
    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert traps_sprung(tmp_path / "tree") == []


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_the_tree_has_no_say_in_what_is_installed(
    integration: str, tmp_path: Path, project: tuple[Path, str]
) -> None:
    """The real pip, in an environment of its own, from a directory with a pip of its own."""
    hostile_tree(tmp_path / "tree")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    source = str(project[0])
    done = run(
        script_of(integration)[0],
        tmp_path / "tree",
        PATH=f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}",
        GITHUB_ACTION_PATH=source,
        MEMLINT_SOURCE=source,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "venv" / "bin" / "memlint").exists()
    assert traps_sprung(tmp_path / "tree") == []


@pytest.mark.parametrize("given", ["", "nginx-memlint", "nginx-memlint==1", ".", "--help", "a/b"])
def test_the_template_installs_nothing_whose_source_is_not_stated(
    given: str, tmp_path: Path
) -> None:
    hostile_tree(tmp_path / "tree")
    job = load("templates/gitlab-ci.yml")["memlint"]
    assert job["variables"]["MEMLINT_SOURCE"] == ""
    write(tmp_path / "bin", {"python": "#!/bin/sh\necho installed\n"})
    (tmp_path / "bin" / "python").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    script = "\n".join(job["script"])
    done = run(script, tmp_path / "tree", PATH=path, MEMLINT_SOURCE=given)
    assert done.returncode == 2
    assert "MEMLINT_SOURCE must be the URL" in done.stderr
    assert done.stdout == ""


def test_nothing_names_a_package_of_the_registry() -> None:
    """Whoever registers a name that is not ours would run where our users install it."""
    listed = git(PROJECT, "ls-files", "-z", "--cached").stdout.split("\0")
    for name in filter(None, listed):
        if (PROJECT / name).is_file() and not name.startswith(("tests/", "fuzz/corpus/")):
            text = (PROJECT / name).read_text("utf-8", "replace")
            lines = re.findall(r"\b(?:pip|pipx|uv|uvx)\b[^\n]*\bnginx-memlint\b(?!/)", text)
            assert not [line for line in lines if "://" not in line], name


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
