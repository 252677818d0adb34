"""Files of a sysroot or of path maps: nothing outside is read, and links lead where they would."""

from __future__ import annotations

import errno
import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.files import reading
from nginx_memlint.files.bounds import BoundError, Bounds, tokens_at_most
from nginx_memlint.report.formats.json import dumps
from nginx_memlint.sources import glob
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.memory_files import MemoryFiles
from nginx_memlint.sources.source import OutsideError
from nginx_memlint.syntax.lexer import tokenize
from tests.helpers import BUNDLE

SECRET = "server { secret; }"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sysroot beside a file that must not be read."""
    (tmp_path / "secret.conf").write_text(SECRET)
    for name in ("etc/nginx/conf.d", "srv"):
        (tmp_path / "root" / name).mkdir(parents=True)
    (tmp_path / "root/etc/nginx/nginx.conf").write_text("main")
    (tmp_path / "root/srv/site.conf").write_text("site")
    return tmp_path / "root"


def link(root: Path, name: str, target: str) -> str:
    path = root / "etc/nginx/conf.d" / name
    path.symlink_to(target)
    return f"/etc/nginx/conf.d/{name}"


INSIDE = {
    "absolute": "/srv/site.conf",
    "relative": "../../../srv/site.conf",
    "above the root": "../../../../../../../srv/site.conf",
    "doubled": "//srv//./site.conf",
}


@pytest.mark.parametrize("target", INSIDE.values(), ids=INSIDE)
def test_links_lead_where_they_would_on_the_machine(root: Path, target: str) -> None:
    files = FileSystem({"/": str(root)}, restricted=True)
    path = link(root, "a.conf", target)
    assert files.read(path) == b"site"
    assert Path(files.shown(path)).read_bytes() == b"site"
    assert glob.expand(files, "/etc/nginx/conf.d/*.conf") == [path]


def test_a_relative_link_keeps_its_name(root: Path) -> None:
    files = FileSystem({"/": str(root)}, restricted=True)
    assert (
        files.shown(link(root, "a.conf", INSIDE["relative"])) == f"{root}/etc/nginx/conf.d/a.conf"
    )
    assert files.shown(link(root, "b.conf", INSIDE["absolute"])) == f"{root}/srv/site.conf"


@pytest.mark.parametrize("how", ["link", "relative link", "dots", "directory link"])
@pytest.mark.parametrize("mounts", ["sysroot", "path map"])
def test_nothing_outside_is_read(root: Path, how: str, mounts: str) -> None:
    outside = root.parent / "secret.conf"
    files = FileSystem(
        {"/": str(root)} if mounts == "sysroot" else {"/etc/nginx": str(root / "etc/nginx")},
        restricted=True,
    )
    if how == "link":
        path = link(root, "a.conf", str(outside))
    elif how == "relative link":
        path = link(root, "a.conf", "../../../../secret.conf")
    elif how == "directory link":
        path = link(root, "d", str(root.parent)) + "/secret.conf"
    else:
        path = "/etc/nginx/../../../../../secret.conf"
    with pytest.raises(OSError, match=r"No such file|outside"):
        files.read(path)
    (root / "etc/nginx/nginx.conf").write_text(
        f"events {{}} http {{ include {path}; include {path}*; }}"
    )
    sysroot = str(root) if mounts == "sysroot" else None
    maps = [] if sysroot else [("/etc/nginx", str(root / "etc/nginx"))]
    report = check("/etc/nginx/nginx.conf", sysroot=sysroot, path_map=maps)
    assert not report.complete
    assert report.blocks.server == 0
    assert "secret;" not in dumps(report)


def test_bundles_and_messages_stay_inside(root: Path) -> None:
    """A CA bundle that leads out is not read, and a syntax error does not quote what is outside."""
    link(root, "a.conf", str(root.parent / "secret.conf"))
    (root / "etc/nginx/ca.pem").symlink_to(BUNDLE)
    (root / "etc/nginx/nginx.conf").write_text(
        "events {} http { include conf.d/*.conf; lua_ssl_trusted_certificate ca.pem; server {} }"
    )
    report = check("/etc/nginx/nginx.conf", sysroot=str(root))
    assert not report.complete
    assert report.blocks.server == 1
    assert "2: No such file" in report.problems[0].message
    unreadable = [f.message for f in report.findings if f.rule == "ML303"]
    assert [message.startswith("/etc/nginx/ca.pem could not") for message in unreadable] == [True]
    assert "secret;" not in dumps(report)


@pytest.mark.parametrize("pattern", ["*.conf", "[a]*", "x.conf", "sub/../../other/*.conf"])
def test_an_include_that_leads_out_of_the_maps_is_no_empty_match(root: Path, pattern: str) -> None:
    (root / "etc/nginx/nginx.conf").write_text(
        f"events {{}} http {{ include /usr/share/nginx/{pattern}; }}"
    )
    report = check("/etc/nginx/nginx.conf", path_map=[("/etc/nginx", str(root / "etc/nginx"))])
    assert not report.complete
    assert "outside of the sysroot, path maps or --confine given" in report.problems[0].message


def test_longest_match_and_nested_mounts(root: Path, tmp_path: Path) -> None:
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/b.conf").write_text("b")
    files = FileSystem(
        {"/": str(root), "/etc/nginx/sites/": str(tmp_path / "sites")}, restricted=True
    )
    assert files.read("/etc/nginx/sites/b.conf") == b"b"
    assert files.read("/srv/site.conf") == b"site"
    # listed in its parent, though it is not there
    assert glob.expand(files, "/etc/nginx/s*/b.conf") == ["/etc/nginx/sites/b.conf"]
    # "/etc/nginx/sitesX" is another directory
    assert not files.exists("/etc/nginx/sitesX/b.conf")


def test_a_path_that_is_too_long_is_not_walked(root: Path) -> None:
    files = FileSystem({"/": str(root)}, restricted=True)
    with pytest.raises(OSError, match="File name too long"):
        files.read("/" + "a/" * 100_000)


def test_very_many_mounts(root: Path) -> None:
    mounts = {f"/a{number}/b/c": "/nowhere" for number in range(100_000)}
    files = FileSystem({**mounts, "/etc": str(root / "etc")}, restricted=True)
    for _ in range(1000):  # 100,000 compared each time took minutes
        assert files.exists("/etc/nginx/nginx.conf")
        assert not files.exists("/a1/b/c/nginx.conf")


def test_a_mount_may_be_a_link_itself(root: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root / "etc/nginx")
    files = FileSystem({"/etc/nginx": str(tmp_path / "alias")}, restricted=True)
    assert files.read("/etc/nginx/nginx.conf") == b"main"
    assert files.shown("/etc/nginx/nginx.conf") == f"{tmp_path}/alias/nginx.conf"


def test_loops_and_dangling_links(root: Path) -> None:
    files = FileSystem({"/": str(root)}, restricted=True)
    loop, dangling = link(root, "loop.conf", "loop.conf"), link(root, "gone.conf", "/nowhere")
    with pytest.raises(OSError, match="Too many levels"):
        files.read(loop)
    with pytest.raises(FileNotFoundError):
        files.read(dangling)
    # glob(3) does not follow links: nginx fails on these
    assert glob.expand(files, "/etc/nginx/conf.d/*.conf") == [dangling, loop]
    assert files.shown(loop) == f"{root}{loop}"


def test_dots_need_a_directory(root: Path) -> None:
    files = FileSystem({"/": str(root)}, restricted=True)
    assert files.read("/etc/../etc/nginx/./nginx.conf") == b"main"
    for path in ("/nowhere/../etc/nginx/nginx.conf", "/srv/site.conf/../../etc/nginx/nginx.conf"):
        with pytest.raises(NotADirectoryError):
            files.read(path)


@pytest.mark.parametrize("restricted", [True, False])
def test_a_file_replaced_by_a_link_is_not_followed(
    root: Path, tmp_path: Path, restricted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = FileSystem({"/": str(root)}, restricted=restricted)
    site = root / "srv/site.conf"
    assert site.is_relative_to(tmp_path)
    look = reading._require_regular

    def replacing(info: os.stat_result) -> None:
        """Called between looking at the file and opening it."""
        site.unlink()
        site.symlink_to(root.parent / "secret.conf")
        monkeypatch.setattr(reading, "_require_regular", look)
        look(info)

    monkeypatch.setattr(reading, "_require_regular", replacing)
    if restricted:
        with pytest.raises(OSError, match="Too many levels"):
            files.read("/srv/site.conf")
    else:
        assert files.read("/srv/site.conf") == SECRET.encode()


def test_kinds_of_file(tmp_path: Path) -> None:
    files = FileSystem({"/": "/"}, restricted=False)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="FIFO"):
        files.read(f"{tmp_path}/fifo")
    with pytest.raises(IsADirectoryError):
        files.read(str(tmp_path))
    with pytest.raises(FileNotFoundError):
        files.read(f"{tmp_path}/null\0byte")
    with pytest.raises(OSError, match="too long"):
        files.read(f"{tmp_path}/{'x' * 300}")
    assert files.read("/dev/zero") == b""
    assert files.read("/dev/null") == b""


def test_a_socket_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(OSError, match="No such device"):
            FileSystem({"/": str(tmp_path)}, restricted=False).read("/s")


def test_files_that_are_too_large(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * ((1 << 20) + 1))
    mounts = {"/": str(tmp_path)}
    files = FileSystem(mounts, restricted=False, bounds=Bounds(file_bytes=1 << 20))
    with pytest.raises(BoundError, match=r"larger than 1 MiB \(bound file-bytes;"):
        files.read("/large")
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x " * (1 << 19))
    files = FileSystem(mounts, restricted=False, bounds=Bounds(total_bytes=(2 << 20) - 1))
    files.read("/a")
    files.read("/a")
    with pytest.raises(BoundError, match=r"together are larger than 2,097,151 bytes"):
        files.read("/b")
    files = FileSystem(mounts, restricted=False, bounds=Bounds(tokens=(1 << 20) - 1))
    files.read("/a")
    with pytest.raises(BoundError, match=r"more than 1,048,575 tokens"):
        files.read("/b")


def test_tokens_are_not_underestimated() -> None:
    for text in (b"a b{c;}" * 50_000, b"a;" * 99_999, b"x" * 200_000, b" \n" * 70_000, b""):
        tokens = tokenize(text)
        count = sum(2 + len(tokens.args(number)) for number in range(len(tokens.starts)))
        assert count + text.count(b"{") <= tokens_at_most(text) <= len(text) + 5
    assert tokens_at_most(b"listen 80;\n" * 1000) < 3100


def test_directories_that_are_too_large(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / str(number)).touch()
    files = FileSystem({"/": str(tmp_path)}, restricted=False, bounds=Bounds(names=27))
    assert len(glob.expand(files, "/*")) == 10
    assert len(glob.expand(files, "/?")) == 10
    with pytest.raises(OSError, match="more than 27 names"):
        glob.expand(files, "/[0-9]")


@pytest.mark.parametrize("ask", ["read", "names", "exists", "is_dir"])
def test_a_directory_replaced_by_a_link_is_not_followed(
    root: Path, ask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory on the way that is swapped after the links on the way were resolved."""
    outside = root.parent / "outside"
    (outside / "nginx/conf.d").mkdir(parents=True)
    (outside / "nginx/nginx.conf").write_text(SECRET)
    files = FileSystem({"/": str(root)}, restricted=True)
    resolve = FileSystem._resolve

    def swapping(self: FileSystem, path: str, follow_last: bool) -> tuple[str, bool]:
        resolved = resolve(self, path, follow_last)
        os.rename(root / "etc", root / "was")
        os.symlink(outside, root / "etc")
        return resolved

    monkeypatch.setattr(FileSystem, "_resolve", swapping)
    path = "/etc/nginx/nginx.conf" if ask == "read" else "/etc/nginx/conf.d"
    if ask in ("exists", "is_dir"):
        assert getattr(files, ask)(path) is False
    else:
        with pytest.raises(NotADirectoryError):
            getattr(files, ask)(path)


