"""``nginx -T`` output: recognised, split where nginx joined it, read without the file system."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from nginx_memlint import check
from nginx_memlint.cli.app import app
from nginx_memlint.errors import MemlintError
from nginx_memlint.policy import Policy
from nginx_memlint.report.formats.json import dumps
from nginx_memlint.result import ConfigReport
from nginx_memlint.sources.dump import banner_of, is_dump, read_dump
from nginx_memlint.sources.file_system import FileSystem
from nginx_memlint.sources.memory_files import MemoryFiles
from tests.helpers import memlint, with_bounds

V = (
    b"nginx version: openresty/1.21.4.1\r\nbuilt with OpenSSL 1.1.1s  1 Nov 2022\r\n"
    b"TLS SNI support enabled\r\nconfigure arguments: --add-module=../ngx_lua-0.10.21 --a='b {'\r\n"
)
MAIN = b"events {}\nhttp {\n    include conf.d/*.conf;\n    include /etc/nginx/mime.types;\n}\n"
FILES = {
    "/etc/nginx/nginx.conf": MAIN,
    "/etc/nginx/conf.d/a.conf": b"server {\n    location / { }\n}",
    "/etc/nginx/conf.d/b.conf": b"server {\n    lua_ssl_trusted_certificate /x.pem;\n}\n\n",
    "/etc/nginx/mime.types": b"types {\n    text/html html;\n}\n",
}
OK = (
    b"nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
    b"nginx: configuration file /etc/nginx/nginx.conf test is successful\n"
)
WARNING = (
    b'nginx: [warn] conflicting server name "a;b{}" on 0.0.0.0:80, ignored\n'
    b'2026/11/23 07:10:25 [warn] 7#7: the "user" directive makes sense only if {...} #\n'
)


def dump(files: dict[str, bytes]) -> bytes:
    """The output of ``nginx -T`` for some files (src/core/nginx.c)."""
    return b"".join(
        b"# configuration file " + os.fsencode(name) + b":\n" + data + b"\n"
        for name, data in files.items()
    )


def files(data: bytes) -> dict[str, bytes]:
    split = read_dump(data)
    assert split is not None
    assert split.doubtful == ()
    return split.files


def messages(report: ConfigReport) -> list[tuple[str, int | None, str]]:
    return [(p.file, p.line, p.message) for p in report.problems]


MIXED = {
    "plain": dump(FILES),
    "messages before": OK + dump(FILES),
    "messages behind": dump(FILES) + OK,
    "warnings": WARNING + OK + dump(FILES),
    "between files": OK.join(dump({name: data}) for name, data in FILES.items()),
    "between lines": dump(FILES).replace(b"    text/html", WARNING + b"    text/html"),
    "a terminal": (OK + dump(FILES)).replace(b"\n", b"\r\n"),
    "ssh": b"Warning: Permanently added 'h' (ED25519) to the list of known hosts.\r\n"
    + dump(FILES).replace(b"\n", b"\r\n")
    + b"Connection to h closed.\r\n",
    "a container": (
        b"/docker-entrypoint.sh: Looking for shell scripts in /docker-entrypoint.d/\n"
        b"10-listen-on-ipv6-by-default.sh: info: /etc/nginx/conf.d/default.conf is not there\n"
        + OK
        + dump(FILES)
    ).replace(b"\n", b"\r\n"),
    "a pod": b'Defaulted container "nginx" out of: nginx, sidecar\n' + OK + dump(FILES),
    "openresty": OK.replace(b"nginx:", b"openresty:") + dump(FILES),
    "blank lines": b"\n\n" + dump(FILES),
    "a shell": b"$ sudo nginx -T\n[sudo] password for me: \n" + dump(FILES),
}  # fmt: skip


@pytest.mark.parametrize("data", MIXED.values(), ids=MIXED)
def test_the_files_come_out_as_they_were(data: bytes) -> None:
    assert files(data) == FILES
    report = check("-", data=data)
    assert report.complete, report.problems
    assert report.problems == []
    assert (report.blocks.server, report.blocks.location, report.ca_loads) == (2, 1, 1)
    assert report.inherited[0].file == "/etc/nginx/conf.d/b.conf"
    assert report.inherited[0].line == 2


def test_crlf_in_the_files_themselves() -> None:
    crlf = {name: data.replace(b"\n", b"\r\n") for name, data in FILES.items()}
    assert files(dump(crlf)) == crlf
    assert files(dump(crlf).replace(b"\n", b"\r\n")) == crlf


def test_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "dump.txt").write_bytes(OK + dump(FILES))
    from_file = check(tmp_path / "dump.txt", dump=True)
    from_stdin = check("-", data=dump(FILES))
    assert (from_file.main_file, from_stdin.main_file) == (from_file.path, "-")
    assert replace(from_file, path="-", main_file="-") == from_stdin


def test_the_file_system_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither for includes that are not in it nor for bundles."""

    def touched(*_args: object, **_named: object) -> None:
        raise AssertionError("the file system was touched")

    monkeypatch.setattr(FileSystem, "__init__", touched)
    text = b"events {} http { include /etc/passwd; include /etc/*.conf; %s server {} }"
    bundle = b"lua_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;"
    report = check("-", data=dump({"/etc/nginx/nginx.conf": text % bundle}))
    assert [p.nginx for p in report.problems] == [
        'open() "/etc/passwd" failed (2: not in the dump)'
    ]
    assert not report.complete


