"""The command: arguments, output, exit statuses."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from nginx_memlint.report import documentation, schemas
from nginx_memlint.report.screen import console_for
from nginx_memlint.targets.names import releases
from nginx_memlint.targets.products_table import PRODUCTS
from nginx_memlint.targets.targets import target_names
from tests.helpers import LUA, SAMPLES, copy_sample, http, memlint, write

INCIDENT = SAMPLES / "incident"


def test_the_incident_fails_with_no_option() -> None:
    run = memlint("check", INCIDENT)
    assert run.code == 1
    first = run.out.splitlines()[0]
    assert first.startswith("TOO MUCH ")
    assert "nginx.conf:16:5: error ML202" in run.out
    assert "assumed: --target" in run.out
    assert len(run.out.splitlines()) <= 20


def test_more_and_less_of_the_incident() -> None:
    verbose = memlint("check", INCIDENT, "--verbose").out
    assert "4,080 TLS contexts" in verbose
    assert "locations × 1 MiB" in verbose
    assert "state yours with --target" in verbose
    [verdict] = memlint("check", INCIDENT, "-q").out.splitlines()
    assert verdict == verbose.splitlines()[0]
    wrong = memlint("check", INCIDENT, "-q", "-v")
    assert (wrong.code, wrong.out) == (2, "")


@pytest.mark.parametrize("command", ["check", "tree", "rules", "targets"])
def test_colors_are_written_where_they_are_wanted(command: str) -> None:
    args = [command, INCIDENT] if command in ("check", "tree") else [command]
    colored = memlint(*args, "--color", "always")
    plain = memlint(*args, "--color", "never", env=os.environ | {"FORCE_COLOR": "1"})
    assert "\x1b[" not in plain.out
    assert "\x1b[" in colored.out
    assert "\x1b]8" not in colored.out  # links are for a terminal


def test_a_long_path_breaks_no_line(tmp_path: Path) -> None:
    short = memlint("check", INCIDENT, env=os.environ | {"COLUMNS": "40"})
    far_away = tmp_path / ("long" * 30) / "incident"
    copy_sample("incident", far_away)
    long = memlint("check", far_away, env=os.environ | {"COLUMNS": "40"})
    assert long.out.replace(str(far_away), str(INCIDENT)) == short.out


def test_a_healthy_configuration_is_one_line_and_what_was_read_outside() -> None:
    run = memlint("check", "--target", "debian-12", SAMPLES / "healthy")
    assert run.code == 0
    verdict, outside = run.out.splitlines()
    assert verdict.startswith("ok ")
    assert outside.startswith("  read outside of its directory: ")
    assert outside.endswith("ca-bundle.pem")


def test_json_is_one_object_that_fits_the_schema() -> None:
    schema = schemas.schema("check")
    for sample in ("incident", "stream", "broken"):
        run = memlint("check", "--format", "json", SAMPLES / sample)
        assert run.err == ""
        jsonschema.validate(run.json, schema)
        jsonschema.Draft202012Validator.check_schema(schema)
    [config] = memlint("check", "--format", "json", INCIDENT).json["configs"]
    assert config["blocks"] == {
        "server": 80,
        "location": 4000,
        "if": 0,
        "limit_except": 0,
        "stream_server": 0,
    }
    assert config["families"]["lua"] == {"ssl_contexts": 4080, "ca_loads": 4080}


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], 1),
        (["--fail-on", "never"], 0),
        (["--max-memory", "64GiB"], 0),
        (["--max-memory", "64GiB", "--fail-on", "warning"], 1),
        (["--max-memory", "5GB"], 1),
        (["--target", "debian-13"], 0),
        (["--target", "debian-13", "--max-memory", "1048576"], 1),
    ],
)
def test_budgets_and_levels(args: list[str], code: int) -> None:
    assert memlint("check", INCIDENT, *args).code == code


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "name a configuration"),
        (["--target", "debain-12", "x"], 'did you mean "debian-12"?'),
        (["--max-memory", "lots", "x"], "not a size"),
        (["--max-memory", "-1", "x"], "not a size"),
        (["--set", "lua=new", "x"], "not a version"),
        (["--set", "lua", "x"], "is not NAME=VALUE"),
        (["--lua-version", "0.10.9", "x"], "is now --set lua=VERSION"),
        (["--no-cache", "x"], "results are no longer kept"),
        (["--target", "classic", "x"], "it is debian-12"),
        (["--workers", "0", "x"], "--workers"),
        (["--format", "xml", "x"], "--format"),
        (["--context", "location", "x"], "cannot be outermost"),
        (["--path-map", "nonsense", "x"], "FROM=TO"),
        (["--sysroot", "/nonexistent", "x"], "not a directory"),
        (["--unknown", "x"], "--unknown"),
    ],
)
def test_wrong_usage(args: list[str], message: str) -> None:
    run = memlint("check", *args, env=os.environ | {"COLUMNS": "300"})
    assert run.code == 2
    assert message in run.err
    assert run.out == ""


FULL_SERVER = "server { location / { access_by_lua_file a; } }"
FULL = http("server { location / { } }")


@pytest.mark.parametrize(
    ("name", "content", "where", "message"),
    [
        ("missing", None, "nginx.conf", "No such file or directory"),
        ("empty", b"", "nginx.conf", "the file is empty"),
        ("binary", b"\x7fELF\x02\x01\x01\0\0" * 50, "nginx.conf", "is a program (ELF)"),
        ("braces", b"events {\n}\nhttp {\n  server {\n}\n", "nginx.conf:6", 'expecting "}"'),
        ("extra", b"events {}\n}\n", "nginx.conf:2", 'unexpected "}"'),
        ("semicolon", b"events {}\nhttp { server { root /a } }", "nginx.conf:2", 'unexpected "}"'),
        ("include", FULL.encode() + b"include none.conf;", "nginx.conf:7", "No such file"),
        ("directory", FULL.encode() + b"include ../;", "nginx.conf:7", "Is a directory"),
        ("self", FULL.encode() + b"include nginx.conf;", "nginx.conf:7", "cycle"),
        ("block", b"events {}\nhttp { unheard { } }", "nginx.conf:2", "not known"),
        ("place", b"events {}\nserver { }", "nginx.conf:2", "not allowed here"),
    ],
)
def test_what_cannot_be_read(
    tmp_path: Path, name: str, content: bytes | None, where: str, message: str
) -> None:
    conf = tmp_path / name / "nginx.conf"
    if content is not None:
        write(tmp_path / name, {"nginx.conf": content})
    run = memlint("check", conf)
    assert run.code == 3
    [line] = [line for line in run.out.splitlines() if message in line]
    assert f"{where}:" in line
    assert run.out.startswith("NOT ALL READ ")
    problem = memlint("check", "--format", "json", conf).json["configs"][0]["problems"][0]
    assert message in problem["message"]


def test_a_directory_names_candidates(tmp_path: Path) -> None:
    write(tmp_path / "a", {"nginx.conf": FULL})
    run = memlint("check", tmp_path)
    assert run.code == 3
    assert "a/nginx.conf" in run.out
    assert memlint("check", tmp_path / "a").code == 0


def test_what_was_read_is_still_reported(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": http("include no.conf; server { location / { } }")})
    run = memlint("check", "--format", "json", conf)
    assert run.code == 3
    assert run.json["configs"][0]["blocks"]["location"] == 1
    assert run.json["configs"][0]["complete"] is False


def test_several_configurations(tmp_path: Path) -> None:
    good = write(tmp_path / "good", {"nginx.conf": FULL})
    bad = write(tmp_path / "bad", {"nginx.conf": "}"})
    run = memlint("check", "--format", "json", good, bad, good)
    assert run.code == 3
    assert [config["complete"] for config in run.json["configs"]] == [True, False, True]


def test_standard_input() -> None:
    run = memlint("check", "--format", "json", "-", stdin=FULL.encode())
    assert run.code == 0
    assert run.json["configs"][0]["blocks"]["location"] == 1


def test_names_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    names = 'include "\x1b]0;red\u202e"; "[bold]x[/bold]" { }'
    conf = write(tmp_path, {"nginx.conf": http(names, main=LUA)})
    run = memlint("check", conf)
    assert run.code == 3
    assert "\x1b" not in run.out
    assert "\u202e" not in run.out
    assert "\\x1b]0;red\\u202e" in run.out
    assert 'block "[bold]x[/bold]" is not known' in run.out


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": b"events {}\ninclude a\xffb;\n"})
    for output_format in ("text", "json"):
        run = memlint("check", "--format", output_format, conf)
        assert run.code == 3
        assert "xffb" in run.out


def test_a_reader_that_goes_away() -> None:
    command = f"{sys.executable} -m nginx_memlint check {INCIDENT} --format json | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=60, check=False
    )
    assert done.stderr == b""


def test_ascii_terminals() -> None:
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert memlint("check", INCIDENT, env=env).code == 1


def test_narrow_terminals() -> None:
    run = memlint("check", INCIDENT, env=os.environ | {"COLUMNS": "40"})
    assert run.code == 1
    # what an editor or a grep looks for is not broken
    assert f"{INCIDENT}/nginx.conf:16:5: error ML202: " in run.out


def test_targets_lists_products_on_a_screen() -> None:
    run = memlint("targets")
    assert run.code == 0
    assert len(run.out.splitlines()) <= 24
    assert max(len(line.rstrip()) for line in run.out.splitlines()) <= 80
    for product in PRODUCTS:
        assert product in run.out


@pytest.mark.parametrize("product", PRODUCTS)
def test_targets_lists_the_versions_of_a_product(product: str) -> None:
    out = io.StringIO()
    documentation.targets(console_for(out), product)
    for name in releases(product):
        assert name in out.getvalue()


def test_targets_says_what_a_target_is() -> None:
    run = memlint("targets", "kong:3.4.2")
    assert run.code == 0
    for text in ("kong-3.4.2", "0.10.21", "3.1.1", "Kong/kong .requirements", "as on debian-13"):
        assert text in run.out
    assert "measured on this server" in memlint("targets", "debian-12").out
    assert memlint("targets", "foo").code == 2


def test_targets_as_json() -> None:
    [kong] = memlint("targets", "--format", "json", "kong:3.4.2").json
    assert (kong["nginx"], kong["lua"], kong["borrowed"]) == ("1.21.4", "0.10.21", "debian-13")
    names = [server["name"] for server in memlint("targets", "--format", "json").json]
    assert names == target_names()
    releases_of_kong = memlint("targets", "--format", "json", "kong").json
    assert [server["name"] for server in releases_of_kong] == list(releases("kong"))


@pytest.mark.parametrize("command", [[], ["check"], ["diff"], ["targets"], ["rules"]])
def test_help(command: list[str]) -> None:
    run = memlint(*command, "--help")
    assert run.code == 0
    assert "Usage" in run.out


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (str(INCIDENT), "memlint check "),
        ("help", "memlint --help"),
        ("version", "memlint --version"),
        ("chek", 'did you mean "check"'),
    ],
)
def test_no_command_but_what_is_meant_is_plain(word: str, said: str) -> None:
    run = memlint(word, env=os.environ | {"COLUMNS": "300"})
    assert (run.code, run.out) == (2, "")
    assert said in run.err


@pytest.mark.parametrize(("fail_on", "code"), [("note", 1), ("warning", 0), ("never", 0)])
def test_notes_can_fail(fail_on: str, code: int, tmp_path: Path) -> None:
    conf = write(
        tmp_path, {"nginx.conf": http("lua_ssl_trusted_certificate none.pem;" + FULL_SERVER)}
    )
    run = memlint("check", conf, "--fail-on", fail_on, "--format", "junit")
    assert (run.code, 'failures="0"' in run.out) == (code, code == 0)


def test_help_tells_exit_statuses() -> None:
    out = " ".join(memlint("check", "--help").out.split())
    for text in ("0 nothing at or above", "3 a configuration could not be read", "4 an internal"):
        assert text in out


def test_version() -> None:
    assert memlint("--version").out.startswith("memlint 0.")


def test_completion() -> None:
    env = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    run = memlint("--show-completion", "bash", env=env)
    assert run.code == 0
    assert "COMPLETE" in run.out


# a line of its own would be a command to GitHub's runner; the others hide, or act on a terminal
HOSTILE = "x\n::error::y\r\x1b[31m\x07\u202e\u2028\x85\x9b"


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check", f"--{option}", HOSTILE, "."] for option in ("target", "format", "confine")),
        *(["check", f"--{option}", HOSTILE, "."] for option in ("set", "context", "path-map")),
        *(["check", f"--{option}", HOSTILE, "."] for option in ("max-memory", "nginx-binary")),
        *(["check", f"--{option}", HOSTILE, "."] for option in ("jobs", "baseline")),
        *(["check", f"--{option}", HOSTILE, "."] for option in ("target-file", "config")),
        ["check", "--write-baseline", "--baseline", f"missing/{HOSTILE}", "."],
        ["check", f"--{HOSTILE}"],
        ["check", "--fix=" + HOSTILE],
        ["check", HOSTILE],
        ["diff", HOSTILE, HOSTILE],
        ["diff", HOSTILE],
        ["diff", "--base", HOSTILE, "."],
        ["explain", HOSTILE],
        ["targets", HOSTILE],
        [HOSTILE],
        [f"--{HOSTILE}"],
        ["--version=" + HOSTILE],
    ],
)
def test_what_was_given_is_said_as_data(arguments: list[str], tmp_path: Path) -> None:
    """Values on a command line may be names of a repository's files."""
    write(tmp_path, {"nginx.conf": http("")})
    run = memlint(*arguments, cwd=tmp_path)
    assert run.code in (2, 3), run.out
    said = run.out + run.err
    assert said
    assert not [line for line in said.splitlines() if line.startswith("::")]
    unsafe = {char for char in said if not char.isprintable()} - {"\n"}
    assert not unsafe


