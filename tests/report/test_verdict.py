"""A budget that is exceeded by consent is told as that, in every format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nginx_memlint.report import FORMATS
from tests.helpers import memlint_here, write

MAIN = """\
load_module modules/ndk_http_module.so; load_module modules/ngx_http_lua_module.so;
worker_processes 2; worker_shutdown_timeout 1m;
events {}
http {
    lua_ssl_trusted_certificate ca.pem;
    server { location / { access_by_lua_file a.lua; } }
}
"""
CHECK = ("check", "--target", "debian-12", "--unit-cost", "32MiB", "--max-memory", "300MiB")
OVER = "650.5 MiB while reloading, over the budget of 300.0 MiB"

ACCEPTED = {
    "a baseline": ("", ("--baseline", "baseline.json"), "accepted by the baseline"),
    "a comment": (" # memlint: ignore[ML201] reason", (), "accepted by an ignore"),
    "settings": (
        "",
        ("--config", "memlint.toml"),
        "accepted by the settings",
    ),
    "a rule that is off": ("", ("--ignore", "ML201"), "ML201 is off"),
}
"""A comment behind the directive, the flags, and the words that are said."""

SETTINGS = """\
[[ignore]]
rules = ["ML201"]
paths = ["**"]
reason = "reason"
"""


@pytest.fixture(params=ACCEPTED)
def accepted(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[tuple[str, ...], str]:
    """Flags of a check of a configuration that is over its budget by consent, and who consents."""
    comment, flags, said = ACCEPTED[request.param]
    monkeypatch.chdir(tmp_path)
    main = MAIN.replace("ca.pem;", f"ca.pem;{comment}")
    write(tmp_path, {"nginx.conf": main, ".git/HEAD": ""})
    if request.param == "settings":
        (tmp_path / "memlint.toml").write_text(SETTINGS)
    if request.param == "a baseline":
        assert memlint_here(*CHECK, *flags, "--write-baseline", "nginx.conf").code == 0
    return (*CHECK, *flags), said


def test_the_text(accepted: tuple[tuple[str, ...], str]) -> None:
    flags, said = accepted
    run = memlint_here(*flags, "nginx.conf")
    assert run.code == 0
    assert run.out.startswith(f"OVER, ACCEPTED nginx.conf: {OVER}: {said}\n")
    quiet = memlint_here(*flags, "--quiet", "nginx.conf")
    assert quiet.out.startswith(f"OVER, ACCEPTED nginx.conf: {OVER}: {said}\n")


def test_several(accepted: tuple[tuple[str, ...], str]) -> None:
    flags, _ = accepted
    Path("other.conf").write_text(MAIN.replace("lua_ssl_trusted_certificate ca.pem;", ""))
    run = memlint_here(*flags, "nginx.conf", "other.conf")
    assert run.code == 0
    assert re.search(r"^OVER, ACCEPTED .* nginx\.conf$", run.out, re.MULTILINE)
    assert re.search(r"^ok .* other\.conf$", run.out, re.MULTILINE)
    assert "2 configurations: 1 over budget, as is accepted, 1 ok" in run.out


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_says_that_it_fits(name: str, accepted: tuple[tuple[str, ...], str]) -> None:
    """Each says who or what accepts it: by the verdict, or in what decided a report."""
    flags, said = accepted
    run = memlint_here(*flags, "--format", name, "nginx.conf")
    assert run.code == 0
    text = re.sub(r"(?s)<(style|script).*?</\1>", "", run.out) if name == "html" else run.out
    assert "within the budget" not in text
    if name in ("text", "markdown", "html"):
        assert said in text
        assert "over the budget of" in text or "more than the budget of" in text
    elif name == "csv":
        assert ',"OVER, ACCEPTED",' in text
    elif name in ("json", "jsonl"):
        report = json.loads(text.splitlines()[0]) if name == "jsonl" else json.loads(text)
        config = report["configs"][0] if name == "json" else report
        assert config["budget_bytes"] < config["memory"]["total"]["reload_peak_worst_bytes"]
    assert "ML201" in text  # accepted, or off: and what it is of


def test_a_budget_that_no_figure_of_the_headline_is_held_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    main = MAIN.replace("ca.pem;", "ca.pem; # memlint: ignore[ML209] reason")
    write(tmp_path, {"nginx.conf": main})
    flags = ("check", "--target", "debian-12", "--unit-cost", "32MiB", "--max-ca-loads", "1")
    run = memlint_here(*flags, "nginx.conf")
    assert run.out.startswith("OVER, ACCEPTED nginx.conf: ")
    assert ", over a budget (ML209): accepted by an ignore\n" in run.out


def test_what_fits_is_ok_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with a finding of a budget that is accepted, and not needed any more."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"nginx.conf": MAIN})
    flags = (*CHECK[:-1], "4GiB", "--ignore", "ML201")
    run = memlint_here(*flags, "nginx.conf")
    assert run.out.startswith("ok nginx.conf: ")
    assert ", within the budget of 4.0 GiB (" in run.out
