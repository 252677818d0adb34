"""SARIF 2.1.0: one run for all configurations.

A problem that kept a configuration from being read is a notification, as the standard has it, and
also a result: many viewers show results only, and an empty list of them would look clean. So is an
entry that may have lowered the report.
"""

from __future__ import annotations

import json
from typing import Any, TextIO

from nginx_memlint import __version__
from nginx_memlint.printable import printable
from nginx_memlint.report import publisher
from nginx_memlint.report.issues import Issue, issues, lowered, suppressed
from nginx_memlint.report.places import Base, base, directory_uri
from nginx_memlint.result import Related, Report, Suppressed
from nginx_memlint.rules import ABOUT_REPORTS, RULES
from nginx_memlint.rules.reading import READING
from nginx_memlint.rules.rule import Rule

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)

ROOT = "%SRCROOT%"

_KINDS = {"ignore": "inSource", "settings": "external", "baseline": "external"}


def write(report: Report, out: TextIO) -> None:
    """Write the log."""
    json.dump(log(report, base()), out, indent=2, ensure_ascii=False)
    out.write("\n")


def log(report: Report, place: Base) -> dict[str, Any]:
    """The log as JSON values; names are relative to a base where they can be."""
    shown = [issue for config in report.configs for issue in issues(config)]
    decided = list(lowered(report))
    accepted = [pair for config in report.configs for pair in suppressed(config)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "memlint",
                        "semanticVersion": __version__,
                        "rules": [_rule(rule) for rule in (*ABOUT_REPORTS, *RULES)],
                        "notifications": [_rule(rule) for rule in ABOUT_REPORTS],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": all(config.complete for config in report.configs),
                        "workingDirectory": {"uri": directory_uri(place.working)},
                        "toolExecutionNotifications": [
                            _notification(issue, place)
                            for issue in shown
                            if issue.rule == READING.code
                        ],
                        "toolConfigurationNotifications": [
                            _notification(issue, place) for issue in decided
                        ],
                    }
                ],
                "originalUriBaseIds": {ROOT: {"uri": directory_uri(place.directory)}},
                "columnKind": "unicodeCodePoints",
                "results": [
                    *(_result(issue, place) for issue in (*shown, *decided)),
                    *(
                        _result(issue, place) | {"suppressions": [_suppression(item)]}
                        for item, issue in accepted
                    ),
                ],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    site = publisher.SITE
    return ({"helpUri": f"{site}rules/{rule.code.lower()}.html"} if site else {}) | {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": _message(rule.summary),
        "fullDescription": _message(rule.summary),
        "help": {**_message(rule.doc), "markdown": _message(rule.doc)["text"]},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(issue: Issue, place: Base) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": issue.rule,
        "level": issue.severity,
        "message": _message(issue.text),
        "locations": [_location(issue, place)],
        "partialFingerprints": {"memlint/v1": place.shortened(issue.fingerprint)},
    }
    if issue.bytes:
        result["properties"] = {"bytes": issue.bytes}
    if issue.related:
        result["relatedLocations"] = [
            _related(number, related, place) for number, related in enumerate(issue.related)
        ]
    return result


def _notification(issue: Issue, place: Base) -> dict[str, Any]:
    return {
        "descriptor": {"id": issue.rule},
        "level": issue.severity,
        "message": _message(issue.text),
        "locations": [_location(issue, place)],
    }


def _location(issue: Issue, place: Base) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(issue.file, place)}
    region = {
        "startLine": issue.line,
        "startColumn": issue.column,
        "endColumn": issue.end_column,
    }
    if issue.line is not None:
        physical["region"] = {key: value for key, value in region.items() if value is not None}
    return {"physicalLocation": physical}


def _related(number: int, related: Related, place: Base) -> dict[str, Any]:
    return {
        "id": number,
        "physicalLocation": {
            "artifactLocation": _artifact(related.file, place),
            "region": {"startLine": related.line, "startColumn": related.column},
        },
        "message": _message(printable(related.message)),
        "properties": {"bytes": related.bytes},
    }


def _artifact(name: str, place: Base) -> dict[str, str]:
    uri, is_relative = place.uri(name)
    return {"uri": uri, "uriBaseId": ROOT} if is_relative else {"uri": uri}


def _suppression(item: Suppressed) -> dict[str, str]:
    suppression = {"kind": _KINDS[item.by], "status": "accepted"}
    if item.reason:
        suppression["justification"] = printable(item.reason)
    return suppression


def _message(text: str) -> dict[str, str]:
    """A message of plain text, in which neither ``{0}`` nor ``[text](target)`` has a meaning."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}
