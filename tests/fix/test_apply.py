"""--show-fix and --fix: the patch, what is written, what is refused, what is put back."""

from __future__ import annotations

import errno
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Inspection, Job
from nginx_memlint.fix import apply as fixing
from nginx_memlint.fix.apply import Fixed
from nginx_memlint.options.record import Options
from nginx_memlint.remedies.fixes_table import FIXES, REMOVE
from nginx_memlint.remedies.situation import Proposal
from nginx_memlint.report.views.patch import patch
from nginx_memlint.rules import find_rule
from nginx_memlint.sizes import MIB
from nginx_memlint.tree.changes import TreeChange
from tests.helpers import LUA, SAMPLES, copy_sample, http, memlint, memlint_here, write
from tests.hostile.limited import SLOW
from tests.rules.bundles import write_bundles

FLAGS = ("--target", "debian-12", "--unit-cost", "100MiB")
SNIPPET = "lua_ssl_trusted_certificate.conf"
DIRECTIVE = "lua_ssl_trusted_certificate"
TRUSTED = f"{DIRECTIVE} ca.pem;"
PLAIN = http(
    f"    {TRUSTED}\n"
    "    server {\n"
    "        location /lua {\n"
    "            access_by_lua_file a.lua;\n"
    "        }\n"
    "        location /plain { return 200; }\n"
    "    }"
)
FIXED = http(
    "    server {\n"
    "        location /lua {\n"
    f"            {TRUSTED}\n"
    "            access_by_lua_file a.lua;\n"
    "        }\n"
    "        location /plain { return 200; }\n"
    "    }"
)


def examined(path: str, *, sysroot: str | None = None, context: tuple[str, ...] = ()) -> Inspection:
    return examine(
        Job(
            path,
            Options(target="debian-12", sysroot=sysroot, context=context, unit_cost=100 * MIB),
        )
    )


def run_fix(*paths: Path, **more: Any) -> Fixed:
    return fixing.fix([str(path) for path in paths], lambda path: examined(path, **more))