def test_the_bundle_is_not_in_it_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    report = check("-", data=dump(FILES))
    said = "/x.pem could not be read (not in the dump): 4.6 KiB to 1.0 MiB is guessed"
    assert [f.message.startswith(said) for f in report.findings if f.rule == "ML303"] == [True]
    assert report.guesses == []
    monkeypatch.setenv("COLUMNS", "300")
    run = CliRunner().invoke(app, ["check", "-"], input=dump(FILES))
    assert run.exit_code == 0
    assert run.output.startswith("NOTE -: ")
    assert run.output.count("/x.pem could not be read") == 1
    assert "does not start" not in run.output  # it has read the file


def test_without_the_rule_the_guess_is_still_said() -> None:
    report = check("-", data=dump(FILES), policy=Policy(severities={"ML303": None}))
    said = "849.5 KiB for a load of /x.pem, which could not be read (not in the dump)"
    assert [line.startswith(said) for line in report.guesses] == [True]
    assert report.guesses[0] in report.assumptions


LOOKALIKE = b"# configuration file /etc/nginx/conf.d/b.conf:\n"
INSIDE = {
    "in a block": b"server {\n" + LOOKALIKE + b"    location / { }\n}",
    "between arguments": b"server_name a\n" + LOOKALIKE + b"b;\nserver { location / {} }",
    "in Lua": b"server { location / { access_by_lua_block { a = [[\n" + LOOKALIKE + b"}]]\n} } }",
    "in quotes": b"log_format x 'a\n" + LOOKALIKE + b"';\nserver { location / {} }",
    "before a brace": b"server\n" + LOOKALIKE + b"{ location / {} }",
}  # fmt: skip


@pytest.mark.parametrize("text", INSIDE.values(), ids=INSIDE)
def test_a_line_like_a_mark_inside_of_something(text: bytes) -> None:
    """A file ends where nothing is open, so these lines cannot begin one."""
    changed = FILES | {"/etc/nginx/conf.d/a.conf": text}
    assert files(dump(changed)) == changed
    assert check("-", data=dump(changed)).blocks.location == 1


def test_a_file_that_begins_with_its_own_mark() -> None:
    """Somebody saved a file from a dump, mark and all."""
    mark = b"# configuration file /etc/nginx/nginx.conf:\n"
    changed = FILES | {"/etc/nginx/nginx.conf": mark + MAIN}
    assert files(dump(changed)) == changed


