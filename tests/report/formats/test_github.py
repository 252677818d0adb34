"""GitHub Actions: read back as its runner reads a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest

from nginx_memlint.report.formats.github import SHOWN
from nginx_memlint.report.issues import issues
from nginx_memlint.result import Report
from tests.report.render import SAMPLE_NAMES, render, sample

COMMAND = re.compile(r"::(error|warning|notice) ([^\r\n]*?)::([^\r\n]*)")
ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def unescape(text: str) -> str:
    return re.sub("%25|%0D|%0A|%3A|%2C", lambda match: ESCAPES[match[0]], text)


def commands(out: str) -> list[tuple[str, dict[str, str], str]]:
    """Kind, properties and message of each line; a line that is no command fails."""
    assert out.endswith("\n") or not out
    read = []
    for line in re.split(r"\r\n|\r|\n", out)[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        pairs = [pair.partition("=") for pair in match[2].split(",")]
        properties = {name: unescape(value) for name, _, value in pairs}
        assert len(properties) == len(pairs)
        read.append((match[1], properties, unescape(match[3])))
    return read


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples_have_an_annotation_for_each_finding(name: str) -> None:
    report = sample(name)
    [config] = report.configs
    # without the notes that there are more than are shown
    read = [command for command in commands(render("github", report)) if "file" in command[1]]
    assert len(read) == len(config.problems) + len(config.findings) + len(config.not_priced)
    for kind, properties, message in read:
        assert properties["title"].startswith("memlint ML")
        assert kind in ("error", "warning", "notice")
        assert message


def test_places(hostile: Report) -> None:
    config = hostile.configs[0]
    read = commands(render("github", hostile))
    assert [kind for kind, _, _ in read] == ["error", "error", "warning"]
    for issue, (_, properties, message) in zip(issues(config), read, strict=True):
        assert message == issue.text
        assert properties["file"] == issue.file
        assert properties["line"] == str(issue.line)
        assert properties["col"] == str(issue.column)
        end = None if issue.rule == "ML000" else str(issue.end_column)
        assert properties.get("endColumn") == end


def test_no_more_than_are_shown(many: Callable[[int], Report]) -> None:
    read = commands(render("github", many(SHOWN)))
    assert len(read) == SHOWN
    read = commands(render("github", many(SHOWN + 5)))
    assert Counter(kind for kind, _, _ in read) == {"warning": SHOWN + 6}
    _, properties, message = read[SHOWN - 1]
    assert "file" not in properties
    assert message.startswith("6 more")


def test_nothing_found_is_nothing() -> None:
    assert render("github", sample("healthy")) == ""
