"""Results are used again if, and only if, nothing they depend on has changed."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.cache import Cache, digest, user_cache
from nginx_memlint.config import syntax
from nginx_memlint.config import tree as tree_module
from nginx_memlint.result import ConfigReport

from .helpers import http, write

BUNDLE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
INSIDE = "lua_ssl_trusted_certificate ca.pem; include sites/*.conf;"
PADDING = "# " + "x" * 100 + "\n"


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "nginx.conf": http(INSIDE) + PADDING * 11_000,
        "ca.pem": BUNDLE,
        "sites/a.conf": "server { location / { } }",
    }
    return write(tmp_path / "conf", files)


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each file that is parsed."""
    parsed: list[str] = []
    real = syntax.parse

    def parse(data: bytes, path: str, name: str, *, in_data_block: bool = False) -> object:
        parsed.append(name)
        return real(data, path, name, in_data_block=in_data_block)

    monkeypatch.setattr(tree_module, "parse", parse)
    return parsed


def entry_of(cache: Cache) -> Path:
    [path] = Path(cache.directory).iterdir()
    return path


def test_the_second_run_parses_nothing(conf: Path, cache: Cache, built: list[str]) -> None:
    first = check(conf, cache=cache)
    assert built
    built.clear()
    assert check(conf, cache=cache) == first == check(conf, cache=cache)
    assert built == []
    assert first == check(conf)


def change_file(conf: Path) -> None:
    (conf.parent / "sites" / "a.conf").write_text("server { }")


def add_file(conf: Path) -> None:
    (conf.parent / "sites" / "b.conf").write_text("server { }")


def remove_file(conf: Path) -> None:
    (conf.parent / "sites" / "a.conf").unlink()


def change_main(conf: Path) -> None:
    conf.write_text(conf.read_text().replace("worker_processes 2", "worker_processes 3"))


def change_bundle(conf: Path) -> None:
    (conf.parent / "ca.pem").write_text(BUNDLE + BUNDLE.replace("MIIB", "MIIC"))


def remove_bundle(conf: Path) -> None:
    (conf.parent / "ca.pem").unlink()


@pytest.mark.parametrize(
    "change", [change_file, add_file, remove_file, change_main, change_bundle, remove_bundle]
)
def test_a_change_is_seen(change: object, conf: Path, cache: Cache) -> None:
    before = check(conf, cache=cache)
    assert callable(change)
    change(conf)
    after = check(conf, cache=cache)
    assert after != before
    assert after == check(conf)


def test_options_have_results_of_their_own(conf: Path, cache: Cache) -> None:
    for options in ({}, {"target": "debian-13"}, {"workers": 3}, {"max_memory": 1}):
        assert check(conf, cache=cache, **options) == check(conf, **options)
    assert len([*Path(cache.directory).iterdir()]) == 4


def sealed(text: str) -> bytes:
    return digest(text.encode()).encode() + b"\n" + text.encode()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b'"nginx"', b'"nginy"', 1),
        lambda _: b"\xff" * 100,
        lambda _: sealed("[]"),
        lambda _: sealed("{}"),
        lambda _: sealed('{"answers": [], "report": {"is": "Any"}}'),
        lambda _: sealed('{"answers": [], "report": {"is": "ConfigReport", "path": "x"}}'),
        lambda _: sealed('{"answers": [["__init__", "/", "x"]], "report": 1}'),
        lambda _: sealed("[" * 100_000),
    ],
)
def test_a_damaged_entry_is_ignored(damage: object, conf: Path, cache: Cache) -> None:
    expected = check(conf, cache=cache)
    path = entry_of(cache)
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    assert check(conf, cache=cache) == expected
    assert json.loads(path.read_bytes().partition(b"\n")[2])["answers"]  # mended


def test_what_others_may_write_is_not_trusted(conf: Path, cache: Cache, built: list[str]) -> None:
    check(conf, cache=cache)
    for path in (Path(cache.directory), entry_of(cache)):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0
        path.chmod(mode | 0o022)
        built.clear()
        check(conf, cache=cache)
        assert built
        path.chmod(mode)


def test_a_cache_that_cannot_be_written_is_done_without(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    expected = check(conf)
    assert check(conf, cache=Cache(str(tmp_path / "file"))) == expected
    assert check(conf, cache=Cache("/proc/no-such")) == expected


def test_a_link_is_no_entry(conf: Path, cache: Cache, tmp_path: Path, built: list[str]) -> None:
    check(conf, cache=cache)
    path = entry_of(cache)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    built.clear()
    report: ConfigReport = check(conf, cache=cache)
    assert report.complete
    assert built


def test_small_configurations_are_not_kept(tmp_path: Path, cache: Cache) -> None:
    check(write(tmp_path, {"nginx.conf": http("")}), cache=cache)
    assert not os.path.exists(cache.directory)


def test_the_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = user_cache()
    assert found is not None
    assert found.directory == str(tmp_path / "memlint")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/a")
    found = user_cache()
    assert found is not None
    assert found.directory == "/home/a/.cache/memlint"
