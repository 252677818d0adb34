"""Inputs that are made to hang a reader, or to eat its machine."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from nginx_memlint import check
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.files.bounds import DEFAULT_BOUNDS
from nginx_memlint.options.record import Options
from nginx_memlint.sources.disk import Disk
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.tree.build import build
from nginx_memlint.tree.expanded import MAX_STEPS
from tests.helpers import http, memlint_here, with_bounds, write
from tests.hostile.limited import limited, slow

Files = dict[str, str | bytes]


def events(inside: str | bytes) -> bytes:
    inside = inside if isinstance(inside, bytes) else inside.encode()
    return b"events {}\nhttp {\n" + inside + b"\n}\n"


def chain(length: int, *, times: int = 1, last: str = "") -> Files:
    """Files that each include the next, so many times."""
    files: Files = {f"f{n}": f"include f{n + 1};\n" * times for n in range(length)}
    return files | {f"f{length}": last, "nginx.conf": events("include f0;")}


GRAPH = chain(40, times=2, last="server { location / { } }")
"""2^40 times the last file."""


def test_more_inclusions_than_there_is_time_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bounds(monkeypatch, inclusions=20_000)
    run = memlint_here("check", write(tmp_path, GRAPH))
    assert run.code == 3
    assert ":1: more than 20,000 files are included" in run.out
    assert "nginx would hardly survive it either" in run.out


@slow
def test_more_inclusions_than_there_is_time_for_by_default(tmp_path: Path) -> None:
    write(tmp_path, GRAPH)
    run = limited("check", "nginx.conf", cwd=tmp_path)
    assert run.code == 3
    assert "more than 500,000 files are included" in run.out


CYCLES: dict[str, tuple[Files, str]] = {
    "self": ({"nginx.conf": events("include nginx.conf;")}, "nginx.conf:3"),
    "two": ({"nginx.conf": events("include a;"), "a": "include b;", "b": "include a;"}, "b:1"),
    "glob": ({"nginx.conf": events("include d/*;"), "d/a": "include d/*;"}, "d/a:1"),
    "dots": ({"nginx.conf": events("include d/../a;"), "a": "include ./a;", "d/x": ""}, "a:1"),
    "long": (chain(300, last="include f0;"), "f300:1"),
}


@pytest.mark.parametrize("name", CYCLES)
def test_cycles(tmp_path: Path, name: str) -> None:
    files, place = CYCLES[name]
    write(tmp_path, files)
    report = check(tmp_path / "nginx.conf")
    assert not report.complete
    places = {f"{Path(p.file).relative_to(tmp_path)}:{p.line}": p for p in report.problems}
    assert place in places or name in ("self", "dots")
    messages = [problem.message for problem in report.problems]
    assert any("include cycle" in message for message in messages) or name == "self"
    assert all(len(problem.chain) <= MAX_STEPS + 1 for problem in report.problems)
    assert all(message.count("→") <= MAX_STEPS + 5 for message in messages)


def test_includes_nested_as_deep_as_nginx_can(tmp_path: Path) -> None:
    report = check(write(tmp_path, chain(999)))
    assert report.complete
    report = check(write(tmp_path, chain(1000)))
    [problem] = report.problems
    assert problem.line == 1
    assert problem.file.endswith("/f999")
    assert "nested deeper than 1,000" in problem.message
    assert problem.nginx is not None


@pytest.mark.parametrize("depth", [1000, pytest.param(9000, marks=slow)])
def test_blocks_nested_deeply(tmp_path: Path, depth: int) -> None:
    """Each location sees what is set around it, in time that does not grow with its square."""
    text = "server {\n" + "location / {\n" * depth + "}" * depth + "}"
    write(tmp_path, {"nginx.conf": events(text)})
    run = limited("check", "--target", "debian-12", "--format", "json", "nginx.conf", cwd=tmp_path)
    assert run.code == 0
    assert run.json["configs"][0]["blocks"]["location"] == depth


MEGABYTES = 2
LARGE: dict[str, tuple[Callable[[int], bytes], str]] = {
    "word": (lambda n: b"events {} http { set $a " + b"x" * n + b"; }", ":1:4121: too long"),
    "escapes": (lambda n: b"events {} http { set $a " + b"\\;" * (n // 2) + b"; }", "too long"),
    "dollars": (lambda n: b"events {} http { set $a " + b"$" * n + b"; }", "too long parameter"),
    "quotes": (lambda n: b'events {} http { set $a "' + b"x" * n + b'"; }', "too long parameter"),
    "escaped quotes": (lambda n: b"events { '" + b"\\'" * (n // 2) + b"'; }", "too long parameter"),
    "no end": (lambda n: b"x" * n, ":1:4097: too long parameter"),
    "comment": (lambda n: b"events {}\n#" + b"x" * n, ":2:4097: too long parameter"),
    "blanks": (lambda n: b"events {}" + b" " * n + b"}", 'unexpected "}"'),
    "NUL": (lambda n: b"events {}\n" + b"\0" * n, "is UTF-16 text"),
    "Lua": (lambda n: events(b"init_by_lua_block {" + b"x" * n + b"}"), "too long lua"),
    "braces": (lambda n: b"{" * n, "Jinja template"),
    "ends": (lambda n: b"}" * n, ':1:1: unexpected "}"'),
    "not UTF-8": (lambda n: b"\xff" * n, ":1:4097: too long parameter"),
}
"""A file of about so many bytes, and what is said of it."""


@pytest.mark.parametrize("name", LARGE)
def test_one_large_token(tmp_path: Path, name: str) -> None:
    make, message = LARGE[name]
    write(tmp_path, {"nginx.conf": make(MEGABYTES << 20)})
    report = check(tmp_path / "nginx.conf")
    assert not report.complete
    assert any(
        message in f":{p.line}:{p.column}: {p.message}" or message in p.message
        for p in report.problems
    ), report.problems
    assert all(len(problem.message) < 200 + len(str(tmp_path)) for problem in report.problems)


@slow
@pytest.mark.parametrize("name", LARGE)
def test_a_hundred_megabytes_of_one_token(tmp_path: Path, name: str) -> None:
    make, message = LARGE[name]
    write(tmp_path, {"nginx.conf": make(100_000_000)})
    run = limited("check", "nginx.conf", cwd=tmp_path)
    assert run.code == 3
    assert message in run.out or "bound tokens" in run.out
    assert len(run.out) < 2000


MANY: dict[str, tuple[Callable[[int], bytes], int]] = {
    "directives": (lambda n: events(b"a;" * n), 3),
    "lines": (lambda n: events(b"a;\n" * n), 3),
    "servers": (lambda n: events(b"server{}" * n), 0),
    "arguments": (lambda n: events(b"a" + b" b" * n + b";"), 3),
    "bad arguments": (lambda n: events(b"server { if" + b" b" * n + b"{} }"), 3),
    "problems on a line": (lambda n: events(b"foo{}" * n), 3),
    "problems on lines": (lambda n: events(b"foo{}\n" * n), 3),
    "missing files": (lambda n: events(b"".join(b"include /nope/%d;" % i for i in range(n))), 3),
    "missing patterns": (lambda n: events(b"".join(b"include /no/%d*;" % i for i in range(n))), 3),
    "itself": (lambda n: events(b"include nginx.conf;" * n), 3),
    "comments": (lambda n: events(b"#memlint: ignore[ML101] x\n" * n), 3),
    "wrong comments": (lambda n: events(b"#memlint:\n" * n), 3),
    "duplicates": (lambda n: events(b"lua_ssl_trusted_certificate a;\n" * n), 3),
    "bundles": (
        lambda n: events(
            b"".join(b"server{grpc_ssl_trusted_certificate /no/%d;}" % i for i in range(n // 100))
        ),
        0,
    ),
    "zones": (
        lambda n: events(b"".join(b"limit_conn_zone $uri zone=z%d:1m;" % i for i in range(n))),
        0,
    ),
    "Lua blocks": (lambda n: events(b"init_by_lua_block {}\n" * n), 3),
    "wrong ends": (lambda n: events(b"a;" * n + b"}"), 3),
    "deep": (lambda n: events(b"server{" + b"location /{" * 500 + b"location /{}" * n), 3),
    "BOMs": (lambda n: events("\ufeffa;".encode() * n), 3),
    "CRs": (lambda n: events(b"a;\r\n" * n), 3),
}
"""A file with so many of something, and the exit status."""


@pytest.mark.parametrize("name", MANY)
def test_many(tmp_path: Path, name: str) -> None:
    make, code = MANY[name]
    # more than the problems that are listed, or the comments that are read
    write(tmp_path, {"nginx.conf": make(12_000 if "comments" in name else 6_000)})
    report = check(tmp_path / "nginx.conf", target="debian-12")
    assert report.complete == (code == 0), report.problems[:3]
    assert len(report.problems) <= 5001
    assert all(len(finding.source) < 20_000 for finding in report.findings)


@slow
@pytest.mark.parametrize("name", MANY)
def test_very_many(tmp_path: Path, name: str) -> None:
    make, code = MANY[name]
    write(tmp_path, {"nginx.conf": make(300_000)})
    arguments = ("--target", "debian-12", "--fail-on", "never", "nginx.conf")
    run = limited("check", *arguments, cwd=tmp_path)
    assert run.code == code


def test_more_work_than_there_is_time_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file with many directives that is included many times: nothing of it is too large."""
    files: Files = {"nginx.conf": events("include a;" * 3000), "a": "lua_shared_dict a 1m;\n" * 300}
    write(tmp_path, files)
    with_bounds(monkeypatch, steps=1_000_000)
    run = memlint_here("check", "--format", "json", tmp_path / "nginx.conf")
    assert run.code == 3
    [report] = run.json["configs"]
    assert any("takes more than 1,000,000 steps" in p["message"] for p in report["problems"])
    assert report["memory"]["start_bytes"] == 0


