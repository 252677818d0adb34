from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.editor.session import TICK, Asked, Followed, OpenFile, Session, View
from nginx_memlint.result import ConfigReport
from tests.editor.random_edits import compare
from tests.helpers import BUNDLE, http, write


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_are_shown_as_a_fresh_check_shows_them(tmp_path: Path, seed: int) -> None:
    assert compare(tmp_path, seed, 25) > 5


def view(*paths: Path, **flags: object) -> View:
    session = Session(Asked((), {"target": "debian-12", **flags}, {}, None, isolated=False))
    files = {
        str(path): OpenFile(str(path), path.as_uri(), 1, None, is_nginx=True) for path in paths
    }
    return session.view(files, None)


def shown(seen: View) -> list[str]:
    return [followed.report.main_file for followed in seen.shown]


def test_a_fragment_is_shown_as_a_part_of_the_main_file_above(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    main = write(
        tmp_path / "nginx",
        {"nginx.conf": http("include sites/*;"), "sites/a": "server { listen 80; }"},
    )
    assert shown(view(tmp_path / "nginx/sites/a")) == [str(main)]


def test_a_main_file_above_the_checkout_is_not_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http("include in/*;"), "in/.git/x": "", "in/a": "listen 80;"})
    seen = view(tmp_path / "in/a")
    assert shown(seen) == [str(tmp_path / "in/a")]
    assert "no main file that memlint knows of" in seen.remarks[0].message
    assert seen.remarks[0].message.endswith("read as --context http,server")


