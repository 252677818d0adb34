"""What a check imports: start-up is what a hook pays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint.cli import Format, plain_call
from nginx_memlint.exit_codes import FailOn

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
from nginx_memlint.cli import main
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
    ("arguments", "call"),
    [
        (["check", "a"], {"paths": ["a"]}),
        (["check", "a", "--target=classic", "b"], {"paths": ["a", "b"], "target": "classic"}),
        (["check", "--format", "json", "a"], {"paths": ["a"], "output_format": Format.JSON}),
        (["check", "--fail-on", "never", "a"], {"paths": ["a"], "fail_on": FailOn.NEVER}),
        (["check", "--no-cache", "a"], {"paths": ["a"], "no_cache": True}),
        (["check"], None),
        (["check", "-"], None),
        (["check", "--", "a"], None),
        (["check", "a", "--target"], None),
        (["check", "a", "--target", "no-such"], None),
        (["check", "a", "--format", "no-such"], None),
        (["check", "a", "--target", "classic", "--target", "classic"], None),
        (["check", "a", "--max-memory", "1GiB"], None),
        (["check", "a", "--help"], None),
        (["targets"], None),
        ([], None),
    ],
)
def test_what_needs_no_typer(arguments: list[str], call: dict[str, object] | None) -> None:
    assert plain_call(arguments) == call


def test_both_ways_lead_to_the_same(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { location / { } }")})
    short = memlint("check", conf, "--target", "debian-12")
    long = memlint("check", conf, "--target", "debian-12", "--unit-cost", "1MiB")
    assert (short.code, short.out) == (long.code, long.out)
    wrong = memlint("check", conf, "--context", "location")
    assert wrong.code == 2
    assert '"location" cannot be outermost' in " ".join(wrong.err.replace("│", " ").split())
