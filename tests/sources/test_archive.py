"""Configurations in tar archives, made by friends and by strangers."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import struct
import subprocess
import tarfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nginx_memlint import check
from nginx_memlint.files.archive import MAX_HEADER, MAX_PIECES, ArchiveError, is_archive, members
from nginx_memlint.files.bounds import DEFAULT_BOUNDS, BoundError
from nginx_memlint.result import ConfigReport
from nginx_memlint.sources.archive import ArchiveFiles
from nginx_memlint.sources.source import DroppedError
from tests.helpers import BUNDLE, http, memlint, write

LUA = (
    "load_module /usr/lib/nginx/modules/ndk_http_module.so;"
    "load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;"
)
SITE = "server { location / { access_by_lua_file a; } }"
MAIN = http(
    "lua_ssl_trusted_certificate /etc/ssl/certs/ca.crt;\ninclude /etc/nginx/sites/*.conf;", LUA
)
FILES: dict[str, str | bytes] = {
    "etc/nginx/nginx.conf": MAIN,
    "etc/nginx/sites/a.conf": SITE,
    "etc/ssl/certs/ca.crt": BUNDLE.read_bytes(),
}
SECRET = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
KEY = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"


def info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "") -> Any:
    header = tarfile.TarInfo(name)
    header.size, header.type, header.linkname = size, kind, link
    return header


def packed(files: dict[str, str | bytes] = FILES, *more: tarfile.TarInfo, mode: str = "w") -> bytes:
    """An archive of files, and of members without content."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            archive.addfile(info(name, len(data)), io.BytesIO(data))
        for header in more:
            archive.addfile(header)
    return out.getvalue()


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def checked(data: bytes, **options: Any) -> ConfigReport:
    return check("-", data=data, target="debian-12", **options)


def messages(report: ConfigReport) -> list[str]:
    return [problem.message for problem in report.problems]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_it_is_read_like_a_copy_of_the_machine(tmp_path: Path, mode: str, form: int) -> None:
    for name, text in FILES.items():
        write(tmp_path, {name: text})
    copy = check("/etc/nginx/nginx.conf", sysroot=tmp_path, target="debian-12")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        archive.add(tmp_path / "etc", "etc")
    report = checked(out.getvalue())
    assert report.complete
    assert report.problems == []
    assert (report.ca_loads, report.blocks) == (copy.ca_loads, copy.blocks)
    assert report.memory == replace(copy.memory, parts=report.memory.parts)
    assert report.main_file == "/etc/nginx/nginx.conf"
    assert report.inherited[0].file == "/etc/nginx/nginx.conf"
    assert report.from_dump


def test_a_named_archive(tmp_path: Path) -> None:
    (tmp_path / "web1.tgz").write_bytes(packed(mode="w:gz"))
    (tmp_path / "backup").write_bytes(packed())
    for name in ("web1.tgz", "backup"):
        done = memlint("check", "--format", "json", name, cwd=tmp_path)
        [config] = done.json["configs"]
        assert (config["path"], config["complete"]) == (name, True)
        assert config["main_file"] == f"{name}/etc/nginx/nginx.conf"
        assert config["ca_loads"] == 2
    (tmp_path / "memlint.toml").write_text('roots = ["*.tgz"]\nmax-memory = "1MiB"\n')
    done = memlint("check", cwd=tmp_path)
    assert done.code == 1
    assert done.out.startswith("OVER BUDGET web1.tgz: ")
    changed = FILES | {"etc/nginx/sites/b.conf": SITE}
    (tmp_path / "new.tgz").write_bytes(packed(changed))
    done = memlint("diff", "--format", "json", "web1.tgz", "new.tgz", cwd=tmp_path)
    assert done.code == 0, done.err


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
def test_what_the_documents_say(tmp_path: Path) -> None:
    """The command of README.md, on a tree with Debian's links out of it, and a private key."""
    for name, text in FILES.items():
        write(tmp_path, {name: text})
    write(tmp_path, {"usr/share/site.conf": SITE, "etc/nginx/tls.key": KEY})
    (tmp_path / "etc/nginx/sites/b.conf").symlink_to("../../../usr/share/site.conf")
    command = ["tar", "-czh", "--exclude=*.key", "etc/nginx", "etc/ssl/certs"]
    made = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, timeout=60)
    run = memlint("check", "--format", "json", "-", stdin=made.stdout)
    [config] = run.json["configs"]
    assert config["complete"], config["problems"]
    assert config["blocks"]["server"] == 2


