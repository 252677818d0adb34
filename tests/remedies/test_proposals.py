"""A remedy that is followed gives what was promised, to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.remedies.situation import Proposal
from nginx_memlint.result import Remedy
from nginx_memlint.rules.engine import remedy_of
from nginx_memlint.sizes import MIB
from tests.helpers import http, write
from tests.remedies.followed import CASES, Case
from tests.rules.bundles import pem, write_bundles

MODULES = {
    "lua": "load_module modules/ndk_http_module.so; load_module modules/ngx_http_lua_module.so;\n",
    "js": "load_module modules/ngx_http_js_module.so;\n",
}


def modules(text: str) -> str:
    """Only those that a configuration needs: each builds contexts."""
    needed = {"lua": "_by_lua" in text or "lua_ssl" in text, "js": "js_" in text}
    return "".join(line for name, line in MODULES.items() if needed[name])


def run(directory: Path, inside: str, files: dict[str, str], **options: Any) -> ConfigReport:
    directory.mkdir()
    write_bundles(directory)
    text = http(inside, modules(inside + "".join(files.values())))
    report = check(write(directory, {"nginx.conf": text, **files}), **options)
    assert report.problems == []
    return report


def promised(report: ConfigReport, code: str, text: str) -> Remedy:
    """The remedy whose text begins like this; the finding's own is the best one."""
    [finding] = [finding for finding in report.findings if finding.rule == code]
    assert finding.remedy in report.remedies
    [remedy] = [remedy for remedy in report.remedies if remedy.change.startswith(text)]
    return remedy


WORDS = 4096
"""Bytes of text that a change by hand adds or takes away, which a proposal leaves as they are."""


def holds(remedy: Remedy, before: ConfigReport, after: ConfigReport) -> None:
    assert after.ca_loads == remedy.ca_loads
    then = after.memory.total
    for size, expected in (
        (then.start_bytes, remedy.start_bytes),
        (then.reload_peak_worst_bytes, remedy.peak_bytes),
    ):
        assert size == pytest.approx(expected, abs=10 * WORDS)
    now = before.memory.total
    assert remedy.saves_start_bytes == now.start_bytes - remedy.start_bytes > 0
    assert remedy.saves_peak_bytes == now.reload_peak_worst_bytes - remedy.peak_bytes
    # what a change is about comes out to the byte
    saved = before.memory.start_bytes - after.memory.start_bytes
    if before.target == after.target:
        assert remedy.saves_start_bytes == pytest.approx(saved, abs=WORDS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_followed_by_hand(case: Case, tmp_path: Path) -> None:
    options: dict[str, Any] = {"target": case.target, "unit_cost": 32 * MIB}
    before = run(tmp_path / "before", case.before, case.files[0], **options)
    remedy = promised(before, case.code, case.text)
    after = run(tmp_path / "after", case.after, case.files[1], **options, **case.options)
    holds(remedy, before, after)
    assert case.code not in {finding.rule for finding in after.findings}
    assert remedy.fixable == (not case.options)


LOCATIONS = "".join(f"location /{n} {{ access_by_lua_file a; }}" for n in range(100))
LUA = "lua_ssl_trusted_certificate many.pem; init_worker_by_lua_file w; server { "
CLIENTS = (
    "ssl_client_certificate many.pem; ssl_verify_client on; ssl_certificate c; "
    "ssl_certificate_key k; " + "server { listen 443 ssl; }" * 100
)


@pytest.mark.parametrize("target", ["debian-11", "debian-12", "debian-13"])
@pytest.mark.parametrize(("code", "inside"), [("ML101", LUA + LOCATIONS + "}"), ("ML103", CLIENTS)])
def test_smaller_bundle(code: str, inside: str, target: str, tmp_path: Path) -> None:
    if code == "ML101" and target == "debian-13":
        inside = inside.replace("access_by", "lua_ssl_trusted_certificate many.pem; access_by")
        code = "ML104"
    before = run(tmp_path / "before", inside, {}, target=target)
    remedy = promised(before, code, "replace many.pem by the CAs needed")
    assert "e.g. 10 of 150" in remedy.change
    after = run(tmp_path / "after", inside, {"many.pem": pem(10)}, target=target)
    holds(remedy, before, after)


def test_findings_name_their_best_remedy(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "move to Lua")
    report = run(tmp_path / "conf", case.before, {}, target="debian-12", unit_cost=32 * MIB)
    [finding] = [finding for finding in report.findings if finding.rule == "ML101"]
    assert finding.remedy is not None
    assert finding.remedy.saves_start_bytes == max(r.saves_start_bytes for r in report.remedies)
    assert replace(finding.remedy, change="") == replace(report.remedies[0], change="")


def test_a_remedy_is_that_of_its_proposal(tmp_path: Path) -> None:
    """Also if the proposal before is gone: accepted findings take theirs with them."""
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    situation = examine(Job(str(conf))).situation
    assert situation is not None
    for number in range(20):
        text = f"change {number}"
        assert remedy_of(situation, Proposal(text, situation)).change == text


def test_another_allocator_where_it_helps(tmp_path: Path) -> None:
    """It is proposed for CA bundles, not for locations, of which jemalloc keeps more."""
    case = next(case for case in CASES if case.name == "move to Lua")
    report = run(tmp_path / "many", case.before, {}, target="debian-12", unit_cost=32 * MIB)
    [remedy] = [r for r in report.remedies if r.change.startswith("run nginx with")]
    options = {"unit_cost": 32 * MIB, "set": {"allocator": remedy.change.split()[3]}}
    holds(remedy, report, run(tmp_path / "same", case.before, {}, target="debian-12", **options))
    worst = report.memory.total.reload_peak_worst_bytes
    assert remedy.saves_peak_bytes >= max(64 * MIB, worst / 10)
    plain = "server { " + " ".join(f"location /l{i} {{ }}" for i in range(9000)) + " }"
    report = run(tmp_path / "plain", plain, {}, target="debian-12", max_memory=64 * MIB)
    assert report.findings
    assert not [r for r in report.remedies if r.change.startswith("run nginx with")]
