"""The baseline: what it holds, what it accepts, and what it takes for one."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.acceptance.baseline import Baseline, load, slack
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.writing import write_atomically
from nginx_memlint.remedies.situation import Situation
from nginx_memlint.result import Report
from nginx_memlint.rules import RULES, engine
from nginx_memlint.rules.rule import Draft
from nginx_memlint.sizes import GIB, MIB
from nginx_memlint.tree.expanded import Setting
from tests.helpers import http, memlint_here, write

OPTIONS = ("--target", "debian-12", "--unit-cost", "32MiB")
RUN = "access_by_lua_file a.lua;"
SITE = {
    "nginx.conf": http("include a.conf;\ninclude b.conf;\ninclude c.conf;"),
    "a.conf": "lua_ssl_trusted_certificate ca.pem;\n",
    "b.conf": f"server {{ location /1 {{ {RUN} }} location /2 {{ {RUN} }} }}\n",
    "c.conf": f"server {{ lua_ssl_trusted_certificate other.pem; location / {{ {RUN} }}\n"
    f"location /3 {{ {RUN} }}\nlocation /4 {{ {RUN} }} }}\n",
}
ZONE = http("lua_shared_dict pages 200m; server { }")


def look(conf: Path) -> ConfigReport:
    return check(conf, target="debian-12", unit_cost=32 * MIB)


def baseline_of(path: Path, reports: Sequence[ConfigReport]) -> Baseline:
    """A baseline with all findings of these, written and read again."""
    Baseline(str(path)).updated(reports).write()
    return load(str(path))


def test_what_it_looks_like(tmp_path: Path) -> None:
    site: dict[str, str | bytes] = {**SITE, "b.conf": f"{SITE['b.conf']}server {{ }} server {{ }}"}
    report = look(write(tmp_path / "täg", site))
    assert len(report.findings) == 2
    path = tmp_path / "base.json"
    assert baseline_of(path, [report]).accept(report.main_file, report.findings).new == []
    prints = {str(finding.bytes // MIB): finding.fingerprint for finding in report.findings}
    assert (
        path.read_text()
        == f"""\
{{
  "memlint_baseline": 1,
  "roots": {{
    "täg/nginx.conf": {{
      "{prints["128"]}": {{
        "rule": "ML101",
        "name": "lua-bundle-inherited",
        "file": "täg/a.conf",
        "count": 5,
        "bytes": {128 * MIB}
      }},
      "{prints["96"]}": {{
        "rule": "ML101",
        "name": "lua-bundle-inherited",
        "file": "täg/c.conf",
        "count": 4,
        "bytes": {96 * MIB}
      }}
    }}
  }}
}}
"""
    )


def moved_lines(site: Path) -> Path:
    for name in SITE:
        (site / name).write_text(
            "# new\n\n" + (site / name).read_text().replace("location", "\n\tlocation")
        )
    return site


def renamed(site: Path) -> Path:
    return Path(shutil.move(site.parent, site.parent.parent / "another place")) / site.name


def reordered(site: Path) -> Path:
    order = "include c.conf;\ninclude b.conf;\ninclude a.conf;"
    (site / "nginx.conf").write_text(http(order))
    return site


def absolute(site: Path) -> Path:
    text = (site / "nginx.conf").read_text().replace("include ", f"include {site}/")
    (site / "nginx.conf").write_text(text)
    return site


@pytest.mark.parametrize("change", [moved_lines, renamed, reordered, absolute])
def test_it_is_stable(tmp_path: Path, change: object) -> None:
    assert callable(change)
    before = look(write(tmp_path / "one" / "site", dict(SITE)))
    base = baseline_of(tmp_path / "one" / "base.json", [before])
    site = change(tmp_path / "one" / "site")
    base = load(str(site.parent / "base.json"))
    after = look(site / "nginx.conf")
    assert len(after.findings) == len(before.findings) == 2
    accepted = base.accept(after.main_file, after.findings)
    assert (accepted.new, accepted.gone, len(accepted.suppressed)) == ([], [], 2)
    assert base.updated([after]).dumps() == base.dumps()


def test_the_costliest_of_several_places_may_change(tmp_path: Path) -> None:
    ca = "lua_ssl_trusted_certificate ca.pem;"
    few, many = f"location /a {{ {RUN} }} " * 2, f"location /a {{ {RUN} }} " * 3

    def written(first: str, second: str) -> ConfigReport:
        inside = f"server {{ {ca} {first} }}\nserver {{ {ca} {second} }}"
        return look(write(tmp_path, {"nginx.conf": http(inside)}))

    before, after = written(many, few), written(few, many)
    assert [finding.line for finding in before.findings] == [5]
    assert [finding.line for finding in after.findings] == [6]
    base = baseline_of(tmp_path / "base.json", [before])
    assert base.accept(after.main_file, after.findings).new == []


def test_twins_are_told_apart_by_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Findings of one rule about one directive in blocks of one name, in either order."""
    conf = write(tmp_path, {"nginx.conf": http("server { }\nserver { }")})
    prints = []
    for sizes in ((MIB, GIB), (GIB, MIB)):

        def twins(situation: Situation, sizes: tuple[int, int] = sizes) -> Iterator[Draft]:
            for size, block in zip(sizes, situation.tree.blocks("server"), strict=True):
                assert block.directive is not None
                yield Draft("x", Setting(block.directive, block.inclusion, block), size)

        rule = RULES[0]._replace(check=twins)
        monkeypatch.setattr(engine, "RULES", (rule,))
        prints.append({finding.bytes: finding.fingerprint for finding in look(conf).findings})
    assert prints[0] == prints[1]
    assert prints[0][MIB] == f"{prints[0][GIB]}-2"
    report = look(conf)
    base = baseline_of(tmp_path / "base.json", [report])
    assert base.accept(report.main_file, report.findings).new == []