def test_what_may_not_be_read_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_args: object, **_named: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    (tmp_path / "nginx.conf").write_text("events {} http { include */x.conf; include d/*; }")
    (tmp_path / "d").mkdir()
    with monkeypatch.context() as patch:
        patch.setattr("nginx_memlint.sources.disk.os.listdir", denied)
        report = check(tmp_path)
        assert [p.message.rpartition(" (")[2] for p in report.problems] == [
            "13: Permission denied)",
            "13: Permission denied)",
        ]
        assert not report.complete
    files = FileSystem({"/": str(tmp_path)}, restricted=False)
    monkeypatch.setattr("nginx_memlint.sources.disk.os.stat", denied)
    for ask in (files.exists, files.is_dir, files.read):
        with pytest.raises(PermissionError):
            ask("/d")


def test_names_are_bytes(tmp_path: Path) -> None:
    name = b"caf\xe9 \x1b[31m.conf"
    (tmp_path / "conf.d").mkdir()
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/conf.d/" + name)).write_text("oops {")
    (tmp_path / "nginx.conf").write_text("events {} http { include conf.d/*.conf; }")
    report = check(tmp_path)
    assert report.problems[0].file == rf"{tmp_path}/conf.d/caf\xe9 \x1b[31m.conf"
    dumps(report).encode()


def test_memory_files() -> None:
    files = MemoryFiles({"/etc/nginx/nginx.conf": b"a", "/etc/nginx//x/b.conf": b"b", "./c": b""})
    assert files.read("/etc/nginx/nginx.conf") == b"a"
    assert "nginx.conf" in files.names("/etc/nginx/")
    assert "" not in files.names("/etc/nginx")
    assert files.is_dir("/etc")
    assert files.exists("/etc/nginx//x/b.conf")
    assert not files.exists("/etc/passwd")
    for ask in (files.read, files.names):
        with pytest.raises(FileNotFoundError):
            ask("/etc/passwd")


def test_outside_is_not_absent() -> None:
    assert not isinstance(OutsideError(), FileNotFoundError)


IN_CHROOT = """
import json, os, sys
root, paths = json.load(sys.stdin)
os.chroot(root); os.chdir("/")
def ask(path):
    try:
        with open(os.open(path, os.O_RDONLY), "rb") as file:
            return file.read().decode()
    except OSError as error:
        return error.errno
json.dump([ask(path) for path in paths], sys.stdout)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
@pytest.mark.parametrize("seed", range(8))
def test_random_links_as_in_a_chroot(seed: int, tmp_path: Path) -> None:
    """The kernel, with the sysroot as its root, is the judge."""
    rng = random.Random(seed)
    names = ["a", "b", "c", "d"]

    def some_path() -> str:
        start = rng.choice(["", "/", "../", "../../../"])
        return start + "/".join(rng.choice([*names, "..", "."]) for _ in range(rng.randint(1, 4)))

    for _ in range(40):
        parent = tmp_path / "/".join(rng.sample(names, rng.randint(0, 2)))
        try:
            if not Path(os.path.realpath(parent)).is_relative_to(tmp_path):
                continue
            parent.mkdir(parents=True, exist_ok=True)
            new = parent / rng.choice(names)
            if rng.random() < 0.6:
                new.symlink_to(some_path())
            elif not os.path.lexists(new):
                new.write_text(str(new.relative_to(tmp_path)))
        except OSError:
            continue
    paths = ["/" + some_path() for _ in range(400)]
    answers = json.loads(
        subprocess.run(
            [sys.executable, "-c", IN_CHROOT],
            input=json.dumps([str(tmp_path), paths]),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
    )
    files = FileSystem({"/": str(tmp_path)}, restricted=True)

    def ask(path: str) -> str | int | None:
        try:
            return files.read(path).decode()
        except OSError as error:
            return error.errno

    differing = [
        (path, kernel, ask(path))
        for path, kernel in zip(paths, answers, strict=True)
        if ask(path) != kernel and not (isinstance(kernel, int) and isinstance(ask(path), int))
    ]
    assert differing == []
    assert any(isinstance(answer, str) for answer in answers)
