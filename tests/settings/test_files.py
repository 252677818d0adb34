"""Settings files: found, read, overridden, explained."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nginx_memlint.acceptance.paths import applies, matches
from nginx_memlint.analysis.job import Job
from nginx_memlint.errors import MemlintError
from nginx_memlint.files.toml import MAX_BYTES
from nginx_memlint.options.record import OPTIONS, OptionPlace, Options, options_in
from nginx_memlint.policy import Limits, PathIgnore
from nginx_memlint.report import schemas
from nginx_memlint.report.views.settings import in_force
from nginx_memlint.settings import (
    Root,
    all_asked,
    asked,
    everywhere,
    plan,
)
from nginx_memlint.settings.files import find, read
from nginx_memlint.settings.model import Settings
from nginx_memlint.targets.targets import Target, find_target
from tests.helpers import MEASURED, http, memlint, write

PROJECT = Path(__file__).parents[2]
FULL = http("server { location / { } }", main="")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def one(path: str = "nginx.conf", **flags: Any) -> Root:
    [root] = plan([path], flags)
    return root


def set_values(root: Root) -> dict[str, tuple[Any, str]]:
    """The values that are not default, by their keys, each with where it is from."""
    return {
        OPTIONS[name].key: (value.value, value.at())
        for name, value in root.values.items()
        if value.at() != "default"
    }


# where they are


@pytest.mark.parametrize(
    ("files", "conf", "expected"),
    [
        ({"memlint.toml": 1}, "nginx.conf", 1),
        ({"memlint.toml": 1}, "a/b/nginx.conf", 1),
        ({"memlint.toml": 1, "a/memlint.toml": 2}, "a/b/nginx.conf", 2),
        ({"memlint.toml": 1, "a/memlint.toml": 2}, "a", 2),
        ({"memlint.toml": 1, "a/b/memlint.toml": 2}, "a", 1),
        ({"memlint.toml": 1, "pyproject.toml": 2}, "nginx.conf", 1),
        ({"memlint.toml": 1, "a/pyproject.toml": 2}, "a/nginx.conf", 2),
        ({"memlint.toml": 1, "a/pyproject.toml": None}, "a/nginx.conf", 1),
        ({"memlint.toml": 1}, "-", 1),
        ({"memlint.toml": 1, "a/.git/HEAD": None}, "a/nginx.conf", None),
        ({"memlint.toml": 1, "a/.git": None}, "a/b/nginx.conf", None),
        ({"memlint.toml": 1, "a/.git": None, "a/memlint.toml": 2}, "a/b/nginx.conf", 2),
        ({}, "a/nginx.conf", None),
    ],
)
def test_the_nearest_counts(
    repository: Path, files: dict[str, int | None], conf: str, expected: int | None
) -> None:
    (repository / "a/b").mkdir(parents=True)
    for name, workers in files.items():
        head = "[tool.memlint]\n" if "pyproject" in name else ""
        text = "" if workers is None else f"{head}workers = {workers}\n"
        write(repository, {name: text})
    assert one(conf).values["workers"].value == expected


def test_the_search_starts_where_the_file_is(repository: Path) -> None:
    write(
        repository,
        {
            "copy/etc/nginx/memlint.toml": "workers = 3",
            "copy/etc/nginx/nginx.conf": FULL,
            "memlint.toml": "workers = 5",
            "elsewhere/x": "",
        },
    )
    assert one("/etc/nginx/nginx.conf", sysroot="copy").values["workers"].value == 3
    assert one("nginx.conf", prefix="copy/etc/nginx").values["workers"].value == 3
    mapped = one("/etc/nginx/nginx.conf", path_map=[("/etc/nginx", "copy/etc/nginx")])
    assert mapped.values["workers"].value == 3
    # ".." is that of the kernel, after the link
    (repository / "link").symlink_to("copy/etc/nginx/")
    (repository / "copy/etc/memlint.toml").write_text("workers = 7")
    assert one("link/../nginx.conf").values["workers"].value == 7


def test_config_and_no_config(repository: Path) -> None:
    write(
        repository, {"memlint.toml": "workers = 1", "other/any.toml": 'workers = 2\nsysroot = "."'}
    )
    write(repository, {"pyproject.toml": "[tool.other]\n"})
    [root] = plan(["nginx.conf"], {}, config="other/any.toml")
    assert set_values(root) == {
        "workers": (2, "other/any.toml:1"),
        "sysroot": ("other/.", "other/any.toml:2"),
    }
    [root] = plan(["nginx.conf"], {}, isolated=True)
    assert set_values(root) == {}
    assert plan([], {}, isolated=True) == []
    for config, isolated, message in (
        ("pyproject.toml", False, "no [tool.memlint]"),
        ("none.toml", False, "No such file"),
        ("other", False, "is a directory"),
        ("memlint.toml", True, "exclude each other"),
    ):
        with pytest.raises(MemlintError, match=re.escape(message)):
            plan(["nginx.conf"], {}, config=config, isolated=isolated)


def test_what_is_no_file_is_an_error(repository: Path) -> None:
    path = repository / "memlint.toml"
    path.mkdir()
    with pytest.raises(MemlintError, match=r"memlint.toml: is not a file"):
        find(".")
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(MemlintError, match="is not a file"):
        find(".")
    path.unlink()
    path.symlink_to("nowhere")
    with pytest.raises(MemlintError, match="is not a file"):
        find(".")


def test_links_stay_in_the_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret"
    outside.write_text("password = 1")
    (repository / "a").mkdir()
    (repository / "a/memlint.toml").symlink_to(outside)
    with pytest.raises(MemlintError, match="leads out of") as caught:
        find("a")
    assert "password" not in str(caught.value)
    (repository / "shared.toml").write_text("workers = 4")
    (repository / "a/memlint.toml").unlink()
    (repository / "a/memlint.toml").symlink_to("../shared.toml")
    assert one("a/nginx.conf").values["workers"].value == 4


# whose they are

ONLY_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")


@ONLY_ROOT
@pytest.mark.parametrize(
    ("owner", "mode", "used"),
    [
        (0, 0o777, True),  # root's own, or the caller's
        (1234, 0o755, True),  # a checkout that somebody else owns, read by root
        (1234, 0o777, False),
        (1234, 0o1777, False),  # /tmp
        (1234, 0o775, False),
    ],
)
def test_settings_of_strangers(repository: Path, owner: int, mode: int, used: bool) -> None:
    write(repository, {"nginx.conf": FULL, "memlint.toml": "workers = 7\nroots = ['nginx.conf']\n"})
    os.chown(repository / "memlint.toml", owner, owner)
    repository.chmod(mode)
    assert (one().values["workers"].value == 7) == used
    for paths in ([], ["nginx.conf"]):
        done = memlint("check", "--format=json", *paths, cwd=repository)
        said = "memlint.toml: these settings are not used: user 1234 owns them"
        assert (said in done.err) == (not used)
        assert ("give them with --config, or let nobody else" in done.err) == (not used)
        if not used and not paths:
            assert (done.code, done.out) == (2, "")
            continue
        assert done.code == 0, done.err
        [config] = done.json["configs"]
        problems = [(p["file"], p["complete"]) for p in config["problems"]]
        assert problems == ([] if used else [("memlint.toml", True)])
    done = memlint("config", "nginx.conf", cwd=repository)
    assert ("user 1234" in done.err) == (not used)
    # who names them takes them
    assert one().values["workers"].value == (7 if used else None)
    [root] = plan(["nginx.conf"], {}, config="memlint.toml")
    assert root.values["workers"].value == 7


@pytest.mark.parametrize("kind", ["a submodule", "a clone"])
def test_settings_above_a_checkout_in_the_checkout(repository: Path, kind: str) -> None:
    """They are not taken, which is said: anyone may make a submodule of a directory."""
    write(repository, {"memlint.toml": "workers = 7", "a/b/sub/conf/nginx.conf": FULL})
    mark = repository / "a/b/sub/.git"
    assert one("a/b/sub/conf/nginx.conf").values["workers"].value == 7
    if kind == "a submodule":
        mark.write_text("gitdir: ../../../.git/modules/sub\n")
    else:
        mark.mkdir()
    root = one("a/b/sub/conf/nginx.conf")
    assert root.values["workers"].value is None
    [problem] = root.left_out
    assert (problem.file, problem.complete) == ("memlint.toml", True)
    assert "ends with a/b/sub, which has a .git of its own" in problem.message
    done = memlint("check", "--format=json", "a/b/sub/conf/nginx.conf", cwd=repository)
    [config] = done.json["configs"]
    assert [entry["file"] for entry in config["problems"]] == ["memlint.toml"]
    assert "these settings are not used" in done.err
    done = memlint("check", cwd=mark.parent / "conf")
    assert (done.code, "these settings are not used" in done.err) == (0, True)
    done = memlint("check", cwd=mark.parent)
    assert (done.code, "these settings are not used" in done.err) == (2, True)
    # settings of its own are the nearest, as anywhere; a pyproject.toml of something else is none
    (repository / "memlint.toml").rename(repository / "pyproject.toml")
    assert not one("a/b/sub/conf/nginx.conf").left_out
    (repository / "pyproject.toml").rename(repository / "memlint.toml")
    write(mark.parent, {"memlint.toml": "workers = 3"})
    root = one("a/b/sub/conf/nginx.conf")
    assert (root.values["workers"].value, root.left_out) == (3, ())


def test_facts_above_a_checkout_in_the_checkout(repository: Path) -> None:
    facts = "nginx = '1.22.1'\nopenssl = '3.0'\n"
    write(
        repository, {"memlint-facts.toml": facts, "sub/.git": "gitdir: x", "sub/nginx.conf": FULL}
    )
    [problem] = one("sub/nginx.conf").left_out
    assert problem.file == "memlint-facts.toml"
    assert problem.message.endswith("give them with --target-file")


def test_settings_above_a_checkout_that_is_in_none(repository: Path) -> None:
    """Nor are settings outside of a sysroot anybody's concern."""
    write(repository, {"memlint.toml": "workers = 7", "sub/.git/HEAD": "", "sub/nginx.conf": FULL})
    (repository / ".git").rmdir()
    assert not one("sub/nginx.conf").left_out
    (repository / ".git").mkdir()
    assert one("sub/nginx.conf").left_out
    assert not one("nginx.conf", sysroot="sub").left_out


