"""Everything that the documents say can be done, done; what they show is what is printed now.

What needs the real nginx is in tests/nginx/test_examples.py, what other programs read (pre-commit,
GitHub, GitLab) in tests/integrations, the examples of the rules in tests/rules.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
from typer.main import get_command

from nginx_memlint.cli.app import COMMANDS, app
from nginx_memlint.report import FORMATS, schemas
from nginx_memlint.settings import asked, plan
from nginx_memlint.targets.allocators_table import ALLOCATORS
from tests.documents.examples import (
    NAME,
    Example,
    at,
    check_block,
    commit,
    examples,
    needs_nginx,
    run,
    scratch,
    shows,
)
from tests.documents.generated import without_parts
from tests.documents.pages import FOR_USERS, PROJECT, README, Block, block, blocks_of, page, parsed
from tests.helpers import MEASURED, http, memlint_here, write

IN_THE_GATE = ("first", "second")
"""Markers of the examples that .ci/run runs, as they stand there: they set up environments."""

OTHER_FLAGS = (
    *("--modules-path", "--rm", "--cases", "--count", "--seconds", "--seed"),
    *("--predictions", "--no-install-recommends", "--repo", "--exclude"),
)
"""Of nginx, docker, tests.nginx.fuzz_counts, tests.nginx.reload_scenarios, tests.documents,
apt-get, gh and tar."""

TESTED = {
    "toml": {"settings", "bundles"},
    "nginx": {"ignores"},
    "python": {"python", "compare", "fleet", "cluster"},
    "yaml": {
        *("pre-commit", "github", "github diff", "gitlab", "gitlab diff"),
        *("allocator", "ansible", "kubernetes"),
    },
    "ini": {"allocator", "drop-in debian", "drop-in rhel"},
    "dockerfile": {"allocator"},
    "json": {"vscode", "problem-matcher"},
    "lua": {"neovim"},
    "elisp": {"emacs"},
    "vim": {"vim"},
}
"""Code that is no command, by its markers."""


def of_this_project(block: Block) -> None:
    """Each line installs the clone, and no extra that it has not."""
    extras = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    for line in block.commands:
        [named] = re.findall(r"(?:pip|pipx|uv tool) install '?\.(?:\[([\w,]+)\])?'?$", line)
        assert {*filter(None, named.split(","))} <= extras["optional-dependencies"].keys()


def of_a_release(block: Block) -> None:
    """The file is the one that is built, tried and attested."""
    [name] = set(re.findall(r"memlint-linux-\w+", block.text))
    assert f"dist/{name} check" in (PROJECT / ".github/workflows/release.yml").read_text()
    stem = name.removesuffix("x86_64")
    assert f"name={stem}$(uname -m)\n" in (PROJECT / "scripts/onefile").read_text()


INSTALLED = {"install": of_this_project, "download": of_a_release}
"""Markers of what installs memlint: benchmarks/installed.py and the release's workflow do it."""

HERE_AND_NOW = [item for item in examples() if not needs_nginx(item)]


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(scratch(tmp_path))
    # no example may change the files of whoever runs the tests
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    # whoever runs the tests need not call them from a shell
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    return tmp_path


@pytest.mark.parametrize("example", HERE_AND_NOW, ids=str)
def test_commands(example: Example, directory: Path) -> None:
    block = example.block
    if block.marker == "second":
        assert (PROJECT / block.text.strip()).stat().st_mode & 0o111
        return
    if block.marker == "first":
        # the gate runs all of it; here what it ends with
        last = block.text.rpartition(" && ")[2].removeprefix(".venv/bin/")
        block = Block("sh", last.strip())
    if block.marker in INSTALLED:
        INSTALLED[block.marker](block)
        return
    if "--base" in block.text:
        commit(directory)
    check_block(at(block, "/etc/nginx/nginx.conf", f"{directory}/etc/nginx/nginx.conf"), directory)


