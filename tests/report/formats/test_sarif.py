"""SARIF: as the published schema has it, and every place in it can be opened."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import jsonschema
import pytest

from nginx_memlint import check
from nginx_memlint.report import publisher
from nginx_memlint.result import Report, Suppressed
from nginx_memlint.rules import ABOUT_REPORTS, RULES
from nginx_memlint.rules.reading import READING
from tests.helpers import SAMPLES, http, write
from tests.report.render import SAMPLE_NAMES, render_json, sample, schema

VALIDATOR = jsonschema.Draft202012Validator(schema("sarif-2.1.0.json"))


def run_of(report: Report) -> dict[str, Any]:
    log = render_json("sarif", report)
    VALIDATOR.validate(log)
    [run] = log["runs"]
    assert isinstance(run, dict)
    return run


def physical(value: Any) -> Iterator[dict[str, Any]]:
    """All physical locations in a value."""
    if isinstance(value, dict):
        if "physicalLocation" in value:
            yield value["physicalLocation"]
        for inner in value.values():
            yield from physical(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from physical(inner)


def path_of(location: dict[str, Any], run: dict[str, Any]) -> bytes:
    """The file that a location names."""
    artifact = location["artifactLocation"]
    uri = artifact["uri"]
    if "uriBaseId" in artifact:
        assert not urlsplit(uri).scheme
        assert not uri.startswith("/")
        root = run["originalUriBaseIds"][artifact["uriBaseId"]]["uri"]
        assert root.endswith("/")
        uri = root + uri
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("file", "", "", "")
    return unquote_to_bytes(parts.path)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_fit_the_schema(name: str) -> None:
    report = sample(name)
    run = run_of(report)
    [config] = report.configs
    results = [result for result in run["results"] if result["ruleId"] != READING.code]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        *((finding.rule, finding.severity) for finding in config.findings),
        *(("ML002", "note") for _ in config.not_priced),
    ]
    for location in physical(run):
        assert os.path.isfile(path_of(location, run))


def test_every_rule_has_help() -> None:
    rules = run_of(sample("incident"))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [r.code for r in (*ABOUT_REPORTS, *RULES)]
    for rule in rules:
        assert rule["help"]["markdown"]
        assert rule["shortDescription"]["text"].endswith(".")


def test_a_run_that_failed_does_not_look_clean(repository: Path) -> None:
    write(repository, {"nginx.conf": "events { }\ninclude missing.conf;\n"})
    run = run_of(Report(configs=[check("nginx.conf")]))
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    [note] = invocation["toolExecutionNotifications"]
    [result] = run["results"]
    assert (note["level"], result["level"], result["ruleId"]) == ("error", "error", READING.code)
    assert note["locations"] == result["locations"]
    assert "No such file" in result["message"]["text"]


def test_nothing_found_is_a_success(repository: Path) -> None:
    write(repository, {"nginx.conf": http("server { }")})
    run = run_of(Report(configs=[check("nginx.conf")]))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_columns_are_code_points(repository: Path) -> None:
    name = "lua_ssl_trusted_certificate"
    body = f'log_format x "é😀\u0301"; {name} /no.pem; server {{ location / {{ }} }}'
    write(repository, {"nginx.conf": http(body)})
    run = run_of(Report(configs=[check("nginx.conf", unit_cost=1 << 30)]))
    assert run["columnKind"] == "unicodeCodePoints"
    lines = (repository / "nginx.conf").read_text().split("\n")
    region = next(physical(run["results"]))["region"]
    line = lines[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == name


def test_names_from_below_and_outside_of_the_repository(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository / "a b%20", {"nginx.conf": "}"})
    (repository / "sub").mkdir()
    monkeypatch.chdir(repository / "sub")
    outside = SAMPLES / "broken"
    report = Report(
        configs=[
            check("../a b%20/nginx.conf"),
            check(str(repository / "a b%20/nginx.conf")),
            check(outside),
        ]
    )
    run = run_of(report)
    artifacts = [location["artifactLocation"] for location in physical(run["results"])]
    assert artifacts[:2] == [{"uri": "a%20b%2520/nginx.conf", "uriBaseId": "%SRCROOT%"}] * 2
    assert artifacts[2]["uri"].startswith("file:///")
    assert "uriBaseId" not in artifacts[2]


def test_accepted_findings_are_suppressed(repository: Path) -> None:
    write(repository, {"nginx.conf": http("server { }")})
    config = check("nginx.conf")

    def accepted(by: Any, reason: str) -> Suppressed:
        return Suppressed(
            rule="ML101",
            name="a-rule",
            severity="warning",
            message="m",
            file="nginx.conf",
            line=1,
            bytes=5,
            fingerprint="f",
            by=by,
            reason=reason,
        )

    ways = [accepted("ignore", "known"), accepted("settings", "why"), accepted("baseline", "")]
    run = run_of(Report(configs=[replace(config, suppressed=ways)]))
    assert [result["suppressions"] for result in run["results"]] == [
        [{"kind": "inSource", "status": "accepted", "justification": "known"}],
        [{"kind": "external", "status": "accepted", "justification": "why"}],
        [{"kind": "external", "status": "accepted"}],
    ]


def test_hostile_names_are_still_the_names(hostile: Report) -> None:
    run = run_of(hostile)
    places = list(physical(run["results"]))
    assert len(places) >= 5
    for location in places:
        assert location["artifactLocation"]["uri"].isascii()
        assert os.path.isfile(path_of(location, run))
    texts = [result["message"]["text"] for result in run["results"]]
    for text in texts:
        assert text.replace("\n", "").isprintable()
        assert "](" not in text
        assert "{0}" not in text.replace("{{0}}", "")
    assert sum("{{0}}" in text for text in texts) == 4


def test_related_places_and_bytes(hostile: Report) -> None:
    result = run_of(hostile)["results"][1]
    finding = hostile.configs[0].findings[0]
    assert result["properties"]["bytes"] == finding.bytes
    [related] = result["relatedLocations"]
    assert related["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 1}
    assert related["properties"] == {"bytes": 7}
    assert "saves 3 B at start" in result["message"]["text"]


def test_fingerprints_are_those_of_the_findings(repository: Path) -> None:
    body = "lua_ssl_trusted_certificate /no.pem; server { location / { } }"
    prints = []
    for directory in ("one", "two"):
        (repository / directory / ".git").mkdir(parents=True)
        write(repository / directory, {"nginx.conf": http(body)})
        os.chdir(repository / directory)
        absolute = check(str(repository / directory / "nginx.conf"), unit_cost=4 << 30)
        run = run_of(Report(configs=[absolute]))
        prints.append([result["partialFingerprints"] for result in run["results"]])
    assert prints[0] == prints[1]
    assert len({str(value) for value in prints[0]}) == 2


def test_help_is_the_page_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "SITE", "https://docs.example.org/memlint/")
    rules = run_of(sample("healthy"))["tool"]["driver"]["rules"]
    for rule in rules:
        place = rule["helpUri"].removeprefix(publisher.SITE)
        assert (SAMPLES.parent / "docs" / place).with_suffix(".md").is_file()
    assert len(rules) == len(ABOUT_REPORTS) + len(RULES)
