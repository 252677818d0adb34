"""JUnit XML: a suite for each configuration, a case for each rule and one for reading it.

Entries that may have lowered the report are a case, too, if there are any.

A case fails if a finding of its rule makes the exit status 1: as --fail-on says.

A rule that found nothing in a configuration that was not read in full is skipped: it did not pass.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TextIO

from nginx_memlint.exit_codes import FAILING, FailOn
from nginx_memlint.printable import printable
from nginx_memlint.report.issues import Issue, issues, lowered, suppressed
from nginx_memlint.result import ConfigReport, Report
from nginx_memlint.rules import RULES
from nginx_memlint.rules.reading import LOWERED, READING

NOT_READ = "the configuration was not read in full"

_COUNTS = {"failures": "failure", "errors": "error", "skipped": "skipped"}
"""Attribute of a suite → element of a case that it counts."""


def write(report: Report, out: TextIO) -> None:
    """Write the document."""
    root = ET.Element("testsuites", name="memlint")
    root.extend(_suite(config) for config in report.configs)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.attrib[name]) for suite in root)))
    ET.indent(root)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(ET.tostring(root, encoding="unicode") + "\n")


def _suite(config: ConfigReport) -> ET.Element:
    path = printable(config.path)
    suite = ET.Element("testsuite", name=path)
    listed = list(issues(config))
    problems = [issue for issue in listed if issue.rule == READING.code]
    accepted = [
        (issue, f"accepted by {item.by}{': ' if item.reason else ''}{printable(item.reason)}")
        for item, issue in suppressed(config)
    ]
    case = _case(suite, READING.code, READING.name, path)
    if problems:
        _outcome(case, "system-out" if config.complete else "error", problems)
    if decided := list(lowered(Report(configs=[config]))):
        _outcome(_case(suite, LOWERED.code, LOWERED.name, path), "system-out", decided)
    rules = {rule.code: rule.name for rule in RULES}
    rules |= {issue.rule: issue.name for issue in listed if issue.rule != READING.code}
    for code, name in rules.items():
        case = _case(suite, code, name, path)
        of_rule = [issue for issue in listed if issue.rule == code]
        failing = [issue for issue in of_rule if issue.severity in FAILING[FailOn(config.fail_on)]]
        reasons = [reason for issue, reason in accepted if issue.rule == code]
        if failing:
            _outcome(case, "failure", of_rule)
        elif of_rule:
            _outcome(case, "system-out", of_rule)
        elif reasons or not config.complete:
            ET.SubElement(case, "skipped", message="; ".join(reasons) or NOT_READ)
    suite.set("tests", str(len(suite)))
    for attribute, element in _COUNTS.items():
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    return suite


def _case(suite: ET.Element, code: str, name: str, path: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=f"{code} {name}", classname=path)


def _outcome(case: ET.Element, kind: str, listed: list[Issue]) -> None:
    """Add one element with all issues to a case, as readers look at the first element only."""
    element = ET.SubElement(case, kind)
    if kind != "system-out":
        element.set("type", listed[0].severity)
        element.set("message", listed[0].message)
    lines = (f"{issue.at(issue.file)}\n{issue.advice}".strip() for issue in listed)
    element.text = "\n".join(lines)