@ONLY_ROOT
def test_links_to_settings_of_strangers(repository: Path) -> None:
    """A link to them, and a stranger's link to one's own."""
    write(repository, {"a/nginx.conf": FULL, "open/memlint.toml": "workers = 7"})
    (repository / "a/memlint.toml").symlink_to("../open/memlint.toml")
    assert one("a/nginx.conf").values["workers"].value == 7
    (repository / "open").chmod(0o777)
    os.chown(repository / "open/memlint.toml", 1234, 1234)
    assert one("a/nginx.conf").values["workers"].value is None
    os.chown(repository / "open/memlint.toml", 0, 0)
    assert one("a/nginx.conf").values["workers"].value == 7
    (repository / "a").chmod(0o777)
    os.chown(repository / "a/memlint.toml", 1234, 1234, follow_symlinks=False)
    assert one("a/nginx.conf").values["workers"].value is None


@ONLY_ROOT
def test_above_settings_of_strangers_the_search_goes_on(repository: Path) -> None:
    write(repository, {"memlint.toml": "workers = 3", "tmp/memlint.toml": "workers = 7"})
    os.chown(repository / "tmp/memlint.toml", 1234, 1234)
    (repository / "tmp").chmod(0o1777)
    root = one("tmp/nginx.conf")
    assert root.values["workers"].value == 3
    assert [problem.file for problem in root.left_out] == ["tmp/memlint.toml"]


def test_confined_no_settings_outside_by_a_link(repository: Path) -> None:
    """Those above the directory are the caller's own, those that a link in it leads to are not."""
    write(
        repository,
        {"memlint.toml": "workers = 3", "tree/nginx.conf": FULL, "out.toml": "workers = 7"},
    )
    assert one("tree/nginx.conf", confine="tree").values["workers"].value == 3
    (repository / "tree/memlint.toml").symlink_to("../out.toml")
    assert one("tree/nginx.conf").values["workers"].value == 7
    with pytest.raises(MemlintError, match="link that leads out of"):
        one("tree/nginx.conf", confine="tree")
    (repository / "tree/own.toml").write_text("workers = 5")
    (repository / "tree/memlint.toml").unlink()
    (repository / "tree/memlint.toml").symlink_to("own.toml")
    assert one("tree/nginx.conf", confine="tree").values["workers"].value == 5


