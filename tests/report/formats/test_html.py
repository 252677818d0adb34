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
    trees = {tree["by"]: tree["nodes"] for tree in first["trees"]}
    assert list(trees) == ["file", "server", "cause"]
    for nodes in (*trees.values(), *(tree["nodes"] for tree in second["trees"])):
        below = [0] * len(nodes["parent"])
        for parent, size in zip(nodes["parent"], nodes["bytes"], strict=True):
            if parent is not None:
                below[parent] += size or 0
        for children, size in zip(below, nodes["bytes"], strict=True):
            assert size is not None
            assert children <= size
    assert len(trees["file"]["parent"]) == 1 + 8 + 80 + 4000
    assert len(trees["server"]["parent"]) == 1 + 1 + 80 + 4000
    report = check(SAMPLES / "incident")
    assert trees["cause"]["bytes"][0] == sum(part.start_bytes for part in report.memory.parts)
    [loads] = [n for n, kind in enumerate(trees["cause"]["kind"]) if kind == "directive"]
    assert trees["cause"]["loads"][loads] == report.ca_loads
    assert trees["cause"]["line"][loads] == 16


def test_names_cannot_end_the_data(tmp_path: Path) -> None:
    name = "</script><!-- \\u2028 \U0001f512 &lt;"
    conf = write(tmp_path, {"nginx.conf": http(f'server {{ server_name "{name}"; }}')})
    page = page_of(conf)
    [data] = data_of(page)
    assert data["trees"][0]["nodes"]["name"][-1] == f"server {name}".replace("\u2028", "\\u2028")
    assert page.count("<script") == 3
    assert "<!--" not in page


def test_all_of_a_finding_is_shown() -> None:
    report = check(SAMPLES / "incident", target="debian-12", breakdown=True)
    first = report.findings[0]
    finding = replace(
        first,
        related=[Related(file="<r>.conf", line=7, message="<what>", bytes=3 << 20)],
        related_total=1234,
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
    remedies = [
        replace(report.remedies[0], change="do <this>", fixable=True),
        replace(report.remedies[0], change="do that", fixable=True, unsafe="<perhaps not>"),
        replace(report.remedies[0], change="read <a book>"),
    ]
    page = html.page(
        Report(
            configs=[replace(report, findings=[finding], suppressed=[accepted], remedies=remedies)]
        )
    )
    text = " ".join(page.split())
    for shown in (
        "&lt;r&gt;.conf:7</span></td><td>&lt;what&gt;</td>",
        "3.0 MiB",
        f"costliest places of {finding.rule} (1,234 in all)",
        'do &lt;this&gt; <span class="chip">safe fix</span>',
        f'data-text="memlint check --target debian-12 --fix -- {SAMPLES}/incident"',
        'do that <span class="chip">unsafe fix</span> <span class="lead">&lt;perhaps not&gt;',
        f'data-text="memlint check --target debian-12 --fix --unsafe-fixes -- {SAMPLES}/incident"',
        'data-text="read &lt;a book&gt;"',
        "What is left of 49.8 GiB",
        "&lt;accepted&gt;",
        "by ignore: &lt;because&gt;",
        *(line.replace("'", "&#39;") for line in report.assumptions),
    ):
        assert shown in text


def test_the_verdict_is_beside_the_figure() -> None:
    """With and without a budget, and where nothing could be read."""
    incident = SAMPLES / "incident"

    def shown(*paths: Path, **options: Any) -> str:
        reports = [check(path, target="debian-12", breakdown=True, **options) for path in paths]
        text = re.sub(r"<[^>]+>", " ", html.page(Report(configs=reports)).partition("<main>")[2])
        return " ".join(text.split())

    assert "49.8 GiB TOO MUCH is what reloads in a row can need, 3.4 GiB a start" in shown(incident)
    over = shown(incident, max_memory="8GiB")
    assert "49.8 GiB OVER BUDGET 41.8 GiB more than the budget of 8.0 GiB" in over
    assert "one reload 21.3 GiB 13.3 GiB over" in over
    assert "NOT ALL READ it could not be read" in shown(SAMPLES / "nowhere")
    assert "4 workers assumed --workers" in over
    assert "assumed" not in shown(incident, workers=4).partition("What the figures")[0]


def test_findings_of_one_place_are_one_card() -> None:
    page = page_of(SAMPLES / "incident")
    cards = page.split('<div class="finding ')[1:]
    first = cards[0].partition("</div>")[0]
    assert re.findall(r'class="rule" href="#(ML\d+)"', first) == ["ML101", "ML205"]
    assert "<mark>lua_ssl_trusted_certificate</mark> ../ca-bundle.pem;" in first
    assert len(cards) == 2


def test_findings_are_explained() -> None:
    """Each that is named, once; the text is that of memlint explain."""
    page = page_of(SAMPLES / "incident", SAMPLES / "crowdsec")
    named = set(re.findall(r'href="#(ML\d+)"', page))
    explained = re.findall(r'<summary id="(ML\d+)"', page)
    assert named <= {*explained}
    assert len({*explained}) == len(explained)
    text = page.partition('<summary id="ML101"')[2].partition("</details>")[0]
    assert "<h2>What</h2>" in text
    assert "<code>lua_ssl_trusted_certificate</code>" in text


def test_several_are_a_table_the_worst_first() -> None:
    names = ("healthy", "incident-small-bundle", "incident")
    reports = [check(SAMPLES / n, target="debian-12", breakdown=True) for n in names]
    page = html.page(Report(configs=reports))
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert re.findall(r'href="#config-\d">[^<]*/([^/<]+)</a>', rows) == list(reversed(names))
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", rows)]
    assert max(widths) == 100
    assert len(widths) >= 9
    folded = re.findall(r'<details class="config" id="config-\d"( open)?>', page)
    assert folded == [" open", " open", ""]


def test_large_configurations_are_summed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "MAX_NODES", 1000)
    monkeypatch.setattr(html, "MAX_ROWS", 20)
    server = 'server { server_name "%s"; location / { } location /b { } }\n' % ("x" * 3000)
    conf = write(tmp_path, {"nginx.conf": http(server * 400)})
    report = check(conf, breakdown=True)
    page = html.page(Report(configs=[report]))
    [data] = data_of(page)
    nodes = data["trees"][0]["nodes"]
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
