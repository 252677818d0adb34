"""Files that other processes split: the same result, whatever they do."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.config import ahead, source
from nginx_memlint.config.ahead import BATCH, LEAST_FILES
from nginx_memlint.report import json as as_json
from nginx_memlint.result import ConfigReport, Report

from ..helpers import children, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux only: looks into /proc")

COUNT = LEAST_FILES + 2 * BATCH + 3
MAIN = """
load_module modules/ngx_http_lua_module.so;
events {}
http {
    lua_ssl_trusted_certificate ca.pem;
    include sites/*.conf;
    map $uri $x { include maps/*.conf; }
}
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {"nginx.conf": MAIN}
    for number in range(COUNT):
        files[f"sites/{number:03d}.conf"] = (
            f"server {{\n  server_name s{number};  # {number}\n"
            "  location / { access_by_lua_block { local a = '}' } }\n"
            f"  location /x {{ return 200 '{number} ; {{'; }}\n}}\n"
        )
        files[f"maps/{number:03d}.conf"] = f"/{number} {number};\n"
    return write(tmp_path, files)


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before


def text(report: ConfigReport) -> str:
    return as_json.dumps(Report(configs=[report]))


@pytest.mark.parametrize("jobs", [2, 3, 5])
def test_the_same_result(conf: Path, jobs: int, split: list[bytes]) -> None:
    alone = check(conf)
    split.clear()
    assert text(check(conf, jobs=jobs)) == text(alone)
    assert alone.blocks.location == 2 * COUNT
    # the main file and what is inside of data, which is read in another way
    assert len(split) == 1 + COUNT


def test_what_is_wrong_is_the_same(conf: Path) -> None:
    sites = conf.parent / "sites"
    (sites / "003.conf").write_text("server {\n  location / {\n")
    (sites / "004.conf").write_text('server { server_name "a; }')
    (sites / "050.conf").unlink()
    (sites / "050.conf").symlink_to("nowhere")
    os.mkfifo(sites / "0505.conf")
    (sites / "0506.conf").mkdir()
    (sites / "100.conf").write_text("include sites/*.conf;\n")
    alone = check(conf)
    assert not alone.complete
    assert len(alone.problems) > 5
    assert text(check(conf, jobs=3)) == text(alone)


def test_few_files_are_read_alone(
    conf: Path, split: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "LEAST_FILES", COUNT + 1)
    check(conf, jobs=2)
    assert len(split) == 1 + 2 * COUNT


def test_other_bytes_are_not_taken(
    conf: Path, split: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check(conf)
    split.clear()
    parent = os.getpid()
    own = source.Disk.read

    def read(disk: source.Disk, name: str, root: str | None, most: int) -> bytes:
        data = own(disk, name, root, most)
        return data if os.getpid() == parent else data.replace(b"server_name", b"location /y")

    monkeypatch.setattr(source.Disk, "read", read)
    assert text(check(conf, jobs=3)) == text(alone)
    assert len(split) == 1 + 2 * COUNT


def ends(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fails(*_: object) -> None:
    raise MemoryError


@pytest.mark.parametrize("made", [ends, fails])
def test_a_process_that_ends(
    conf: Path, split: list[bytes], made: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check(conf)
    split.clear()
    monkeypatch.setattr(ahead, "_made", made)
    assert text(check(conf, jobs=3)) == text(alone)
    assert len(split) == 1 + 2 * COUNT


@pytest.mark.parametrize("call", ["fork", "pipe"])
@pytest.mark.parametrize("after", [0, 1])
def test_no_more_processes(
    conf: Path, split: list[bytes], call: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = check(conf)
    split.clear()
    own = getattr(os, call)
    made: list[object] = []

    def limited() -> object:
        if len(made) >= after:
            raise OSError(11, "Resource temporarily unavailable")
        made.append(own())
        return made[-1]

    monkeypatch.setattr(os, call, limited)
    assert text(check(conf, jobs=4)) == text(alone)
    assert len(split) == 1 + 2 * COUNT