def test_which_main_file() -> None:
    openresty = "usr/local/openresty/nginx/conf/nginx.conf"
    site = http(SITE, LUA)
    report = checked(packed({openresty: site}))
    assert report.main_file == f"/{openresty}"
    two = packed({"a/nginx.conf": site, "b/conf/nginx.conf": site, "c/x": ""})
    report = checked(two)
    assert not report.complete
    [message] = messages(report)
    assert "several nginx.conf in it (/a/nginx.conf, /b/conf/nginx.conf)" in message
    assert "--prefix /a" in message
    for prefix in ("/b", "/b/conf", "b/conf/nginx.conf"):
        report = checked(two, prefix=prefix)
        assert report.main_file == "/b/conf/nginx.conf"
        assert report.complete
    [message] = messages(checked(packed({"x": ""})))
    assert "holds no /etc/nginx/nginx.conf" in message
    [message] = messages(checked(two, prefix="/c"))
    assert "holds no /c/nginx.conf" in message
    for other in ({"sysroot": "."}, {"path_map": {"/etc": "."}}):
        [message] = messages(checked(packed(), **other))
        assert "leave --sysroot and --path-map out" in message


def test_links_stay_inside() -> None:
    """Of other machines' files, and of this machine's, nothing is read."""
    link = tarfile.SYMTYPE
    report = checked(
        packed(
            {"etc/nginx/nginx.conf": http("include sites/*.conf; include up.conf;", LUA)},
            info("etc/nginx/sites/a.conf", 0, link, "/usr/share/a.conf"),
            info("etc/nginx/sites/out.conf", 0, link, "/etc/passwd"),
            info("etc/nginx/sites/loop.conf", 0, link, "loop.conf"),
            info("etc/nginx/up.conf", 0, link, "../../../../../usr/share/a.conf"),
            info("usr/share/a.conf", 0, tarfile.LNKTYPE, "usr/share/none.conf"),
        )
    )
    text = " ".join(messages(report))
    assert "root:" not in json.dumps([vars(problem) for problem in report.problems])
    assert '"/etc/nginx/sites/out.conf" failed (2: No such file' in text
    assert '"/etc/nginx/sites/loop.conf" failed (40: ' in text
    assert "1 member of the archive, usr/share/a.conf the first: left out" in text
    plain = packed(
        {"etc/nginx/nginx.conf": http("include up.conf;", LUA), "usr/share/a.conf": SITE},
        info("etc/nginx/up.conf", 0, link, "../../../../../usr/share/a.conf"),
        info("usr/share/b.conf", 0, tarfile.LNKTYPE, "usr/share/a.conf"),
    )
    report = checked(plain)
    assert (report.complete, report.blocks.server) == (True, 1)
    source = ArchiveFiles(plain, "/", DEFAULT_BOUNDS)
    assert source.read("/usr/share/b.conf").decode() == SITE
    assert source.real_path("/etc/nginx/up.conf") == "/usr/share/a.conf"


def test_links_that_were_packed_as_links_say_so() -> None:
    text = "include a/*.conf; events { } http { server { } }"
    files: dict[str, str | bytes] = {"etc/nginx/nginx.conf": text}
    link = info("etc/nginx/a/b.conf", kind=tarfile.SYMTYPE, link="/usr/share/b.conf")
    [message] = messages(checked(packed(files, link)))
    assert "leads to /usr/share/b.conf, which is not in the archive; tar -h packs" in message


def test_names_that_lead_out_are_left_out() -> None:
    report = checked(packed(FILES | {"../../etc/nginx/sites/b.conf": SITE, "/etc/x": "y"}))
    assert (report.complete, report.blocks.server) == (True, 1)
    [message] = messages(report)
    assert "1 member of the archive, ../../etc/nginx/sites/b.conf the first: left out" in message


def test_what_is_no_file() -> None:
    report = checked(
        packed(
            FILES,
            info("etc/nginx/sites/null.conf", 0, tarfile.CHRTYPE),
            info("etc/nginx/sites/pipe.conf", 0, tarfile.FIFOTYPE),
            info("etc/nginx/sites/dir.conf", 0, tarfile.DIRTYPE),
            info("etc/nginx/sites/a.conf/below", 0),
        )
    )
    text = " ".join(messages(report))
    assert "null.conf" not in text
    assert "pipe.conf" in text
    assert "nginx would wait for its writer" in text
    assert '"/etc/nginx/sites/dir.conf" failed (21: Is a directory)' in text
    assert "1 member of the archive, etc/nginx/sites/a.conf/below" in text