def contents(directory: Path) -> dict[str, bytes]:
    """Every file below a directory: nothing may be left behind."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    return write(tmp_path, {"nginx.conf": PLAIN})


def test_a_fix_is_what_was_promised(plain: Path) -> None:
    before = examined(str(plain)).report
    [remedy] = [remedy for remedy in before.remedies if remedy.fixable]
    done = run_fix(plain)
    assert contents(plain.parent) == {"nginx.conf": FIXED.encode()}
    [report] = done.reports
    assert (report.ca_loads, before.ca_loads) == (remedy.ca_loads, 4 - 1)
    # the words that are moved are not in what was promised
    total = report.memory.total
    assert total.start_bytes == pytest.approx(remedy.start_bytes, abs=200)
    assert total.reload_peak_worst_bytes == pytest.approx(remedy.peak_bytes, abs=1000)
    assert not done.refused
    assert done.said[-1] == f"changed {plain}"
    again = run_fix(plain)
    assert again.said == [f"{plain}: nothing to fix by moving or deleting directives"]
    assert plain.read_text() == FIXED


def test_the_command(plain: Path) -> None:
    run = memlint("check", *FLAGS, "--fix", plain)
    assert run.code == 0, run.err
    assert plain.read_text() == FIXED
    assert run.out.startswith(f"ok {plain}: 3 TLS contexts, 1 CA load; ")
    lines = run.err.splitlines()
    assert "move lua_ssl_trusted_certificate into the blocks that run Lua (1)" in lines[0]
    assert "3 → 1 CA loads" in lines[0]
    assert lines[1:] == [f"memlint: changed {plain}"]


def test_json_is_of_the_fixed_configuration(plain: Path) -> None:
    run = memlint("check", *FLAGS, "--fix", "--format", "json", plain)
    assert run.json["configs"][0]["ca_loads"] == 1


def test_nothing_is_written_without_fix(plain: Path) -> None:
    before = plain.stat()
    memlint("check", *FLAGS, plain)
    run = memlint("check", *FLAGS, "--show-fix", plain)
    assert run.code == 0
    assert plain.stat().st_mtime_ns == before.st_mtime_ns
    assert contents(plain.parent) == {"nginx.conf": PLAIN.encode()}


def test_what_is_left_says_why_the_status_is_1(plain: Path) -> None:
    run = memlint("check", *FLAGS, "--max-memory", "1MiB", "--show-fix", plain)
    assert run.code == 1
    assert run.err.endswith("nginx.conf:5 makes the exit status 1, as long as nothing is changed\n")


# The patch

NAMES = ["nginx.conf", "with space.conf", "é.conf", 'quo"te\\.conf', "new\nline.conf"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("tool", [("patch", "-p1", "--binary"), ("git", "apply")])
@pytest.mark.parametrize("text", [PLAIN, PLAIN.replace("\n", "\r\n"), PLAIN.rstrip("\n")])
def test_patch_takes_it(
    text: str, tool: tuple[str, ...], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    if tool[0] == "patch" and "\n" in name:
        pytest.skip("GNU patch 2.8 refuses such a name")
    one, other = tmp_path / "one", tmp_path / "other"
    for directory in (one, other):
        write(directory, {name: text})
    monkeypatch.chdir(one)
    [plan] = fixing.plans([examined(name)])
    data = patch([plan])
    assert data.startswith(b"# ")
    environment = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    subprocess.run(tool, input=data, cwd=other, check=True, timeout=60, env=environment)
    run_fix(Path(name))
    assert contents(other) == contents(one)
    assert contents(one)[name] != text.encode()


def test_a_last_line_without_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{LUA}events {{}}\nhttp {{\n{TRUSTED}\nserver {{ location / {{\n}}\n}} }}"
    write(tmp_path, {"nginx.conf": text})
    monkeypatch.chdir(tmp_path)
    data = patch(fixing.plans([examined("nginx.conf")]))
    assert data.endswith(b" server { location / {\n }\n } }\n\\ No newline at end of file\n")
    subprocess.run(["patch", "-p1"], input=data, check=True, timeout=60)
    assert (tmp_path / "nginx.conf").read_text() == text.replace(TRUSTED + "\n", "")


def test_files_elsewhere_are_named_from_the_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = write(tmp_path / "conf", {"nginx.conf": PLAIN})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    data = patch(fixing.plans([examined("../conf")])).decode()
    assert "# apply with patch -p1 -d /\n" in data
    assert f"--- a{conf}\n+++ b{conf}\n" in data


def test_what_a_terminal_is_shown(tmp_path: Path) -> None:
    """Control characters of the files reach a pipe as they are, and no terminal."""
    evil = "    # \x1b[31m\u202e\r red\n\tadd_header x \x1b;\n"
    conf = write(tmp_path, {"nginx.conf": PLAIN.replace(f"    {TRUSTED}\n", evil + TRUSTED + "\n")})
    arguments = ("check", *FLAGS, "--show-fix", "nginx.conf")
    piped = memlint(*arguments, cwd=conf.parent)
    assert "\x1b[31m\u202e\r red\n" in piped.out
    shown = on_terminal(*arguments, cwd=conf.parent)
    assert " \tadd_header x \\x1b;" in shown
    assert "# \\x1b[31m\\u202e\\x0d red" in shown
    assert shown.replace("\r\n", "\n").isprintable() is False  # line feeds and tabs
    assert not {"\x1b", "\u202e"}.intersection(shown)
    assert "\r" not in shown.replace("\r\n", "\n")


def on_terminal(*arguments: str, cwd: Path) -> str:
    leader, follower = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "nginx_memlint", *arguments], stdout=follower, cwd=cwd
        )
        os.close(follower)
        data = b""
        with suppress(OSError):  # EIO: its end, on Linux
            while part := os.read(leader, 65536):
                data += part
        assert process.wait(60) == 0
    finally:
        os.close(leader)
    return data.decode()


def test_a_dump_is_shown_as_a_patch_of_the_root(tmp_path: Path) -> None:
    dump = f"# configuration file /etc/nginx/nginx.conf:\n{PLAIN}\n".encode()
    run = memlint("check", *FLAGS, "--show-fix", "-", stdin=dump)
    assert "--- a/etc/nginx/nginx.conf\n" in run.out
    (tmp_path / "etc/nginx").mkdir(parents=True)
    (tmp_path / "etc/nginx/nginx.conf").write_text(PLAIN)
    subprocess.run(["patch", "-p1"], input=run.out.encode(), cwd=tmp_path, check=True, timeout=60)
    assert (tmp_path / "etc/nginx/nginx.conf").read_text() == FIXED


# Which files, and how


@pytest.mark.parametrize("how", ["a file", "a directory", "the main file"])
def test_no_link_leads_out_of_the_directory(tmp_path: Path, how: str) -> None:
    """Where there is no checkout, files are changed in the main file's directory."""
    main = PLAIN
    if how != "the main file":
        main = PLAIN.replace(f"    {TRUSTED}\n", "    include sites/ca;\n")
    outside = write(tmp_path / "outside", {"nginx.conf": main, "ca": f"{TRUSTED}\n"})
    tree = tmp_path / "tree"
    (tree / "sites").mkdir(parents=True)
    conf = tree / "nginx.conf"
    if how == "the main file":
        conf.symlink_to(outside)
    else:
        conf.write_text(main)
        if how == "a directory":
            (tree / "sites").rmdir()
            (tree / "sites").symlink_to("../outside")
        else:
            (tree / "sites/ca").symlink_to("../../outside/ca")
    before = contents(tmp_path)
    done = run_fix(conf)
    assert done.refused
    assert f"is outside of {tree}, from which a link leads to it" in done.said[-1]
    assert contents(tmp_path) == before


def test_links_lead_to_the_file(tmp_path: Path) -> None:
    main = PLAIN.replace(f"    {TRUSTED}\n", "    include sites-enabled/*;\n")
    conf = write(tmp_path, {"nginx.conf": main, "sites-available/ca": f"# é\r\n{TRUSTED}\r\n"})
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled/ca").symlink_to("../sites-available/ca")
    done = run_fix(conf)
    assert done.reports[0].ca_loads == 1
    assert (tmp_path / "sites-enabled/ca").is_symlink()
    assert (tmp_path / "sites-available/ca").read_bytes() == "# é\r\n".encode()
    assert f"changed {tmp_path}/sites-available/ca" in done.said


@pytest.mark.parametrize("how", ["a link", "a directory", "its name"])
def test_nothing_outside_of_the_checkout_is_changed(tmp_path: Path, how: str) -> None:
    """Who wrote what is in a checkout has no say over which files are written."""
    include = f"{tmp_path}/outside/ca" if how == "its name" else "sites/ca"
    main = PLAIN.replace(f"    {TRUSTED}\n", f"    include {include};\n")
    conf = write(tmp_path / "tree", {"nginx.conf": main, ".git/HEAD": ""})
    write(tmp_path / "outside", {"ca": f"{TRUSTED}\n"})
    if how == "a directory":
        (tmp_path / "tree/sites").symlink_to("../outside")
    elif how == "a link":
        (tmp_path / "tree/sites").mkdir()
        (tmp_path / "tree/sites/ca").symlink_to("../../outside/ca")
    before = contents(tmp_path)
    done = run_fix(conf)
    assert done.refused
    assert f"{tmp_path}/outside/ca is outside of the checkout {tmp_path}/tree" in done.said[-1]
    assert contents(tmp_path) == before


