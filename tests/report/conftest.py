"""Reports on configurations that try to break out of every format."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.result import Related, Remedy, Report, Suppressed
from tests.helpers import http

NASTY = (
    "a\n::error::b\r%0A%25,:]]><b onclick=x>&amp;</b>`c``d`|@team #12 GH-34 \\|![i](http://evil)"
    "<!-- --> \"' \x1b[31m\x9b\u202e\u2066\u200f\u061c\u2028\u0085\u00ad\ufe0f\U000e0041\ufffe {0}"
)
"""A value that a directive may have. Its quotes are those of nginx's syntax below."""

NASTY_NAME = NASTY.replace("/", "_").encode() + b"\xff\xc0"
"""A name that a directory may have."""

MIB = 1 << 20


def quoted(text: str) -> str:
    """A parameter of a directive."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository that is the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def hostile(repository: Path) -> Report:
    """Findings, a problem, an accepted finding, related places: all with hostile text."""
    del repository
    os.mkdir(NASTY_NAME)
    value = quoted(f"/no/{NASTY}")
    run = "access_by_lua_file a.lua;"
    servers = f"server {{ location /a {{ {run} }} location /b {{ {run} }} }}\n"
    body = f"lua_ssl_trusted_certificate {value};\n{servers}{quoted(NASTY)} {{ }}"
    with open(NASTY_NAME + b"/nginx.conf", "wb") as file:
        file.write(http(body).encode())
    [config] = [
        check(os.fsdecode(NASTY_NAME) + "/nginx.conf", target="debian-12", unit_cost=2048 * MIB)
    ]
    assert not config.complete
    assert [finding.rule for finding in config.findings] == ["ML202", "ML101"]
    first, second = config.findings
    # what other parts fill in, unescaped: a format relies on nobody
    related = Related(file=first.file, line=2, message=NASTY, bytes=7)
    remedy = Remedy(
        change=NASTY,
        start_bytes=1,
        peak_bytes=2,
        saves_start_bytes=3,
        saves_peak_bytes=4,
        ca_loads=1,
    )
    accepted = Suppressed(
        rule="ML201",
        name="a-rule",
        severity="error",
        message=NASTY,
        file=first.file,
        line=3,
        bytes=9,
        fingerprint="accepted",
        by="ignore",
        reason=NASTY,
    )
    config = replace(
        config,
        findings=[replace(first, related=[related], related_total=1, remedy=remedy), second],
        remedies=[remedy],
        suppressed=[accepted],
        guesses=[NASTY],
    )
    return Report(configs=[config])


@pytest.fixture
def many(repository: Path) -> Callable[[int], Report]:
    """A report with as many warnings of one rule as asked for."""

    def make(number: int) -> Report:
        servers = "\n".join(
            f"server {{ lua_ssl_trusted_certificate /no/{n}.pem; "
            "location / { access_by_lua_file a; } }"
            for n in range(number)
        )
        (repository / "nginx.conf").write_text(http(servers))
        config = check("nginx.conf", target="debian-12", unit_cost=100 * MIB, max_memory=1 << 50)
        assert [finding.rule for finding in config.findings] == ["ML101"] * number
        return Report(configs=[config])

    return make
