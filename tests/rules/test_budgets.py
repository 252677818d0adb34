"""ML201 to ML207: budgets, time, workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import ConfigReport
from nginx_memlint.policy import Limits, Policy
from nginx_memlint.result import Finding
from tests.helpers import LUA
from tests.rules.finding import BIG, of, report

GIB = 1 << 30
LEAST = 1 << 20
"""Bytes of the least budget that is taken as a number."""

CLIENTS = (
    "http { ssl_client_certificate ca.pem; ssl_verify_client on; ssl_certificate ca.pem; "
    "ssl_certificate_key k; lua_shared_dict small 1m; %s }"
)
ZONES = "http { lua_shared_dict pages 30m; lua_shared_dict tokens 50m; server { } }"


def clients(servers: int, main: str = "") -> str:
    return main + CLIENTS % ("server { listen 443 ssl; }" * servers)


def limited(directory: Path, text: str, code: str, **limits: Any) -> list[Finding]:
    return of(report(directory, text, policy=Policy(Limits(**limits)), **BIG), code)


def peak(checked: ConfigReport) -> int:
    return checked.memory.total.reload_peak_worst_bytes


def test_ml201_is_exact(tmp_path: Path) -> None:
    most = peak(report(tmp_path, clients(1), **BIG))
    assert limited(tmp_path, clients(1), "ML201", max_memory=most) == []
    [finding] = limited(tmp_path, clients(1), "ML201", max_memory=most - 1)
    assert finding.bytes == 1
    assert finding.end_column - finding.column == len("ssl_client_certificate")


def test_ml202_only_without_a_budget(tmp_path: Path) -> None:
    text = clients(30, "worker_processes 4;")
    [finding] = limited(tmp_path, text, "ML202")
    assert finding.bytes >= 4 * GIB
    assert limited(tmp_path, text, "ML202", max_memory=100 * GIB) == []


def test_ml203_is_exact(tmp_path: Path) -> None:
    start = report(tmp_path, clients(2), **BIG).memory.total.start_bytes
    assert limited(tmp_path, clients(2), "ML203", max_start_memory=start) == []
    [finding] = limited(tmp_path, clients(2), "ML203", max_start_memory=start - 1)
    assert finding.severity == "error"
    assert finding.bytes == 1
    assert "ssl_client_certificate takes most of it" in finding.message
    assert finding.end_column - finding.column == len("ssl_client_certificate")


def test_ml203_blames_what_costs_most_at_start(tmp_path: Path) -> None:
    """The bundle costs most at the peak, connections at start."""
    events = "worker_processes 8; events { worker_connections 40000; }"
    files: dict[str, str | bytes] = {"nginx.conf": clients(1, f"{LUA}{events}")}
    budgets = Policy(Limits(max_start_memory=LEAST, max_memory=LEAST))
    checked = report(tmp_path, "", files, policy=budgets, **BIG)
    [start], [worst] = of(checked, "ML203"), of(checked, "ML201")
    assert start.end_column - start.column == len("worker_connections")
    assert "worker_connections 40,000 takes most of it" in start.message
    assert worst.end_column - worst.column == len("ssl_client_certificate")


@pytest.mark.parametrize(
    ("budget", "number", "what"),
    [("max_ca_loads", 3, "CA loads"), ("max_contexts", 6, "TLS contexts")],
)
def test_ml209_is_exact(tmp_path: Path, budget: str, number: int, what: str) -> None:
    assert limited(tmp_path, clients(3), "ML209", **{budget: number}) == []
    [finding] = limited(tmp_path, clients(3), "ML209", **{budget: number - 1})
    assert finding.message == f"nginx -t makes {number} {what}: over the budget of {number - 1}"
    assert (finding.severity, finding.count) == ("error", number)
    assert finding.bytes > 0
    least = 0 if budget == "max_ca_loads" else 1  # the Lua module's
    assert limited(tmp_path, "http { server { } }", "ML209", **{budget: least}) == []


def test_a_block_is_blamed_where_it_stands(tmp_path: Path) -> None:
    entries = "".join(f"/a{number} /b{number};" for number in range(5000))
    text = f"http {{\n  map $uri $to {{ {entries} }}\n  server {{ }}\n}}"
    [finding] = limited(tmp_path, text, "ML201", max_memory="1B")
    assert (finding.line, finding.column, finding.end_column) == (3, 3, 6)
    assert "map $to takes most of it" in finding.message


def test_ml204_is_exact(tmp_path: Path) -> None:
    assert limited(tmp_path, ZONES, "ML204", max_zones_memory=80 << 20) == []
    [finding] = limited(tmp_path, ZONES, "ML204", max_zones_memory=(80 << 20) - 1)
    assert finding.bytes == 1
    assert finding.column > len("http { lua_shared_dict pages")
    assert [place.message for place in finding.related] == ["pages: 30.0 MiB"]
    assert "over the budget for them, 80.0 MiB" in finding.message


def test_ml204_warns_where_full_zones_are_over_the_whole_budget(tmp_path: Path) -> None:
    total = report(tmp_path, ZONES).memory.total
    assert total.limit_bytes - total.reload_peak_worst_bytes > 79 << 20
    assert limited(tmp_path, ZONES, "ML204", max_memory=total.limit_bytes) == []
    [finding] = limited(tmp_path, ZONES, "ML204", max_memory=total.limit_bytes - 1)
    assert (finding.severity, finding.bytes) == ("warning", 1)
    assert "once they are full" in finding.message
    # a zone that is not full is no error
    assert limited(tmp_path, ZONES, "ML201", max_memory=total.reload_peak_worst_bytes) == []
    # and what is over the budget anyhow is said there
    less = total.reload_peak_worst_bytes - 1
    assert limited(tmp_path, ZONES, "ML204", max_memory=less) == []
    assert len(limited(tmp_path, ZONES, "ML201", max_memory=less)) == 1


def test_ml205_is_about_the_limit(tmp_path: Path) -> None:
    text = clients(100)
    seconds = report(tmp_path, text).cpu_seconds
    assert limited(tmp_path, text, "ML205") == []
    assert limited(tmp_path, text, "ML205", max_test_seconds=seconds * 1.05) == []
    [finding] = limited(tmp_path, text, "ML205", max_test_seconds=seconds * 0.95)
    assert finding.severity == "warning"
    assert "an order of magnitude" in finding.message


def test_ml205_without_a_limit(tmp_path: Path) -> None:
    one, many = "ssl_client_certificate ca.pem", "ssl_client_certificate many.pem"
    few_servers, servers = (clients(n).replace(one, many) for n in (1400, 1700))
    assert [len(of(report(tmp_path, text), "ML205")) for text in (few_servers, servers)] == [0, 1]
    assert of(report(tmp_path, servers, set={"nginx": "1.27.2"}), "ML205") == []


@pytest.mark.parametrize("budget", [None, 2 * GIB])
def test_ml206_says_for_how_many_it_holds(tmp_path: Path, budget: int | None) -> None:
    text = clients(2, "worker_processes auto;")
    [finding] = limited(tmp_path, text, "ML206", max_memory=budget)
    words = finding.message.split()
    holds = int(words[words.index("to") + 1])
    code = "ML202" if budget is None else "ML201"
    for workers, verdict in ((holds, 0), (holds + 1, 1)):
        checked = report(
            tmp_path, text, workers=workers, policy=Policy(Limits(max_memory=budget)), **BIG
        )
        assert len(of(checked, code)) == verdict
        assert of(checked, "ML206") == []
    one_more = report(tmp_path, text, workers=holds + 1, **BIG)
    assert finding.bytes == peak(one_more) - peak(report(tmp_path, text, workers=holds, **BIG))
    assert finding.line == 2


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        (clients(2, "worker_processes 4;"), 2 * GIB),
        (clients(2), 2 * GIB),
        (clients(2, "worker_processes auto;"), 1 << 20),  # too little for any
        (clients(2, "worker_processes auto;"), 1 << 40),  # enough for all
        ("http { server { } }", None),
    ],
)
def test_ml206_only_where_it_decides(tmp_path: Path, text: str, budget: int | None) -> None:
    assert limited(tmp_path, text, "ML206", max_memory=budget) == []


@pytest.mark.parametrize("servers", [1, 2])
def test_ml207_from_64_mib_on(tmp_path: Path, servers: int) -> None:
    checked = report(tmp_path, clients(servers), **BIG)
    findings = of(checked, "ML207")
    assert len(findings) == servers - 1
    said = [line for line in checked.assumptions if "worker_shutdown_timeout" in line]
    assert len(said) == 2 - servers  # in one place or the other
    if findings:
        assert findings[0].bytes == checked.memory.held.kept_bytes_per_generation >= 128 << 20
        assert (findings[0].line, findings[0].column) == (1, 1)


def test_ml207_without_the_rule_the_assumption_is_said(tmp_path: Path) -> None:
    policy = Policy(severities={"ML207": None})
    checked = report(tmp_path, clients(2), policy=policy, **BIG)
    assert any("worker_shutdown_timeout" in line for line in checked.assumptions)


@pytest.mark.parametrize(("version", "count"), [("1.11.10", 0), ("1.11.11", 1)])
def test_ml207_where_nginx_has_the_directive(tmp_path: Path, version: str, count: int) -> None:
    checked = report(tmp_path, clients(2), set={"nginx": version}, **BIG)
    assert len(of(checked, "ML207")) == count


def test_ml207_set(tmp_path: Path) -> None:
    text = clients(2, "worker_shutdown_timeout 60s;")
    assert of(report(tmp_path, text, **BIG), "ML207") == []