def test_growth_is_against_the_recorded_size(tmp_path: Path) -> None:
    report = look(write(tmp_path, dict(SITE)))
    base = baseline_of(tmp_path / "base.json", [report])
    finding = replace(report.findings[0], count=None)
    size = finding.bytes
    for more, grown in (
        (0, False),
        (-size, False),
        (slack(size), False),
        (slack(size) + 1, True),
        (size, True),
    ):
        now = replace(finding, bytes=size + more)
        accepted = base.accept(report.main_file, [now, *report.findings[1:]])
        assert len(accepted.new) == grown
        assert accepted.gone == []
        for costlier in accepted.new:
            assert costlier.accepted_bytes == size
            assert costlier.severity == "warning"
    assert "; its cost grew from 96.0 MiB to 192.0 MiB (+96.0 MiB)" in costlier.message
    assert slack(0) == slack(100 * MIB) == MIB
    assert slack(50 * GIB) == GIB // 2


def test_another_bundle_is_no_growth_and_another_load_is(tmp_path: Path) -> None:
    """With equal counts bytes only explain; what no bundle explains is growth all the same."""
    report = look(write(tmp_path, dict(SITE)))
    base = baseline_of(tmp_path / "base.json", [report])
    finding = report.findings[0]
    assert finding.count is not None
    for count, times, grown in (
        (finding.count, 168 / 128, False),
        (finding.count, 1.4, True),
        (finding.count - 1, 1.3, False),
        (finding.count + 1, 1, True),
        (finding.count + 1, 0.9, True),
    ):
        now = replace(finding, bytes=round(finding.bytes * times), count=count)
        new = base.accept(report.main_file, [now, *report.findings[1:]]).new
        assert len(new) == grown
    assert f"its count from {finding.count} to {finding.count + 1}" in new[0].message
    assert "(-9.6 MiB)" in new[0].message


def test_a_baseline_without_counts_is_held_to_its_bytes(tmp_path: Path) -> None:
    report = look(write(tmp_path, dict(SITE)))
    path = tmp_path / "base.json"
    without = [replace(finding, count=None) for finding in report.findings]
    base = baseline_of(path, [replace(report, findings=without)])
    assert "count" not in path.read_text()
    assert base.accept(report.main_file, report.findings).new == []
    grown = replace(report.findings[0], bytes=round(report.findings[0].bytes * 1.3))
    assert base.accept(report.main_file, [grown, *report.findings[1:]]).new != []