def test_a_mark_that_may_be_a_comment_is_a_problem() -> None:
    """Between two blocks, the mark of another file: it is not known which of the two is it."""
    changed = FILES | {"/etc/nginx/conf.d/a.conf": b"server {}\n" + LOOKALIKE + b"server {}\n"}
    report = check("-", data=dump(changed))
    assert not report.complete
    assert report.problems[0].file == "/etc/nginx/conf.d/b.conf"
    assert "where it begins is unknown" in report.problems[0].message


def test_a_relative_name_among_absolute_ones_is_in_a_comment() -> None:
    """nginx makes the names of all files absolute that a file of an absolute name includes."""
    text = b"server {}\n# configuration file b.conf:\nserver {}\n"
    changed = FILES | {"/etc/nginx/conf.d/a.conf": text}
    assert files(dump(changed)) == changed
    report = check("-", data=dump(changed))
    assert report.complete
    assert report.blocks.server == check("-", data=dump(FILES)).blocks.server + 1


def test_a_mark_of_a_file_that_nothing_includes_is_a_problem() -> None:
    text = b"server {}\n# configuration file /old.conf:\nserver {}\n"
    report = check("-", data=dump(FILES | {"/etc/nginx/conf.d/a.conf": text}))
    assert messages(report) == [("/old.conf", None, "is in the dump, but no include leads to it")]
    assert not report.complete


def test_a_configuration_is_not_taken_for_a_dump(tmp_path: Path) -> None:
    """Its comments may look like marks; it is none if anything of a configuration comes first."""
    for before in (b"# my server\n", b"user www-data;\n", b"events {}\n"):
        assert is_dump(before + dump(FILES), piped=False) is False
    (tmp_path / "nginx.conf").write_bytes(b"# x\n" + LOOKALIKE + b"events {} http { include a; }")
    (tmp_path / "a").write_text("server {}")
    report = check(tmp_path)
    assert report.complete
    assert report.blocks.server == 1


GREETINGS = {
    "messages": OK,
    "a shell": b"Warning: no locale\n\n",
    "a login": b"########\n# Welcome to web-1! #\n########\nLast login: today\n",
}


@pytest.mark.parametrize("text", GREETINGS.values(), ids=GREETINGS)
def test_text_before_the_first_mark(text: bytes, tmp_path: Path) -> None:
    assert check("-", data=text + dump(FILES)) == check("-", data=dump(FILES))
    (tmp_path / "dump").write_bytes(text + dump(FILES))
    assert check(tmp_path / "dump", dump=True).blocks == check("-", data=dump(FILES)).blocks


def test_what_may_be_directives_before_the_first_mark(tmp_path: Path) -> None:
    """Piped, it may be either: with any text before it, a dump is one if that is said."""
    text = b"Be good; {or} leave;\n"
    with pytest.raises(MemlintError, match="--dump - or --no-dump -"):
        check("-", data=text + dump(FILES))
    assert check("-", data=text + dump(FILES), dump=True).blocks.location == 1
    (tmp_path / "dump").write_bytes(text + dump(FILES))
    assert check(tmp_path / "dump", dump=True).complete
    # a mark inside of a block is a comment: nginx ends files where none is open
    conf = b"events {}\nhttp {\n" + LOOKALIKE + b"server { location / {} }\n}\n"
    assert check("-", data=conf).blocks.location == 1


SITE = "lua_ssl_trusted_certificate /x.pem; server { location / { } }\n"
ATTACKS = {
    "quoted": '"include" conf.d/*.conf;',
    "two lines": "include\nconf.d/*.conf;",
    "plain": "include conf.d/*.conf;",
    "a second mark": "include conf.d/*.conf;\n# configuration file /y:\n",
}


