"""All formats say the same."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest

from nginx_memlint.report import FORMATS, writer
from nginx_memlint.report.places import base
from nginx_memlint.rules import RULES
from nginx_memlint.rules.reading import NOT_PRICED, READING
from tests.report.render import SAMPLE_NAMES, render, render_json, sample

OF_A_WHOLE = {"ML207"}
"""Rules of which a finding stands nowhere: those that samples break."""

ABOUT = {READING.code, NOT_PRICED.code}

Found = list[tuple[str, str, str, int, int]]

TEXT = re.compile(r"(?:(\S.*):(\d+):(\d+):)? +(error|warning|note) (ML\d+): .*")
LINE = re.compile(r"(.+):(\d+):(\d+): (error|warning|note) (ML\d+) .*")


def of_lines(pattern: re.Pattern[str], out: str) -> Found:
    matches = [match for line in out.splitlines() if (match := pattern.fullmatch(line))]
    return [
        (rule, severity, base().relative(file), int(line), int(column))
        for file, line, column, severity, rule in (match.groups() for match in matches)
        if rule not in ABOUT
    ]


def of_text(out: str, main_file: str) -> Found:
    """The findings of the text, where those of a place stand together below the first of them."""
    findings = []
    place = (main_file, 1, 1)
    for line in out.splitlines():
        if match := TEXT.fullmatch(line):
            if match[1] is not None:
                place = (base().relative(match[1]), int(match[2]), int(match[3]))
            elif match[5] in OF_A_WHOLE:
                place = (main_file, 1, 1)
            findings.append((match[5], match[4], *place))
    return findings


def of_sarif(log: Any) -> Found:
    findings = []
    for result in log["runs"][0]["results"]:
        if result["ruleId"] not in ABOUT:
            place = result["locations"][0]["physicalLocation"]
            region = place["region"]
            where = (region["startLine"], region["startColumn"])
            file = unquote(place["artifactLocation"]["uri"])
            findings.append((result["ruleId"], result["level"], file, *where))
    return findings


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_the_same_findings_in_the_same_order(name: str) -> None:
    report = sample(name)
    [config] = render_json("json", report)["configs"]
    place = base()
    expected = [
        (f["rule"], f["severity"], place.relative(f["file"]), f["line"], f["column"])
        for f in config["findings"]
    ]
    listed = of_text(render("text", report), place.relative(config["main_file"]))
    assert sorted(listed) == sorted(expected)
    assert of_lines(LINE, render("line", report)) == expected
    assert of_sarif(render_json("sarif", report)) == expected
    others = len(config["problems"]) + len(config["not_priced"])
    assert len(render_json("gitlab", report)) == len(expected) + others
    assert render("markdown", report).count("\n- **") == len(expected) + others


def test_samples_have_findings_and_problems() -> None:
    reports = [sample(name).configs[0] for name in SAMPLE_NAMES]
    assert {f.rule for config in reports for f in config.findings} >= {"ML101", "ML202"}
    assert any(config.problems for config in reports)


def test_every_format_has_a_module() -> None:
    for name in FORMATS:
        assert callable(writer(name))


def test_every_rule_is_described() -> None:
    codes = [rule.code for rule in RULES]
    assert codes == sorted(set(codes))