def test_what_is_gone(tmp_path: Path) -> None:
    reports = [look(write(tmp_path / name, dict(SITE))) for name in ("a", "b", "c", "d")]
    base = baseline_of(tmp_path / "base.json", reports)
    shutil.rmtree(tmp_path / "d")
    (tmp_path / "a" / "a.conf").write_text("")
    changed = look(tmp_path / "a" / "nginx.conf")
    (tmp_path / "b" / "a.conf").unlink()
    unread = look(tmp_path / "b" / "nginx.conf")
    assert not unread.complete
    report = base.applied(Report(configs=[changed, unread]))
    assert report.baseline is not None
    told = [(entry.root, entry.root_exists, entry.file) for entry in report.baseline.gone]
    assert told == [
        ("a/nginx.conf", True, "a/a.conf"),
        ("d/nginx.conf", False, "d/a.conf"),
        ("d/nginx.conf", False, "d/c.conf"),
    ]
    updated = base.updated([changed])
    assert {root: len(entries) for root, entries in updated.roots.items()} == {
        "a/nginx.conf": 1,
        "b/nginx.conf": 2,
        "c/nginx.conf": 2,
    }


def test_standard_input_is_a_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def run(*more: str) -> tuple[int, str]:
        args = ("check", "-", "--max-memory", "100MiB", *OPTIONS, "--baseline", "base.json", *more)
        done = memlint_here(*args, stdin=ZONE.encode())
        return done.code, done.out

    assert run("--write-baseline")[0] == 0
    assert list(json.loads((tmp_path / "base.json").read_text())["roots"]) == ["-"]
    code, out = run()
    assert code == 0
    assert "any more" not in out


def test_comments_are_not_in_it(tmp_path: Path) -> None:
    report = look(write(tmp_path, {"nginx.conf": http("# memlint: ingore\nserver { }")}))
    assert [finding.rule for finding in report.findings] == ["ML901"]
    base = baseline_of(tmp_path / "base.json", [report])
    assert base.roots == {}
    assert len(base.accept(report.main_file, report.findings).new) == 1


ENTRY = '{"rule": "ML101", "name": "x", "file": "x", "bytes": 1}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "EOF"),
        ("[]", "object"),
        ("events {}", "is no baseline"),
        ('{"roots": {}}', "memlint_baseline: Field required"),
        ('{"memlint_baseline": 2, "roots": {}}', "memlint_baseline: Input should be 1"),
        ('{"memlint_baseline": 1, "roots": {}, "more": 1}', "more: "),
        ('{"memlint_baseline": 1, "roots": []}', "roots: "),
        (f'{{"memlint_baseline": 1, "roots": {{"a": {{"x": {ENTRY}}}}}}}', "String should match"),
        ('{"memlint_baseline": 1, "roots": {"a": {"0123456789abcdef": {}}}}', "rule: Field"),
        (
            '{"memlint_baseline": 1, "roots": {"a": {"0123456789abcdef": '
            f"{ENTRY.replace('1}', '-1}')}}}}}}}",
            "negative",
        ),
        (
            '{"memlint_baseline": 1, "roots": {"a": {"0123456789abcdef": '
            f"{ENTRY.replace('1}', '9' * 400 + '}')}}}}}}}",
            "far too large",
        ),
        (
            '{"memlint_baseline": 1, "roots": {"a\\u001b[31m": {"0123456789abcdef": {}}}}',
            "a\\x1b[31m",
        ),
        ("[" * 100_000, "is no baseline"),
        ("\udcff", "is no baseline"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "base.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(MemlintError) as error:
        load(str(path))
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)
    assert "\x1b" not in str(error.value)


def test_a_baseline_has_a_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    with path.open("wb") as file:
        file.truncate(65 << 20)
    with pytest.raises(MemlintError, match="larger than 16 MiB"):
        load(str(path))


