"""The examples in the rules' documentation: what fails there fails, what passes there passes."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nginx_memlint.cli.app import app
from nginx_memlint.rules import RULES
from nginx_memlint.rules.rule import Rule
from tests.rules.bundles import write_bundles

SECTIONS = ["What", "Why", "Cost", "Since", "Fix", "Fails", "Passes"]
EXAMPLE = re.compile(r"```nginx\n# memlint check(.*)\n([\s\S]*?)```")


def sections(rule: Rule) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", rule.doc, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def examples() -> Iterator[tuple[str, str, str, str]]:
    for rule in RULES:
        for section in ("Fails", "Passes"):
            text = sections(rule).get(section, "")
            for options, conf in EXAMPLE.findall(text):
                yield rule.code, section, options, conf


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_all_sections(rule: Rule) -> None:
    texts = sections(rule)
    assert list(texts) == SECTIONS
    assert all(text.strip() for text in texts.values())
    assert rule.summary.endswith(".")
    assert "|" not in rule.summary
    for section in ("Fails", "Passes"):
        assert texts[section].count("```nginx") == len(EXAMPLE.findall(texts[section])) >= 1


@pytest.mark.parametrize(("code", "section", "options", "conf"), list(examples()))
def test_example(code: str, section: str, options: str, conf: str, tmp_path: Path) -> None:
    write_bundles(tmp_path)
    path = tmp_path / "nginx.conf"
    path.write_text(conf)
    run = CliRunner().invoke(
        app, ["check", "--format", "json", "--fail-on", "never", *shlex.split(options), str(path)]
    )
    assert run.exit_code == 0, run.output
    [report] = json.loads(run.stdout)["configs"]
    assert all(problem["complete"] for problem in report["problems"])
    codes = [finding["rule"] for finding in report["findings"]]
    assert codes.count(code) == (1 if section == "Fails" else 0), codes


def test_codes_and_names_are_unique_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in RULES}) == len(RULES)