@pytest.mark.parametrize("arguments", [[], ["check"], ["tree"]])
def test_alone_beside_a_configuration(tmp_path: Path, arguments: list[str]) -> None:
    write(tmp_path, {"nginx.conf": FULL})
    run = memlint(*arguments, cwd=tmp_path)
    assert (run.code, run.err) == (0, "")
    assert "nginx.conf" in run.out


def test_alone_where_there_are_settings(tmp_path: Path) -> None:
    write(tmp_path, {"web/nginx.conf": FULL, "memlint.toml": 'roots = ["web"]\n'})
    assert memlint(cwd=tmp_path).out.startswith("ok web: ")
    (tmp_path / "memlint.toml").write_text("roots = 3\n")
    assert memlint(cwd=tmp_path).code == 2


def test_alone_where_there_is_nothing(tmp_path: Path) -> None:
    run = memlint(cwd=tmp_path)
    assert run.code == 0
    assert run.out.splitlines()[0].startswith("Usage: ")
    run = memlint("check", cwd=tmp_path)
    assert run.code == 2
    assert "name a configuration, or list roots in memlint.toml" in " ".join(run.err.split())
    write(tmp_path / "conf", {"nginx.conf": FULL})
    run = memlint("check", cwd=tmp_path)
    assert "(did you mean conf/nginx.conf?)" in " ".join(run.err.split())
