"""The GitHub Action, the GitLab template and the Dockerfile: linted, their commands run."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.documents.pages import block
from tests.helpers import SAMPLES, copy_sample, write
from tests.integrations.conftest import git
from tests.integrations.hostile import LINES, hostile_tree, traps_sprung
from tests.integrations.runners import PROJECT, TEMPLATES, Runner, load, run

pytestmark = pytest.mark.xdist_group("installed")  # by one process, once

BIN = Path(sys.executable).parent

INTEGRATIONS = ["action", "template"]


def lint(*command: str | Path) -> None:
    done = subprocess.run(
        [BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("schema", "name"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.gitlab-ci", "templates/gitlab-ci.yml"),
        ("vendor.gitlab-ci", "templates/gitlab-diff.yml"),
    ],
)
def test_they_fit_their_schemas(schema: str, name: str) -> None:
    lint("check-jsonschema", "--builtin-schema", schema, PROJECT / name)


def test_the_dockerfile_is_linted() -> None:
    lint("hadolint", PROJECT / "Dockerfile")


@pytest.mark.parametrize(
    ("schema", "marker"),
    [
        ("vendor.github-workflows", "github"),
        ("vendor.github-workflows", "github diff"),
        ("vendor.gitlab-ci", "gitlab"),
        ("vendor.gitlab-ci", "gitlab diff"),
    ],
)
def test_what_the_readme_says_fits_its_schema(schema: str, marker: str, tmp_path: Path) -> None:
    path = tmp_path / "snippet.yml"
    path.write_text(block(marker))
    lint("check-jsonschema", "--builtin-schema", schema, path)


@pytest.mark.parametrize(("sample", "status"), [("incident", 1), ("healthy", 0), ("broken", 3)])
def test_the_action_checks(runner: Runner, sample: str, status: int) -> None:
    copy_sample(sample, runner.tree / sample)
    done = runner.check(MEMLINT_CONFIGS=sample, MEMLINT_ARGS="--target=debian-12")
    assert done.returncode == status, done.stdout + done.stderr
    assert ("::error" in done.stdout) == (status != 0)
    assert runner.summary.startswith("<!-- memlint -->")
    outputs = runner.outputs()
    assert outputs["status"] == str(status)
    assert Path(outputs["report"]).read_text() == runner.summary
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"


@pytest.mark.parametrize(("body", "status"), [("", 0), ("}", 3)])
def test_the_action_as_the_readme_has_it(runner: Runner, body: str, status: int) -> None:
    given = inputs_of("github")
    write(runner.tree / "nginx", {"nginx.conf": f"events {{ }}\n{body}"})
    done = runner.check(MEMLINT_CONFIGS=given["configs"], MEMLINT_ARGS=given["args"])
    assert done.returncode == status, done.stdout + done.stderr
    assert runner.summary


def inputs_of(marker: str) -> dict[str, str]:
    """The inputs of the action in an example of the documents."""
    [job] = yaml.safe_load(block(marker))["jobs"].values()
    [given] = [step["with"] for step in job["steps"] if "nginx-memlint@" in step["uses"]]
    assert set(given) <= set(load("action.yml")["inputs"])
    return dict(given)


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


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_the_runner_s_files_decide_nothing(
    integration: str, runner: Runner, tmp_path: Path
) -> None:
    """Debian's nginx.conf names directories that a runner may have."""
    write(tmp_path / "runner", {"sites/a.conf": "server { server_name secret.example; }"})
    include = f"include {tmp_path}/runner/sites/*.conf;"
    write(runner.tree, {"nginx.conf": f"events {{ }} http {{ {include} }}"})
    done = runner.does(integration, MEMLINT_CONFIGS="nginx.conf")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "--confine" in done.stdout
    assert "secret" not in done.stdout


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_hostile_names(integration: str, runner: Runner, tmp_path: Path) -> None:
    names = hostile_tree(runner.tree, lines=False)
    out = tmp_path / "out.json"
    arguments = f"\n--target=debian-12\n\n--format=json:{out}\n"
    done = runner.does(integration, MEMLINT_CONFIGS="\n".join(names), MEMLINT_ARGS=arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert traps_sprung(runner.tree) == []
    assert [config["path"] for config in json.loads(out.read_text())["configs"]] == names


@pytest.mark.parametrize("integration", INTEGRATIONS)
@pytest.mark.parametrize("name", ["-", "--", "--nginx-binary=evil", *LINES])
def test_a_hostile_name_by_itself(integration: str, name: str, runner: Runner) -> None:
    """A name of several lines is several names: none of them is read, run or an option."""
    hostile_tree(runner.tree)
    done = runner.does(integration, MEMLINT_CONFIGS=name)
    assert done.returncode in (0, 2, 3)
    assert "Usage: memlint check" not in done.stdout
    assert traps_sprung(runner.tree) == []


@pytest.mark.parametrize("integration", INTEGRATIONS)
@pytest.mark.parametrize(("isolated", "status"), [("", 0), ("false", 0), ("true", 3), ("yes", 2)])
def test_isolated(integration: str, isolated: str, status: int, runner: Runner) -> None:
    """Settings of the tree name a context for half a configuration; isolated, they say nothing."""
    settings = "context = ['http']\n"
    write(runner.tree, {"nginx.conf": "server { }", "memlint.toml": settings})
    done = runner.does(integration, MEMLINT_CONFIGS="nginx.conf", MEMLINT_ISOLATED=isolated)
    assert done.returncode == status, done.stdout + done.stderr


@pytest.mark.parametrize("integration", INTEGRATIONS)
def test_an_argument_is_a_line(integration: str, runner: Runner) -> None:
    hostile_tree(runner.tree)
    done = runner.does(
        integration,
        MEMLINT_CONFIGS="a b/nginx.conf",
        MEMLINT_ARGS="--target debian-12 $(touch pwned) *",
    )
    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert traps_sprung(runner.tree) == []


def test_the_template_lets_the_tree_have_no_say_in_what_is_installed(
    tmp_path: Path, project: tuple[Path, str]
) -> None:
    """The real pip, in an environment of its own, from a directory with a pip of its own."""
    hostile_tree(tmp_path / "tree")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    done = run(
        "\n".join(load(TEMPLATES["template"])["memlint"]["script"][:2]),
        tmp_path / "tree",
        PATH=f"{tmp_path / 'venv' / 'bin'}:{os.environ['PATH']}",
        MEMLINT_SOURCE=str(project[0]),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "venv" / "bin" / "memlint").exists()
    assert traps_sprung(tmp_path / "tree") == []


def test_the_action_changes_no_python_of_later_steps() -> None:
    """The fixture installed() has made an environment of its own; setup-python sets no PATH."""
    [setup] = [one for one in load("action.yml")["runs"]["steps"] if "uses" in one]
    assert setup["with"]["update-environment"] is False
    scripts = "".join(one.get("run", "") for one in load("action.yml")["runs"]["steps"])
    assert "GITHUB_PATH" not in scripts
    assert "GITHUB_ENV" not in scripts
    assert "${{" not in scripts  # what a pull request names is no part of a script


@pytest.mark.parametrize("given", ["", "nginx-memlint", "nginx-memlint==1", ".", "--help", "a/b"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_template_installs_nothing_whose_source_is_not_stated(
    template: str, given: str, tmp_path: Path
) -> None:
    hostile_tree(tmp_path / "tree")
    [job] = load(TEMPLATES[template]).values()
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
