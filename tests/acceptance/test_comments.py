"""Comments and path ignores that accept findings: where they hold, and what they must be like."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nginx_memlint import ConfigReport, check
from nginx_memlint.acceptance import paths
from nginx_memlint.exit_codes import FailOn, exit_code
from nginx_memlint.policy import Limits, PathIgnore, Policy
from nginx_memlint.result import Location
from nginx_memlint.rules import RULES, find_rule
from nginx_memlint.rules.ignore_unused import unused_in_all
from nginx_memlint.sizes import MIB
from tests.helpers import LUA, http, memlint_here, write
from tests.hostile.work import lines_run

CA = "lua_ssl_trusted_certificate ca.pem;"
LOCATIONS = " ".join(f"location /{n} {{ access_by_lua_file a.lua; }}" for n in "abc")
IGNORE = "# memlint: ignore[ML101] the machine has the memory"
UNIT = 32 * MIB


def look(directory: Path, files: dict[str, str], **options: object) -> ConfigReport:
    """Check files in which a bundle of 32 MiB is loaded by several blocks."""
    return check(write(directory, dict(files)), target="debian-12", unit_cost=UNIT, **options)


def rules(report: ConfigReport) -> tuple[list[str], list[str]]:
    """The rules of what was found and of what was accepted."""
    assert report.problems == []
    reported = [finding.rule for finding in report.findings]
    return reported, [finding.rule for finding in report.suppressed]


def test_the_rules_about_comments_come_last() -> None:
    assert [rule.code for rule in RULES][-2:] == ["ML901", "ML902"]


ACCEPTED = {
    "behind it": f"{CA} {IGNORE}\nserver {{ {LOCATIONS} }}",
    "line above": f"{IGNORE}\n{CA}\nserver {{ {LOCATIONS} }}",
    "line above, indented, CRLF": f"  \t{IGNORE}\r\n{CA}\r\nserver {{ {LOCATIONS} }}",
    "other comments and blank lines between": (
        f"{IGNORE}\n# a\n\n# b\n{CA}\nserver {{ {LOCATIONS} }}"
    ),
    "behind a directive of several lines": (
        f"lua_ssl_trusted_certificate\n  ca.pem\n  ; {IGNORE}\nserver {{ {LOCATIONS} }}"
    ),
    "inside a directive of several lines": (
        f"lua_ssl_trusted_certificate {IGNORE}\n  ca.pem;\nserver {{ {LOCATIONS} }}"
    ),
    "alone inside a directive": (
        f"lua_ssl_trusted_certificate\n{IGNORE}\n  ca.pem;\nserver {{ {LOCATIONS} }}"
    ),
    "behind another comment": f"{CA} # slow {IGNORE}\nserver {{ {LOCATIONS} }}",
    "two on a line": f"lua_code_cache on; {CA} {IGNORE}\nserver {{ {LOCATIONS} }}",
    "opening of the block": f"server {{ {IGNORE}\n{CA} {LOCATIONS} }}",
    "above the block": f"{IGNORE}\nserver {{\n{CA} {LOCATIONS} }}",
    "brace on a line of its own": f"server\n{{ {IGNORE}\n{CA} {LOCATIONS} }}",
    "outer block": f"server {{ {IGNORE}\nlocation / {{\n{CA} {LOCATIONS} }} }}",
    "by name": f"{CA} # memlint: ignore[lua-bundle-inherited] why\nserver {{ {LOCATIONS} }}",
    "small letters": f"{CA} # memlint: ignore[ml101] why\nserver {{ {LOCATIONS} }}",
    "twice": f"{IGNORE}\n{CA} {IGNORE}\nserver {{ {LOCATIONS} }}",
}


@pytest.mark.parametrize("inside", ACCEPTED.values(), ids=ACCEPTED)
def test_where_a_comment_holds(tmp_path: Path, inside: str) -> None:
    report = look(tmp_path, {"nginx.conf": http(inside)})
    assert rules(report) == ([], ["ML101"])
    [accepted] = report.suppressed
    assert accepted.by == "ignore"
    assert accepted.reason in ("the machine has the memory", "why")
    assert accepted.bytes > 64 * MIB
    assert exit_code([report], FailOn.WARNING) == 0
    assert report.memory.start_bytes > 4 * UNIT


ELSEWHERE = {
    "behind the next directive": f"{CA}\nserver {{ {IGNORE}\n{LOCATIONS} }}",
    "below": f"{CA}\n{IGNORE}\nserver {{ {LOCATIONS} }}",
    "inside the block, for the next directive": (
        f"server {{\n{IGNORE}\nlisten 80;\n{CA} {LOCATIONS} }}"
    ),
    "end of the block": f"server {{ {CA}\n{LOCATIONS}\n}} {IGNORE}",
    "before the end of the block": f"server {{ {CA}\n{LOCATIONS}\n{IGNORE}\n}}",
    "above another directive": f"{IGNORE}\nlua_code_cache on;\n{CA}\nserver {{ {LOCATIONS} }}",
    "another rule": f"{CA} # memlint: ignore[ML201] why\nserver {{ {LOCATIONS} }}",
}


@pytest.mark.parametrize("inside", ELSEWHERE.values(), ids=ELSEWHERE)
def test_where_a_comment_does_not_hold(tmp_path: Path, inside: str) -> None:
    report = look(tmp_path, {"nginx.conf": http(inside)})
    assert rules(report) == (["ML101", "ML902"], [])


NO_COMMENT = {
    "in a string": f"{CA}\nserver {{ set $a '{IGNORE}'; {LOCATIONS} }}",
    "in a string of several lines": f"{CA}\nserver {{ set $a '\n{IGNORE}\n'; {LOCATIONS} }}",
    "in Lua": f"{CA}\nserver {{ rewrite_by_lua_block {{\n-- {IGNORE}\n}} {LOCATIONS} }}",
    "a Lua string": f"{CA}\nserver {{ rewrite_by_lua_block {{\na = '{IGNORE}'\n}} {LOCATIONS} }}",
    "in a word": f"{CA}\nserver {{ set $a b#memlint:ignore; {LOCATIONS} }}",
    "other text": f"{CA} # see memlint: it ignores what has a reason\nserver {{ {LOCATIONS} }}",
}


@pytest.mark.parametrize("inside", NO_COMMENT.values(), ids=NO_COMMENT)
def test_what_is_no_ignore(tmp_path: Path, inside: str) -> None:
    report = look(tmp_path, {"nginx.conf": http(inside)})
    assert rules(report) == (["ML101"], [])


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("# memlint: ignore[ML101]", "the reason is missing"),
        ("# memlint: ignore[ML101] – ", "the reason is missing"),
        ("# memlint: ignore[] why", "no rule is named"),
        ("# memlint: ignore[ , ] why", "no rule is named"),
        ("# memlint: ignore why", "the rules are missing"),
        ("# memlint: ignore ML101 why", "the rules are missing"),
        ("# memlint: ignore [ML101] why", "the rules are missing"),
        ("# memlint: ignore[ML101 why", "the rules are missing"),
        ("# memlint:ignore[ML101] why", "must be a blank"),
        ("# memlint: ingore[ML101] why", '"ingore" is not known; did you mean "ignore"?'),
        ("# memlint: disable=ML101", '"disable" is not known'),
        ("# memlint:", '"" is not known'),
        ("#memlint: ignore[ML101, ML1O1] why", '"ML1O1" is no rule'),
        ("# memlint: ignore[lua-bundle-inherit] why", 'did you mean "lua-bundle-inherited"?'),
        ("# memlint: ignore[ML902] why", '"ML902" is no rule that can be ignored'),
        ("# memlint: ignore[\x1b[31m] why", "\\x1b[31m"),
        ("# memlint: ignore[\xff\u202e] why", "\\u202e"),
    ],
)
def test_what_is_malformed_is_told_and_accepts_nothing(
    tmp_path: Path, comment: str, problem: str
) -> None:
    report = look(tmp_path, {"nginx.conf": http(f"{CA} {comment}\nserver {{ {LOCATIONS} }}")})
    assert rules(report) == (["ML101", "ML901"], [])
    finding = report.findings[1]
    assert problem in finding.message
    assert (finding.line, finding.column) == (5, len(CA) + 2)
    assert "\x1b" not in finding.message + finding.source


def test_a_reason_is_printable(tmp_path: Path) -> None:
    inside = f"{CA} # memlint: ignore[ML101] wh\x1b[31my\nserver {{ {LOCATIONS} }}"
    [accepted] = look(tmp_path, {"nginx.conf": http(inside)}).suppressed
    assert accepted.reason == "wh\\x1b[31my"


def test_several_codes_and_the_one_without_use(tmp_path: Path) -> None:
    inside = f"{CA} #  memlint:  ignore[ ML101,ML201 ,ML202] why\nserver {{ {LOCATIONS} }}"
    report = look(tmp_path, {"nginx.conf": http(inside)}, max_memory=100 * MIB)
    assert rules(report) == (["ML902"], ["ML101", "ML201"])
    [stale] = report.findings
    line = http(inside).splitlines()[stale.line - 1]
    assert line[stale.column - 1 : stale.end_column - 1] == "ML202"
    place = report.suppressed[0].ignore
    assert isinstance(place, Location)
    assert line[place.column - 1 :].startswith("ML101,")


def test_what_is_included_in_a_block_or_by_a_directive(tmp_path: Path) -> None:
    ca = {"ca.conf": f"include deep.conf;\nserver {{ {LOCATIONS} }}", "deep.conf": f"\n{CA}\n"}
    for inside in (
        f"include ca.conf; {IGNORE}\n",
        f"{IGNORE}\ninclude ca.conf;\n",
        f"upstream a {{ {IGNORE}\nserver 127.0.0.1;\n}}\ninclude ca.conf;\n",
    ):
        report = look(tmp_path, {"nginx.conf": http(inside)} | ca)
        expected = ([], ["ML101"]) if "upstream" not in inside else (["ML101", "ML902"], [])
        assert rules(report) == expected
    within = {"nginx.conf": http("").replace("http {", f"http {{ {IGNORE}\ninclude ca.conf;")}
    assert rules(look(tmp_path, within | ca)) == ([], ["ML101"])
    nested = ca | {"deep.conf": f"\n{CA} {IGNORE}\n"}
    assert rules(look(tmp_path, {"nginx.conf": http("include ca.conf;")} | nested)) == (
        [],
        ["ML101"],
    )


def test_a_comment_holds_wherever_its_file_is_included(tmp_path: Path) -> None:
    shared = {"ca.conf": f"{CA} {IGNORE}\n"}
    one = f"include ca.conf; {LOCATIONS}"
    two = f"include ./ca.conf; {LOCATIONS}"
    report = look(tmp_path, {"nginx.conf": http(f"server {{ {one} }} server {{ {two} }}")} | shared)
    assert rules(report) == ([], ["ML101"])


def test_findings_about_all_are_accepted_at_the_top_of_the_main_file(tmp_path: Path) -> None:
    def engine_on(first: str, second: str) -> tuple[list[str], list[str]]:
        text = f"{first}\n{LUA.strip()} events {{}} {second}\nhttp {{ {many} }}"
        conf = write(tmp_path, {"nginx.conf": text})
        return rules(check(conf, target="debian-12", unit_cost=64 * MIB, policy=policy))

    off = {rule.code: None for rule in RULES if rule.code not in ("ML207", "ML902")}
    policy = Policy(severities=off)
    many = "lua_ssl_trusted_certificate no.pem; server { }"
    top = "# memlint: ignore[ML207] why"
    assert engine_on("", "") == (["ML207"], [])
    assert engine_on(f"# a\n\n{top}", "") == ([], ["ML207"])
    assert engine_on("", top) == (["ML207", "ML902"], [])


def test_an_accepted_budget_leaves_the_figures(tmp_path: Path) -> None:
    inside = "lua_shared_dict a 200m; # memlint: ignore[ML204] so be it\nserver { }"
    conf = write(tmp_path, {"nginx.conf": http(inside)})
    run = memlint_here("check", "--target", "debian-12", "--max-memory", "100MiB", conf)
    assert run.code == 0
    first, second, title, decided = run.out.splitlines()
    assert "4.0 MiB at start, at most 7.8 MiB while reloading" in first
    assert second == "  1 finding accepted: 1 by an ignore (--show-suppressed)"
    assert title == "decided by settings, comments and baselines"
    assert decided == f"  {conf}:5: accepts 1 finding of ML204: so be it"


def test_no_comment_is_without_use_where_not_all_was_read(tmp_path: Path) -> None:
    inside = f"server {{ {IGNORE}\n }} include none.conf;"
    report = look(tmp_path, {"nginx.conf": http(inside)})
    assert not report.complete
    assert report.findings == []
    broken = look(tmp_path, {"nginx.conf": http(f"{CA} {IGNORE}\nserver {{ {LOCATIONS} }} 'a")})
    assert not broken.complete
    assert broken.findings == []
    assert [finding.rule for finding in broken.suppressed] == ["ML101"]


def test_no_comment_is_without_use_if_its_rule_is_off(tmp_path: Path) -> None:
    files = {"nginx.conf": http(f"{CA} {IGNORE}\nserver {{ {LOCATIONS} }}")}
    off = look(tmp_path, files, policy=Policy(severities={"ML101": None}))
    assert rules(off) == ([], [])
    unused = {"nginx.conf": http(f"server {{ {IGNORE}\n }}")}
    assert rules(look(tmp_path, unused)) == (["ML902"], [])
    assert rules(look(tmp_path, unused, policy=Policy(severities={"ML902": None}))) == ([], [])


def test_a_comment_of_use_in_one_root_is_of_use(tmp_path: Path) -> None:
    shared = f"server {{ include ../ca.conf; {LOCATIONS} }}"
    write(tmp_path, {"ca.conf": f"{CA} # memlint: ignore[ML101, ML201] why\n"})
    both = []
    for root, target in (("old", "debian-12"), ("new", "debian-13")):
        conf = write(tmp_path / root, {"nginx.conf": http(shared)})
        both.append(check(conf, target=target, unit_cost=UNIT))
    assert [len(report.findings) for report in both] == [1, 2]
    old, new = unused_in_all(both)
    for report in (old, new):
        [stale] = report.findings
        assert stale.message.startswith("ML201 ")


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=40), st.from_regex(r" ?ignore\[(ML[12]0[12],? ?)*\].*")))
def test_no_comment_is_passed_over(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    text = text.replace("\n", " ").encode("utf-8", "replace").decode()
    directory = tmp_path_factory.mktemp("any")
    report = look(
        directory, {"nginx.conf": http(f"{CA} # memlint:{text}\nserver {{ {LOCATIONS} }}")}
    )
    reported, accepted = rules(report)
    assert accepted == ["ML101"] or {"ML901", "ML902"} & set(reported)
    assert ("ML101" in reported) != ("ML101" in accepted)


def test_many_comments_are_linear_work(tmp_path: Path) -> None:
    def once(count: int) -> None:
        lines = "\n".join(  # strings that look like comments among them
            f"set $a{i} '# memlint: b'; # memlint: ignore[ML101] c" for i in range(count)
        )
        files = {"nginx.conf": http(f"{CA}\nserver {{ {LOCATIONS}\n{lines}\n}}")}
        assert len(look(tmp_path, files).findings) == count + 1

    once(4)  # patterns are compiled once
    few, less, more = (lines_run(lambda n=n: once(n)) for n in (200, 400, 800))  # type: ignore[misc]
    assert more - less < 2.2 * (less - few)


# paths in settings


@pytest.mark.parametrize(
    ("globs", "rule", "accepted"),
    [
        (("site/conf.d/*.conf",), "ML101", True),
        (("none", "**/ca.conf"), "ML101", True),
        (("conf.d/*.conf",), "ML101", False),
        (("site/nginx.conf",), "ML101", False),
        (("**/ca.conf",), "ML201", False),
    ],
)
def test_a_path_in_settings(
    tmp_path: Path, globs: tuple[str, ...], rule: str, accepted: bool
) -> None:
    conf = write(
        tmp_path / "site",
        {
            "nginx.conf": http("include conf.d/*.conf;"),
            "conf.d/ca.conf": f"{CA} server {{ {LOCATIONS} }}",
        },
    )
    ignores = (PathIgnore(str(tmp_path), globs, frozenset({rule}), "vendored"),)
    policy = Policy(limits=Limits(), ignores=ignores)
    report = check(conf, target="debian-12", unit_cost=UNIT, policy=policy)
    assert rules(report) == (([], ["ML101"]) if accepted else (["ML101"], []))
    if accepted:
        [finding] = report.suppressed
        assert (finding.by, finding.reason, finding.ignore) == ("settings", "vendored", None)


def test_a_path_outside_is_matched_by_an_absolute_glob_only(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http(f"{CA} server {{ {LOCATIONS} }}")})
    for glob, expected in (("**", ["ML101"]), (f"{tmp_path}/*.conf", [])):
        ignores = (PathIgnore(str(tmp_path / "other"), (glob,), frozenset({"ML101"}), "why"),)
        report = check(conf, target="debian-12", unit_cost=UNIT, policy=Policy(ignores=ignores))
        assert [finding.rule for finding in report.findings] == expected


def test_a_file_is_held_once_against_the_globs_of_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings may have tens of thousands of globs, and a file as many findings."""
    held = []
    monkeypatch.setattr(paths, "applies", lambda _ignore, file: held.append(file))
    wrong = "# memlint: ingore\n" * 20
    ignores = (PathIgnore(str(tmp_path), ("a", "b"), frozenset({"ML901"}), "why"),)
    report = look(
        tmp_path, {"nginx.conf": http(f"{wrong}server {{ }}")}, policy=Policy(ignores=ignores)
    )
    assert len(report.findings) == 20
    assert held == [str(tmp_path / "nginx.conf")]


def test_settings_may_accept_what_is_wrong_with_comments(tmp_path: Path) -> None:
    ignores = (PathIgnore(str(tmp_path), ("**",), frozenset({"ML901", "ML902"}), "vendored"),)
    inside = f"server {{ {IGNORE}\n # memlint: ingore\n}}"
    report = look(tmp_path, {"nginx.conf": http(inside)}, policy=Policy(ignores=ignores))
    assert rules(report) == ([], ["ML901", "ML902"])


@pytest.mark.parametrize("code", ["ML901", "ML902"])
def test_the_examples_in_the_documentation(tmp_path: Path, code: str) -> None:
    reported = {}
    for heading in ("Fails", "Passes"):
        section = find_rule(code).doc.partition(f"## {heading}\n")[2]
        example = section.partition("```nginx\n")[2].partition("```")[0]
        command = shlex.split(example.splitlines()[0].removeprefix("# memlint "))
        conf = write(tmp_path, {"nginx.conf": example})
        [config] = memlint_here(*command, "--format", "json", conf).json["configs"]
        assert config["problems"] == []
        reported[heading] = {finding["rule"] for finding in config["findings"]}
    assert code in reported["Fails"]
    assert reported["Passes"] == set()
