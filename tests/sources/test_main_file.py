"""The names that a user may give, and where the files of a configuration are looked up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import nginx_memlint
from nginx_memlint import check
from nginx_memlint.cli.app import app
from nginx_memlint.report.formats.json import dumps
from nginx_memlint.result import ConfigReport

MAIN = "events {}\nhttp {\n include conf.d/*.conf;\n include *.inc;\n include ../up.conf;\n}\n"
SITE = "server { location / {} oops }\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a configuration in conf/; each included file has an error."""
    for name in ("conf/conf.d/a.conf", "conf/b.inc", "up.conf"):
        path = tmp_path / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SITE)
    (tmp_path / "work/conf/nginx.conf").write_text(MAIN)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def names(report: ConfigReport) -> list[str]:
    """The files of the problems: one for each included file if all were found."""
    assert report.blocks.server == 3, report.problems
    return [problem.file for problem in report.problems]


BELOW = ["conf/conf.d/a.conf", "conf/b.inc", "conf/../up.conf"]


@pytest.mark.parametrize("name", ["conf/nginx.conf", "conf", "conf/", "conf//nginx.conf"])
def test_names_are_as_the_user_can_open_them(tree: Path, name: str) -> None:
    files = names(check(name))
    assert files == BELOW
    assert all((tree / file).is_file() for file in files)


@pytest.mark.parametrize(
    ("directory", "name", "expected"),
    [
        ("conf", "nginx.conf", ["conf.d/a.conf", "b.inc", "../up.conf"]),
        ("conf", ".", ["conf.d/a.conf", "b.inc", "../up.conf"]),
        ("conf/conf.d", "..", ["../conf.d/a.conf", "../b.inc", "../../up.conf"]),
        (".", "./conf", BELOW),
    ],
)
def test_relative_to_the_working_directory(
    tree: Path, directory: str, name: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree / directory)
    assert names(check(name)) == expected


def test_absolute_names(tree: Path) -> None:
    assert names(check(tree / "conf")) == [f"{tree}/{name}" for name in BELOW]


def test_dots_after_a_link_are_the_kernel_s(tree: Path) -> None:
    """``link/..`` is the directory above what the link leads to."""
    (tree / "deep").mkdir()
    (tree / "deep/link").symlink_to(tree / "conf/conf.d")
    assert names(check("deep/link/../nginx.conf")) == [
        "deep/link/../conf.d/a.conf",
        "deep/link/../b.inc",
        "deep/link/../../up.conf",
    ]
    assert names(check("deep/link/..", sysroot=".")) == BELOW


def test_prefix_is_as_nginx_p(tree: Path) -> None:
    """A relative CONF is in the prefix; what it includes is beside it, not in the prefix."""
    assert names(check("conf/nginx.conf", prefix=str(tree)))
    assert names(check("nginx.conf", prefix="conf")) == BELOW
    assert names(check(tree / "conf/nginx.conf", prefix="/nonexistent"))
    report = check("nginx.conf", prefix="nowhere")
    assert [(p.file, p.complete) for p in report.problems] == [("nowhere/nginx.conf", False)]


@pytest.mark.parametrize(
    ("name", "message", "nginx"),
    [
        ("missing.conf", "cannot read the file (2: No such file or directory)", "open() "),
        ("missing/nginx.conf", "cannot read the file (2: No such file or directory)", "open() "),
        ("conf/nginx.conf/x", "cannot read the file (20: Not a directory)", "open() "),
        ("", "cannot read the file (2: No such file or directory)", "open() "),
        ("a\0b", "cannot read the file (2: No such file or directory)", "open() "),
        ("x" * 300, "cannot read the file (36: File name too long)", "open() "),
        (
            "fifo",
            "cannot read the file (29: is a FIFO: nginx would wait for its writer)",
            "open() ",
        ),
        ("loop", "cannot read the file (40: Too many levels of symbolic links)", "open() "),
        ("dangling", "cannot read the file (2: No such file or directory)", "open() "),
        (".", "is a directory without nginx.conf; did you mean conf/nginx.conf or up.conf?", ""),
        ("conf/conf.d", "is a directory without nginx.conf; did you mean conf/conf.d/a.conf?", ""),
    ],
)
@pytest.mark.parametrize("options", [{}, {"sysroot": "."}], ids=["here", "sysroot"])
def test_no_main_file(
    tree: Path, name: str, message: str, nginx: str, options: dict[str, str]
) -> None:
    os.mkfifo(tree / "fifo")
    (tree / "loop").symlink_to("loop")
    (tree / "dangling").symlink_to("nowhere")
    report = check(name, **options)
    assert not report.complete
    assert len(report.problems) == 1
    problem = report.problems[0]
    assert problem.message.startswith(message)
    assert (problem.nginx or "").startswith(nginx)