def steps_of(conf: Path) -> int:
    """The steps that a check of a configuration takes."""
    inspected = examine(Job(str(conf), Options(target="debian-12")))
    assert inspected.situation is not None
    return inspected.situation.tree.work.steps


STEPS: dict[str, tuple[Callable[[int], bytes], int]] = {
    "locations": (
        lambda n: events(b"server {" + b"".join(b"location /%d {}" % i for i in range(n)) + b"}"),
        3,
    ),
    "unknown names": (lambda n: events(b"".join(b"x%d;" % i for i in range(n))), 500),
}
"""Something many times, and the least steps that are counted for each."""


@pytest.mark.parametrize("name", STEPS)
def test_what_is_compared_counts_as_work(name: str, tmp_path: Path) -> None:
    make, least = STEPS[name]
    few, many = (steps_of(write(tmp_path, {"nginx.conf": make(n)})) for n in (100, 200))
    assert many - few >= 100 * least


def test_a_hundred_thousand_locations_are_far_below_the_bound(tmp_path: Path) -> None:
    make, _ = STEPS["locations"]
    few, many = (steps_of(write(tmp_path, {"nginx.conf": make(n)})) for n in (100, 1100))
    assert (many - few) / 1000 * 100_000 < DEFAULT_BOUNDS.steps / 4


