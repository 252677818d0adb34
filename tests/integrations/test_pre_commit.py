"""The hooks, run by the real pre-commit in a scratch repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nginx_memlint.printable import printable
from nginx_memlint.sources.glob import has_magic, literal
from tests.documents.pages import block
from tests.helpers import LUA
from tests.integrations.conftest import ENVIRONMENT, git
from tests.integrations.hostile import hostile_tree, traps_sprung

FINE = """worker_processes 4;
events {}
http {
    include sites/*.conf;
}
"""
FATAL = "    lua_ssl_trusted_certificate ca.pem;\n"
SHARDS = "upstream shards { hash $uri consistent; server 127.0.0.1 weight=900000; }"
SITE = """\
server {
    location /a { access_by_lua_file a; }
    location /b { access_by_lua_file b; }
}
"""


class Scratch:
    """A repository of configurations with the project's hook."""

    def __init__(self, directory: Path, project: tuple[Path, str], home: Path) -> None:
        self.directory = directory
        self.environment = os.environ | ENVIRONMENT | {"PRE_COMMIT_HOME": str(home)}
        directory.mkdir()
        git(directory, "init", "-q")
        self.configure(project, args=["--unit-cost", "100MiB", "--fail-on", "warning", "--"])

    def configure_as_the_readme(self, project: tuple[Path, str]) -> None:
        """Its text, with the repository that is here."""
        [given] = yaml.safe_load(block("pre-commit"))["repos"]
        repository, commit = project
        text = block("pre-commit").replace(given["repo"], f"file://{repository}")
        self.write(".pre-commit-config.yaml", text.replace(given["rev"], commit))

    def configure(self, project: tuple[Path, str], **hook: object) -> None:
        repository, commit = project
        hooks = [{"id": "memlint", **hook}]
        config = {"repos": [{"repo": f"file://{repository}", "rev": commit, "hooks": hooks}]}
        self.write(".pre-commit-config.yaml", yaml.safe_dump(config))

    def write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def commit(self) -> subprocess.CompletedProcess[str]:
        git(self.directory, "add", "-A")
        return subprocess.run(
            ["git", "commit", "-m", "a change"],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """pre-commit's cache: the project is installed once."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.mark.xdist_group("pre-commit")
def test_a_fatal_line_is_refused(tmp_path: Path, project: tuple[Path, str], home: Path) -> None:
    scratch = Scratch(tmp_path / "configs", project, home)
    scratch.write("memlint.toml", 'roots = ["nginx/nginx.conf"]\ntarget = "debian-12"\n')
    scratch.write("nginx/nginx.conf", LUA + FINE)
    scratch.write("nginx/sites/a.conf", SITE)
    installed = scratch.pre_commit("install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    first = scratch.commit()
    assert first.returncode == 0, first.stdout + first.stderr

    # the fatal line is not in the main file: what a change costs depends on the includes
    scratch.write("nginx/sites/0.conf", FATAL)
    refused = scratch.commit()
    assert refused.returncode != 0
    assert "ML101" in refused.stdout + refused.stderr
    assert "nginx/sites/0.conf:1:5" in refused.stdout + refused.stderr

    scratch.write("nginx/sites/0.conf", "# nothing\n")
    fixed = scratch.commit()
    assert fixed.returncode == 0, fixed.stdout + fixed.stderr


@pytest.mark.xdist_group("pre-commit")
def test_the_readme(tmp_path: Path, project: tuple[Path, str], home: Path) -> None:
    scratch = Scratch(tmp_path / "configs", project, home)
    scratch.configure_as_the_readme(project)
    scratch.write("nginx/nginx.conf", LUA + FINE)
    scratch.write("nginx/sites/a.conf", SITE)
    assert scratch.pre_commit("validate-config").returncode == 0
    assert scratch.pre_commit("install").returncode == 0
    first = scratch.commit()
    assert first.returncode == 0, first.stdout + first.stderr
    scratch.write("nginx/sites/0.conf", f"{FATAL}\n{SHARDS}\n")
    refused = scratch.commit()
    assert refused.returncode != 0
    assert "ML202" in refused.stdout + refused.stderr


@pytest.mark.xdist_group("pre-commit")
def test_hostile_names_in_a_commit(tmp_path: Path, project: tuple[Path, str], home: Path) -> None:
    """The hook as it is, and as the README has it."""
    scratch = Scratch(tmp_path / "configs", project, home)
    names = hostile_tree(scratch.directory)
    scratch.write("nginx/nginx.conf", LUA + FINE)
    scratch.write("nginx/sites/a.conf", SITE)
    roots = [*(name for name in names if name.isprintable()), "nginx/nginx.conf"]
    patterns = [literal(name) if has_magic(name) else name for name in roots]
    scratch.write("memlint.toml", f"roots = {json.dumps(patterns)}\n")
    git(scratch.directory, "add", "-A")
    all_of_them = f"{len(roots)} configurations: {len(roots)} ok"
    for configured, said in (
        (scratch.configure, all_of_them),
        (scratch.configure_as_the_readme, "ok nginx/nginx.conf"),
    ):
        configured(project)
        run = scratch.pre_commit("run", "--all-files", "--verbose")
        assert run.returncode == 0, run.stdout + run.stderr
        assert traps_sprung(scratch.directory) == []
        assert said in run.stdout


@pytest.mark.xdist_group("pre-commit")
@pytest.mark.parametrize("given", [{}, {"args": ["--format", "json", "--"]}])
def test_hostile_names_as_arguments(
    tmp_path: Path, project: tuple[Path, str], home: Path, given: dict[str, object]
) -> None:
    """Whoever has pre-commit append the names of changed files gets them read as files."""
    scratch = Scratch(tmp_path / "configs", project, home)
    names = hostile_tree(scratch.directory)
    scratch.configure(project, pass_filenames=True, files=r"(?s)nginx\.conf\Z", **given)
    git(scratch.directory, "add", "-A")
    run = scratch.pre_commit("run", "--all-files", "--verbose")
    assert traps_sprung(scratch.directory) == [], run.stdout
    assert run.returncode == 1, run.stdout  # evil/nginx.conf is no configuration
    if given:
        report = json.loads(run.stdout[run.stdout.index("{") :].rpartition("}")[0] + "}")
        files = [config["main_file"] for config in report["configs"]]
        assert sorted(files) == sorted([*map(printable, names), "evil/nginx.conf"])


@pytest.mark.xdist_group("pre-commit")
def test_isolated(tmp_path: Path, project: tuple[Path, str], home: Path) -> None:
    scratch = Scratch(tmp_path / "configs", project, home)
    scratch.write("memlint.toml", "context = ['http']\n")
    scratch.write("nginx.conf", "server { }")
    for hook, status in (("memlint", 0), ("memlint-isolated", 1)):
        scratch.configure(project, id=hook, args=["--", "nginx.conf"])
        git(scratch.directory, "add", "-A")
        run = scratch.pre_commit("run", "--all-files", "--verbose")
        assert run.returncode == status, run.stdout
        assert ("exit code: 3" in run.stdout) == (status == 1)


@pytest.mark.xdist_group("pre-commit")
def test_the_manifest_is_valid(project: tuple[Path, str]) -> None:
    manifest = project[0] / ".pre-commit-hooks.yaml"
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", manifest],
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
