"""Results are used again if, and only if, nothing they depend on has changed."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.cache import Cache, Recorder, digest, this_program, user_cache
from nginx_memlint.clock import Clock
from nginx_memlint.config.source import Disk, FileSystem
from nginx_memlint.memory.targets import find_target
from nginx_memlint.options import Options
from nginx_memlint.policy import Limits, PathIgnore, Policy
from nginx_memlint.records import replace
from nginx_memlint.result import ConfigReport

from .helpers import http, memlint, write
from .rules.bundles import pem

INSIDE = "lua_ssl_trusted_certificate ca.pem; include sites/*.conf; include link.conf;"


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nginx_memlint.cache.LEAST_BYTES", 0)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "nginx.conf": http(INSIDE),
        "ca.pem": pem(3),
        "sites/a.conf": "server { location / { } }",
        "one.conf": "server { location /1 { } }",
        "two.conf": "server { location /1 { } location /2 { } }",
    }
    conf = write(tmp_path / "conf", files)
    (conf.parent / "link.conf").symlink_to("one.conf")
    return conf


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(str(tmp_path / "cache"))


def entry_of(cache: Cache, *, newest: bool = False) -> Path:
    paths = sorted(Path(cache.directory).iterdir(), key=lambda path: path.stat().st_mtime)
    assert newest or len(paths) == 1
    return paths[-1]


def test_the_second_run_parses_nothing(conf: Path, cache: Cache, split: list[bytes]) -> None:
    first = check(conf, cache=cache)
    assert split
    split.clear()
    assert check(conf, cache=cache) == first == check(conf, cache=cache)
    assert split == []
    assert first == check(conf)


def change_file(directory: Path) -> None:
    (directory / "sites" / "a.conf").write_text("server { }")


def change_file_but_not_its_time(directory: Path) -> None:
    path = directory / "sites" / "a.conf"
    before = path.stat()
    path.write_text("server { if (1)    { }  }")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def add_file(directory: Path) -> None:
    (directory / "sites" / "b.conf").write_text("server { }")


def remove_file(directory: Path) -> None:
    (directory / "sites" / "a.conf").unlink()


def remove_directory(directory: Path) -> None:
    (directory / "sites" / "a.conf").unlink()
    (directory / "sites").rmdir()


def put_a_directory(directory: Path) -> None:
    (directory / "sites" / "a.conf").unlink()
    (directory / "sites" / "a.conf").mkdir()


def lead_elsewhere(directory: Path) -> None:
    (directory / "link.conf").unlink()
    (directory / "link.conf").symlink_to("two.conf")


def lead_nowhere(directory: Path) -> None:
    (directory / "one.conf").unlink()


def change_main(directory: Path) -> None:
    path = directory / "nginx.conf"
    path.write_text(path.read_text().replace("worker_processes 2", "worker_processes 3"))


def change_bundle(directory: Path) -> None:
    (directory / "ca.pem").write_text(pem(4))


def remove_bundle(directory: Path) -> None:
    (directory / "ca.pem").unlink()


def accept_a_finding(directory: Path) -> None:
    path = directory / "nginx.conf"
    path.write_text("# memlint: ignore[ML101] it is so\n" + path.read_text())


@pytest.mark.parametrize(
    "change",
    [
        *(change_file, change_file_but_not_its_time, add_file, remove_file, remove_directory),
        *(put_a_directory, lead_elsewhere, lead_nowhere, change_main, change_bundle),
        *(remove_bundle, accept_a_finding),
    ],
)
@pytest.mark.parametrize("restricted", [False, True], ids=["machine", "sysroot"])
def test_a_change_is_seen(
    change: Callable[[Path], None], restricted: bool, conf: Path, cache: Cache
) -> None:
    def run(cache: Cache | None) -> ConfigReport:
        if not restricted:
            return check(conf, cache=cache)
        return check("/nginx.conf", sysroot=str(conf.parent), cache=cache)

    before = run(cache)
    assert entry_of(cache)
    change(conf.parent)
    after = run(cache)
    assert after != before
    assert after == run(None) == run(cache)


def test_what_was_missing_appears(conf: Path, cache: Cache) -> None:
    conf.write_text(http("include sites/*.conf; include late.conf;"))
    before = check(conf, cache=cache)
    assert not before.complete
    assert entry_of(cache)
    (conf.parent / "late.conf").write_text("server { }")
    assert check(conf, cache=cache) == check(conf)
    assert check(conf).complete


def test_what_could_not_be_read(conf: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """root reads everything, so the file system is made to refuse."""
    real = Disk.read

    def refuse(self: Disk, name: str, root: str | None, most: int) -> bytes:
        if name.endswith("a.conf"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(self, name, root, most)

    with monkeypatch.context() as patch:
        patch.setattr(Disk, "read", refuse)
        refused = check(conf, cache=cache)
        assert not refused.complete
        assert check(conf, cache=cache) == refused
    assert check(conf, cache=cache) == check(conf)
    assert check(conf).complete


def test_what_changes_while_it_is_read_is_not_kept(conf: Path, cache: Cache) -> None:
    recorder = Recorder(FileSystem({"/": "/"}, restricted=False))
    path = conf.parent / "sites" / "a.conf"
    recorder.read(str(path))
    path.unlink()
    with pytest.raises(FileNotFoundError):
        recorder.read(str(path))
    assert not recorder.trusted
    cache.store("key", recorder, Clock(), check(conf))
    assert not os.path.exists(cache.directory)


def test_time_passes(conf: Path, cache: Cache, split: list[bytes]) -> None:
    end = datetime(2030, 1, 1, tzinfo=UTC)
    (conf.parent / "ca.pem").write_text(pem(3, end))
    times = [end + timedelta(days=days) for days in (-400, -1, 0, 1, 400)]
    found = []
    for now in times:
        fresh = check(conf, now=now)
        split.clear()
        assert check(conf, now=now, cache=cache) == fresh
        found.append((bool(split), any(f.rule == "ML302" for f in fresh.findings)))
    # read anew when the certificates have expired, and only then
    assert found == [(True, False), (False, False), (True, True), (False, True), (False, True)]


def test_another_program(conf: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    check(conf, cache=cache)
    assert len(this_program()) == 40
    monkeypatch.setattr("nginx_memlint.cache.this_program", lambda: "another")
    [entry] = Path(cache.directory).iterdir()
    before = entry.read_bytes()
    check(conf, cache=cache)
    assert entry.read_bytes() != before


def test_the_program_is_all_of_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nginx_memlint.cache as module

    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "costs.py").write_text("A = 1")
    monkeypatch.setattr(module, "__file__", str(tmp_path / "cache.py"))
    before = this_program.__wrapped__()
    (tmp_path / "memory" / "costs.py").write_text("A = 2")
    assert this_program.__wrapped__() != before
    monkeypatch.setattr(module, "__file__", str(tmp_path / "not_there" / "cache.py"))
    with pytest.raises(RuntimeError, match="from files"):
        this_program.__wrapped__()


def test_options_have_results_of_their_own(
    conf: Path, cache: Cache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignore = PathIgnore(str(tmp_path), ("conf/",), frozenset({"ML101"}), "so")
    costs = replace(find_target("debian-12").costs, certificate=1)
    all_options: list[Options] = [
        {},
        {"target": "debian-13"},
        {"target": replace(find_target("debian-12"), costs=costs)},
        {"lua_version": "0.10.28"},
        {"workers": 3},
        {"unit_cost": 1},
        {"max_memory": 1},
        {"policy": Policy(Limits(max_start_memory=1))},
        {"policy": Policy(severities={"ML101": "error"})},
        {"policy": Policy(severities={"ML101": None})},
        {"policy": Policy(ignores=(ignore,))},
        {"policy": Policy(ignores=(replace(ignore, rules=frozenset({"ML102"})),))},
        {"prefix": str(tmp_path)},
        {"path_map": [("/etc", str(tmp_path))]},
        {"context": ("http",)},
        {"parser": "crossplane"},
    ]
    for _ in range(2):
        for options in all_options:
            with_cache: Options = options | {"cache": cache}
            assert check(conf, **with_cache) == check(conf, **options)
    entries = [*Path(cache.directory).iterdir()]
    assert len(entries) == len(all_options)
    monkeypatch.chdir(conf.parent)
    check("nginx.conf", cache=cache)
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"nginx.conf": http("server { }")})
    assert check("nginx.conf", cache=cache) == check("nginx.conf")


def test_a_sysroot_and_the_machine_are_kept_apart(conf: Path, cache: Cache) -> None:
    """What a link outside leads to is in no result that was restricted."""
    outside = conf.parent.parent / "outside.conf"
    outside.write_text("server { } server { }")
    (conf.parent / "link.conf").unlink()
    (conf.parent / "link.conf").symlink_to(outside)
    open_report = check(conf, cache=cache)
    closed = check("/nginx.conf", sysroot=str(conf.parent), cache=cache)
    assert open_report.blocks.server == 3
    assert closed.blocks.server == 1
    assert not closed.complete
    outside.write_text("server { } server { } server { }")
    assert check("/nginx.conf", sysroot=str(conf.parent), cache=cache) == closed
    assert check(conf, cache=cache).blocks.server == 4


def test_another_sysroot(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative one is another directory elsewhere, and so is a link once it leads elsewhere."""
    for name, servers in (("a", 1), ("b", 2)):
        write(tmp_path / name / "root", {"nginx.conf": http("server { } " * servers)})
    for name, servers in (("a", 1), ("b", 2), ("a", 1)):
        monkeypatch.chdir(tmp_path / name)
        assert check("/nginx.conf", sysroot="root", cache=cache).blocks.server == servers
        link = tmp_path / "link"
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path / name / "root")
        assert check("/nginx.conf", sysroot=str(link), cache=cache).blocks.server == servers