def test_with_a_sysroot_no_settings_outside(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write(
        repository,
        {
            "memlint.toml": "workers = 3\nroots = ['root/etc/nginx.conf']",
            "root/etc/nginx.conf": FULL,
        },
    )
    conf = "etc/nginx.conf"
    assert one("root/etc/nginx.conf").values["workers"].value == 3
    for place in ("root", f"{repository}/root", "./root/../root"):
        assert one(f"/{conf}", sysroot=place).values["workers"].value is None
    assert plan([], {"sysroot": "root"}) == []
    assert everywhere({"sysroot": "root"}).values["workers"].value is None
    # a link to a sysroot, and one out of it
    (repository / "link").symlink_to("root")
    (repository / "root/memlint.toml").write_text("workers = 5")
    assert one(f"/{conf}", sysroot="link").values["workers"].value == 5
    (repository / "root/memlint.toml").unlink()
    (repository / "root/memlint.toml").symlink_to("../memlint.toml")
    with pytest.raises(MemlintError, match="link that leads out of"):
        one(f"/{conf}", sysroot="root")
    outside = tmp_path_factory.mktemp("outside")
    write(outside, {"memlint.toml": "workers = 9", "nginx.conf": FULL})
    (repository / "root/etc/out").symlink_to(outside)
    (repository / "root/memlint.toml").unlink()
    assert one("/etc/out/nginx.conf", sysroot="root").values["workers"].value is None
    [root] = plan([f"/{conf}"], {"sysroot": "root"}, config="memlint.toml")
    assert root.values["workers"].value == 3  # the caller named it


def test_standard_input_is_no_root(repository: Path) -> None:
    write(repository, {"memlint.toml": "roots = ['-']"})
    done = memlint("check", stdin=FULL.encode(), cwd=repository)
    assert done.code == 2
    assert 'memlint.toml:1: roots[1].path: "-" is standard input' in done.err
    write(repository, {"memlint.toml": "[[roots]]\npath = '-'", "-": FULL})
    done = memlint("check", stdin=FULL.encode(), cwd=repository)
    assert "memlint.toml:2: " in done.err
    write(repository, {"memlint.toml": "roots = ['./-']"})
    done = memlint("check", "--format=json", stdin=b"}", cwd=repository)
    assert done.code == 0
    assert [config["path"] for config in done.json["configs"]] == ["./-"]


# mistakes

WRONG = [
    ('max-memroy = "4GiB"', ':1: unknown key "max-memroy"; did you mean "max-memory"?'),
    ("\n\nmax_memory = 4", ':3: unknown key "max_memory"; did you mean "max-memory"?'),
    ("qqqq = 1", ':1: unknown key "qqqq"; known are target, target-file, set, '),
    ("# x\nworkers = \n", ":2:11: is not TOML: Invalid value"),
    ('a = """\n\n', ":1: is not TOML: Unterminated string"),
    ('target = "debain-12"', ':1: target: "debain-12" is not known; did you mean "debian'),
    ("target = 1979-05-27", ':1: target: must be a name like "debian-12"'),
    ('target = "debian-12"\ntarget-file = "x"', ":2: target-file: is used instead of target"),
    ('target-file = "none"', ":1: target-file: cannot read none: No such file"),
    ('target-file = "nginx.conf"', ":1: target-file: nginx.conf:1:18: is not TOML"),
    ('set = { lua = "new" }', ':1: set: "new" is not a version'),
    (
        'set = { lau = "0.10.9" }',
        ':1: set: "lau" is not one of nginx, lua, stream-lua, njs, openssl',
    ),
    ('set = "lua"', ":1: set: must be a table of texts"),
    ('lua-version = "0.10.9"', ':1: lua-version: is now lua = "VERSION" in the table [set]'),
    ('target = "classic"', ':1: target: "classic" is gone: it is debian-12'),
    ('workers = "four"', ':1: workers: "four" is not a number of workers from 1 to 4096'),
    ("workers = true", ":1: workers: must be a whole number"),
    ("workers = 0", ':1: workers: "0" is not a number of workers from 1 to 4096'),
    ("workers = 5000", ':1: workers: "5000" is not a number of workers from 1 to 4096'),
    ('max-memory = "lots"', ':1: max-memory: "lots" is not a size like 4GiB'),
    ("max-memory = 4.5", ':1: max-memory: must be a size like "4GiB"'),
    ("unit-cost = 0", ":1: unit-cost: 0 is no number of bytes"),
    ("max-test-seconds = nan", ":1: max-test-seconds: nan is not a positive number of seconds"),
    ("max-test-seconds = inf", ":1: max-test-seconds: inf is not a positive number of seconds"),
    (f"max-test-seconds = {'9' * 400}", "9 is not a positive number of seconds"),
    ('max-test-seconds = "soon"', ":1: max-test-seconds: soon is not a positive number"),
    ('sysroot = "nope"', ':1: sysroot: "nope" is not a directory'),
    ('path-map = { "/etc" = "nope" }', ':1: path-map: there is no "nope"'),
    (
        f'path-map = {{ "/{"a/" * 2048}" = "." }}',
        ":1: path-map: is longer than a path can be: 4,096",
    ),
    ('path-map = { "etc" = "." }', ':1: path-map: "etc" must be absolute'),
    ('prefix = ""', ":1: prefix: is empty"),
    (f'prefix = "{"a" * 4096}"', ":1: prefix: is longer than a path can be: 4,096 bytes"),
    ('prefix = "a\\u0000"', ":1: prefix: holds a NUL byte"),
    ("context = 1", ":1: context: must be names of blocks"),
    ('context = ["location"]', ':1: context: "location" cannot be outermost'),
    ('fail-on = "notes"', ':1: fail-on: "notes" is not one of error, warning, note, never'),
    ('[severity]\nML11 = "off"', ':2: severity.ML11: "ML11" is not a known rule; did you mean "ML'),
    ('[severity]\nML101 = "of"', ":2: severity.ML101: must be 'error', 'warning', 'note' or 'off'"),
    ('[[ignore]]\npaths = ["x"]\nrules = ["ML101"]', ":1: ignore[1].reason: is missing"),
    ('[[ignore]]\npaths = []\nrules = ["ML101"]\nreason = "x"', ":2: ignore[1].paths: is empty"),
    (
        '[[ignore]]\npaths = ["x"]\nrules = ["ML101"]\nreason = " "',
        ":4: ignore[1].reason: is empty",
    ),
    ('[[ignore]]\nresaon = "x"', ':2: unknown key "resaon"; did you mean "reason"?'),
    ("[[roots]]\nworkers = 1", ":1: roots[1].path: is missing"),
    ('[[roots]]\npath="a"\n[[roots]]\npath="a"', ":4: a is listed twice"),
    ('roots = [\n  "a",\n  { path = "b", worker = 1 },\n]', ':3: unknown key "worker"; did you'),
    (
        '[[roots]]\npath = "a"\n[[roots]]\npath = "b"\nfail-on = 1',
        ':5: roots[2].fail-on: "1" is not one of',
    ),
    ('[[roots]]\npath = "a"\n[roots.severity]\nML1 = "off"', ':4: roots[1].severity.ML1: "ML1" is'),
    (
        'roots = ["a"]\ntext = """\nworkers = 1\n"""\nworkers = 0',
        ':5: workers: "0" is not a number',
    ),
    ('"\\u001b]0;x" = 1', ':1: unknown key "\\x1b]0;x"'),
    ("a = " + "[" * 5000, ":1: brackets are nested more than 32 deep"),
    (".".join("a" * 9000) + " = 1", ":1: a key has more than 16 parts"),
    ("#" * (MAX_BYTES + 1), ": is larger than 256 KiB"),
    ("\n\udcff", ":2: is not UTF-8"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_mistakes_have_a_line_and_a_suggestion(repository: Path, text: str, message: str) -> None:
    data = text.encode("utf-8", "surrogateescape")
    write(repository, {"nginx.conf": FULL, "memlint.toml": data})
    with pytest.raises(MemlintError) as caught:
        all_asked(plan(["nginx.conf"], {}))
    assert message in str(caught.value)
    assert str(caught.value).startswith("memlint.toml:")


def test_in_pyproject_too(repository: Path) -> None:
    write(
        repository,
        {"pyproject.toml": '[tool.x]\nworkers = 0\n[tool.memlint]\nb = 1\nworkers = "x"\n'},
    )
    with pytest.raises(MemlintError) as caught:
        one()
    unknown, wrong = str(caught.value).splitlines()
    assert unknown.startswith('pyproject.toml:4: unknown key "b"; known are target, target-file, ')
    assert wrong == 'pyproject.toml:5: workers: "x" is not a number of workers from 1 to 4096'
    write(repository, {"pyproject.toml": "tool.memlint = 3"})
    with pytest.raises(MemlintError, match=r":1: tool.memlint must be a table"):
        one()


def test_mistakes_on_the_command_line(repository: Path) -> None:
    write(repository, {"nginx.conf": FULL, "memlint.toml": "worker = 3\nwokers = 3"})
    for command in (["check", "nginx.conf"], ["config"]):
        run = memlint(*command, cwd=repository)
        assert run.code == 2
        assert run.out == ""
        assert run.err.splitlines() == [
            'memlint: memlint.toml:1: unknown key "worker"; did you mean "workers"?',
            'memlint: memlint.toml:2: unknown key "wokers"; did you mean "workers"?',
        ]
    assert memlint("check", "--no-config", "nginx.conf", cwd=repository).code == 0


def test_many_mistakes_are_not_all_listed(repository: Path) -> None:
    write(repository, {"memlint.toml": "".join(f"k{number} = 1\n" for number in range(50))})
    with pytest.raises(MemlintError) as caught:
        one()
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "memlint.toml: and 30 more"


# what is in force

TWO = """\
target = "debian-12"
set = { lua = "0.10.28" }
max-memory = "1GiB"
sysroot = "."
unit-cost = 1000

[severity]
ML101 = "error"
ML202 = "off"

[[ignore]]
paths = ["**/old.conf"]
rules = ["ML101"]
reason = "old"

[[roots]]
path = "hosts/web"
target = "debian-13"
max-memory = "5000B"
workers = 8
[roots.severity]
ML101 = "note"
[[roots.ignore]]
paths = ["web/*"]
rules = ["ML201", "ML202"]
reason = "bought more"

[[roots]]
path = "hosts/mail/nginx.conf"
path-map = { "/etc/nginx" = "hosts/mail" }
"""


@pytest.fixture
def two(repository: Path) -> Path:
    write(
        repository,
        {
            "memlint.toml": TWO,
            "hosts/web/nginx.conf": FULL,
            "hosts/web/conf.d/a.conf": "server { }",
            "hosts/mail/nginx.conf": FULL,
            "hosts/mail/other.conf": FULL,
        },
    )
    return repository


TOP = {
    "target": ("debian-12", "memlint.toml:1"),
    "set": ({"lua": "0.10.28"}, "memlint.toml:2"),
    "max-memory": (1 << 30, "memlint.toml:3"),
    "sysroot": (".", "memlint.toml:4"),
    "unit-cost": (1000, "memlint.toml:5"),
}
WEB = {
    "target": ("debian-13", "memlint.toml:18"),
    "max-memory": (5000, "memlint.toml:19"),
    "workers": (8, "memlint.toml:20"),
    "sysroot": (".", "memlint.toml:4"),
    "unit-cost": (1000, "memlint.toml:5"),
}
MAIL = {key: value for key, value in TOP.items() if key != "sysroot"} | {
    "path-map": ((("/etc/nginx", "hosts/mail"),), "memlint.toml:30")
}


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("conf", "expected"),
    [
        ("hosts/web", WEB),
        ("hosts/web/", WEB),
        ("hosts/../hosts/web/nginx.conf", WEB),
        ("hosts/web/conf.d/a.conf", WEB),
        ("hosts/web/no.conf", WEB),
        ("hosts/mail", MAIL),
        ("hosts/mail/nginx.conf", MAIL),
        ("hosts/mail/other.conf", TOP),
        ("hosts/website", TOP),
        ("hosts", TOP),
        ("-", TOP),
    ],
)
def test_which_root_it_is(conf: str, expected: dict[str, Any]) -> None:
    root = one(conf)
    assert set_values(root) == expected
    assert root.path == conf


def test_links_to_a_root(two: Path) -> None:
    (two / "link").symlink_to("hosts/web")
    assert set_values(one("link/nginx.conf")) == WEB
    # the file may be a link itself: its directory is what counts
    (two / "hosts/web/nginx.conf").unlink()
    (two / "hosts/web/nginx.conf").symlink_to("../mail/other.conf")
    assert set_values(one("hosts/web")) == WEB
    assert set_values(one("hosts/web/nginx.conf")) == WEB


def test_all_roots_from_any_directory(two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [root.path for root in plan([], {})] == ["hosts/web", "hosts/mail/nginx.conf"]
    assert [set_values(root) for root in plan([], {})] == [WEB, MAIL]
    monkeypatch.chdir(two / "hosts/web")
    assert [root.path for root in plan([], {})] == [
        str(two / "hosts/web"),
        str(two / "hosts/mail/nginx.conf"),
    ]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"workers": 2}, WEB | {"workers": (2, "--workers")}),
        ({"max_memory": 7}, WEB | {"max-memory": (7, "--max-memory")}),
        (
            {"set": {"lua": "0.10.9"}},
            WEB | {"set": ({"lua": "0.10.9"}, "--set")},
        ),
        ({"target": "debian-11"}, WEB | {"target": ("debian-11", "--target")}),
        # settings outside of it have no say
        ({"sysroot": "hosts"}, {"sysroot": ("hosts", "--sysroot")}),
        ({"sysroot": "."}, WEB | {"sysroot": (".", "--sysroot")}),
        (
            {"path_map": (("/a", "hosts"),)},
            {key: value for key, value in WEB.items() if key != "sysroot"}
            | {"path-map": ((("/a", "hosts"),), "--path-map")},
        ),
    ],
)
def test_flags_win(flags: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set_values(one("hosts/web", **flags)) == expected


@pytest.mark.usefixtures("two")
def test_a_flag_target_forgets_versions_below() -> None:
    root = one("hosts/mail", target="debian-11")
    assert "set" not in set_values(root)
    assert asked(root).set == {}
    assert asked(root).target == "debian-11"


@pytest.mark.usefixtures("two")
def test_a_binary_is_a_flag_only(repository: Path) -> None:
    server = find_target("debian-11")
    root = one("hosts/mail", nginx_binary=server)
    assert root.values["target"].value is None
    assert root.values["set"].value == {}
    assert asked(root).target is server
    write(repository, {"memlint.toml": 'nginx-binary = "./evil"'})
    with pytest.raises(MemlintError, match='unknown key "nginx-binary"'):
        one()


def test_the_policy_of_a_root(two: Path) -> None:
    policy = Job("", asked(one("hosts/web"))).policy
    assert policy.limits == Limits(max_memory=5000)
    assert dict(policy.severities) == {"ML101": "note", "ML202": None}
    assert [ignore.place and ignore.place.line for ignore in policy.ignores] == [11, 23]
    assert tuple(ignore._replace(place=None) for ignore in policy.ignores) == (
        PathIgnore(str(two), ("**/old.conf",), frozenset({"ML101"}), "old"),
        PathIgnore(str(two), ("web/*",), frozenset({"ML201", "ML202"}), "bought more"),
    )
    limits = 'max-start-memory = "1MiB"\nmax-zones-memory = "2B"\nmax-test-seconds = 3'
    (two / "memlint.toml").write_text(limits)
    assert Job("", asked(one())).policy.limits == Limits(None, 1 << 20, 2, 3.0)


def test_what_nobody_sets_is_what_check_assumes(repository: Path) -> None:
    assert vars(asked(one())) == vars(Options())
    write(repository, {"memlint.toml": 'target = "debian-12"'})
    assert asked(one()).target == "debian-12"


def test_a_target_file_is_from_the_settings_directory(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, {"a/server.toml": MEASURED, "a/memlint.toml": 'target-file = "server.toml"'})
    target = asked(one("a/nginx.conf")).target
    assert isinstance(target, Target)
    assert target.name == "a/server.toml"
    monkeypatch.chdir(repository / "a")
    target = asked(one("nginx.conf")).target
    assert isinstance(target, Target)
    assert target.name == "server.toml"


def test_settings_of_a_checkout_name_no_target_file_outside_of_it(repository: Path) -> None:
    write(
        repository, {"server.toml": MEASURED, "repo/.git/HEAD": "", "repo/a/server.toml": MEASURED}
    )
    for inside in ("server.toml", "a/server.toml"):
        settings: dict[str, str | bytes] = {
            "repo/memlint.toml": f'target-file = "{inside}"',
            "repo/server.toml": MEASURED,
        }
        write(repository, settings)
        assert isinstance(asked(one("repo/nginx.conf")).target, Target)
    (repository / "repo/link.toml").symlink_to(repository / "server.toml")
    for outside in ("../server.toml", str(repository / "server.toml"), "link.toml"):
        write(repository, {"repo/memlint.toml": f'target-file = "{outside}"'})
        with pytest.raises(MemlintError, match=r"leads out of .*/repo: give it with --target-file"):
            asked(one("repo/nginx.conf"))


def test_with_a_sysroot_flag_settings_read_nothing_outside(repository: Path) -> None:
    write(
        repository,
        {
            "secret.toml": "secret_key = 1",
            "secret/tls.conf": "}",
            "repo/.git/HEAD": "",
            "repo/memlint.toml": 'target-file = "../secret.toml"\n'
            'path-map = { "/etc/tls" = "../secret" }\nroots = ["nginx.conf"]',
            "repo/nginx.conf": http("include /etc/tls/*.conf;"),
        },
    )
    run = memlint("check", "--sysroot", "repo", "repo/nginx.conf", cwd=repository)
    assert run.code == 2
    assert "target-file: leads out of" in run.err
    assert "secret_key" not in run.err
    args = ("check", "--format=json", "--target=debian-12", "repo/nginx.conf")
    assert "secret/tls.conf" in memlint(*args, cwd=repository).out
    assert "secret" not in memlint(*args, "--sysroot", "repo", cwd=repository).out


def test_a_prefix_setting_does_not_move_configurations(repository: Path) -> None:
    write(
        repository,
        {
            "memlint.toml": 'prefix = "nginx"\nroots = ["hosts/a"]',
            "hosts/a/nginx.conf": FULL,
            "nginx/mime.types": "",
        },
    )
    assert memlint("check", cwd=repository).code == 0
    assert memlint("check", "hosts/a/nginx.conf", cwd=repository).code == 0
    assert asked(one("hosts/a")).prefix == "nginx"


# the commands


def test_check_uses_them(repository: Path) -> None:
    write(
        repository,
        {
            "memlint.toml": 'target = "debian-12"\nunit-cost = "1MiB"\nworkers = 1\n'
            '[[roots]]\npath = "hosts/a"\nmax-memory = "1GiB"\n'
            '[[roots]]\npath = "hosts/b"\nmax-memory = "2MiB"\nfail-on = "never"\n',
        },
    )
    server = "server { location / { access_by_lua_file a; } }"
    inside = f"lua_ssl_trusted_certificate /nonexistent.pem; {server}"
    for name in ("a", "b"):
        write(repository / "hosts" / name, {"nginx.conf": http(inside)})
    run = memlint("check", "--format", "json", cwd=repository)
    assert run.code == 0, run.err
    configs = run.json["configs"]
    assert [config["path"] for config in configs] == ["hosts/a", "hosts/b"]
    assert [config["budget_bytes"] for config in configs] == [1 << 30, 2 << 20]
    assert [[f["rule"] for f in config["findings"]] for config in configs] == [[], ["ML201"]]
    assert configs[0]["target"]["name"] == "debian-12"
    assert memlint("check", "--fail-on", "error", "hosts/b", cwd=repository).code == 1
    assert (
        memlint("check", "--max-memory", "1GiB", "--fail-on=error", "hosts/b", cwd=repository).code
        == 0
    )


def test_a_root_that_is_gone_is_not_clean(repository: Path) -> None:
    write(repository, {"memlint.toml": 'roots = ["a", "gone"]', "a/nginx.conf": FULL})
    run = memlint("check", cwd=repository)
    assert run.code == 3
    assert "gone" in run.out


def test_nothing_to_check(repository: Path) -> None:
    write(repository, {"memlint.toml": "workers = 1"})
    run = memlint("check", cwd=repository)
    assert run.code == 2
    assert "list roots in memlint.toml" in run.err


def test_config_says_where_values_are_from(two: Path) -> None:
    run = memlint("config", "--workers", "3", cwd=two)
    assert run.code == 0
    lines = [line.split() for line in run.out.splitlines()]
    assert ["hosts/web", "(memlint.toml)"] in lines
    assert ["target", "debian-13", "memlint.toml:18"] in lines
    assert ["workers", "3", "--workers"] in lines
    assert ["unit-cost", "1000", "B", "memlint.toml:5"] in lines
    assert ["fail-on", "error", "default"] in lines
    assert ["severity.ML101", "note", "memlint.toml:22"] in lines
    assert "ML201, ML202 in web/*: bought more" in run.out
    assert ["path-map", "/etc/nginx=hosts/mail", "memlint.toml:30"] in lines
    alone = memlint("config", "hosts/web", "--no-config", cwd=two)
    assert "memlint.toml" not in alone.out
    assert "hosts/web (no settings file)" in alone.out


def test_config_as_json(two: Path) -> None:
    run = memlint("config", "--format", "json", "--max-test-seconds", "2.5", cwd=two)
    jsonschema.validate(run.json, schemas.schema("config"))
    web, mail = run.json["roots"]
    shown = [option.key for option in OPTIONS.values() if option.places - {OptionPlace.KEYWORD}]
    assert list(web["values"]) == shown
    assert web["values"]["target"] == {
        "value": "debian-13",
        "from": "settings",
        "file": "memlint.toml",
        "line": 18,
        "flag": None,
    }
    assert web["values"]["max-test-seconds"]["flag"] == "--max-test-seconds"
    assert web["values"]["fail-on"]["from"] == "default"
    assert web["severity"]["ML202"]["value"] == "off"
    assert [ignore["line"] for ignore in web["ignore"]] == [23]
    assert [ignore["line"] for ignore in run.json["ignore"]] == [11]
    assert mail["values"]["path-map"]["value"] == {"/etc/nginx": "hosts/mail"}


def test_config_says_once_what_holds_for_all_roots(repository: Path) -> None:
    """A thousand roots and a thousand ignores are no million of lines."""
    for number in range(20):
        write(repository / f"hosts/{number}", {"nginx.conf": "events {}"})
    ignores = "".join(
        f'[[ignore]]\npaths = ["a{number}"]\nrules = ["ML101"]\nreason = "why {number}"\n'
        for number in range(20)
    )
    missing = [f"/etc/{number}/*" for number in range(2000)]
    settings = f'roots = ["hosts/*"]\nallow-missing = {missing}\n{ignores}'
    write(repository, {"memlint.toml": settings})
    run = memlint("config", cwd=repository)
    assert [run.out.count(f": why {number} ") for number in range(20)] == [1] * 20
    assert run.out.count("characters: --format json has all)") == 20
    told = memlint("config", "--format", "json", cwd=repository).json
    assert [len(root["ignore"]) for root in told["roots"]] == [0] * 20
    assert len(told["ignore"]) == 20
    assert told["roots"][7]["values"]["allow-missing"]["value"] == missing


def test_config_without_roots(repository: Path) -> None:
    write(repository, {"memlint.toml": 'workers = 2\ncontext = ["http", "server"]'})
    [root] = in_force([everywhere({})]).roots
    assert root.path is None
    assert root.values["context"].value == ["http", "server"]
    run = memlint("config", cwd=repository)
    assert "configurations that are no root (memlint.toml)" in run.out
    assert "http,server" in run.out


def test_every_key_is_a_flag_of_check() -> None:
    out = memlint("check", "--help", env=os.environ | {"COLUMNS": "200"}).out
    assert all(f"{option.flag} " in out for option in options_in(OptionPlace.FLAG))
    keys = {name.replace("_", "-") for name in Settings.model_fields}
    in_files = {option.key for option in options_in(OptionPlace.SETTING)}
    assert keys == {*in_files, "severity", "ignore", "roots"}


# the schema


@pytest.mark.parametrize("name", schemas.NAMES)
def test_the_published_schemas_are_current(name: str) -> None:
    published = (PROJECT / f"schemas/{name}.schema.json").read_text()
    assert published == schemas.text(name), "python -m nginx_memlint.report.schemas schemas"


@pytest.mark.parametrize("name", schemas.NAMES)
def test_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schemas.schema(name))


