"""One line for each problem and finding."""

from __future__ import annotations

import re

from nginx_memlint.result import Report
from tests.report.render import SAMPLE_NAMES, render, sample

LINE = re.compile(r"(.+):(\d+):(\d+): (error|warning|note) (ML\d{3}) (.+)")


def test_every_line_is_of_the_form() -> None:
    for name in SAMPLE_NAMES:
        report = sample(name)
        [config] = report.configs
        lines = render("line", report).splitlines()
        assert len(lines) == len(config.problems) + len(config.findings) + len(config.not_priced)
        for line in lines:
            assert LINE.fullmatch(line), line


def test_an_editor_finds_the_place() -> None:
    match = LINE.match(render("line", sample("incident")))
    assert match
    assert match[1].endswith("sample_confs/incident/nginx.conf")
    assert match.groups()[1:5] == ("16", "5", "error", "ML202")


def test_hostile_text_makes_no_line(hostile: Report) -> None:
    out = render("line", hostile)
    assert out.isascii() or out.replace("\n", "").isprintable()
    assert [LINE.fullmatch(line) is not None for line in out.split("\n")[:-1]] == [True] * 3
    assert out.count("ML000") == 1
