"""Check a configuration of one rule's tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nginx_memlint import ConfigReport, check
from nginx_memlint.result import Finding
from nginx_memlint.sizes import MIB
from tests.helpers import LUA, write
from tests.rules.bundles import write_bundles

BIG: dict[str, Any] = {"unit_cost": 32 * MIB}
"""Three loads are a finding, two are not: the first one counts for nothing."""


def report(
    directory: Path, text: str, files: dict[str, str | bytes] | None = None, **options: Any
) -> ConfigReport:
    """A whole configuration, its bundles beside it."""
    write_bundles(directory)
    modules = LUA.replace("\n", " ")
    conf = write(directory, {"nginx.conf": f"{modules}events {{}}\n{text}", **(files or {})})
    return check(conf, **{"target": "debian-12", **options})


def http(directory: Path, inside: str, code: str, **options: Any) -> list[Finding]:
    """The findings of a rule on the inside of an http block that is read in full."""
    return of(report(directory, f"http {{\n{inside}\n}}\n", **options), code)


def of(checked: ConfigReport, code: str) -> list[Finding]:
    """The findings of a rule on a configuration that was read in full."""
    assert checked.problems == []
    return [finding for finding in checked.findings if finding.rule == code]