def test_no_private_key_is_kept_or_shown() -> None:
    with_key = KEY + BUNDLE.read_text("ascii").partition("-----BEGIN")[2].join(["-----BEGIN", ""])
    files = FILES | {
        "etc/nginx/tls.key": f"no key, {SECRET}",
        "etc/nginx/both.pem": with_key,
        "etc/nginx/cut.pem": KEY[:60],
        "etc/nginx/sites/k.conf": f"include /etc/nginx/both.pem;\ninclude ../tls.key;\n{KEY}",
    }
    data = packed(files)
    source = ArchiveFiles(data, "/", DEFAULT_BOUNDS)
    for name in ("both.pem", "sites/k.conf"):
        assert SECRET[:8] not in source.read(f"/etc/nginx/{name}").decode()
    for name in ("tls.key", "cut.pem"):
        with pytest.raises(DroppedError):
            source.read(f"/etc/nginx/{name}")
    assert b"BEGIN CERTIFICATE" in source.read("/etc/nginx/both.pem")
    for form in ("text", "json", "sarif"):
        done = memlint("check", "-v", "--format", form, "-", stdin=data)
        assert SECRET[:8] not in done.out + done.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("etc/nginx/nginx.conf", f"# -----BEGIN PRIVATE KEY-----\n{MAIN}"),
        ("etc/nginx/sites/b.conf", f"# -----BEGIN PRIVATE KEY-----\n{SITE}"),
        ("etc/nginx/sites/b.conf", f"# {KEY.replace(SECRET, SITE)}"),
        ("etc/nginx/sites/b.conf", "include b.key;"),
    ],
)
def test_what_is_dropped_as_a_key_hides_nothing(name: str, text: str) -> None:
    """Nginx reads such a comment, and what follows it, as any other."""
    data = packed(FILES | {"etc/nginx/b.key": SITE, name: text})
    done = memlint("check", "--target=debian-12", "-", stdin=data)
    assert done.code == 3
    assert "was dropped as it was read" in done.out


def test_modules_of_directories_that_the_archive_lacks() -> None:
    """They are on the machine; one that lacks in a directory of the archive is not."""
    assert messages(checked(packed())) == []
    with_modules = packed(FILES | {"usr/lib/nginx/modules/other.so": ""})
    assert any("ndk_http_module.so" in text for text in messages(checked(with_modules)))


def test_it_is_not_changed(tmp_path: Path) -> None:
    servers = SITE * 20
    (tmp_path / "a.tar").write_bytes(packed(FILES | {"etc/nginx/sites/a.conf": servers}))
    before = (tmp_path / "a.tar").read_bytes()
    run = memlint(
        "check", "--target", "debian-12", "--fix", "--unit-cost=64MiB", "a.tar", cwd=tmp_path
    )
    assert "is an archive: unpack it to have its files changed" in run.err
    assert (tmp_path / "a.tar").read_bytes() == before


# archives that want to harm


def damaged(data: bytes) -> str:
    report = checked(data)
    assert not report.complete
    [message] = messages(report)
    return message


def pax(length: int) -> bytes:
    """A header of attributes of so many bytes, most of them digits."""
    record = b"%d x=" % length
    record += b"1" * (length - len(record) - 1) + b"\n"
    header: bytes = info("x", length, tarfile.XHDTYPE).tobuf()
    return header + record + b"\0" * (-length % 512)


