"""Whatever lowers what is reported is reported, in every format, with its file and line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from nginx_memlint.report import FORMATS
from nginx_memlint.rules.reading import LOWERED
from tests.helpers import MEASURED, Run, http, memlint, memlint_here, write

SETTINGS = """\
target = "debian-12"
unit-cost = "32MiB"
fail-on = "never"
max-memory = "64GiB"

[severity]
ML202 = "off"
ML103 = "note"
ML101 = "error"

[[ignore]]
paths = ["nginx.*"]
rules = ["ML303"]
reason = "an `ignore`, <b>by</b> path"

[[roots]]
path = "nginx.conf"
max-start-memory = "32GiB"
"""

INSIDE = """\
lua_ssl_trusted_certificate ca.pem;  # memlint: ignore[ML101] so be it
server { location /a { access_by_lua_file a; } location /b { access_by_lua_file b; } }
include sites/*.conf;
"""

SITE = """\
server {
    lua_ssl_trusted_certificate b.pem;
    location /a { access_by_lua_file a; }
    location /b { access_by_lua_file b; }
}
"""

FACTS = """\
nginx = "1.22.1"
openssl = "3.0.15"
processors = 6

[[files]]
path = "/etc/ca.pem"
"""

FIGURES = {
    "memlint.toml:1": "target is debian-12",
    "memlint.toml:2": "unit-cost is 32.0 MiB",
    "memlint-facts.toml:3": "workers is 6",
    "memlint-facts.toml:5": "says what is in 1 file",
}

EXPECTED = FIGURES | {
    "memlint.toml:3": "fail-on is never",
    "memlint.toml:4": "max-memory is 64.0 GiB",
    "memlint.toml:7": "ML202 is off",
    "memlint.toml:8": "ML103 is a note, not a warning",
    "memlint.toml:11": "accepts 1 finding of ML303: an `ignore`, <b>by</b> path",
    "memlint.toml:18": "max-start-memory is 32.0 GiB",
    "nginx.conf:5": "accepts 1 finding of ML101: so be it",
    "old.json": "accepts 2 findings of ML101, ML303",
}
"""Place → decision that lowers the report, of all that SETTINGS, INSIDE and old.json decide.

ML101 as an error only raises it."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    files: dict[str, str | bytes] = {
        "memlint.toml": SETTINGS,
        "memlint-facts.toml": FACTS,
        "nginx.conf": http(INSIDE),
        "sites/a.conf": SITE,
        "ca.pem": "",
        "b.pem": "",
    }
    write(tmp_path, files)
    done = memlint("check", "--baseline=old.json", "--write-baseline", cwd=tmp_path)
    assert done.code == 0, done.err
    return tmp_path


def check(checkout: Path, *arguments: str) -> Run:
    return memlint("check", "--baseline=old.json", *arguments, "nginx.conf", cwd=checkout)


def said(name: str, out: str) -> dict[str, str]:
    """The decisions that lower the report, read from a format's output: place → text."""
    decisions = read_as(name, out)
    assert len(dict(decisions)) == len(decisions)
    return dict(decisions)


def read_as(name: str, out: str) -> list[tuple[str, str]]:  # noqa: PLR0911  one a format
    code = LOWERED.code
    if name == "json":
        [config] = json.loads(out)["configs"]
        return [(place(item["file"], item["line"]), item["what"]) for item in config["lowered"]]
    if name == "jsonl":
        [config] = map(json.loads, out.splitlines())
        return [(place(item["file"], item["line"]), item["what"]) for item in config["lowered"]]
    if name == "csv":
        [row] = csv.DictReader(io.StringIO(out))
        parts = (entry.partition(": ") for entry in row["decided"].split("; "))
        return [(where, what) for where, _, what in parts]
    if name == "sarif":
        [run] = json.loads(out)["runs"]
        results = [of_sarif(item) for item in run["results"] if item["ruleId"] == code]
        [invocation] = run["invocations"]
        told = [of_sarif(item) for item in invocation["toolConfigurationNotifications"]]
        assert told == results
        return results
    if name == "gitlab":
        entries = [item for item in json.loads(out) if item["check_name"].startswith(code)]
        assert {item["severity"] for item in entries} == {"info"}
        return [
            (
                f"{item['location']['path']}:{item['location']['lines']['begin']}",
                item["description"],
            )
            for item in entries
        ]
    if name == "junit":
        [case] = [c for c in ET.fromstring(out).iter("testcase") if c.get("name", "")[:5] == code]
        lines = (case.findtext("system-out") or "").splitlines()
        return [of_line(line) for line in lines]
    if name == "line":
        return [of_line(line) for line in out.splitlines() if f" {code} " in line]
    if name == "github":
        lines = [line for line in out.splitlines() if f"title=memlint {code}" in line]
        properties = [
            dict(p.split("=") for p in line.split("::")[1][7:].split(",")) for line in lines
        ]
        assert all(line.startswith("::notice ") for line in lines)
        return [
            (place(p["file"], p.get("line")), line.split("::", 2)[2])
            for p, line in zip(properties, lines, strict=True)
        ]
    if name == "text":
        _, _, rest = out.partition("decided by settings, comments and baselines\n")
        return [(a, b) for a, _, b in (line.strip().partition(": ") for line in rest.splitlines())]
    raise AssertionError(name)


def place(file: str, line: int | str | None) -> str:
    return file if line is None else f"{file}:{line}"


def of_sarif(item: Any) -> tuple[str, str]:
    assert item["level"] == "note"
    physical = item["locations"][0]["physicalLocation"]
    line = physical.get("region", {}).get("startLine")
    return place(physical["artifactLocation"]["uri"], line), item["message"]["text"]


def of_line(line: str) -> tuple[str, str]:
    where, _, what = line.partition(f": note {LOWERED.code} ")
    return where.rpartition(":")[0], what


def first(places: dict[str, str]) -> dict[str, str]:
    """Where a format has lines only, what is in no line is in the first."""
    return {name if ":" in name else f"{name}:1": what for name, what in places.items()}


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("html", "markdown")])
def test_every_format_says_what_lowers_it(checkout: Path, name: str) -> None:
    done = check(checkout, "--format", name)
    assert done.code == 0, done.err
    needs_line = name in ("csv", "gitlab", "junit", "line")
    assert said(name, done.out) == (first(EXPECTED) if needs_line else EXPECTED)


def test_markdown(checkout: Path) -> None:
    out = check(checkout, "--format", "markdown").out
    _, _, rest = out.partition("**Decided by settings, comments and baselines**\n\n")
    listed, _, _ = rest.partition("\n\n")
    lines = listed.splitlines()
    assert len(lines) == len(EXPECTED)
    for where in first(EXPECTED):
        assert len([line for line in lines if line.startswith(f"- `{where}`: ")]) == 1
    assert "<b>by" not in MarkdownIt("commonmark").render(out)


def test_html(checkout: Path) -> None:
    out = check(checkout, "--format", "html", "--output", "report.html")
    assert out.code == 0, out.err
    page = (checkout / "report.html").read_text()
    _, _, rest = page.partition("Decided by settings, comments and baselines")
    section, _, _ = rest.partition("</section>")
    assert section.count("<li>") == len(EXPECTED)
    for where, what in EXPECTED.items():
        assert f">{where}<" in section
        assert what.partition("`")[0] in section
    assert "<b>by" not in page


def test_several_configurations_say_it_once(checkout: Path) -> None:
    write(checkout / "other", {"nginx.conf": http("server { }")})
    toml = "roots = ['nginx.conf', 'other']\n" + SETTINGS.partition("[[roots]]")[0]
    write(checkout, {"memlint.toml": toml})
    for name in ("text", "line", "github", "gitlab", "sarif"):
        decisions = said(name, memlint("check", "--format", name, cwd=checkout).out)
        assert decisions["memlint.toml:8"] == "ML202 is off"


@pytest.mark.parametrize("with_baseline", [False, True])
def test_nothing_is_said_where_nothing_is_lowered(checkout: Path, with_baseline: bool) -> None:
    """A stricter level, a higher severity, comments and entries that accept nothing."""
    write(
        checkout,
        {
            "memlint.toml": "fail-on = 'warning'\n[severity]\nML101 = 'error'\nML301 = 'note'\n"
            "[[ignore]]\npaths = ['*']\nrules = ['ML102']\nreason = 'none there'",
            "nginx.conf": http("server { } # memlint: ignore[ML101] there is none"),
            "new.json": '{"memlint_baseline": 1, "roots": {}}',
        },
    )
    (checkout / "memlint-facts.toml").unlink()
    more = ["--baseline=new.json"] if with_baseline else []
    done = memlint("check", "--format=json", *more, "nginx.conf", cwd=checkout)
    assert done.json["configs"][0]["lowered"] == []
    assert "decided by" not in memlint("check", "nginx.conf", cwd=checkout).out


def test_flags_are_the_callers(checkout: Path) -> None:
    flags = ("--target=debian-13", "--unit-cost=1MiB", "--max-memory=1GiB", "--fail-on=error")
    decisions = said("json", check(checkout, "--format=json", *flags).out)
    keys = {what.partition(" is ")[0] for what in decisions.values()}
    assert not keys & {"target", "unit-cost", "max-memory", "fail-on"}


def test_a_main_file_that_is_gone(checkout: Path) -> None:
    (checkout / "nginx.conf").unlink()
    decisions = said("json", memlint("check", "--format=json", cwd=checkout).out)
    assert decisions["memlint.toml:7"] == "ML202 is off"


def test_what_was_accepted_says_where(checkout: Path) -> None:
    out = memlint("check", "--show-suppressed", cwd=checkout).out
    assert "by the settings at memlint.toml:11: an `ignore`" in out
    assert "by an ignore at nginx.conf:5" in out


def test_long_lists_are_cut_in_texts(tmp_path: Path) -> None:
    lua = "".join(f"location /{n} {{ access_by_lua_file a; }}" for n in range(3))
    servers = "".join(
        "server { # memlint: ignore[ML101, ML303] so\n"
        f"lua_ssl_trusted_certificate {n}.pem; {lua} }}\n"
        for n in range(30)
    )
    files = {f"{n}.pem": "" for n in range(30)}
    conf = write(tmp_path, {"nginx.conf": http(servers), **files})
    command = ("check", "--unit-cost", "32MiB", conf)
    assert "\n  and 10 more (--format json)" in memlint_here(*command).out
    assert "\n- and 10 more" in memlint_here(*command, "--format=markdown").out
    assert memlint_here(*command, "--format=line").out.count(LOWERED.code) == 30


# commands that show no findings


def test_tree(checkout: Path) -> None:
    assert said("text", memlint("tree", cwd=checkout).out) == FIGURES


def test_diff(checkout: Path) -> None:
    git = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main")
    (checkout / ".git").rmdir()
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "x")):
        subprocess.run(["git", *git, *arguments], cwd=checkout, check=True, timeout=60)
    diff = ("diff", "--base=HEAD")
    decided = said("text", memlint(*diff, cwd=checkout).out)
    assert (FIGURES | {"memlint.toml:7": "ML202 is off"}).items() <= decided.items()
    report = memlint(*diff, "--format=json", cwd=checkout).json
    assert {place(item["file"], item["line"]) for item in report["lowered"]} == {*decided}
    out = memlint(*diff, "--format=markdown", cwd=checkout).out
    _, _, listed = out.partition("**Decided by settings, comments and baselines**\n\n")
    assert "- `memlint.toml:1`: target" in listed
    out = memlint(*diff, "--no-config", "nginx.conf", cwd=checkout).out
    assert "decided by" not in out


# where nothing in the tree decides


def test_isolated(checkout: Path) -> None:
    flags = ("--unit-cost=32MiB", "--target=debian-12", "nginx.conf")
    usual = memlint("check", "--format=json", *flags, cwd=checkout).json["configs"][0]
    assert [finding["rule"] for finding in usual["suppressed"]] == ["ML101", "ML303"]
    done = memlint("check", "--isolated", "--format=json", *flags, cwd=checkout)
    [config] = done.json["configs"]
    assert config["lowered"] == config["suppressed"] == []
    rules = {finding["rule"] for finding in config["findings"]}
    assert {"ML101", "ML303"} <= rules
    assert not {"ML901", "ML902"} & rules
    assert config["budget_bytes"] is None
    assert memlint("check", "--isolated", "--fail-on=warning", *flags, cwd=checkout).code == 1


def test_isolated_has_no_roots(checkout: Path) -> None:
    (checkout / "nginx.conf").rename(checkout / "web.conf")
    done = memlint("check", "--isolated", cwd=checkout)
    assert (done.code, done.out) == (2, "")
    assert "name a configuration" in done.err


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("--config", "memlint.toml"),
        ("--baseline", "old.json"),
        ("--target-file", "here.toml"),
        ("--nginx-v", "v.txt"),
        ("--max-memory", "pod.yaml"),
    ],
)
def test_isolated_takes_no_files_of_the_tree(
    checkout: Path, option: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nor what a link of the tree leads to, nor what lies behind one."""
    write(checkout, {"here.toml": MEASURED, "a/nginx.conf": http("server { }")})
    write(checkout, {"v.txt": "nginx version: nginx/1.22.1\n"})
    pod = "spec: {containers: [{name: a, resources: {limits: {memory: 1Gi}}}]}"
    write(checkout, {"pod.yaml": pod})
    outside = tmp_path_factory.mktemp("outside")
    (outside / "link").symlink_to(checkout / name)
    (outside / name).write_text((checkout / name).read_text())
    (checkout / "out").symlink_to(outside / name)
    (checkout / "there").symlink_to(outside)
    wrong = [name, str(checkout / name), str(outside / "link"), "out", f"there/{name}"]
    form = "k8s:{}#a" if option == "--max-memory" else "{}"
    for path in wrong:
        value = form.format(path)
        done = memlint("check", "--isolated", option, value, "a/nginx.conf", cwd=checkout)
        assert (done.code, done.out) == (2, ""), path
        assert "with --isolated nothing there decides" in done.err
    value = form.format(outside / name)
    done = memlint("check", "--isolated", option, value, "a/nginx.conf", cwd=checkout)
    assert done.code in (0, 1), done.err


def test_isolated_without_a_repository(tmp_path: Path) -> None:
    conf = write(tmp_path / "in", {"nginx.conf": http("server { }"), "old.json": ""})
    done = memlint("check", "--isolated", "--baseline", tmp_path / "in/old.json", conf)
    assert "with --isolated nothing there decides" in done.err
    done = memlint("check", "--isolated", "--baseline", tmp_path / "old.json", conf)
    assert "there is no" in done.err


def test_roots_and_a_file_that_hides_another_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    write(
        tmp_path,
        {
            "memlint.toml": 'max-memory = "1GiB"\n\nroots = ["nginx.conf"]\n',
            "nginx.conf": http("server { }"),
            "inner/nginx.conf": http("server { }"),
            "inner/memlint.toml": "",
        },
    )
    monkeypatch.chdir(tmp_path)
    assert "  memlint.toml:3: roots lists 1 configuration\n" in memlint("check").out
    assert "roots lists" not in memlint("check", "nginx.conf").out
    hidden = "  inner/memlint.toml: is in force instead of memlint.toml\n"
    assert hidden in memlint("check", "inner/nginx.conf").out
    (tmp_path / "inner/memlint.toml").rename(tmp_path / "inner/pyproject.toml")
    assert "is in force" not in memlint("check", "inner/nginx.conf").out


def test_settings_list_a_bounded_number_of_roots_and_ignores(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    roots = ", ".join(f'"{number}"' for number in range(1001))
    write(tmp_path, {"nginx.conf": http("server { }"), "memlint.toml": f"roots = [{roots}]\n"})
    done = memlint("check", "nginx.conf", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "memlint.toml:1: roots: lists more than 1000" in done.err
