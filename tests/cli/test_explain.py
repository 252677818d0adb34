"""The commands that describe the rules: memlint rules and memlint explain."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from nginx_memlint.cli.app import app
from nginx_memlint.report import documentation
from nginx_memlint.report.words import BY_NAME, WORDS
from nginx_memlint.rules import ABOUT_REPORTS, RULES, find_rule
from nginx_memlint.rules.rule import Rule
from tests.helpers import on_a_terminal


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "300"})
    return done.exit_code, done.output


def test_rules_lists_all() -> None:
    code, output = run("rules")
    assert code == 0
    lines = output.splitlines()
    assert len(lines) == 1 + len(documentation.LISTED) == 1 + len(RULES) + len(ABOUT_REPORTS)
    for rule, line in zip(documentation.LISTED, lines[1:], strict=True):
        assert line.split()[:3] == [rule.code, rule.name, rule.severity]
        assert rule.summary in line


def test_rules_as_json() -> None:
    code, output = run("rules", "--format", "json")
    assert code == 0
    listed = json.loads(output)
    codes = {rule.code for rule in RULES}
    assert [rule["code"] for rule in listed] == [rule.code for rule in documentation.LISTED]
    assert all(rule["doc"].startswith("## What") for rule in listed if rule["code"] in codes)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_explain_prints_the_documentation(rule: Rule) -> None:
    described = find_rule(rule.code)
    for name in (described.code, described.code.lower(), described.name):
        code, output = run("explain", name)
        assert code == 0
        assert output.startswith(f"# {described.code} {described.name}\n")
        assert described.doc in output


def test_explain_on_a_terminal_is_wrapped() -> None:
    text = on_a_terminal("explain", "ML101", env={"COLUMNS": "50"})
    assert "\x1b[1m## What\x1b[0m\n" in text
    paragraphs = [paragraph for paragraph in text.split("\n\n") if "    " not in paragraph]
    assert max(len(line) for paragraph in paragraphs for line in paragraph.split("\n")) <= 70
    assert "lua_ssl_trusted_certificate ca.pem;" in text


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("ML1O1", "ML10"), ("lua-bundle-inherit", "lua-bundle-inherited"), ("\x1b[31m", "")],
)
def test_explain_suggests(wrong: str, meant: str) -> None:
    code, output = run("explain", wrong)
    assert code == 2
    assert "is neither a rule nor a word of reports" in output
    assert ("did you mean" in output) == bool(meant)
    assert meant in output
    assert "\x1b[31m" not in output


@pytest.mark.parametrize(
    "said",
    [
        *("contexts", "TLS contexts", "CA loads", "CA bundle", "workers", "zones", "budget"),
        *("reload peak", "at start", "while reloading", "reloads in a row", "with workers held"),
        *("generation", "target", "assumed", "not all read", "Findings"),
    ],
)
def test_a_word_of_reports_is_explained(said: str) -> None:
    code, output = run("explain", *said.split())
    assert code == 0
    assert output.count("\n") == 1
    assert BY_NAME[said.lower()].text in output


def test_all_words_are_listed() -> None:
    code, output = run("explain")
    assert code == 0
    assert [word for word in WORDS if f"{word.name}: {word.text}" not in output] == []


def test_no_word_means_two_things() -> None:
    names = [name.lower() for word in WORDS for name in (word.name, *word.others)]
    assert len(names) == len(set(names))
    codes = {name.lower() for rule in RULES for name in (rule.code, rule.name)}
    assert not codes & set(BY_NAME)