def test_the_schema_takes_what_the_program_takes() -> None:
    schema = schemas.schema("memlint")
    jsonschema.validate(tomllib.loads(TWO), schema)
    jsonschema.validate({"roots": ["a", {"path": "b", "context": ["http"]}]}, schema)


@pytest.mark.parametrize(
    "text",
    [
        "max_memory = 4",
        'target = "debain-12"',
        'workers = "four"',
        "workers = 5000",
        'max-memory = "lots"',
        "unit-cost = 0",
        "max-memory = 4",
        'max-memory = "50%"',
        'max-test-seconds = "soon"',
        'prefix = ""',
        "context = 1",
        'fail-on = "notes"',
        '[severity]\nML11 = "off"',
        '[severity]\nML101 = "of"',
        '[[ignore]]\npaths = ["x"]\nrules = ["ML101"]',
        '[[ignore]]\npaths = []\nrules = ["ML101"]\nreason = "x"',
        "[[roots]]\nworkers = 1",
        'roots = [{ path = "b", worker = 1 }]',
        'path-map = { "etc" = "." }',
        "roots = [3]",
    ],
)
def test_the_schema_refuses_what_the_program_refuses(repository: Path, text: str) -> None:
    write(repository, {"memlint.toml": text})
    with pytest.raises(MemlintError):
        one()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schemas.schema("memlint"))


