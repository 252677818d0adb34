"""The comment: read as GitHub-flavoured Markdown, nothing of a configuration is more than text."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nginx_memlint import check, diff
from nginx_memlint.comparison.difference import Diff
from nginx_memlint.printable import printable
from nginx_memlint.report.formats.markdown import (
    MARKER,
    MAX_BYTES,
    MAX_TEXT,
    code,
    prose,
)
from nginx_memlint.report.views import diff_markdown
from nginx_memlint.result import Report
from tests.helpers import SAMPLES, http, write
from tests.report.conftest import NASTY, NASTY_NAME, quoted
from tests.report.render import SAMPLE_NAMES, render, sample

HTML = re.compile(
    rf"{re.escape(MARKER)}|{re.escape(diff_markdown.MARKER)}"
    "|<details><summary>[0-9A-Za-z, ]+</summary>|</details>"
)
"""Markup of ours, in which no name stands."""

SPECIAL = set("@#<>&`*_[]|\\!$~^/")
"""Beside ours, what makes a mention, a reference, a link or markup."""


def tokens(text: str) -> Iterator[Token]:
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or []


def is_harmless(text: str) -> bool:
    """Whether nothing is HTML, link or image, and no text outside of code is special."""
    for token in tokens(text):
        if token.type in ("link_open", "image", "html_inline", "fence", "code_block"):
            return False
        if token.type == "html_block" and not HTML.fullmatch(token.content.strip()):
            return False
        if token.type == "text" and SPECIAL & set(token.content):
            return False
    return True


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_samples(name: str) -> None:
    text = render("markdown", sample(name))
    assert text.startswith(f"{MARKER}\n")
    assert is_harmless(text)


def test_counts_memory_and_causes() -> None:
    text = render("markdown", sample("incident"))
    assert re.search(r"^### memlint: 1 error, \d+ warnings", text, re.MULTILINE)
    assert "| CA loads | 4,080 |" in text
    assert "- **error ML202** at `" in text
    assert "- `../ca-bundle.pem` from `" in text
    assert "### memlint: nothing found" in render("markdown", sample("healthy"))
    assert "not read in full, 3 problems" in render("markdown", sample("broken"))


def test_hostile_text_is_code(hostile: Report) -> None:
    text = render("markdown", hostile)
    assert is_harmless(text)
    assert text.replace("\n", "").isprintable()
    spans = [token.content for token in tokens(text) if token.type == "code_inline"]
    assert any(printable(NASTY).split(" ")[0] in span for span in spans)
    rows = [token for token in tokens(text) if token.type == "tr_open"]
    assert len(rows) == 5


@given(st.text(max_size=60))
def test_any_text_is_harmless(text: str) -> None:
    line = f"- {prose(text)}\n"
    assert is_harmless(line)
    [span] = [t.content for t in tokens(f"x {code(text + 'x')} y") if t.type == "code_inline"]
    assert span == printable(text + "x")


@given(st.lists(st.sampled_from(["`", "``", " ", "a", "|", "\\", "@b", "<i>", "[c](d)", "é"])))
def test_any_markup_is_harmless(parts: list[str]) -> None:
    assert is_harmless(f"- {prose(''.join(parts))}\n")


@pytest.mark.parametrize(
    "text",
    [
        *("@team", "#12", "GH-34", "a/b#3", "!5", "~label", "%1", "^x", "1234567", "deadbee1"),
        *("www.evil.example", "https://evil.example", "x@y.example", "[a](b)"),
        *(":rocket:", "&amp;", "<b>"),
    ],
)
def test_what_a_forge_makes_links_of_is_code(text: str) -> None:
    [span] = [token for token in tokens(prose(f"word {text} word")) if token.type == "code_inline"]
    assert text.strip(":;)") in span.content


def test_sentences_read_as_sentences() -> None:
    message = (
        "lua_ssl_trusted_certificate makes nginx parse /etc/ca.crt 4,080 times (3.3 GiB): once"
    )
    assert prose(message) == (
        "`lua_ssl_trusted_certificate` makes nginx parse `/etc/ca.crt` 4,080 times (3.3 GiB): once"
    )
    assert prose("(included from a/nginx.conf:7)") == "(included from `a/nginx.conf:7`)"


def test_the_same_on_every_machine(repository: Path) -> None:
    body = "lua_ssl_trusted_certificate ca.pem; server { location / { } }\ninclude no.conf;"
    texts = []
    for directory in ("one", "two"):
        (repository / directory / ".git").mkdir(parents=True)
        conf = write(repository / directory, {"nginx.conf": http(body)})
        os.chdir(repository / directory)
        texts.append(render("markdown", Report(configs=[check(str(conf))])))
    assert texts[0] == texts[1]
    assert str(repository) not in texts[0]


def diff_comment(difference: Diff) -> str:
    out = io.StringIO()
    diff_markdown.write(difference, out)
    return out.getvalue()


def test_before_and_after() -> None:
    names = [SAMPLES / "incident-small-bundle", SAMPLES / "incident"]
    text = diff_comment(diff(names, target="debian-12", unit_cost=1 << 20, max_growth=1 << 20))
    lines = text.splitlines()
    assert lines[0] == diff_markdown.MARKER
    heading = "takes what it did while reloading, within `--max-growth` 1.0 MiB"
    assert lines[2] == f"### memlint: `sample_confs/incident` {heading}"
    assert "|  | before | after | change |" in lines
    assert "| CA loads | 4,080 | 4,080 | 0 |" in lines
    assert "| at start | 4.1 GiB | 4.1 GiB | 0 |" in lines
    where = "`lua_ssl_trusted_certificate ../ca-bundle.pem` at `"
    assert f"**Why**: **+4.0 GiB** at start (0 → 4.0 GiB), new: {where}" in text
    assert "sample_confs/incident/nginx.conf:16`: +4,080 CA loads" in text
    assert is_harmless(text)


def test_a_comment_says_whether_anything_has_changed(tmp_path: Path) -> None:
    """On its second line; a finding that is accepted now is a change, one that stays is none."""

    def second(old: Path, new: Path, **more: Any) -> str:
        return diff_comment(diff([old, new], target="debian-12", **more)).splitlines()[1]

    incident = SAMPLES / "incident"
    assert second(incident, incident) == diff_markdown.NOTHING_CHANGED
    assert second(incident, incident, max_memory="1GiB") == diff_markdown.NOTHING_CHANGED
    assert second(incident, SAMPLES / "incident-small-bundle") == ""
    shutil.copytree(SAMPLES, tmp_path / "s")
    conf = tmp_path / "s/incident/nginx.conf"
    line = "lua_ssl_trusted_certificate ../ca-bundle.pem;"
    conf.write_text(conf.read_text().replace(line, f"{line} # memlint: ignore[ML101] known"))
    assert second(incident, tmp_path / "s/incident") == ""


def test_growth_over_the_limit_and_what_was_not_read() -> None:
    names = [SAMPLES / "broken", SAMPLES / "incident"]
    text = diff_comment(diff(names, target="debian-12", unit_cost=1 << 20, max_growth=1 << 20))
    unread = "the old configuration was not read in full: no figure here can be relied on"
    assert f"### memlint: `sample_confs/incident` {unread}\n" in text
    assert re.search(r"^- before, at `.*nginx.conf:6`: include: ", text, re.MULTILINE)
    assert is_harmless(text)


def test_hostile_text_of_a_change_is_code(repository: Path) -> None:
    os.mkdir(NASTY_NAME)
    main = os.fsdecode(NASTY_NAME) + "/nginx.conf"
    value = quoted(f"/no/{NASTY}")
    body = f"lua_ssl_trusted_certificate {value};\nserver {{ server_name {value}; }}\ninclude no;"
    with open(os.fsencode(main), "wb") as file:
        file.write(http(body).encode())
    old = write(repository, {"nginx.conf": http("server { }")})
    for pair in ([str(old), main], [main, str(old)]):
        text = diff_comment(diff(pair, target="debian-12", max_growth=1))
        assert is_harmless(text)
        assert text.replace("\n", "").isprintable()
        assert "new" in text or "removed" in text
        tables = [token.type for token in tokens(text) if token.type in ("tr_open", "td_open")]
        assert (tables.count("tr_open"), tables.count("td_open")) == (7, 5 + 16)


def test_the_length_is_bounded(many: Callable[[int], Report]) -> None:
    report = many(40)
    assert "do not fit" not in render("markdown", report)
    [config] = report.configs
    long = replace(config.findings[0], message="@é" * 4_000)
    text = render("markdown", Report(configs=[replace(config, findings=[long] * 300)]))
    assert len(text.encode()) <= MAX_BYTES
    assert is_harmless(text)
    shown = text.count("- **warning ML101**")
    assert 40 < shown < 300
    assert "more entries do not fit here" in text
    assert max(len(line) for line in text.splitlines()) < MAX_TEXT + 200