def test_nothing_but_files_is_kept(conf: Path, cache: Cache) -> None:
    dump = f"# configuration file /etc/nginx/nginx.conf:\n{http('')}".encode()
    check("-", data=dump, cache=cache)
    check(conf, cache=cache, breakdown=True)
    assert not os.path.exists(cache.directory)


def sealed(text: str) -> bytes:
    return digest(text.encode()).encode() + b"\n" + text.encode()


def with_program(text: str) -> bytes:
    return sealed(json.dumps({"program": this_program(), **json.loads(text)}))


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data.replace(b'"nginx"', b'"nginy"', 1),
        lambda _: b"\xff" * 100,
        lambda _: sealed("[]"),
        lambda _: sealed("{}"),
        lambda _: with_program('{"between": [null, null], "answers": [], "report": {"is": "Any"}}'),
        lambda _: with_program(
            '{"between": [null, null], "answers": [], "report": {"is": "ConfigReport"}}'
        ),
        lambda _: with_program(
            '{"between": [null, null], "answers": [["__init__", "/", "x"]], "report": 1}'
        ),
        lambda _: with_program('{"between": ["a", 1], "answers": [], "report": 1}'),
        lambda _: with_program('{"between": 1, "answers": [], "report": 1}'),
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


def test_what_others_may_write_is_not_trusted(conf: Path, cache: Cache, split: list[bytes]) -> None:
    check(conf, cache=cache)
    for path in (Path(cache.directory), entry_of(cache)):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode & 0o077 == 0
        path.chmod(mode | 0o022)
        split.clear()
        check(conf, cache=cache)
        assert split
        path.chmod(mode)


