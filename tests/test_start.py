"""What a check imports: start-up is what a hook pays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint.exit_codes import FailOn
from nginx_memlint.start import plain_check

from .helpers import http, memlint, write

HEAVY = {
    *("typer", "click", "rich", "pydantic", "crossplane", "dataclasses", "inspect", "tomllib"),
    *("importlib.metadata", "importlib.resources", "multiprocessing", "concurrent.futures"),
    *("hashlib", "subprocess", "nginx_memlint.live.verify", "nginx_memlint.live.calibrate"),
}

CHECK = """
import os, sys
sys.argv = ["memlint", "check", *sys.argv[1:]]
os._exit = lambda code: (_ for _ in ()).throw(SystemExit(code))
from nginx_memlint.__main__ import main
try:
    main()
except SystemExit:
    print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize("options", [[], ["--target", "debian-12"], ["--fail-on=never"]])
def test_a_check_imports_little(options: list[str], tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    command = [sys.executable, "-c", CHECK, *options, str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("ok ")
    loaded = set(done.stderr.split())
    assert "nginx_memlint.check" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    ("arguments", "flags", "others"),
    [
        (["a"], {}, {}),
        (["a", "--target=classic"], {"target": "classic"}, {}),
        (["a", "--format", "json", "--format=line:x"], {}, {"formats": ["json", "line:x"]}),
        (["a", "--fail-on", "never"], {"fail-on": FailOn.NEVER}, {}),
        (["-p", "/etc", "a", "-j", "2"], {"prefix": "/etc"}, {"jobs": 2}),
        (["a", "--no-cache", "--fix"], {}, {"no_cache": True, "fix": True}),
        (["a", "-o", "x", "--no-config"], {}, {"output": "x", "no_config": True}),
    ],
)
def test_what_needs_no_typer(
    arguments: list[str], flags: dict[str, object], others: dict[str, object]
) -> None:
    expected = {"paths": ["a"], "flags": flags, "formats": [], **others}
    assert plain_check(["check", *arguments]) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "-"],
        ["check", "--", "a"],
        ["check", "a", "--target"],
        ["check", "a", "--target", "no-such"],
        ["check", "a", "--fail-on", "no-such"],
        ["check", "a", "--jobs", "-1"],
        ["check", "a", "--jobs", "many"],
        ["check", "a", "-p=b"],
        ["check", "a", "--fix=yes"],
        ["check", "a", "--target", "classic", "--target", "classic"],
        ["check", "a", "--max-memory", "1GiB"],
        ["check", "a", "--write-baseline"],
        ["check", "a", "--help"],
        ["targets"],
        [],
    ],
)
def test_what_typer_reads(arguments: list[str]) -> None:
    assert plain_check(arguments) is None


def test_both_ways_lead_to_the_same(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    short = memlint("check", conf, "--target", "debian-12")
    long = memlint("check", conf, "--target", "debian-12", "--unit-cost", "1MiB")
    assert (short.code, short.out) == (long.code, long.out)
    wrong = memlint("check", conf, "--context", "location")
    assert wrong.code == 2
    assert '"location" cannot be outermost' in " ".join(wrong.err.replace("│", " ").split())