@pytest.mark.parametrize("how", ["main file", "its directory"])
def test_a_main_file_that_leads_out_of_its_checkout_is_not_changed(
    tmp_path: Path, how: str
) -> None:
    """A link may lead to another checkout, that of who runs the command."""
    write(tmp_path / "own", {"nginx.conf": PLAIN, ".git/HEAD": ""})
    write(tmp_path / "tree", {".git/HEAD": ""})
    if how == "main file":
        conf = tmp_path / "tree/nginx.conf"
        conf.symlink_to("../own/nginx.conf")
    else:
        conf = tmp_path / "tree/conf"
        conf.symlink_to("../own")
    before = contents(tmp_path)
    done = run_fix(conf)
    assert done.refused
    assert f"{tmp_path}/own/nginx.conf is outside of the checkout {tmp_path}/tree" in done.said[-1]
    assert contents(tmp_path) == before
    assert not run_fix(tmp_path / "own/nginx.conf").refused


def test_a_link_to_a_checkout_of_ones_own_may_be_named(tmp_path: Path) -> None:
    write(tmp_path / "own", {"nginx.conf": PLAIN, ".git/HEAD": ""})
    (tmp_path / "link").symlink_to("own")
    assert not run_fix(tmp_path / "link").refused
    assert (tmp_path / "own/nginx.conf").read_text() == FIXED


def test_settings_of_a_checkout_have_nothing_changed_outside_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "own", {"nginx.conf": PLAIN, ".git/HEAD": ""})
    listing = 'target = "debian-12"\nunit-cost = "100MiB"\nroots = ["../own"]\n'
    write(tmp_path / "tree", {".git/HEAD": "", "memlint.toml": listing})
    before = contents(tmp_path)
    monkeypatch.chdir(tmp_path / "tree")
    for option in ("--fix", "--show-fix"):
        run = memlint_here("check", option)
        assert f"own/nginx.conf is outside of the checkout {tmp_path}/tree" in run.err
        assert contents(tmp_path) == before
    # who names it on the command line decides
    memlint_here("check", "--fix", *FLAGS, "../own")
    assert (tmp_path / "own/nginx.conf").read_text() == FIXED


def test_mode_and_owner_stay(plain: Path) -> None:
    plain.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(plain, 1234, 4321)
    before = plain.stat()
    run_fix(plain)
    after = plain.stat()
    assert plain.read_text() == FIXED
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


def test_attributes_stay(plain: Path) -> None:
    try:
        os.setxattr(plain, "user.memlint", b"kept")
    except OSError:
        pytest.skip("no extended attributes here")
    run_fix(plain)
    assert plain.read_text() == FIXED
    assert os.getxattr(plain, "user.memlint") == b"kept"


def test_a_shared_file_is_changed_for_all_that_include_it(tmp_path: Path) -> None:
    main = http(f"{TRUSTED} server {{ include app; }} server {{ include app; }}")
    app = "location /lua { access_by_lua_file a.lua; }\nlocation /plain { }\n"
    conf = write(tmp_path, {"nginx.conf": main, "app": app})
    done = run_fix(conf)
    assert [report.ca_loads for report in done.reports] == [2]
    assert (tmp_path / "app").read_text() == app.replace("lua {", f"lua {{ {TRUSTED}", 1)


def test_a_directive_in_a_shared_file_is_moved_for_all(tmp_path: Path) -> None:
    main = http("".join(
        f"server {{ include ca; location / {{ }} location /{n} {{ access_by_lua_file x; }} }}\n"
        for n in range(3)
    ))  # fmt: skip
    conf = write(tmp_path, {"nginx.conf": main, "ca": TRUSTED})
    assert examined(str(conf)).report.ca_loads == 9
    assert [report.ca_loads for report in run_fix(conf).reports] == [3]
    assert (tmp_path / "ca").read_text() == ""


def test_a_fix_that_another_include_would_feel_is_not_proposed(tmp_path: Path) -> None:
    """The second server sees another bundle: the location cannot be given one for both."""
    other = "lua_ssl_trusted_certificate other.pem;"
    main = http(
        f"{TRUSTED} server {{ include app; location /a {{ }} }} server {{ {other} include app; }}"
    )
    app = "location /lua { access_by_lua_file a.lua; }\n"
    conf = write(tmp_path, {"nginx.conf": main, "app": app})
    before = trusted_by_lua(conf)
    assert before == ["ca.pem", "other.pem"]
    assert not any(remedy.fixable for remedy in examined(str(conf)).report.remedies)
    run_fix(conf)
    assert trusted_by_lua(conf) == before


def trusted_by_lua(conf: Path) -> list[str]:
    """The bundles that the locations with Lua see."""
    situation = examined(str(conf)).situation
    assert situation is not None
    locations = [b for b in situation.tree.blocks("location") if b.label == "location /lua"]
    settings = [location.effective(DIRECTIVE) for location in locations]
    return [setting.value if setting else "" for setting in settings]