def test_a_cache_that_cannot_be_written_is_done_without(conf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    expected = check(conf)
    assert check(conf, cache=Cache(str(tmp_path / "file"))) == expected
    assert check(conf, cache=Cache("/proc/no-such")) == expected


def test_a_link_is_no_entry(conf: Path, cache: Cache, tmp_path: Path, split: list[bytes]) -> None:
    check(conf, cache=cache)
    path = entry_of(cache)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    split.clear()
    report: ConfigReport = check(conf, cache=cache)
    assert report.complete
    assert split


def test_small_configurations_are_not_kept(
    conf: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nginx_memlint.cache.LEAST_BYTES", 1 << 16)
    check(conf, cache=cache)
    assert not os.path.exists(cache.directory)


def test_it_does_not_grow(conf: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nginx_memlint.cache.MOST_ENTRIES", 3)
    monkeypatch.setattr("nginx_memlint.cache.PRUNED", "0123456789abcdef")
    for workers in range(1, 9):
        check(conf, cache=cache, workers=workers)
        os.utime(entry_of(cache, newest=True), (workers, workers))
    assert len([*Path(cache.directory).iterdir()]) == 3
    size = entry_of(cache, newest=True).stat().st_size
    (Path(cache.directory) / "left.json.0123").write_bytes(bytes(size))
    monkeypatch.setattr("nginx_memlint.cache.MOST_BYTES", 4 * size)
    monkeypatch.setattr("nginx_memlint.cache.MOST_ENTRIES", 100)
    check(conf, cache=cache, workers=20)
    assert sum(path.stat().st_size for path in Path(cache.directory).iterdir()) <= 4 * size


def test_many_at_once(conf: Path, tmp_path: Path) -> None:
    """Each finds an entry that is whole, or none."""
    conf.write_text(conf.read_text() + "# padding\n" * 120_000)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "nginx_memlint", "check", str(conf)]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(6)
    ]
    said = {process.communicate(timeout=120) for process in running}
    assert len(said) == 1
    assert all(process.returncode == running[0].returncode for process in running)
    assert [path.suffix for path in (tmp_path / "memlint").iterdir()] == [".json"]


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": "", "XDG_CACHE_HOME": ""},
        {"HOME": "/proc/no-such", "XDG_CACHE_HOME": ""},
        {"HOME": "/dev/null"},
        {"XDG_CACHE_HOME": "/proc"},
    ],
)
def test_without_a_home(environment: dict[str, str], conf: Path) -> None:
    conf.write_text(conf.read_text() + "# padding\n" * 120_000)
    expected = memlint("check", conf, "--no-cache")
    kept = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    assert memlint("check", conf, env={**kept, **environment}) == expected


def test_a_home_that_is_not_there_is_not_made(conf: Path, tmp_path: Path) -> None:
    conf.write_text(conf.read_text() + "# padding\n" * 120_000)
    kept = {key: value for key, value in os.environ.items() if key != "XDG_CACHE_HOME"}
    run = memlint("check", conf, env={**kept, "HOME": str(tmp_path / "gone")})
    assert run.code in (0, 1)
    assert not (tmp_path / "gone").exists()


def test_no_cache(conf: Path, tmp_path: Path) -> None:
    conf.write_text(conf.read_text() + "# padding\n" * 120_000)
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    first = memlint("check", conf, "--no-cache", env=environment)
    assert not (tmp_path / "xdg").exists()
    assert memlint("check", conf, env=environment) == first
    assert stat.S_IMODE((tmp_path / "xdg" / "memlint").stat().st_mode) == 0o700
    assert memlint("check", conf, env=environment) == first


def test_the_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    found = user_cache()
    assert found is not None
    assert found.directory == str(tmp_path / "memlint")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = user_cache()
    assert found is not None
    assert found.directory == str(tmp_path / ".cache" / "memlint")