@pytest.mark.usefixtures("tree")
def test_a_slash_after_a_file() -> None:
    assert check("conf/b.inc/").problems[0].message.endswith("(20: Not a directory)")


@pytest.mark.parametrize("data", [b"", b"\0\1\2\xff" * 100, b"\x7fELF" + bytes(5000), b"\n \n# x"])
def test_what_is_no_configuration(tree: Path, data: bytes) -> None:
    (tree / "main").write_bytes(data)
    report = check("main")
    assert not report.complete
    assert report.problems
    dumps(report).encode()


def test_a_directory_with_magic_in_its_name(tree: Path) -> None:
    (tree / "conf").rename(tree / "[c]*?")
    report = check(tree / "[c]*?" / "conf.d")
    assert report.problems[0].message.endswith(f"did you mean {tree}/[c]*?/conf.d/a.conf?")
    report = check(".")
    assert "[c]*?/nginx.conf or up.conf" in report.problems[0].message


def test_a_copy_by_either_name(tree: Path) -> None:
    """A main file in a sysroot or path map, named as here and as on the machine."""
    root = tree / "root/etc"
    root.mkdir(parents=True)
    (tree / "conf").rename(root / "nginx")
    (tree / "up.conf").rename(root / "up.conf")
    mounted = [f"root/etc/{name.replace('conf/', 'nginx/', 1)}" for name in BELOW]
    for name in ("/etc/nginx/nginx.conf", "/etc/nginx", "/etc/nginx/", "root/etc/nginx"):
        assert names(check(name, sysroot="root")) == mounted
        assert names(check(name, sysroot=str(tree / "root"))) == [f"{tree}/{m}" for m in mounted]
        assert names(check(name, path_map=[("/etc", "root/etc")])) == mounted
        assert names(check(name, path_map=[("/etc//./", "./root/etc/")])) == [
            f"./{m}" for m in mounted
        ]
    assert names(check("nginx.conf", prefix="/etc/nginx", sysroot="root")) == mounted
    assert names(check("nginx.conf", prefix="root/etc/nginx", sysroot="root")) == mounted


def test_the_longest_match_wins_for_the_main_file_too(tree: Path) -> None:
    """A file in the sysroot at a mapped place is another one: it is not /conf/nginx.conf."""
    (tree / "other").mkdir()
    (tree / "other/nginx.conf").write_text("events {} http { server {} }")
    maps = [("/conf", "other")]
    assert check("/conf", sysroot=".", path_map=maps).blocks.server == 1
    assert check("other", sysroot=".", path_map=maps).blocks.server == 1
    report = check("conf/nginx.conf", sysroot=".", path_map=maps)
    assert not report.complete
    assert report.blocks.server == 0


@pytest.mark.usefixtures("tree")
def test_a_main_file_outside(tmp_path: Path) -> None:
    """With a sysroot, nothing outside is read; beside path maps, the main file's directory is."""
    (tmp_path / "empty").mkdir()
    report = check("conf/nginx.conf", sysroot=str(tmp_path / "empty"))
    assert report.problems[0].message.startswith(f"is outside of {tmp_path}/empty")
    report = check("conf/nginx.conf", path_map=[("/opt", str(tmp_path / "empty"))])
    assert report.blocks.server == 2
    assert [p.file for p in report.problems] == [*BELOW[:2], "conf/nginx.conf"]
    assert "outside of the sysroot, path maps or --confine given" in report.problems[2].message


