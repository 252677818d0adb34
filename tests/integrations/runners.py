"""Runners of GitHub and GitLab: they run the scripts of the action and the templates here."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).parents[2]

TEMPLATES = {"template": "templates/gitlab-ci.yml", "diff template": "templates/gitlab-diff.yml"}
"""Integration → the file that GitLab includes."""

_GIVEN = {
    "MEMLINT_MODE": "check",
    "MEMLINT_CONFIGS": "",
    "MEMLINT_ARGS": "",
    "MEMLINT_BASE": "",
    "MEMLINT_ISOLATED": "false",
}


def load(name: str) -> Any:
    """A YAML file of the project."""
    return yaml.safe_load((PROJECT / name).read_text())


def run(script: str, directory: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a script as a runner does: bash -e, our memlint and python first."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=directory,
        env=os.environ | _GIVEN | {"PATH": path} | variables,
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


@dataclass
class Runner:
    """A checkout, and the directory for temporary files, with memlint as the action installs it."""

    tree: Path
    temporary: Path

    def does(self, integration: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run memlint as an integration does: the action, or one of TEMPLATES."""
        if integration == "action":
            return self.check(**variables)
        [job] = load(TEMPLATES[integration]).values()
        path = f"{self.temporary / 'memlint/bin'}:{os.environ['PATH']}"
        return run("\n".join(job["script"][2:]), self.tree, PATH=path, **variables)

    def check(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the step of the action that runs memlint."""
        return self.step("Check", **variables)

    def step(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step of the action."""
        given = {
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary"),
            "GITHUB_OUTPUT": str(self.temporary / "outputs"),
        }
        return run(step(name), self.tree, **given | variables)

    @property
    def summary(self) -> str:
        """The summary of the run."""
        return (self.temporary / "summary").read_text()

    def outputs(self) -> dict[str, str]:
        """The outputs of the steps that were run."""
        lines = (self.temporary / "outputs").read_text().splitlines()
        return {name: value for name, _, value in (line.partition("=") for line in lines)}
