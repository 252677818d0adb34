"""JUnit XML: a suite for each configuration, a case for each rule and one for reading it.

What may have lowered the report is a case, too, if there is any.

A rule that found nothing in a configuration that was not read in full is skipped: it did not pass.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TextIO

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
    found = list(issues(config))
    problems = [issue for issue in found if issue.rule == READING.code]
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
    rules |= {issue.rule: issue.name for issue in found if issue.rule != READING.code}
    for code, name in rules.items():
        case = _case(suite, code, name, path)
        own = [issue for issue in found if issue.rule == code]
        failing = [issue for issue in own if issue.severity != "note"]
        reasons = [reason for issue, reason in accepted if issue.rule == code]
        if failing:
            _outcome(case, "failure", own)
        elif own:
            _outcome(case, "system-out", own)
        elif reasons or not config.complete:
            ET.SubElement(case, "skipped", message="; ".join(reasons) or NOT_READ)
    suite.set("tests", str(len(suite)))
    for attribute, element in _COUNTS.items():
        suite.set(attribute, str(len(suite.findall(f"testcase/{element}"))))
    return suite


def _case(suite: ET.Element, code: str, name: str, path: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", name=f"{code} {name}", classname=path)


def _outcome(case: ET.Element, kind: str, found: list[Issue]) -> None:
    """One element for all of a case: readers look at the first only."""
    element = ET.SubElement(case, kind)
    if kind != "system-out":
        element.set("type", found[0].severity)
        element.set("message", found[0].message)
    lines = (f"{issue.at(issue.file)}\n{issue.advice}".strip() for issue in found)
    element.text = "\n".join(lines)
