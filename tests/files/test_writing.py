"""Where files are written, and what is left beside them."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, pairwise
from pathlib import Path

import pytest

from nginx_memlint.files.writing import (
    Directory,
    LeadsOutError,
    create,
    destination,
    is_stream,
    write_anything,
    write_atomically,
    write_stream,
)
from tests.files.swaps import Swapped, swapping
from tests.helpers import http, memlint, write

LEFT = ".memlint-0123456789abcdef"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with a configuration, and beside it what nobody may write."""
    write(tmp_path / "outside", {"secret": "secret"})
    tree = tmp_path / "tree"
    write(tree, {"nginx.conf": http("server { }"), "other/it": "other", ".git/HEAD": ""})
    return tree


LINKS = {
    "a link to a file outside": ("../outside/secret", "report", True),
    "a link to what is not there yet": ("../outside/new", "report", True),
    "a link by an absolute name": ("{outside}/secret", "report", True),
    "a link to a directory outside": ("../outside", "report/new", True),
    "a link on the way": ("../outside", "report/../report/secret", True),
    "a link and back": ("../outside/..", "report/outside/secret", True),
    "a link in the tree": ("other/it", "report", False),
    "a link to itself": ("report", "report", False),
    "a link into the repository": (".git/HEAD", "report", False),
    "a link to what is git's": (".git", "report/HEAD", True),
    "a directory in the tree": ("other", "report/new", False),
}


