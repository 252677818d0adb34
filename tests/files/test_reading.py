"""Files that memlint did not choose: what they are, how large, how deep."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import NotRegularError, TooLargeError, read_file
from nginx_memlint.files.toml import MAX_DEPTH, MAX_PARTS, parse_toml
from nginx_memlint.targets.target_file import MAX_FILE_BYTES
from tests.helpers import MEASURED, http, write
from tests.hostile.limited import limited

MEMORY = 1 << 30
"""Bytes of address space for settings and target files: what Python needs, and little more."""


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert read_file(path, 7) == b"content"
    with pytest.raises(TooLargeError, match="is larger than 6 bytes"):
        read_file(path, 6)
    (tmp_path / "link").symlink_to("file")
    assert read_file(tmp_path / "link", 7) == b"content"
    with pytest.raises(NotRegularError, match="is a symbolic link"):
        read_file(tmp_path / "link", 7, follow=False)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(NotRegularError, match="is a FIFO"):
        read_file(tmp_path / "fifo", 7)
    with pytest.raises(NotRegularError, match="is a directory"):
        read_file(tmp_path, 7)
    with pytest.raises(NotRegularError, match="is a character device"):
        read_file("/dev/zero", 7)
    with pytest.raises(FileNotFoundError):
        read_file("a\0b", 7)
    with pytest.raises(TooLargeError, match="is larger than 1 KiB"):
        read_file("/proc/self/maps", 1024)  # it has no size before it is read


def test_what_takes_the_place_of_a_file_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    look = os.stat

    def exchanged(*args: object, **options: object) -> os.stat_result:
        seen = look(*args, **options)  # type: ignore[arg-type]
        path.unlink()
        os.mkfifo(path)
        return seen

    monkeypatch.setattr(os, "stat", exchanged)
    with pytest.raises(NotRegularError, match="is a FIFO"):
        read_file(path, 7)


DEEP = [
    (".".join("a" * MAX_PARTS) + " = 1", None),
    (".".join("a" * (MAX_PARTS + 1)) + " = 1", "a key has more than 16 parts"),
    ("\"a\" . 'b'" + ".c" * MAX_PARTS + " = 1", "a key has more than 16 parts"),
    ("[" + ".".join("a" * (MAX_PARTS + 1)) + "]", "a key has more than 16 parts"),
    ("x = { " + ".".join("a" * (MAX_PARTS + 1)) + " = 1 }", "a key has more than 16 parts"),
    (f'x = [{"1.5, " * 1000}]\ny = "{"." * 1000}" # {"." * 1000}\nz = """{"." * 1000}"""', None),
    ("x = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, None),
    ("x = " + "[" * (MAX_DEPTH + 1), "brackets are nested more than 32 deep"),
    ("x = " + "{a=" * (MAX_DEPTH + 1), "brackets are nested more than 32 deep"),
    (f'x = "{"[" * 1000}" # {"[" * 1000}', None),
    ("x = '''" + "[" * 1000 + "'''''\ny = 1", None),
    ('x = """' + "[" * 1000 + '\\""""""\ny = 1', None),
    ("x = '''a''''', \"" + "[" * 1000, "Expected newline"),
    ("a.b = '''''' # '\nc = " + "[" * 1000 + " # '", "brackets are nested more than 32 deep"),
    ('x = "\\"' + "[" * 1000, "is not TOML"),
]


@pytest.mark.parametrize(("text", "message"), DEEP)
def test_toml_has_a_depth(text: str, message: str | None) -> None:
    if message is None:
        assert parse_toml(text) == tomllib.loads(text)
    else:
        with pytest.raises(MemlintError, match=message):
            parse_toml(text)


_PIECES = st.sampled_from(
    ["'", "''", "'''", '"', '""', '"""', "\\", "\\\\", "#", "\n", "a", "=", " = ", "b\n", "x", ","]
)


@settings(max_examples=1000, deadline=None)
@given(st.lists(_PIECES, max_size=25))
def test_no_string_hides_brackets(pieces: list[str]) -> None:
    """A text that tomllib reads before brackets never hides them from the count of brackets."""
    before = "".join(pieces)
    try:
        tomllib.loads(f"{before}\nlast = 1")
        tomllib.loads(f"{before}\nlast = [[]]")
    except tomllib.TOMLDecodeError:
        return
    if "last" in tomllib.loads(f"{before}\nlast = 1"):
        with pytest.raises(MemlintError, match="brackets are nested"):
            parse_toml(f"{before}\nlast = {'[' * 2000}")


HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "a key of many parts": ("a." * 25_000 + "a = 1", "a key has more than 16 parts"),
    "many keys of many parts": (("a." * 900 + "a = 1\n") * 30, "a key has more than 16 parts"),
    "brackets": ("x = " + "[" * 50_000, "brackets are nested more than 32 deep"),
    "tables": ("x = " + "{a=" * 20_000, "brackets are nested more than 32 deep"),
    "a long number": ("x = " + "9" * 50_000, "is not TOML"),
    "a large file": ("#" * (1100 << 10), "is larger than"),
    "no UTF-8": (b"\n\xff", "is not UTF-8"),
    "UTF-16": ("\ufeffa = 1".encode("utf-16-le"), "is UTF-16 text"),
}


@pytest.mark.parametrize("kind", ["target-file", "settings"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_toml(tmp_path: Path, kind: str, name: str) -> None:
    text, message = HOSTILE[name]
    data = text if isinstance(text, bytes) else text.encode()
    files: dict[str, str | bytes] = {"nginx.conf": http("server { }")}
    if kind == "settings":
        files["memlint.toml"] = data
    else:
        files |= {"memlint.toml": 'target-file = "server.toml"', "server.toml": data}
    write(tmp_path, files)
    run = limited("check", ".", cwd=tmp_path, memory=MEMORY)
    assert (run.code, run.out) == (2, "")
    assert message in run.err
    assert run.err.count("memlint.toml") == 1
    if kind == "target-file":
        run = limited("check", "--no-config", "--target-file=server.toml", ".", cwd=tmp_path)
        assert (run.code, run.out) == (2, "")
        assert message in run.err


@pytest.mark.parametrize("kind", ["fifo", "/dev/zero", "/dev/tty", "directory", "loop"])
def test_a_target_file_is_a_file(tmp_path: Path, kind: str) -> None:
    write(tmp_path, {"nginx.conf": http("server { }"), "memlint.toml": 'target-file = "it"'})
    if kind == "fifo":
        os.mkfifo(tmp_path / "it")
    elif kind == "directory":
        (tmp_path / "it").mkdir()
    else:
        (tmp_path / "it").symlink_to("it" if kind == "loop" else kind)
    for arguments in (["check", "."], ["check", "--no-config", "--target-file=it", "."]):
        run = limited(*arguments, cwd=tmp_path, memory=MEMORY)
        assert (run.code, run.out) == (2, "")
        assert "cannot read it" in run.err


def test_a_target_file_may_have_as_many_bytes_as_are_allowed(tmp_path: Path) -> None:
    write(tmp_path, {"nginx.conf": http("server { }"), "server.toml": MEASURED})
    with (tmp_path / "server.toml").open("a") as file:
        file.write("#" * (MAX_FILE_BYTES - len(MEASURED)))
    assert limited("check", "--target-file=server.toml", ".", cwd=tmp_path).code == 0
    with (tmp_path / "server.toml").open("a") as file:
        file.write("#")
    assert limited("check", "--target-file=server.toml", ".", cwd=tmp_path).code == 2


BASELINES = {
    "values": ("[" + "[]," * 2_000_000 + "[]]", "has more than 250,000 values"),
    "errors": (
        '{"memlint_baseline": 1, "roots": {'
        + ",".join(f'"{number}":0' for number in range(400_000))
        + "}}",
        "has more than 250,000 values",
    ),
    "brackets": ("[" * 200_000, "recursion limit exceeded"),
    "a long number": ("9" * 1_000_000, "number out of range"),
    "a large file": (" " * (17 << 20), "is larger than 16 MiB"),
}


@pytest.mark.parametrize("name", BASELINES)
def test_hostile_json(tmp_path: Path, name: str) -> None:
    text, message = BASELINES[name]
    write(tmp_path, {"nginx.conf": http("server { }"), "base.json": text})
    for more in ([], ["--write-baseline"]):
        run = limited("check", ".", "--baseline=base.json", *more, cwd=tmp_path, memory=MEMORY)
        assert (run.code, run.out) == (2, "")
        assert message in " ".join(run.err.split())
    assert (tmp_path / "base.json").read_text() == text