# the small parts


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a.conf", "a.conf", True),
        ("a.conf", "b/a.conf", False),
        ("*.conf", "a.conf", True),
        ("*.conf", ".a.conf", True),
        ("*.conf", "a/b.conf", False),
        ("a/*.conf", "a/b.conf", True),
        ("**/b.conf", "b.conf", True),
        ("**/b.conf", "x/y/b.conf", True),
        ("a/**/b.conf", "a/b.conf", True),
        ("a/**/b.conf", "a/x/y/b.conf", True),
        ("a/**/b.conf", "x/a/b.conf", False),
        ("a/**", "a/x/y", True),
        ("a/**", "ab/x", False),
        ("**", "x/y", True),
        ("./a/*", "a/b", True),
        ("A/*", "a/b", False),
        ("a/?[bc]", "a/xb", True),
        ("a/?[!bc]", "a/xb", False),
        ("/a/*", "/a/b", True),
        ("/a/*", "a/b", False),
        ("a/*", "/a/b", False),
        ("*.conf", "b/a.conf", False),
        ("**/*.conf", "b/a.conf", True),
        ("**/*.conf", "a.conf", True),
        ("b/**/a.conf", "b/c/a.conf", True),
        ("b/**/a.conf", "b/a.conf", True),
        ("b/**", "b/a.conf", True),
        ("b/", "b/c/a.conf", True),
        ("b**/a.conf", "bc/a.conf", True),
        ("b**/a.conf", "b/c/a.conf", False),
        ("**", "b/c/a.conf", True),
        ("**/**/**", "b/c/a.conf", True),
        ("b/*", "b/c/a.conf", False),
        ("b/?/[ab].conf", "b/c/a.conf", True),
        ("b/?/[!ab].conf", "b/c/a.conf", False),
        ("B/c/a.conf", "b/c/a.conf", False),
        ("/etc/**/*.conf", "/etc/nginx/a.conf", True),
        ("/**", "/etc/nginx/a.conf", True),
        ("*a" * 100 + "b", "a" * 200, False),
        ("**/a/" * 60 + "b", "/".join("a" * 200), False),
        ("**/" * 2000 + "z", "a/" * 2000 + "b", False),
    ],
)
def test_globs(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


def test_ignores_start_at_their_directory(repository: Path) -> None:
    ignore = PathIgnore(str(repository / "a"), ("conf.d/*", "/etc/nginx/**"), frozenset(), "")
    assert applies(ignore, "a/conf.d/x.conf")
    assert applies(ignore, "a/./conf.d/../conf.d/x.conf")
    assert not applies(ignore, "conf.d/x.conf")
    assert applies(ignore, "/etc/nginx/sites/x")


def test_lines_of_keys(repository: Path) -> None:
    text = (
        "\ufeffa = 1\r\n"
        "# [b]\r\n"
        "[b]\r\n"
        'x."y z".w = 1\r\n'
        "t = '''\r\n[c]\r\n'''\r\n"
        "[[b.r]]\r\n"
        "n = 1\r\n"
        "[[b.r]]\r\n"
        "n = 2\r\n"
        "[b.r.s]\r\n"
        'm = "]"\r\n'
        "l = [\r\n"
        "  {k = 1},\r\n"
        "  {j = 1},\r\n"
        "]\r\n"
        "z = 1"
    )
    (repository / "x.toml").write_bytes(text.encode())
    file = read("x.toml")
    lines = {
        ("a",): 1,
        ("b",): 3,
        ("b", "x", "y z", "w"): 4,
        ("b", "t"): 5,
        ("b", "r", 0): 8,
        ("b", "r", 0, "n"): 9,
        ("b", "r", 1, "n"): 11,
        ("b", "r", 1, "s"): 12,
        ("b", "r", 1, "s", "m"): 13,
        ("b", "r", 1, "s", "l"): 14,
        ("b", "r", 1, "s", "l", 1, "j"): 16,
        ("b", "r", 1, "s", "z"): 18,
        ("c",): None,
    }
    assert {path: file.line(path) for path in lines} == lines


def test_without_settings_their_model_is_not_imported(repository: Path) -> None:
    write(repository, {"nginx.conf": FULL, "pyproject.toml": "[tool.other]"})
    code = (
        "import sys; from nginx_memlint.settings import plan; plan(['nginx.conf'], {}); "
        "sys.exit('nginx_memlint.settings.model' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=repository, check=False).returncode == 0


# many configurations


@pytest.fixture
def hosts(repository: Path) -> Path:
    """Copies of several hosts' /etc/nginx."""
    site = "include /etc/nginx/sites/*.conf;"
    for host in ("web1", "web2", "db[1]"):
        write(
            repository / f"hosts/{host}/nginx",
            {
                "nginx.conf": http(site, main=""),
                "sites/a.conf": f"server {{ server_name {host}; }}",
            },
        )
    write(repository, {"hosts/README": "no configuration"})
    return repository


def paths_of(roots: list[Root]) -> list[str | None]:
    return [root.path for root in roots]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("hosts/*/nginx", ["hosts/db[1]/nginx", "hosts/web1/nginx", "hosts/web2/nginx"]),
        ("hosts/web?/nginx/nginx.conf", [f"hosts/web{n}/nginx/nginx.conf" for n in (1, 2)]),
        ("hosts/web[2-9]/../web1/nginx", ["hosts/web2/../web1/nginx"]),
        ("hosts/db\\\\[1]/nginx", ["hosts/db[1]/nginx"]),
        ("{top}/hosts/*1/nginx", ["hosts/web1/nginx"]),
    ],
)
def test_roots_by_pattern(hosts: Path, pattern: str, expected: list[str]) -> None:
    pattern = pattern.replace("{top}", str(hosts))
    write(hosts, {"memlint.toml": f'[[roots]]\npath = "{pattern}"\nworkers = 3\n'})
    roots = plan([], {})
    assert paths_of(roots) == expected
    assert {root.values["workers"].at() for root in roots} == {"memlint.toml:3"}
    assert {root.listed for root in roots} == {len(expected)}