@slow
def test_more_work_than_there_is_time_for_by_default(tmp_path: Path) -> None:
    many = "".join(f"a{n};lua_shared_dict z{n} 1m;\n" for n in range(3000))
    write(tmp_path, {"nginx.conf": events("include a;" * 300_000), "a": many})
    run = limited("check", "nginx.conf", cwd=tmp_path)
    assert (run.code, "takes more than 30,000,000 steps" in run.out) == (3, True)


@slow
def test_a_million_tiny_directives(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": events(b"a;" * 1_000_000)})
    assert limited("check", "nginx.conf", cwd=tmp_path).code == 0


@slow
@pytest.mark.parametrize(
    "text", [b"a;" * 2_990_000, b"types{a b;}" * 850_000], ids=["directives", "blocks"]
)
def test_as_many_tokens_as_are_read(tmp_path: Path, text: bytes) -> None:
    write(tmp_path, {"nginx.conf": events(text)})
    assert limited("check", "nginx.conf", cwd=tmp_path, memory=2 << 30).code == 0


@slow
def test_more_than_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": b"a;" * 60_000_000})
    run = limited("check", "nginx.conf", cwd=tmp_path)
    assert (run.code, "more than 6,000,000 tokens" in run.out) == (3, True)
    (tmp_path / "nginx.conf").write_bytes(b"events{}")
    os.truncate(tmp_path / "nginx.conf", 1 << 40)  # a hole
    run = limited("check", "nginx.conf", cwd=tmp_path)
    assert (run.code, "larger than 128 MiB" in run.out) == (3, True)


@pytest.mark.parametrize("size", [2000, pytest.param(100_000, marks=slow)])
def test_a_pattern_that_matches_many_names(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"nginx.conf": events("include d/*;")})
    (tmp_path / "d").mkdir()
    for number in range(size):
        (tmp_path / "d" / f"{number}.conf").touch()
    run = limited("check", "--format", "json", "nginx.conf", cwd=tmp_path)
    assert run.code == 0
    with_bounds(monkeypatch, names=size)
    run = memlint_here("check", tmp_path / "nginx.conf")
    assert (run.code, f"more than {size:,} names" in run.out) == (3, True)