def test_what_is_run_elsewhere() -> None:
    gate = (PROJECT / ".ci" / "run").read_text()
    for marker in IN_THE_GATE:
        assert [item.marker for item in README.blocks].count(marker) == 1
        assert f"<!-- {marker} -->" in gate
    rest = [item for item in examples() if needs_nginx(item)]
    assert len(rest) + len(HERE_AND_NOW) == len(examples())


def test_code_that_is_no_command_is_tested() -> None:
    by_hand = [item for page in FOR_USERS for item in blocks_of(parsed(without_parts(page.text)))]
    assert {item.language for item in by_hand} == {"sh", *TESTED}
    for language, markers in TESTED.items():
        marked = [item.marker for item in by_hand if item.language == language]
        assert sorted(marked) == sorted(markers)


def test_another_allocator_is_preloaded_as_remedies_say() -> None:
    """By the library of its table, and of its package where that is installed."""
    jemalloc = ALLOCATORS["jemalloc"]
    [page] = [page for page in FOR_USERS if page.name == "docs/targets.md"]
    marked = [item for item in page.blocks if item.marker == "allocator"]
    assert len(marked) == 3
    for item in marked:
        assert re.search(rf"LD_PRELOAD\W+(value: )?{re.escape(jemalloc.library)}\n", item.text)
        assert (jemalloc.package in item.text) == (item.language == "dockerfile")


def test_every_flag_is_there() -> None:
    """The documents name no flag that a command has not: those of other programs are listed."""
    group: Any = get_command(app)
    flags = set(OTHER_FLAGS)
    for command in (group, *map(command_of, COMMANDS)):
        flags |= flags_of(command)
    for document in FOR_USERS:
        assert set(re.findall(r"(?<![\w<!-])--[a-z][a-z-]+", document.text)) <= flags, document.name
    assert flags_of(command_of("check")) >= {"--format", "--show-fix", "--max-memory"}


def command_of(name: str) -> Any:
    group: Any = get_command(app)
    return group.get_command(None, name)


def flags_of(command: Any) -> set[str]:
    return {flag for one in command.params for flag in one.opts} | {"--help"}


def test_every_command_is_there() -> None:
    """The documents speak of all commands, and of no other."""
    named = {match[0] for page in FOR_USERS for match in NAME.finditer(page.text)}
    commands = {f"memlint {name}" for name in COMMANDS}
    assert commands <= named
    lines = [line for item in examples() for line in item.commands]
    called = {match[0] for line in lines if (match := NAME.match(line))}
    assert called == commands


def test_every_format_has_an_example() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| `memlint check (.*?)`", page("docs/formats.md").text, re.M
    )
    assert [name for name, _ in rows] == list(FORMATS)
    for name, arguments in rows:
        assert f"--format {name}" in arguments
        assert f"memlint check {arguments}" in page("docs/formats.md").spans


# what is no command


def test_python(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "ca.pem").write_text("")
    exec(compile(block("python"), "docs/python.md", "exec"), {})
    assert re.fullmatch(r"\d+ \d+ \d+\n", capsys.readouterr().out)


