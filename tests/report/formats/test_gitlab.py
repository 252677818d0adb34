"""GitLab's code quality report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nginx_memlint import check
from nginx_memlint.result import Report
from tests.helpers import http, write
from tests.report.render import SAMPLE_NAMES, render_json, sample, schema


def entries(report: Report) -> list[dict[str, Any]]:
    read = render_json("gitlab", report)
    jsonschema.validate(read, schema("gitlab-code-quality.json"))
    assert isinstance(read, list)
    assert len({entry["fingerprint"] for entry in read}) == len(read)
    return read


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_fit_the_schema(name: str) -> None:
    report = sample(name)
    [config] = report.configs
    read = entries(report)
    assert len(read) == len(config.problems) + len(config.findings) + len(config.not_priced)


def test_severities_and_relative_paths(repository: Path) -> None:
    body = "lua_ssl_trusted_certificate /no.pem; server { location / { } }\ninclude no.conf;"
    conf = write(repository / "conf", {"nginx.conf": http(body)})
    read = entries(Report(configs=[check(str(conf), unit_cost=4 << 30)]))
    assert [(e["check_name"][:5], e["severity"]) for e in read] == [
        ("ML000", "blocker"),
        ("ML202", "critical"),
        ("ML101", "major"),
    ]
    assert {entry["location"]["path"] for entry in read} == {"conf/nginx.conf"}


def test_fingerprints_stay_on_another_machine(repository: Path) -> None:
    body = "lua_ssl_trusted_certificate /no.pem; server { location / { } }"
    prints = []
    for directory in ("one", "two"):
        (repository / directory / ".git").mkdir(parents=True)
        conf = write(repository / directory, {"nginx.conf": http(body)})
        os.chdir(repository / directory)
        configs = [check(name, unit_cost=4 << 30) for name in (str(conf), "nginx.conf")]
        read = entries(Report(configs=configs))
        assert len(read) == 4
        prints.append([entry["fingerprint"] for entry in read])
    assert prints[0] == prints[1]


def test_hostile_text(hostile: Report) -> None:
    for entry in entries(hostile):
        assert entry["location"]["path"].isprintable()
        assert entry["description"].replace("\n", "").isprintable()


def test_nothing_found_is_an_empty_array() -> None:
    assert entries(sample("healthy")) == []