@pytest.mark.parametrize("stars", [1, 20, 2000])
def test_patterns_that_take_long(tmp_path: Path, stars: int) -> None:
    """Their time may grow with a power of a name's length, or double with each part."""
    (tmp_path / ("a" * 250)).mkdir()
    parts = ("*a", "*[", "[[:a", "*[a-", "*?", "[z-a]", "*?[", "[[=a=]", "[!", "?[a", "[0-9]*")
    patterns = [f"{(part * stars)[:3000]}{end}" for part in parts for end in ("b", "]")]
    text = "".join(f"include '{pattern}';\n" for pattern in patterns)
    write(tmp_path, {"nginx.conf": events(text)})
    assert limited("check", "nginx.conf", cwd=tmp_path).code in (0, 3)


def not_a_file(tmp_path: Path, kind: str) -> str:
    """A name that is no plain file."""
    path = tmp_path / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        before = Path.cwd()
        os.chdir(tmp_path)  # its name is short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(kind)
        os.chdir(before)
    elif kind == "directory":
        path.mkdir()
    elif kind == "dangling":
        path.symlink_to("nowhere")
    elif kind == "loop":
        path.symlink_to("loop")
    elif kind == "to fifo":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    elif kind == "below a file":
        (tmp_path / "file").touch()
        return str(tmp_path / "file/x")
    elif kind == "long":
        return "x" * 5000
    elif kind.startswith("/dev/"):
        return kind
    return str(path)


SPECIAL = {
    "fifo": "is a FIFO",
    "to fifo": "is a FIFO",
    "socket": "No such device or address",
    "directory": "Is a directory",
    "dangling": "No such file",
    "loop": "Too many levels of symbolic links",
    "below a file": "Not a directory",
    "/dev/zero": "",
    "/dev/full": "",
    "/dev/random": "",
    "/dev/tty": "",
}


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("how", ["include", "glob", "main", "bundle"])
def test_what_is_no_file(tmp_path: Path, kind: str, how: str) -> None:
    name = not_a_file(tmp_path, kind)
    if how == "main":
        report = check(name)
        assert not report.complete
        assert SPECIAL[kind] in report.problems[0].message or kind == "directory"
        return
    if how == "bundle":
        write(tmp_path, {"nginx.conf": http(f"lua_ssl_trusted_certificate '{name}'; server {{}}")})
        report = check(tmp_path / "nginx.conf", target="debian-12")
        assert report.ca_loads == 1
        assert any(
            "could not be read" in f.message or "rejects" in f.message for f in report.findings
        )
        return
    pattern = f"{name[:-1]}[{name[-1]}]" if how == "glob" else name
    write(tmp_path, {"nginx.conf": events(f"include '{pattern}';")})
    report = check(tmp_path / "nginx.conf")
    if kind.startswith("/dev/"):
        assert report.complete  # nginx takes its size for 0
    elif how == "glob" and kind == "below a file":
        assert "found no file" in report.problems[0].message
    else:
        [problem] = report.problems
        assert problem.line == 3
        assert SPECIAL[kind] in problem.message


