"""Each bound, met: a problem with file and line, and exit status 3; and how bounds are set."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.config.bounds import (
    DEFAULT_BOUNDS,
    NAMES,
    Bounds,
    bounds_from,
    parse_bounds,
    tokens_at_most,
)
from nginx_memlint.diff import diff
from nginx_memlint.settings.model import BoundsTable

from ..helpers import SAMPLES, http, memlint, memlint_here, write

MAIN = http("include a.conf;\ninclude d/*.conf;\nserver {\nlocation / {\n}\n}#memlint:\n#memlint:")
FILES: dict[str, str | bytes] = {
    "nginx.conf": MAIN,
    "a.conf": "include b.conf;\nserver { }\n",
    "b.conf": "map $a $b { default 1; }\n",
    "d/1.conf": "wrong { }\n",
    "d/2.conf": "wrong { }\n",
}
"""Exceeds nothing, and below twice as many of anything."""

EXCEEDED: dict[str, tuple[int, str, int | None, str]] = {
    "file-bytes": (60, "nginx.conf", None, "larger than 60 bytes"),
    "total-bytes": (len(MAIN), "nginx.conf", 5, "all files together are larger"),
    "tokens": (tokens_at_most(MAIN.encode()), "nginx.conf", 5, "the files have more than"),
    "inclusions": (2, "nginx.conf", 6, "more than 2 files are included"),
    "include-depth": (1, "a.conf", 1, "nested deeper than 1 "),
    "blocks": (2, "b.conf", 1, "more than 2 blocks"),
    "block-depth": (2, "nginx.conf", 1, "blocks are nested deeper than 2 "),
    "names": (1, "nginx.conf", 6, "more than 1 names"),
    "problems": (1, "nginx.conf", None, "1 more problems are not listed"),
    "findings": (1, "nginx.conf", None, "more than 1 comments accept findings"),
}
"""Bound → a value too small for FILES, and the problem."""


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    write(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return "nginx.conf"


@pytest.mark.parametrize("name", NAMES)
def test_a_bound_is_met(conf: str, name: str) -> None:
    value, file, line, text = EXCEEDED[name]
    run = memlint_here("check", "--format", "json", "--bounds", f"{name}={value}", conf)
    assert run.code == 3
    [report] = run.json["configs"]
    assert report["complete"] is False
    hint = f"(--bounds {name}=N allows more)"
    problem = next(problem for problem in report["problems"] if hint in problem["message"])
    assert (problem["file"], problem["line"]) == (file, line)
    assert text in problem["message"]
    assert problem["nginx"] is None
    # and nothing else is in the way
    without = dict.fromkeys(NAMES, 1000) | {"block-depth": 3, "include-depth": 2}
    problems = check(conf, bounds=bounds_from(without)).problems
    assert not any("--bounds" in problem.message for problem in problems)


def test_all_bounds_are_settings() -> None:
    assert [name.replace("-", "_") for name in NAMES] == list(BoundsTable.model_fields)
    values = {name: number for number, name in enumerate(NAMES, 1)}
    assert parse_bounds([f"{name}={number}" for name, number in values.items()]) == values
    assert [getattr(bounds_from(values), field.name) for field in fields(Bounds)] == [
        *values.values()
    ]
    assert bounds_from({}) == DEFAULT_BOUNDS
    assert parse_bounds(["file-bytes=2MiB"]) == {"file-bytes": 2 << 20}


def test_the_readme_lists_them() -> None:
    text = (SAMPLES.parent / "README.md").read_text()
    table = text.partition("<!-- bounds -->")[2].partition("<!-- end of bounds -->")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert parse_bounds([f"{name}={value.replace(',', '')}" for name, value in rows]) == {
        name: getattr(DEFAULT_BOUNDS, name.replace("-", "_")) for name in NAMES
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("names", "is not NAME=NUMBER"),
        ("name=5", 'did you mean "names"'),
        ("=5", "known are file-bytes, total-bytes"),
        ("names=0", "is not a positive number"),
        ("names=-1", "is not a positive number"),
        ("names=1.5", "is not a positive number"),
        ("names=²", "is not a positive number"),
        ("names=" + "9" * 5000, "is not a positive number"),
        ("file-bytes=much", "is not a size like"),
    ],
)
def test_mistakes(conf: str, text: str, message: str) -> None:
    run = memlint_here("check", "--bounds", text, conf)
    assert run.code == 2
    assert message in " ".join(run.err.replace("│", " ").split())
    with pytest.raises(ValueError, match="is not"):
        parse_bounds([text])


def test_settings_set_bounds(conf: str) -> None:
    Path("memlint.toml").write_text('bounds = { names = 1, file-bytes = "1MiB" }\n')
    assert "--bounds names" in memlint_here("check", conf).out
    assert "--bounds names" not in memlint_here("check", "--no-config", conf).out
    assert "--bounds names" not in memlint_here("check", "--bounds", "blocks=50", conf).out
    shown = memlint_here("config", conf).out
    assert "file-bytes=1048576,names=1" in shown
    loaded = memlint_here("config", "--format", "json", conf).json["roots"][0]["values"]["bounds"]
    assert loaded["value"] == {"names": 1, "file-bytes": 1 << 20}
    for wrong, message in (
        ("name = 1", 'unknown key "name"; did you mean "names"?'),
        ("names = 0", "bounds.names: must be more than 0"),
        ('names = "1"', "bounds.names: must be a whole number"),
    ):
        Path("memlint.toml").write_text(f"[bounds]\n{wrong}\n")
        run = memlint_here("check", conf)
        assert run.code == 2
        assert f"memlint.toml:2: {message}" in run.err


def test_standard_input_and_dumps_are_bounded(conf: str) -> None:
    text = Path(conf).read_bytes()
    run = memlint("check", "--bounds", "file-bytes=50", "-", stdin=text)
    assert (run.code, "<stdin>: is not read: larger than 50 bytes" in run.out) == (3, True)
    run = memlint("check", "--bounds", "tokens=10", "-", stdin=text)
    assert (run.code, "<stdin>: is not read: the files have more than" in run.out) == (3, True)
    dump = b"# configuration file /n.conf:\n" + text + b"\n# configuration file /a.conf:\n;\n"
    run = memlint("check", "--bounds", "tokens=20", "-", stdin=dump)
    assert (run.code, "tokens=N allows more" in run.out) == (3, True)


def test_comparisons_are_bounded(conf: str) -> None:
    [root] = diff([conf, conf], bounds=replace(DEFAULT_BOUNDS, names=1)).roots
    assert root.old is not None
    assert any("more than 1 names" in problem.message for problem in root.old.problems)
    run = memlint("diff", "--bounds", "names=1", conf, conf)
    assert (run.code, "more than 1 names" in run.out) == (3, True)