def test_a_block_with_its_own_setting_gets_no_second_one(tmp_path: Path) -> None:
    unset = 'lua_ssl_trusted_certificate "";'
    text = http(
        f"{TRUSTED} server {{ location / {{ }}\n"
        f"location /a {{ {unset} access_by_lua_file a; }}\n"
        "location /b { access_by_lua_file b; }\n}"
    )
    conf = write(tmp_path, {"nginx.conf": text})
    assert run_fix(conf).reports[0].ca_loads == 1
    assert conf.read_text() == text.replace(f"{TRUSTED} ", "").replace(
        "location /b {", f"location /b {{ {TRUSTED}"
    )


def test_two_changes_at_once(tmp_path: Path) -> None:
    server = "server {{ {0} location /a {{ access_by_lua_file a; }} location /b {{ }} }}\n"
    parts = [f"lua_ssl_trusted_certificate {name}.pem;" for name in "ab"]
    text = http("".join(server.format(part) for part in parts))
    conf = write(tmp_path, {"nginx.conf": text})
    done = run_fix(conf)
    assert done.reports[0].ca_loads == 2
    assert any("in all: " in line and "6 → 2 CA loads" in line for line in done.said)


def test_nested_changes_come_one_after_the_other(tmp_path: Path) -> None:
    """Both are of the same directive, one in a block around the other's: the dearer one first."""
    text = http(
        "lua_ssl_trusted_certificate a.pem;\n"
        "server { location /a { access_by_lua_file a; } location /b { } location /c { } }\n"
        "server { lua_ssl_trusted_certificate b.pem; location /a { access_by_lua_file a; } }"
    )
    conf = write(tmp_path, {"nginx.conf": text})
    checked = examined(str(conf))
    assert checked.situation is not None
    [server] = [b for b in checked.situation.tree.blocks("server") if b.settings(DIRECTIVE)]
    inner = TreeChange(delete=tuple(server.settings(DIRECTIVE)))
    proposal = Proposal("remove it", checked.situation.after(inner), inner, kind=REMOVE)
    [plan] = fixing.plans([checked._replace(fixes=[proposal, *checked.fixes])])
    assert [line for line in plan.said if "move lua_ssl" in line]
    assert not [line for line in plan.said if "remove it" in line]
    assert [line for line in plan.notes if "remove it: not now" in line]
    assert plan.promise is not None
    assert plan.promise.ca_loads == 1 + 2


def test_a_change_that_others_would_feel_is_left_to_the_user(tmp_path: Path) -> None:
    """The obstacle is looked for whatever a rule proposes: obstacle() finds it."""
    conf = write(tmp_path, {"nginx.conf": http("server { include ca; } server { include ca; }")})
    (tmp_path / "ca").write_text(TRUSTED)
    checked = examined(str(conf))
    assert checked.situation is not None
    server = next(checked.situation.tree.blocks("server"))
    half = TreeChange(delete=tuple(server.settings(DIRECTIVE)))
    proposal = Proposal("remove it", checked.situation.after(half), half, kind=REMOVE)
    [plan] = fixing.plans([checked._replace(fixes=[proposal])])
    assert plan.edits == []
    [refusal] = plan.refusals
    assert "remove it: left to you: it would change what server in " in refusal


def test_directives_are_put_before_others_are_deleted(tmp_path: Path) -> None:
    """So the files are a working configuration at every moment."""
    conf = write(
        tmp_path,
        {
            "nginx.conf": http("include a; server { include z; location / { } }"),
            "a": f"{TRUSTED}\n",
            "z": "location /lua { access_by_lua_file a.lua; }\n",
        },
    )
    [plan] = fixing.plans([examined(str(conf))])
    assert [Path(edit.path).name for edit in plan.edits] == ["z", "a"]


# What is safe

SWITCHED_OFF = "ssl_trusted_certificate ca.pem;"


def with_unused(directive: str) -> str:
    keys = "ssl_certificate server.crt; ssl_certificate_key server.key;"
    return http(f"    {directive}\n    server {{ listen 1443 ssl; {keys} location / {{ }} }}")


def test_what_may_be_the_wrong_answer_is_left(tmp_path: Path) -> None:
    """Perhaps clients were to be verified: nobody but the author knows."""
    write_bundles(tmp_path)
    conf = write(tmp_path, {"nginx.conf": with_unused(SWITCHED_OFF)})
    [remedy] = [one for one in examined(str(conf)).report.remedies if one.fixable]
    assert remedy.unsafe == "perhaps the verification was to be switched on instead"
    for option in ("--fix", "--show-fix"):
        run = memlint("check", *FLAGS, option, conf)
        assert "left, as it is unsafe (perhaps the verification was to be switched on" in run.err
        assert "--unsafe-fixes makes it" in run.err
        assert conf.read_text() == with_unused(SWITCHED_OFF)
    assert f"-    {SWITCHED_OFF}" in memlint("check", *FLAGS, *SHOW_UNSAFE, conf).out
    assert "; --fix --unsafe-fixes does it" in memlint("check", *FLAGS, conf).out
    assert "; 1 fixable with --unsafe-fixes" in memlint("check", *FLAGS, conf).out
    run = memlint("check", *FLAGS, "--fix", "--unsafe-fixes", conf)
    assert run.code == 0, run.err
    assert SWITCHED_OFF not in conf.read_text()


SHOW_UNSAFE = ("--show-fix", "--unsafe-fixes")


def test_certificates_that_no_code_can_use_are_removed(tmp_path: Path) -> None:
    write_bundles(tmp_path)
    conf = write(tmp_path, {"nginx.conf": with_unused(TRUSTED)})
    assert not run_fix(conf).refused
    assert TRUSTED not in conf.read_text()


