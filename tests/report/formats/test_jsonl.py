"""A line of JSON for each configuration."""

from __future__ import annotations

import json

import jsonschema

from nginx_memlint.report import schemas
from nginx_memlint.result import Report
from tests.report.render import SAMPLE_NAMES, render, render_json, sample

ALL = Report(configs=[sample(name).configs[0] for name in SAMPLE_NAMES])


def test_each_line_is_a_configuration_of_the_json() -> None:
    lines = render("jsonl", ALL).splitlines()
    assert [json.loads(line) for line in lines] == render_json("json", ALL)["configs"]


def test_each_line_is_valid(hostile: Report) -> None:
    schema = schemas.schema("check")
    of_one = {"$ref": "#/$defs/ConfigReport", "$defs": schema["$defs"]}
    lines = render("jsonl", hostile).split("\n")[:-1]
    assert len(lines) == len(hostile.configs)
    for line in lines:
        jsonschema.validate(json.loads(line), of_one)