def test_a_file_whose_name_is_the_pattern_hides_no_other(hosts: Path) -> None:
    write(hosts / "hosts/*/nginx", {"nginx.conf": "events {}"})
    write(hosts, {"memlint.toml": '[[roots]]\npath = "hosts/*/nginx"\n'})
    names = [
        config["path"] for config in memlint("check", "--format", "json", cwd=hosts).json["configs"]
    ]
    assert names == [f"hosts/{host}/nginx" for host in ("*", "db[1]", "web1", "web2")]


def test_what_is_named_goes_before_what_matches(hosts: Path) -> None:
    settings = """\
        path-map = { "/etc/nginx" = "{root}" }
        [[roots]]
        path = "hosts/*/nginx"
        workers = 3
        [[roots]]
        path = "hosts/web2/nginx/nginx.conf"
        workers = 5
        [[roots]]
        path = "hosts/web*/nginx"
        workers = 7
    """
    write(hosts, {"memlint.toml": settings})
    workers = {root.path: root.values["workers"].value for root in plan([], {})}
    assert workers == {
        "hosts/db[1]/nginx": 3,
        "hosts/web1/nginx": 3,
        "hosts/web2/nginx/nginx.conf": 5,
    }
    for name in ("hosts/web2/nginx", "hosts/web2/nginx/nginx.conf"):
        assert one(name).values["workers"].value == 5
    assert one("hosts/web1/nginx/nginx.conf").values["workers"].value == 3