def test_a_flag_for_fixes_goes_with_fixes(plain: Path) -> None:
    run = memlint("check", *FLAGS, "--unsafe-fixes", plain)
    assert run.code == 2
    assert "goes with --fix or --show-fix" in run.err


def test_every_kind_of_change_is_told_by_its_rules() -> None:
    for kind in FIXES:
        for code in kind.rules:
            assert f"({kind.safety}) can {kind.does}" in " ".join(find_rule(code).doc.split())


# What several blocks include

LOCATIONS = "".join(f"location /l{n} {{\n    access_by_lua_file a.lua;\n}}\n" for n in range(3))


def included(conf: Path, **files: str) -> dict[str, bytes]:
    """All files after a configuration was fixed whose three locations need the directive."""
    main = http(f"{TRUSTED} # of accounts\nserver {{\ninclude app;\n}}")
    app = f"{LOCATIONS}location /p {{ }}\n"
    write(conf.parent, {"nginx.conf": main, "app": app, **files})
    done = run_fix(conf)
    assert not done.refused, done.said
    assert [report.ca_loads for report in done.reports] == [3]
    return contents(conf.parent)


def test_many_blocks_include_one_file(tmp_path: Path) -> None:
    """The comment behind the directive goes with it."""
    after = included(tmp_path / "nginx.conf")
    assert after[SNIPPET] == f"{TRUSTED} # of accounts\n".encode()
    assert after["app"].count(f"{{\n    include {SNIPPET};\n".encode()) == 3
    assert after["nginx.conf"] == http("server {\ninclude app;\n}").encode()
    assert (tmp_path / SNIPPET).stat().st_mode == (tmp_path / "nginx.conf").stat().st_mode


def test_snippets_have_a_directory_in_debian(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    after = included(tmp_path / "nginx.conf")
    assert after["app"].count(f"include snippets/{SNIPPET};".encode()) == 3
    assert f"snippets/{SNIPPET}" in after


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ({SNIPPET: "# another one\n"}, SNIPPET.replace(".conf", ".inc")),
        ({SNIPPET: f"{TRUSTED} # of accounts\n"}, SNIPPET),
    ],
)
def test_a_file_of_that_name_is_left_as_it_is(
    there: dict[str, str], name: str, tmp_path: Path
) -> None:
    after = included(tmp_path / "nginx.conf", **there)
    assert after["app"].count(f"include {name};".encode()) == 3
    assert after[SNIPPET].decode() == there[SNIPPET]


def test_no_pattern_of_an_include_matches_the_file(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": "include *.conf;\nevents { }", "http.conf": ""})
    (tmp_path / "nginx.conf").rename(tmp_path / "main")
    text = f"{LUA}http {{\n{TRUSTED}\nserver {{\n{LOCATIONS}location /p {{ }}\n}}\n}}\n"
    (tmp_path / "http.conf").write_text(text)
    conf = tmp_path / "main"
    done = run_fix(conf)
    assert not done.refused, done.said
    assert contents(tmp_path)["lua_ssl_trusted_certificate.inc"] == f"{TRUSTED}\n".encode()


def test_a_file_that_comes_to_be_meanwhile_is_not_replaced(three: Path) -> None:
    checked = examined(str(three))
    before = contents(three.parent)

    def late(_path: str) -> Inspection:
        return checked

    [plan] = fixing.plans([checked])
    assert [edit.path for edit in plan.edits if edit.like] == [str(three.parent / SNIPPET)]
    real = fixing.plans

    def planned(*args: Any, **more: Any) -> Any:
        made = real(*args, **more)
        (three.parent / SNIPPET).write_text("# theirs\n")
        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fixing, "plans", planned)
        done = fixing.fix([str(three)], late)
    assert done.refused
    assert "has come to be since the configuration was read" in done.said[-1]
    assert contents(three.parent) == {**before, SNIPPET: b"# theirs\n"}


def test_configurations_side_by_side_have_files_of_their_own(tmp_path: Path) -> None:
    """Each includes what its own change was tried with."""
    for name in ("a", "b"):
        text = http(f"{TRUSTED}\nserver {{\n{LOCATIONS}location /p {{ }}\n}}")
        (tmp_path / f"{name}.conf").write_text(text)
    done = run_fix(tmp_path / "a.conf", tmp_path / "b.conf")
    assert not done.refused, done.said
    assert {SNIPPET, "lua_ssl_trusted_certificate.inc"} < contents(tmp_path).keys()