def test_compare(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(directory)
    exec(compile(block("compare"), "docs/python.md", "exec"), {})
    assert re.match(r"(over|within) budget \{\n", capsys.readouterr().out)


def test_bundles(directory: Path) -> None:
    text = block("bundles")
    jsonschema.validate(tomllib.loads(text), schemas.schema("memlint"))
    system = "lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"
    partners = "location /b { lua_ssl_trusted_certificate partners.pem; access_by_lua_file b; }"
    server = f"server {{ location /a {{ access_by_lua_file a; }} {partners} }}"
    write(directory, {"memlint.toml": text, "nginx.conf": http(system + server)})
    [config] = memlint_here("check", "--format", "json", "nginx.conf").json["configs"]
    said = [item for item in config["assumptions"] if "as given" in item]
    assert [re.findall("[0-9]+ certificates", item) for item in said] == [
        ["150 certificates"],
        ["12 certificates"],
    ]
    assert config["findings"] == []


def test_settings(directory: Path) -> None:
    text = block("settings")
    lua = http("lua_ssl_trusted_certificate ca.pem; server { location / { } }")
    write(
        directory,
        {
            "memlint.toml": text,
            "hosts/web/nginx.conf": lua,
            "hosts/mail/nginx.conf": lua,
            "hosts/mail/server.toml": MEASURED,
        },
    )
    jsonschema.validate(tomllib.loads(text), schemas.schema("memlint"))
    done = memlint_here("check", "--format", "json")
    assert done.code == 0, done.err
    configs = done.json["configs"]
    assert [config["path"] for config in configs] == ["hosts/web", "hosts/mail/nginx.conf"]
    assert [config["budget_bytes"] for config in configs] == [16 << 30, 2 << 30]
    targets = [config["target"]["name"] for config in configs]
    assert targets == ["debian-12", "hosts/mail/server.toml"]
    [root] = plan(["hosts/web"], {})
    policy = asked(root).policy
    assert policy.severities["ML202"] is None
    assert policy.ignores[0].paths == ("hosts/*/legacy/**",)


def test_ignores(directory: Path) -> None:
    text = http(block("ignores"))
    conf = write(directory / "accepted", {"nginx.conf": text})
    options = ("--target", "debian-12", "--unit-cost", "32MiB", "--max-memory", "300MiB")
    done = memlint_here("check", *options, "--fail-on", "warning", "--show-suppressed", conf)
    assert done.code == 0, done.out
    assert "3 findings accepted: 3 by an ignore" in done.out
    for comment in re.findall(r"# memlint: .*\] (.*)", text):
        assert comment in done.out


def test_the_baseline_accepts_what_is_there_but_no_growth(directory: Path) -> None:
    [example] = [item for item in examples() if "--write-baseline" in item.block.text]
    conf = directory / "conf" / "nginx.conf"
    shards = "upstream u { hash $uri consistent; server 127.0.0.1 weight=900000; }"
    costly = conf.read_text().replace("http {", f"http {{ {shards}")
    conf.write_text(costly)
    assert memlint_here("check", "conf/").code == 1
    assert [run(command, directory).code for command in example.commands] == [0, 0]
    conf.write_text(costly.replace("900000", "990000"))
    grown = run(example.commands[-1], directory)
    assert grown.code == 1
    assert "grew from 8.9 GiB to 9.8 GiB" in grown.out


@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/explanation.md"])
def test_parts_of_an_output_that_are_shown_again(name: str, directory: Path) -> None:
    assert (directory / "sample_confs").is_dir()
    printed = memlint_here("check", "--target", "debian-12", "sample_confs/incident").out
    document = page(name)
    shown = {item.shown for item in document.blocks}
    again = [token.content for token in document.tokens if token.type == "code_block"]
    again = [text for text in again if text not in shown]
    assert again
    for text in again:
        lines = [line.removeprefix("  ") for line in printed.splitlines()]
        assert "\n".join(dedent(text).splitlines()) in "\n".join(lines) or text in printed


# that these tests can fail


@pytest.mark.parametrize(
    ("shown", "is_shown"),
    [
        ("a\nb\nc\nd", True),
        ("a\nb", False),
        ("a\n…", True),
        ("b\n…", False),
        ("a\n…\nc\n…", True),
        ("a\n…\nd", True),
        ("a\n…\nc", False),
        ("a\n…\nb\nd", False),
        ("a\n…\nd\n…\nb\n…", False),
        ("…\nc\nd", True),
    ],
)
def test_what_is_shown(shown: str, is_shown: bool) -> None:
    assert shows(shown, "a\nb  \nc\nd\n") == is_shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("memlint chekc nginx.conf", ""),
        ("memlint check --formt text nginx.conf", ""),
        ("memlint check no.conf", ""),
        ("memlint check conf/ | grep nothing-of-this", ""),
        ("memlint check conf/", "error conf/\n…\n"),
        ("memlint nosuch", ""),
    ],
)
def test_a_wrong_example_is_found(text: str, shown: str, directory: Path) -> None:
    with pytest.raises(AssertionError):
        check_block(Block("sh", text, shown=shown), directory)
