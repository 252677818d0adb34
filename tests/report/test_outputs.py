"""--format and --output: which file gets what, and what is refused before any work."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from nginx_memlint.errors import MemlintError
from nginx_memlint.report import FORMATS, outputs, writer
from nginx_memlint.report.outputs import Output
from nginx_memlint.result import Report
from tests.helpers import http, memlint, write

WIDE = os.environ | {"COLUMNS": "300"}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    body = "lua_ssl_trusted_certificate /no.pem; server { location /é { } }"
    return write(tmp_path, {"nginx.conf": http(body)})


def test_formats_side_by_side(conf: Path, tmp_path: Path) -> None:
    names = [name for name in FORMATS if name != "text"]
    files = [f"--format={name}:{tmp_path / name}" for name in names]
    run = memlint("check", conf, "--unit-cost", "4GiB", "--format", "text", *files)
    assert run.code == 1
    assert run.out.startswith("TOO MUCH ")
    for name in names:
        assert (tmp_path / name).read_text(encoding="utf-8"), name
    assert json.loads((tmp_path / "sarif").read_text())["version"] == "2.1.0"
    assert ET.parse(tmp_path / "junit").getroot().tag == "testsuites"
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "nginx.conf"])


def test_one_file(conf: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    run = memlint("check", conf, "--format", "json", "--output", target)
    assert (run.code, run.out) == (0, "")
    assert json.loads(target.read_text())["schema_version"] == 2
    assert memlint("check", conf, "-o", "-").out.startswith("NOTE ")


def test_text_in_a_file_is_plain(conf: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    memlint("check", conf, "--output", target)
    assert target.read_text() == memlint("check", conf).out


def test_a_wrong_name() -> None:
    run = memlint("check", "x", "--format", "sarrif", env=WIDE)
    assert (run.code, run.out) == (2, "")
    assert 'did you mean "sarif"?' in run.err


@pytest.mark.parametrize(
    ("formats", "output", "message"),
    [
        (["sarrif"], None, 'did you mean "sarif"?'),
        (["xml"], None, '"xml" is not one of text, json'),
        (["sarif:"], None, "names no file"),
        (["json", "sarif"], None, "two formats to standard output"),
        (["json", "sarif:-"], None, "two formats to standard output"),
        (["json:x", "sarif:./x"], None, "two formats to x"),
        (["json:x"], "y", "is for one format"),
        (["json:x", "text"], "y", "is for one format"),
        ([], "none/x", "there is no such directory"),
        ([], ".", "it is a directory"),
        ([], "new/", "it names a directory"),
        ([], "", "it names a directory"),
        ([], "nginx.conf", "it is the configuration"),
        ([], "n" * 300, "too long"),
        (["sarif:nginx.conf/x"], None, "Not a directory"),
    ],
)
def test_refused(
    conf: Path,
    monkeypatch: pytest.MonkeyPatch,
    formats: list[str],
    output: str | None,
    message: str,
) -> None:
    monkeypatch.chdir(conf.parent)
    with pytest.raises(MemlintError, match=re.escape(message)):
        outputs.parse(formats, output, ["."])


def test_nothing_is_written_if_refused(conf: Path) -> None:
    before = conf.read_bytes()
    run = memlint("check", conf.parent, "--output", conf, env=WIDE)
    assert (run.code, run.out) == (2, "")
    assert "it is the configuration" in " ".join(run.err.split())
    assert os.listdir(conf.parent) == ["nginx.conf"]
    assert conf.read_bytes() == before


def test_permissions(conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = tmp_path / "locked"
    locked.touch()
    closed = tmp_path / "closed"
    closed.mkdir()
    denied = {str(locked), str(closed)}
    # root, who may run the tests, is refused nothing
    monkeypatch.setattr(os, "access", lambda path, _: str(path) not in denied)
    outputs.parse(["json"], str(tmp_path / "x"), [str(conf)])
    with pytest.raises(MemlintError, match="permission denied"):
        outputs.parse(["json"], str(locked), [str(conf)])
    with pytest.raises(MemlintError, match="directory cannot be written"):
        outputs.parse(["json"], str(closed / "x"), [str(conf)])


def test_a_file_is_replaced_whole(conf: Path, tmp_path: Path) -> None:
    target = tmp_path / "report"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to("report")
    memlint("check", conf, "--format", f"json:{link}")
    assert not link.is_symlink()
    assert target.read_text() == "old"
    with open(target) as old:
        memlint("check", conf, "--format", f"json:{target}")
        assert old.read() == "old"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert json.loads(target.read_text()) == json.loads(link.read_text())


def test_a_new_file_is_as_the_umask_has_it(conf: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    memlint("check", conf, "--output", tmp_path / "x")
    assert (tmp_path / "x").stat().st_mode == plain.stat().st_mode


def test_a_device_stays_a_device(conf: Path) -> None:
    before = os.stat("/dev/null")
    assert memlint("check", conf, "--output", "/dev/null").code == 0
    after = os.stat("/dev/null")
    assert stat.S_ISCHR(after.st_mode)
    assert before.st_ino == after.st_ino


def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("first", "second")
    for name in names:
        (tmp_path / name).write_text("old")
    opened = os.open

    def full(path: str, flags: int, *args: int, **more: int) -> int:
        if flags & os.O_CREAT and any(".memlint-" in name for name in os.listdir(tmp_path)):
            raise OSError(28, "No space left on device")
        return opened(path, flags, *args, **more)

    monkeypatch.setattr(os, "open", full)
    out = io.StringIO()
    files = [Output("text", None), *(Output("json", str(tmp_path / name)) for name in names)]
    with pytest.raises(MemlintError, match='second": No space left'):
        outputs.write(lambda name, to: writer(name)(Report(configs=[]), to), files, out)
    assert out.getvalue() == ""
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]
    assert {(tmp_path / name).read_text() for name in names} == {"old"}


def test_utf_8_in_every_locale(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": "events { }\né { }"})
    env = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name in ("json", "junit"):
        run = memlint("check", conf, "--format", name, env=env)
        assert run.code == 3
        assert "é" in run.out
    assert 'block "?" is not known' in memlint("check", conf, env=env).out