@pytest.mark.parametrize("how", ["--output", "--format", "--write-baseline", "calibrate"])
@pytest.mark.parametrize("where", ["in it", "by its name", "below it"])
@pytest.mark.parametrize("name", LINKS)
def test_no_link_leads_out_of_the_tree(
    tree: Path, name: str, where: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, path, refused = LINKS[name]
    (tree / "report").symlink_to(target.format(outside=tree.parent / "outside"))
    cwd, before = {
        "in it": (tree, ""),
        "by its name": (tree.parent.parent, f"{tree}/"),
        "below it": (tree / "other", "../"),
    }[where]
    place = before + path
    if how == "calibrate":
        monkeypatch.chdir(cwd)
        if refused:
            with pytest.raises(LeadsOutError):
                write_atomically(place, b"new")
        else:
            write_atomically(place, b"new")
    else:
        options = {
            "--output": ["--output", place],
            "--format": ["--format", f"json:{place}"],
            "--write-baseline": ["--baseline", place, "--write-baseline"],
        }[how]
        if how == "--write-baseline" and not refused and path == "report":
            pytest.skip("leads to no baseline")
        run = memlint("check", before + "nginx.conf", *options, cwd=cwd, env=WIDE)
        assert run.code == (2 if refused else 0), run.err
        assert not refused or "a link leads " in " ".join(run.err.split())
    assert os.listdir(tree.parent / "outside") == ["secret"]
    assert (tree.parent / "outside/secret").read_text() == "secret"
    assert (tree / "other/it").read_text() == "other"
    assert (tree / ".git/HEAD").read_text() == ""
    if not refused:
        assert (tree / path).is_file()
        assert not (tree / path).is_symlink()


WIDE = os.environ | {"COLUMNS": "300"}


def test_links_of_the_machine_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of any tree, on the way: /var/run is a link to /run."""
    (tmp_path / "run").mkdir()
    (tmp_path / "var").mkdir()
    (tmp_path / "var/run").symlink_to("../run")
    (tmp_path / "tree").mkdir()
    monkeypatch.chdir(tmp_path / "tree")
    write_atomically(str(tmp_path / "var/run/report"), b"new")
    assert (tmp_path / "run/report").read_bytes() == b"new"
    # but not at the place itself, as somebody else may have put one into /tmp
    (tmp_path / "run/link").symlink_to("../tree/x")
    with pytest.raises(LeadsOutError):
        destination(str(tmp_path / "run/link"))


def test_the_way_is_looked_up_once(tree: Path) -> None:
    """A link that is put in the place of an open directory changes nothing."""
    directory = Directory(str(tree / "other"))
    (tree / "other").rename(tree / "moved")
    (tree / "other").symlink_to("../outside")
    directory.replace(b"it", directory.create(b"new"))
    directory.close()
    assert (tree / "moved/it").read_bytes() == b"new"
    assert os.listdir(tree.parent / "outside") == ["secret"]


def test_modes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o4640)
    write_atomically(str(path), b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
        write_atomically(str(path), b"newer")
        assert (path.stat().st_uid, path.stat().st_gid) == (1234, 4321)


def test_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert is_stream(str(fifo))
    monkeypatch.setattr("nginx_memlint.files.writing.READER_SECONDS", 0.2)
    with pytest.raises(OSError, match="No such device"):
        write_stream(str(fifo), b"x")
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
        write_stream(str(fifo), b"x" * 100_000)
        assert reader.communicate()[0] == b"x" * 100_000
    (tmp_path / "link").symlink_to("fifo")
    assert not is_stream(str(tmp_path / "link"))
    assert is_stream("/dev/null")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_open_descriptors_have_names(tmp_path: Path, name: str) -> None:
    conf = write(tmp_path, {"nginx.conf": http("server { }")})
    assert memlint("check", conf, "--format", "json", "--output", name).json["configs"]


# What is left


def test_what_a_dead_process_left_is_removed(tmp_path: Path) -> None:
    for name in (LEFT, ".memlint-", ".memlint-0123456789abcdeg", f"{LEFT}0", ".memlint-old-1", "x"):
        (tmp_path / name).write_text("old")
    (tmp_path / ".memlint-1111111111111111").mkdir()
    (tmp_path / ".memlint-2222222222222222").symlink_to("x")
    directory = Directory(str(tmp_path))
    directory.close()
    assert directory.removed == 1
    assert not (tmp_path / LEFT).exists()
    assert len(os.listdir(tmp_path)) == 7


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    one = Directory(str(tmp_path))
    temporary = one.create(b"one")
    other = Directory(str(tmp_path))
    assert other.removed == 0
    other.replace(b"other", other.create(b"other"))
    other.close()
    one.replace(b"one", temporary)
    one.close()
    assert sorted(os.listdir(tmp_path)) == ["one", "other"]


def test_who_keeps_a_directory_locked_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nginx_memlint.files.writing.LOCK_SECONDS", 0.2)
    (tmp_path / LEFT).touch()
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        write_atomically(str(tmp_path / "file"), b"new")
    finally:
        os.close(descriptor)
    assert sorted(os.listdir(tmp_path)) == [LEFT, "file"]


# What is put in the way meanwhile

WRITERS: dict[str, Callable[[str], None]] = {
    "a file": lambda path: write_atomically(path, b"new"),
    "a new file, with its directories": lambda path: create(
        f"{path}/new/er", b"new", os.path.dirname(os.path.dirname(path))
    ),
    "a stream": lambda path: write_anything(path, b"new"),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("is_link", [False, True], ids=["becomes a link", "becomes a directory"])
def test_a_directory_that_is_swapped(tmp_path: Path, name: str, *, is_link: bool) -> None:
    """Before each call of the system that takes a name, once and twice."""
    inside = tmp_path / "tree/reports"
    outside = write(tmp_path / "outside", {"it": "old", ".memlint-0123456789abcdef": ""}).parent
    written = set()
    for moments in chain(([first] for first in range(40)), pairwise(range(25))):
        shutil.rmtree(inside.parent, ignore_errors=True)
        inside.mkdir(parents=True)
        write(inside.parent, {".git/HEAD": ""})
        if name == "a stream":
            os.mkfifo(inside / "it")
            reader = os.open(inside / "it", os.O_RDONLY | os.O_NONBLOCK)
        swapped = Swapped(inside, outside)
        if is_link:
            swapped.swap()
        before = outside.stat().st_mtime_ns, (outside / "it").read_text()
        with swapping(swapped, moments), suppress(OSError):
            WRITERS[name](str(inside / ("sub" if name.startswith("a new") else "it")))
            written.add(moments[0])
        assert (outside.stat().st_mtime_ns, (outside / "it").read_text()) == before, moments
        assert len(os.listdir(outside)) == 2
        if name == "a stream":
            os.close(reader)
    assert written
