"""The HTML report without a browser: its size, its escapes, what it needs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import Report, check
from nginx_memlint.report.formats import html
from nginx_memlint.result import Related, Suppressed
from tests.helpers import SAMPLES, http, memlint, on_a_terminal, write


def page_of(*paths: Path) -> str:
    return html.page(Report(configs=[check(path, breakdown=True) for path in paths]))


def data_of(page: str) -> list[dict[str, Any]]:
    blocks = re.findall(r'<script type="application/json" class="data">(.*?)</script>', page)
    return [json.loads(block) for block in blocks]


def without_sitecustomize(tmp_path: Path, hidden: str) -> dict[str, str]:
    """An environment in which a package is not installed."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u, sys\n"
        "found = u.find_spec\n"
        f"u.find_spec = lambda name, package=None: None if name == {hidden!r} "
        "else found(name, package)\n"
    )
    return os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "300"}


@pytest.mark.parametrize("package", ["plotly", "jinja2"])
def test_without_the_extra(tmp_path: Path, package: str) -> None:
    assert importlib.util.find_spec(package) is not None
    env = without_sitecustomize(tmp_path, package)
    run = memlint("check", "--format", "html", SAMPLES / "healthy", env=env)
    assert run.code == 2
    assert "pip install '.[html]'" in run.err
    assert run.out == ""
    assert memlint("check", SAMPLES / "healthy", env=env).code == 0


def test_other_formats_do_not_load_it() -> None:
    loaded = "import sys, nginx_memlint.cli; print({'plotly', 'jinja2'} & sys.modules.keys())"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "set()\n"


def test_ascii_and_exit_status() -> None:
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = memlint("check", "--format", "html", SAMPLES / "broken", env=env)
    assert run.code == 3
    assert run.out.isascii()
    assert run.out.startswith("<!doctype html>")
    assert run.out == memlint("check", "--format", "html", SAMPLES / "broken").out


def test_the_data_adds_up() -> None:
    [first, second] = data_of(page_of(SAMPLES / "incident", SAMPLES / "crowdsec"))
    for data in (first, second):
        nodes = data["nodes"]
        below = [0] * len(nodes["parent"])
        for parent, size in zip(nodes["parent"], nodes["bytes"], strict=True):
            if parent is not None:
                below[parent] += size or 0
        for children, size in zip(below, nodes["bytes"], strict=True):
            assert size is not None
            assert children <= size
    assert len(first["nodes"]["parent"]) == 1 + 8 + 80 + 4000


def test_names_cannot_end_the_data(tmp_path: Path) -> None:
    name = "</script><!-- \\u2028 \U0001f512 &lt;"
    conf = write(tmp_path, {"nginx.conf": http(f'server {{ server_name "{name}"; }}')})
    page = page_of(conf)
    [data] = data_of(page)
    assert data["nodes"]["name"][-1] == f"server {name}".replace("\u2028", "\\u2028")
    assert page.count("<script") == 3
    assert "<!--" not in page


def test_all_of_a_finding_is_shown() -> None:
    report = check(SAMPLES / "incident", target="debian-12", breakdown=True)
    first = report.findings[0]
    finding = replace(
        first,
        related=[Related(file="<r>.conf", line=7, message="<what>", bytes=3 << 20)],
        related_total=1234,
        remedy=replace(report.remedies[0], change="do <this>", fixable=True),
    )
    accepted = Suppressed(
        rule="ML101",
        name="a-rule",
        severity="warning",
        message="<accepted>",
        file="a.conf",
        line=3,
        bytes=1,
        fingerprint="x",
        by="ignore",
        reason="<because>",
    )
    page = html.page(Report(configs=[replace(report, findings=[finding], suppressed=[accepted])]))
    text = " ".join(page.split())
    for shown in (
        "&lt;r&gt;.conf:7</span></td><td>&lt;what&gt;</td>",
        "3.0 MiB",
        "costliest places (1,234 in all)",
        "<strong>do &lt;this&gt;</strong>: saves 3.4 GiB at start, 49.1 GiB at the peak",
        "(memlint check --fix can do it)",
        "&lt;accepted&gt;",
        "by ignore: &lt;because&gt;",
        *(line.replace("'", "&#39;") for line in report.assumptions),
    ):
        assert shown in text


def test_large_configurations_are_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "MAX_NODES", 500)
    monkeypatch.setattr(html, "MAX_ROWS", 20)
    server = 'server { server_name "%s"; location / { } location /b { } }\n' % ("x" * 3000)
    conf = write(tmp_path, {"nginx.conf": http(server * 400)})
    report = check(conf, breakdown=True)
    page = html.page(Report(configs=[report]))
    [data] = data_of(page)
    nodes = data["nodes"]
    assert len(nodes["parent"]) == 500 + 351
    assert report.breakdown is not None
    assert nodes["bytes"][0] == report.breakdown[0].bytes
    assert "more" in nodes["kind"]
    assert "702 others are summed up" in page
    assert "380 more: memlint check --format json lists all" in page
    plotly = re.search(r'<script type="application/octet-stream".*?</script>', page, re.DOTALL)
    assert plotly is not None
    assert len(page) - len(plotly[0]) < 200_000


def test_thousands_of_problems(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("include none.conf;\n" * 3000)})
    page = page_of(conf)
    assert page.count("none.conf") < 1000
    assert "2,700 more" in page


def test_a_terminal_is_no_place_for_it() -> None:
    out = on_a_terminal("check", "--format", "html", SAMPLES / "healthy")
    assert "html is for a file" in out
    assert "<html" not in out