def test_the_directory_of_a_root_in_paths(hosts: Path) -> None:
    """Each copy reads its own files; the report tells one decision, not one for each."""
    write(hosts, {"memlint.toml": 'path-map = ["/etc/nginx={root}"]\nroots = ["hosts/*/nginx"]\n'})
    done = memlint("check", "--format", "json", cwd=hosts)
    configs = done.json["configs"]
    assert [config["blocks"]["server"] for config in configs] == [1, 1, 1]
    assert all(config["complete"] for config in configs)
    said = {(item["line"], item["what"]) for config in configs for item in config["lowered"]}
    assert (1, "path-map is /etc/nginx={root}") in said
    assert len(said) == 2, said
    for path in ("hosts/web1/nginx/nginx.conf", "hosts/web1/nginx"):
        assert one(path).values["path_map"].value == (("/etc/nginx", "hosts/web1/nginx"),)
    write(hosts, {"memlint.toml": 'sysroot = "{root}/.."\n'})
    assert one("hosts/web1/nginx").values["sysroot"].value == "hosts/web1/nginx/.."
    assert one("-").values["sysroot"].value == "./.."
    assert everywhere({}).values["sysroot"].value == "{root}/.."


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("hosts/*/apache", ':2: roots[1].path: "hosts/*/apache" matches nothing'),
        ("nowhere/*", ':2: roots[1].path: "nowhere/*" matches nothing'),
        ("hosts/db[1]/nginx", 'matches nothing; the file of that name is "hosts/db\\\\[1]/nginx"'),
        ("a" * 8192 + "*", "cannot be listed: the pattern is too long"),
    ],
)
def test_patterns_without_matches(hosts: Path, path: str, message: str) -> None:
    write(hosts, {"memlint.toml": f'[[roots]]\npath = "{path}"\n'})
    with pytest.raises(MemlintError, match=re.escape(message)):
        plan([], {})