@pytest.mark.parametrize("before", ["", "\n\n", "text\n"], ids=["first", "blank", "text"])
@pytest.mark.parametrize("inside", ATTACKS.values(), ids=ATTACKS)
def test_a_file_that_begins_like_a_dump_is_refused(
    inside: str, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read as a dump it would have no contexts: its patterns would match nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/a.conf").write_text(SITE)
    text = f"{before}# configuration file /x:\nevents {{}} http {{ {inside} }}\n"
    (tmp_path / "nginx.conf").write_text(text)
    for command in ("check", "tree"):
        run = memlint(command, "nginx.conf")
        assert (run.code, run.out) == (2, "")
        assert "--dump nginx.conf or --no-dump nginx.conf" in run.err
    run = memlint("check", "--format", "json", "--no-dump", "nginx.conf")
    if before != "text\n":  # which is no directive
        assert run.json["configs"][0]["ssl_contexts"] == 2
        assert run.code == 0
    with pytest.raises(MemlintError):
        check("nginx.conf")
    for dump in (True, False):
        assert check("nginx.conf", dump=dump).from_dump is dump


def test_each_command_takes_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dump").write_bytes(dump(FILES))
    assert memlint("check", "--dump", "dump").code == 0
    twice = memlint("check", "--format", "json", "dump", "--dump", "dump")
    assert len(twice.json["configs"]) == 1
    assert memlint("tree", "--dump", "dump").code == 0
    assert memlint("diff", "dump", "dump", "--dump", "dump").code == 0
    assert memlint("diff", "dump", "dump").code == 2
    assert "yes        --dump" in memlint("config", "--dump", "dump").out
    both = memlint("check", "--dump", "dump", "--no-dump", "dump")
    assert both.code == 2
    assert "exclude each other" in both.err
    assert memlint("check", "--fix", "--dump", "dump").code == 1
    Path("plain").write_text("events {}")
    no_dump = memlint("check", "--dump", "plain")
    assert no_dump.code == 3
    assert "plain: is no nginx -T dump" in no_dump.out


def test_of_several_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dump").write_bytes(dump(FILES))
    Path("plain").write_text("events {}")
    for options in ((), ("--jobs", "2"), ("--output", "out")):
        run = memlint("check", *options, "plain", "dump")
        assert (run.code, run.out) == (2, "")
    assert not Path("out").exists()


def test_roots_in_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("dump").write_bytes(dump(FILES))
    Path("memlint.toml").write_text('roots = ["dump"]\n')
    assert memlint("check").code == 2
    root = '[[roots]]\npath = "dump"\ndump = {}\n'
    Path("memlint.toml").write_text(root.format("true"))
    run = memlint("check", "--format", "json")
    assert run.code == 0
    assert run.json["configs"][0]["from_dump"]
    assert "yes        memlint.toml:3" in memlint("config").out
    assert memlint("check", "--no-dump", "dump").code == 3
    Path("memlint.toml").write_text(root.format("false"))
    assert not memlint("check", "--format", "json").json["configs"][0]["from_dump"]
    Path("memlint.toml").write_text("dump = true\n")
    assert memlint("check", "dump").code == 2


@pytest.mark.parametrize("pattern", ["conf.d/*.conf", "/etc/nginx/none/*"])
def test_only_a_plain_name_can_be_missing(pattern: str) -> None:
    main = b"events {} http { include %s; server { } }"
    data = dump({"/etc/nginx/nginx.conf": main % pattern.encode()})
    assert check("-", data=data).complete
    plain = data.replace(b"*", b"a")
    assert not check("-", data=plain).complete


def test_a_dump_that_is_cut_off() -> None:
    whole = dump(FILES)
    for end in range(len(whole) - 60):
        part = whole[:end]
        report = check("-", data=part)
        if part.count(b"{") != part.count(b"}") or b"http" in part:
            assert not report.complete, part


@pytest.mark.parametrize("name", ["nginx", "openresty"])
def test_nginx_rejected_the_configuration(name: str) -> None:
    said = (
        f'{name}: [emerg] unknown directive "x" in /etc/nginx/nginx.conf:1\n'
        f"{name}: configuration file /etc/nginx/nginx.conf test failed\n"
    )
    report = check("-", data=said.encode())
    assert not report.complete
    assert "nginx -T that failed: " in report.problems[0].message
    assert 'unknown directive "x"' in report.problems[0].message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("", "is empty: what stands before the | wrote nothing, or only to standard error"),
        ("\n", "is empty: "),
        ("sh: 1: nginx: not found\n", 'is no configuration, but says "sh: 1: nginx: not found"'),
        (
            "Warning: Permanently added 'a'.\nssh: connect to host a port 22: No route to host\n",
            'says "ssh: connect to host a port 22: No route to host"',
        ),
        (
            "nginx version: nginx/1.22.1\nTLS SNI support enabled\nconfigure arguments: --a=b\n",
            "is what nginx -t or nginx -V says: nginx -T writes",
        ),
        (
            "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
            "nginx: configuration file /etc/nginx/nginx.conf test is successful\n",
            "is what nginx -t or nginx -V says: nginx -T writes",
        ),
        (
            "nginx version: nginx/1.22.1\n"
            "2026/01/01 00:00:00 [emerg] 7#7: cannot load certificate\n"
            "nginx: configuration file /etc/nginx/nginx.conf test failed\n",
            "is the output of an nginx -T that failed: 2026/01/01 00:00:00 [emerg] 7#7: cannot",
        ),
    ],
)
def test_what_came_in_is_no_configuration(data: str, message: str) -> None:
    """The place before the | is where the mistake is: it is named, and not the grammar of nginx."""
    report = check("-", data=data.encode())
    assert not report.complete
    [problem] = report.problems
    assert message in problem.message
    assert problem.file == "<stdin>"