def with_size(size: int) -> bytes:
    """A member with a size in base 256, which may be below 0."""
    header = bytearray(info("etc/nginx/nginx.conf").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (b"\xff" if size < 0 else b"\x80") + struct.pack(
        ">qq", -1 if size < 0 else 0, size
    )[5:]
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


END = bytes(10240)


BODY = packed()[: -(-len(packed().rstrip(b"\0")) // 512) * 512]
"""An archive without its end."""


@pytest.mark.parametrize(
    "data",
    [
        zipped(packed())[:-9],
        zipped(packed())[:4000],
        zipped(packed())[:600] + b"xxxxxxx" * 99,
        zipped(BODY),
        BODY,
        BODY[:700],
        BODY[:512],
        BODY + b"x" * 2048 + END,
        BODY + with_size(-512) + END,
        BODY + with_size(-len(BODY)) + END,
        with_size(-512) + END,
        info("x", 5, tarfile.GNUTYPE_LONGNAME).tobuf() * 5000 + END,
    ],
)
def test_damaged(data: bytes) -> None:
    assert "the archive is damaged or ends early" in damaged(data)


def test_headers_that_take_long() -> None:
    assert "larger than 256 MiB" in damaged(with_size(1 << 40) + END)
    assert "headers that are too long" in damaged(pax(MAX_HEADER + 1) + packed())
    assert "headers that are too long" in damaged(pax(8000) * 40 + packed())


def test_bombs() -> None:
    """A file that unpacks to more than the bound is not unpacked."""
    bomb = zipped(packed() + bytes(300 << 20))
    assert len(bomb) < 1 << 20
    assert "unpacks to more than 256 MiB" in damaged(bomb)
    twice = zipped(bytes(200 << 20)) * 2
    with pytest.raises(BoundError):
        list(members(twice, DEFAULT_BOUNDS))


def test_many_members_of_gzip_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying what follows for each member takes time that grows with the square."""
    data = zipped(packed()) + zipped(b"") * 2000
    real, handed = zlib.decompressobj, []

    class Counted:
        def __init__(self, wbits: int) -> None:
            self._inflating = real(wbits)

        def __getattr__(self, name: str) -> object:
            return getattr(self._inflating, name)

        def decompress(self, piece: bytes, most: int) -> bytes:
            handed.append(len(piece))
            return self._inflating.decompress(piece, most)

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    assert len([*members(data, DEFAULT_BOUNDS)]) == len(FILES)
    assert len(data) <= sum(handed) < 2000 * 1024


def with_holes(pieces: int) -> bytes:
    """An archive with a file of bytes in so many pieces, as GNU tar packs one with holes."""
    table = f"{pieces}\n" + "".join(f"{2 * n}\n1\n" for n in range(pieces))
    data = table.encode() + b"\0" * (-len(table) % 512) + b"#" * pieces
    member = info("GNUSparseFile.0/x.conf", len(data))
    member.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "x.conf",
        "GNU.sparse.realsize": str(2 * pieces - 1),
    }
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_files_with_holes_are_read_if_they_are_few() -> None:
    [member] = members(with_holes(MAX_PIECES), DEFAULT_BOUNDS)
    assert member.data == b"\0".join([b"#"] * MAX_PIECES)
    with pytest.raises(ArchiveError, match="holes in too many pieces"):
        list(members(with_holes(MAX_PIECES + 1), DEFAULT_BOUNDS))


def test_bounds() -> None:
    bounds = DEFAULT_BOUNDS._replace(names=1000, total_bytes=1 << 20)
    many = packed({f"a/{n}": "" for n in range(1001)})
    with pytest.raises(BoundError, match="the archive has more than 1,000 names"):
        ArchiveFiles(many, "/", bounds)
    deep = packed({"/".join("a" * 101): ""})
    assert len(ArchiveFiles(deep, "/", bounds).left_out) == 1
    with pytest.raises(BoundError, match="names"):
        ArchiveFiles(packed({f"{n}/{'b/' * 60}x": "" for n in range(20)}), "/", bounds)
    sparse = info("x", 0, tarfile.GNUTYPE_SPARSE)
    assert [member.name for member in members(packed({}, sparse), bounds)] == ["x"]


@pytest.mark.parametrize(
    "data",
    [b"", zipped(b"events {}"), b"\x1f\x8b", b"\x1f\x8b\x08\x00xx", END],
)
def test_what_is_no_archive(data: bytes) -> None:
    assert not is_archive(data)
    assert not checked(data).complete


def both(first: str = "# of the site") -> bytes:
    """An archive with SITE alone, and for nginx a configuration with 100 locations."""
    comment = "\n#" if first else ""
    locations = "".join(f"location /{number} {{ }} " for number in range(100))
    main = "\n" + http(f"server {{ {locations} }}", LUA) + comment
    quiet = http(SITE).replace("\n", " ")
    data = packed({first: main, "etc/nginx/nginx.conf": quiet}).rstrip(b"\0")
    return data + b"\0" * (1024 + -len(data) % 512)


@pytest.mark.parametrize(
    "first", ["# of the site", "events {", " a", "env a;x", "a\tb", '"a"', "}"]
)
def test_what_nginx_may_read_is_not_taken_for_an_archive(tmp_path: Path, first: str) -> None:
    """Which of the two it is decides what is checked: nginx would read the other one."""
    data = both(first)
    assert is_archive(data)
    (tmp_path / "site").write_bytes(data)
    for name in ("site", "-"):
        done = memlint("check", "--isolated", "--confine", ".", name, cwd=tmp_path, stdin=data)
        assert done.code == 2, done.out
        assert "may be a tar archive or a configuration that looks like one" in done.err
    assert checked(zipped(data)).blocks.server == 1


@pytest.mark.parametrize("words", [["--no-dump", "site"], ["nginx.conf"], ["."]])
def test_what_is_read_as_it_is(tmp_path: Path, words: list[str]) -> None:
    for name in ("site", "nginx.conf"):
        (tmp_path / name).write_bytes(both())
    done = memlint("check", *words, "--format", "json", cwd=tmp_path)
    [config] = done.json["configs"]
    assert config["blocks"]["location"] == 100


@pytest.mark.parametrize("name", ["nginx.conf", "."])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_no_configuration_is_an_archive(tmp_path: Path, name: str, mode: str) -> None:
    """Under that name nginx would read it, and refuse it."""
    (tmp_path / "nginx.conf").write_bytes(packed(mode=mode))
    assert memlint("check", name, cwd=tmp_path).code == 3


def test_an_error_says_what_it_is() -> None:
    with pytest.raises(ArchiveError, match="ends early"):
        list(members(packed()[:600], DEFAULT_BOUNDS))