def test_settings_say_what_the_roots_are(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    write(
        tmp_path,
        {
            "memlint.toml": '[[roots]]\npath = "front.conf"\n[[roots]]\npath = "back.conf"\n',
            "front.conf": http("include shared;"),
            "back.conf": http(""),
            "shared": "server { listen 80; }",
        },
    )
    seen = view(tmp_path / "shared")
    assert [Path(name).name for name in shown(seen)] == ["front.conf", "back.conf"]
    assert seen.remarks == []


def test_broken_settings_are_told(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    main = write(tmp_path, {"nginx.conf": http(""), "memlint.toml": "max-memroy = 3\n"})
    seen = view(main)
    assert shown(seen) == []
    assert [remark.severity for remark in seen.remarks] == ["error"]
    assert "memlint.toml:1: " in seen.remarks[0].message


def test_other_files_are_no_configurations(tmp_path: Path) -> None:
    write(tmp_path, {".git/x": "", "README": "server"})
    path = str(tmp_path / "README")
    session = Session(Asked((), {}, {}, None, isolated=False))
    assert session.view({path: OpenFile(path, "", 1, None, is_nginx=False)}, None) == View([], [])


def test_a_comment_is_of_use_if_it_is_in_one_of_the_configurations(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    line = f"lua_ssl_trusted_certificate {BUNDLE}; # memlint: ignore[ML101] measured\n"
    server = "server { location / { content_by_lua_block { return } } }\n"
    write(
        tmp_path,
        {
            "memlint.toml": '[[roots]]\npath = "many.conf"\n[[roots]]\npath = "one.conf"\n',
            "many.conf": http(f"include ca;\n{server * 40}"),
            "one.conf": http(f"include ca; {server}"),
            "ca": line,
        },
    )
    seen = view(tmp_path / "ca")
    assert len(seen.shown) == 2
    for followed in seen.shown:
        assert "ML902" not in {finding.rule for finding in followed.report.findings}
    alone = check(tmp_path / "one.conf", target="debian-12")
    assert "ML902" in {finding.rule for finding in alone.findings}


SITES = {
    "nginx.conf": http("include sites/*;\n"),
    "sites/a": "server { listen 80; location / { root /a; } }\n",
    "sites/b": "server { listen 81; }\n",
}


def opened_site(tmp_path: Path) -> Callable[[str, bool], Followed]:
    """A function that shows sites/a with another text, as an edit or anew."""
    (tmp_path / ".git").mkdir()
    write(tmp_path, dict(SITES))
    time.sleep(2 * TICK / 1e9)  # a file that has just been written may change unnoticed
    path = tmp_path / "sites/a"
    session = Session(Asked((), {"target": "debian-12"}, {}, None, isolated=False))

    def show(text: str, is_edit: bool) -> Followed:
        file = OpenFile(str(path), path.as_uri(), 1, text.encode(), is_nginx=True)
        [followed] = session.view({file.path: file}, {file.path} if is_edit else None).shown
        return followed

    show(SITES["sites/a"], False)
    return show


@pytest.mark.parametrize(
    "text",
    [
        *("root /b;", "root /a; gzip on;", "# none", "gzip maybe; ", "clie\n root /a;", "} loc {"),
        *("} location /b { root /c;", "} } server { listen 81; if ($a) {", "include /dev/null;"),
        *("include nosuch;", "include nosuch/*;", "include b;", "location /a/ { }", "server { }"),
    ],
)
def test_of_edited_texts_all_else_is_kept(tmp_path: Path, text: str) -> None:
    show = opened_site(tmp_path)
    edited = SITES["sites/a"].replace("root /a;", f"\n{text}\n")
    kept = show(edited, True)
    assert kept.inspection.used_up
    anew = show(edited, False)
    assert not anew.inspection.used_up
    assert kept.report == anew.report
    assert kept.asked == anew.asked
    back = show(SITES["sites/a"], True)
    assert back.inspection.used_up
    assert back.report == show(SITES["sites/a"], False).report


def test_a_file_that_is_not_included_any_more_is_none_of_the_configuration(tmp_path: Path) -> None:
    opened_site(tmp_path)
    main, site = tmp_path / "nginx.conf", tmp_path / "sites/a"
    session = Session(Asked((), {"target": "debian-12"}, {}, None, isolated=False))
    included = SITES["nginx.conf"]
    alone = included.replace("include sites/*;", "")
    for text, changed, remarks in ((included, None, 0), (alone, {str(main)}, 1)):
        files = {
            str(path): OpenFile(str(path), path.as_uri(), 1, data, is_nginx=True)
            for path, data in ((main, text.encode()), (site, None))
        }
        seen = session.view(files, changed)
        assert len(seen.remarks) == remarks
        assert seen.shown[0].inspection.used_up == bool(changed)
    assert {followed.report.main_file for followed in seen.shown} == {str(main), str(site)}


def test_an_include_that_is_mended_brings_what_is_judged_there(tmp_path: Path) -> None:
    write(tmp_path, {"more/names": "server_name n;"})
    show = opened_site(tmp_path)
    served = "server { listen 83; include more/names; }\n"
    for name, told in (("names", True), ("none", False), ("names", True)):
        text = served + SITES["sites/a"].replace("root /a;", f"include more/{name};")
        seen = show(text, True)
        assert seen.inspection.used_up
        messages = [problem.message for problem in seen.report.problems]
        assert ('"server_name" directive is not allowed here' in messages) == told
        assert seen.report == show(text, False).report


def test_what_blocks_declare_counts_elsewhere(tmp_path: Path) -> None:
    show = opened_site(tmp_path)
    using = SITES["sites/a"].replace("root /a;", "fastcgi_pass u;")
    for text, problems in ((using, 1), (f"upstream u {{ server 127.0.0.1; }}\n{using}", 0)):
        seen = show(text, True)
        assert seen.inspection.used_up
        assert len(seen.report.problems) == problems
        assert seen.report == show(text, False).report


@pytest.mark.parametrize("text", ["location / {", "server_name a", "root 'a;", "a; }}"])
def test_until_a_text_parses_what_was_read_stays(tmp_path: Path, text: str) -> None:
    show = opened_site(tmp_path)
    good = show(SITES["sites/a"].replace("root /a;", "root /b;\n"), True)
    edited = SITES["sites/a"].replace("root /a; }", f"\n{text}")
    for more in ("", "  # more"):
        seen = show(edited + more, True)
        assert seen.report.memory == good.report.memory
        [problem] = seen.report.problems
        told = show_anew(tmp_path, edited + more).problems[0]
        assert problem.message.partition(";")[0] == told.message.partition(";")[0]
        assert (problem.line, problem.column) == (told.line, told.column)
        assert seen.report.findings == []
    mended = show(SITES["sites/a"] + "# mended", True)
    assert mended.inspection.used_up
    assert mended.report == show(SITES["sites/a"] + "# mended", False).report


def show_anew(tmp_path: Path, text: str) -> ConfigReport:
    write(tmp_path / "anew", {**SITES, "sites/a": text})
    return check(tmp_path / "anew/nginx.conf", target="debian-12")


@pytest.mark.parametrize("name", ["sites/b", "sites/c", "nginx.conf"])
def test_what_has_changed_on_disk_is_seen_with_the_next_edit(tmp_path: Path, name: str) -> None:
    show = opened_site(tmp_path)
    before = SITES.get(name, "server { listen 82; }")
    write(tmp_path, {name: before.replace("listen 81;", "") + "\n# more\nunheard_of;\n"})
    edited = SITES["sites/a"].replace("/a;", "/b;")
    seen = show(edited, True)
    assert not seen.inspection.used_up
    assert seen.report == show(edited, False).report