def test_a_configuration_from_standard_input_is_read_as_it_is() -> None:
    for data in ("# a comment alone\n", "events\n{\n", "worker_processes 2;\n"):
        [problem, *_] = check("-", data=data.encode()).problems
        assert "says" not in problem.message


def test_names_relative_to_a_prefix() -> None:
    """``nginx -p . -c nginx.conf -T``."""
    renamed = {name.replace("/etc/nginx/", "./"): data for name, data in FILES.items()}
    renamed["./nginx.conf"] = MAIN.replace(b"/etc/nginx/", b"")
    report = check("-", data=dump(renamed))
    assert report.problems == []
    assert report.inherited[0].file == "./conf.d/b.conf"


HOSTILE = [
    "/", "//", "/etc/nginx/", "x", ".", "..", "/../../etc/passwd", "/a\x1b]0;x\x07", "/\u202etxt",
    "/a\0b", "/" + "x" * 5000, "/" * 3000, ": :", "/caf\udce9",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("first", [True, False])
def test_hostile_names(name: str, first: bool) -> None:
    hostile = {name: b"events {} http { server {} include x; include *; include ../*/*; }"}
    report = check("-", data=dump(hostile | FILES if first else FILES | hostile))
    assert not report.complete
    text = dumps(report)
    text.encode()
    assert not any(character in text for character in "\x1b\x07\u202e")


def test_many_marks_take_no_long_time() -> None:
    inside = b"".join(b"# configuration file /%d:\n" % number for number in range(20_000))
    changed = FILES | {"/etc/nginx/conf.d/a.conf": b"server {\n" + inside + b"}\n"}
    assert files(dump(changed)) == changed
    assert len(files(dump(FILES) + inside)) == 20_000 + len(FILES)


@given(
    st.dictionaries(
        st.text("ab/. :é", min_size=1, max_size=8),
        st.lists(
            st.sampled_from(
                [
                    "a b;",
                    "c {",
                    "}",
                    "\n",
                    "# x",
                    "\r\n",
                    "'q;'\n;",
                    "# configuration file x:\n",
                    "",
                ]
            ),
            max_size=8,
        ).map("".join),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None, max_examples=100)
def test_what_is_split_is_all_there(written: dict[str, str]) -> None:
    """Never raises, and loses no byte but marks."""
    data = dump({name: text.encode() for name, text in written.items()})
    split = read_dump(data)
    assert split is not None
    assert dump(split.files).replace(b"\n", b"") == data.replace(b"\n", b"")
    check("-", data=data)


LUA = b"lua_ssl_trusted_certificate /ca.pem;"
HIDDEN = {
    "a string": b'log_format x "\nnginx: configuration file "; %s log_format y "\n";' % LUA,
    "arguments": b"log_format x a\nnginx: configuration file x; %s log_format y b\n;" % LUA,
    "Lua": b"init_by_lua_block {\nnginx: [x] } %s init_worker_by_lua_block {\n}" % LUA,
    "a key": b"types { a b;\nnginx: [x] c; } %s map $a $b {\n}" % LUA,
}
"""Lines of a file that nginx accepts and that begin like a message."""


@pytest.mark.parametrize("name", HIDDEN)
def test_a_line_like_a_message_inside_of_something(name: str) -> None:
    main = b"events {}\nhttp {\n%s\nserver { }\n}\n" % HIDDEN[name]
    report = check("-", data=OK + dump({"/etc/nginx/nginx.conf": main}))
    [problem] = report.problems
    assert problem.line == 4 + main.count(b"\n", 0, main.index(b"nginx: "))
    assert "may be a message of nginx or a part of the file" in problem.message
    assert not report.complete


def test_a_mark_that_nginx_would_not_write_there() -> None:
    """A comment like a mark makes keys of a map of what follows it: the order tells."""
    main = b"events {}\nhttp { map $a $b { include m/*; }\ninclude a.conf; server { } }\n"
    mark = b"log_format x y;\n\n# configuration file /etc/nginx/m/b:\n" + LUA
    written = dump({"/etc/nginx/nginx.conf": main, "/etc/nginx/m/a": b"x y;"})
    report = check("-", data=written + dump({"/etc/nginx/a.conf": mark}))
    [problem] = report.problems
    assert problem.file == "/etc/nginx/a.conf"
    assert "comes before /etc/nginx/m/b in the dump" in problem.message


def test_names_in_the_paths_of_a_dump_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = {f"/{number}" + "/a" * 2000: b"" for number in range(100)}
    with_bounds(monkeypatch, names=100_000)
    report = check("-", data=dump(FILES | deep))
    assert [problem.message.partition(" (")[0] for problem in report.problems] == [
        "is not read: the paths of the files have more than 100,000 names"
    ]


def test_paths_of_a_dump_take_memory_by_their_names() -> None:
    """Not by their lengths times their names: a file of 120 kB took 3 GB."""
    deep = {f"/{number}" + "/a" * 2000: b"" for number in range(20)}
    tracemalloc.start()
    try:
        source = MemoryFiles(FILES | deep)
        assert tracemalloc.get_traced_memory()[1] < 40_000 * 500
    finally:
        tracemalloc.stop()
    assert source.is_dir("/3" + "/a" * 1999)
    assert source.names("/3" + "/a" * 1999) == ["a"]
    assert not source.is_dir("/3" + "/a" * 2000)


def test_what_nginx_v_says_before_a_dump_is_the_server() -> None:
    data = V + OK + dump(FILES)
    assert banner_of(data) == V.decode().replace("\r\n", "\n")
    report = check("-", data=data)
    assert report.target.stated
    assert (report.target.nginx, report.target.lua) == ("1.21.4.1", "0.10.21")
    assert report.target.assumed[0] == "the server is as nginx -V in standard input says"
    named = check("-", data=dump(FILES), target="openresty-1.21.4.1")
    assert report.ssl_contexts == named.ssl_contexts > 0
    stated = check("-", data=data, target="debian-13")
    assert stated.target.name == "debian-13"


def test_text_before_what_is_no_dump_is_no_server() -> None:
    assert banner_of(V) == ""
    assert banner_of(V + MAIN) == ""
    assert banner_of(dump(FILES) + V) == ""
    assert not check("-", data=b"nginx version: nginx/1.30.0\n" + MAIN).target.stated