@pytest.mark.parametrize("tool", [("patch", "-p1"), ("git", "apply")])
def test_a_patch_creates_the_file(
    tool: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(tool[0]) is None:
        pytest.skip(f"{tool[0]} is not installed")
    text = http(f"{TRUSTED}\nserver {{\n{LOCATIONS}location /p {{ }}\n}}")
    for name in ("one", "other"):
        write(tmp_path / name, {"nginx.conf": text})
    monkeypatch.chdir(tmp_path / "one")
    data = patch(fixing.plans([examined("nginx.conf")]))
    environment = {"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    other = tmp_path / "other"
    subprocess.run(tool, input=data, cwd=other, check=True, timeout=60, env=environment)
    run_fix(Path("nginx.conf"))
    assert contents(other) == contents(tmp_path / "one")
    assert SNIPPET in contents(other)


def test_a_directory_that_leads_out_of_the_checkout(tmp_path: Path) -> None:
    conf = write(tmp_path / "tree", {"nginx.conf": http(f"{TRUSTED} server {{ {LOCATIONS} }}")})
    (tmp_path / "tree/.git").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "tree/snippets").symlink_to("../outside")
    refused(conf, f"{tmp_path}/outside/{SNIPPET} is outside of the checkout {tmp_path}/tree")
    assert contents(tmp_path / "outside") == {}


def test_a_directory_outside_of_what_is_mapped(tmp_path: Path) -> None:
    """It may not be looked at: the file lies beside the main file."""
    conf = write(tmp_path / "copy", {"nginx.conf": http(f"{TRUSTED} server {{ {LOCATIONS} }}")})
    (tmp_path / "copy/snippets").symlink_to("/elsewhere")
    options = ("--path-map", f"/etc/nginx={conf.parent}", "/etc/nginx/nginx.conf")
    run = memlint("check", *FLAGS, "--fix", *options)
    assert run.code == 0, run.err
    assert (conf.parent / SNIPPET).read_text() == f"{TRUSTED}\n"


# What is refused


def refused(conf: Path, reason: str, **more: Any) -> None:
    """Nothing is written, the reason is said, the status is not 0."""
    before = contents(conf.parent)
    done = run_fix(conf, **more)
    assert done.refused
    assert [line for line in done.said if reason in line], done.said
    assert contents(conf.parent) == before


def test_a_configuration_that_was_not_read_in_full(plain: Path) -> None:
    plain.write_text(PLAIN.replace("server {", "include missing.conf;\nserver {"))
    refused(plain, "could not be read in full")
    run = memlint("check", *FLAGS, "--fix", plain)
    assert run.code == 3


def test_a_file_with_a_byte_order_mark(plain: Path) -> None:
    plain.write_bytes(b"\xef\xbb\xbf" + PLAIN.encode())
    refused(plain, "could not be read in full")


def test_a_read_only_file(plain: Path) -> None:
    plain.chmod(0o444)
    refused(plain, "is read-only")
    run = memlint("check", *FLAGS, "--fix", plain)
    assert (run.code, plain.read_text()) == (1, PLAIN)
    assert f"memlint: {plain}: nothing is changed: {plain} is read-only" in run.err


def test_a_file_with_hard_links(plain: Path) -> None:
    os.link(plain, plain.parent / "other")
    refused(plain, "has 2 hard links")


def test_a_file_with_two_names(tmp_path: Path) -> None:
    main = http(f"{TRUSTED} server {{ include app; }} server {{ include link; }}")
    app = "location / { }\nlocation /lua { access_by_lua_file a.lua; }\n"
    conf = write(tmp_path, {"nginx.conf": main, "app": app})
    (tmp_path / "link").symlink_to("app")
    refused(conf, "/app is included by two names")


def test_a_dump_and_standard_input(tmp_path: Path) -> None:
    dump = f"# configuration file /etc/nginx/nginx.conf:\n{PLAIN}\n"
    conf = write(tmp_path, {"nginx.conf": dump})
    run = memlint("check", *FLAGS, "--fix", "--dump", conf)
    assert run.code == 1
    assert "is an nginx -T dump: name the files themselves" in run.err
    assert conf.read_text() == dump
    run = memlint("check", *FLAGS, "--fix", "-", stdin=PLAIN.encode())
    assert run.code == 2
    assert "standard input is none" in run.err


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--fix", "--show-fix"], "give one of them"),
        (["--show-fix", "--format", "json"], "leave --format"),
        (["--fix", "--context", "http"], "needs whole configurations"),
        (["--show-fix", "--context", "http"], "needs whole configurations"),
    ],
)
def test_options_that_do_not_go_together(options: list[str], reason: str, plain: Path) -> None:
    run = memlint("check", *options, plain)
    assert run.code == 2
    assert reason in " ".join(run.err.replace("│", " ").split())
    assert plain.read_text() == PLAIN


def test_a_file_of_two_configurations(tmp_path: Path) -> None:
    """One has no Lua and could do without the directive; the other needs it."""
    one = http("include shared/ca; server { location / { } }")
    two = http("include ../one/shared/ca; access_by_lua_file a; server { location / { } }")
    files: dict[str, str | bytes] = {
        "one/nginx.conf": one,
        "two/nginx.conf": two,
        "one/shared/ca": TRUSTED,
    }
    write(tmp_path, files)
    before = contents(tmp_path)
    done = run_fix(tmp_path / "one", tmp_path / "two")
    assert any("is part of another configuration as well" in line for line in done.said)
    assert contents(tmp_path) == before
    assert len(run_fix(tmp_path / "one").said) == 2  # alone, nothing is known of the other


def test_a_fragment_is_refused(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": f"{TRUSTED}\nserver {{ location / {{ }} }}\n"})
    refused(conf, "a fragment is not changed", context=("http",))


def test_a_file_that_is_in_a_map_too(tmp_path: Path) -> None:
    main = http("include both; map $uri $b { include both; } server { location / { } }")
    conf = write(tmp_path, {"nginx.conf": main, "both": f"{TRUSTED}\n"})
    refused(conf, "is included in a map or the like as well")


def test_sysroot(tmp_path: Path) -> None:
    """A link is followed as on the machine the copy is of; the file outside is another one."""
    main = PLAIN.replace(TRUSTED, "include /etc/ca;")
    outside = tmp_path / "etc-ca"
    outside.write_text(TRUSTED)
    root = tmp_path / "root"
    write(root / "etc/nginx", {"nginx.conf": main})
    (root / "srv").mkdir()
    (root / "srv/ca").write_text(TRUSTED)
    (root / "etc/ca").symlink_to("/srv/ca")
    done = run_fix(Path("/etc/nginx/nginx.conf"), sysroot=str(root))
    assert done.reports[0].ca_loads == 1
    assert (root / "srv/ca").read_text() == ""
    (root / "srv/ca").unlink()
    (root / "srv/ca").symlink_to(f"{tmp_path}/etc-ca")
    done = run_fix(Path("/etc/nginx/nginx.conf"), sysroot=str(root))
    assert done.refused
    assert outside.read_text() == TRUSTED


# What goes wrong on the way


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Path]:
    app = "location /l{0} {{\n  access_by_lua_file a.lua;\n}}\nlocation /p{0} {{ }}\n"
    files = {f"app-{n}": app.format(n) for n in range(3)}
    conf = write(tmp_path, {"nginx.conf": http(f"{TRUSTED}\nserver {{ include app-*; }}"), **files})
    yield conf
    assert not [name for name in contents(tmp_path) if "memlint" in name]


