"""JUnit XML, as Jenkins's schema has it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import xmlschema

from nginx_memlint import check
from nginx_memlint.result import Report
from nginx_memlint.rules import RULES, codes
from tests.helpers import http, write
from tests.report.render import SAMPLE_NAMES, SCHEMAS, render, sample


@cache
def published() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


def suites(report: Report) -> list[ET.Element]:
    text = render("junit", report)
    published().validate(text)
    root = ET.fromstring(text.encode())
    for name in ("tests", "failures", "errors"):
        assert int(root.attrib[name]) == sum(int(suite.attrib[name]) for suite in root)
    return list(root)


def outcomes(suite: ET.Element) -> dict[str, str]:
    """Code of a rule → the element in its case; "" if it passed."""
    elements = {}
    for case in suite:
        assert len(case) <= 1
        elements[case.attrib["name"].split()[0]] = case[0].tag if len(case) else ""
    counts = list(elements.values())
    assert suite.attrib["tests"] == str(len(counts))
    assert suite.attrib["failures"] == str(counts.count("failure"))
    assert suite.attrib["errors"] == str(counts.count("error"))
    assert suite.attrib["skipped"] == str(counts.count("skipped"))
    return elements


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_fit_the_schema(name: str) -> None:
    report = sample(name)
    [config] = report.configs
    [suite] = suites(report)
    by_rule = outcomes(suite)
    listed = {"ML002"} if config.not_priced else set()
    assert set(by_rule) == {"ML000", *(rule.code for rule in RULES), *listed}
    failed = {finding.rule for finding in config.findings if finding.severity == "error"}
    assert {rule for rule, outcome in by_rule.items() if outcome == "failure"} == failed
    assert (by_rule["ML000"] == "error") is not config.complete


def test_nothing_passes_unread() -> None:
    [suite] = suites(sample("broken"))
    assert outcomes(suite) == {
        "ML000": "error",
        **{rule.code: "skipped" for rule in RULES},
    }
    error = suite.find("testcase/error")
    assert error is not None
    assert error.text is not None
    assert len(error.text.splitlines()) == 3


def test_a_suite_for_each_configuration(repository: Path) -> None:
    write(repository / "a", {"nginx.conf": http("server { }")})
    write(repository / "b", {"nginx.conf": "}"})
    both = suites(Report(configs=[check("a"), check("b")]))
    assert [suite.attrib["name"] for suite in both] == ["a", "b"]
    assert set(outcomes(both[0]).values()) == {""}


def test_hostile_text_and_accepted_findings(hostile: Report) -> None:
    [suite] = suites(hostile)
    assert outcomes(suite) == dict.fromkeys(codes(), "skipped") | {
        "ML000": "error",
        "ML101": "system-out",
        "ML201": "skipped",
        "ML202": "failure",
    }
    skipped = suite.find("testcase[@name='ML201 over-budget']/skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("accepted by ignore: a\\x0a::error::b")
    assert "]]><b onclick=x>&amp;</b>" in skipped.attrib["message"]


def test_notes_do_not_fail_but_are_there(hostile: Report) -> None:
    config = hostile.configs[0]
    note = replace(config.findings[1], severity="note")
    [suite] = suites(Report(configs=[replace(config, findings=[note])]))
    assert outcomes(suite)["ML101"] == "system-out"