@pytest.mark.parametrize("write_it", [(), ("--write-baseline",)])
def test_what_is_no_baseline_is_wrong_usage_and_stays(
    tmp_path: Path, write_it: tuple[str, ...]
) -> None:
    conf = write(tmp_path, {"nginx.conf": ZONE})
    os.mkfifo(tmp_path / "fifo")
    for name in (conf, tmp_path, tmp_path / "fifo"):
        run = memlint_here("check", conf, "--baseline", name, *write_it)
        assert (run.code, run.out) == (2, "")
        assert "--baseline" in run.err
    assert conf.read_text() == ZONE
    assert len(list(tmp_path.iterdir())) == 2


def test_other_wrong_usage(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": ZONE})
    run = memlint_here("check", conf, "--write-baseline")
    assert (run.code, run.out) == (2, "")
    assert "needs --baseline FILE" in run.err
    run = memlint_here("check", conf, "--baseline", tmp_path / "none.json")
    assert (run.code, run.out) == (2, "")
    assert "make it with --write-baseline" in run.err
    run = memlint_here(
        "check", conf, "--baseline", tmp_path / "none" / "base.json", "--write-baseline"
    )
    assert (run.code, run.out) == (2, "")
    assert "cannot write" in run.err


def test_what_was_not_read_in_full_is_not_written(tmp_path: Path) -> None:
    good = write(tmp_path / "good", {"nginx.conf": ZONE})
    bad = write(tmp_path / "bad", {"nginx.conf": ZONE + "include none.conf;"})
    path = tmp_path / "base.json"
    for _ in range(2):  # without a file, and with one
        before = path.read_bytes() if path.exists() else None
        args = ("check", *OPTIONS, "--max-memory", "100MiB", "--baseline", path, "--write-baseline")
        run = memlint_here(*args, good, bad)
        assert run.code == 3
        assert f"memlint: baseline not written: not read in full: {bad}" in run.err
        assert (path.read_bytes() if path.exists() else None) == before
        assert memlint_here(*args, good).code == 0


def test_json_names_what_is_accepted_and_gone(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": ZONE})
    args = ("check", *OPTIONS, "--max-memory", "100MiB", "--baseline", tmp_path / "b.json")
    run = memlint_here(*args, "--write-baseline", "--format", "json", conf)
    assert run.json["baseline"] == {"path": str(tmp_path / "b.json"), "gone": []}
    assert run.err == f"memlint: {tmp_path / 'b.json'} written: it accepts 1 finding\n"
    [config] = run.json["configs"]
    assert config["main_file"] == str(conf)
    [accepted] = config["suppressed"]
    assert (accepted["rule"], accepted["by"], accepted["reason"]) == ("ML204", "baseline", "")
    write(tmp_path, {"nginx.conf": http("server { }")})
    [gone] = memlint_here(*args, "--format", "json", conf).json["baseline"]["gone"]
    assert (gone["root"], gone["root_exists"], gone["rule"]) == ("nginx.conf", True, "ML204")


def test_a_root_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "site", {"nginx.conf": ZONE})
    names: set[str] = set()
    for args in (
        ("site",),
        ("site/nginx.conf",),
        (tmp_path / "site",),
        ("-p", "site", "nginx.conf"),
        ("--sysroot", ".", "site/nginx.conf"),
        ("--path-map", "/etc/nginx=site", "/etc/nginx"),
    ):
        path = tmp_path / "base.json"
        path.unlink(missing_ok=True)
        more = ("--max-memory", "100MiB", "--baseline", "base.json", "--write-baseline")
        assert memlint_here("check", *OPTIONS, *args, *more).code == 0
        names.update(json.loads(path.read_text())["roots"])
    assert names == {"site/nginx.conf"}


def test_it_is_written_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "base.json"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path.name)
    write_atomically(str(path), b"new")
    write_atomically(str(link), b"other")
    assert (path.read_text(), link.read_text(), link.is_symlink()) == ("new", "other", False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(str(path), b"newer")
    assert path.read_text() == "new"
    assert sorted(os.listdir(tmp_path)) == ["base.json", "link.json"]
