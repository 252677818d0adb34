"""Findings of a change: new, worse or gone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import diff
from nginx_memlint.comparison.difference import Diff
from nginx_memlint.sizes import MIB
from tests.helpers import http, memlint, write

SITE = "server { server_name %s; location / { } location /b { access_by_lua_file a.lua; } }\n"
TRUSTED = "lua_ssl_trusted_certificate ca.pem;\n"


def conf(directory: Path, sites: int, before: str = "") -> Path:
    """A configuration with so many servers, each of which inherits a bundle three times."""
    servers = "".join(SITE % f"s{number}" for number in range(sites))
    return write(directory, {"nginx.conf": http(before + TRUSTED + servers)})


def between(old: Path, new: Path, **options: Any) -> Diff:
    return diff([old, new], target="debian-12", unit_cost=32 * MIB, **options)


def states(difference: Diff) -> dict[str, str]:
    [root] = difference.roots
    return {one.rule: one.state for one in root.findings}


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [(0, 2, "new"), (2, 20, "worse"), (20, 2, None), (2, 0, "gone"), (2, 2, None)],
)
def test_a_finding_that_differs(before: int, after: int, state: str | None, tmp_path: Path) -> None:
    difference = between(conf(tmp_path / "old", before), conf(tmp_path / "new", after))
    assert states(difference).get("ML101") == state


def test_moved_lines_are_no_new_findings(tmp_path: Path) -> None:
    old = conf(tmp_path / "old", 20)
    assert states(between(old, conf(tmp_path / "new", 20, "\n# moved\n\n"))) == {}


def test_a_finding_that_is_graver_is_worse(tmp_path: Path) -> None:
    """Only the budget of the new side is exceeded: a note on the other becomes an error."""
    old, new = conf(tmp_path / "old", 2), conf(tmp_path / "new", 20)
    [root] = between(old, new, max_memory="1GiB").roots
    grave = [one for one in root.findings if one.severity == "error"]
    assert [one.rule for one in grave] == ["ML201"]
    assert root.findings[0] in grave
    assert root.remedy is not None
    assert root.verdict == "over budget"


def test_what_is_accepted_is_no_finding_and_told(tmp_path: Path) -> None:
    accepts = "# memlint: ignore[ML101] one day\n"
    old, new = conf(tmp_path / "old", 0), conf(tmp_path / "new", 20, accepts)
    difference = between(old, new)
    assert "ML101" not in states(difference)
    assert ["ML101" in item.what for item in difference.lowered] == [True]


def test_they_are_shown(tmp_path: Path) -> None:
    old, new = conf(tmp_path / "old", 0), conf(tmp_path / "new", 20)
    flags = ("--target", "debian-12", "--unit-cost", "32MiB")
    text = memlint("diff", *flags, old, new).out
    assert re.search(rf"^  new {re.escape(str(new))}:\d+: warning ML101: ", text, re.MULTILINE)
    assert "  what helps most: " in text
    markdown = memlint("diff", *flags, "--format", "markdown", old, new).out
    assert "- new: **warning ML101** at " in markdown
    assert "**What helps most**: " in markdown
    back = memlint("diff", *flags, new, old).out
    assert re.search(r"^  gone .*: warning ML101: ", back, re.MULTILINE)
    assert "what helps most" not in back
