"""Rules that settings turn off by ``ignore``, beside the findings that it accepts in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import SAMPLES, memlint

INCIDENT = SAMPLES / "incident"
FLAGS = ("--fail-on", "never", "--format", "json")


def codes(tmp_path: Path, settings: str, *paths: Path) -> set[str]:
    (tmp_path / "memlint.toml").write_text(f'target = "debian-12"\n{settings}')
    run = memlint("check", *FLAGS, "--config", "memlint.toml", *paths, cwd=tmp_path)
    assert run.code == 0, run.err
    return {finding["rule"] for finding in run.json["configs"][0]["findings"]}


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ("", {"ML101", "ML202", "ML205", "ML207"}),
        ('ignore = ["ML207"]', {"ML101", "ML202", "ML205"}),
        ('ignore = ["ml2"]', {"ML101"}),
        ('ignore = ["no-shutdown-timeout", "ML205"]', {"ML101", "ML202"}),
        ('ignore = ["ML2"]\n[severity]\nML205 = "note"', {"ML101", "ML205"}),
        ('select = ["ML2"]\nignore = ["ML207"]', {"ML202", "ML205"}),
        ('select = ["ML207"]\nignore = ["ML2"]', {"ML207"}),
        ('ignore = ["ML207", {paths = ["/**"], rules = ["ML101"], reason = "r"}]',
         {"ML202", "ML205"}),
    ],
)  # fmt: skip
def test_what_is_left(settings: str, left: set[str], tmp_path: Path) -> None:
    assert codes(tmp_path, settings, INCIDENT) == left


def test_a_root_has_its_own(tmp_path: Path) -> None:
    root = f'[[roots]]\npath = "{INCIDENT}"\n'
    assert codes(tmp_path, f'{root}ignore = ["ML207"]') == {"ML101", "ML202", "ML205"}


def test_it_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "memlint.toml").write_text('target = "debian-12"\nignore = [\n  "ML207",\n]\n')
    run = memlint("check", *FLAGS, "--config", "memlint.toml", INCIDENT, cwd=tmp_path)
    listed = run.json["configs"][0]["lowered"]
    [lowered] = [one for one in listed if one["of"] == "findings"]
    assert (lowered["what"], lowered["by"]) == ("ML207 is off", "settings")
    assert lowered["line"] in (2, 3)
    shown = memlint("config", cwd=tmp_path)
    assert "severity.ML207" in shown.out


MISTAKES = [
    ('ignore = ["ML999"]', 'ignore[1]: "ML999" is not a rule; did you mean "ML9'),
    ('ignore = ["ML000"]', "ignore[1]: ML000 is about the report itself: it is always there"),
    ("ignore = [3]", "ignore[1]: must be a table"),
    ('ignore = "ML207"', "ignore: must be a list, e.g. "),
]


@pytest.mark.parametrize(("settings", "message"), MISTAKES)
def test_mistakes(settings: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "memlint.toml").write_text(settings)
    run = memlint("check", "--config", "memlint.toml", INCIDENT, cwd=tmp_path)
    assert run.code == 2
    assert message in run.err