@pytest.mark.parametrize("which", ["nginx.conf", "app-1"])
def test_a_file_changed_meanwhile(which: str, three: Path) -> None:
    checked = examined(str(three))
    (three.parent / which).write_text("# edited\n" + (three.parent / which).read_text())
    before = contents(three.parent)
    done = fixing.fix([str(three)], lambda _path: checked)
    assert done.refused
    assert f"{three.parent / which} has changed since it was read" in done.said[-1]
    assert contents(three.parent) == before


@pytest.mark.parametrize("fails_at", range(1, 6))
def test_a_failed_write_is_taken_back(
    fails_at: int, three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(three.parent)
    real, calls = os.replace, 0

    def fake_replace(*args: Any, **more: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == fails_at:
            raise OSError(errno.EIO, "no luck")
        real(*args, **more)

    monkeypatch.setattr(os, "replace", fake_replace)
    done = run_fix(three)
    assert calls == fails_at + max(0, fails_at - 2)  # the first file is new: it is removed
    assert "nothing is changed: cannot write" in done.said[-1]
    assert contents(three.parent) == before


def test_a_full_disk_is_noticed_before_anything_is_replaced(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(three.parent)
    stamps = {path: path.stat().st_ino for path in three.parent.iterdir()}

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", full)
    assert run_fix(three).refused
    assert contents(three.parent) == before
    assert {path: path.stat().st_ino for path in three.parent.iterdir()} == stamps


def test_an_interrupt_takes_all_back(three: Path) -> None:
    before = contents(three.parent)
    checks = 0

    def interrupted(path: str) -> Inspection:
        nonlocal checks
        checks += 1
        if checks == 2:
            assert contents(three.parent) != before
            raise KeyboardInterrupt
        return examined(path)

    with pytest.raises(KeyboardInterrupt):
        fixing.fix([str(three)], interrupted)
    assert contents(three.parent) == before


def test_a_broken_promise_is_taken_back(three: Path) -> None:
    """Should another include appear meanwhile, the figures are not those promised."""
    before = contents(three.parent)
    checks = 0

    def grown(path: str) -> Inspection:
        nonlocal checks
        checks += 1
        if checks == 2:
            (three.parent / "app-9").write_text(f"location /new {{ {TRUSTED} }}")
        return examined(path)

    done = fixing.fix([str(three)], grown)
    assert done.refused
    assert not done.broken
    assert "the files were put back" in done.said[-1]
    (three.parent / "app-9").unlink()
    assert contents(three.parent) == before


def test_what_cannot_be_put_back_is_named(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(three.parent)
    real, calls = os.replace, 0

    def fake_replace(*args: Any, **more: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise OSError(errno.EROFS, "read-only now")
        real(*args, **more)

    monkeypatch.setattr(os, "replace", fake_replace)
    done = run_fix(three)
    assert done.broken
    [line] = [line for line in done.said if "could not put back" in line]
    kept = Path(line.partition("old content is in ")[2].partition(")")[0])
    assert kept.read_bytes() == before["app-0"]
    monkeypatch.undo()
    run_fix(three)
    assert kept.read_bytes() == before["app-0"]
    kept.unlink()


def test_what_a_killed_run_has_left_is_removed(plain: Path) -> None:
    """By the next --fix, even if it has nothing to write; a check alone removes nothing."""
    left = plain.parent / ".memlint-0123456789abcdef"
    for _ in range(2):
        left.write_text("old")
        memlint("check", plain)
        assert left.exists()
        run = memlint("check", *FLAGS, "--fix", plain)
        assert "memlint: removed 1 temporary file that an interrupted run had left" in run.err
        assert contents(plain.parent) == {"nginx.conf": FIXED.encode()}


def test_what_is_left_outside_of_a_checkout_stays(tmp_path: Path) -> None:
    """A link in a checkout, and an include, may lead to what a run of somebody else left."""
    main = PLAIN.replace(TRUSTED, f"include a.conf; include {tmp_path}/beside/b.conf;")
    name = ".memlint-0123456789abcdef"
    places = ("checkout", "linked", "beside", "checkout/.git/hooks")
    files = {f"{place}/{name}": "old" for place in places}
    outside = {"linked/a.conf": TRUSTED, "beside/b.conf": "", "checkout/.git/HEAD": ""}
    write(tmp_path, {"checkout/nginx.conf": main, **outside, **files})
    (tmp_path / "checkout/a.conf").symlink_to(tmp_path / "linked/a.conf")
    done = run_fix(tmp_path / "checkout")
    assert "removed 1 temporary file that an interrupted run had left" in done.said
    assert [place for place in places if not (tmp_path / place / name).exists()] == ["checkout"]


def test_what_is_gits_own_is_not_changed(tmp_path: Path) -> None:
    """A link in a checkout may lead to a hook."""
    hook = tmp_path / ".git/hooks/pre-push"
    main = PLAIN.replace(TRUSTED, "include a.conf;")
    write(tmp_path, {"nginx.conf": main, ".git/hooks/pre-push": TRUSTED})
    (tmp_path / "a.conf").symlink_to(hook)
    done = run_fix(tmp_path)
    assert done.refused
    assert f"{hook} is git's own" in done.said[-1]
    assert hook.read_text() == TRUSTED


KILLED_BEFORE_FILE = """
import os, signal, sys
from nginx_memlint.__main__ import main
from nginx_memlint.files.writing import Directory
left = int(sys.argv.pop(1))
really = Directory.replace

def replace(self, name, by):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    really(self, name, by)

Directory.replace = replace
main()
"""


@pytest.mark.parametrize("written", range(5))
def test_what_a_killed_run_has_begun_is_gone_on_with(written: int, tmp_path: Path) -> None:
    """Files come one after the other, and what one of them has set already stays there."""
    lua = "    location /lua {\n        access_by_lua_file a.lua;\n    }\n"
    server = f"server {{\n    location / {{ }}\n{lua}}}\n"
    sites: dict[str, str | bytes] = {f"sites/{name}.conf": server for name in "abc"}
    files = {"nginx.conf": http(f"{TRUSTED}\ninclude sites/*.conf;"), **sites}
    at_once, killed = tmp_path / "at-once", tmp_path / "killed"
    for directory in (at_once, killed):
        write(directory, files)
    assert memlint("check", *FLAGS, "--fix", at_once).code == 0
    flags = ("check", *FLAGS, "--fix", str(killed))
    run = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_FILE, str(written), *flags], timeout=60, check=False
    )
    assert run.returncode == -signal.SIGKILL
    changed = [name for name in sites if (killed / name).read_text() != server]
    assert len(changed) == max(0, written - 1)  # what they include comes first
    assert (killed / SNIPPET).exists() == (written > 0)
    again = memlint(*flags)
    assert again.code == 0
    assert "nothing to fix" not in again.err
    assert contents(killed) == contents(at_once)


def test_the_incident(tmp_path: Path) -> None:
    """Fixed, it is the sample that was mended by hand, but for its title and its workers."""
    copy_sample("incident", tmp_path / "incident")
    run = memlint("check", "--target", "debian-12", "--fix", "incident", cwd=tmp_path)
    assert run.code == 0, run.err
    mended = contents(SAMPLES / "incident-moved")
    written = contents(tmp_path / "incident")
    for files in (mended, written):
        files["nginx.conf"] = files["nginx.conf"].partition(b"\n")[2]
    written["nginx.conf"] = written["nginx.conf"].replace(
        b"worker_processes auto;", b"worker_processes 4;\nworker_shutdown_timeout 60s;"
    )
    assert written == mended


AT_EACH_MOMENT = """
import os, signal, sys
import nginx_memlint.fix.apply, nginx_memlint.cli
from nginx_memlint.fix import rewrite
from nginx_memlint.__main__ import main
step = int(sys.argv.pop(1))
directory = sys.argv.pop(1)
before = {name: open(os.path.join(directory, name)).read() for name in os.listdir(directory)}
WRITERS = (
    *("rewrite.py", "writing.py", "reading.py", "apply.py", "contextlib.py"),
    *("process.py", "signals.py"),
)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
end = os._exit
rewritten = rewrite.rewritten
os.fsync = os.fstat  # a call as well; waiting for the disk took most of the time

def interrupted(files, at):
    moments = 0
    def count(frame, event, argument):
        nonlocal moments
        if os.path.basename(frame.f_code.co_filename) in WRITERS:
            moments += 1
            if moments == at:
                sys.setprofile(None)
                os.kill(os.getpid(), SIGNALS[at % 3])
    os._exit = lambda status: end(200 if moments < at else status)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.dup2(2, 1)
    sys.setprofile(count)
    return rewritten(files)

def at_each(files):
    # all that comes before is the same each time: a child for each moment goes on from here
    at = 1
    while True:
        for name in os.listdir(directory):
            os.unlink(os.path.join(directory, name))
        for name, text in before.items():
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        child = os.fork()
        if not child:
            return interrupted(files, at)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        after = {name: open(os.path.join(directory, name)).read() for name in os.listdir(directory)}
        fixed = {*before, "lua_ssl_trusted_certificate.conf"}
        print(at, status, after.keys() in ({*before}, fixed), after == before, flush=True)
        if status == 200:
            end(0)
        at += step

nginx_memlint.fix.apply.rewritten = at_each
main()
"""


def test_an_interrupt_at_any_moment_leaves_nothing(three: Path) -> None:
    """At each call and each return of a function while files are written."""
    step = 1 if SLOW else 11
    command = [sys.executable, "-c", AT_EACH_MOMENT, str(step), str(three.parent), "check", *FLAGS]
    done = subprocess.run(
        [*command, "--fix", str(three)], capture_output=True, text=True, timeout=600, check=True
    )
    *lines, last = [line.split() for line in done.stdout.splitlines()]
    assert last[1:3] == ["200", "True"]
    assert int(last[0]) > 300
    assert {names for _, _, names, _ in lines} == {"True"}
    # by the signal itself once all is done
    ends = {str(end) for number in (1, 2, 15) for end in (128 + number, -number)}
    assert {status for _, status, *_ in lines} <= ends
    assert {same for *_, same in lines} == {"True", "False"}