def test_standard_input(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken to be in the prefix, else in the working directory."""
    data = MAIN.encode()
    assert names(check("-", data=data, prefix="conf"))
    monkeypatch.chdir(tree / "conf")
    files = names(check("-", data=data))
    assert files == ["conf.d/a.conf", "b.inc", "../up.conf"]
    assert names(check("-", data=data, sysroot=".."))
    assert names(check("-", data=data, sysroot="..", prefix="/conf"))
    report = check("-", data=data, sysroot="conf.d")
    assert "say --prefix DIR" in report.problems[0].message
    report = check("-", data=b"events {} http {\n  oops }")
    assert [(p.file, p.line) for p in report.problems] == [("<stdin>", 2)]


@pytest.mark.usefixtures("tree")
def test_standard_input_at_the_root_of_a_sysroot() -> None:
    assert (
        check("-", data=b"events {} http { include conf/b.inc; }", sysroot=".").blocks.server == 1
    )


def test_a_fragment_s_includes_are_in_the_prefix(tree: Path) -> None:
    """A fragment is not the main file; its relative includes are from where that one is."""
    (tree / "conf/conf.d/f.conf").write_text("server { include b.loc; }")
    (tree / "conf/b.loc").write_text("location / { lua_ssl_trusted_certificate ca.pem; }")
    (tree / "conf/ca.pem").write_text("none")
    for name in ("conf.d/f.conf", str(tree / "conf/conf.d/f.conf")):
        report = check(name, prefix="conf", context=["http"])
        assert report.complete, report.problems
        assert report.blocks.location == 1
        [finding] = report.findings
        assert "holds no PEM certificate" in finding.message
    assert not check("conf/conf.d/f.conf", context=["http"]).complete


@pytest.fixture
def open_to_all(tree: Path) -> Iterator[Path]:
    """The tree, where all users can reach it."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        shutil.copytree(tree, directory, dirs_exist_ok=True)
        yield Path(directory)


AS_NOBODY = """
import os, sys
from nginx_memlint import check
check("-", data=b"")  # what is imported late may not be readable later
os.setgroups([]); os.setgid(65534); os.setuid(65534)
report = check(sys.argv[1])
print(report.blocks.server, report.complete)
for problem in report.problems: print(problem.message)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
@pytest.mark.parametrize("closed", ["nginx.conf", "conf.d", "conf.d/a.conf", "."])
def test_what_this_user_may_not_read(closed: str, open_to_all: Path) -> None:
    tree = open_to_all
    (tree / "conf" / closed).chmod(0)
    run = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(tree / "conf/nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(nginx_memlint.__file__).parents[1],
    )
    assert run.stderr == ""
    counted, _, rest = run.stdout.partition(" ")
    assert int(counted) == {"conf.d": 2, "conf.d/a.conf": 2}.get(closed, 0)
    assert rest.startswith("False\n")
    assert "13: Permission denied" in rest


def test_pipes_as_includes_and_bundles(tree: Path) -> None:
    """Nothing waits for a writer."""
    os.mkfifo(tree / "conf/pipe")
    (tree / "conf/nginx.conf").write_text(
        "events {} http { include pi*; include pipe; include conf.d; include /dev/null;"
        " server { lua_ssl_trusted_certificate pipe; } }"
    )
    report = check("conf")
    failed = f'open() "{tree}/conf/pipe" failed (29: is a FIFO: nginx would wait for its writer)'
    directory = f'pread() "{tree}/conf/conf.d" failed (21: Is a directory)'
    assert [problem.nginx for problem in report.problems] == [failed, failed, directory]
    assert ["is a FIFO" in finding.message for finding in report.findings] == [True]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--sysroot", "nowhere", "conf"], 2),
        (["--sysroot", "up.conf", "conf"], 2),
        (["--path-map", "etc=conf", "conf"], 2),
        (["--path-map", "/etc", "conf"], 2),
        (["--path-map", "/etc=", "conf"], 2),
        (["--path-map", "/etc=nowhere", "conf"], 2),
        (["--prefix", "nowhere"], 3),
        (["--sysroot", ".", "/"], 3),
        ([], 2),
        (["-"], 3),
        (["missing"], 3),
        (["--prefix", "conf", "ok.conf"], 0),
        (["--sysroot", ".", "--path-map", "/x=conf", "/x/ok.conf"], 0),
    ],
)
def test_exit_status(options: list[str], status: int) -> None:
    Path("conf/ok.conf").write_text("events {}")
    run = CliRunner().invoke(app, ["check", *options])
    assert run.exit_code == status, run.output
    assert run.exception is None or isinstance(run.exception, SystemExit)