STRANGE: dict[str, tuple[bytes, str | None]] = {
    "NUL in a name": (b"events {}\nhttp { \0 {} }\n", "is it a binary file?"),
    "NUL in a word": (events(b"include a\0b;"), "is it a binary file?"),
    "not UTF-8": (events(b"server { server_name \xff\xfe\x80; }"), None),
    "BOM": (b"\xef\xbb\xbfevents {}\n", "byte order mark"),
    "UTF-16": ("events {}\n".encode("utf-16"), "is UTF-16 text"),
    "CRLF": (events(b"server { }\r\n").replace(b"\n", b"\r\n"), None),
    "CR": (b"events {}\rhttp { server { } }\r", None),
    "half a CRLF in quotes": (events(b"server { } log_format a 'x\r\ny';\r"), None),
    "form feed": (b"events\f{}\n", 'no "events"'),
    "nothing": (b"", "the file is empty"),
    "a directory's name": (b"events {}\ninclude /;", "Is a directory"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_bytes(tmp_path: Path, name: str) -> None:
    data, message = STRANGE[name]
    run = limited("check", "--format", "json", write(tmp_path, {"nginx.conf": data}), cwd=tmp_path)
    problems = run.json["configs"][0]["problems"]
    assert run.code == (3 if problems else 0)
    assert (message is None) == (not problems), problems
    assert message is None or any(message in problem["message"] for problem in problems), problems
    json.dumps(problems).encode("ascii")


class Changing(Disk):
    """A disk on which a file is another each time it is looked at."""

    def __init__(self, path: Path, change: Callable[[Path], None]) -> None:
        self.path = path
        self.change = change

    def read(self, name: str, root: str | None, most: int) -> bytes:
        if name == str(self.path):
            self.change(self.path)
        return super().read(name, root, most)


def to_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def to_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


CHANGES: dict[str, tuple[Callable[[Path], None], str | None]] = {
    "gone": (Path.unlink, "No such file"),
    "a directory": (to_directory, "Is a directory"),
    "a FIFO": (to_fifo, "FIFO"),
    "empty": (lambda path: os.truncate(path, 0), None),
    "huge": (lambda path: os.truncate(path, 1 << 40), "larger than"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_while_it_is_read(tmp_path: Path, name: str) -> None:
    change, message = CHANGES[name]
    write(tmp_path, {"nginx.conf": events("include d/*;"), "d/a": "server {}", "d/b": "server {}"})
    path = tmp_path / "d/a"
    disk = Changing(path, change)
    tree = build(FileSystem({"/": "/"}, restricted=False, disk=disk), str(tmp_path / "nginx.conf"))
    assert len(list(tree.blocks("server"))) == 1
    if message is None:
        assert tree.problems == []
    else:
        [problem] = tree.problems
        assert message in problem.message
        assert problem.line == 3


def test_a_file_that_grows_and_shrinks(tmp_path: Path) -> None:
    """Writers that never stop: each run ends, with a report."""
    write(tmp_path, {"nginx.conf": events("include a;"), "a": "server {}\n"})
    stop = threading.Event()

    def writer() -> None:
        for number in count():
            if stop.is_set():
                break
            (tmp_path / "a").write_bytes(b"server { location / { } }\n" * (number % 500))

    thread = threading.Thread(target=writer)
    thread.start()
    try:
        for _ in range(30):
            report = check(tmp_path / "nginx.conf")
            assert report.complete or report.problems
    finally:
        stop.set()
        thread.join()


def test_a_value_that_is_told_is_escaped(tmp_path: Path) -> None:
    """An assumption quotes words of the configuration."""
    report = check(write(tmp_path, {"nginx.conf": http("", "worker_processes '\x1b[31m\u202e';")}))
    assert any(r"worker_processes is \x1b[31m\u202e;" in text for text in report.assumptions)
