"""A pull request in a repository: what the action and the template say there, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.forge.stub import Stub, stub
from tests.helpers import BUNDLE, http, write
from tests.integrations.conftest import git
from tests.integrations.hostile import hostile_tree, traps_sprung
from tests.integrations.runners import Runner
from tests.integrations.test_manifests import inputs_of

pytestmark = pytest.mark.xdist_group("installed")  # by one process, once

SITE = "server { server_name %s; location / { } location /b { } }\n"
TRUSTED = "lua_ssl_trusted_certificate ca.pem;\n"
INTEGRATIONS = ["action", "diff template"]


@pytest.fixture(params=INTEGRATIONS)
def integration(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def change(tree: Path, sites: int) -> None:
    """Let nginx/nginx.conf have so many servers."""
    servers = "".join(SITE % f"s{number}.example" for number in range(sites))
    write(tree / "nginx", {"nginx.conf": http(TRUSTED + servers), "ca.pem": BUNDLE.read_bytes()})


def commit(tree: Path) -> str:
    """The name of a commit of all that is there."""
    if not (tree / ".git").exists():
        git(tree, "init", "-q")
    git(tree, "add", "-A")
    git(tree, "commit", "-q", "-m", "x")
    return git(tree, "rev-parse", "HEAD").stdout.strip()


def push(runner: Runner, integration: str, base: str, host: Stub, **variables: str) -> int:
    """Do what the pipeline of a pull request does; the status of the job."""
    given = {"MEMLINT_CONFIGS": "nginx/nginx.conf", "MEMLINT_ARGS": "--target=debian-12"}
    given |= {"MEMLINT_MODE": "diff", "MEMLINT_BASE": base}
    given |= {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    done = runner.does(integration, **host.environment | given | variables)
    if integration == "action" and runner.outputs().get("report"):
        said = runner.step("Comment", **host.environment)
        assert said.returncode == 0, said.stdout + said.stderr
    assert "Traceback" not in done.stderr
    return done.returncode


def test_one_comment_follows_the_pushes(runner: Runner, integration: str) -> None:
    change(runner.tree, 1)
    base = commit(runner.tree)
    with stub(github=integration == "action") as host:
        change(runner.tree, 200)
        commit(runner.tree)
        assert push(runner, integration, base, host) == 0
        [first] = host.comments
        heading = first["body"].splitlines()[2]
        assert heading.startswith("### memlint: `nginx/nginx.conf` grows by ")
        change(runner.tree, 2)
        commit(runner.tree)
        assert push(runner, integration, base, host) == 0
        [second] = host.comments
        assert second["id"] == first["id"]
        assert heading not in second["body"]
        assert second["body"].startswith("<!-- memlint diff -->\n\n### memlint: ")


def test_a_budget_fails_the_job_and_the_comment_says_so(runner: Runner, integration: str) -> None:
    change(runner.tree, 1)
    base = commit(runner.tree)
    change(runner.tree, 200)
    arguments = "--target=debian-12\n--max-memory=512MiB"
    with stub(github=integration == "action") as host:
        assert push(runner, integration, base, host, MEMLINT_ARGS=arguments) == 1
        [comment] = host.comments
        assert "over its budget of 512.0 MiB by " in comment["body"].splitlines()[2]


def test_names_and_contents_are_data(runner: Runner, integration: str) -> None:
    names = hostile_tree(runner.tree, lines=False)
    base = commit(runner.tree)
    text = "</details> @all ![x](http://h/) <script> $(touch pwned) `touch pwned` ::error::x"
    server = f'server {{ server_name "{text}"; location "/{text}" {{ }} }}'
    for name in names:
        (runner.tree / name).write_text(http(server))
    with stub(github=integration == "action") as host:
        configs = "\n".join(names)
        assert push(runner, integration, base, host, MEMLINT_CONFIGS=configs) == 0
        assert traps_sprung(runner.tree) == []
        [comment] = host.comments
        assert len(comment["body"].encode()) <= 65_536
        assert "`--fix/nginx.conf`" in comment["body"]
        spans = comment["body"].split("`")
        outside = "".join(spans[::2])
        assert "@all" not in outside
        assert "<script>" not in outside


def test_a_base_that_is_an_option(runner: Runner, integration: str) -> None:
    change(runner.tree, 1)
    commit(runner.tree)
    with stub(github=integration == "action") as host:
        assert push(runner, integration, "--output=written", host) == 2
        assert host.comments == []
        assert not (runner.tree / "written").exists()


def test_a_token_that_may_not_write_changes_no_verdict(runner: Runner, integration: str) -> None:
    """A fork's pull request has such a one: a warning says what it needs, the report is there."""
    change(runner.tree, 1)
    base = commit(runner.tree)
    with stub(github=integration == "action") as host:
        host.refuses = 403
        assert push(runner, integration, base, host) == 0
        if integration == "action":
            said = runner.step("Comment", **host.environment).stdout
            assert said.startswith("::warning title=memlint::")
            assert "pull-requests: write" in said
            assert "### memlint" in runner.summary
        else:
            assert "### memlint" in (runner.tree / "memlint.md").read_text()


def test_the_action_needs_a_commit_and_a_mode(runner: Runner) -> None:
    change(runner.tree, 1)
    for variables, said in (
        ({"MEMLINT_MODE": "diff"}, "mode diff is for pull requests"),
        ({"MEMLINT_MODE": "--help"}, "mode must be check or diff"),
    ):
        done = runner.check(MEMLINT_CONFIGS="nginx/nginx.conf", **variables)
        assert done.returncode == 2
        assert said in done.stderr
        assert not (runner.temporary / "outputs").exists()


def test_the_example_of_the_documents(runner: Runner) -> None:
    given = inputs_of("github diff")
    change(runner.tree, 1)
    base = commit(runner.tree)
    with stub() as host:
        values = {"MODE": "mode", "CONFIGS": "configs", "ARGS": "args"}
        variables = {f"MEMLINT_{name}": given[key] for name, key in values.items()}
        assert push(runner, "action", base, host, **variables) == 0
        assert host.comments == []  # nothing has changed yet
        change(runner.tree, 40)
        assert push(runner, "action", base, host, **variables) == 0
        assert len(host.comments) == 1


def test_findings_are_sent_to_code_scanning(runner: Runner) -> None:
    change(runner.tree, 1)
    with stub() as host:
        done = runner.check(MEMLINT_CONFIGS="nginx/nginx.conf", MEMLINT_ARGS="--max-memory=1MiB")
        assert done.returncode == 1
        said = runner.step("Code scanning", **host.environment)
        assert "the SARIF file is sent" in said.stdout
        assert json.dumps(host.analyses[0]["sarif"])
