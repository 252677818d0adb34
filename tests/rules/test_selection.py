"""Which rules are on after a selection, and what the report says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.errors import MemlintError
from nginx_memlint.rules import codes
from nginx_memlint.rules.selection import read_codes, selected, turned_off
from tests.helpers import SAMPLES, memlint, write

INCIDENT = SAMPLES / "incident"


def test_codes_their_beginnings_and_names() -> None:
    assert read_codes(["ML1", "ml205", "over-budget", "ML1"]) == ("ML1", "ML205", "ML201")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ML999", "is not a rule"),
        ("over-budgt", 'did you mean "over-budget"'),
        ("ML000", "is about the report itself"),
        ("ML302", "the rule is gone"),
        ("", "is not a rule"),
    ],
)
def test_what_is_no_rule(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_codes([text])


@pytest.mark.parametrize(
    ("select", "ignore", "on"),
    [
        ((), (), codes()),
        ((), ("ML",), ()),
        (("ML2",), (), tuple(code for code in codes() if code.startswith("ML2"))),
        (("ML2",), ("ML201",), tuple(c for c in codes() if c.startswith("ML2") and c != "ML201")),
        (("ML201",), ("ML2",), ("ML201",)),
        (("ML201",), ("ML201",), ()),
    ],
)
def test_the_longer_beginning_wins(
    select: tuple[str, ...], ignore: tuple[str, ...], on: tuple[str, ...]
) -> None:
    off = turned_off({}, select, ignore)
    assert tuple(code for code in codes() if code not in off) == on


def test_what_is_selected_is_on() -> None:
    assert selected({"ML205": None}, ("ML2",), ()).get("ML205", "on") == "on"
    assert selected({"ML205": None}, (), ())["ML205"] is None
    assert selected({"ML205": "error"}, ("ML2",), ())["ML205"] == "error"


def test_the_report_says_what_flags_turn_off() -> None:
    flags = ("--target", "debian-12", "--ignore", "ML2", "--ignore", "ML101")
    run = memlint("check", *flags, INCIDENT)
    assert run.code == 0  # nothing is left
    assert "--ignore ML2,ML101: off are ML101, ML201, ML202" in run.out
    run = memlint(
        "check", "--target", "debian-12", "--select", "ML202", "--format", "json", INCIDENT
    )
    [config] = run.json["configs"]
    assert [finding["rule"] for finding in config["findings"]] == ["ML202"]
    assert [(entry["by"], entry["of"]) for entry in config["lowered"]] == [("flags", "findings")]


def test_settings_select_and_flags_are_on_top(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": "events { }", "memlint.toml": 'select = "ML1,ML2"\n'})
    listed = memlint("check", "--format", "line", conf)
    assert "ML001 select is ML1,ML2" in listed.out
    asked = memlint("check", "--select", "ML205", "--format", "json", conf)
    [entry] = [e for e in asked.json["configs"][0]["lowered"] if e["by"] == "flags"]
    assert "off are ML101" in entry["what"]
    wrong = write(tmp_path / "b", {"nginx.conf": "", "memlint.toml": 'select = ["ML9x"]\n'})
    assert 'memlint.toml:1: select: "ML9x" is not a rule' in memlint("check", wrong).err


def test_in_python() -> None:
    report = check(INCIDENT, target="debian-12", select=["ML101", "over-budget"])
    assert {finding.rule for finding in report.findings} == {"ML101"}
    with pytest.raises(MemlintError, match="ignore: "):
        check(INCIDENT, ignore="ML9x")
    with pytest.raises(TypeError, match="codes of rules"):
        check(INCIDENT, ignore=[1])


def test_the_shortest_beginning_is_that_of_all() -> None:
    assert set(turned_off({}, (), ("M",))) == set(codes())