def test_patterns_lead_to_no_more_roots_than_can_be_listed(repository: Path) -> None:
    for number in range(1001):
        (repository / f"hosts/{number}").mkdir(parents=True)
    write(repository, {"memlint.toml": 'roots = ["hosts/*"]'})
    with pytest.raises(MemlintError, match="more than 1,000 configurations"):
        plan([], {})


EXAMPLES = {
    "roots = 'x'": ['roots: must be a list, e.g. ["hosts/web1/nginx.conf"]'],
    "roots = [3]": ['roots[1]: must be a table, e.g. ["hosts/web1/nginx.conf"]'],
    "roots = [{}]": ['roots[1].path: is missing, e.g. path = "hosts/*/nginx.conf"'],
    "roots = [{path = 'x', dump = 1}]": ["roots[1].dump: must be true or false, e.g. true"],
    "severity = 3": ['severity: must be a table, e.g. {ML202 = "off"}'],
    "ignore = 3": ["ignore: must be a list, e.g. [{paths = "],
    "[[ignore]]\npaths = 'x'\nrules = 'y'": [
        'ignore[1].paths: must be a list, e.g. ["legacy/**"]',
        'ignore[1].rules: must be a list, e.g. ["ML101"]',
        'ignore[1].reason: is missing, e.g. reason = "goes in May"',
    ],
    "sysroot = 3": ['sysroot: must be a path, e.g. "hosts/web1", not int'],
    "path-map = '/etc=x'": ['path-map: must be a table of paths, e.g. {"/etc/nginx" = '],
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_mistakes_show_what_is_right(repository: Path, text: str) -> None:
    write(repository, {"memlint.toml": text})
    with pytest.raises(MemlintError) as caught:
        one()
    for message in EXAMPLES[text]:
        assert message in str(caught.value)
