"""Everything that the README says can be done, done; what it shows is what is printed now.

What needs the real nginx is in tests/nginx/test_readme.py, what other programs read (pre-commit,
GitHub, GitLab) in tests/integrations.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from nginx_memlint.cli.app import COMMANDS
from nginx_memlint.report import FORMATS, documentation, schemas
from nginx_memlint.settings import asked, plan
from tests.helpers import MEASURED, http, memlint_here, write
from tests.readme import (
    NAME,
    PROJECT,
    README,
    Block,
    at,
    block,
    blocks,
    check_example,
    commit,
    examples,
    needs_nginx,
    run,
    scratch,
    shows,
    spans,
)

IN_THE_GATE = ("first", "second")
"""What .ci/run runs, as it stands there: it sets up environments."""

TESTED = {
    "toml": {"settings"},
    "nginx": {"ignores"},
    "python": {"python"},
    "yaml": {"pre-commit", "github", "gitlab"},
}
"""Code that is no command, by its markers."""

HERE_AND_NOW = [item for item in examples() if not needs_nginx(item)]


def name(example: Block) -> str:
    return example.commands[0]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(scratch(tmp_path))
    return tmp_path


@pytest.mark.parametrize("example", HERE_AND_NOW, ids=name)
def test_commands(example: Block, here: Path) -> None:
    if example.marker == "second":
        assert (PROJECT / example.text.strip()).stat().st_mode & 0o111
        return
    if example.marker == "first":
        # the gate runs all of it; here what it ends with
        last = example.text.rpartition(" && ")[2].removeprefix(".venv/bin/")
        example = Block("sh", last.strip())
    if example.text.startswith("pip install"):
        [extra] = re.findall(r"^pip install '\.\[(\w+)\]'$", example.text, re.MULTILINE)
        project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
        assert extra in project["optional-dependencies"]
        return
    if "--base" in example.text:
        commit(here)
    check_example(at(example, "/etc/nginx/nginx.conf", f"{here}/etc/nginx/nginx.conf"), here)


def test_what_is_run_elsewhere() -> None:
    gate = (PROJECT / ".ci" / "run").read_text()
    for marker in IN_THE_GATE:
        assert block(marker)
        assert f"<!-- {marker} -->" in gate
    rest = [item for item in examples() if needs_nginx(item)]
    assert len(rest) + len(HERE_AND_NOW) == len(examples())
    assert {item.language for item in blocks()} == {"sh", *TESTED}
    for language, markers in TESTED.items():
        assert {item.marker for item in blocks() if item.language == language} == markers


def test_every_command_is_there() -> None:
    """The README speaks of all commands, and of no other."""
    named = {match[0] for text in README.read_text().splitlines() for match in NAME.finditer(text)}
    commands = {f"memlint {name}" for name in COMMANDS}
    assert commands <= named
    fenced = [line for item in examples() for line in item.commands if line.startswith("memlint")]
    assert {match[0] for line in fenced if (match := NAME.match(line))} <= commands


def test_every_format_has_an_example() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| `memlint check (.*)` \|$", README.read_text(), re.M)
    assert {row[0] for row in rows} == set(FORMATS)
    for row in rows:
        assert row[0] == "text" or row[0] in row[1]
        assert f"memlint check {row[1]}" in spans()


def test_the_tables_are_current() -> None:
    text = README.read_text()
    assert text == documentation.with_tables(text), (
        "run python -m nginx_memlint.report.documentation README.md"
    )


def test_a_table_that_has_no_place() -> None:
    with pytest.raises(ValueError, match="rules"):
        documentation.with_tables("# README\n")


def test_links_lead_somewhere() -> None:
    text = README.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif not target.startswith("https://"):
            assert (PROJECT / target).exists(), target


# what is no command


def test_python(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "ca.pem").write_text("")
    exec(compile(block("python"), README, "exec"), {})
    assert re.fullmatch(r"\d+ \d+ \d+\n", capsys.readouterr().out)


def test_settings(here: Path) -> None:
    text = block("settings")
    lua = http("lua_ssl_trusted_certificate ca.pem; server { location / { } }")
    write(
        here,
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


def test_ignores(here: Path) -> None:
    text = http(block("ignores"))
    conf = write(here / "accepted", {"nginx.conf": text})
    options = ("--target", "debian-12", "--unit-cost", "32MiB", "--max-memory", "300MiB")
    done = memlint_here("check", *options, "--fail-on", "warning", "--show-suppressed", conf)
    assert done.code == 0, done.out
    assert "3 findings accepted: 3 by an ignore" in done.out
    for comment in re.findall(r"# memlint: .*\] (.*)", text):
        assert comment in done.out


def test_the_baseline_accepts_what_is_there_but_no_growth(here: Path) -> None:
    [example] = [item for item in examples() if "--write-baseline" in item.text]
    conf = here / "conf" / "nginx.conf"
    zone = conf.read_text().replace("http {", "http { proxy_cache_path /c keys_zone=pages:5000m;")
    conf.write_text(zone)
    assert memlint_here("check", "conf/").code == 1
    assert [run(command, here).code for command in example.commands] == [0, 0]
    conf.write_text(zone.replace("5000m", "6000m"))
    grown = run(example.commands[-1], here)
    assert grown.code == 1
    assert "grew from 4.9 GiB to 5.9 GiB" in grown.out


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
def test_a_wrong_example_is_found(text: str, shown: str, here: Path) -> None:
    with pytest.raises(AssertionError):
        check_example(Block("sh", text, shown=shown), here)
